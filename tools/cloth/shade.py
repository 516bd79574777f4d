"""Ambient occlusion of whole garments, in a map of its own.

Panels and other flat pieces lie side by side in it, each point as bright as it sees sky.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from tools.cloth.mesh import Mesh
from vrlive.projection.kernels import kernel

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Pixels = NDArray[np.uint8]

_VOXEL_M: Final = 0.007
_RAYS: Final = 96
_FAR_M: Final = 0.45
_MARGIN: Final = 3  # texels around each piece


def occlusion_map(meshes: Sequence[Mesh], side: int = 512, *, both_sides: bool = False) -> tuple[Pixels, list[Array]]:
    """One square picture, (side, side), and each mesh's places in it, (n, 2) 0…1, v down."""
    seen = sky_seen(meshes)
    if both_sides:
        behind = sky_seen([replace(mesh, normals=-mesh.normals) for mesh in meshes])
        seen = [np.maximum(one, other) for one, other in zip(seen, behind, strict=True)]
    places = _pack(meshes, side)
    total, weight = np.zeros((side, side)), np.zeros((side, side))
    for mesh, share, place in zip(meshes, seen, places, strict=True):
        _draw(place * side, mesh.triangles, share, total, weight)
    picture = np.where(weight > 0, total / np.maximum(weight, 1e-9), 1.0)
    return _spread_out(picture, weight > 0), places


def sky_seen(meshes: Sequence[Mesh]) -> list[Array]:
    """Cosine-weighted share of directions that nothing blocks, 0…1, for each point."""
    cloud = np.vstack([_dense(mesh) for mesh in meshes])
    low = cloud.min(axis=0) - 2 * _VOXEL_M
    solid = np.zeros(np.ceil((cloud.max(axis=0) - low) / _VOXEL_M).astype(int) + 3, np.bool_)
    solid[tuple(((cloud - low) / _VOXEL_M).astype(int).T)] = True
    found = []
    for mesh in meshes:
        share = np.empty(len(mesh.points))
        _march(mesh.points, mesh.normals, solid, low, share)
        found.append(share)
    return found


def _dense(mesh: Mesh) -> Array:
    """Points on all triangles, less than a voxel apart where triangles are of a usual size."""
    a, b, c = (mesh.points[mesh.triangles[:, corner]] for corner in range(3))
    shares = [(i / 4, j / 4) for i in range(5) for j in range(5 - i)]
    return np.vstack([a + (b - a) * u + (c - a) * v for u, v in shares])


def _pack(meshes: Sequence[Mesh], side: int) -> list[Array]:
    """Pieces on shelves, all at one scale, as large as they fit."""
    charts = np.concatenate([mesh.chart for mesh in meshes])
    flat = np.vstack([mesh.unfolded for mesh in meshes])
    names = np.unique(charts)
    lows = {int(name): flat[charts == name].min(axis=0) for name in names}
    sizes = {int(name): flat[charts == name].max(axis=0) - lows[int(name)] for name in names}
    small, large = 1.0, 4000.0
    for _ in range(40):
        scale = (small + large) / 2
        small, large = (scale, large) if _shelves(sizes, scale, side) is not None else (small, scale)
    corners = _shelves(sizes, small, side)
    assert corners is not None
    found = []
    for mesh in meshes:
        offset = np.array([corners[int(name)] for name in mesh.chart])
        low = np.array([lows[int(name)] for name in mesh.chart])
        place = offset + (mesh.unfolded - low) * small
        found.append(place / side)
    return found


def _shelves(sizes: dict[int, Array], scale: float, side: int) -> dict[int, tuple[float, float]] | None:
    x = y = tallest = 0.0
    corners = {}
    for name, size in sorted(sizes.items(), key=lambda item: -item[1][1]):
        width, height = size * scale + 2 * _MARGIN
        if x + width > side:
            x, y, tallest = 0.0, y + tallest, 0.0
        if x + width > side or y + height > side:
            return None
        corners[name] = (x + _MARGIN, y + _MARGIN)
        x, tallest = x + width, max(tallest, height)
    return corners


def _spread_out(picture: Array, known: NDArray[np.bool_]) -> Pixels:
    """Texels beyond the pieces take what is next to them, so that nothing bright leaks in at their rims."""
    for _ in range(2 * _MARGIN):
        total, count = np.zeros_like(picture), np.zeros_like(picture)
        for shift in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            total += np.roll(picture * known, shift, (0, 1))
            count += np.roll(known, shift, (0, 1))
        grown = ~known & (count > 0)
        picture = np.where(grown, total / np.maximum(count, 1), picture)
        known = known | grown
    grey = Image.fromarray(np.rint(picture * 255).astype(np.uint8))
    return np.asarray(grey.filter(ImageFilter.GaussianBlur(0.6)))


@kernel
def _draw(place: Array, triangles: Indices, share: Array, total: Array, weight: Array) -> None:
    side = total.shape[0]
    for t in range(len(triangles)):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, bx, by, cx, cy = place[a, 0], place[a, 1], place[b, 0], place[b, 1], place[c, 0], place[c, 1]
        whole = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if abs(whole) < 1e-9:
            continue
        left, right = int(min(ax, bx, cx)), int(max(ax, bx, cx)) + 1
        top, bottom = int(min(ay, by, cy)), int(max(ay, by, cy)) + 1
        for row in range(max(0, top), min(side, bottom + 1)):
            for column in range(max(0, left), min(side, right + 1)):
                x, y = column + 0.5, row + 0.5
                u = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / whole
                v = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / whole
                w = 1 - u - v
                if u >= -0.01 and v >= -0.01 and w >= -0.01:
                    total[row, column] += u * share[a] + v * share[b] + w * share[c]
                    weight[row, column] += 1.0


@kernel
def _march(points: Array, normals: Array, solid: NDArray[np.bool_], low: Array, share: Array) -> None:
    for i in range(len(points)):
        clear = total = 0.0
        n = normals[i]
        for ray in range(_RAYS):
            height = 1 - 2 * (ray + 0.5) / _RAYS
            turn = ray * 2.399963229728653  # the golden angle
            flat = np.sqrt(1 - height * height)
            x, y, z = flat * np.cos(turn) + n[0], height + n[1], flat * np.sin(turn) + n[2]
            length = np.sqrt(x * x + y * y + z * z)  # normal plus a point of the unit sphere: cosine-weighted
            if length < 1e-3:
                continue
            total += 1.0
            clear += _clear(points[i], n, x / length, y / length, z / length, solid, low)
        share[i] = clear / total


@kernel
def _clear(point: Array, n: Array, x: float, y: float, z: float, solid: NDArray[np.bool_], low: Array) -> float:
    distance = _VOXEL_M
    while distance < _FAR_M:
        lift = 2.0 * _VOXEL_M
        i = int((point[0] + n[0] * lift + x * distance - low[0]) / _VOXEL_M)
        j = int((point[1] + n[1] * lift + y * distance - low[1]) / _VOXEL_M)
        k = int((point[2] + n[2] * lift + z * distance - low[2]) / _VOXEL_M)
        if i < 0 or j < 0 or k < 0 or i >= solid.shape[0] or j >= solid.shape[1] or k >= solid.shape[2]:
            return 1.0
        if solid[i, j, k]:
            return 0.0
        distance += _VOXEL_M * 0.8
    return 1.0
