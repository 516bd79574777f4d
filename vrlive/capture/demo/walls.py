"""The room's own six faces: what they are painted, panelled and lit with, and the windows' view.

Every face is a kernel from a point on it to colour: linear albedo R, G, B; light it gives off R, G, B; and gloss 0…1.
"""

from typing import Final

import numpy as np

from vrlive.capture.demo.layout import EYE_HEIGHT_M, ROOM_MAX, ROOM_MIN, RUG_BEARING_DEG, RUG_DISTANCE_M, RUG_RADIUS_M
from vrlive.capture.demo.lettering import sign, tick_number
from vrlive.capture.demo.materials import chance, grain, line, noise, planks, plaster, step
from vrlive.projection.kernels import kernel

LEFT, RIGHT, FLOOR, CEILING, FRONT, BACK = range(6)
Surface = tuple[float, float, float, float, float, float, float]

FLOOR_Y: Final = -EYE_HEIGHT_M
RUG_X: Final = float(RUG_DISTANCE_M * np.sin(np.radians(RUG_BEARING_DEG)))
RUG_Z: Final = float(-RUG_DISTANCE_M * np.cos(np.radians(RUG_BEARING_DEG)))
SILL_Y, LINTEL_Y = -1.28, 1.32
WINDOWS: Final = 3
WINDOW_WIDE, WINDOW_PITCH, WINDOW_FIRST_Z = 1.75, 2.35, -3.15
SKIRTING_TOP: Final = FLOOR_Y + 0.11


@kernel
def leave(ox: float, oy: float, oz: float, dx: float, dy: float, dz: float) -> tuple[float, int]:
    """Distance at which a ray from inside meets the room's shell, and which face."""
    tx = ((ROOM_MAX[0] if dx > 0 else ROOM_MIN[0]) - ox) / dx if abs(dx) > 1e-12 else 1e9
    ty = ((ROOM_MAX[1] if dy > 0 else ROOM_MIN[1]) - oy) / dy if abs(dy) > 1e-12 else 1e9
    tz = ((ROOM_MAX[2] if dz > 0 else ROOM_MIN[2]) - oz) / dz if abs(dz) > 1e-12 else 1e9
    if tx <= ty and tx <= tz:
        return tx, RIGHT if dx > 0 else LEFT
    if ty <= tz:
        return ty, CEILING if dy > 0 else FLOOR
    return tz, BACK if dz > 0 else FRONT


@kernel
def inward(face: int) -> tuple[float, float, float]:
    """Normal of a face."""
    if face == LEFT:
        return 1.0, 0.0, 0.0
    if face == RIGHT:
        return -1.0, 0.0, 0.0
    if face == FLOOR:
        return 0.0, 1.0, 0.0
    if face == CEILING:
        return 0.0, -1.0, 0.0
    return 0.0, 0.0, 1.0 if face == FRONT else -1.0


@kernel
def surface(face: int, x: float, y: float, z: float, dx: float, dy: float, dz: float, spread: float, distance: float) -> Surface:
    """Colour of the shell at a point, seen along a direction; `spread` is radians a pixel."""
    foot = spread * distance
    if face == FLOOR:
        return _floor(x, z, foot, foot / max(0.05, -dy))
    if face == CEILING:
        return _ceiling(x, z, foot / max(0.05, dy))
    if face == FRONT:
        return _skirted(_front(x, y, foot), x, y, foot)
    if face == BACK:
        return _skirted(_back(x, y, foot), x, y, foot)
    if face == LEFT:
        return _skirted(_left(y, z, foot), z, y, foot)
    return _skirted(_right(y, z, dx, dy, dz, foot), z, y, foot)


@kernel
def window(y: float, z: float, foot: float) -> float:
    """How much of a point on the right wall is glass: 0 frame or wall, 1 glass."""
    glass = 0.0
    for index in range(WINDOWS):
        u = z - (WINDOW_FIRST_Z + index * WINDOW_PITCH)
        if 0.0 < u < WINDOW_WIDE:
            edge = min(u, WINDOW_WIDE - u, y - SILL_Y, LINTEL_Y - y) - 0.05
            bars = min(abs(u - WINDOW_WIDE / 2), abs(y - 0.72))
            glass = step(edge, foot) * (1.0 - line(bars, 0.022, foot))
    return glass


