"""Woven cloth as pictures that tile: a normal map, and threads that are not all of one colour."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]

TILE_M: Final = 0.04  # side of one tile on the cloth
_PIXELS: Final = 256
_THREADS: Final = 32  # across a tile


def normal_map(depth: float = 0.9) -> Pixels:
    """Tangent-space normals, (256, 256, 3), green up: warp and weft pass over and under each other as a 2/1 twill."""
    height = _relief()
    slope_x = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) * depth
    slope_y = (np.roll(height, -1, 0) - np.roll(height, 1, 0)) * depth
    normal = np.stack([-slope_x, slope_y, np.ones_like(height)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return np.rint((normal * 0.5 + 0.5) * 255).astype(np.uint8)


def thread_colours(spread: float = 0.05) -> Pixels:
    """Base colour to be multiplied, (256, 256, 3): thread by thread a little lighter or darker, dark between them."""
    generator = np.random.default_rng(7)
    threads = generator.normal(1, spread, (2, _THREADS))
    warp, weft = threads + 1 - (np.roll(threads, 1, 1) + threads + np.roll(threads, -1, 1)) / 3  # no stripes that show from afar
    each = np.repeat(warp, _PIXELS // _THREADS)[None] * 0.5 + np.repeat(weft, _PIXELS // _THREADS)[:, None] * 0.5
    shade = np.clip(each * (0.86 + 0.14 * _relief()), 0, 1)
    return np.repeat(np.rint(shade * 245)[..., None], 3, axis=-1).astype(np.uint8)


def _relief() -> Array:
    """Height of the cloth, 0…1."""
    across = (np.arange(_PIXELS) + 0.5) / _PIXELS * _THREADS
    column, row = np.floor(across).astype(int)[None], np.floor(across).astype(int)[:, None]
    round_warp, round_weft = np.sin(np.pi * (across % 1))[None], np.sin(np.pi * (across % 1))[:, None]
    warp_above = (column + row) % 4 != 0
    lifted = np.sin(np.pi * ((across[:, None] + column) % 4) / 4)
    return np.where(warp_above, round_warp * (0.55 + 0.45 * lifted), round_weft * 0.6)
