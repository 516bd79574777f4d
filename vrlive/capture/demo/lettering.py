"""The sign on the wall and the metre numbers on the floor, as strokes."""

from typing import Final

import numpy as np

from vrlive.capture.demo.materials import line
from vrlive.projection.kernels import kernel

STROKE_HALF: Final = 0.030
SIGN_SCALE: Final = 0.26
SIGN: Final = np.array(
    [  # (x0, y0, x1, y1) in cap heights; letters are 1 high and centred at 0
        *[(-3.55, 1, -3.15, 0), (-3.15, 0, -2.75, 1)],  # V
        *[(-2.15, 0, -2.15, 1), (-2.15, 1, -1.72, 1), (-1.72, 1, -1.55, 0.86), (-1.55, 0.86, -1.55, 0.66)],  # R
        *[(-1.55, 0.66, -1.72, 0.5), (-1.72, 0.5, -2.15, 0.5), (-1.85, 0.5, -1.5, 0)],
        *[(-0.9, 1, -0.9, 0), (-0.9, 0, -0.35, 0)],  # L
        *[(0.2, 0, 0.2, 1)],  # I
        *[(0.75, 1, 1.15, 0), (1.15, 0, 1.55, 1)],  # V
        *[(2.1, 0, 2.1, 1), (2.1, 1, 2.7, 1), (2.1, 0.5, 2.58, 0.5), (2.1, 0, 2.7, 0)],  # E
    ]
) + np.array([0.425, -0.5, 0.425, -0.5])
SEGMENTS: Final = np.array([0x3F, 0x06, 0x5B, 0x4F, 0x66, 0x6D, 0x7D, 0x07, 0x7F, 0x6F])
"""Seven-segment digits, bit 0 = top, clockwise, bit 6 = middle."""


@kernel
def sign(x: float, y: float, foot: float) -> tuple[float, float]:
    """How much of a point is letter, and how much of the letters' halo falls on it; metres from the sign's middle."""
    if abs(y) > 0.6 or abs(x) > 1.6:
        return 0.0, 0.0
    nearest = 9.0
    for index in range(SIGN.shape[0]):
        stroke = SIGN[index]
        nearest = min(
            nearest, _stroke(x, y, SIGN_SCALE * stroke[0], SIGN_SCALE * stroke[1], SIGN_SCALE * stroke[2], SIGN_SCALE * stroke[3])
        )
    return line(nearest, STROKE_HALF, foot), np.exp(-nearest / 0.09) * max(0.0, 1 - abs(y) / 0.6) * max(0.0, 1 - abs(x) / 1.6)


@kernel
def tick_number(x: float, z: float, foot: float) -> float:
    """Metres along both axes of the floor grid, as digits beside them that read upright from the middle: 0 blank, 1 ink."""
    metre_z, metre_x = int(np.round(abs(z))), int(np.round(abs(x)))
    if 0.05 < x < 0.25 and metre_z > 0 and abs(abs(z) - metre_z + 0.09) < 0.09:
        toward = 1.0 if z < 0 else -1.0
        return _digit(metre_z, toward * (x - 0.13), abs(z) - metre_z + 0.09, foot)
    if abs(z) < 0.25 and metre_x > 0 and abs(abs(x) - metre_x + 0.09) < 0.09:
        across = z if x > 0 else -z
        return _digit(metre_x, across - 0.13, abs(x) - metre_x + 0.09, foot)
    return 0.0


@kernel
def _digit(digit: int, u: float, v: float, foot: float) -> float:
    """A digit 12 cm high and 7 cm wide around (0, 0); v points up."""
    lit = SEGMENTS[digit]
    half, tall = 0.03, 0.055
    nearest = 9.0
    if lit & 1:
        nearest = min(nearest, _stroke(u, v, -half, tall, half, tall))
    if lit & 2:
        nearest = min(nearest, _stroke(u, v, half, 0.0, half, tall))
    if lit & 4:
        nearest = min(nearest, _stroke(u, v, half, -tall, half, 0.0))
    if lit & 8:
        nearest = min(nearest, _stroke(u, v, -half, -tall, half, -tall))
    if lit & 16:
        nearest = min(nearest, _stroke(u, v, -half, -tall, -half, 0.0))
    if lit & 32:
        nearest = min(nearest, _stroke(u, v, -half, 0.0, -half, tall))
    if lit & 64:
        nearest = min(nearest, _stroke(u, v, -half, 0.0, half, 0.0))
    return line(nearest, 0.010, foot)


@kernel
def _stroke(x: float, y: float, x0: float, y0: float, x1: float, y1: float) -> float:
    """Distance from a point to a segment."""
    ax, ay, bx, by = x - x0, y - y0, x1 - x0, y1 - y0
    along = min(1.0, max(0.0, (ax * bx + ay * by) / (bx * bx + by * by)))
    return float(np.hypot(ax - along * bx, ay - along * by))
