"""Triangles with what glTF wants to know of them."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Mesh:
    """A part of a garment.

    Attributes
    ----------
    points, normals
        (n, 3) metres and unit vectors.
    tangents
        (n, 4): the direction in which the texture's u grows, and a handedness of 1.
    cloth
        (n, 2) metres on the panel, y up.
    triangles
        (m, 3), counter-clockwise from outside.
    chart
        (n,) which flat piece of the occlusion map a point is on.
    unfolded
        (n, 2) metres on that piece.
    """

    points: Array
    normals: Array
    tangents: Array
    cloth: Array
    triangles: Indices
    material: str
    chart: Indices
    unfolded: Array

    def named(self, material: str) -> "Mesh":
        """The same of another material."""
        return replace(self, material=material)


def not_flat(points: Array, triangles: Indices) -> Indices:
    """Only triangles that have an area."""
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    return np.asarray(triangles[np.linalg.norm(np.cross(b - a, c - a), axis=1) > 1e-10])


def node_normals(points: Array, triangles: Indices) -> Array:
    """Unit normals of points, weighted by the triangles' areas, (n, 3)."""
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    face = np.cross(b - a, c - a)
    normal = np.zeros_like(points)
    for corner in range(3):
        np.add.at(normal, triangles[:, corner], face)
    return unit(normal)


def point_tangents(points: Array, flat: Array, triangles: Indices, normals: Array) -> Array:
    """Direction of the panel's x on the surface, at right angles to the normals, (n, 4)."""
    a, b, c = (triangles[:, corner] for corner in range(3))
    sides = np.stack([flat[b] - flat[a], flat[c] - flat[a]], axis=-1)
    size = np.linalg.det(sides)
    safe = np.where(np.abs(size) > 1e-12, size, 1.0)
    along = ((points[b] - points[a]) * sides[:, 1, 1, None] - (points[c] - points[a]) * sides[:, 1, 0, None]) / safe[:, None]
    total = np.zeros_like(points)
    for corner in (a, b, c):
        np.add.at(total, corner, along * np.abs(size)[:, None])
    return square(total, normals)


def square(along: Array, normals: Array) -> Array:
    """Tangents at right angles to normals, (n, 4); where `along` says nothing, any."""
    along = along - normals * np.sum(along * normals, axis=-1, keepdims=True)
    lost = np.linalg.norm(along, axis=-1) < 1e-9
    if lost.any():
        other = np.where(np.abs(normals[lost, :1]) < 0.9, [[1.0, 0, 0]], [[0.0, 1, 0]])
        along[lost] = np.cross(normals[lost], other)
    return np.column_stack([unit(along), np.ones(len(along))])


def unit(vectors: Array) -> Array:
    """Vectors of length 1; upwards where there is none."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.where(length > 1e-12, vectors / np.maximum(length, 1e-12), [0.0, 1.0, 0.0])
