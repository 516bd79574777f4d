"""Primitives of a glTF file: triangles with everything that is drawn, and what moves them.

Sources: glTF 2.0, section 3.7.2; KHR_mesh_quantization; KHR_draco_mesh_compression; KHR_materials_variants.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from renderer.gltf.accessors import as_floats, form, read_accessor
from renderer.gltf.compression import decode_draco
from renderer.gltf.container import Document, extension, pick
from renderer.gltf.model import COLOUR, COLUMNS, FIRST_UV, NORMAL, POSITION, SECOND_UV, TANGENT, Material, Node, Primitive, Shape, Skin
from renderer.gltf.motion import pose
from renderer.gltf.surface import smooth_normals, tangents, unit
from vrlive.errors import InputError

Array = NDArray[np.float64]

MAX_TRIANGLES = MAX_VERTICES = 1_000_000
MAX_PRIMITIVES: Final = 4096
_MAX_MORPHED: Final = 4_000_000  # vertices of all morph targets together
_MAX_INFLUENCES: Final = 16  # joints that one vertex follows
_FARTHEST: Final = 10_000  # metres; no texture is repeated as often either
_TRIANGLES, _STRIP, _FAN = 4, 5, 6


def drawn(document: Document, mesh: Any) -> list[Any]:
    """A mesh's primitives that are made of triangles; points and lines are not drawn."""
    return [each for each in pick(document.gltf.meshes, mesh, "mesh").primitives if each.mode in (None, _TRIANGLES, _STRIP, _FAN)]


