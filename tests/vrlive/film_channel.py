"""A channel of one small film, which any machine can broadcast beside a test."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

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


def film_channel(folder: Path) -> Path:
    """Write the channel "film", and its film, into a folder; its channel.toml."""
    _film(folder / "film.mp4")
    path = folder / "film.toml"
    path.write_text(CHANNEL.format(width=WIDTH, height=HEIGHT, fps=FPS), "utf-8")
    return path


def _film(path: Path) -> None:
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
