"""How far each pixel of a lens' frame is from what its masks cut out."""

import numpy as np
from numpy.typing import NDArray

from vrlive.projection.kernels import kernel
from vrlive.projection.lenses import cut_out
from vrlive.projection.rig import Lens

Distances = NDArray[np.float32]

FAR = 1e6  # px: farther than anything in a frame
ROWS = 64  # looked up at a time, so that no more memory is needed than for the map itself


def clearance_map(lens: Lens) -> Distances | None:
    """Distance in px of each pixel's centre from the nearest one that masks cut out.

    Returns
    -------
    (height, width) float32 of the lens' frame, less half a pixel: −1/2 where it is cut out itself, about `FAR` or more where nothing is.
    None if the lens has no mask.
    """
    if not lens.masks and lens.mask is None:
        return None
    width, height = lens.frame
    distances = np.empty((height, width), np.float32)
    across = np.arange(width) + 0.5
    for top in range(0, height, ROWS):
        down = np.arange(top, min(top + ROWS, height)) + 0.5
        distances[top : top + ROWS] = np.where(cut_out(lens, *np.meshgrid(across, down)), 0, FAR)
    _measure_down(distances)
    _measure_across(distances)
    distances -= 0.5
    return distances


@kernel
def _measure_down(distances: Distances) -> None:
    """Distance from the nearest 0 in the same column."""
    rows, columns = distances.shape
    for row in range(1, rows):
        for column in range(columns):
            distances[row, column] = min(distances[row, column], distances[row - 1, column] + 1)
    for row in range(rows - 2, -1, -1):
        for column in range(columns):
            distances[row, column] = min(distances[row, column], distances[row + 1, column] + 1)


@kernel
def _measure_across(distances: Distances) -> None:
    """From distances in columns to those anywhere: the lower envelope of parabolas (Felzenszwalb and Huttenlocher 2012)."""
    rows, columns = distances.shape
    roots, starts, squares = np.empty(columns, np.int64), np.empty(columns + 1), np.empty(columns)
    for row in range(rows):
        for q in range(columns):
            squares[q] = np.float64(distances[row, q]) ** 2
        last = 0
        roots[0], starts[0], starts[1] = 0, -np.inf, np.inf
        for q in range(1, columns):
            meet = _meet(squares, q, roots[last])
            while meet <= starts[last]:
                last -= 1
                meet = _meet(squares, q, roots[last])
            last += 1
            roots[last], starts[last], starts[last + 1] = q, meet, np.inf
        last = 0
        for q in range(columns):
            while starts[last + 1] < q:
                last += 1
            distances[row, q] = np.sqrt((q - roots[last]) ** 2 + squares[roots[last]])


@kernel
def _meet(squares: NDArray[np.float64], q: int, root: int) -> float:
    """Where the parabolas over q and root cross."""
    return float(((squares[q] + q * q) - (squares[root] + root * root)) / (2 * q - 2 * root))
