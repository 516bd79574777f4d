"""Garments read from GLB files: geometry in metres, materials, colour variants.

Sources: glTF 2.0; KHR_materials_variants, KHR_materials_sheen, KHR_materials_unlit, KHR_materials_emissive_strength.
"""

import io
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from pygltflib import GLTF2

from renderer.gltf.accessors import pick, read_accessor, view_bytes
from renderer.gltf.model import Material, Model, Pixels, Primitive, Slot
from vrlive.errors import InputError

MAX_BYTES: Final = 64 << 20
MAX_TRIANGLES = MAX_VERTICES = 1_000_000
MAX_TEXTURE: Final = 4096  # pixels a side
MAX_TEXELS: Final = 8 * MAX_TEXTURE**2  # of all textures together: half a gigabyte
_FARTHEST: Final = 10_000  # metres; no texture is repeated as often either
_MAX_DEPTH: Final = 32  # of the node tree
_MAX_JSON: Final = 4 << 20  # bytes
_MAX_ENTRIES: Final = 4096  # nodes, meshes, primitives, …: thousands of them are read slowly and drawn slowly

_SUPPORTED: Final = {"KHR_materials_variants", "KHR_materials_sheen", "KHR_materials_unlit", "KHR_materials_emissive_strength"}


def read_glb(path: Path) -> Model:
    """Read a garment.

    Raises
    ------
    InputError
        If the file is missing, is no GLB, lies about its sizes, or needs something that is not drawn here.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"it has {path.stat().st_size >> 20} MiB; at most {MAX_BYTES >> 20} MiB are read, 10 are recommended")
        return _read(path.read_bytes())
    except OSError as fault:
        raise InputError(f"{path}: cannot be read: {fault.strerror or fault}") from fault
    except InputError as fault:
        raise InputError(f"{path}: {fault}") from fault
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as fault:
        raise InputError(f"{path}: is not a sound GLB file ({type(fault).__name__}: {fault})") from fault


def _read(data: bytes) -> Model:
    text, blob = _chunks(data)
    gltf = GLTF2.from_json(text, infer_missing=True)
    missing = set(gltf.extensionsRequired or ()) - _SUPPORTED
    if missing:
        raise InputError(f"needs {', '.join(sorted(missing))}, which is not supported; export without it")
    variants = tuple(each["name"] for each in _extension(gltf, "KHR_materials_variants").get("variants", ()))
    materials = (*(_material(gltf, each) for each in gltf.materials or ()), Material())  # the last one is glTF's default
    placed = list(_placed_primitives(gltf))
    _check_amount(gltf, [primitive for primitive, _ in placed])
    primitives = tuple(_primitive(gltf, primitive, matrix, blob, variants, len(materials)) for primitive, matrix in placed)
    return Model(primitives, materials, _images(gltf, blob), variants)


def _chunks(data: bytes) -> tuple[str, bytes]:
    """JSON text and binary chunk of a GLB container (glTF 2.0, section 4.4)."""
    if len(data) < 20 or data[:4] != b"glTF":
        raise InputError("is not a GLB file: it does not start with “glTF”")
    version, length = struct.unpack_from("<II", data, 4)
    if version != 2 or length > len(data):
        raise InputError(f"claims glTF version {version} and {length} bytes; it has {len(data)}, and version 2 is read")
    chunks: dict[bytes, bytes] = {}
    start = 12
    while start + 8 <= length:
        size, kind = struct.unpack_from("<I4s", data, start)
        if start + 8 + size > length:
            raise InputError(f"a chunk claims {size} bytes, {length - start - 8} are left")
        chunks.setdefault(kind, data[start + 8 : start + 8 + size])
        start += 8 + size
    text = chunks.get(b"JSON", b"").decode()
    if len(text) > _MAX_JSON:
        raise InputError(f"its JSON chunk has {len(text) >> 20} MiB; at most {_MAX_JSON >> 20} MiB are read")
    content = json.loads(text)
    if not isinstance(content, dict):
        raise InputError("its JSON chunk is not an object")
    _check_entries(content)
    return text, chunks.get(b"BIN\0", b"")


def _check_entries(content: dict[str, Any]) -> None:
    """Lists of what has to be read one by one are not endless."""
    lists = {name: values for name, values in content.items() if isinstance(values, list)}
    lists["primitives"] = [each for mesh in content.get("meshes", ()) for each in mesh["primitives"]]
    longest = max(lists, key=lambda name: len(lists[name]))
    if len(lists[longest]) > _MAX_ENTRIES:
        raise InputError(f"has {len(lists[longest])} {longest}; at most {_MAX_ENTRIES} are read; join its parts")


def _placed_primitives(gltf: GLTF2) -> Iterator[tuple[Any, NDArray[np.float64]]]:
    """Every primitive of triangles with its matrix to the model's root."""
    roots = pick(gltf.scenes, gltf.scene or 0, "scene").nodes or []
    for mesh, matrix in _placed(gltf, roots, np.eye(4), 0, set()):
        for primitive in pick(gltf.meshes, mesh, "mesh").primitives:
            if primitive.mode in (None, 4):
                yield primitive, matrix


