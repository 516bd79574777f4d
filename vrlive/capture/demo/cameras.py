"""The demo's rig: six equidistant fisheyes on a ring, looking outwards, and what is wrong with each one's exposure."""

from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

from vrlive.capture.demo.layout import CAMERAS, EXPOSURE_EV, FULL_TURN_DEG, MAX_ANGLE_RAD, WHITE_BALANCE
from vrlive.projection.rig import Circle, Lens, Rig
from vrlive.units import Size


def demo_rig(radius_m: float = 0.05, size_px: int = 1080) -> Rig:
    """The exact calibration of the demo's cameras.

    Parameters
    ----------
    radius_m
        Distance of every lens from the rig's centre.
    size_px
        Width and height of each camera's square frame; the image circle of 190° just fits.
    """
    return Rig(tuple(_lens(index, radius_m, size_px) for index in range(CAMERAS)), "demo", CAMERAS)


def exposure_error(index: int) -> NDArray[np.float64]:
    """Factors (3,) on linear R, G, B by which camera `index` is wrong."""
    red, blue = WHITE_BALANCE[index]
    factors: NDArray[np.float64] = 2.0 ** EXPOSURE_EV[index] * np.array([red, 1.0, blue])
    return factors


def _lens(index: int, radius_m: float, size_px: int) -> Lens:
    half, yaw = size_px / 2, radians(index * FULL_TURN_DEG / CAMERAS)
    return Lens(
        name=f"camera-{index}",
        input=index,
        frame=Size(size_px, size_px),
        model="equidistant",
        focal_px=half / MAX_ANGLE_RAD,
        centre_px=(half, half),
        crop=Circle(half, half, half),
        yaw=(yaw + np.pi) % (2 * np.pi) - np.pi,
        position_m=(radius_m * sin(yaw), 0.0, -radius_m * cos(yaw)),
        max_angle_rad=MAX_ANGLE_RAD,
    )
