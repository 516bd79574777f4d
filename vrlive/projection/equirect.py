"""The equirectangular picture: which way each of its pixels looks.

Width = 2 × height, pixel centres at +0.5. Its centre looks forward (−Z), its left edge to yaw −π, its top edge to pitch +π/2.
Yaw > 0 is right, pitch > 0 is up.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrlive.units import Size

Array = NDArray[np.float64]


def directions(size: Size, *, chroma: bool = False) -> Array:
    """Unit directions of the pixels of an equirectangular picture.

    Parameters
    ----------
    size
        Size of the (luma) picture.
    chroma
        The sites of the half-size chroma planes instead, each in the middle of its 2×2 block.

    Returns
    -------
    (height, width, 3) float64 in the world frame; half that height and width for chroma.
    """
    width, height = (size.width // 2, size.height // 2) if chroma else size
    yaw = ((np.arange(width) + 0.5) / width - 0.5) * (2 * np.pi)
    pitch = (0.5 - (np.arange(height) + 0.5) / height) * np.pi
    return direction(yaw[np.newaxis, :], pitch[:, np.newaxis])


def direction(yaw: ArrayLike, pitch: ArrayLike) -> Array:
    """Unit direction (..., 3) at `yaw` and `pitch` in radians, which broadcast against each other."""
    yaw, pitch = np.broadcast_arrays(np.asarray(yaw, np.float64), np.asarray(pitch, np.float64))
    return np.stack([np.cos(pitch) * np.sin(yaw), np.sin(pitch), -np.cos(pitch) * np.cos(yaw)], axis=-1)


def angles(direction: ArrayLike) -> tuple[Array, Array]:
    """Yaw in −π…π and pitch in −π/2…π/2 of directions (..., 3) of any length."""
    x, y, z = np.moveaxis(np.asarray(direction, np.float64), -1, 0)
    return np.arctan2(x, -z), np.arctan2(y, np.hypot(x, z))


def pixel(direction: ArrayLike, size: Size) -> Array:
    """Where directions (..., 3) fall in an equirectangular picture: (..., 2) px as x and y, pixel centres at +0.5."""
    yaw, pitch = angles(direction)
    return np.stack([(yaw / (2 * np.pi) + 0.5) * size.width, (0.5 - pitch / np.pi) * size.height], axis=-1)
