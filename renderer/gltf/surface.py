"""Normals and tangents for geometry that comes without.

Source: Mikkelsen, “Simulation of Wrinkled Surfaces Revisited” (2008), and its MikkTSpace, which glTF 2.0, section 3.7.2.1, asks for.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.uint32]


def smooth_normals(position: Array, triangles: Indices) -> Array:
    """Area-weighted vertex normals, (n, 3)."""
    a, b, c = (position[triangles[:, corner]] for corner in range(3))
    facing = np.cross(b - a, c - a)
    return unit(_summed(triangles.ravel(), np.repeat(facing, 3, axis=0), len(position)))


def tangents(position: Array, normal: Array, uv: Array, triangles: Indices) -> tuple[Array, NDArray[np.intp], Indices]:
    """Directions in which u grows, after MikkTSpace.

    Corners of one position, normal and coordinate share a tangent wherever the file keeps them. Where coordinates are mirrored, a
    vertex that serves both sides becomes two.

    Returns
    -------
    tangent
        (m, 4), m ≥ n: a unit vector orthogonal to the normal, and the sign of the bitangent ``cross(normal, tangent) · sign``.
    origin
        (m,) which vertex of the n each of the m is.
    triangles
        Indices into the m.
    """
    mirrored, along_u = _face_tangents(position, uv, triangles)
    corners = triangles.ravel()
    side = np.repeat(mirrored, 3)
    origin, triangles = _split(corners, side, len(position))
    group = _welded(np.hstack([position, normal, uv]).astype(np.float32))[corners] * 2 + side
    projected = np.repeat(along_u, 3, axis=0)
    projected = unit(projected - normal[corners] * np.sum(projected * normal[corners], axis=1, keepdims=True))
    angle = _corner_angles(position, normal, triangles=corners.reshape(-1, 3))
    summed = _summed(group, projected * angle[:, None], int(group.max(initial=-1)) + 1)
    tangent, sign = np.zeros((len(origin), 3)), np.ones(len(origin))
    tangent[triangles.ravel()] = summed[group]
    sign[triangles.ravel()] = np.where(side, -1.0, 1.0)
    lost = np.linalg.norm(tangent, axis=1) < 1e-12
    tangent[lost] = _any_across(normal[origin[lost]])
    return np.column_stack([unit(tangent), sign]), origin, triangles


def unit(vectors: Array) -> Array:
    """Vectors of length 1, (n, 3); those of no length stay."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-20))


def _face_tangents(position: Array, uv: Array, triangles: Indices) -> tuple[NDArray[np.bool_], Array]:
    """Whether each triangle's coordinates are mirrored, and in which direction u grows on it, (m, 3); 0 where it does not."""
    a, b, c = (position[triangles[:, corner]] for corner in range(3))
    (u1, v1), (u2, v2) = ((uv[triangles[:, corner]] - uv[triangles[:, 0]]).T for corner in (1, 2))
    area = u1 * v2 - u2 * v1
    along_u = ((b - a) * v2[:, None] - (c - a) * v1[:, None]) * np.sign(area)[:, None]
    # glTF's v grows downwards in the picture: the bitangent of its normal maps is −∂P/∂v, so coordinates that turn as the triangle does
    # are the mirrored ones
    return area > 0, unit(along_u)


def _split(corners: Indices, side: NDArray[np.bool_], count: int) -> tuple[NDArray[np.intp], Indices]:
    """Two vertices for one that has mirrored triangles on one side and others on the other; corners follow."""
    plain, mirrored = np.zeros(count, bool), np.zeros(count, bool)
    plain[corners[~side]] = True
    mirrored[corners[side]] = True
    both = np.flatnonzero(plain & mirrored)
    new = np.arange(count)
    new[both] = count + np.arange(len(both))
    moved = np.where(side, new[corners], corners)
    return np.concatenate([np.arange(count), both]), moved.astype(np.uint32).reshape(-1, 3)


def _welded(rows: NDArray[np.float32]) -> NDArray[np.intp]:
    """The same number for rows that are the same to the bit, (n,)."""
    whole = np.ascontiguousarray(rows + np.float32(0)).view(np.dtype((np.void, rows.itemsize * rows.shape[1]))).ravel()
    return np.unique(whole, return_inverse=True)[1].reshape(-1)


def _corner_angles(position: Array, normal: Array, triangles: Indices) -> Array:
    """Angle of each triangle at each of its corners, seen along the corner's normal: (3 m,)."""
    angles = np.empty((len(triangles), 3))
    for corner in range(3):
        here, after, before = (triangles[:, (corner + step) % 3] for step in range(3))
        edges = []
        for end in (after, before):
            edge = position[end] - position[here]
            edges.append(unit(edge - normal[here] * np.sum(edge * normal[here], axis=1, keepdims=True)))
        angles[:, corner] = np.arccos(np.clip(np.sum(edges[0] * edges[1], axis=1), -1, 1))
    return angles.ravel()


def _summed(where: NDArray[np.integer], vectors: Array, count: int) -> Array:
    return np.column_stack([np.bincount(where, vectors[:, axis], count) for axis in range(3)])


def _any_across(normal: Array) -> Array:
    return np.cross(normal, np.where(np.abs(normal[:, 1:2]) < 0.9, [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]))