@kernel
def _floor(x: float, z: float, foot: float, long_foot: float) -> Surface:
    wide_foot = 0.5 * (foot + long_foot)
    wood = planks(z, x, 0.20, 2.3, wide_foot)
    red, green, blue, gloss = 0.48 * wood, 0.345 * wood, 0.225 * wood, 0.55
    gx, gz = abs(x - np.round(x)), abs(z - np.round(z))
    inlay = max(line(gx, 0.009, wide_foot), line(gz, 0.009, wide_foot)) * 0.62
    if abs(x) < 0.12 or abs(z) < 0.12:
        tick = max(
            line(abs(10 * z - np.round(10 * z)) / 10, 0.006, wide_foot) * step(0.045 - abs(x), foot),
            line(abs(10 * x - np.round(10 * x)) / 10, 0.006, wide_foot) * step(0.045 - abs(z), foot),
        )
        inlay = max(inlay, 0.62 * tick)
    inlay = max(inlay, 0.75 * tick_number(x, z, wide_foot))
    red, green, blue = red + (0.11 - red) * inlay, green + (0.08 - green) * inlay, blue + (0.06 - blue) * inlay
    rug = np.hypot(x - RUG_X, z - RUG_Z)
    on_rug = step(RUG_RADIUS_M - rug, wide_foot)
    if on_rug > 0.0:
        pile = 1.0 + 0.05 * noise(9.0 * x, 9.0 * z) + 0.04 * noise(30.0 * x, 30.0 * z)
        ring = 0.45 * line(rug - 0.84, 0.022, wide_foot) + 0.30 * line(rug - 0.76, 0.010, wide_foot)
        red = red + (pile * (0.66 - 0.30 * ring) - red) * on_rug
        green = green + (pile * (0.60 - 0.42 * ring) - green) * on_rug
        blue = blue + (pile * (0.51 - 0.42 * ring) - blue) * on_rug
        gloss *= 1.0 - on_rug
    return red, green, blue, 0.0, 0.0, 0.0, gloss


@kernel
def _ceiling(x: float, z: float, foot: float) -> Surface:
    strip = line(abs(x) - 1.9, 0.07, foot) * step(3.2 - z, foot) * step(z + 4.2, foot)
    cove = max(0.0, 1.0 - min(5.0 - abs(x), z + 5.0, 4.0 - z) / 0.35)
    glow = 0.10 * cove * cove
    white = 0.80 * (1.0 + 0.015 * noise(3.0 * x, 3.0 * z))
    wash = 0.10  # what the tracks throw upwards, a little cooler than the room
    return (
        white, 0.985 * white, 0.96 * white,
        6.5 * strip + glow + wash, 6.2 * strip + 0.85 * glow + 1.06 * wash, 5.6 * strip + 0.62 * glow + 1.12 * wash, 0.0,
    )  # fmt: skip


@kernel
def _front(x: float, y: float, foot: float) -> Surface:
    """Plaster; an oak panel with the sign in the middle; an arch behind the rug; a niche for the shelves."""
    worn = plaster(x, y, foot)
    red, green, blue = 0.72 * worn, 0.66 * worn, 0.58 * worn
    arch = np.hypot(x - 3.1, max(y - 0.35, 0.0))
    inside = step(0.98 - arch, foot)
    red, green, blue = red + (0.30 * worn - red) * inside, green + (0.37 * worn - green) * inside, blue + (0.30 * worn - blue) * inside
    niche = step(1.06 - abs(x + 3.65), foot) * step(0.78 - y, foot)
    red, green, blue = red + (0.46 * worn - red) * niche, green + (0.30 * worn - green) * niche, blue + (0.22 * worn - blue) * niche
    glow = 0.0
    if abs(x) < 2.1:
        panel = step(2.05 - abs(x), foot)
        groove = line(abs(8.0 * x - np.round(8.0 * x)) / 8.0, 0.012, foot)
        wood = grain(y, x, foot) * (1.0 - 0.55 * groove) * (0.93 + 0.14 * chance(int(np.floor(8.0 * x + 0.5)), 3))
        red, green, blue = red + (0.47 * wood - red) * panel, green + (0.30 * wood - green) * panel, blue + (0.165 * wood - blue) * panel
        letter, halo = sign(x, y - 0.92, foot)
        glow = 0.16 * halo * (1.0 - letter)
        red, green, blue = red * (1 - letter), green * (1 - letter), blue * (1 - letter)
        return red, green, blue, glow + 0.72 * letter, 0.72 * glow + 0.68 * letter, 0.38 * glow + 0.58 * letter, 0.0
    return red, green, blue, glow, glow, glow, 0.0


@kernel
def _back(x: float, y: float, foot: float) -> Surface:
    worn = plaster(x + 40.0, y, foot)
    red, green, blue = 0.52 * worn, 0.32 * worn, 0.225 * worn
    round_niche = step(0.78 - np.hypot(x - 0.6, y - 0.05), foot)
    red, green, blue = (
        red + (0.74 * worn - red) * round_niche,
        green + (0.65 * worn - green) * round_niche,
        blue + (0.53 * worn - blue) * round_niche,
    )
    return red, green, blue, 0.0, 0.0, 0.0, 0.0


