"""What garments stand on and hang from: the mannequin's skin, caps, poles, bases, plinths, rails."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tools.cloth.body import ANKLE, NECK_M, Body
from tools.cloth.finish import joined
from tools.cloth.mesh import Mesh, not_flat, square, unit

Array = NDArray[np.float64]

_SIDES: Final = np.array([[1, 0, 0], [-1, 0, 0], [0, 0, 1], [0, 0, -1], [0, 1, 0], [0, -1, 0]], np.float64)


def mannequin(body: Body, spacing: float = 0.020) -> list[Mesh]:
    """The body with a turned cap on its neck, on its stand."""
    points, triangles = body.skin(spacing)
    normals = body.gradient(points)
    middle, side = points[triangles].mean(axis=1), normals[triangles].mean(axis=1)
    limb = np.where(body.arms & (np.abs(middle[:, 0]) > 0.17 + 0.05 * (1.35 - middle[:, 1])), np.sign(middle[:, 0]), 0)
    limb = np.where((middle[:, 1] < 0.80) & (limb == 0), 2 * np.sign(middle[:, 0]), limb)
    chart = 100 + 10 * (limb.astype(int) + 2) + np.argmax(side @ _SIDES.T, axis=1)
    skin = _charted(points, normals, triangles, chart, "linen")
    return [skin, *([cap()] if body.chest else []), *(stand_of_legs() if body.legs else stand())]


def cap() -> Mesh:
    """A turned wooden knob on the neck."""
    profile = [
        [0.010, 0.060],
        [0.015, 0.057],
        [0.017, 0.050],
        [0.013, 0.043],
        [0.011, 0.038],
        [0.016, 0.032],
        [0.036, 0.026],
        [0.048, 0.017],
        [0.0525, 0.008],
        [0.0525, -0.002],
        [0.048, -0.006],
    ]
    return turned(np.array([[0.0, 0.0605], *profile]) + [0, NECK_M], "wood", 32, middle=(0.0, 0.0))


def stand() -> list[Mesh]:
    """Pole, collar and round base under a body without legs."""
    pole = np.array([[0.0125, 0.80], [0.0125, 0.06]])
    collar = np.array(
        [[0.0125, 0.16], [0.019, 0.155], [0.019, 0.130], [0.0125, 0.126], [0.0125, 0.07], [0.022, 0.062], [0.026, 0.035], [0.034, 0.020]]
    )
    return [turned(pole, "steel", 20), turned(collar, "steel", 24), base()]


def stand_of_legs() -> list[Mesh]:
    """A plate under the feet, and a rod into the left calf."""
    rod = np.array([[0.006, 0.30], [0.006, 0.008]])
    return [base(0.21), turned(rod, "steel", 12, middle=(float(ANKLE[0]), -0.062))]


def base(radius: float = 0.17) -> Mesh:
    """A round plate."""
    profile = np.array(
        [[0.0, 0.012], [radius * 0.7, 0.012], [radius - 0.006, 0.0115], [radius - 0.002, 0.009], [radius, 0.005], [radius, 0.0]]
    )
    return turned(profile, "steel", 64)


def turned(profile: Array, material: str, columns: int, middle: tuple[float, float] = (0.0, 0.0)) -> Mesh:
    """A profile of radius and height, from the top down, turned around an upright axis; smooth where it bends little."""
    parts = _rounded(profile)
    radius, height, out, up = parts.T
    turn = np.linspace(0, 2 * np.pi, columns + 1)
    sin, cos = np.sin(turn), np.cos(turn)
    points = np.stack(np.broadcast_arrays(radius[:, None] * sin, height[:, None], radius[:, None] * cos), axis=-1)
    points = points + [middle[0], 0.0, middle[1]]
    normals = np.stack(np.broadcast_arrays(out[:, None] * sin, up[:, None], out[:, None] * cos), axis=-1)
    along = np.stack(np.broadcast_arrays(cos, 0 * cos, -sin), axis=-1)
    along = np.broadcast_to(along, points.shape)
    length = np.append(0, np.cumsum(np.linalg.norm(np.diff(parts[:, :2], axis=0), axis=1)))
    flat = np.stack(np.broadcast_arrays(turn * radius.max(), -length[:, None]), axis=-1).reshape(-1, 2)
    corner = (np.arange(len(parts) - 1)[:, None] * (columns + 1) + np.arange(columns)).ravel()
    right, below = corner + 1, corner + columns + 1
    triangles = np.vstack([np.column_stack([corner, below, right]), np.column_stack([right, below, below + 1])])
    triangles = not_flat(points.reshape(-1, 3), triangles)
    normals = normals.reshape(-1, 3)
    chart = np.full(len(flat), 1000 + _number(profile))
    return Mesh(points.reshape(-1, 3), normals, square(along.reshape(-1, 3).copy(), normals), flat, triangles, material, chart, flat)


def box(low: tuple[float, float, float], high: tuple[float, float, float], material: str, bevel: float = 0.004) -> Mesh:
    """A block with bevelled edges."""
    a, b = np.array(low), np.array(high)
    parts = []
    for axis in range(3):
        for sign in (1, -1):
            u, v = (axis + 1) % 3, (axis + 2) % 3
            normal = np.zeros(3)
            normal[axis] = sign
            for wide, normal_of in ((0, None), (1, u), (2, v)):
                parts.extend(_faces(a, b, axis, sign, u, v, bevel, wide, normal_of))
    return joined(parts)[0].named(material)


def _faces(a: Array, b: Array, axis: int, sign: int, u: int, v: int, bevel: float, kind: int, other: int | None) -> list[Mesh]:
    if kind == 0:
        corners = []
        for su, sv in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
            p = np.empty(3)
            p[axis] = b[axis] if sign > 0 else a[axis]
            p[u] = b[u] - bevel if su > 0 else a[u] + bevel
            p[v] = b[v] - bevel if sv > 0 else a[v] + bevel
            corners.append(p)
        return [_quad(np.array(corners), _axis(axis, sign))]
    if other != u:
        return []
    found = []
    for side in (-1, 1):  # bevel between `axis` and `u`
        corners = []
        for on_axis, sv in ((1, -1), (1, 1), (0, 1), (0, -1)):
            p = np.empty(3)
            p[axis] = (b[axis] if sign > 0 else a[axis]) - (0 if on_axis else sign * bevel)
            p[u] = (b[u] if side > 0 else a[u]) - (side * bevel if on_axis else 0)
            p[v] = b[v] - bevel if sv > 0 else a[v] + bevel
            corners.append(p)
        found.append(_quad(np.array(corners), unit((_axis(axis, sign) + _axis(u, side))[None])[0]))
    return found


def _axis(axis: int, sign: int) -> Array:
    found = np.zeros(3)
    found[axis] = sign
    return found


def _quad(corners: Array, normal: Array) -> Mesh:
    if np.cross(corners[1] - corners[0], corners[2] - corners[0]) @ normal < 0:
        corners = corners[::-1]
    along = corners[1] - corners[0]
    up = np.cross(normal, along / np.linalg.norm(along))
    flat = np.column_stack([(corners - corners[0]) @ along / np.linalg.norm(along), (corners - corners[0]) @ up])
    normals = np.tile(normal, (4, 1))
    number = int(abs(hash_of(corners))) % 100000 + 2000
    tangents = square(np.tile(along, (4, 1)), normals)
    return Mesh(corners, normals, tangents, flat, np.array([[0, 1, 2], [0, 2, 3]]), "plain", np.full(4, number), flat)


def hash_of(values: Array) -> int:
    """A number that is the same for the same values in every run."""
    return int(np.abs(np.round(values * 1e4)).sum() * 31 + np.round(values[0] * 1e4) @ [7, 131, 1009])


def _number(profile: Array) -> int:
    return abs(hash_of(np.column_stack([profile, profile[:, :1]]))) % 900


def _rounded(profile: Array) -> Array:
    """Radius, height, and normal of each point, points doubled where the profile bends by more than 40°."""
    step = np.diff(profile, axis=0)
    face = np.column_stack([-step[:, 1], step[:, 0]])
    face /= np.linalg.norm(face, axis=1, keepdims=True)
    rows = [(*profile[0], *face[0])]
    for point, before, after in zip(profile[1:-1], face[:-1], face[1:], strict=True):
        if before @ after < np.cos(np.radians(40)):
            rows += [(*point, *before), (*point, *after)]
        else:
            both = (before + after) / np.linalg.norm(before + after)
            rows.append((*point, *both))
    rows.append((*profile[-1], *face[-1]))
    return np.array(rows)


def _charted(points: Array, normals: Array, triangles: NDArray[np.int64], chart: NDArray[np.int64], material: str) -> Mesh:
    """A closed skin cut into pieces that are flat when seen from one side each."""
    parts = []
    for name in np.unique(chart):
        ours = triangles[chart == name]
        used, local = np.unique(ours, return_inverse=True)
        axis = int(name % 10) // 2
        flat_axes = {0: [2, 1], 1: [0, 1], 2: [0, 2]}[axis]
        flat = points[used][:, flat_axes]
        along = np.zeros((len(used), 3))
        along[:, flat_axes[0]] = 1.0
        parts.append(
            Mesh(
                points[used],
                normals[used],
                square(along, normals[used]),
                flat,
                local.reshape(-1, 3),
                material,
                np.full(len(used), name),
                flat,
            )
        )
    return joined(parts)[0]
