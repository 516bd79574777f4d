"""Level of detail: triangles that nobody could tell apart cost as much as large ones, so that meshes far away are drawn in fewer."""

from typing import Final

import meshoptimizer
import numpy as np
from numpy.typing import NDArray

from vrlive.units import Size

Array = NDArray[np.float64]
Floats = NDArray[np.float32]
Triangles = NDArray[np.uint32]

PX_PER_TRIANGLE: Final = 4.0  # on average, of those that face the viewer
WITHIN_PX: Final = 0.2  # no outline moves by more
_WORTH: Final = 0.75  # what would stay as many as that is left alone


def simplified(vertices: Floats, triangles: Triangles, frame: Size) -> Triangles:
    """Fewer triangles over the same vertices, where they are smaller than `PX_PER_TRIANGLE`.

    Parameters
    ----------
    vertices
        (n, 18), in the world frame, columns as `renderer.gltf.Primitive.vertices`.
    triangles
        (m, 3).
    frame
        Size of the picture that it is drawn into.
    """
    if not len(triangles):
        return triangles
    wanted = int(areas_px(vertices[:, :3].astype(np.float64), triangles, frame).sum() / PX_PER_TRIANGLE)
    if wanted > _WORTH * len(triangles):
        return triangles
    nearest = float(np.linalg.norm(vertices[:, :3], axis=1).min())
    left = np.empty(triangles.size, np.uint32)
    count = meshoptimizer.simplify(
        left,
        np.ascontiguousarray(triangles.ravel()),
        np.ascontiguousarray(vertices[:, :3]),
        target_index_count=wanted * 3,
        target_error=float(WITHIN_PX * 2 * np.pi / frame.width * nearest),
        options=meshoptimizer.SIMPLIFY_ERROR_ABSOLUTE,
    )
    return np.ascontiguousarray(left[:count].reshape(-1, 3)) if count else triangles


def areas_px(points: Array, triangles: Triangles, frame: Size) -> Array:
    """How many pixels each triangle covers, (m,), seen from the rig's centre."""
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    middle = (a + b + c) / 3
    away = np.linalg.norm(middle, axis=1)
    seen = np.abs(np.sum(np.cross(b - a, c - a) * middle, axis=1)) / 2 / away**3
    return np.asarray(seen * (frame.width / (2 * np.pi)) ** 2 / np.maximum(np.hypot(middle[:, 0], middle[:, 2]) / away, 0.1))