@kernel
def _left(y: float, z: float, foot: float) -> Surface:
    """Warm white above, a dado of clay below, and a panel behind the dresses."""
    worn = plaster(z + 80.0, y, foot)
    red, green, blue = 0.73 * worn, 0.685 * worn, 0.62 * worn
    clay = step(-0.55 - y, foot)
    red, green, blue = red + (0.60 * worn - red) * clay, green + (0.475 * worn - green) * clay, blue + (0.385 * worn - blue) * clay
    panel = step(0.62 - abs(z - 0.18), foot) * step(0.85 - y, foot)
    groove = line(abs(9.0 * z - np.round(9.0 * z)) / 9.0, 0.011, foot)
    wood = grain(y, z, foot) * (1.0 - 0.5 * groove)
    red, green, blue = red + (0.47 * wood - red) * panel, green + (0.30 * wood - green) * panel, blue + (0.17 * wood - blue) * panel
    return red, green, blue, 0.0, 0.0, 0.0, 0.0


@kernel
def _right(y: float, z: float, dx: float, dy: float, dz: float, foot: float) -> Surface:
    """Three tall windows between linen curtains."""
    glass = window(y, z, foot)
    worn = plaster(z + 120.0, y, foot)
    red, green, blue = 0.72 * worn, 0.69 * worn, 0.64 * worn
    for index in range(WINDOWS):
        u = z - (WINDOW_FIRST_Z + index * WINDOW_PITCH)
        frame = step(min(u, WINDOW_WIDE - u, y - SILL_Y, LINTEL_Y - y), foot)
        red, green, blue = red + (0.16 - red) * frame, green + (0.14 - green) * frame, blue + (0.12 - blue) * frame
    sky_red, sky_green, sky_blue = outdoors(y, z, dx, dy, dz)
    light = glass
    for index in range(WINDOWS + 1):
        u = z - (WINDOW_FIRST_Z - 0.30 + index * WINDOW_PITCH)
        drape = step(0.36 - abs(u) - 0.03 * np.sin(2.2 * y), foot) * step(1.48 - y, foot) * step(y - FLOOR_Y - 0.03, foot)
        fold = 0.5 + 0.5 * np.sin(46.0 * u + 2.0 * np.sin(1.3 * y + index))
        linen = (0.52 + 0.16 * fold) * drape
        red, green, blue = red * (1 - drape) + linen, green * (1 - drape) + 0.95 * linen, blue * (1 - drape) + 0.86 * linen
        light *= 1.0 - drape
    dark = 1.0 - light
    return dark * red, dark * green, dark * blue, light * sky_red, light * sky_green, light * sky_blue, 0.0


@kernel
def outdoors(y: float, z: float, dx: float, dy: float, dz: float) -> tuple[float, float, float]:
    """The sky over a hazy town, sixty metres off."""
    away = 60.0 / max(dx, 0.02)
    height = y + away * dy
    side = z + away * dz
    up = min(1.0, max(0.0, dy))
    red, green, blue = 0.86 - 0.62 * up, 0.90 - 0.42 * up, 0.93 - 0.18 * up
    cloud = max(0.0, noise(0.018 * side / (0.3 + up), 5.0 * up + 3.0) + 0.25)
    red, green, blue = red + 0.25 * cloud * (1 - up), green + 0.2 * cloud * (1 - up), blue + 0.14 * cloud * (1 - up)
    for layer in range(2):
        block = int(np.floor(side / (9.0 - 2.0 * layer))) + 50 * layer
        roof = (14.0 if layer == 0 else 3.0) * (0.5 + chance(block, 5 + layer)) - 4.0
        built = step(roof - height, 0.25)
        pick = 0.9 + 0.2 * chance(block, 9)
        haze = 0.62 - 0.14 * layer
        red = red + (haze * pick * 0.98 - red) * built
        green = green + (haze * pick * 1.0 - green) * built
        blue = blue + (haze * pick * 1.04 - blue) * built
    trees = step(-4.5 + 1.6 * noise(0.35 * side, 1.0) + 0.7 * noise(1.3 * side, 2.0) - height, 0.4)
    return red + (0.22 - red) * trees, green + (0.33 - green) * trees, blue + (0.20 - blue) * trees


@kernel
def _skirted(wall: Surface, along: float, y: float, foot: float) -> Surface:
    """A wall with its skirting board."""
    board = step(SKIRTING_TOP - y, foot)
    keep = 1.0 - board
    shade = 0.70 + 0.01 * noise(along, 0.0)
    return (
        wall[0] * keep + shade * board,
        wall[1] * keep + 0.965 * shade * board,
        wall[2] * keep + 0.90 * shade * board,
        wall[3] * keep,
        wall[4] * keep,
        wall[5] * keep,
        wall[6],
    )
