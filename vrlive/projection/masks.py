"""How far each pixel of a lens' frame is from what its masks cut out."""

import numpy as np
from numpy.typing import NDArray

from vrlive.projection.kernels import kernel
from vrlive.projection.lenses import cut_out
from vrlive.projection.rig import Lens

FAR = 1e12


def clearance_map(lens: Lens) -> NDArray[np.float32] | None:
    """Distance in px of each pixel's centre from the nearest one that masks cut out.

    Returns
    -------
    (height, width) float32 of the lens' frame, less half a pixel: −1/2 where it is cut out itself. None if the lens has no mask.
    """
    if not lens.masks and lens.mask is None:
        return None
    x, y = np.meshgrid(np.arange(lens.frame.width) + 0.5, np.arange(lens.frame.height) + 0.5)
    squares = np.where(cut_out(lens, x, y), 0.0, FAR)
    _transform_rows(squares)
    squares = np.ascontiguousarray(squares.T)
    _transform_rows(squares)
    return (np.sqrt(squares.T) - 0.5).astype(np.float32)


@kernel
def _transform_rows(squares: NDArray[np.float64]) -> None:
    """Squared distance transform of each row: the lower envelope of parabolas (Felzenszwalb and Huttenlocher 2012)."""
    rows, columns = squares.shape
    roots, starts, values = np.empty(columns, np.int64), np.empty(columns + 1), np.empty(columns)
    for row in range(rows):
        last = 0
        roots[0], starts[0], starts[1] = 0, -np.inf, np.inf
        for q in range(1, columns):
            meet = _meet(squares[row], q, roots[last])
            while meet <= starts[last]:
                last -= 1
                meet = _meet(squares[row], q, roots[last])
            last += 1
            roots[last], starts[last], starts[last + 1] = q, meet, np.inf
        last = 0
        for q in range(columns):
            while starts[last + 1] < q:
                last += 1
            values[q] = (q - roots[last]) ** 2 + squares[row, roots[last]]
        squares[row] = values


@kernel
def _meet(heights: NDArray[np.float64], q: int, root: int) -> float:
    """Where the parabolas over q and root cross."""
    return float(((heights[q] + q * q) - (heights[root] + root * root)) / (2 * q - 2 * root))
