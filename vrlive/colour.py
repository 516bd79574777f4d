"""Colour, written once: BT.709 matrices, limited range, and the transfer between code values and light.

Sources: ITU-R BT.709-6 (matrix, range); IEC 61966-2-1 (transfer; what browsers show video with).
Arrays are float64 with R, G, B or Y, Cb, Cr on the last axis.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

KR: Final = 0.2126
KG: Final = 0.7152
KB: Final = 0.0722

LUMA_OFFSET: Final = 16.0
LUMA_SPAN: Final = 219.0
CHROMA_OFFSET: Final = 128.0
CHROMA_SPAN: Final = 224.0

RGB_TO_YCBCR: Final[Array] = np.array(
    [
        [KR, KG, KB],
        [-KR / (2 * (1 - KB)), -KG / (2 * (1 - KB)), 0.5],
        [0.5, -KG / (2 * (1 - KR)), -KB / (2 * (1 - KR))],
    ]
)
"""R'G'B' in 0…1 to Y' in 0…1 and Cb, Cr in −½…½."""

YCBCR_TO_RGB: Final[Array] = np.linalg.inv(RGB_TO_YCBCR).astype(np.float64)

_SCALE: Final[Array] = np.array([LUMA_SPAN, CHROMA_SPAN, CHROMA_SPAN])
_OFFSET: Final[Array] = np.array([LUMA_OFFSET, CHROMA_OFFSET, CHROMA_OFFSET])


def rgb_to_codes(rgb: ArrayLike) -> Array:
    """Gamma-coded R'G'B' in 0…1, (..., 3), to unrounded 8-bit limited-range Y, Cb, Cr codes, (..., 3)."""
    ycbcr: Array = np.asarray(rgb, np.float64) @ RGB_TO_YCBCR.T
    return ycbcr * _SCALE + _OFFSET


def codes_to_rgb(codes: ArrayLike) -> Array:
    """Limited-range Y, Cb, Cr codes, (..., 3), to gamma-coded R'G'B', (..., 3); not clipped."""
    rgb: Array = (np.asarray(codes, np.float64) - _OFFSET) / _SCALE @ YCBCR_TO_RGB.T
    return rgb


def to_light(coded: ArrayLike) -> Array:
    """Gamma-coded values in 0…1 to linear light in 0…1 (any shape)."""
    value = np.asarray(coded, np.float64)
    return np.where(value <= 0.04045, value / 12.92, ((np.maximum(value, 0.0) + 0.055) / 1.055) ** 2.4)


def from_light(light: ArrayLike) -> Array:
    """Linear light in 0…1 to gamma-coded values in 0…1 (any shape)."""
    value = np.asarray(light, np.float64)
    return np.where(value <= 0.0031308, value * 12.92, 1.055 * np.maximum(value, 1e-12) ** (1 / 2.4) - 0.055)
