"""Cloth that falls: extended position-based dynamics in small steps, with body and self-collision.

Sources: Müller et al. 2007, "Position based dynamics"; Macklin et al. 2016, "XPBD"; Macklin et al. 2019, "Small steps in physics
simulation" (one iteration a step); Müller et al. 2014, "Strain based dynamics" (warp, weft and shear of a triangle); Bergou et al. 2006,
"A quadratic bending model for inextensible surfaces" (bending).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

from tools.cloth.pattern import Sewn
from vrlive.projection.kernels import kernel

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

STEP_S: Final = 1 / 1500
_GRAVITY: Final = 9.81
_GAP: Final = 0.66  # of a triangle's side: nearer, layers could pass between each other's points
_SKIN_M: Final = 0.0035  # cloth lies this far off the body
_RENEW: Final = 6  # steps between two searches for what is near


class Solid(Protocol):
    """What cloth falls on: distances on a lattice, (x, y, z), whose first point is `low` and whose step is `voxel`."""

    @property
    def grid(self) -> Array:
        """Signed distances in metres."""

    @property
    def low(self) -> Array:
        """(3,) metres."""

    @property
    def voxel(self) -> float:
        """Metres."""


@dataclass(frozen=True)
class Phase:
    """A part of the fall.

    Attributes
    ----------
    gravity
        Share of the earth's.
    damping
        Share of its speed that cloth loses in a second is ``1 − exp(−damping)``.
    layers
        Whether cloth lies on cloth.
    """

    seconds: float
    gravity: float = 1.0
    damping: float = 2.0
    layers: bool = True


@dataclass(frozen=True)
class Pin:
    """Nodes held in place."""

    nodes: Indices
    places: Array


SEWING: Final = (Phase(0.25, 0.0, 30.0, layers=False), Phase(0.25, 0.1, 20.0))
LAYERED: Final = (Phase(0.3, 0.0, 30.0), Phase(0.25, 0.1, 20.0))
FALLING: Final = (*SEWING, Phase(0.8, 1.0, 2.0), Phase(0.5, 1.0, 6.0), Phase(0.25, 1.0, 20.0))


class Cloth:
    """A sewn pattern as the solver sees it: nodes, their masses, triangles with their rest shapes, and hinges."""

    def __init__(self, sewn: Sewn) -> None:
        self.gap = _GAP * sewn.pattern.spacing
        self.points = sewn.placed()
        self.triangles = sewn.triangles
        flat, corners = sewn.flat, sewn.corners
        fabrics = [sewn.pattern.fabrics[panel.material] for panel in sewn.pattern.panels]
        worn = [fabrics[number] for number in sewn.panel]
        sides = np.stack([flat[corners[:, 1]] - flat[corners[:, 0]], flat[corners[:, 2]] - flat[corners[:, 0]]], axis=-1)  # (m, xy, side)
        self.area = np.linalg.det(sides) / 2
        self.rest: Array = np.linalg.inv(sides).astype(np.float64)
        self.friction = float(np.mean([fabric.friction for fabric in fabrics]))
        self.stiffness = np.array([[each.weft, each.warp, each.shear] for each in worn])
        mass = np.zeros(len(self.points))
        np.add.at(mass, self.triangles.ravel(), np.repeat(np.array([each.weight for each in worn]) * self.area / 3, 3))
        self.inverse_mass = 1 / np.maximum(mass, 1e-9)
        self.hinges, self.weights, self.bend = _hinges(self.triangles, flat[corners], self.area, [each.bend for each in worn])
        self.near = _neighbours(self.triangles, len(self.points))

    def strain(self) -> Array:
        """Stretch of each triangle along weft and warp, (m, 2): 0 at rest."""
        a, b, c = (self.points[self.triangles[:, corner]] for corner in range(3))
        slope = np.stack([b - a, c - a], axis=-1) @ self.rest
        return np.asarray(np.linalg.norm(slope, axis=1) - 1)

    def fall(self, solid: Solid, phases: Sequence[Phase] = FALLING, pins: Sequence[Pin] = ()) -> None:
        """Let it fall on `solid`, with some nodes held."""
        free = self.inverse_mass.copy()
        for pin in pins:
            free[pin.nodes] = 0
            self.points[pin.nodes] = pin.places
        velocity = np.zeros_like(self.points)
        pairs = np.empty((40 * len(self.points), 2), np.int64)
        for phase in phases:
            steps = round(phase.seconds / STEP_S)
            _fall(self.points, velocity, free, self.triangles, self.rest, self.area, self.stiffness, self.hinges, self.weights, self.bend,
                  *self.near, pairs, solid.grid, solid.low, solid.voxel, self.friction, self.gap, phase.gravity * _GRAVITY,
                  phase.damping, phase.layers, steps, STEP_S)  # fmt: skip


def _hinges(triangles: Indices, flat: Array, area: Array, bend: Sequence[float]) -> tuple[Indices, Array, Array]:
    """Pairs of triangles at a common side: four nodes, the weights of their sum that is 0 where the cloth is flat, and compliance."""
    count = len(triangles)
    ends = np.concatenate([triangles[:, [k, (k + 1) % 3]] for k in range(3)])
    owner, corner = np.tile(np.arange(count), 3), np.repeat(np.arange(3), count)
    key = np.sort(ends, axis=1)
    order = np.lexsort((corner, owner, key[:, 1], key[:, 0]))
    key, owner, corner = key[order], owner[order], corner[order]
    same = (key[1:] == key[:-1]).all(axis=1)
    first = np.flatnonzero(same)
    one, other = first, first + 1
    t, s = owner[one], owner[other]
    hinge = np.column_stack([key[one], triangles[t, (corner[one] + 2) % 3], triangles[s, (corner[other] + 2) % 3]])
    cot_t, cot_s = _cotangents(triangles[t], flat[t], hinge[:, :2]), _cotangents(triangles[s], flat[s], hinge[:, :2])
    weights = np.column_stack([cot_t[:, 1] + cot_s[:, 1], cot_t[:, 0] + cot_s[:, 0], -cot_t.sum(axis=1), -cot_s.sum(axis=1)])
    stiff = np.minimum(np.array(bend)[t], np.array(bend)[s])
    return hinge, weights, (area[t] + area[s]) / (3 * stiff)


def _cotangents(triangles: Indices, flat: Array, ends: Indices) -> Array:
    """Cotangents of a triangle's angles at the two `ends` of one of its sides, (n, 2)."""
    found = []
    for column in (0, 1):
        at = np.argmax(triangles == ends[:, column : column + 1], axis=1)
        rows = np.arange(len(at))
        here, right, left = (flat[rows, (at + turn) % 3] for turn in range(3))
        a, b = right - here, left - here
        cross = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
        found.append(np.sum(a * b, axis=1) / np.maximum(cross, 1e-12))
    return np.asarray(np.clip(np.column_stack(found), -5, 5))


