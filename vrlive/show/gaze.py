"""Where an audience looks: seconds in bins of one area, and the map of them over the sphere.

The bins are those of Lambert's cylindrical equal-area projection: even steps of yaw, and even steps of the sine of pitch. They are
coarse: one is about as large as what a visitor has in the middle of the view, for it is heads that are counted, never eyes.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vrlive.units import Size

Array = NDArray[np.float64]

COLUMNS: Final = 24  # of yaw, from −180°, the left edge of the picture
ROWS: Final = 12  # of sin(pitch), from straight up
BINS: Final = ROWS * COLUMNS
SPREAD_DEG: Final = 12.0  # of one head's direction: what is looked at is near it, not at it


def bin_of(yaw: float, pitch: float) -> int:
    """The bin of a direction (radians; yaw positive to the right of forward, pitch above the horizon)."""
    column = int((yaw / (2 * np.pi) + 0.5) % 1 * COLUMNS)
    row = int((1 - np.sin(np.clip(pitch, -np.pi / 2, np.pi / 2))) / 2 * ROWS)
    return min(row, ROWS - 1) * COLUMNS + min(column, COLUMNS - 1)


def centres() -> Array:
    """Unit vectors to the middle of each bin: (BINS, 3), +X right, +Y up, −Z forward."""
    yaw = (np.arange(COLUMNS) + 0.5) / COLUMNS * 2 * np.pi - np.pi
    up = 1 - 2 * (np.arange(ROWS) + 0.5) / ROWS
    yaw, up = np.tile(yaw, ROWS), np.repeat(up, COLUMNS)
    out = np.sqrt(1 - up**2)
    return np.stack([out * np.sin(yaw), up, -out * np.cos(yaw)], axis=1)


def density(seconds: Array, size: Size) -> Array:
    """How much each place of an equirectangular picture was looked at.

    Each bin's seconds are spread over the sphere as a von Mises–Fisher distribution, so that the map has neither steps nor a seam, and
    a place at a pole counts no more for being wide.

    Parameters
    ----------
    seconds
        (BINS,) in each bin.
    size
        Of the map; a small one will do, it is smooth.

    Returns
    -------
    Array
        (height, width), 1 where it was looked at most; all 0 if nobody looked.
    """
    sharpness = 1 / np.radians(SPREAD_DEG) ** 2
    yaw = (np.arange(size.width) + 0.5) / size.width * 2 * np.pi - np.pi
    pitch = np.pi / 2 - (np.arange(size.height) + 0.5) / size.height * np.pi
    total = np.zeros((size.height, size.width))
    for toward, weight in zip(centres(), seconds, strict=True):
        if weight > 0:
            across = -toward[2] * np.cos(yaw) + toward[0] * np.sin(yaw)
            cosine = np.outer(np.cos(pitch), across) + toward[1] * np.sin(pitch)[:, None]
            total += weight * np.exp(sharpness * (cosine - 1))
    most = total.max()
    return total / most if most > 0 else total
