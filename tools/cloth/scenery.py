"""What stands around garments: plinths, a rail with hangers, a runway.

Each is a list of meshes on y = 0, its origin in the middle of its bottom.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tools.cloth.finish import joined
from tools.cloth.glb import Material
from tools.cloth.mesh import Mesh, square, unit
from tools.cloth.props import box, turned

Array = NDArray[np.float64]

MATERIALS: Final[Mapping[str, Material]] = {
    "plaster": Material((0.86, 0.83, 0.78), 0.75),
    "brass": Material((0.80, 0.63, 0.38), 0.28, 1.0),
    "oak": Material((0.62, 0.45, 0.29), 0.55),
    "black": Material((0.06, 0.06, 0.065), 0.22),
    "glow": Material((0.98, 0.94, 0.86), 0.5),
}


def plinth(radius: float = 0.42, high: float = 0.22) -> list[Mesh]:
    """A round block with a shadow joint above the floor."""
    profile = np.array(
        [
            [0.0, high],
            [radius - 0.012, high],
            [radius - 0.004, high - 0.003],
            [radius, high - 0.011],
            [radius, 0.02],
            [radius - 0.03, 0.02],
            [radius - 0.03, 0.0],
        ]
    )
    return [turned(profile, "plaster", 72)]


def rail(long: float = 1.3, high: float = 1.55) -> list[Mesh]:
    """A brass rail on two feet, with wooden hangers."""
    half, r = long / 2, 0.014
    corner = [(half - 0.06 + 0.06 * np.sin(a), high - 0.06 + 0.06 * np.cos(a), 0.0) for a in np.linspace(0, np.pi / 2, 7)]
    path = np.array([(half, 0.02, 0.0), *corner[::-1], *((-x, y, z) for x, y, z in corner), (-half, 0.02, 0.0)])
    parts = [tube(path, r, "brass", 12)]
    for side in (-half, half):
        foot = np.array([(side, 0.018, z) for z in (-0.24, 0.24)])
        parts += [tube(foot, 0.016, "brass", 12)]
    for number, x in enumerate(np.linspace(-half + 0.16, half - 0.16, 6)):
        parts += _hanger(float(x), high, 12.0 * np.sin(2.1 * number + 0.4))
    return parts


def runway(long: float = 5.0, wide: float = 2.9, high: float = 0.04) -> list[Mesh]:
    """A dark, glossy walk with a lit edge; it runs along z."""
    x, z = wide / 2, long / 2
    top = box((-x, 0.0, -z), (x, high, z), "black", 0.006)
    edges = [box((side * (x + 0.012) - 0.012, 0.0, -z), (side * (x + 0.012) + 0.012, 0.03, z), "glow", 0.003) for side in (-1, 1)]
    return [top, *edges]


PROPS: Final[Mapping[str, Callable[[], list[Mesh]]]] = {"plinth": plinth, "rail": rail, "runway": runway}


def tube(path: Array, radius: float, material: str, sides: int) -> Mesh:
    """A round bar along a path, (n, 3), closed at its ends."""
    along = unit(np.gradient(path, axis=0))
    up = np.array([0.0, 0.0, 1.0]) if abs(along[0, 2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    across = unit(np.cross(along, up))
    other = np.cross(along, across)
    turn = np.linspace(0, 2 * np.pi, sides + 1)
    circle = np.cos(turn)[None, :, None] * across[:, None] + np.sin(turn)[None, :, None] * other[:, None]
    points = (path[:, None] + radius * circle).reshape(-1, 3)
    normals = circle.reshape(-1, 3)
    run = np.append(0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1)))
    flat = np.stack(np.broadcast_arrays(turn * radius, run[:, None]), axis=-1).reshape(-1, 2)
    corner = (np.arange(len(path) - 1)[:, None] * (sides + 1) + np.arange(sides)).ravel()
    right, below = corner + 1, corner + sides + 1
    triangles = np.vstack([np.column_stack([corner, right, below]), np.column_stack([right, below + 1, below])])
    tangents = square(np.repeat(along, sides + 1, axis=0), normals)
    number = 200_000 + int(abs(path).sum() * 1e5)
    side = Mesh(points, normals, tangents, flat, triangles, material, np.full(len(flat), number), flat)
    return joined(
        [side, *(_disc(path[end], along[end] * sign, circle[end], radius, material, number + 1 + end) for end, sign in ((0, -1), (-1, 1)))]
    )[0]


def _disc(middle: Array, normal: Array, circle: Array, radius: float, material: str, number: int) -> Mesh:
    points = np.vstack([middle, middle + radius * circle])
    ring = np.arange(1, len(circle))
    triangles = np.column_stack([np.zeros_like(ring), ring, ring + 1])
    a, b, c = points[triangles[0]]
    if np.cross(b - a, c - a) @ normal < 0:
        triangles = triangles[:, ::-1]
    normals = np.tile(normal, (len(points), 1))
    flat = (points - middle) @ np.column_stack([circle[0], np.cross(normal, circle[0])])
    return Mesh(
        points,
        normals,
        square(np.tile(circle[0], (len(points), 1)), normals),
        flat,
        triangles,
        material,
        np.full(len(points), number),
        flat,
    )


def _hanger(x: float, high: float, turn_deg: float) -> list[Mesh]:
    """Hook over the rail, shoulders of wood."""
    hook = np.array(
        [(0, high - 0.020 + 0.034 * np.sin(a), 0.034 * np.cos(a)) for a in np.linspace(-0.3, np.pi, 10)]
        + [(0, high - 0.07, -0.012), (0, high - 0.10, 0)]
    )
    bar = np.array([(0, high - 0.155, z) for z in (-0.19, 0.19)])
    arm = np.array([(0, high - 0.10 - 0.055 * (abs(z) / 0.21) ** 1.4, z) for z in np.linspace(-0.21, 0.21, 15)])
    parts = [tube(hook, 0.003, "brass", 8), tube(arm, 0.011, "oak", 10), tube(bar, 0.005, "oak", 8)]
    cos, sin = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    spin = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    return [_moved(part, spin, np.array([x, 0, 0])) for part in parts]


def _moved(mesh: Mesh, spin: Array, by: Array) -> Mesh:
    tangents = np.column_stack([mesh.tangents[:, :3] @ spin.T, mesh.tangents[:, 3]])
    chart = mesh.chart + int(by[0] * 1000) * 1000 + 10_000_000
    return Mesh(mesh.points @ spin.T + by, mesh.normals @ spin.T, tangents, mesh.cloth, mesh.triangles, mesh.material, chart, mesh.unfolded)


def parts_of(name: str) -> Sequence[Mesh]:
    """The meshes of a prop, one for each material."""
    return joined(PROPS[name]())
