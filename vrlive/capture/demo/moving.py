"""What moves: the host with her shadow and mirror image, the clock's hands, the ticker and the lamp.

It is laid over the room at rest, ray by ray, and each moving thing stays inside known balls: only rays that pass these are touched.
"""

from dataclasses import dataclass
from math import pi, radians, tan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vrlive.capture.demo import barcode
from vrlive.capture.demo.furniture import flash_lamp
from vrlive.capture.demo.host import figure, place
from vrlive.capture.demo.layout import DEMO_FPS, DEMO_SECONDS, FLASH_FADE_S, FLASH_PERIOD_S, ROOM_MIN
from vrlive.capture.demo.materials import line, step, tone
from vrlive.capture.demo.radiance import lit_solid, polish
from vrlive.capture.demo.shapes import COLUMNS, FAR, Triple, bounding_balls, meet
from vrlive.capture.demo.walls import FLOOR_Y
from vrlive.projection.kernels import kernel

Array = NDArray[np.float64]

WALL_Z: Final = ROOM_MIN[2]
CLOCK: Final = (-3.65, 1.24)  # x, y on the front wall
CLOCK_RADIUS_M: Final = 0.25
SHADOW_M: Final = 0.85
MIRROR_M: Final = 0.9  # how high above the floor she is mirrored
GLOW_M: Final = 0.55
LAMP: Final = flash_lamp()
LIT, UNLIT = (0.71, 0.60, 0.40), (0.035, 0.031, 0.028)
BODY_RADIUS_M: Final = 0.46
ON_WALL_M: Final = 0.16  # how far the lamp stands out
TICKER_M: Final = (1.2, 0.4)  # half of it, and more


@dataclass(frozen=True, slots=True)
class Moment:
    """All that moves, at one instant.

    Attributes
    ----------
    host
        (n, COLUMNS) solids as in `shapes`, and in four more columns a ball around each: centre and radius.
    cells
        (2, 8) lit cells of the ticker.
    dials
        (5,): where the host stands (x, z), the flash's level 0…1, angles of the clock's minute and second hand (radians, clockwise).
    balls
        (m, 4): centres and radii that hold everything that may differ from the room at rest.
    """

    host: Array
    cells: NDArray[np.bool_]
    dials: Array
    balls: Array


def moment(time_s: float) -> Moment:
    """The state of the room at any instant; periodic in `DEMO_SECONDS`."""
    x, z, _yaw = place(time_s)
    level = flash(time_s)
    turn = 2 * pi * ((time_s / DEMO_SECONDS) % 1.0)
    number = int(time_s % DEMO_SECONDS * DEMO_FPS + 1e-6) % barcode.NUMBERS
    dials = np.array([x, z, level, turn, 3.0 * turn])
    host = figure(time_s)
    return Moment(np.hstack([host, bounding_balls(host)]), barcode.cells(number), dials, _balls(x, z, level))


def flash(time_s: float) -> float:
    """Level of the lamp, 0…1: full at each whole `FLASH_PERIOD_S`, then fading."""
    return max(0.0, 1.0 - ((time_s + 1e-6) % FLASH_PERIOD_S) / FLASH_FADE_S)


def _balls(x: float, z: float, level: float) -> Array:
    body = [(x, FLOOR_Y + up, z, BODY_RADIUS_M) for up in (-0.75, -0.25, 0.25, 0.7, 1.1, 1.5)]
    shadow = [(x, FLOOR_Y, z, SHADOW_M)]
    ticker = [(-WALL_Z * tan(radians(yaw)), 0.0, WALL_Z, 0.36) for yaw in (-8, -4, 0, 4, 8)]
    clock = [(*CLOCK, WALL_Z, CLOCK_RADIUS_M * 1.2)]
    lamp = [(*LAMP, GLOW_M + 0.08)] if level > 0 else []
    return np.array(body + shadow + ticker + clock + lamp)


