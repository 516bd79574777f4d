"""Exposure as the stitcher applies it: gains of linear light as one small matrix on Y, U and V.

Above its dark toe the transfer function is ``coded + 0.055 = 1.055 · light^(1/2.4)`` (IEC 61966-2-1). A factor on light is therefore a
factor on ``coded + 0.055``, and that is linear in R', G', B' and so in Y, U, V. In the toe the error stays below 2 codes up to half
a stop; equal gains move no chroma anywhere: grey stays grey.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vrlive.colour import CHROMA_OFFSET, CHROMA_SPAN, LUMA_OFFSET, LUMA_SPAN, RGB_TO_YCBCR, YCBCR_TO_RGB

TOE: Final = 0.055
EXPONENT: Final = 1 / 2.4

LUMA_PIVOT: Final = LUMA_OFFSET - TOE * LUMA_SPAN  # what a factor on light leaves where it is …
CHROMA_PIVOT: Final = CHROMA_OFFSET  # … in codes: the darkest light there is, and grey

_SCALE: Final = np.array([LUMA_SPAN, CHROMA_SPAN, CHROMA_SPAN])
_OFFSET: Final = np.array([LUMA_OFFSET, CHROMA_OFFSET, CHROMA_OFFSET])


def colour_matrices(gains_ev: NDArray[np.float64]) -> NDArray[np.float32]:
    """Matrices that apply exposure gains to 8-bit codes.

    Parameters
    ----------
    gains_ev
        (lenses, 3) log2 of the factor on linear R, G and B.

    Returns
    -------
    (lenses, 3, 4) float32: (Y, U, V, 1) to Y, U, V, all as limited-range codes.
    """
    factors = 2 ** (np.asarray(gains_ev, np.float64) * EXPONENT)
    mixing = (RGB_TO_YCBCR * factors[:, np.newaxis, :]) @ YCBCR_TO_RGB * (_SCALE[:, np.newaxis] / _SCALE)
    lift = (TOE * (factors - 1)) @ RGB_TO_YCBCR.T * _SCALE
    offset = _OFFSET + lift - mixing @ _OFFSET
    return np.concatenate([mixing, offset[..., np.newaxis]], axis=-1).astype(np.float32)


def kernel_colours(matrices: NDArray[np.float32], below: int) -> NDArray[np.float32]:
    """The same matrices for the kernel's numbers: samples × 65536 less `below`, four lumas summed, results from the pivot."""
    scaled = matrices.copy()
    scaled[..., 3] += below / 65536 * matrices[..., :3].sum(axis=-1)
    scaled[..., :3] /= 65536
    scaled[..., 1:, 0] /= 4
    scaled[..., 3] -= (LUMA_PIVOT, CHROMA_PIVOT, CHROMA_PIVOT)
    return scaled
