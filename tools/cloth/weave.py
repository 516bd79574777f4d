"""Cloth from near: which thread lies above at each crossing, as heights, normals and colours; and knits.

Yarn-dyed patterns are what they are in a mill: colours of warp and weft threads under a weave. All pictures repeat.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]
Colour = tuple[float, float, float]

PLAIN: Final = ("x.", ".x")
TWILL: Final = ("xx..", ".xx.", "..xx", "x..x")
DENIM: Final = ("xx.", ".xx", "x.x")
SATIN: Final = ("xxxx.", "xx.xx", ".xxxx", "xxx.x", "x.xxx")
HERRINGBONE: Final = tuple(row + row[::-1] for row in ("xx..xx..", ".xx..xx.", "..xx..xx", "x..xx..x"))


@dataclass(frozen=True)
class Weave:
    """A woven cloth.

    Attributes
    ----------
    draft
        Rows of weft, columns of warp; ``x`` where the warp is above.
    threads
        Across a tile, both ways: a multiple of the draft's.
    tile
        Metres.
    relief
        How far threads stand out, as a share of their width.
    uneven
        Spread of the threads' widths and shades: 0 a smooth filament, 0.2 tweed.
    """

    draft: Sequence[str]
    threads: int
    tile: float
    relief: float = 0.35
    uneven: float = 0.05
    pixels: int = 512

    def normals(self) -> Pixels:
        """Tangent-space normals, (pixels, pixels, 3), green up."""
        return normals(self._height * self.relief / self.threads)

    def colours(self, warp: Sequence[Colour], weft: Sequence[Colour] | None = None) -> Pixels:
        """Colours as displayed, sRGB, (pixels, pixels, 3), of threads whose colours, sRGB 0…1, are spread evenly over a tile."""
        weft = warp if weft is None else weft
        ends, picks = (_spread(colours, self.threads) for colours in (warp, weft))
        generator = np.random.default_rng(11)
        shade = 1 + self.uneven * generator.standard_normal((2, self.threads, 1))
        column, row = self._at
        slub = 1 + self.uneven * 0.25 * _noise(self.pixels, 12, (20, 20))[..., None]
        colour = np.where(self._above[..., None], (ends * shade[0])[column][None], (picks * shade[1])[row][:, None]) * slub
        return _srgb(colour * (0.72 + 0.28 * self._height[..., None]))

    @property
    def _at(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        at = ((np.arange(self.pixels) + 0.5) / self.pixels * self.threads).astype(int)
        return at, at[::-1]

    @property
    def _above(self) -> NDArray[np.bool_]:
        draft = np.array([[mark == "x" for mark in row] for row in self.draft])
        column, row = self._at
        return np.asarray(draft[row[:, None] % draft.shape[0], column[None] % draft.shape[1]])

    @property
    def _height(self) -> Array:
        """0…1."""
        across = (np.arange(self.pixels) + 0.5) / self.pixels * self.threads % 1
        round_ = np.sqrt(np.clip(1 - (2 * across - 1) ** 2, 0, 1))
        lift = 0.55 + 0.45 * np.sin(np.pi * across)
        above = self._above
        height = np.where(above, round_[None] * lift[:, None], round_[:, None] * lift[None])
        fuzz = _noise(self.pixels, 13, (60, 60))
        return np.asarray(np.clip(height + self.uneven * fuzz, 0, 1.2))


@dataclass(frozen=True)
class Knit:
    """A knitted cloth of plain stitches, in ribs where `rib` is not 0.

    Attributes
    ----------
    stitches, rows
        In a tile.
    rib
        Columns of plain stitches, then as many of purl ones.
    """

    stitches: int
    rows: int
    tile: float
    rib: int = 0
    relief: float = 0.5
    pixels: int = 512

    def normals(self) -> Pixels:
        """Tangent-space normals, (pixels, pixels, 3), green up."""
        return normals(self._height * self.relief / self.stitches)

    def colours(self, yarn: Sequence[Colour]) -> Pixels:
        """Colours as displayed, sRGB, (pixels, pixels, 3): rows of `yarn`, spread evenly over a tile."""
        v = ((np.arange(self.pixels) + 0.5) / self.pixels * self.rows)[::-1].astype(int)
        colour = _spread(yarn, self.rows)[v][:, None]
        melange = 1 + 0.06 * _noise(self.pixels, 3, (90, 90)) + 0.05 * _noise(self.pixels, 4, (14, 14))
        return _srgb(colour * melange[..., None] * (0.5 + 0.5 * self._height[..., None]))

    @property
    def _height(self) -> Array:
        at = (np.arange(self.pixels) + 0.5) / self.pixels
        u, v = (at * self.stitches)[None], (at[::-1] * self.rows)[:, None]
        column, s = np.floor(u), u % 1 - 0.5
        loop = (v - 1.05 * np.abs(s)) % 1
        leg = np.clip(1 - ((np.abs(s) - 0.25) / 0.27) ** 2, 0, 1)
        height = np.sqrt(leg) * (0.35 + 0.65 * np.sin(np.pi * loop) ** 0.7)
        if self.rib:
            purl = (column // self.rib) % 2 == 1
            bump = np.sin(np.pi * (v % 1)) ** 0.8 * (0.7 + 0.3 * np.cos(2 * np.pi * s))
            phase = (u / self.rib) % 2
            swell = np.clip(0.5 + 0.9 * np.cos(np.pi * (phase - 0.5)), 0, 1)
            height = np.where(purl, 0.35 * bump, height) * 0.45 + swell * 0.9
            height = height / 1.35
        return np.asarray(np.clip(height + 0.05 * _noise(self.pixels, 5, (100, 100)), 0, 1))


def normals(height: Array) -> Pixels:
    """Normals of heights, which are shares of a tile's side, (n, n, 3), green up."""
    n = len(height)
    slope_x = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) * n / 2
    slope_y = (np.roll(height, -1, 0) - np.roll(height, 1, 0)) * n / 2
    normal = np.stack([-slope_x, slope_y, np.ones_like(height)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return np.rint((normal * 0.5 + 0.5) * 255).astype(np.uint8)


def _spread(colours: Sequence[Colour], count: int) -> Array:
    linear = np.array(colours, np.float64) ** 2.2
    return np.asarray(linear[np.arange(count) * len(colours) // count])


def _srgb(linear: Array) -> Pixels:
    return np.rint(np.clip(linear, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)


def _noise(pixels: int, seed: int, scale: tuple[int, int]) -> Array:
    """Noise that repeats, up to `scale` waves in a tile, of spread 1."""
    generator = np.random.default_rng(seed)
    spectrum = np.fft.fft2(generator.standard_normal((pixels, pixels)))
    f = np.fft.fftfreq(pixels) * pixels
    spectrum *= np.exp(-((f[:, None] / scale[1]) ** 2) - (f[None] / scale[0]) ** 2)
    field = np.fft.ifft2(spectrum).real
    return np.asarray(field / field.std())
