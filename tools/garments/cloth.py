"""Cloth that falls: position-based dynamics on a closed grid hung from its first row.

Source: Müller et al. 2007, "Position Based Dynamics": Verlet steps, each followed by sweeps that
put every pair of points back to its distance.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vrlive.projection.kernels import kernel

Array = NDArray[np.float64]

_GRAVITY: Final = 9.81
_STEP_S: Final = 1 / 120
_DAMPING: Final = 0.985
_SWEEPS: Final = 14
_APART_M: Final = 0.011  # folds come no closer to each other than this …
_NEIGHBOURS: Final = 4  # … which is said of points that are farther from each other than this along their row


@kernel
def drape(
    points: Array,  # (rows + 1, columns, 3) metres, changed in place; the first row stays where it is, columns close to a ring
    around: Array,  # (rows + 1,) metres between neighbours of one row
    down: float,  # metres between rows
    bending: float,  # 0…1: how much the cloth resists folds
    inner: Array,  # (heights, 3) half width, depth in front and behind of what it hangs over
    bottom: float,  # metres: height of the first entry of `inner` …
    spacing: float,  # … and between its entries
    steps: int,
) -> None:
    """Let a skirt fall over a body until it hangs."""
    rows, columns = points.shape[0] - 1, points.shape[1]
    before = points.copy()
    for _ in range(steps):
        for row in range(1, rows + 1):
            for column in range(columns):
                for axis in range(3):
                    now = points[row, column, axis]
                    points[row, column, axis] = now + (now - before[row, column, axis]) * _DAMPING
                    before[row, column, axis] = now
                points[row, column, 1] -= _GRAVITY * _STEP_S * _STEP_S
        for _sweep in range(_SWEEPS):
            for row in range(rows + 1):
                for column in range(columns):
                    right, further = (column + 1) % columns, (column + 2) % columns
                    if row > 0:
                        _keep(points, row, column, row, right, around[row], 1.0)
                        _keep(points, row, column, row, further, around[row] * 2, bending)
                    if row < rows:
                        slanted = np.sqrt(down**2 + (0.5 * (around[row] + around[row + 1])) ** 2)
                        _keep(points, row, column, row + 1, column, down, 1.0)
                        _keep(points, row, column, row + 1, right, slanted, 0.3)
                        _keep(points, row, right, row + 1, column, slanted, 0.3)
                    if row < rows - 1:
                        _keep(points, row, column, row + 2, column, down * 2, bending)
            _push_out(points, inner, bottom, spacing)
        _keep_folds_apart(points)


@kernel
def _keep(points: Array, row: int, column: int, other_row: int, other_column: int, length: float, stiffness: float) -> None:
    x = points[other_row, other_column, 0] - points[row, column, 0]
    y = points[other_row, other_column, 1] - points[row, column, 1]
    z = points[other_row, other_column, 2] - points[row, column, 2]
    distance = np.sqrt(x * x + y * y + z * z)
    if distance < 1e-9:
        return
    pull = (distance - length) / distance * stiffness
    mine = 0.0 if row == 0 else (1.0 if other_row == 0 else 0.5)
    theirs = 0.0 if other_row == 0 else (1.0 if row == 0 else 0.5)
    for axis, difference in enumerate((x, y, z)):
        points[row, column, axis] += difference * pull * mine
        points[other_row, other_column, axis] -= difference * pull * theirs


@kernel
def _keep_folds_apart(points: Array) -> None:
    """Cloth does not pass through itself: points of one row that are no neighbours push each other away."""
    rows, columns = points.shape[0] - 1, points.shape[1]
    for row in range(1, rows + 1):
        for column in range(columns):
            for step in range(_NEIGHBOURS + 1, columns // 2):
                other = (column + step) % columns
                x, z = points[row, other, 0] - points[row, column, 0], points[row, other, 2] - points[row, column, 2]
                distance = np.sqrt(x * x + z * z)
                if 1e-9 < distance < _APART_M:
                    push = (_APART_M - distance) / distance * 0.5
                    points[row, column, 0] -= x * push
                    points[row, column, 2] -= z * push
                    points[row, other, 0] += x * push
                    points[row, other, 2] += z * push


@kernel
def _push_out(points: Array, inner: Array, bottom: float, spacing: float) -> None:
    """Points inside the body back to its skin."""
    rows, columns = points.shape[0] - 1, points.shape[1]
    for row in range(1, rows + 1):
        for column in range(columns):
            place = (points[row, column, 1] - bottom) / spacing
            at = int(min(max(place, 0.0), inner.shape[0] - 2.001))
            share = min(max(place - at, 0.0), 1.0)
            side = 1 if points[row, column, 2] > 0 else 2
            width = inner[at, 0] * (1 - share) + inner[at + 1, 0] * share
            depth = inner[at, side] * (1 - share) + inner[at + 1, side] * share
            inside = np.sqrt((points[row, column, 0] / width) ** 2 + (points[row, column, 2] / depth) ** 2)
            if 1e-9 < inside < 1.0:
                points[row, column, 0] /= inside
                points[row, column, 2] /= inside
