"""The engine is killed while twenty people watch: they stay, see the slate at once, and the picture comes back by itself."""

import asyncio
import os
import signal
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.e2e.show import running
from tests.streaming.watcher import Shown, Watcher

VIEWERS = 20
SLATE_S, PICTURE_S = 1.0, 5.0  # what we promise
BUSY = 3  # times that is allowed where tests share a machine
BRIGHT = 120  # mean luma: the film is brighter, the slate darker
START_S, PATIENCE_S = 120.0, 30.0
FPS, SECONDS, WIDTH, HEIGHT = 25, 4, 256, 128
CHANNEL = """
name = "film"
rig = "equirect"
size = "{width}x{height}"
fps = {fps}
rendition = []
[encode]
bitrate_kbps = 400
[[camera]]
name = "front"
url = "film.mp4"
loop = true
"""


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


@pytest.mark.parametrize("kills", [2, pytest.param(10, marks=pytest.mark.soak)])
async def test_viewers_of_a_killed_engine_see_the_slate_and_then_the_picture_again(tmp_path: Path, kills: int) -> None:
    film(tmp_path / "film.mp4")
    (tmp_path / "film.toml").write_text(CHANNEL.format(width=WIDTH, height=HEIGHT, fps=FPS), "utf-8")
    viewers = [Viewer() for _ in range(VIEWERS)]
    slate_s, away_s = list[float](), list[float]()
    with running("serve", tmp_path / "film.toml", "--port", "0") as show:
        show.wait_for("it is live", lambda state: state["state"] == "live", START_S, channel="film")
        await asyncio.gather(*(viewer.watcher.join(f"{show.url}whep/film") for viewer in viewers))
        try:
            for _ in range(kills):
                await everybody(viewers, lambda viewer: viewer.bright)
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
    slack = BUSY if kills == 2 else 1
    assert max(slate_s) < slack * SLATE_S
    assert max(away_s) < slack * PICTURE_S


async def everybody(viewers: list[Viewer], holds: object) -> None:
    """Wait until something holds of all viewers."""
    assert callable(holds)
    async with asyncio.timeout(PATIENCE_S):
        while not all(holds(viewer) for viewer in viewers):
            await asyncio.sleep(0.02)


def film(path: Path) -> None:
    """A bright world in which something moves."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "bf": "0"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(FPS * SECONDS):
            planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
            planes[:HEIGHT] = 190
            planes[:HEIGHT, number * 2 % WIDTH :][:, :16] = 40
            frame = av.VideoFrame.from_ndarray(planes, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