def _neighbours(triangles: Indices, count: int) -> tuple[Indices, Indices]:
    """For each node those up to three sides away, which never collide with it: starts and sorted numbers."""
    ends = np.concatenate([triangles[:, [k, (k + 1) % 3]] for k in range(3)])
    once = coo_array((np.ones(2 * len(ends)), (np.r_[ends[:, 0], ends[:, 1]], np.r_[ends[:, 1], ends[:, 0]])), shape=(count, count)).tocsr()
    near = (once @ once @ once + once @ once).tocsr()
    near.sort_indices()
    return near.indptr.astype(np.int64), near.indices.astype(np.int64)


@kernel
def _fall(
    x: Array, velocity: Array, free: Array, triangles: Indices, rest: Array, area: Array, stiffness: Array, hinges: Indices,
    weights: Array, bend: Array, starts: Indices, neighbours: Indices, pairs: Indices, grid: Array, low: Array, voxel: float,
    friction: float, gap: float, gravity: float, damping: float, layers: bool, steps: int, dt: float,
) -> None:  # fmt: skip
    count = len(x)
    before = np.empty_like(x)
    keep = np.exp(-damping * dt)
    fastest = 0.25 * gap / (_RENEW * dt)
    found = 0
    for step in range(steps):
        if layers and step % _RENEW == 0:
            found = _find_pairs(x, 1.6 * gap, starts, neighbours, pairs)
        for i in range(count):
            speed = 0.0
            for k in range(3):
                speed += velocity[i, k] ** 2
            slow = min(1.0, fastest / np.sqrt(speed + 1e-12)) * keep
            for k in range(3):
                before[i, k] = x[i, k]
                velocity[i, k] *= slow
            if free[i] > 0:
                velocity[i, 1] -= gravity * dt
                for k in range(3):
                    x[i, k] += velocity[i, k] * dt
        _bend(x, free, hinges, weights, bend, dt)
        _stretch(x, free, triangles, rest, area, stiffness, dt, step % 2 == 0)
        if layers:
            _separate(x, before, free, pairs, found, gap)
        _push_out(x, before, free, grid, low, voxel, friction)
        for i in range(count):
            for k in range(3):
                velocity[i, k] = (x[i, k] - before[i, k]) / dt


