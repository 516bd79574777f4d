"""A dress with a full skirt on a tailor's dummy: camisole bodice, straps, sash; wooden neck cap, steel pole, round base."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tools.garments.body import NECK_M, WAIST_M, sections, skin
from tools.garments.cloth import drape
from tools.garments.surface import Surface

Array = NDArray[np.float64]

_COLUMNS: Final = 160
_SKIRT_ROWS: Final = 52
_SKIRT_M: Final = 0.78  # from waist to hem
_HEM_M: Final = 2.5  # around
_FOLDS: Final = 15
_EASE_M: Final = 0.006
_THICK_M: Final = 0.0025


def make_dress() -> list[Surface]:
    """All surfaces, standing on y = 0, facing +Z."""
    return [skirt(), bodice(), *straps(), sash(), dummy(), cap(), *stand()]


def skirt() -> Surface:
    """Hung from the waist, fallen over hips and underskirt, hemmed."""
    down = _SKIRT_M / _SKIRT_ROWS
    t = np.linspace(0, 1, _SKIRT_ROWS + 1)[:, None]
    turn = np.arange(_COLUMNS) / _COLUMNS * 2 * np.pi
    waist = skin(turn, np.full(_COLUMNS, WAIST_M), _EASE_M)
    length = np.linalg.norm(np.roll(waist, -1, 0) - waist, axis=1).sum()
    around = (length * 1.12 + (_HEM_M - length * 1.12) * t[:, 0] ** 0.8) / _COLUMNS
    height = WAIST_M - t * _SKIRT_M * 0.97
    heights = np.linspace(0.1, 1.2, 111)
    inner = _underneath(heights)
    wave = _FOLDS * turn + 0.6 * np.sin(3 * turn + 1.0) + 0.35 * np.sin(5 * turn + 2.2)
    fullness = (0.5 + 0.5 * np.cos(wave)) * (0.8 + 0.2 * np.sin(2 * turn + 0.4))
    widths = np.stack([np.interp(height[:, 0], heights, inner[:, each]) for each in range(3)], axis=-1)
    rows = zip(widths, height[:, 0], around * _COLUMNS, strict=True)
    points = np.stack([_gathered(turn, *row, fullness) for row in rows])
    points[0] = waist + _outwards(turn) * (0.007 * fullness)[:, None]  # gathered under the sash
    drape(points, around, down, 0.12, inner, heights[0], heights[1] - heights[0], 260)
    return Surface(_hemmed(_ring(points)), "cloth")


def _gathered(turn: Array, widths: Array, height: float, length: float, fullness: Array) -> Array:
    """A ring around half width, depth in front and behind, its folds as deep as makes it `length` metres around: (columns, 3)."""
    depth = np.where(np.cos(turn) > 0, widths[1], widths[2])
    shallow, deep = 0.0, 0.3
    for _ in range(30):
        out = (shallow + deep) / 2 * fullness
        ring = np.stack([(widths[0] + out) * np.sin(turn), np.full_like(turn, height), (depth + out) * np.cos(turn)], axis=-1)
        short = np.linalg.norm(np.roll(ring, -1, 0) - ring, axis=1).sum() < length
        shallow, deep = ((shallow + deep) / 2, deep) if short else (shallow, (shallow + deep) / 2)
    return ring


def bodice() -> Surface:
    """Close to the body, up to a neckline that dips in front and rises to the straps."""
    turn = np.linspace(0, 2 * np.pi, _COLUMNS + 1)
    angle = np.degrees(np.minimum(turn, 2 * np.pi - turn))
    top = _eased(angle, [0, 40, 90, 140, 180], [1.262, 1.345, 1.285, 1.30, 1.27])
    t = np.linspace(1, 0, 25)[:, None]
    height = WAIST_M - 0.005 + (top - WAIST_M + 0.005) * t
    drag = 0.0022 * np.sin(9 * turn + 26 * (height - 1.1)) * np.exp(-((height - 1.13) ** 2) / 0.0012)
    points = skin(turn, height, _EASE_M)
    points[..., [0, 2]] *= 1 + (drag / 0.12)[..., None]
    return Surface(_hemmed(points[::-1], -1.0)[::-1], "cloth")


def straps() -> list[Surface]:
    """Two narrow ribbons over the shoulders, a little rounded."""
    s = np.linspace(0, 1, 41)
    path = skin(np.radians(40 + 100 * s), 1.338 + 0.137 * np.sin(np.pi * s) ** 0.8 - 0.04 * s, 0.003)
    along = np.gradient(path, axis=0)
    outwards = path - [0.0, 1.36, 0.0]
    across = np.cross(along, outwards)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    lift = np.cross(across, along)
    lift /= np.linalg.norm(lift, axis=1, keepdims=True)
    profile = [(0.0075, 0.0), (0.007, 0.002), (0.0, 0.003), (-0.007, 0.002), (-0.0075, 0.0)]
    left = np.stack([path + across * wide + lift * high for wide, high in profile], axis=1)
    right = (left * [-1.0, 1.0, 1.0])[:, ::-1]
    return [Surface(left, "cloth", closed=False), Surface(right, "cloth", closed=False)]


def sash() -> Surface:
    """A narrow band of satin around the waist."""
    turn = np.linspace(0, 2 * np.pi, _COLUMNS + 1)
    t = np.linspace(0, 1, 13)[:, None]
    height = WAIST_M + 0.020 - 0.042 * t + 0.004 * np.cos(turn)
    wrinkles = 0.0010 * np.sin(np.pi * t) * np.sin(2 * np.pi * 3 * t + 1.5 * np.sin(2 * turn))
    bulge = 0.0115 * (1 - (2 * t - 1) ** 8) + wrinkles  # over the gathers of the skirt
    return Surface(skin(turn, height, _EASE_M - 0.001) + _outwards(turn) * bulge[..., None], "sash")


def dummy() -> Surface:
    """The body in linen."""
    turn = np.linspace(0, 2 * np.pi, 73)
    height = np.linspace(NECK_M, 0.74, 47)[:, None]
    return Surface(skin(turn, height), "linen")


def cap() -> Surface:
    """A turned wooden knob on the neck."""
    profile = np.array([[0.0, 0.082], [0.010, 0.081], [0.016, 0.076], [0.017, 0.068], [0.012, 0.060], [0.010, 0.052], [0.014, 0.044],
                        [0.034, 0.036], [0.049, 0.024], [0.0535, 0.012], [0.0535, 0.002], [0.050, -0.004]])  # fmt: skip
    return _turned(profile + np.array([0, NECK_M]), "wood", 41)


def stand() -> list[Surface]:
    """Pole, collar and round base."""
    pole = np.array([[0.0125, 0.80], [0.0125, 0.60], [0.0125, 0.30], [0.0125, 0.06]])
    collar = np.array([[0.0125, 0.075], [0.020, 0.070], [0.024, 0.055], [0.024, 0.035], [0.030, 0.022]])
    base = np.array(
        [[0.0, 0.026], [0.03, 0.0255], [0.10, 0.021], [0.150, 0.017], [0.164, 0.015], [0.170, 0.011], [0.172, 0.006], [0.170, 0.0]]
    )
    return [_turned(pole, "steel", 25), _turned(collar, "steel", 33), _turned(base, "steel", 65)]


def _underneath(height: Array) -> Array:
    """What the skirt hangs over at heights: the hips, and below them a stiff underskirt, (n, 3)."""
    body = sections(height) + _EASE_M
    flare = np.interp(height, [0.30, 0.60, 0.85, 1.0], [0.215, 0.18, 0.140, 0.0])[:, None] * [1.08, 0.98, 0.98]
    return np.maximum(body, flare)


def _hemmed(points: Array, outside: float = 1.0) -> Array:
    """The last row turned in: the edge is round and thick, and goes up a little on the inside."""
    normal = Surface(points, "").normals[-1] * outside
    up = points[-2] - points[-1]
    up /= np.linalg.norm(up, axis=-1, keepdims=True)
    rows = [
        points[-1] - normal * _THICK_M * 0.5 - up * _THICK_M * 0.6,
        points[-1] - normal * _THICK_M + up * 0.001,
        points[-1] - normal * _THICK_M + up * 0.02,
    ]
    return np.concatenate([points, np.stack(rows)])


def _turned(profile: Array, material: str, columns: int) -> Surface:
    """A profile of radius and height, from the top down, turned around the axis."""
    turn = np.linspace(0, 2 * np.pi, columns)
    radius, height = profile[:, :1], profile[:, 1:]
    return Surface(np.stack(np.broadcast_arrays(radius * np.sin(turn), height, radius * np.cos(turn)), axis=-1), material)


def _ring(points: Array) -> Array:
    return np.concatenate([points, points[:, :1]], axis=1)


def _outwards(turn: Array) -> Array:
    return np.stack([np.sin(turn), np.zeros_like(turn), np.cos(turn)], axis=-1)


def _eased(x: Array, knots: list[float], values: list[float]) -> Array:
    """Through `values` at `knots`, level at each of them."""
    at = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, len(knots) - 2)
    k, v = np.array(knots), np.array(values)
    t = (x - k[at]) / (k[at + 1] - k[at])
    return np.asarray(v[at] + (v[at + 1] - v[at]) * t * t * (3 - 2 * t))
