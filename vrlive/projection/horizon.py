"""Levelling: the turn that brings the horizon of a rig that stands askew back to the middle of the picture."""

from math import asin, atan2

import numpy as np
from numpy.typing import ArrayLike

from vrlive.projection.rig import Array, Lens


def up_in_rig(lens: Lens, up: ArrayLike) -> Array:
    """Where up is for the rig, as a unit vector (3,), when one of its cameras feels it along `up`.

    Parameters
    ----------
    lens
        The camera's lens, with its pose in the rig.
    up
        (3,) of any length, in the camera's axes: right, up, backward.
    """
    turned = lens.rotation @ np.asarray(up, np.float64)
    return np.asarray(turned / np.linalg.norm(turned))


def level(up: ArrayLike) -> tuple[float, float]:
    """The pitch and roll in radians by which a rig is to be turned, so that `up` becomes straight up.

    ``rotation(0, pitch, roll) @ up`` is (0, 1, 0). There is no yaw in it: what lies straight ahead or behind keeps its bearing.

    Parameters
    ----------
    up
        (3,) of any length, in the rig's axes +X right, +Y up, −Z forward.
    """
    x, y, z = np.asarray(up, np.float64) / np.linalg.norm(up)
    return -asin(min(max(z, -1.0), 1.0)), atan2(-x, y)
