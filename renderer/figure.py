"""A garment on its place: what of it does not change while it stands there."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from renderer.detail import simplified
from renderer.gltf import Floats, Material, Model, Primitive, read_glb
from renderer.placement import Rectangle, cover, subdivide
from vrlive.errors import InputError
from vrlive.show.scene import Garment, model_matrix
from vrlive.units import Size

Array = NDArray[np.float64]

_SHADOW_REACH_M: Final = 0.8  # how far beyond the garment its shadow is followed
_NEAR: Final = 0.9  # of its distance
_CORNERS: Final = 32  # of the patch of floor


@dataclass(frozen=True)
class Mesh:
    """Triangles of one primitive in the world frame, fine enough to be drawn onto the sphere."""

    vertices: Floats  # (n, 14), as `renderer.gltf.Primitive.vertices`
    triangles: NDArray[np.uint32]  # (m, 3)


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
    """

    garment: Garment
    model: Model
    meshes: tuple[Mesh, ...]
    floor_m: float

    @cached_property
    def bounds(self) -> Array:
        """Lowest and highest x, y and z in the world frame, (2, 3) metres."""
        stacked = np.vstack([mesh.vertices[:, :3] for mesh in self.meshes]).astype(np.float64)
        return np.array([stacked.min(axis=0), stacked.max(axis=0)])

    @cached_property
    def foot(self) -> Array:
        """The point of the floor under its middle, (3,)."""
        middle = self.bounds.mean(axis=0)
        return np.array([middle[0], -self.floor_m, middle[2]])

    @property
    def shadow_reach_m(self) -> float:
        """Half the side of the patch of floor that its shadow can fall on; the patch ends before it is under the cameras."""
        wanted = np.ptp(self.bounds, axis=0)[[0, 2]].max() / 2 + _SHADOW_REACH_M
        return float(min(wanted, _NEAR * np.hypot(*self.foot[[0, 2]])))

    @cached_property
    def floor(self) -> Mesh:
        """The round patch of floor, texture coordinates 0…1 over the square around it."""
        turn = np.arange(_CORNERS) / _CORNERS * 2 * np.pi
        around = np.column_stack([np.cos(turn), np.sin(turn)]) / np.cos(np.pi / _CORNERS)
        unit = np.vstack([[0, 0], around])
        vertices = np.zeros((_CORNERS + 1, 14), np.float32)
        vertices[:, [0, 2]] = self.foot[[0, 2]] + unit * self.shadow_reach_m
        vertices[:, 1] = -self.floor_m
        vertices[:, 4] = 1
        vertices[:, 10:12] = (unit + 1) / 2
        number = np.arange(_CORNERS)
        return Mesh(*subdivide(vertices, np.column_stack([0 * number, (number + 1) % _CORNERS + 1, number + 1]).astype(np.uint32)))

    def rectangle(self, frame: Size, eye_m: float = 0.0) -> Rectangle:
        """The part of the picture that it covers."""
        return cover(np.vstack([mesh.vertices[:, :3] for mesh in self.meshes]).astype(np.float64), frame, eye_m)

    def ground(self, frame: Size, eye_m: float = 0.0) -> Rectangle:
        """The part of the picture that its shadow may cover."""
        return cover(self.floor.vertices[:, :3].astype(np.float64), frame, eye_m)

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


def stand(garment: Garment, floor_m: float, frame: Size | None = None) -> Figure:
    """Read a garment's model and set it on its place, in as many triangles as a picture of size `frame` can show (None: all of them).

    Raises
    ------
    InputError
        If its file cannot be read.
    """
    model = read_glb(garment.model)
    matrix = model_matrix(garment, floor_m)
    try:
        meshes = tuple(_mesh(model, primitive, matrix, frame) for primitive in model.primitives)
    except InputError as fault:
        raise InputError(f"garment “{garment.name}”: {fault}") from fault
    return Figure(garment, model, meshes, floor_m)


def _mesh(model: Model, primitive: Primitive, matrix: Array, frame: Size | None) -> Mesh:
    vertices, triangles = _moved(primitive.vertices, matrix), primitive.triangles
    if frame:
        triangles = simplified(vertices, triangles, frame)
    vertices, triangles = subdivide(vertices, triangles)
    worn = (primitive.material, *primitive.variants.values())
    away = np.linalg.norm(vertices[triangles, :3].mean(axis=1), axis=1)
    # what is not opaque must be drawn from back to front; all else is faster from front to back, as what it hides is not shaded
    blended = any(model.materials[each].alpha_mode == "blend" for each in worn)
    return Mesh(vertices, np.ascontiguousarray(triangles[np.argsort(-away if blended else away, kind="stable")]))


def _moved(vertices: Floats, matrix: Array) -> Floats:
    moved = vertices.astype(np.float64)
    turn = matrix[:3, :3].T
    moved[:, :3] = moved[:, :3] @ turn + matrix[:3, 3]
    moved[:, 3:6] = moved[:, 3:6] @ turn
    moved[:, 6:9] = moved[:, 6:9] @ turn
    return moved.astype(np.float32)
