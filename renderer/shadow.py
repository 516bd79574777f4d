"""Soft shadows on what garments stand on: the room's light is a sum of directions, and each throws its own hard shadow.

The hard shadows depend on the garment alone and are drawn once; how bright each direction is changes with the light.
"""

from functools import cache, lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from renderer.light import SIZE, Light, solid_angles
from vrlive.projection.equirect import directions
from vrlive.projection.kernels import kernel

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

DIRECTIONS: Final = 64
UNTURNED: Final = np.eye(3)
TEXELS: Final = 160  # a side of the patch of floor


@cache
def light_directions() -> Array:
    """Unit vectors to the light, (64, 3), denser overhead as a floor receives it: a Fibonacci spiral on the cosine lobe."""
    number = np.arange(DIRECTIONS) + 0.5
    away = np.sqrt(number / DIRECTIONS)  # of the vertical, on the unit disc: Malley's method
    turn = number * np.pi * (3 - np.sqrt(5))
    return np.column_stack([away * np.cos(turn), np.sqrt(1 - away**2), away * np.sin(turn)])


def visibility(hidden: Floats, light: Light, turn: Array = UNTURNED) -> Floats:
    """Share of the room's light that reaches each place under a garment.

    Parameters
    ----------
    hidden
        (directions, texels, texels): where the garment stands in the way, 0…1, in its own frame.
    light
        The room's light.
    turn
        The garment's own frame to the world, (3, 3): how it is turned on its place.

    Returns
    -------
    (texels, texels) float32, 1 at the patch's rim.
    """
    above, _, share = _gather()
    fallen = share * light.radiance.reshape(-1, 3)[above].mean(axis=1)
    brightness = np.bincount(_nearest(np.asarray(turn, np.float64).tobytes()), fallen, DIRECTIONS) + 1e-6
    lost: Floats = np.zeros(hidden.shape[1:], np.float32)
    _add_up((brightness / brightness.sum()).astype(np.float32), hidden, lost)
    for _ in range(2):
        lost = np.asarray(cv2.blur(lost, (5, 5), borderType=cv2.BORDER_REPLICATE), np.float32)
    return (1 - lost * _fade(lost.shape[0])).astype(np.float32)


@cache
def _gather() -> tuple[NDArray[np.bool_], Array, Array]:
    """Which pixels of the small picture of the room light a floor; where they lie, (n, 3); their share of what falls on it."""
    towards = directions(SIZE).reshape(-1, 3)
    above = towards[:, 1] > 0
    return above, towards[above], (towards[:, 1] * solid_angles(SIZE))[above]


@lru_cache(maxsize=64)
def _nearest(turn: bytes) -> NDArray[np.intp]:
    """Of each such pixel the direction that is next to it, as a garment is turned: no lamp falls between the directions."""
    _, towards, _ = _gather()
    found: NDArray[np.intp] = np.argmax(towards @ (np.frombuffer(turn).reshape(3, 3) @ light_directions().T), axis=1)
    return found


@cache
def _fade(texels: int) -> Array:
    """1 in the middle, 0 at the rim, so that no edge of the patch shows."""
    across = np.abs((np.arange(texels) + 0.5) / texels * 2 - 1)
    radius = np.hypot(across, across[:, None])
    t = np.clip((1 - radius) / 0.4, 0, 1)
    return t * t * (3 - 2 * t)


@kernel
def _add_up(
    weights: Floats,  # (directions,)
    hidden: Floats,  # (directions, texels, texels)
    out: Floats,  # (texels, texels), added to
) -> None:
    for direction in range(weights.size):
        for row in range(out.shape[0]):
            for column in range(out.shape[1]):
                out[row, column] += weights[direction] * hidden[direction, row, column]
