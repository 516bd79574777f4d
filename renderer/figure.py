"""A garment on its place: what of it does not change while it stands there, and its poses when it moves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from renderer.detail import simplified
from renderer.gltf import Animation, Floats, Material, Model, Primitive, find_animation, posed_vertices
from renderer.gltf.guard import read_all_guarded, read_guarded
from renderer.gltf.model import COLUMNS, FIRST_UV, NORMAL, POSITION
from renderer.placement import Rectangle, Splits, cover, fine_enough, halved, subdivide
from vrlive.errors import InputError
from vrlive.show.motion import Clip, turn_rad
from vrlive.show.scene import Garment, model_matrix, position
from vrlive.units import Size

Array = NDArray[np.float64]

_SHADOW_REACH_M: Final = 0.8  # how far beyond the garment its shadow is followed
_AS_FAR: Final = (0.8, 1.5)  # times as far as before: what was made fine enough for there is so here
_NEAR: Final = 0.9  # of its distance
_CORNERS: Final = 32  # of the patch of floor
_BESIDE: Final = 0.05  # of its reach: a shadow so far from the patch's middle has still faded at its rim
_POSES: Final = 12  # in which what moves is looked at beforehand
_TOUCHING_M: Final = 0.02  # what is so little above or below a top stands on it
_FLAT: Final = 0.999  # cosine of the steepest top
_LEVEL_M: Final = 0.004  # triangles of one top differ by no more in height


@dataclass(frozen=True)
class Mesh:
    """Triangles of one primitive in the world frame, fine enough to be drawn onto the sphere."""

    vertices: Floats  # (n, 18), as `renderer.gltf.Primitive.vertices`
    triangles: NDArray[np.uint32]  # (m, 3)


@dataclass(frozen=True)
class Ground:
    """What a garment's shadow falls on: the floor, or the top of what it stands on.

    Attributes
    ----------
    mesh
        Horizontal; texture coordinates 0…1 over the square around the foot, in the garment's own frame.
    foot
        The point under the garment's middle, (3,).
    """

    mesh: Mesh
    foot: Array


@dataclass(frozen=True)
class Part:
    """How the triangles of one primitive are made fine enough in every pose, and whether they are seen through."""

    triangles: NDArray[np.uint32]
    splits: Splits
    blended: bool


@dataclass(frozen=True)
class Figure:
    """A garment of the scene, standing.

    Attributes
    ----------
    garment, model
        What the scene says and what the file holds.
    meshes
        One for each primitive of the model.
    floor_m
        How far the floor lies below the rig's centre.
    matrix
        Model to world, (4, 4).
    parts
        One for each primitive: what its poses are made from.
    tops
        (m, 3, 3): triangles of the top that it stands on, if that is not the floor.
    level
        Meshes of its grounds, if another pose has them already.
    """

    garment: Garment
    model: Model
    meshes: tuple[Mesh, ...]
    floor_m: float
    matrix: Array
    parts: tuple[Part, ...]
    tops: Array
    level: tuple[Mesh, ...] = ()

    @cached_property
    def bounds(self) -> Array:
        """Lowest and highest x, y and z in the world frame, (2, 3) metres."""
        return _bounds(mesh.vertices[:, :3] for mesh in self.meshes)

    @cached_property
    def own_bounds(self) -> Array:
        """The same in its own frame: from its origin on, and turned back."""
        return _bounds((mesh.vertices[:, :3] - self.matrix[:3, 3]) @ self.matrix[:3, :3] for mesh in self.meshes)

    @cached_property
    def foot(self) -> Array:
        """The point of the floor under its middle, (3,)."""
        middle = self.matrix[:3, :3] @ self.own_bounds.mean(axis=0) + self.matrix[:3, 3]
        return np.array([middle[0], -self.floor_m, middle[2]])

    @property
    def shadow_reach_m(self) -> float:
        """Half the side of the patch that its shadow can fall on; the patch ends before it is under the cameras."""
        wanted = np.ptp(self.own_bounds, axis=0)[[0, 2]].max() / 2 + _SHADOW_REACH_M
        return float(min(wanted, _NEAR * np.hypot(*self.foot[[0, 2]])))

    @cached_property
    def grounds(self) -> tuple[Ground, ...]:
        """What its shadow falls on: the floor, then the top that it stands on, if there is one."""
        return tuple(self._ground(mesh) for mesh in self.level or self._levels())

    def _levels(self) -> tuple[Mesh, ...]:
        turn = np.arange(_CORNERS) / _CORNERS * 2 * np.pi
        around = np.column_stack([np.cos(turn), np.sin(turn)]) / np.cos(np.pi / _CORNERS)
        points = np.tile(self.foot, (_CORNERS + 1, 1))
        points[1:, [0, 2]] += around * self.shadow_reach_m
        number = np.arange(_CORNERS)
        floor = _flat(points, np.column_stack([0 * number, (number + 1) % _CORNERS + 1, number + 1]))
        if not len(self.tops):
            return (floor,)
        return floor, _flat(self.tops.reshape(-1, 3), np.arange(len(self.tops) * 3).reshape(-1, 3))

    def _ground(self, mesh: Mesh) -> Ground:
        foot = np.array([self.foot[0], mesh.vertices[:, 1].mean(), self.foot[2]])
        vertices = mesh.vertices.copy()
        own = (vertices[:, :3] - foot) @ self.matrix[:3, :3]
        vertices[:, FIRST_UV] = (own[:, [0, 2]] / self.shadow_reach_m + 1) / 2
        return Ground(Mesh(vertices, mesh.triangles), foot)

    @cached_property
    def clip(self) -> Animation | None:
        """The animation that it plays.

        Raises
        ------
        InputError
            If its model has none of that name.
        """
        motion = self.garment.motion
        return find_animation(self.model, motion.name) if isinstance(motion, Clip) else None

    @property
    def clip_s(self) -> float:
        """How long that lasts in the file; 0 without one."""
        return self.clip.duration_s if self.clip else 0.0

    def posed(self, phase: float) -> "Figure":
        """It in a phase of its motion, 0…1."""
        matrix = model_matrix(self.garment, self.floor_m, turn_rad(self.garment.motion, phase))
        resting = (
            posed_vertices(self.model, self.clip, phase * self.clip_s) if self.clip else [each.vertices for each in self.model.primitives]
        )
        meshes = tuple(_mesh(part, _moved(vertices, matrix)) for part, vertices in zip(self.parts, resting, strict=True))
        figure = replace(self, meshes=meshes, matrix=matrix)
        if self.meshes and np.linalg.norm(figure.foot - self.foot) < _BESIDE * self.shadow_reach_m:
            return replace(figure, level=tuple(ground.mesh for ground in self.grounds))
        return figure

    def rectangle(self, frame: Size, eye_m: float = 0.0) -> Rectangle:
        """The part of the picture that it covers."""
        return cover(np.vstack([mesh.vertices[:, :3] for mesh in self.meshes]).astype(np.float64), frame, eye_m)

    def ground_rectangles(self, frame: Size, eye_m: float = 0.0) -> tuple[Rectangle, ...]:
        """The part of the picture that its shadow may cover, on each of its grounds."""
        return tuple(cover(ground.mesh.vertices[:, :3].astype(np.float64), frame, eye_m) for ground in self.grounds)

    def worn(self, primitive: int, variant: str) -> Material:
        """The material that a primitive wears in a variant."""
        worn = self.model.primitives[primitive]
        return self.model.materials[worn.variants.get(variant, worn.material)]

    def order(self, variant: str) -> list[int]:
        """Primitives in the order in which they are drawn: what is opaque, the nearest first; then what is not, the farthest first."""
        away = [float(np.linalg.norm(mesh.vertices[:, :3].mean(axis=0))) for mesh in self.meshes]
        return sorted(
            range(len(self.meshes)),
            key=lambda number: (0, away[number]) if self.worn(number, variant).alpha_mode != "blend" else (1, -away[number]),
        )


def stand(garment: Garment, floor_m: float, frame: Size | None = None, model: Model | None = None) -> Figure:
    """Set a garment on its place, in as many triangles as a picture of size `frame` can show (None: all of them).

    Parameters
    ----------
    model
        What its file holds; read if it is not given.

    Raises
    ------
    InputError
        If its file cannot be read, or has not the animation that the garment is to play.
    """
    model = model or read_guarded(garment.model)
    try:
        figure = Figure(garment, model, (), floor_m, model_matrix(garment, floor_m), (), np.zeros((0, 3, 3)))
        phases = np.arange(_POSES) / _POSES if garment.motion else [0.0]
        matrices = [model_matrix(garment, floor_m, turn_rad(garment.motion, float(phase))) for phase in phases]
        poses = [posed_vertices(model, figure.clip, float(phase) * figure.clip_s) for phase in phases] if figure.clip else None
        parts = tuple(
            _part(model, each, [_moved(poses[n][number] if poses else each.vertices, matrix) for n, matrix in enumerate(matrices)], frame)
            for number, each in enumerate(model.primitives)
        )
    except InputError as fault:
        raise InputError(f"garment “{garment.name}”: {fault}") from fault
    return replace(figure, parts=parts).posed(0.0)


def restage(figure: Figure, garment: Garment, frame: Size | None = None) -> Figure:
    """The same garment, placed or moved otherwise: quick where its triangles stay fine enough and not too fine, else as `stand` does it."""
    before, now = (float(np.linalg.norm(position(each, figure.floor_m))) for each in (figure.garment, garment))
    if garment.motion == figure.garment.motion and _AS_FAR[0] * before <= now <= _AS_FAR[1] * before:
        return replace(figure, garment=garment).posed(0.0)
    return stand(garment, figure.floor_m, frame, figure.model)


def stand_all(garments: Sequence[Garment], floor_m: float, frame: Size | None = None) -> list[Figure]:
    """Set garments on their places, and on one another: see `stand` and `arrange`."""
    models = read_all_guarded({garment.model for garment in garments})
    return arrange([stand(garment, floor_m, frame, models[garment.model]) for garment in garments])


def arrange(figures: Sequence[Figure]) -> list[Figure]:
    """Figures on what they stand on. The farthest comes first, and what carries another before that."""
    figures = sorted(figures, key=lambda figure: float(np.linalg.norm(figure.bounds.mean(axis=0))), reverse=True)
    carried = [_top_under(figure, figures) for figure in figures]
    order: dict[int, None] = {}
    for number in range(len(figures)):
        for carrier in carried[number][1]:
            order.setdefault(carrier)
        order.setdefault(number)
    return [replace(figures[number], tops=carried[number][0]) for number in order]


def _top_under(figure: Figure, figures: list[Figure]) -> tuple[Array, list[int]]:
    """Triangles (m, 3, 3) of the highest top under a garment that is above the floor, and the numbers of those it belongs to."""
    low, (left, _, behind), (right, _, before) = float(figure.bounds[0, 1]), *figure.bounds
    found: dict[int, Array] = {}
    for number, other in enumerate(figures):
        if other is figure or other.garment.motion or other.bounds[0, 1] >= low:
            continue
        corners = np.vstack([mesh.vertices[mesh.triangles, :3] for mesh in other.meshes]).astype(np.float64)
        across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        height = corners[..., 1].mean(axis=1)
        up = across[:, 1] > _FLAT * np.linalg.norm(across, axis=1)
        under = (height < low + _TOUCHING_M) & (height > _LEVEL_M - figure.floor_m)
        found[number] = corners[up & under]
    beneath = [
        corners[
            (corners[..., 0].min(1) < right)
            & (corners[..., 0].max(1) > left)
            & (corners[..., 2].min(1) < before)
            & (corners[..., 2].max(1) > behind)
        ]
        for corners in found.values()
    ]
    heights = np.concatenate([corners[..., 1].mean(axis=1) for corners in beneath]) if beneath else np.zeros(0)
    if not heights.size:
        return np.zeros((0, 3, 3)), []
    level = {number: corners[np.abs(corners[..., 1].mean(axis=1) - heights.max()) < _LEVEL_M] for number, corners in found.items()}
    return np.vstack(list(level.values())), [number for number, corners in level.items() if len(corners)]


def _flat(points: Array, triangles: NDArray[np.int64]) -> Mesh:
    vertices = np.zeros((len(points), COLUMNS), np.float32)
    vertices[:, POSITION] = points
    vertices[:, NORMAL] = (0, 1, 0)
    return Mesh(*subdivide(vertices, triangles.astype(np.uint32)))


def _bounds(points: Iterable[NDArray[np.floating]]) -> Array:
    stacked = np.vstack(list(points)).astype(np.float64)
    return np.array([stacked.min(axis=0), stacked.max(axis=0)])


def _part(model: Model, primitive: Primitive, poses: list[Floats], frame: Size | None) -> Part:
    triangles = simplified(poses[0], primitive.triangles, frame) if frame else primitive.triangles
    triangles, splits = fine_enough([pose[:, :3] for pose in poses], triangles)
    worn = (primitive.material, *primitive.variants.values())
    return Part(triangles, splits, any(model.materials[each].alpha_mode == "blend" for each in worn))


def _mesh(part: Part, vertices: Floats) -> Mesh:
    """What is not opaque must be drawn from back to front; all else is faster from front to back, as what it hides is not shaded."""
    vertices = halved(vertices, part.splits)
    away = np.linalg.norm(vertices[part.triangles, :3].mean(axis=1), axis=1)
    return Mesh(vertices, np.ascontiguousarray(part.triangles[np.argsort(-away if part.blended else away, kind="stable")]))


def _moved(vertices: Floats, matrix: Array) -> Floats:
    moved = vertices.astype(np.float64)
    turn = matrix[:3, :3].T
    moved[:, :3] = moved[:, :3] @ turn + matrix[:3, 3]
    moved[:, 3:6] = moved[:, 3:6] @ turn
    moved[:, 6:9] = moved[:, 6:9] @ turn
    return moved.astype(np.float32)
