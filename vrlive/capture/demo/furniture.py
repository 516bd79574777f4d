"""What stands and hangs in the room: groups of solids, each with the box that bounds it."""

from dataclasses import dataclass
from itertools import pairwise
from math import cos, radians, sin
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vrlive.capture.demo.layout import EYE_HEIGHT_M, FLASH_PITCH_DEG, FLASH_YAW_DEG
from vrlive.capture.demo.materials import FABRIC, LEAF, LIGHT, METAL, PAINT, WOOD
from vrlive.capture.demo.shapes import BOX, CAPSULE, CONE, ELLIPSOID, GARMENT, Triple, solid

Array = NDArray[np.float64]
Rows = list[Array]

FLOOR: Final = -EYE_HEIGHT_M
OAK: Final = (0.50, 0.34, 0.20)
WHITE: Final = (0.74, 0.71, 0.66)
BRASS: Final = (0.62, 0.45, 0.22)
BLACK: Final = (0.035, 0.033, 0.032)
PALETTE: Final = (
    (0.62, 0.52, 0.40),  # camel
    (0.72, 0.68, 0.60),  # ecru
    (0.23, 0.30, 0.24),  # sage
    (0.50, 0.20, 0.12),  # terracotta
    (0.10, 0.14, 0.22),  # ink
    (0.66, 0.42, 0.36),  # blush
    (0.34, 0.36, 0.38),  # slate
    (0.60, 0.41, 0.13),  # ochre
)


@dataclass(frozen=True, slots=True)
class Scene:
    """All solids, sorted by group.

    Attributes
    ----------
    solids
        (n, COLUMNS) rows as in `shapes`.
    groups
        (groups, 8): lowest and highest corner of the bounding box, first and one past the last row.
    """

    solids: Array
    groups: Array


def furnish() -> Scene:
    """The showroom as it stands before anybody moves."""
    rows: Rows = []
    groups: list[list[float]] = []
    for group in _groups():
        corners = np.array([_bounds(row) for row in group])
        groups.append([*corners[:, :3].min(axis=0), *corners[:, 3:].max(axis=0), len(rows), len(rows) + len(group)])
        rows += group
    return Scene(np.array(rows), np.array(groups))


def _groups() -> list[Rows]:
    return [
        _rail(-4.35, -2.7, -0.3, seed=3),
        _rail(-4.35, 0.7, 2.9, seed=11),
        _dresses(),
        _shelves(),
        _plinth(-1.55, -3.55, 0.36, 0.55, seed=2),
        _plinth(-0.72, -3.95, 0.30, 0.80, seed=5),
        _bag(0.62, FLOOR + 0.0, -4.0),
        _counter(),
        _bench(),
        _plant(4.25, -4.25, 1.0),
        _plant(-4.3, 3.3, 0.9),
        _spotlights(),
        _flash_lamp(),
        _pendants(),
    ]


def _rail(x: float, start: float, end: float, *, seed: int) -> Rows:
    """A clothes rail along z with garments edge on."""
    chance = np.random.default_rng(seed)
    top = FLOOR + 1.62
    rows = [_pipe((x, top, start), (x, top, end), 0.016)]
    for z in (start, end):
        rows += [_pipe((x, FLOOR, z), (x, top, z), 0.016), _pipe((x - 0.25, FLOOR + 0.02, z), (x + 0.25, FLOOR + 0.02, z), 0.018)]
    z, colour = start + 0.16, int(chance.integers(8))
    while z < end - 0.12:
        if chance.random() < 0.3:
            colour = int(chance.integers(8))
        shade = chance.uniform(0.82, 1.1)
        red, green, blue = (channel * shade for channel in PALETTE[colour])
        length, depth = chance.choice([0.40, 0.46, 0.58]), chance.uniform(0.21, 0.25)
        yaw = chance.uniform(-7, 7)
        half = (depth, length, chance.uniform(0.032, 0.048))
        rows.append(solid(CONE, FABRIC, (x, top - 0.10 - length, z), half, (red, green, blue), yaw_deg=yaw, taper=0.86))
        rows.append(solid(ELLIPSOID, FABRIC, (x, top - 0.10, z), (0.86 * depth, 0.05, 0.86 * half[2]), (red, green, blue), yaw_deg=yaw))
        rows.append(_pipe((x, top - 0.07, z), (x, top, z), 0.006))
        z += chance.uniform(0.085, 0.13)
    return rows


