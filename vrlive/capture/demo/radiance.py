"""What a ray sees of the room at rest: the light that comes back, and how far away it came from."""

import numpy as np
from numpy.typing import NDArray

from vrlive.capture.demo.light import in_air, on_wall, trace
from vrlive.capture.demo.materials import FABRIC, LEAF, LIGHT, METAL, WOOD, grain, noise, tone
from vrlive.capture.demo.walls import FLOOR, FLOOR_Y, inward, leave, surface
from vrlive.projection.kernels import kernel

Array = NDArray[np.float64]
Floats = NDArray[np.float32]
Triple = tuple[float, float, float]


@kernel
def see(
    solids: Array,
    groups: Array,
    maps: Array,
    air: Array,
    spread: float,
    origin: Array,
    directions: Floats,  # (rows, columns, 3) unit vectors; NaN: no ray
    out: Floats,  # (rows, columns, 4) linear R, G, B and distance in metres
) -> None:
    """Look along many rays; `spread` is radians a pixel."""
    for i in range(directions.shape[0]):
        for j in range(directions.shape[1]):
            dx, dy, dz = float(directions[i, j, 0]), float(directions[i, j, 1]), float(directions[i, j, 2])
            if np.isnan(dx):
                out[i, j, 0], out[i, j, 1], out[i, j, 2], out[i, j, 3] = 0.0, 0.0, 0.0, 0.0
                continue
            red, green, blue, t = _look(solids, groups, maps, air, spread, origin[0], origin[1], origin[2], dx, dy, dz)
            out[i, j, 0], out[i, j, 1], out[i, j, 2], out[i, j, 3] = tone(red), tone(green), tone(blue), t


@kernel
def polish(dy: float) -> float:
    """How much of what it mirrors the floor adds, seen along a downward direction (Schlick 1994, softened)."""
    graze = 1.0 + dy
    return 0.05 + 0.38 * graze * graze * graze * graze


@kernel
def lit_solid(row: Array, air: Array, spread: float, x: float, y: float, z: float, n: Triple, d: Triple, t: float) -> Triple:
    """Light that a solid sends back at a point with normal `n` to a viewer `t` metres against `d`."""
    material = int(row[1])
    if material == LIGHT:
        return row[8], row[9], row[10]
    nx, ny, nz = n
    foot = spread * t
    worn = 1.0
    if material == WOOD:
        worn = grain(x + z, y * 1.3, foot)
    elif material == FABRIC:
        c, s = row[11], row[12]
        u, w = c * (x - row[2]) + s * (z - row[4]), c * (z - row[4]) - s * (x - row[2])
        angle = np.arctan2(u / row[5], w / max(row[7], 1e-3))
        hang = min(1.0, max(0.0, 0.5 - 0.5 * (y - row[3]) / row[6])) if row[0] == 1.0 and row[6] > 0.2 else 0.0
        fold = hang * np.sin(11.0 * angle + 1.2 * np.sin(2.6 * angle))
        worn = 1.0 + 0.13 * fold + 0.04 * noise(60.0 * u, 60.0 * y) / (1.0 + (90.0 * foot) ** 2)
    red, green, blue = in_air(air, x, y, z, nx, ny, nz)
    facing = max(0.0, -(nx * d[0] + ny * d[1] + nz * d[2]))
    grounded = worn * (1.0 - 0.45 * np.exp(-(y - FLOOR_Y) / 0.10))
    red, green, blue = grounded * red * row[8], grounded * green * row[9], grounded * blue * row[10]
    bounce = 2.0 * (nx * d[0] + ny * d[1] + nz * d[2])
    mx, my, mz = d[0] - bounce * nx, d[1] - bounce * ny, d[2] - bounce * nz
    mirror_red, mirror_green, mirror_blue = in_air(air, x, y, z, mx, my, mz)
    rim = (1.0 - facing) ** 3
    if material == METAL:
        return 0.3 * red + 1.2 * mirror_red * row[8], 0.3 * green + 1.2 * mirror_green * row[9], 0.3 * blue + 1.2 * mirror_blue * row[10]
    sheen = 0.10 * rim if material == FABRIC else 0.05 * rim + (0.05 if material == LEAF else 0.015)
    return red + sheen * mirror_red, green + sheen * mirror_green, blue + sheen * mirror_blue


@kernel
def _look(
    solids: Array, groups: Array, maps: Array, air: Array, spread: float, ox: float, oy: float, oz: float, dx: float, dy: float, dz: float
) -> tuple[float, float, float, float]:
    red, green, blue, gloss, t = _first(solids, groups, maps, air, spread, ox, oy, oz, dx, dy, dz, 0.0)
    if gloss > 0.0:
        x, y, z = ox + t * dx, oy + t * dy, oz + t * dz
        mirror = _first(solids, groups, maps, air, 6.0 * spread, x, y + 1e-3, z, dx, -dy, dz, t)
        share = gloss * polish(dy)
        near = share * np.exp(-mirror[4] / 2.2)
        cloud = in_air(air, x, y + 0.4, z, dx, -dy, dz)
        red += near * mirror[0] + 0.8 * (share - near) * cloud[0] - 0.3 * share * red
        green += near * mirror[1] + 0.8 * (share - near) * cloud[1] - 0.3 * share * green
        blue += near * mirror[2] + 0.8 * (share - near) * cloud[2] - 0.3 * share * blue
    return red, green, blue, t


@kernel
def _first(
    solids: Array,
    groups: Array,
    maps: Array,
    air: Array,
    spread: float,
    ox: float,
    oy: float,
    oz: float,
    dx: float,
    dy: float,
    dz: float,
    before: float,
) -> tuple[float, float, float, float, float]:
    """Colour, gloss and distance of the first thing on a ray that has come `before` metres already."""
    shell, face = leave(ox, oy, oz, dx, dy, dz)
    t, row, nx, ny, nz = trace(solids, groups, ox, oy, oz, dx, dy, dz, shell)
    x, y, z = ox + t * dx, oy + t * dy, oz + t * dz
    if row >= 0:
        red, green, blue = lit_solid(solids[row], air, spread, x, y, z, (nx, ny, nz), (dx, dy, dz), t + before)
        return red, green, blue, 0.0, t
    colour = surface(face, x, y, z, dx, dy, dz, spread, t + before)
    red, green, blue = on_wall(maps, face, x, y, z)
    if face == FLOOR:
        nx, ny, nz = inward(face)
    red, green, blue = colour[0] * red + colour[3], colour[1] * green + colour[4], colour[2] * blue + colour[5]
    gloss = colour[6] if face == FLOOR and before == 0.0 else 0.0
    return red, green, blue, gloss, t
