"""The engine is killed while twenty people watch: they stay, see the slate at once, and the picture comes back by itself."""

import asyncio
import os
import signal
import time
from pathlib import Path

import av
import numpy as np
import pytest

from tests.e2e.show import running
from tests.streaming.watcher import Shown, Watcher
from tests.vrlive.film_channel import film_channel
from vrlive.supervisor import HEALTHY_S

VIEWERS = 20
SLATE_S, PICTURE_S = 1.0, 5.0  # what we promise
BUSY = 3  # times that is allowed where tests share a machine
BRIGHT = 120  # mean luma: the film is brighter, the slate darker
START_S, PATIENCE_S = 120.0, 30.0


class Viewer:
    """Decodes what it is shown, and remembers when it was the film and when the slate."""

    def __init__(self) -> None:
        self.watcher = Watcher()
        self.watcher.on_shown = self._look
        self.bright = False
        self.dark_s = self.bright_s = 0.0  # when that began
        self._decoder = av.CodecContext.create("h264", "r")

    def _look(self, shown: Shown) -> None:
        for frame in self._decoder.decode(av.Packet(shown.data)):
            plane = frame.planes[0]
            bright = bool(np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:, : frame.width].mean() > BRIGHT)
            if bright and not self.bright:
                self.bright_s = time.monotonic()
            elif self.bright and not bright:
                self.dark_s = time.monotonic()
            self.bright = bright


@pytest.mark.parametrize(
    ("kills", "apart_s", "slack"),
    [(2, 0.0, BUSY), pytest.param(10, HEALTHY_S, 1, marks=pytest.mark.soak)],  # one that dies young is started again later and later
)
async def test_viewers_of_a_killed_engine_see_the_slate_and_then_the_picture_again(
    tmp_path: Path, kills: int, apart_s: float, slack: int
) -> None:
    viewers = [Viewer() for _ in range(VIEWERS)]
    slate_s, away_s = list[float](), list[float]()
    with running("serve", film_channel(tmp_path), "--port", "0") as show:
        show.wait_for("it is live", lambda state: state["state"] == "live", START_S, channel="film")
        await asyncio.gather(*(viewer.watcher.join(f"{show.url}whep/film") for viewer in viewers))
        try:
            for _ in range(kills):
                await everybody(viewers, lambda viewer: viewer.bright)
                await asyncio.sleep(apart_s)
                killed_s = time.monotonic()
                os.kill((await asyncio.to_thread(show.state, "film"))["engine"]["pid"], signal.SIGKILL)
                await everybody(viewers, lambda viewer: viewer.bright_s > viewer.dark_s > killed_s)  # noqa: B023 - waited for in this round
                slate_s += [viewer.dark_s - killed_s for viewer in viewers]
                away_s += [viewer.bright_s - killed_s for viewer in viewers]
            state = await asyncio.to_thread(show.state, "film")
            assert {viewer.watcher.state for viewer in viewers} == {"connected"}
            assert (state["engine"]["restarts"], state["viewers"]) == (kills, VIEWERS)
        finally:
            await asyncio.gather(*(viewer.watcher.leave() for viewer in viewers))
    print(f"the slate was there after {max(slate_s):.2f} s at most, the picture again after {max(away_s):.2f} s")
    assert max(slate_s) < slack * SLATE_S
    assert max(away_s) < slack * PICTURE_S


async def everybody(viewers: list[Viewer], holds: object) -> None:
    """Wait until something holds of all viewers."""
    assert callable(holds)
    async with asyncio.timeout(PATIENCE_S):
        while not all(holds(viewer) for viewer in viewers):
            await asyncio.sleep(0.02)