def _dresses() -> Rows:
    """Three dresses shown frontally between the rails, and one on the front wall's left."""
    rows: Rows = []
    for z, colour, length in ((-0.02, 3, 0.56), (0.38, 1, 0.60)):
        rows.append(solid(GARMENT, FABRIC, (-4.72, 0.38 - length, z), (0.30, length, 0.5), PALETTE[colour], yaw_deg=-90))
        rows.append(_pipe((-4.72, 0.37, z), (-4.72, 0.52, z), 0.007))
    return rows


def _shelves() -> Rows:
    """Oak boards on the left of the front wall, with folded knitwear, boxes and bags."""
    rows: Rows = []
    for level, y in enumerate((-1.02, -0.48, 0.06, 0.60)):
        rows.append(solid(BOX, WOOD, (-3.65, y, -4.80), (0.98, 0.022, 0.19), OAK))
        chance = np.random.default_rng(40 + level)
        x = -4.42
        while x < -2.85:
            rows += _shelf_item(x, y + 0.022, chance)
            x += chance.uniform(0.36, 0.50)
    for x in (-4.61, -2.69):
        rows.append(solid(BOX, METAL, (x, -0.45, -4.80), (0.018, 1.15, 0.018), BRASS))
    return rows


def _shelf_item(x: float, y: float, chance: np.random.Generator) -> Rows:
    kind = chance.random()
    if kind < 0.62:
        return _stack(x, y, -4.80, int(chance.integers(2, 6)), chance)
    if kind < 0.84:
        return _bag(x, y, -4.80, 0.62, int(chance.integers(8)))
    return [solid(CONE, PAINT, (x, y + 0.11, -4.80), (0.065, 0.11, 0.065), WHITE, taper=0.55)]


def _stack(x: float, y: float, z: float, count: int, chance: np.random.Generator) -> Rows:
    """Folded clothes."""
    rows, colour = [], int(chance.integers(8))
    for layer in range(count):
        if chance.random() < 0.5:
            colour = int(chance.integers(8))
        centre = (x, y + 0.026 + 0.052 * layer, z)
        rows.append(solid(BOX, FABRIC, centre, (0.14, 0.0245, 0.12), PALETTE[colour], yaw_deg=chance.uniform(-4, 4)))
    return rows


def _plinth(x: float, z: float, half: float, height: float, *, seed: int) -> Rows:
    chance = np.random.default_rng(seed)
    top = FLOOR + height
    rows = [solid(BOX, PAINT, (x, FLOOR + height / 2, z), (half, height / 2, half), WHITE)]
    if seed == 5:
        return rows + _bag(x, top, z, 0.9, 3)
    return rows + _stack(x - 0.17, top, z + 0.05, 4, chance) + _stack(x + 0.17, top, z - 0.05, 3, chance)


def _bag(x: float, y: float, z: float, size: float = 1.15, colour: int = 0) -> Rows:
    """A hand bag with a round handle."""
    tall, wide = 0.17 * size, 0.20 * size
    rows = [solid(CONE, PAINT, (x, y + tall, z), (wide, tall, 0.09 * size), PALETTE[colour], taper=0.82)]
    points = [(x + 0.6 * wide * cos(a), y + 2 * tall + 0.75 * wide * sin(a), z) for a in np.linspace(0, np.pi, 6)]
    rows += [_pipe(a, b, 0.012 * size, PALETTE[colour]) for a, b in pairwise(points)]
    return rows


def _counter() -> Rows:
    """The cash desk before the back wall."""
    rows = [
        solid(BOX, WOOD, (0.6, FLOOR + 0.48, 2.75), (1.25, 0.48, 0.32), OAK),
        solid(BOX, PAINT, (0.6, FLOOR + 0.98, 2.72), (1.32, 0.025, 0.38), WHITE),
        solid(CONE, PAINT, (1.45, FLOOR + 1.13, 2.72), (0.07, 0.13, 0.07), (0.45, 0.18, 0.10), taper=0.6),
    ]
    for turn in range(7):
        angle, lean = turn * 0.9, 0.05 + 0.02 * turn
        tip = (1.45 + lean * 2 * cos(angle), FLOOR + 1.62 - 0.03 * turn, 2.72 + lean * 2 * sin(angle))
        rows += [_pipe((1.45, FLOOR + 1.25, 2.72), tip, 0.006, (0.42, 0.36, 0.22))]
        rows += [solid(ELLIPSOID, LEAF, tip, (0.035, 0.06, 0.035), (0.62, 0.50, 0.30))]
    return rows + _bag(-0.1, FLOOR + 1.005, 2.72, 0.9, 5)


