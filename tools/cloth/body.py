"""A shop mannequin as a signed distance: sections of a torso, and round cones for neck, arms and legs, blended into each other.

Metres; it stands on y = 0 and faces +Z; its left is +X. Sources: Quilez, "distance functions" (round cone, ellipse bound, polynomial
smooth minimum); Gibson 1998, surface nets.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

_VOXEL_M: Final = 0.008
_LOW: Final = np.array([-0.56, -0.02, -0.30])
_HIGH: Final = np.array([0.56, 1.64, 0.32])

WAIST_M: Final = 1.075
NECK_M: Final = 1.555
SHOULDER: Final = np.array([0.158, 1.392, -0.008])
ELBOW: Final = np.array([0.232, 1.140, -0.012])
WRIST: Final = np.array([0.266, 0.905, 0.030])
HIP: Final = np.array([0.086, 0.86, -0.004])
KNEE: Final = np.array([0.092, 0.475, 0.004])
ANKLE: Final = np.array([0.094, 0.095, -0.018])

# height, half width, depth in front, depth behind, middle forward
_TORSO: Final = np.array(
    [
        [0.74, 0.150, 0.085, 0.100, -0.010],
        [0.80, 0.166, 0.094, 0.110, -0.008],
        [0.86, 0.175, 0.101, 0.118, -0.006],
        [0.91, 0.172, 0.103, 0.116, -0.003],
        [0.97, 0.156, 0.098, 0.098, 0.000],
        [1.02, 0.136, 0.091, 0.082, 0.003],
        [1.07, 0.122, 0.086, 0.074, 0.004],
        [1.12, 0.125, 0.088, 0.078, 0.003],
        [1.18, 0.136, 0.095, 0.090, 0.000],
        [1.24, 0.146, 0.101, 0.098, -0.002],
        [1.30, 0.152, 0.101, 0.101, -0.004],
        [1.35, 0.152, 0.090, 0.098, -0.008],
        [1.40, 0.142, 0.070, 0.085, -0.012],
        [1.43, 0.112, 0.058, 0.070, -0.014],
        [1.455, 0.080, 0.050, 0.058, -0.014],
    ]
)


@dataclass(frozen=True)
class Body:
    """A mannequin, with or without its limbs; without legs it ends below the hips, flat, and without a chest above the waist."""

    arms: bool = True
    legs: bool = False
    chest: bool = True

    def distance(self, points: Array) -> Array:
        """Signed distance of points, (n, 3) to (n,) metres, negative inside; true near the skin."""
        folded = points.copy()
        folded[:, 0] = np.abs(folded[:, 0])
        y = folded[:, 1]
        torso = _torso(folded)
        bust = _ellipsoid(folded, (0.076, 1.247, 0.062), (0.074, 0.078, 0.062))
        found = _blend(torso, bust, 0.045)
        seat = _ellipsoid(folded, (0.075, 0.865, -0.062), (0.085, 0.090, 0.070))
        found = _blend(found, seat, 0.05)
        neck = _cone(folded, (0.0, 1.41, -0.020), (0.0, 1.60, 0.004), 0.056, 0.048)
        found = _blend(found, neck, 0.055)
        clavicle = _cone(folded, (0.02, 1.425, -0.012), SHOULDER + [-0.008, 0.004, 0], 0.045, 0.046)
        found = _blend(found, clavicle, 0.05)
        if self.arms:
            found = _blend(found, _arm(folded), 0.035)
        else:
            stump = _cone(folded, SHOULDER, SHOULDER + [0.006, -0.045, 0], 0.045, 0.042)
            found = _blend(found, stump, 0.035)
        if self.legs:
            found = _blend(np.maximum(found, 0.80 - y), _leg(folded), 0.05)
        else:
            found = -_blend(-found, y - 0.765, 0.012)
        return -_blend(-found, self.top - y, 0.006 if self.chest else 0.015)

    @property
    def top(self) -> float:
        """Height at which it ends."""
        return NECK_M if self.chest else 1.125

    @cached_property
    def grid(self) -> Array:
        """Distances on a lattice of 8 mm, (x, y, z), for the solver."""
        axes = [np.arange(low, high, _VOXEL_M) for low, high in zip(_LOW, _HIGH, strict=True)]
        half = self.distance(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3))
        return np.ascontiguousarray(half.reshape([len(axis) for axis in axes]))

    @property
    def low(self) -> Array:
        """Corner of the grid."""
        return _LOW

    @property
    def voxel(self) -> float:
        """Step of the grid in metres."""
        return _VOXEL_M

    def gradient(self, points: Array) -> Array:
        """Unit vectors away from the skin, (n, 3)."""
        step = 5e-4
        slopes = [self.distance(points + offset) - self.distance(points - offset) for offset in np.eye(3) * step]
        gradient = np.column_stack(slopes)
        return np.asarray(gradient / np.maximum(np.linalg.norm(gradient, axis=1, keepdims=True), 1e-9))

    def skin(self, spacing: float) -> tuple[Array, Indices]:
        """The skin as a mesh with sides of about `spacing` metres: (n, 3) points, (m, 3) triangles, counter-clockwise from outside."""
        axes = [np.arange(low, high, spacing) for low, high in zip(_LOW, _HIGH, strict=True)]
        lattice = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        values = self.distance(lattice.reshape(-1, 3)).reshape(lattice.shape[:3])
        points, triangles = _surface_net(values)
        points = points * spacing + _LOW
        for _ in range(3):
            points -= self.distance(points)[:, None] * self.gradient(points)
        return points, triangles


def _arm(p: Array) -> Array:
    upper = _blend(_cone(p, SHOULDER, SHOULDER + (ELBOW - SHOULDER) * 0.35, 0.050, 0.043), _cone(p, SHOULDER, ELBOW, 0.044, 0.036), 0.02)
    lower = _cone(p, ELBOW, ELBOW + (WRIST - ELBOW) * 0.3, 0.036, 0.038)
    lower = _blend(lower, _cone(p, ELBOW, WRIST, 0.035, 0.024), 0.02)
    palm = _flat_cone(p, WRIST + [0.004, -0.055, 0.014], WRIST + [0.002, -0.095, 0.024], 0.029, 0.031, 1.35)
    fingers = _flat_cone(p, WRIST + [0.002, -0.105, 0.028], WRIST + [-0.006, -0.180, 0.040], 0.026, 0.012, 1.5)
    thumb = _cone(p, WRIST + [0.0, -0.050, 0.038], WRIST + [-0.012, -0.105, 0.062], 0.012, 0.009)
    hand = _blend(_blend(palm, fingers, 0.02), thumb, 0.015)
    return _blend(_blend(upper, lower, 0.03), hand, 0.03)


def _flat_cone(p: Array, start: Array, end: Array, first: float, last: float, flat: float) -> Array:
    """A cone pressed flat from the sides; its distance is a little too small."""
    press = np.array([flat, 1.0, 1.0])
    return np.asarray(_cone(p * press, start * press, end * press, first, last) / np.sqrt(flat))


def _leg(p: Array) -> Array:
    thigh = _cone(p, HIP, KNEE + [0, 0.03, 0.004], 0.086, 0.052)
    knee = _cone(p, KNEE, KNEE + [0, -0.06, 0.004], 0.050, 0.044)
    calf = _cone(p, KNEE + [0, -0.09, -0.016], KNEE + [0.002, -0.15, -0.020], 0.047, 0.046)
    shin = _cone(p, KNEE, ANKLE, 0.046, 0.031)
    foot = _cone(p, ANKLE + [0.002, -0.04, 0.0], ANKLE + [0.012, -0.062, 0.12], 0.034, 0.026)
    toes = _cone(p, ANKLE + [0.010, -0.062, 0.11], ANKLE + [0.016, -0.074, 0.175], 0.027, 0.017)
    leg = _blend(_blend(thigh, knee, 0.03), _blend(shin, calf, 0.03), 0.03)
    return _blend(leg, _blend(foot, toes, 0.02), 0.035)


def _torso(p: Array) -> Array:
    x, y, z = p.T
    width, front, behind, middle = PchipInterpolator(_TORSO[:, 0], _TORSO[:, 1:])(np.clip(y, _TORSO[0, 0], _TORSO[-1, 0])).T
    z = z - middle
    depth = np.where(z > 0, front, behind)
    rise = np.hypot(x / width, z / depth)
    slope = np.hypot(x / width**2, z / depth**2)
    side = rise * (rise - 1) / np.maximum(slope, 1e-6)
    side = np.where(slope < 1e-4, -np.minimum(width, depth), side)
    return np.asarray(np.maximum(side, y - _TORSO[-1, 0]))


def _ellipsoid(p: Array, middle: tuple[float, ...], radii: tuple[float, ...]) -> Array:
    away = p - middle
    rise = np.linalg.norm(away / np.array(radii), axis=1)
    slope = np.linalg.norm(away / np.array(radii) ** 2, axis=1)
    return np.asarray(rise * (rise - 1) / np.maximum(slope, 1e-6))


def _cone(p: Array, start: Array | tuple[float, ...], end: Array | tuple[float, ...], first: float, last: float) -> Array:
    """Two spheres and the cone around both."""
    a = np.asarray(start, np.float64)
    axis = np.asarray(end, np.float64) - a
    l2 = axis @ axis
    rr = first - last
    a2 = l2 - rr * rr
    pa = p - a
    y = pa @ axis
    z = y - l2
    away = pa * l2 - axis * y[:, None]
    x2 = np.sum(away * away, axis=1)
    y2, z2 = y * y * l2, z * z * l2
    k = np.sign(rr) * rr * rr * x2
    side = (np.sqrt(x2 * a2 / l2) + y * rr) / l2 - first
    top = np.sqrt(x2 + z2) / l2 - last
    bottom = np.sqrt(x2 + y2) / l2 - first
    return np.asarray(np.where(np.sign(z) * a2 * z2 > k, top, np.where(np.sign(y) * a2 * y2 < k, bottom, side)))


def _blend(a: Array, b: Array, width: float) -> Array:
    """The nearer of two, rounded where both are as near."""
    h = np.maximum(width - np.abs(a - b), 0) / width
    return np.asarray(np.minimum(a, b) - h * h * width / 4)


def _surface_net(values: Array) -> tuple[Array, Indices]:
    """Where `values` are 0, in steps of the lattice: one point in each cell that is cut, one quad over each edge that is."""
    inside = values < 0
    shape = np.array(values.shape) - 1
    total, count = np.zeros((*shape, 3)), np.zeros(tuple(shape))
    offsets = [(a, b) for a in (0, 1) for b in (0, 1)]
    cuts = []
    for axis in range(3):
        near, far = (np.take(values, range(s, values.shape[axis] - 1 + s), axis) for s in (0, 1))
        crossing = (near < 0) != (far < 0)
        at = np.argwhere(crossing)
        t = near[crossing] / (near[crossing] - far[crossing])
        place = at.astype(np.float64)
        place[:, axis] += t
        others = [other for other in range(3) if other != axis]
        for offset in offsets:
            cell = at.copy()
            cell[:, others] -= offset
            fits = ((cell >= 0) & (cell < shape)).all(axis=1)
            index = tuple(cell[fits].T)
            np.add.at(total, index, place[fits])
            np.add.at(count, index, 1)
        cuts.append((axis, others, at, inside[tuple(at.T)]))
    number = np.full(tuple(shape), -1)
    used = count > 0
    number[used] = np.arange(used.sum())
    quads = []
    for axis, others, at, ours in cuts:
        ring = []
        for offset in ((1, 1), (0, 1), (0, 0), (1, 0)):
            cell = at.copy()
            cell[:, others] -= offset
            ring.append(number[tuple(cell.T)])
        quad = np.column_stack(ring)
        turn = ours if axis != 1 else ~ours
        quads.append(np.where(turn[:, None], quad, quad[:, ::-1]))
    four = np.vstack(quads)
    triangles = np.vstack([four[:, [0, 1, 2]], four[:, [0, 2, 3]]])
    return total[used] / count[used][:, None], triangles
