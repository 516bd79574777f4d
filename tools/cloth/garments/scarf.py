"""A fringed scarf wound around the neck, both ends in front."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tools.cloth.body import Body
from tools.cloth.finish import Draped
from tools.cloth.garment import Garment
from tools.cloth.glb import Material
from tools.cloth.mesh import Mesh, square, unit
from tools.cloth.panel import Panel, line
from tools.cloth.pattern import Fabric, Pattern
from tools.cloth.solver import FALLING, LAYERED
from tools.cloth.weave import TWILL, Colour, Weave

Array = NDArray[np.float64]

_HALF: Final = 11.0
_LONG: Final = 112.0
_RADIUS: Final = 0.125  # around the neck
_AROUND: Final = 1.78 * np.pi  # as far as each half goes, from the middle of the front
_STRANDS: Final = 24


def scarf() -> Garment:
    """Brushed wool, in three checks."""
    edges = {
        "start": line((-_HALF, -_LONG), (_HALF, -_LONG)),
        "right": line((_HALF, -_LONG), (_HALF, _LONG)),
        "end": line((_HALF, _LONG), (-_HALF, _LONG)),
        "left": line((-_HALF, _LONG), (-_HALF, -_LONG)),
    }
    wool = Fabric(weight=0.20, weft=500, warp=700, shear=30, bend=2.2e-5, friction=0.6)
    variants = {name: {} if name == "camel" else {"cloth": name, "fringe": f"{name} fringe"} for name in ("camel", "ink", "moss")}
    return Garment(
        "scarf",
        Pattern([Panel("scarf", edges, _laid)], [], fabrics={"cloth": wool}, triangles=12000),
        _materials(),
        variants,
        Body(arms=False),
        thickness=0.003,
        both_sides=True,
        details=_fringes,
        phases=(*LAYERED, *FALLING[2:]),
    )


def _laid(cloth: Array) -> Array:
    """Gathered across into folds, one and three quarter times around the neck, the end of +y outside, and hanging down in front."""
    x, y = cloth.T
    narrow, wave = x * 0.30, 0.011 * np.sin(x / (_HALF / 100) * np.pi * 2.5)
    turn = np.clip(y / _RADIUS, -_AROUND, _AROUND)
    down = np.clip(np.abs(y) - _RADIUS * _AROUND, 0, None)
    radius = 0.108 + 0.014 * np.abs(turn) / np.pi + 0.024 * np.clip(turn / np.pi, 0, 1) + wave + 0.02 * np.exp(-(turn**2))
    drop = np.clip(down / 0.12, 0, 1) * np.pi / 2
    height = 1.42 + 0.02 * (1 - np.cos(turn)) + narrow * np.cos(drop) - 0.9 * down
    side = np.sign(np.sin(turn))
    out = np.column_stack([radius * np.sin(turn) + side * narrow * np.sin(drop), height, 0.92 * radius * np.cos(turn)])
    out[:, 2] += np.where(down > 0, 0.06 * np.clip(down / 0.05, 0, 1) + 0.25 * np.clip(down, 0, 0.2), 0.0)
    return out


def _fringes(draped: Draped) -> Sequence[Mesh]:
    """Twisted strands at both ends."""
    across = np.linspace(-_HALF + 0.5, _HALF - 0.5, _STRANDS) / 100
    parts = []
    for end in (-1, 1):
        rim, tip = (np.column_stack([across, np.full(_STRANDS, end * (_LONG / 100 - back))]) for back in (0.001, 0.02))
        points, normals, _ = draped.at("scarf", rim)
        inner, _, _ = draped.at("scarf", tip)
        parts += [
            _strand(start, start - other, normal, number)
            for number, (start, other, normal) in enumerate(zip(points, inner, normals, strict=True))
        ]
    return parts


def _strand(start: Array, along: Array, normal: Array, number: int) -> Mesh:
    """A cord of four sides, 9 cm long, that bends down."""
    generator = np.random.default_rng(number)
    steps, sides = 6, 4
    way, path = unit(along[None])[0], [start]
    stray = generator.normal(0, 0.10, 3)
    for _ in range(steps - 1):
        way = unit((way + 0.5 * (np.array([0.0, -1.0, 0.0]) + stray))[None])[0]
        path.append(path[-1] + way * 0.018)
    line_ = np.array(path)
    turn = np.arange(sides) / sides * 2 * np.pi
    across = unit(np.cross(way, normal)[None])[0]
    circle = np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * normal
    wide = np.array([0.0020, 0.0026, 0.0022, 0.0025, 0.0022, 0.0008])
    points = (line_[:, None] + wide[:, None, None] * circle[None]).reshape(-1, 3)
    normals = unit(np.tile(circle, (steps, 1)))
    cloth = np.column_stack([np.tile(turn * 0.002, steps), np.repeat(np.arange(steps) * -0.018, sides)])
    ring = np.arange(sides)
    after = (ring + 1) % sides
    strips = []
    for row in range(steps - 1):
        low, high = row * sides, (row + 1) * sides
        strips += [np.column_stack([ring + low, after + low, ring + high]), np.column_stack([after + low, after + high, ring + high])]
    triangles = np.vstack(strips)
    a, b, c = points[triangles[0]]
    if np.cross(b - a, c - a) @ normals[triangles[0, 0]] < 0:
        triangles = triangles[:, ::-1]
    chart = np.full(len(points), 500)
    return Mesh(
        points, normals, square(np.tile(way, (len(points), 1)), normals), cloth, triangles, "fringe", chart, cloth + [number * 0.02, 0]
    )


def _materials() -> dict[str, Material]:
    tile = 0.128
    weave = Weave(TWILL, 96, tile, relief=0.34, uneven=0.10, pixels=768)
    normal = weave.normals()

    def check(ground: Colour, dark: Colour, fine: Colour) -> Material:
        half = [ground] * 20 + [dark] * 14 + [ground] * 6 + [fine] * 2 + [ground] * 6
        return Material(
            (1, 1, 1),
            0.96,
            picture=weave.colours(half + half[::-1]),
            normal=normal,
            tile=tile,
            sheen=(0.36, 0.33, 0.30),
            sheen_roughness=0.6,
            double_sided=True,
        )

    return {
        "cloth": check((0.78, 0.63, 0.45), (0.22, 0.17, 0.14), (0.66, 0.16, 0.13)),
        "fringe": Material((0.74, 0.60, 0.43), 0.95),
        "ink": check((0.16, 0.20, 0.34), (0.62, 0.65, 0.70), (0.90, 0.88, 0.84)),
        "ink fringe": Material((0.17, 0.21, 0.34), 0.95),
        "moss": check((0.36, 0.38, 0.26), (0.16, 0.20, 0.16), (0.84, 0.70, 0.38)),
        "moss fringe": Material((0.35, 0.37, 0.26), 0.95),
    }
