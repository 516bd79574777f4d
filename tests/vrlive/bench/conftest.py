"""A channel small enough to be measured in a moment: six clips of 64×64 that change their brightness, on the demo's rig."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from vrlive.config import CameraConfig, ChannelConfig

FPS, FRAMES, SIDE = 25, 25, 64


@pytest.fixture
def small_channel(tmp_path: Path) -> ChannelConfig:
    """Six looped files; no scene, for not every machine has OpenGL."""
    cameras = tuple(CameraConfig(name=f"cam{index}", url=str(_clip(tmp_path / f"{index}.mp4")), loop=True) for index in range(6))
    return ChannelConfig(name="small", rig="demo", fps=FPS, camera=cameras)


def _clip(path: Path) -> Path:
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "bf": "0"})
        video.width, video.height, video.pix_fmt = SIDE, SIDE, "yuv420p"
        for number in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(np.full((SIDE * 3 // 2, SIDE), 100 + 2 * number, np.uint8), "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    return path
