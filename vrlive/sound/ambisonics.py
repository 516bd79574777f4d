"""The sphere of sound: ambisonics of the first order, channels in ACN order (W, Y, Z, X), SN3D normalization, which together are AmbiX.

Sources: C. Nachbar, F. Zotter, E. Deleflie, A. Sontacchi, “AmbiX – a suggested ambisonics format” (2011); RFC 8486, section 3.1. AmbiX'
axes are X ahead, Y left, Z up; ours are +X right, +Y up, −Z ahead. Every operation is a small matrix on the channels: (out, in).
"""

from math import cos, radians, sin
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrlive.frames import AMBISONIC_CHANNELS

Matrix = NDArray[np.float64]

SPEAKERS_DEG: Final = 30.0  # where stereo is put, left and right of ahead (Rec. ITU-R BS.775)

_OURS: Final = np.array([[-1.0, 0, 0], [0, 1, 0], [0, 0, -1]])  # (Y, Z, X) of AmbiX in our axes: left is −X, up is +Y, ahead is −Z


def turned(rotation: ArrayLike) -> Matrix:
    """(4, 4): the sphere of sound turned as directions are, by a rotation (3, 3) in our axes."""
    matrix = np.eye(AMBISONIC_CHANNELS)
    matrix[1:, 1:] = _OURS.T @ np.asarray(rotation, np.float64) @ _OURS
    return matrix


def panned(direction: ArrayLike) -> Matrix:
    """(4,): what each channel gets of a sound from a direction, a unit vector (3,) in our axes."""
    return np.concatenate([[1.0], _OURS.T @ np.asarray(direction, np.float64)])


def _two_speakers() -> Matrix:
    angle = radians(SPEAKERS_DEG)
    left, right = panned([-sin(angle), 0, -cos(angle)]), panned([sin(angle), 0, -cos(angle)])
    return np.stack([left, right], -1) / 2


FROM_STEREO: Final = _two_speakers()
"""(4, 2): left and right as two loudspeakers ahead. What both have in common comes from ahead, as loud as it was."""

TO_STEREO: Final = np.array([[0.5, 0.5, 0, 0], [0.5, -0.5, 0, 0]])
"""(2, 4): two cardioid microphones back to back, one looking left and one right.

A sound from the left is heard left alone, one from ahead or behind in both at half, and both together are W.
"""
