"""A show on a clock of its own: encoded pictures and sound as a hub hands them to whoever taps it, at once and always the same."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np

from streaming.access_unit import AccessUnit
from streaming.encoder import VideoEncoder
from streaming.opus import OpusEncoder
from vrlive.config import EncodeConfig
from vrlive.frames import Frame, Picture, Sound
from vrlive.units import VIDEO_CLOCK_HZ, Size

SIZE, FPS = Size(128, 64), 25
TONE_HZ = 400


def show(
    seconds: float,
    *,
    begins_s: float = 100.0,
    keyframe_s: float = 1.0,
    size: Size = SIZE,
    sound: bool = True,
) -> Iterator[AccessUnit]:
    """Pictures, each of one grey that says which it is, and a tone that plays in every second second only.

    Parameters
    ----------
    seconds, begins_s
        How long, and where on the channel's time line.
    """
    config = EncodeConfig.model_validate({"bitrate_kbps": 500, "keyframe_s": keyframe_s})
    encoder, opus = VideoEncoder(size, FPS, config), OpusEncoder()
    for n in range(round(seconds * FPS)):
        now_s = begins_s + n / FPS
        unit = encoder.encode(Frame(Picture.filled(size, (grey(n), 128, 128)), n, Fraction(1, FPS), now_s))
        assert unit
        yield replace(unit, pts=round(now_s * VIDEO_CLOCK_HZ))
        for packet in opus.encode(Sound(tone(n), now_s)) if sound else ():
            yield replace(packet, pts=round(packet.captured_s * 48_000))
    encoder.close()
    opus.close()


def grey(n: int) -> int:
    """Luma of picture `n`."""
    return 40 + n * 3 % 180


def tone(n: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """The sound of picture `n`, (1920, 2)."""
    time_s = (np.arange(1920) + n * 1920) / 48_000
    wave = 0.4 * np.sin(2 * np.pi * TONE_HZ * time_s) * (n // FPS % 2 == 0)
    return wave.astype(np.float32)[:, None].repeat(2, axis=1)
