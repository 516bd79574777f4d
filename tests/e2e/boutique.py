"""The boutique in a room that is a still picture: the least show that has pieces and two sizes, for tests of the page."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.e2e.show import START_S, Show, running
from vrlive.resources import state

CHANNEL = """
name = "boutique"
title = "Autumn"
rig = "equirect"
scene = "boutique"
size = "640x320"
fps = 8
encode = { bitrate_kbps = 1000 }
rendition = [{ size = "320x160", bitrate_kbps = 200 }]
hls = { enabled = false }
[[camera]]
name = "room"
url = "room.png"
loop = true
"""


@contextmanager
def boutique_in(room: NDArray[np.uint8], folder: Path) -> Iterator[Show]:
    """The show on air in a room, (320, 640, 3) sRGB; its files are written to `folder`."""
    Image.fromarray(room).save(folder / "room.png")
    (folder / "channel.toml").write_text(CHANNEL, "utf-8")
    with running("serve", folder / "channel.toml", "--port", "0") as show:
        show.wait_for("it is live", lambda state: state["state"] == "live", START_S, "boutique")
        yield show


def direct(show: Show, method: str, path: str, body: object = None) -> None:
    """As the director: with the control token of this machine's user."""
    token = (state() / "control.token").read_text("ascii").strip()
    headers = {"Authorization": f"Bearer {token}"}
    httpx.request(method, f"{show.url}api/v1/channels/boutique/{path}", headers=headers, json=body, trust_env=False).raise_for_status()
