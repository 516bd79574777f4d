"""The solids everything in the room is made of, and where a ray meets them.

A solid is a row of `COLUMNS` numbers (float64), so that a scene is one array that kernels walk through:

====== =========== ====================================================================================
column name        meaning
====== =========== ====================================================================================
0      kind        BOX, CONE (upright, elliptic, tapered), ELLIPSOID, CAPSULE, GARMENT (flat silhouette)
1      material    see `materials`
2–4    centre      metres, world; of a capsule: its first end
5–7    half        half extents in metres along the solid's own axes; of a capsule: its second end
8–10   colour      linear albedo (or emitted light) R, G, B
11, 12 turn        cosine and sine of its yaw
13     taper       of a cone: radius at the top in relation to the bottom; of a capsule: radius in metres
14     bevel       of a box: how far from an edge the shading rounds it, metres
====== =========== ====================================================================================
"""

from math import cos, radians, sin
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vrlive.projection.kernels import kernel

Array = NDArray[np.float64]
Triple = tuple[float, float, float]

COLUMNS: Final = 15
BOX, CONE, ELLIPSOID, CAPSULE, GARMENT = range(5)
FAR: Final = 1e9
NEAR: Final = 1e-4


def solid(kind: int, material: int, centre: Triple, half: Triple, colour: Triple, *, yaw_deg: float = 0.0, taper: float = 1.0) -> Array:
    """One row of a scene; `yaw_deg` turns it right, `taper` is column 13."""
    turn = radians(yaw_deg)
    bevel = 0.25 * min(half) if kind == BOX else 0.0
    return np.array([kind, material, *centre, *half, *colour, cos(turn), sin(turn), taper, bevel], np.float64)


def bounding_balls(solids: Array) -> Array:
    """Centre and radius of a ball around each solid, (n, 4) metres."""
    first, second = solids[:, 2:5], solids[:, 5:8]
    capsule = solids[:, 0] == CAPSULE
    centre = np.where(capsule[:, np.newaxis], (first + second) / 2, first)
    widest = np.where(solids[:, 0] == CONE, np.maximum(solids[:, 13], 1.0), 1.0)
    radius = np.where(capsule, np.linalg.norm(second - first, axis=1) / 2 + solids[:, 13], np.linalg.norm(second, axis=1) * widest)
    return np.column_stack([centre, radius])


@kernel
def meet(row: Array, ox: float, oy: float, oz: float, dx: float, dy: float, dz: float) -> tuple[float, float, float, float]:
    """Distance at which a ray enters a solid (FAR: never) and the normal there. Directions are unit vectors."""
    kind = int(row[0])
    if kind == CAPSULE:
        return _capsule(row, ox, oy, oz, dx, dy, dz)
    c, s = row[11], row[12]
    px, py, pz = ox - row[2], oy - row[3], oz - row[4]
    px, pz = c * px + s * pz, c * pz - s * px
    ex, ez = c * dx + s * dz, c * dz - s * dx
    if kind == BOX:
        t, nx, ny, nz = _box(row[5], row[6], row[7], row[14], px, py, pz, ex, dy, ez)
    elif kind == CONE:
        t, nx, ny, nz = _cone(row[5], row[6], row[7], row[13], px, py, pz, ex, dy, ez)
    elif kind == ELLIPSOID:
        t, nx, ny, nz = _ellipsoid(row[5], row[6], row[7], px, py, pz, ex, dy, ez)
    else:
        t, nx, ny, nz = _garment(row[5], row[6], row[7], px, py, pz, ex, dy, ez)
    return t, c * nx - s * nz, ny, s * nx + c * nz


@kernel
def _unit(x: float, y: float, z: float) -> Triple:
    scale = 1.0 / np.sqrt(x * x + y * y + z * z + 1e-30)
    return x * scale, y * scale, z * scale


@kernel
def _slab(half: float, p: float, d: float) -> tuple[float, float]:
    inverse = 1.0 / d if abs(d) > 1e-12 else 1e12
    near = (-half - p) * inverse
    far = (half - p) * inverse
    return min(near, far), max(near, far)


@kernel
def _box(
    hx: float, hy: float, hz: float, bevel: float, px: float, py: float, pz: float, dx: float, dy: float, dz: float
) -> tuple[float, float, float, float]:
    ax, bx = _slab(hx, px, dx)
    ay, by = _slab(hy, py, dy)
    az, bz = _slab(hz, pz, dz)
    t = max(ax, ay, az)
    if t > min(bx, by, bz) or min(bx, by, bz) < NEAR:
        return FAR, 0.0, 0.0, 0.0
    t = max(t, NEAR)
    x, y, z = px + t * dx, py + t * dy, pz + t * dz
    soft = max(bevel, 1e-5)
    nx = np.sign(x) * max(abs(x) - hx + soft, 0.0)
    ny = np.sign(y) * max(abs(y) - hy + soft, 0.0)
    nz = np.sign(z) * max(abs(z) - hz + soft, 0.0)
    nx, ny, nz = _unit(nx, ny, nz)
    return t, nx, ny, nz


