"""The one kind of frame that flows through the stages: a picture, and when it was taken.

House format: 8-bit YUV 4:2:0 planar, BT.709, limited range (white 235, 128, 128; black 16, 128, 128).
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from vrlive.units import Size

Plane = NDArray[np.uint8]

BLACK = (16, 128, 128)


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels in the house format.

    Attributes
    ----------
    y
        Luma, (height, width) uint8. Rows may be padded: only the last axis is contiguous.
    u, v
        Cb and Cr, (height // 2, width // 2) uint8. Width and height are even.
    """

    y: Plane
    u: Plane
    v: Plane

    def __post_init__(self) -> None:
        height, width = self.y.shape
        assert height % 2 == width % 2 == 0, f"odd picture size {width}x{height}"
        assert self.u.shape == self.v.shape == (height // 2, width // 2), "chroma planes are not half the luma plane"

    @classmethod
    def filled(cls, size: Size, colour: tuple[int, int, int] = BLACK) -> "Picture":
        """A picture of one colour, in memory of its own."""
        full, half = (size.height, size.width), (size.height // 2, size.width // 2)
        y, u, v = colour
        return cls(np.full(full, y, np.uint8), np.full(half, u, np.uint8), np.full(half, v, np.uint8))

    @property
    def size(self) -> Size:
        """Width and height of the luma plane."""
        height, width = self.y.shape
        return Size(width, height)

    @property
    def planes(self) -> tuple[Plane, Plane, Plane]:
        """Y, U and V."""
        return self.y, self.u, self.v

    def part(self, left: int, top: int, size: Size) -> "Picture":
        """A rectangle of it, which shares its memory; all numbers are even px."""
        x, y = left // 2, top // 2
        half = slice(y, y + size.height // 2), slice(x, x + size.width // 2)
        return Picture(self.y[top : top + size.height, left : left + size.width], self.u[half], self.v[half])

    def packed(self) -> Plane:
        """A copy of its planes one below the other, (height · 3/2, width), as FFmpeg packs yuv420p."""
        return np.concatenate([plane.reshape(-1) for plane in self.planes]).reshape(-1, self.size.width)

    def copy_from(self, other: "Picture") -> None:
        """Overwrite this picture's pixels with those of `other`, which has the same size."""
        for mine, theirs in zip(self.planes, other.planes, strict=True):
            np.copyto(mine, theirs)


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture in time.

    Attributes
    ----------
    picture
        The pixels.
    pts, time_base
        Position in the stream it came from: ``pts * time_base`` seconds.
    captured_s
        When the light fell on the sensor, as well as it is known: seconds of `vrlive.clock.now_s`.
    """

    picture: Picture
    pts: int
    time_base: Fraction
    captured_s: float


SOUND_RATE_HZ = 48_000
AMBISONIC_CHANNELS = 4  # of the first order


@dataclass(frozen=True, slots=True)
class Sound:
    """A piece of sound in a house format: stereo or first-order ambisonics, at 48 kHz.

    Attributes
    ----------
    samples
        float32 in −1…1: (n, 2), left and right, or (n, 4), ambisonics in ACN order (W, Y, Z, X), SN3D.
    captured_s
        Instant of the first sample: seconds of `vrlive.clock.now_s`.
    """

    samples: NDArray[np.float32]
    captured_s: float