@kernel
def is_touched(host_x: float, host_z: float, ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, far: float) -> bool:
    """Whether what moves can change a ray that met the room at rest `far` metres away: a quick test, for most rays pass by."""
    flat = dx * dx + dz * dz
    along = ((host_x - ox) * dx + (host_z - oz) * dz) / max(flat, 1e-9)
    away_x, away_z = ox + along * dx - host_x, oz + along * dz - host_z
    if away_x * away_x + away_z * away_z < BODY_RADIUS_M * BODY_RADIUS_M or flat < 1e-9:
        return True
    x, y, z = ox + far * dx, oy + far * dy, oz + far * dz
    if y < FLOOR_Y + 1e-3:
        return (x - host_x) ** 2 + (z - host_z) ** 2 < SHADOW_M * SHADOW_M
    if z > WALL_Z + ON_WALL_M:
        return False
    lamp, clock = np.hypot(x - LAMP[0], y - LAMP[1]), np.hypot(x - CLOCK[0], y - CLOCK[1])
    return (abs(y) < TICKER_M[1] and abs(x) < TICKER_M[0]) or lamp < GLOW_M or clock < 1.2 * CLOCK_RADIUS_M


@kernel
def overlay(
    host: Array,
    cells: NDArray[np.bool_],
    dials: Array,
    air: Array,
    spread: float,
    ox: float,
    oy: float,
    oz: float,
    dx: float,
    dy: float,
    dz: float,
    red: float,
    green: float,
    blue: float,
    far: float,
) -> Triple:
    """One ray with all that moves: linear R, G, B, from those of the room at rest, which it met `far` metres away."""
    row, t, nx, ny, nz = _host(host, dials, ox, oy, oz, dx, dy, dz, far)
    if row >= 0:
        at = (ox + t * dx, oy + t * dy, oz + t * dz)
        red, green, blue = lit_solid(host[row], air, spread, at[0], at[1], at[2], (nx, ny, nz), (dx, dy, dz), t)
        red, green, blue = tone(red), tone(green), tone(blue)
    elif oy + far * dy < FLOOR_Y + 1e-3 and far > 0.0:
        red, green, blue = _on_floor(host, dials, air, spread, ox + far * dx, oz + far * dz, dx, dy, dz, far, (red, green, blue))
    elif oz + far * dz < WALL_Z + ON_WALL_M and far > 0.0:
        red, green, blue = _on_front_wall(cells, dials, spread * far, ox + far * dx, oy + far * dy, oz + far * dz, (red, green, blue))
    return red, green, blue


@kernel
def _host(
    host: Array, dials: Array, ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, limit: float
) -> tuple[int, float, float, float, float]:
    """Where a ray meets the host before `limit`: row (−1: it does not), distance, normal."""
    row, best, nx, ny, nz = -1, limit, 0.0, 0.0, 0.0
    px, pz = dials[0] - ox, dials[1] - oz
    flat = dx * dx + dz * dz
    along = (px * dx + pz * dz) / max(flat, 1e-9)
    if (px - along * dx) ** 2 + (pz - along * dz) ** 2 > BODY_RADIUS_M * BODY_RADIUS_M and flat > 1e-9:
        return row, best, nx, ny, nz
    for index in range(host.shape[0]):
        bx, by, bz = host[index, COLUMNS] - ox, host[index, COLUMNS + 1] - oy, host[index, COLUMNS + 2] - oz
        radius, towards = host[index, COLUMNS + 3], bx * dx + by * dy + bz * dz
        if towards < -radius or towards - radius > best or bx * bx + by * by + bz * bz - towards * towards > radius * radius:
            continue
        t, mx, my, mz = meet(host[index], ox, oy, oz, dx, dy, dz)
        if t < best:
            row, best, nx, ny, nz = index, t, mx, my, mz
    return row, best, nx, ny, nz


@kernel
def _on_floor(
    host: Array,
    dials: Array,
    air: Array,
    spread: float,
    x: float,
    z: float,
    dx: float,
    dy: float,
    dz: float,
    far: float,
    under: tuple[float, float, float],
) -> tuple[float, float, float]:
    """Her shadow (balls as occluders, after Quilez, “Sphere ambient occlusion”) and her mirror image."""
    red, green, blue = under
    away = np.hypot(x - dials[0], z - dials[1])
    if away < SHADOW_M:
        square = away * away
        dark = 0.30 * np.exp(-square / 0.035) + 0.28 * 0.30 / (1.0 + square / 0.06)
        edge = 1.0 - square / (SHADOW_M * SHADOW_M)
        keep = 1.0 - min(0.7, dark * 1.5) * edge
        red, green, blue = red * keep, green * keep, blue * keep
    row, t, nx, ny, nz = _host(host, dials, x, FLOOR_Y + 1e-3, z, dx, -dy, dz, FAR)
    high = -t * dy
    if row >= 0 and high < MIRROR_M:
        share = 0.9 * polish(dy) * (1.0 - high / MIRROR_M) + 0.05 * (1.0 - high / MIRROR_M)
        r, g, b = lit_solid(host[row], air, spread, x + t * dx, FLOOR_Y + high, z + t * dz, (nx, ny, nz), (dx, -dy, dz), t + far)
        red, green, blue = red + share * (r - 0.8 * red), green + share * (g - 0.8 * green), blue + share * (b - 0.8 * blue)
    return red, green, blue