@kernel
def _stretch(x: Array, free: Array, triangles: Indices, rest: Array, area: Array, stiffness: Array, dt: float, forwards: bool) -> None:
    """Warp, weft and shear of each triangle, one after the other."""
    n = len(triangles)
    u, v = np.empty(3), np.empty(3)
    for each in range(n):
        m = each if forwards else n - 1 - each
        a, b, c = triangles[m, 0], triangles[m, 1], triangles[m, 2]
        wa, wb, wc = free[a], free[b], free[c]
        for axis in range(2):
            p, q = rest[m, 0, axis], rest[m, 1, axis]
            for k in range(3):
                u[k] = (x[b, k] - x[a, k]) * p + (x[c, k] - x[a, k]) * q
            length = np.sqrt(u[0] ** 2 + u[1] ** 2 + u[2] ** 2) + 1e-12
            r = p + q
            total = wa * r * r + wb * p * p + wc * q * q + 1 / (stiffness[m, axis] * area[m] * dt * dt)
            move = -(length - 1) / total / length
            for k in range(3):
                x[a, k] -= wa * move * r * u[k]
                x[b, k] += wb * move * p * u[k]
                x[c, k] += wc * move * q * u[k]
        p, q, s, t = rest[m, 0, 0], rest[m, 1, 0], rest[m, 0, 1], rest[m, 1, 1]
        dot = 0.0
        for k in range(3):
            u[k] = (x[b, k] - x[a, k]) * p + (x[c, k] - x[a, k]) * q
            v[k] = (x[b, k] - x[a, k]) * s + (x[c, k] - x[a, k]) * t
            dot += u[k] * v[k]
        total = 1 / (stiffness[m, 2] * area[m] * dt * dt)
        for k in range(3):
            gb, gc = p * v[k] + s * u[k], q * v[k] + t * u[k]
            total += wa * (gb + gc) ** 2 + wb * gb * gb + wc * gc * gc
        move = -dot / total
        for k in range(3):
            gb, gc = p * v[k] + s * u[k], q * v[k] + t * u[k]
            x[a, k] -= wa * move * (gb + gc)
            x[b, k] += wb * move * gb
            x[c, k] += wc * move * gc


@kernel
def _bend(x: Array, free: Array, hinges: Indices, weights: Array, compliance: Array, dt: float) -> None:
    """Each hinge's weighted sum of four nodes is 0 where the cloth is flat."""
    total = np.empty(3)
    for h in range(len(hinges)):
        size, mass = 0.0, compliance[h] / (dt * dt)
        for k in range(3):
            total[k] = 0.0
            for corner in range(4):
                total[k] += weights[h, corner] * x[hinges[h, corner], k]
            size += total[k] ** 2
        for corner in range(4):
            mass += free[hinges[h, corner]] * weights[h, corner] ** 2
        if size < 1e-16:
            continue
        for corner in range(4):
            i = hinges[h, corner]
            for k in range(3):
                x[i, k] -= free[i] * weights[h, corner] * total[k] / mass


@kernel
def _push_out(x: Array, before: Array, free: Array, grid: Array, low: Array, voxel: float, friction: float) -> None:
    """Nodes inside the body go to its skin; what touches it slides only as far as friction lets it."""
    g, move = np.empty(3), np.empty(3)
    for i in range(len(x)):
        if free[i] == 0:
            continue
        distance = _distance(x[i], grid, low, voxel, g)
        depth = _SKIN_M - distance
        if depth <= 0:
            continue
        depth = min(depth, 0.01)
        along = 0.0
        for k in range(3):
            x[i, k] += g[k] * depth
            move[k] = x[i, k] - before[i, k]
            along += move[k] * g[k]
        slide = 0.0
        for k in range(3):
            move[k] -= along * g[k]
            slide += move[k] ** 2
        slide = np.sqrt(slide) + 1e-12
        hold = min(1.0, friction * depth / slide)
        for k in range(3):
            x[i, k] -= move[k] * hold


