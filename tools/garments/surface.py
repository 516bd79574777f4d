"""Surfaces made of one grid of points each, and how much sky each of their points sees."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vrlive.projection.kernels import kernel

Array = NDArray[np.float64]

_VOXEL_M: Final = 0.008
_RAYS: Final = 96
_FAR_M: Final = 0.5


@dataclass(frozen=True)
class Surface:
    """A part of a garment.

    Attributes
    ----------
    points
        (rows, columns, 3) metres. A ring repeats its first column as its last.
    material
        Name of what it is made of.
    closed
        Whether it is a ring.
    """

    points: Array
    material: str
    closed: bool = True

    @property
    def normals(self) -> Array:
        """Unit normals, (rows, columns, 3): outwards where rows go down and columns go to the left of who stands inside."""
        normal = np.cross(np.gradient(self.points, axis=0), self._across)
        length = np.linalg.norm(normal, axis=-1, keepdims=True)
        return np.where(length > 1e-12, normal / np.maximum(length, 1e-12), [0.0, 1.0, 0.0])

    @property
    def tangents(self) -> Array:
        """Direction of the columns, orthogonal to the normals, with handedness: (rows, columns, 4)."""
        across, normal = self._across, self.normals
        across = across - normal * np.sum(across * normal, axis=-1, keepdims=True)
        length = np.linalg.norm(across, axis=-1, keepdims=True)
        tangent = np.where(length > 1e-12, across / np.maximum(length, 1e-12), [1.0, 0.0, 0.0])
        return np.concatenate([tangent, np.ones((*tangent.shape[:2], 1))], axis=-1)

    @property
    def _across(self) -> Array:
        """From column to column, (rows, columns, 3); a ring goes on where it closes."""
        across = np.gradient(self.points, axis=1)
        if self.closed:
            across[:, [0, -1]] = (self.points[:, 1] - self.points[:, -2])[:, None] / 2
        return np.asarray(across)

    @property
    def lengths(self) -> Array:
        """Texture coordinates in metres of cloth, (rows, columns, 2), the same along a whole row or column."""
        across = np.linalg.norm(np.diff(self.points, axis=1), axis=-1).mean(axis=0)
        along = np.linalg.norm(np.diff(self.points, axis=0), axis=-1).mean(axis=1)
        u, v = np.append(0, np.cumsum(across)), np.append(0, np.cumsum(along))
        return np.stack(np.broadcast_arrays(u, v[:, None]), axis=-1)

    @property
    def triangles(self) -> NDArray[np.uint32]:
        """(m, 3) indices into the points, row after row, counter-clockwise seen from outside."""
        rows, columns, _ = self.points.shape
        corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
        right, below, opposite = corner + 1, corner + columns, corner + columns + 1
        return np.vstack([np.column_stack([corner, below, right]), np.column_stack([right, below, opposite])]).astype(np.uint32)


def sky_seen(surfaces: list[Surface]) -> list[Array]:
    """For each surface the cosine-weighted share of directions that nothing of the garment blocks, (rows, columns) 0…1."""
    cloud = np.vstack([_dense(surface.points) for surface in surfaces])
    low = cloud.min(axis=0) - 2 * _VOXEL_M
    shape = np.ceil((cloud.max(axis=0) - low) / _VOXEL_M).astype(int) + 3
    solid = np.zeros(shape, np.bool_)
    solid[tuple(((cloud - low) / _VOXEL_M).astype(int).T)] = True
    seen = []
    for surface in surfaces:
        share = np.empty(surface.points.shape[:2])
        _march(surface.points, surface.normals, solid, low, share)
        seen.append(share)
    return seen


def _dense(points: Array) -> Array:
    """Points of the surface less than a voxel apart, (n, 3)."""
    for axis in (0, 1):
        widest = np.linalg.norm(np.diff(points, axis=axis), axis=-1).max()
        parts = int(np.ceil(widest / (_VOXEL_M * 0.7)))
        first, last = (np.take(points, range(start, points.shape[axis] - 1 + start), axis) for start in (0, 1))
        points = np.concatenate([first + (last - first) * (part / parts) for part in range(parts)], axis=axis)
    return points.reshape(-1, 3)


@kernel
def _march(points: Array, normals: Array, solid: NDArray[np.bool_], low: Array, share: Array) -> None:
    rows, columns, _ = points.shape
    for row in range(rows):
        for column in range(columns):
            clear = total = 0.0
            n = normals[row, column]
            for ray in range(_RAYS):
                height = 1 - 2 * (ray + 0.5) / _RAYS
                turn = ray * 2.399963229728653  # the golden angle
                flat = np.sqrt(1 - height * height)
                x, y, z = flat * np.cos(turn) + n[0], height + n[1], flat * np.sin(turn) + n[2]
                length = np.sqrt(x * x + y * y + z * z)  # normal plus a point of the unit sphere: cosine-weighted
                if length < 1e-3:
                    continue
                x, y, z = x / length, y / length, z / length
                total += 1.0
                clear += _clear(points[row, column], n, x, y, z, solid, low)
            share[row, column] = clear / total


@kernel
def _clear(point: Array, n: Array, x: float, y: float, z: float, solid: NDArray[np.bool_], low: Array) -> float:
    distance = _VOXEL_M
    while distance < _FAR_M:
        lift = 1.8 * _VOXEL_M
        i = int((point[0] + n[0] * lift + x * distance - low[0]) / _VOXEL_M)
        j = int((point[1] + n[1] * lift + y * distance - low[1]) / _VOXEL_M)
        k = int((point[2] + n[2] * lift + z * distance - low[2]) / _VOXEL_M)
        if i < 0 or j < 0 or k < 0 or i >= solid.shape[0] or j >= solid.shape[1] or k >= solid.shape[2]:
            return 1.0
        if solid[i, j, k]:
            return 0.0
        distance += _VOXEL_M * 0.8
    return 1.0