@kernel
def _on_front_wall(
    cells: NDArray[np.bool_], dials: Array, foot: float, x: float, y: float, z: float, under: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Ticker, clock and lamp."""
    red, green, blue = under
    yaw, pitch = np.degrees(np.arctan2(x, -z)), np.degrees(np.arctan2(y, np.hypot(x, z)))
    u, v = (yaw - barcode.LEFT_YAW_DEG) / barcode.CELL_DEG, (barcode.TOP_PITCH_DEG - pitch) / barcode.CELL_DEG
    cell = np.radians(barcode.CELL_DEG) * -WALL_Z
    margin = min(u + 0.35, barcode.COLUMNS + 0.35 - u, v + 0.35, barcode.ROWS + 0.35 - v) * cell
    bezel = step(margin, foot) if z < WALL_Z + 0.01 else 0.0
    if bezel > 0.0:
        column, row = int(np.floor(u)), int(np.floor(v))
        shine = 0.0
        if 0 <= column < barcode.COLUMNS and 0 <= row < barcode.ROWS:
            inner = (0.43 - max(abs(u - column - 0.5), abs(v - row - 0.5))) * cell
            shine = step(inner, foot) * (1.0 if cells[row, column] else 0.03)
        red += (UNLIT[0] + shine * (LIT[0] - UNLIT[0]) - red) * bezel
        green += (UNLIT[1] + shine * (LIT[1] - UNLIT[1]) - green) * bezel
        blue += (UNLIT[2] + shine * (LIT[2] - UNLIT[2]) - blue) * bezel
    hour = np.hypot(x - CLOCK[0], y - CLOCK[1])
    if hour < CLOCK_RADIUS_M * 1.15 and z < WALL_Z + 0.01:
        red, green, blue = _clock(dials, foot, x - CLOCK[0], y - CLOCK[1], hour, red, green, blue)
    near = np.hypot(x - LAMP[0], y - LAMP[1])
    if dials[2] > 0.0 and near < GLOW_M:
        disc = step(0.165 - near, foot)
        halo = (1.0 - near / GLOW_M) ** 2 * 0.45 * (1.0 - disc)
        light = dials[2] * (disc + halo)
        red, green, blue = red + light * (0.72 - red), green + light * (0.71 - green), blue + light * (0.66 - blue)
    return red, green, blue


@kernel
def _clock(
    dials: Array, foot: float, x: float, y: float, radius: float, red: float, green: float, blue: float
) -> tuple[float, float, float]:
    """A white face in a brass ring, twelve strokes, two hands."""
    face = step(CLOCK_RADIUS_M - radius, foot)
    ring = line(radius - CLOCK_RADIUS_M, 0.014, foot)
    red, green, blue = red + (0.62 - red) * face, green + (0.59 - green) * face, blue + (0.54 - blue) * face
    angle = np.arctan2(x, y)
    twelfth = (angle * 6.0 / np.pi - np.round(angle * 6.0 / np.pi)) * np.pi / 6.0
    ink = line(radius * np.sin(twelfth), 0.008, foot) * step(radius - 0.195, foot) * step(0.228 - radius, foot)
    ink = max(ink, _hand(dials[3], 0.13, 0.013, foot, x, y), _hand(dials[4], 0.205, 0.008, foot, x, y))
    red, green, blue = red * (1 - 0.92 * ink), green * (1 - 0.92 * ink), blue * (1 - 0.92 * ink)
    return red + (0.42 - red) * ring, green + (0.29 - green) * ring, blue + (0.13 - blue) * ring


@kernel
def _hand(angle: float, long: float, half: float, foot: float, x: float, y: float) -> float:
    along, across = x * np.sin(angle) + y * np.cos(angle), x * np.cos(angle) - y * np.sin(angle)
    return line(across, half, foot) * step(along + 0.03, foot) * step(long - along, foot)