@kernel
def _distance(p: Array, grid: Array, low: Array, voxel: float, gradient: Array) -> float:
    """Trilinear in the lattice; far outside it, far away."""
    i, j, k = (p[0] - low[0]) / voxel, (p[1] - low[1]) / voxel, (p[2] - low[2]) / voxel
    if i < 0 or j < 0 or k < 0 or i >= grid.shape[0] - 1 or j >= grid.shape[1] - 1 or k >= grid.shape[2] - 1:
        return 1.0
    a, b, c = int(i), int(j), int(k)
    u, v, w = i - a, j - b, k - c
    if grid[a, b, c] > 4 * voxel:
        return float(grid[a, b, c])
    c000, c100, c010, c110 = grid[a, b, c], grid[a + 1, b, c], grid[a, b + 1, c], grid[a + 1, b + 1, c]
    c001, c101, c011, c111 = grid[a, b, c + 1], grid[a + 1, b, c + 1], grid[a, b + 1, c + 1], grid[a + 1, b + 1, c + 1]
    x00, x10, x01, x11 = c000 + u * (c100 - c000), c010 + u * (c110 - c010), c001 + u * (c101 - c001), c011 + u * (c111 - c011)
    y0, y1 = x00 + v * (x10 - x00), x01 + v * (x11 - x01)
    gradient[0] = ((c100 - c000) * (1 - v) + (c110 - c010) * v) * (1 - w) + ((c101 - c001) * (1 - v) + (c111 - c011) * v) * w
    gradient[1] = (x10 - x00) * (1 - w) + (x11 - x01) * w
    gradient[2] = y1 - y0
    size = np.sqrt(gradient[0] ** 2 + gradient[1] ** 2 + gradient[2] ** 2) + 1e-12
    for axis in range(3):
        gradient[axis] /= size
    return float((y0 + w * (y1 - y0)) * voxel / max(size, 0.5 * voxel))


@kernel
def _find_pairs(x: Array, reach: float, starts: Indices, neighbours: Indices, pairs: Indices) -> int:
    """Nodes nearer than `reach` that are no neighbours, by a table of cells."""
    n = len(x)
    size = 1
    while size < 2 * n:
        size *= 2
    cell = np.empty(n, np.int64)
    first = np.zeros(size + 1, np.int64)
    for i in range(n):
        cell[i] = _cell(np.floor(x[i, 0] / reach), np.floor(x[i, 1] / reach), np.floor(x[i, 2] / reach), size)
        first[cell[i] + 1] += 1
    for c in range(size):
        first[c + 1] += first[c]
    fill = first[:-1].copy()
    order = np.empty(n, np.int64)
    for i in range(n):
        order[fill[cell[i]]] = i
        fill[cell[i]] += 1
    found = 0
    for i in range(n):
        a, b, c = np.floor(x[i, 0] / reach), np.floor(x[i, 1] / reach), np.floor(x[i, 2] / reach)
        for da in range(-1, 2):
            for db in range(-1, 2):
                for dc in range(-1, 2):
                    here = _cell(a + da, b + db, c + dc, size)
                    for at in range(first[here], first[here + 1]):
                        j = order[at]
                        if j <= i or found >= len(pairs):
                            continue
                        away = (x[i, 0] - x[j, 0]) ** 2 + (x[i, 1] - x[j, 1]) ** 2 + (x[i, 2] - x[j, 2]) ** 2
                        if away < reach * reach and not _among(neighbours, starts[i], starts[i + 1], j):
                            pairs[found, 0], pairs[found, 1] = i, j
                            found += 1
    return found


@kernel
def _cell(a: float, b: float, c: float, size: int) -> int:
    return ((int(a) * 73856093) ^ (int(b) * 19349663) ^ (int(c) * 83492791)) & (size - 1)


@kernel
def _among(values: Indices, start: int, end: int, wanted: int) -> bool:
    last = end
    while start < last:
        middle = (start + last) // 2
        if values[middle] < wanted:
            start = middle + 1
        else:
            last = middle
    return start < end and values[start] == wanted


@kernel
def _separate(x: Array, before: Array, free: Array, pairs: Indices, found: int, gap: float) -> None:
    """Layers keep `gap` between them, and rub on each other."""
    for each in range(found):
        i, j = pairs[each, 0], pairs[each, 1]
        away = (x[i, 0] - x[j, 0]) ** 2 + (x[i, 1] - x[j, 1]) ** 2 + (x[i, 2] - x[j, 2]) ** 2
        total = free[i] + free[j]
        if away >= gap * gap or total == 0:
            continue
        distance = np.sqrt(away) + 1e-12
        push = min(gap - distance, 0.1 * gap) / distance
        for k in range(3):
            d = x[i, k] - x[j, k]
            x[i, k] += d * push * free[i] / total
            x[j, k] -= d * push * free[j] / total
            rub = 0.1 * ((x[i, k] - before[i, k]) - (x[j, k] - before[j, k]))
            x[i, k] -= rub * free[i] / total
            x[j, k] += rub * free[j] / total
