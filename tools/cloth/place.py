"""Where panels are before they fall: bent around a torso or an arm, or spread as a cone.

Panels of a torso have the world's heights as y.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tools.cloth.panel import Place

Array = NDArray[np.float64]


def behind(place: Place) -> Place:
    """The same on the other side of the body."""
    return lambda flat: place(flat) * [-1.0, 1.0, -1.0]


def around(quarters: Sequence[tuple[float, float]], *, flat: float = 0.72, shoulder: float = 1.43, middle: float = 0.0) -> Place:
    """In front of a torso, the panel's half width at each height a quarter of the way around.

    Parameters
    ----------
    quarters
        (height, half width of the panel) in metres.
    flat
        Depth of the ring as a share of its width.
    shoulder
        Height above which the ring closes over the shoulders.
    """
    heights, halves = np.array(sorted(quarters)).T

    def place(cloth: Array) -> Array:
        x, y = cloth.T
        quarter = np.interp(y, heights, halves)
        width = quarter * 2 / np.pi / np.sqrt((1 + flat**2) / 2)
        turn = np.clip(x / quarter, -1.15, 1.15) * np.pi / 2
        close = 1 - 0.85 * np.clip((y - shoulder + 0.05) / 0.10, 0, 1)
        return np.column_stack([width * np.sin(turn), y, width * flat * np.cos(turn) * close + middle])

    return place


def cone(radius: float, spread: float, top: float, *, waist: tuple[float, float] = (0.13, 0.09), slope_deg: float = 50.0) -> Place:
    """The front half of a skirt cut from a ring: the panel's origin is the ring's middle, its opening looks down.

    Parameters
    ----------
    radius
        Of the waist's arc on the panel.
    spread
        Angle of the panel, radians; it becomes half a turn.
    top
        Height of the waist.
    waist
        Half width and depth of the body there.
    slope_deg
        How steeply it goes down.
    """
    slope = np.radians(slope_deg)

    def place(cloth: Array) -> Array:
        distance = np.linalg.norm(cloth, axis=1) - radius
        turn = np.arctan2(cloth[:, 0], -cloth[:, 1]) * np.pi / spread
        out = distance * np.cos(slope)
        return np.column_stack([(waist[0] + out) * np.sin(turn), top - distance * np.sin(slope), (waist[1] + out) * np.cos(turn)])

    return place


def sleeve(start: Array, end: Array, half: Sequence[tuple[float, float]], *, forwards: Array | None = None) -> Place:
    """Around an arm of the body's left: the panel's y goes up the arm, 0 at its `start`, and its x around it from outside to behind.

    Parameters
    ----------
    half
        (y, half width of the panel) in metres.
    """
    heights, halves = np.array(sorted(half)).T
    axis = (end - start) / np.linalg.norm(end - start)
    front = np.array([0.0, 0.0, 1.0]) if forwards is None else forwards
    front = front - axis * (front @ axis)
    front /= np.linalg.norm(front)
    out = np.cross(front, axis)
    out *= np.sign(out[0])

    def place(cloth: Array) -> Array:
        x, y = cloth.T
        reach = np.interp(y, heights, halves)
        turn = x / reach * np.pi
        radius = (reach / np.pi)[:, None]
        return np.asarray(start - axis * y[:, None] + radius * (np.cos(turn)[:, None] * out - np.sin(turn)[:, None] * front))

    return place


def other_side(place: Place) -> Place:
    """Mirrored from the body's left to its right, for a mirrored panel."""
    return lambda cloth: place(cloth * [-1.0, 1.0]) * [-1.0, 1.0, 1.0]