def check_amount(document: Document, primitives: list[Any]) -> None:
    """Not too much, by what the file claims: before anything is built."""
    if not primitives:
        raise InputError("holds no triangles")
    if len(primitives) > MAX_PRIMITIVES:
        raise InputError(f"draws {len(primitives)} primitives; at most {MAX_PRIMITIVES} are drawn; join its parts")
    accessors = document.gltf.accessors
    vertices = [pick(accessors, each.attributes.POSITION, "accessor").count for each in primitives]
    corners = [
        pick(accessors, each.attributes.POSITION if each.indices is None else each.indices, "accessor").count * _corners(each)
        for each in primitives
    ]
    if min(vertices + corners) < 0:
        raise InputError("has fewer vertices than none")
    morphed = sum(count * len(each.targets or ()) for each, count in zip(primitives, vertices, strict=True))
    for kind, count, most in (
        ("vertices", sum(vertices), MAX_VERTICES),
        ("triangles", sum(corners) // 3, MAX_TRIANGLES),
        ("vertices of morph targets", morphed, _MAX_MORPHED),
    ):
        if count > most:
            raise InputError(f"has {count} {kind}; at most {most} are drawn; decimate it")


def read_primitive(
    document: Document, primitive: Any, place: int, skin: int | None, *, still: bool,
    nodes: tuple[Node, ...], skins: tuple[Skin, ...], worlds: Array, materials: tuple[Material, ...], variants: tuple[str, ...],
) -> Primitive:  # fmt: skip
    """A primitive that hangs at the node `place`; `still` if nothing moves it."""
    packed = _Attributes(document, primitive)
    position = packed.read("POSITION", 3)
    if position is None or not np.isfinite(position).all():
        raise InputError("has a position that is no number, or none at all")
    triangles = packed.triangles(len(position))
    if triangles.size and triangles.max() >= len(position):
        raise InputError(f"has a triangle that names vertex {triangles.max()} of {len(position)}, which it does not hold")
    material = len(materials) - 1 if primitive.material is None else primitive.material
    chosen = dict(_mappings(primitive, variants))
    for number in (material, *chosen.values()):
        pick(materials, number, "material")
    normal_set = next((slot.coordinates for slot in _normal_maps(materials, [material, *chosen.values()])), 0)
    vertices, origin, triangles = _vertices(packed, position, triangles, normal_set)
    targets = np.stack(list(_targets(document, primitive, len(position)))) if primitive.targets else np.zeros((0, len(position), 9))
    joints, weights = _influences(packed, len(position), skins[skin]) if skin is not None else (np.zeros((len(position), 0)),) * 2
    shape = Shape(
        place, vertices.astype(np.float32), targets[:, origin].astype(np.float32), skin,
        joints[origin].astype(np.uint16), weights[origin].astype(np.float32),
    )  # fmt: skip
    at_rest = pose(shape, skins, worlds, nodes[place].weights)
    if not (np.abs(at_rest) < _FARTHEST).all():
        raise InputError(f"has a vertex more than {_FARTHEST} m away, or one with a value that is no number")
    if skin is None and np.linalg.det(worlds[place][:3, :3]) < 0:
        triangles = triangles[:, ::-1]
    still = still and skin is None and not len(targets)
    return Primitive(at_rest, np.ascontiguousarray(triangles), material, chosen, None if still else shape)


class _Attributes:
    """A primitive's attributes, from accessors or from Draco."""

    def __init__(self, document: Document, primitive: Any) -> None:
        self._document, self._primitive = document, primitive
        packed = extension(primitive, "KHR_draco_mesh_compression")
        self._ids: dict[str, Any] = packed.get("attributes") or {}
        self._unpacked: dict[int, NDArray[Any]] = {}
        self._faces: NDArray[np.uint32] | None = None
        if packed:
            self._unpacked, self._faces = decode_draco(document.view(packed.get("bufferView")))
        claimed = pick(document.gltf.accessors, primitive.attributes.POSITION, "accessor").count
        if packed and (self._faces is None or len(self._faces) > MAX_TRIANGLES or claimed > MAX_VERTICES):
            raise InputError(f"its Draco-compressed geometry has more than {MAX_TRIANGLES} triangles")

    def triangles(self, count: int) -> NDArray[np.uint32]:
        """Indices (m, 3); a primitive without any takes its `count` vertices as they come."""
        if self._faces is not None:
            return self._faces
        number = self._primitive.indices
        flat = np.arange(count) if number is None else read_accessor(self._document, number)[:, 0]
        flat = flat.astype(np.int64)
        if self._primitive.mode == _STRIP and len(flat) > 2:  # every other triangle of a strip is wound the other way
            even = np.arange(len(flat) - 2) % 2
            faces = np.column_stack([flat[:-2], flat[1:-1] * (1 - even) + flat[2:] * even, flat[2:] * (1 - even) + flat[1:-1] * even])
        elif self._primitive.mode == _FAN and len(flat) > 2:
            faces = np.column_stack([flat[1:-1], flat[2:], np.full(len(flat) - 2, flat[0])])
        else:
            faces = flat[: len(flat) // 3 * 3].reshape(-1, 3)
        return faces.astype(np.uint32)

    def colours(self, count: int) -> Array:
        """Colours of vertices, (count, 4), linear R, G, B, alpha; white where the primitive has none."""
        number = getattr(self._primitive.attributes, "COLOR_0", None)
        if number is None:
            return np.ones((count, 4))
        opaque = pick(self._document.gltf.accessors, number, "accessor").type == "VEC3"
        found = self.read("COLOR_0", 3 if opaque else 4, count)
        assert found is not None
        if not np.isfinite(found).all():
            raise InputError("a vertex has a colour that is no number")
        return np.clip(np.column_stack([found, np.ones(count)]) if opaque else found, 0, 1)

    def read(self, name: str, width: int, count: int | None = None) -> Array | None:
        """Values of an attribute, (count, width), or None if the primitive has none of that name."""
        number = getattr(self._primitive.attributes, name, None)
        if number is None:
            return None
        if name in self._ids:
            accessor = pick(self._document.gltf.accessors, number, "accessor")
            if self._ids[name] not in self._unpacked:
                raise InputError(f"its Draco-compressed geometry holds no attribute {self._ids[name]} for {name}")
            dtype, _ = form(accessor, number)
            values = self._unpacked[self._ids[name]]
            values = as_floats(values.astype(dtype)) if accessor.normalized else values
        else:
            values = read_accessor(self._document, number)
        if values.shape != (len(values) if count is None else count, width):
            raise InputError(f"{name} has the shape {values.shape}, {(count, width)} is needed")
        return values.astype(np.float64)


def _vertices(
    packed: _Attributes, position: Array, triangles: NDArray[np.uint32], normal_set: int
) -> tuple[Array, NDArray[np.intp], NDArray[np.uint32]]:
    """Columns as `Primitive.vertices`, which vertex each row was in the file, and triangles over them."""
    count = len(position)
    normal = packed.read("NORMAL", 3, count)
    normal = smooth_normals(position, triangles) if normal is None else unit(normal)
    first = packed.read("TEXCOORD_0", 2, count)
    second = packed.read("TEXCOORD_1", 2, count)
    first = np.zeros((count, 2)) if first is None else first
    second = first if second is None else second
    tangent = packed.read("TANGENT", 4, count)
    origin = np.arange(count)
    if tangent is None:
        tangent, origin, triangles = tangents(position, normal, second if normal_set else first, triangles)
    vertices = np.empty((len(origin), COLUMNS))
    for columns, values in (
        (POSITION, position),
        (NORMAL, normal),
        (FIRST_UV, first),
        (SECOND_UV, second),
        (COLOUR, packed.colours(count)),
    ):
        vertices[:, columns] = values[origin]
    vertices[:, TANGENT] = tangent
    return vertices, origin, triangles


def _targets(document: Document, primitive: Any, count: int) -> Iterator[Array]:
    for target in primitive.targets:
        moved = np.zeros((count, 9))
        for name, first in (("POSITION", 0), ("NORMAL", 3), ("TANGENT", 6)):
            number = target.get(name) if isinstance(target, dict) else getattr(target, name, None)
            if number is not None:
                values = read_accessor(document, number)
                if values.shape != (count, 3) or not np.isfinite(values).all():
                    raise InputError(f"a morph target's {name} has the shape {values.shape}, {(count, 3)} is needed, or is no number")
                moved[:, first : first + 3] = values
        yield moved


def _influences(packed: _Attributes, count: int, skin: Skin) -> tuple[Array, Array]:
    """Joints and their shares, (n, k) each; shares sum to 1 (glTF 2.0, section 3.7.3.3)."""
    joints, weights = [], []
    for number in range(_MAX_INFLUENCES // 4):
        joint, weight = packed.read(f"JOINTS_{number}", 4, count), packed.read(f"WEIGHTS_{number}", 4, count)
        if joint is None or weight is None:
            break
        joints.append(joint)
        weights.append(weight)
    if not joints:
        raise InputError("a part that has a skin says not which joints it follows")
    joint, weight = np.hstack(joints), np.hstack(weights)
    total = weight.sum(axis=1, keepdims=True)
    if not (np.isfinite(weight).all() and (total > 0).all()) or joint.min() < 0 or joint[weight != 0].max() >= len(skin.joints):
        raise InputError(f"a vertex follows no joint, or one beyond the {len(skin.joints)} of its skin")
    return np.where(weight != 0, joint, 0), weight / total


def _normal_maps(materials: tuple[Material, ...], numbers: list[int]) -> Iterator[Any]:
    return (materials[number].textures["normal"] for number in numbers if "normal" in materials[number].textures)


def _mappings(primitive: Any, variants: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    for mapping in extension(primitive, "KHR_materials_variants").get("mappings", ()):
        for number in mapping["variants"]:
            yield pick(variants, number, "variant"), mapping["material"]


def _corners(primitive: Any) -> int:
    return 3 if primitive.mode in (_STRIP, _FAN) else 1
