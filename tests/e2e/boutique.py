"""The boutique in a room that is a still picture, and a visitor's ways about it: the least show that has pieces and two sizes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.e2e.show import START_S, Show, running
from tests.e2e.visit import wait_until, watch
from vrlive.resources import state

CHANNEL: Final = """
name = "boutique"
title = "Autumn"
rig = "equirect"
scene = "boutique"
size = "640x320"
fps = 8
encode = { bitrate_kbps = 1000 }
rendition = [{ size = "320x160", bitrate_kbps = 200 }]
hls = { enabled = false }
shop_origins = ["SHOP"]
[[camera]]
name = "room"
url = "room.png"
loop = true
"""
ROOM: Final = np.full((320, 640, 3), 255, np.uint8)  # white to the left,
ROOM[:, 320:] = 8  # and nearly black to the right


@contextmanager
def boutique_in(folder: Path, shop: str) -> Iterator[Show]:
    """The show on air; its files are written to `folder`, and a shop at the origin `shop` may embed it."""
    Image.fromarray(ROOM).save(folder / "room.png")
    (folder / "channel.toml").write_text(CHANNEL.replace("SHOP", shop), "utf-8")
    with running("serve", folder / "channel.toml", "--port", "0") as show:
        show.wait_for("it is live", lambda state: state["state"] == "live", START_S, "boutique")
        yield show


def direct(show: Show, method: str, path: str, body: object = None, channel: str = "boutique") -> None:
    """As the director: with the control token of this machine's user."""
    token = (state() / "control.token").read_text("ascii").strip()
    headers = {"Authorization": f"Bearer {token}"}
    httpx.request(method, f"{show.url}api/v1/channels/{channel}/{path}", headers=headers, json=body, trust_env=False).raise_for_status()


def told(show: Show) -> dict[str, Any]:
    """What every visitor is told of the show."""
    found: dict[str, Any] = httpx.get(f"{show.url}api/v1/channels/boutique/show", trust_env=False).json()
    return found


def enter(page: Page, show: Show) -> None:
    """Come in, and wait until all pieces are marked."""
    watch(page, f"{show.url}watch/boutique")
    arrived(page)


def arrived(page: Page) -> None:
    """Wait until all pieces are marked and pictures come."""
    wait_until(page, "document.querySelectorAll('.pip').length === 7 && window.vrlive.frames.presented > 1")


def card(page: Page, name: str) -> Locator:
    """The card of a product."""
    return page.get_by_role("dialog", name=name, exact=True)


def open_card(page: Page, product: str, name: str) -> Locator:
    """Choose a product in the list."""
    page.get_by_role("button", name="Products", exact=True).click()
    page.get_by_role("button", name=f"Details of {name}").click()
    found = card(page, name)
    expect(found).to_be_visible()
    assert page.locator(f".pip[data-thing={product}]").get_attribute("aria-expanded") == "true"
    return found


def goes_on(page: Page) -> None:
    """The show is still shown, picture by picture."""
    before = page.evaluate("window.vrlive.frames.presented")
    wait_until(page, "window.vrlive.frames.presented > value + 4", before)
    assert page.evaluate("window.vrlive.link") == "playing"