@kernel
def _cone(
    hx: float, hy: float, hz: float, taper: float, px: float, py: float, pz: float, dx: float, dy: float, dz: float
) -> tuple[float, float, float, float]:
    """Upright, of elliptic section; radius 1 at the bottom and `taper` at the top, in units of hx and hz."""
    x, z, ex, ez = px / hx, pz / hz, dx / hx, dz / hz
    slope = (taper - 1.0) / (2.0 * hy)
    radius = 1.0 + slope * (py + hy)
    a = ex * ex + ez * ez - slope * slope * dy * dy
    b = x * ex + z * ez - radius * slope * dy
    root = b * b - a * (x * x + z * z - radius * radius)
    t, nx, ny, nz = FAR, 0.0, 0.0, 0.0
    if root > 0.0 and abs(a) > 1e-12:
        side = (-b - np.sqrt(root)) / a
        if side > NEAR and abs(py + side * dy) <= hy:
            t = side
            nx, ny, nz = _unit((x + t * ex) / hx, -slope * (radius + t * slope * dy), (z + t * ez) / hz)
    cap = (np.sign(-dy) * hy - py) / dy if abs(dy) > 1e-9 else FAR
    limit = taper if dy < 0.0 else 1.0
    if NEAR < cap < t and (x + cap * ex) ** 2 + (z + cap * ez) ** 2 <= limit * limit:
        t, nx, ny, nz = cap, 0.0, np.sign(-dy), 0.0
    return t, nx, ny, nz


@kernel
def _ellipsoid(
    hx: float, hy: float, hz: float, px: float, py: float, pz: float, dx: float, dy: float, dz: float
) -> tuple[float, float, float, float]:
    x, y, z, ex, ey, ez = px / hx, py / hy, pz / hz, dx / hx, dy / hy, dz / hz
    a = ex * ex + ey * ey + ez * ez
    b = x * ex + y * ey + z * ez
    root = b * b - a * (x * x + y * y + z * z - 1.0)
    t = (-b - np.sqrt(max(root, 0.0))) / a
    if root <= 0.0 or t < NEAR:
        return FAR, 0.0, 0.0, 0.0
    nx, ny, nz = _unit((x + t * ex) / hx, (y + t * ey) / hy, (z + t * ez) / hz)
    return t, nx, ny, nz


@kernel
def _capsule(row: Array, ox: float, oy: float, oz: float, dx: float, dy: float, dz: float) -> tuple[float, float, float, float]:
    """After Inigo Quilez, “Intersectors” (capsule)."""
    radius = row[13]
    bx, by, bz = row[5] - row[2], row[6] - row[3], row[7] - row[4]
    px, py, pz = ox - row[2], oy - row[3], oz - row[4]
    bb, bd = bx * bx + by * by + bz * bz, bx * dx + by * dy + bz * dz
    bp, dp, pp = bx * px + by * py + bz * pz, dx * px + dy * py + dz * pz, px * px + py * py + pz * pz
    a, b = bb - bd * bd, bb * dp - bp * bd
    root = b * b - a * (bb * pp - bp * bp - radius * radius * bb)
    if root < 0.0:
        return FAR, 0.0, 0.0, 0.0
    t = (-b - np.sqrt(root)) / max(a, 1e-12)
    along = bp + t * bd
    if along <= 0.0 or along >= bb:
        along = 0.0 if along <= 0.0 else bb
        qx, qy, qz = px - bx * along / bb, py - by * along / bb, pz - bz * along / bb
        b = dx * qx + dy * qy + dz * qz
        root = b * b - (qx * qx + qy * qy + qz * qz - radius * radius)
        if root <= 0.0:
            return FAR, 0.0, 0.0, 0.0
        t = -b - np.sqrt(root)
    if t < NEAR:
        return FAR, 0.0, 0.0, 0.0
    f = along / bb
    return t, (px + t * dx - f * bx) / radius, (py + t * dy - f * by) / radius, (pz + t * dz - f * bz) / radius


@kernel
def _garment(
    hx: float, hy: float, hz: float, px: float, py: float, pz: float, dx: float, dy: float, dz: float
) -> tuple[float, float, float, float]:
    """A dress on its hanger: a flat silhouette across the solid's z axis whose normals have folds of depth hz."""
    if abs(dz) < 1e-9:
        return FAR, 0.0, 0.0, 0.0
    t = -pz / dz
    u, v = (px + t * dx) / hx, (py + t * dy) / hy
    if t < NEAR or abs(u) > 1.0 or abs(v) > 1.0:
        return FAR, 0.0, 0.0, 0.0
    if v < 0.3:
        wide = 0.40 + 0.60 * ((0.3 - v) / 1.3) ** 1.2
    else:
        wide = 0.40 + 0.16 * (v - 0.3) / 0.45 if v < 0.75 else 0.56 - 0.9 * (v - 0.75)
    neck = 0.16 * np.sqrt(max(0.0, (v - 0.70) / 0.3))
    if abs(u) > wide or (v > 0.7 and abs(u) < neck):
        return FAR, 0.0, 0.0, 0.0
    across = u / wide
    depth = min(1.0, max(0.0, (0.45 - v) / 0.9))
    nx = 0.75 * across**3 + hz * depth * np.sin(9.0 * across + 1.5 * np.sin(3.0 * v))
    facing = -np.sign(dz)
    nx, ny, nz = _unit(nx, 0.15, facing)
    return t, nx, ny, nz
