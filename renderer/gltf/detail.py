"""Levels of detail: fewer triangles over the same vertices.

Source: meshoptimizer's simplifier (Garland & Heckbert 1997).
"""

from typing import Final

import meshoptimizer
import numpy as np
from numpy.typing import NDArray

from renderer.gltf.model import POSITION, Floats

_OPTIONS: Final = meshoptimizer.SIMPLIFY_LOCK_BORDER | meshoptimizer.SIMPLIFY_ERROR_ABSOLUTE


def coarser(vertices: Floats, triangles: NDArray[np.uint32], error_m: float) -> NDArray[np.uint32]:
    """Leave out triangles as long as the surface moves by no more than about `error_m`.

    Open edges stay as they are, so that parts that meet there still meet; so do seams of texture coordinates.

    Parameters
    ----------
    vertices
        (n, 14), as `Primitive.vertices`. They stay: some are just not named any more, and skins and morph targets still fit.
    triangles
        (m, 3).

    Returns
    -------
    (k, 3), k ≤ m.
    """
    if not len(triangles):
        return triangles
    position = np.ascontiguousarray(vertices[:, POSITION])
    indices = np.ascontiguousarray(triangles.ravel())
    room = np.empty_like(indices)
    count = meshoptimizer.simplify(room, indices, position, target_index_count=0, target_error=error_m, options=_OPTIONS)
    return room[:count].reshape(-1, 3).copy()