def _placed(
    gltf: GLTF2, nodes: list[int], parent: NDArray[np.float64], depth: int, seen: set[int]
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Every mesh below `nodes` with its matrix to the model's root. Nodes are a tree (glTF 2.0, section 3.5.2): each is `seen` once."""
    if depth > _MAX_DEPTH:
        raise InputError(f"its nodes are nested more than {_MAX_DEPTH} deep")
    for number in nodes:
        node = pick(gltf.nodes, number, "node")
        if number in seen:
            raise InputError(f"node {number} hangs below two others, or below itself")
        seen.add(number)
        with np.errstate(over="ignore", invalid="ignore"):
            matrix = parent @ _local(node)
        if not np.isfinite(matrix).all() or np.linalg.det(matrix[:3, :3]) == 0:
            raise InputError(f"node {number} has no size, or one without end")
        if node.mesh is not None:
            yield node.mesh, matrix
        yield from _placed(gltf, node.children or [], matrix, depth + 1, seen)


def _check_amount(gltf: GLTF2, primitives: list[Any]) -> None:
    """Not too much, by what the file claims: before anything is built."""
    if not primitives:
        raise InputError("holds no triangles")
    if len(primitives) > _MAX_ENTRIES:
        raise InputError(f"draws {len(primitives)} primitives; at most {_MAX_ENTRIES} are drawn; join its parts")
    vertices = [pick(gltf.accessors, each.attributes.POSITION, "accessor").count for each in primitives]
    corners = [pick(gltf.accessors, each.indices, "accessor").count for each in primitives if each.indices is not None]
    corners += [count for each, count in zip(primitives, vertices, strict=True) if each.indices is None]
    if min(vertices + corners) < 0:
        raise InputError("has fewer vertices than none")
    for kind, count, most in (("vertices", sum(vertices), MAX_VERTICES), ("triangles", sum(corners) // 3, MAX_TRIANGLES)):
        if count > most:
            raise InputError(f"has {count} {kind}; at most {most} are drawn; decimate it")


def _local(node: Any) -> NDArray[np.float64]:
    if node.matrix is not None:
        return np.array(node.matrix, np.float64).reshape(4, 4).T
    x, y, z, w = np.array(node.rotation or (0, 0, 0, 1), np.float64)
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, :3] *= np.array(node.scale or (1, 1, 1), np.float64)
    matrix[:3, 3] = node.translation or (0, 0, 0)
    return matrix


def _primitive(
    gltf: GLTF2, primitive: Any, matrix: NDArray[np.float64], blob: bytes, variants: tuple[str, ...], materials: int
) -> Primitive:
    position = read_accessor(gltf, primitive.attributes.POSITION, blob).astype(np.float64)
    count = len(position)
    triangles = _triangles(gltf, primitive, blob, count)
    if position.shape[1] != 3 or not np.isfinite(position).all() or (triangles.size and triangles.max() >= count):
        raise InputError("has a triangle that names a vertex it does not hold, or a position that is no number")
    linear = matrix[:3, :3]
    if np.linalg.det(linear) < 0:
        triangles = triangles[:, ::-1]
    position = position @ linear.T + matrix[:3, 3]
    normal = _attribute(gltf, primitive, "NORMAL", blob, (count, 3))
    normal = smooth_normals(position, triangles) if normal is None else _unit(normal @ np.linalg.inv(linear))
    first = _attribute(gltf, primitive, "TEXCOORD_0", blob, (count, 2))
    first = np.zeros((count, 2)) if first is None else first
    second = _attribute(gltf, primitive, "TEXCOORD_1", blob, (count, 2))
    tangent = _attribute(gltf, primitive, "TANGENT", blob, (count, 4))
    if tangent is None:
        tangent = tangents(position, normal, first, triangles)
    else:
        tangent[:, :3] = _unit(tangent[:, :3] @ linear.T)
    vertices = np.hstack([position, normal, tangent, first, first if second is None else second])
    if not (np.abs(vertices) < _FARTHEST).all():
        raise InputError(f"has a vertex more than {_FARTHEST} m away, or one with a value that is no number")
    material = materials - 1 if primitive.material is None else primitive.material
    chosen = dict(_mappings(primitive, variants))
    for number in (material, *chosen.values()):
        pick(list(range(materials)), number, "material")
    return Primitive(vertices.astype(np.float32), np.ascontiguousarray(triangles), material, chosen)


def _triangles(gltf: GLTF2, primitive: Any, blob: bytes, count: int) -> NDArray[np.uint32]:
    """Indices (m, 3); a primitive without any takes its `count` vertices as they come."""
    flat = np.arange(count) if primitive.indices is None else read_accessor(gltf, primitive.indices, blob)[:, 0]
    return flat[: len(flat) // 3 * 3].astype(np.uint32).reshape(-1, 3)


def _attribute(gltf: GLTF2, primitive: Any, name: str, blob: bytes, shape: tuple[int, int]) -> NDArray[np.float64] | None:
    """Values of an attribute that may be left out."""
    number = getattr(primitive.attributes, name, None)
    if number is None:
        return None
    values = read_accessor(gltf, number, blob)
    if values.shape != shape:
        raise InputError(f"{name} has the shape {values.shape}, {shape} is needed")
    return values.astype(np.float64)


def smooth_normals(position: NDArray[np.float64], triangles: NDArray[np.uint32]) -> NDArray[np.float64]:
    """Area-weighted vertex normals, (n, 3)."""
    a, b, c = (position[triangles[:, corner]] for corner in range(3))
    normal = np.zeros_like(position)
    for corner in range(3):
        np.add.at(normal, triangles[:, corner], np.cross(b - a, c - a))
    return _unit(normal)


def tangents(
    position: NDArray[np.float64], normal: NDArray[np.float64], uv: NDArray[np.float64], triangles: NDArray[np.uint32]
) -> NDArray[np.float64]:
    """Direction in which u grows, orthogonal to the normal, with the sign of the bitangent: (n, 4)."""
    a, b, c = (position[triangles[:, corner]] for corner in range(3))
    (u1, v1), (u2, v2) = ((uv[triangles[:, corner]] - uv[triangles[:, 0]]).T for corner in (1, 2))
    sign = np.where(u1 * v2 - u2 * v1 < 0, -1.0, 1.0)
    along_u = ((b - a) * v2[:, None] - (c - a) * v1[:, None]) * sign[:, None]
    along_v = ((c - a) * u1[:, None] - (b - a) * u2[:, None]) * sign[:, None]
    sum_u, sum_v = np.zeros_like(position), np.zeros_like(position)
    for corner in range(3):
        np.add.at(sum_u, triangles[:, corner], along_u)
        np.add.at(sum_v, triangles[:, corner], along_v)
    sum_u -= normal * np.sum(normal * sum_u, axis=1, keepdims=True)
    lost = np.linalg.norm(sum_u, axis=1) < 1e-12
    sum_u[lost] = np.cross(normal[lost], np.where(np.abs(normal[lost, 1:2]) < 0.9, [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]))
    tangent = _unit(sum_u)
    # glTF's v grows downwards in the picture: the bitangent of its normal maps is −∂P/∂v
    handed = np.where(np.sum(np.cross(normal, tangent) * -sum_v, axis=1) < 0, -1.0, 1.0)
    return np.hstack([tangent, handed[:, None]])


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-20))


def _mappings(primitive: Any, variants: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    for mapping in _extension(primitive, "KHR_materials_variants").get("mappings", ()):
        for number in mapping["variants"]:
            yield pick(list(variants), number, "variant"), mapping["material"]


def _material(gltf: GLTF2, material: Any) -> Material:
    pbr = material.pbrMetallicRoughness
    sheen = _extension(material, "KHR_materials_sheen")
    strength = _extension(material, "KHR_materials_emissive_strength").get("emissiveStrength", 1.0)
    infos = {
        "base_colour": pbr and pbr.baseColorTexture,
        "metallic_roughness": pbr and pbr.metallicRoughnessTexture,
        "normal": material.normalTexture,
        "occlusion": material.occlusionTexture,
        "emissive": material.emissiveTexture,
    }
    return Material(
        name=material.name or "",
        base_colour=_floats(pbr and pbr.baseColorFactor, (1, 1, 1, 1)),
        metallic=_or(pbr and pbr.metallicFactor, 1.0),
        roughness=_or(pbr and pbr.roughnessFactor, 1.0),
        emissive=tuple(strength * value for value in _floats(material.emissiveFactor, (0, 0, 0))),
        sheen_colour=_floats(sheen.get("sheenColorFactor"), (0, 0, 0)),
        sheen_roughness=float(sheen.get("sheenRoughnessFactor", 0.0)),
        normal_scale=_or(material.normalTexture and material.normalTexture.scale, 1.0),
        occlusion_strength=_or(material.occlusionTexture and material.occlusionTexture.strength, 1.0),
        alpha_cutoff=_or(material.alphaCutoff, 0.5) if material.alphaMode == "MASK" else None,
        double_sided=bool(material.doubleSided),
        unlit="KHR_materials_unlit" in (material.extensions or {}),
        textures={name: _slot(gltf, info) for name, info in infos.items() if info is not None},
    )


def _slot(gltf: GLTF2, info: Any) -> Slot:
    texture = pick(gltf.textures, info.index, "texture")
    pick(gltf.images, texture.source, "image")
    if info.texCoord not in (None, 0, 1):
        raise InputError(f"a texture uses TEXCOORD_{info.texCoord}; only 0 and 1 are read")
    return Slot(texture.source, info.texCoord or 0)


def _images(gltf: GLTF2, blob: bytes) -> tuple[Pixels, ...]:
    """All textures; their sizes are known and checked before one is decoded."""
    try:
        opened = [_open_image(gltf, image, blob) for image in gltf.images or ()]
        if sum(image.width * image.height for image in opened) > MAX_TEXELS:
            raise InputError(f"its textures have more than {MAX_TEXELS >> 20} million pixels together; make them smaller")
        return tuple(np.array(image.convert("RGBA")) for image in opened)
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as fault:
        raise InputError(f"a texture is not a readable PNG, JPEG or WebP picture ({fault})") from fault


def _open_image(gltf: GLTF2, image: Any, blob: bytes) -> Image.Image:
    if image.bufferView is None:
        raise InputError("a texture lies in a file of its own; export as one GLB with everything in it")
    opened = Image.open(io.BytesIO(view_bytes(gltf, image.bufferView, blob)), formats=("PNG", "JPEG", "WEBP"))
    if max(opened.size) > MAX_TEXTURE:
        raise InputError(f"a texture has {opened.width}x{opened.height} pixels; at most {MAX_TEXTURE} a side are read")
    return opened


def _extension(owner: Any, name: str) -> Any:
    return (owner.extensions or {}).get(name) or {}


def _floats(values: Any, usual: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(float(value) for value in (usual if values is None else values))


def _or(value: Any, usual: float) -> float:
    return usual if value is None else float(value)
