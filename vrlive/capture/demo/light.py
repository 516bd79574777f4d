"""How light falls in the room: gathered once on the walls and on a coarse grid in the air, then only looked up.

The walls' light maps hold irradiance / π (1 lights a white wall to radiance 1), gathered over the hemisphere in two
bounces (Goral et al. 1984, final gathering as in Ward 1988). Solids are lit by ambient cubes (Valve, “Half-Life 2 shading”, 2004).
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vrlive.capture.demo.furniture import furnish, spots
from vrlive.capture.demo.layout import ROOM_MAX, ROOM_MIN
from vrlive.capture.demo.shapes import meet
from vrlive.capture.demo.walls import BACK, CEILING, FLOOR, FRONT, LEFT, RIGHT, inward, leave, surface, window
from vrlive.projection.kernels import kernel

Array = NDArray[np.float64]
Triple = tuple[float, float, float]

TEXEL: Final = 100  # light maps are 100×100, stretched over each face
CELLS: Final = (21, 8, 19)  # ambient cubes along x, y, z
RAYS: Final = 128
SUN: Final = (0.74, 0.60, 0.30)
SUN_LIGHT: Final = (0.62, 0.53, 0.40)
SKY_BOOST: Final = 2.1  # the windows light the room more than a camera can show
AMBIENT: Final = (0.50, 0.47, 0.43)
SPOTS: Final = np.array(spots())


@dataclass(frozen=True, slots=True)
class Lit:
    """The furnished room with its light.

    Attributes
    ----------
    solids, groups
        As in `furniture.Scene`.
    maps
        (6, TEXEL, TEXEL, 3) irradiance / π on the faces.
    air
        (*CELLS, 6, 3) irradiance / π on a small plane facing +x, −x, +y, −y, +z, −z.
    """

    solids: Array
    groups: Array
    maps: Array
    air: Array


@cache
def lit_room() -> Lit:
    """The room with its light; worked out once a process in a few seconds."""
    scene = furnish()
    maps = np.full((6, TEXEL, TEXEL, 3), AMBIENT)
    air = np.full((*CELLS, 6, 3), AMBIENT)
    for _bounce in range(2):
        maps, air = _gather(scene.solids, scene.groups, maps, air)
        maps = _smooth(maps)
    return Lit(scene.solids, scene.groups, maps, air)


@kernel
def trace(
    solids: Array, groups: Array, ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, limit: float
) -> tuple[float, int, float, float, float]:
    """The first solid on a ray before `limit`: distance, row (−1: none) and normal."""
    best, row, nx, ny, nz = limit, -1, 0.0, 0.0, 0.0
    ix = 1.0 / dx if abs(dx) > 1e-12 else 1e12
    iy = 1.0 / dy if abs(dy) > 1e-12 else 1e12
    iz = 1.0 / dz if abs(dz) > 1e-12 else 1e12
    for g in range(groups.shape[0]):
        x0, x1 = (groups[g, 0] - ox) * ix, (groups[g, 3] - ox) * ix
        y0, y1 = (groups[g, 1] - oy) * iy, (groups[g, 4] - oy) * iy
        z0, z1 = (groups[g, 2] - oz) * iz, (groups[g, 5] - oz) * iz
        near = max(min(x0, x1), min(y0, y1), min(z0, z1))
        far = min(max(x0, x1), max(y0, y1), max(z0, z1))
        if near <= far and far > 0.0 and near < best:
            for index in range(int(groups[g, 6]), int(groups[g, 7])):
                t, mx, my, mz = meet(solids[index], ox, oy, oz, dx, dy, dz)
                if t < best:
                    best, row, nx, ny, nz = t, index, mx, my, mz
    return best, row, nx, ny, nz


@kernel
def on_wall(maps: Array, face: int, x: float, y: float, z: float) -> Triple:
    """Irradiance / π at a point of a face, bilinear."""
    u, v = _across(face, x, y, z)
    u, v = min(max(u * TEXEL - 0.5, 0.0), TEXEL - 1.001), min(max(v * TEXEL - 0.5, 0.0), TEXEL - 1.001)
    i, j = int(u), int(v)
    f, g = u - i, v - j
    a, b, c, d = maps[face, j, i], maps[face, j, i + 1], maps[face, j + 1, i], maps[face, j + 1, i + 1]
    p, q, r, s = (1 - f) * (1 - g), f * (1 - g), (1 - f) * g, f * g
    return (
        p * a[0] + q * b[0] + r * c[0] + s * d[0],
        p * a[1] + q * b[1] + r * c[1] + s * d[1],
        p * a[2] + q * b[2] + r * c[2] + s * d[2],
    )


@kernel
def in_air(air: Array, x: float, y: float, z: float, nx: float, ny: float, nz: float) -> Triple:
    """Irradiance / π on a plane of normal n somewhere in the room, trilinear between ambient cubes."""
    cx = min(max((x - ROOM_MIN[0]) / (ROOM_MAX[0] - ROOM_MIN[0]) * (CELLS[0] - 1), 0.0), CELLS[0] - 1.001)
    cy = min(max((y - ROOM_MIN[1]) / (ROOM_MAX[1] - ROOM_MIN[1]) * (CELLS[1] - 1), 0.0), CELLS[1] - 1.001)
    cz = min(max((z - ROOM_MIN[2]) / (ROOM_MAX[2] - ROOM_MIN[2]) * (CELLS[2] - 1), 0.0), CELLS[2] - 1.001)
    i, j, k = int(cx), int(cy), int(cz)
    red, green, blue = 0.0, 0.0, 0.0
    for corner in range(8):
        a, b, c = corner & 1, corner >> 1 & 1, corner >> 2
        weight = (cx - i if a else 1 - cx + i) * (cy - j if b else 1 - cy + j) * (cz - k if c else 1 - cz + k)
        cube = air[i + a, j + b, k + c]
        sx, sy, sz = 0 if nx > 0 else 1, 2 if ny > 0 else 3, 4 if nz > 0 else 5
        wx, wy, wz = weight * nx * nx, weight * ny * ny, weight * nz * nz
        red += wx * cube[sx, 0] + wy * cube[sy, 0] + wz * cube[sz, 0]
        green += wx * cube[sx, 1] + wy * cube[sy, 1] + wz * cube[sz, 1]
        blue += wx * cube[sx, 2] + wy * cube[sy, 2] + wz * cube[sz, 2]
    return red, green, blue


@kernel
def sunlight(solids: Array, groups: Array, x: float, y: float, z: float, foot: float) -> float:
    """How much of the sun reaches a point through the windows, 0…1."""
    away = (ROOM_MAX[0] - x) / SUN[0]
    glass = window(y + away * SUN[1], z + away * SUN[2], foot + 0.012 * away)
    if glass > 0.0:
        _t, row, _x, _y, _z = trace(solids, groups, x, y, z, SUN[0], SUN[1], SUN[2], away)
        return 0.0 if row >= 0 else glass
    return 0.0


@kernel
def _across(face: int, x: float, y: float, z: float) -> tuple[float, float]:
    u = (x - ROOM_MIN[0]) / (ROOM_MAX[0] - ROOM_MIN[0])
    v = (y - ROOM_MIN[1]) / (ROOM_MAX[1] - ROOM_MIN[1])
    w = (z - ROOM_MIN[2]) / (ROOM_MAX[2] - ROOM_MIN[2])
    if face in (FLOOR, CEILING):
        return u, w
    return (u, v) if face in (FRONT, BACK) else (w, v)


@kernel
def _spotlight(solids: Array, groups: Array, x: float, y: float, z: float, nx: float, ny: float, nz: float) -> float:
    """Irradiance / π of the track lights, aimed down and towards the wall behind them."""
    total = 0.0
    for index in range(SPOTS.shape[0]):
        sx, sz = SPOTS[index, 0], SPOTS[index, 1]
        ax, az = (0.0, -0.55) if sz < -3.5 else (-0.55, 0.0)
        lx, ly, lz = sx - x, 1.44 - y, sz - z
        far = np.sqrt(lx * lx + ly * ly + lz * lz)
        lx, ly, lz = lx / far, ly / far, lz / far
        aim = (ly - ax * lx - az * lz) / np.sqrt(1.0 + 0.3025)
        cone = min(1.0, max(0.0, (aim - 0.80) / 0.17))
        facing = nx * lx + ny * ly + nz * lz
        if cone > 0.0 and facing > 0.0:
            _t, row, _x, _y, _z = trace(solids, groups, x + 0.01 * nx, y + 0.01 * ny, z + 0.01 * nz, lx, ly, lz, far - 0.16)
            if row < 0:
                total += 1.15 * cone * cone * facing / (0.35 + far * far)
    return total


@kernel
def _arriving(
    solids: Array, groups: Array, maps: Array, air: Array, ox: float, oy: float, oz: float, dx: float, dy: float, dz: float
) -> Triple:
    """Light that comes back along a ray, from what is known of the bounce before."""
    shell, face = leave(ox, oy, oz, dx, dy, dz)
    t, row, nx, ny, nz = trace(solids, groups, ox, oy, oz, dx, dy, dz, shell)
    x, y, z = ox + t * dx, oy + t * dy, oz + t * dz
    if row >= 0:
        if solids[row, 1] == 4.0:
            return solids[row, 8], solids[row, 9], solids[row, 10]
        red, green, blue = in_air(air, x, y, z, nx, ny, nz)
        return solids[row, 8] * red, solids[row, 9] * green, solids[row, 10] * blue
    colour = surface(face, x, y, z, dx, dy, dz, 0.05, t)
    red, green, blue = on_wall(maps, face, x, y, z)
    boost = SKY_BOOST if face == RIGHT else 1.0
    return colour[0] * red + boost * colour[3], colour[1] * green + boost * colour[4], colour[2] * blue + boost * colour[5]


@kernel
def _gather_at(
    solids: Array, groups: Array, maps: Array, air: Array, x: float, y: float, z: float, nx: float, ny: float, nz: float, twist: float
) -> Triple:
    """Irradiance / π at a point: cosine-weighted rays on a golden spiral, turned by `twist`."""
    tx, ty, tz = (0.0, -nz, ny) if abs(nx) < 0.5 else (-ny, nx, 0.0)
    scale = 1.0 / np.sqrt(tx * tx + ty * ty + tz * tz)
    tx, ty, tz = tx * scale, ty * scale, tz * scale
    bx, by, bz = ny * tz - nz * ty, nz * tx - nx * tz, nx * ty - ny * tx
    red, green, blue = 0.0, 0.0, 0.0
    for index in range(RAYS):
        radius = np.sqrt((index + 0.5) / RAYS)
        angle = 2.399963 * index + twist
        a, b, c = radius * np.cos(angle), radius * np.sin(angle), np.sqrt(1.0 - radius * radius)
        dx, dy, dz = a * tx + b * bx + c * nx, a * ty + b * by + c * ny, a * tz + b * bz + c * nz
        r, g, bl = _arriving(solids, groups, maps, air, x, y, z, dx, dy, dz)
        red, green, blue = red + r, green + g, blue + bl
    spot = _spotlight(solids, groups, x, y, z, nx, ny, nz)
    sun = max(0.0, nx * SUN[0] + ny * SUN[1] + nz * SUN[2])
    if sun > 0.0:
        sun *= sunlight(solids, groups, x, y, z, 0.02)
    return (
        red / RAYS + spot + sun * SUN_LIGHT[0],
        green / RAYS + 0.90 * spot + sun * SUN_LIGHT[1],
        blue / RAYS + 0.74 * spot + sun * SUN_LIGHT[2],
    )


@kernel
def _gather(solids: Array, groups: Array, maps: Array, air: Array) -> tuple[Array, Array]:
    """One more bounce of light on all walls and in the air."""
    new_maps, new_air = np.empty_like(maps), np.empty_like(air)
    wide, tall, deep = ROOM_MAX[0] - ROOM_MIN[0], ROOM_MAX[1] - ROOM_MIN[1], ROOM_MAX[2] - ROOM_MIN[2]
    for face in range(6):
        nx, ny, nz = inward(face)
        rows = 2 if face in (FLOOR, CEILING) else 3  # walls are low: every third row is enough
        for j in range(0, TEXEL, rows):
            for i in range(0, TEXEL, 2):
                u, v = (i + 1.0) / TEXEL, (j + 0.5 * rows) / TEXEL
                x, y, z = ROOM_MIN[0] + u * wide, ROOM_MIN[1] + v * tall, ROOM_MIN[2] + v * deep
                if face in (LEFT, RIGHT):
                    x, z = ROOM_MIN[0] if face == LEFT else ROOM_MAX[0], ROOM_MIN[2] + u * deep
                elif face in (FLOOR, CEILING):
                    y = ROOM_MIN[1] if face == FLOOR else ROOM_MAX[1]
                else:
                    z = ROOM_MIN[2] if face == FRONT else ROOM_MAX[2]
                twist = 2.0 * ((i * 7 + j * 13) % 11)
                point = (x + 0.004 * nx, y + 0.004 * ny, z + 0.004 * nz)
                red, green, blue = _gather_at(solids, groups, maps, air, point[0], point[1], point[2], nx, ny, nz, twist)
                for b in range(j, min(j + rows, TEXEL)):
                    for a in range(i, min(i + 2, TEXEL)):
                        new_maps[face, b, a, 0], new_maps[face, b, a, 1], new_maps[face, b, a, 2] = red, green, blue
    for i in range(CELLS[0]):
        for j in range(CELLS[1]):
            for k in range(CELLS[2]):
                x = ROOM_MIN[0] + min(max(i / (CELLS[0] - 1), 0.01), 0.99) * wide
                y = ROOM_MIN[1] + min(max(j / (CELLS[1] - 1), 0.02), 0.98) * tall
                z = ROOM_MIN[2] + min(max(k / (CELLS[2] - 1), 0.01), 0.99) * deep
                for side in range(6):
                    sign = 1.0 - 2.0 * (side & 1)
                    nx, ny, nz = (sign if side < 2 else 0.0), (sign if side in (2, 3) else 0.0), (sign if side > 3 else 0.0)
                    red, green, blue = _gather_at(solids, groups, maps, air, x, y, z, nx, ny, nz, float(side))
                    new_air[i, j, k, side, 0], new_air[i, j, k, side, 1], new_air[i, j, k, side, 2] = red, green, blue
    return new_maps, new_air


def _smooth(maps: Array) -> Array:
    """Blur every face by a small binomial window, edges kept."""
    for axis in (1, 2):
        for _again in range(3):
            edge = [(0, 0)] * 4
            edge[axis] = (1, 1)
            padded = np.pad(maps, edge, mode="edge")
            count = maps.shape[axis]
            below, here, above = (np.take(padded, np.arange(count) + shift, axis) for shift in range(3))
            maps = 0.25 * below + 0.5 * here + 0.25 * above
    return maps