def _bench() -> Rows:
    """An upholstered bench under the windows, with a cushion."""
    boucle = (0.66, 0.61, 0.53)
    rows = [
        solid(BOX, FABRIC, (3.75, FLOOR + 0.36, 0.9), (0.36, 0.11, 0.95), boucle),
        solid(ELLIPSOID, FABRIC, (3.85, FLOOR + 0.60, 0.35), (0.10, 0.20, 0.22), (0.50, 0.22, 0.14), yaw_deg=12),
    ]
    for z in (0.15, 1.65):
        rows += [solid(CONE, WOOD, (3.75 + dx, FLOOR + 0.125, z), (0.025, 0.125, 0.025), OAK) for dx in (-0.26, 0.26)]
    return rows


def _plant(x: float, z: float, size: float) -> Rows:
    """A fig in a pot."""
    chance = np.random.default_rng(int(abs(x * 100)))
    rows = [
        solid(CONE, PAINT, (x, FLOOR + 0.21, z), (0.17, 0.21, 0.17), (0.58, 0.53, 0.47), taper=1.25),
        _pipe((x, FLOOR + 0.4, z), (x + 0.04, FLOOR + 1.45 * size, z), 0.018, (0.20, 0.14, 0.09)),
    ]
    for leaf in range(26):
        angle, height = leaf * 2.4, FLOOR + size * (0.75 + 0.036 * leaf)
        reach = 0.30 * size * (1.15 - leaf / 34)
        centre = (x + reach * cos(angle), height + chance.uniform(-0.05, 0.05), z + reach * sin(angle))
        green = (0.10 + 0.05 * chance.random(), 0.22 + 0.08 * chance.random(), 0.08)
        half = (0.15 * size, chance.uniform(0.03, 0.06), 0.085 * size)
        rows.append(solid(ELLIPSOID, LEAF, centre, half, green, yaw_deg=float(np.degrees(angle))))
    return rows


def _spotlights() -> Rows:
    """Track lights along the front and the left wall."""
    rows = [
        solid(BOX, METAL, (0.0, 1.66, -3.6), (4.0, 0.02, 0.02), BLACK),
        solid(BOX, METAL, (-3.1, 1.66, 0.0), (0.02, 0.02, 3.2), BLACK),
    ]
    for x, z in spots():
        rows.append(solid(CONE, METAL, (x, 1.54, z), (0.045, 0.08, 0.045), BLACK))
        rows.append(solid(CONE, LIGHT, (x, 1.457, z), (0.036, 0.004, 0.036), (1.2, 1.1, 0.9)))
    return rows


def spots() -> list[tuple[float, float]]:
    """Where the track lights hang: x and z in metres."""
    return [(x, -3.6) for x in (-3.65, -1.9, 0.0, 1.9, 3.1)] + [(-3.1, z) for z in (-2.2, -0.8, 0.2, 1.2, 2.4)]


def flash_lamp() -> Triple:
    """Centre of the lamp that flashes, on the front wall."""
    depth = -4.93
    return (-depth * np.tan(radians(FLASH_YAW_DEG)), -depth / cos(radians(FLASH_YAW_DEG)) * np.tan(radians(FLASH_PITCH_DEG)), depth)


def _flash_lamp() -> Rows:
    x, y, z = flash_lamp()
    return [
        solid(ELLIPSOID, METAL, (x, y, z - 0.03), (0.20, 0.20, 0.03), BRASS),
        solid(ELLIPSOID, PAINT, (x, y, z), (0.17, 0.17, 0.05), (0.55, 0.52, 0.48)),
    ]


def _pendants() -> Rows:
    """Three globes over the cash desk."""
    rows: Rows = []
    for x in (-0.2, 0.6, 1.4):
        rows += [
            _pipe((x, 0.80, 2.7), (x, 1.7, 2.7), 0.006, BLACK),
            solid(ELLIPSOID, LIGHT, (x, 0.70, 2.7), (0.13, 0.13, 0.13), (1.5, 1.3, 1.0)),
        ]
    return rows


def _pipe(start: Triple, end: Triple, radius: float, colour: Triple = BRASS) -> Array:
    return solid(CAPSULE, METAL if colour == BRASS else PAINT, start, end, colour, taper=radius)


def _bounds(row: Array) -> Array:
    """Lowest and highest corner of the world box around a solid, (6,)."""
    centre, half = row[2:5], row[5:8]
    if row[0] == CAPSULE:
        return np.concatenate([np.minimum(centre, half) - row[13], np.maximum(centre, half) + row[13]])
    wide = max(1.0, row[13]) if row[0] == CONE else 1.0
    c, s = abs(row[11]), abs(row[12])
    depth = 0.01 if row[0] == GARMENT else half[2]
    reach = np.array([wide * (c * half[0] + s * depth), half[1], wide * (s * half[0] + c * depth)])
    return np.concatenate([centre - reach, centre + reach])
