"""A GLB file with everything that the reader claims to read, made anew at each test."""

import io
from pathlib import Path
from typing import Any

import DracoPy
import meshoptimizer
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.renderer.boxes import BYTE, FLOAT, UBYTE, USHORT, Blob, glb

SHORT, UINT = 5122, 5125
TIMES_S = (0.0, 0.25, 0.5, 0.75, 1.0, 1.375, 1.5, 2.0, 2.25, 3.0, 4.0)

Array = NDArray[np.float64]


def write_torture(path: Path, packing: str = "") -> Path:
    """Write it; `packing` is “”, “meshopt” or “draco”: how its geometry is compressed."""
    blob = _Packed() if packing == "meshopt" else Blob()
    meshes = [_cloth(blob), _seam(blob), _ribbon(blob), _patch(blob, draco=packing == "draco")]
    used = ["KHR_materials_variants", "KHR_materials_sheen", "KHR_texture_transform", "KHR_materials_emissive_strength",
            "KHR_materials_unlit", "KHR_mesh_quantization", "EXT_texture_webp"]  # fmt: skip
    required = ["KHR_mesh_quantization"]
    packed = {"meshopt": "EXT_meshopt_compression", "draco": "KHR_draco_mesh_compression"}.get(packing)
    if packed:
        used.append(packed)
        required.append(packed)
    nodes = _nodes()
    animations = _animations(blob)
    skins = [{"joints": [2, 3], "inverseBindMatrices": _inverse_bind(blob)}]
    content = _looks(blob)
    content |= {
        "extensionsUsed": used, "extensionsRequired": required, "meshes": meshes, "nodes": nodes, "skins": skins,
        "scenes": [{"nodes": [9]}, {"nodes": [0, 4, 5, 8]}], "scene": 1, "animations": animations,
        "extensions": {"KHR_materials_variants": {"variants": [{"name": "rouge"}, {"name": "Ink blue"}]}},
    }  # fmt: skip
    path.write_bytes(glb(blob.content(**content), blob.data))
    return path


class _Packed(Blob):
    """A blob whose accessors' views are packed by meshoptimizer."""

    def add(self, values: NDArray[Any], component: int, **more: Any) -> int:
        """Add an accessor; elements are padded to four bytes."""
        wide = -values.itemsize * values.shape[1] % 4
        padded = np.hstack([values, np.zeros((len(values), wide // values.itemsize), values.dtype)])
        size = padded.itemsize * padded.shape[1]
        kind = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}[values.shape[1]]
        if component in (USHORT, UINT) and kind == "SCALAR" and len(values) % 3 == 0:
            packed = meshoptimizer.encode_index_buffer(values[:, 0].astype(np.uint32), len(values), int(values.max()) + 1)
            view = self.packed_view(packed, len(values), values.itemsize, "TRIANGLES")
        elif component in (USHORT, UINT) and kind == "SCALAR":
            packed = meshoptimizer.encode_index_sequence(values[:, 0].astype(np.uint32), len(values), int(values.max()) + 1)
            view = self.packed_view(packed, len(values), values.itemsize, "INDICES")
        else:
            view = self.attributes(np.ascontiguousarray(padded), size)
        self.accessors.append({"bufferView": view, "componentType": component, "count": len(values), "type": kind} | more)
        return len(self.accessors) - 1

    def attributes(self, values: NDArray[Any], size: int, filtered: str = "NONE") -> int:
        """A view of elements of `size` bytes."""
        packed = meshoptimizer.encode_vertex_buffer(values, len(values), size)
        return self.packed_view(packed, len(values), size, "ATTRIBUTES", filtered)

    def packed_view(self, packed: bytes, count: int, stride: int, mode: str, filtered: str = "NONE") -> int:
        """A view over the fallback buffer that does not exist, and the packed bytes that stand for it."""
        said: dict[str, Any] = {"buffer": 0, "byteOffset": len(self.data), "byteLength": len(packed), "byteStride": stride, "count": count}
        said |= {"mode": mode} | ({"filter": filtered} if filtered != "NONE" else {})
        self.data += packed + bytes(-len(packed) % 4)
        view: dict[str, Any] = {"buffer": 1, "byteOffset": 0, "byteLength": count * stride}
        view |= {"byteStride": stride} if mode == "ATTRIBUTES" else {}
        self.views.append(view | {"extensions": {"EXT_meshopt_compression": said}})
        return len(self.views) - 1

    def content(self, **more: Any) -> dict[str, Any]:
        """The file's JSON."""
        content = super().content(**more)
        content["buffers"].append({"byteLength": 1 << 20, "extensions": {"EXT_meshopt_compression": {"fallback": True}}})
        return content


def _matrices(blob: Blob, values: Array) -> int:
    """An accessor of (n, 4, 4) matrices; glTF stores columns."""
    flat = values.transpose(0, 2, 1).reshape(-1, 16).astype(np.float32)
    view = blob.view(flat.tobytes())
    blob.accessors.append({"bufferView": view, "componentType": FLOAT, "count": len(flat), "type": "MAT4"})
    return len(blob.accessors) - 1


def _grid(across: int, down: int) -> tuple[Array, NDArray[np.uint16]]:
    """Corners of a grid in 0…1, (n, 2), and its triangles."""
    u, v = np.meshgrid(np.linspace(0, 1, across + 1), np.linspace(0, 1, down + 1))
    corner = np.arange((across + 1) * (down + 1)).reshape(down + 1, across + 1)
    a, b, c, d = corner[:-1, :-1].ravel(), corner[:-1, 1:].ravel(), corner[1:, 1:].ravel(), corner[1:, :-1].ravel()
    return np.column_stack([u.ravel(), v.ravel()]), np.vstack([np.column_stack([a, d, c]), np.column_stack([a, c, b])]).astype(np.uint16)


def _cloth(blob: Blob) -> dict[str, Any]:
    """Skinned, morphed, quantized, with tangents of its own and two materials by variant."""
    uv, triangles = _grid(7, 5)
    bulge = np.sin(uv[:, 0] * 3) * np.cos(uv[:, 1] * 2)
    position = np.column_stack([(uv[:, 0] - 0.5) * 8000, (1 - uv[:, 1]) * 16000, bulge * 4000]).astype(np.int16)
    normal = np.column_stack([np.sin(uv[:, 0] - 0.5), uv[:, 1] * 0.2, np.cos(uv[:, 0] - 0.5)])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    tangent = np.cross([0.0, 1.0, 0.0], normal)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    share = np.rint(uv[:, 1:] * 255).astype(np.uint8)
    nothing = np.zeros((len(uv), 2), np.uint8)
    count = len(uv)
    wide = np.zeros((count, 4), np.int16)
    wide[:, :3] = position
    strided = blob.view(wide.tobytes(), byteStride=8)
    blob.accessors.append({"bufferView": strided, "componentType": SHORT, "count": count, "type": "VEC3", "normalized": True})
    attributes = {
        "POSITION": len(blob.accessors) - 1,
        "NORMAL": _normals(blob, normal),
        "TANGENT": blob.add(np.column_stack([tangent, np.full(count, -1.0)]).astype(np.float32), FLOAT),
        "TEXCOORD_0": blob.add(np.rint(uv * 65535).astype(np.uint16), USHORT, normalized=True),
        "TEXCOORD_1": blob.add((uv * [3, -2] + 0.25).astype(np.float32), FLOAT),
        "JOINTS_0": blob.add(np.column_stack([np.zeros(count), np.ones(count), nothing]).astype(np.uint8), UBYTE),
        "WEIGHTS_0": blob.add(np.column_stack([255 - share, share, nothing]), UBYTE, normalized=True),
    }
    lifted = np.column_stack([uv[:, 0] * 0.05, np.zeros(count), uv[:, 1] * 0.1]).astype(np.float32)
    targets = [{"POSITION": blob.add(lifted, FLOAT)}, {"POSITION": _sparse(blob, count)}]
    primitive = {
        "attributes": attributes, "indices": blob.add(triangles.reshape(-1, 1), USHORT), "material": 0, "targets": targets,
        "extensions": {"KHR_materials_variants": {"mappings": [{"material": 1, "variants": [1]}, {"material": 0, "variants": [0]}]}},
    }  # fmt: skip
    return {"primitives": [primitive], "weights": [0.5, 0.0]}


def _normals(blob: Blob, normal: Array) -> int:
    """int8, four bytes apart; packed, they go through the octahedral filter."""
    padded = np.zeros((len(normal), 4), np.int8)
    if isinstance(blob, _Packed):
        flat = normal / np.abs(normal).sum(axis=1, keepdims=True)  # all of them look forward: z > 0, no folding
        padded[:, :2] = np.rint(flat[:, :2] * 127)
        padded[:, 2] = 127
        view = blob.attributes(padded, 4, "OCTAHEDRAL")
    else:
        padded[:, :3] = np.rint(normal * 127)
        view = blob.view(padded.tobytes(), byteStride=4)
    blob.accessors.append({"bufferView": view, "componentType": BYTE, "count": len(normal), "type": "VEC3", "normalized": True})
    return len(blob.accessors) - 1


def _sparse(blob: Blob, count: int) -> int:
    """Zeros but for three elements."""
    where, what = np.array([1, 20, 40], np.uint16), np.array([[0, 0, 0.3], [0.2, 0, 0], [0, -0.4, 0.1]], np.float32)
    sparse = {
        "count": 3,
        "indices": {"bufferView": blob.view(where.tobytes()), "componentType": USHORT},
        "values": {"bufferView": blob.view(what.tobytes())},
    }
    blob.accessors.append({"componentType": FLOAT, "count": count, "type": "VEC3", "sparse": sparse})
    return len(blob.accessors) - 1


def _seam(blob: Blob) -> dict[str, Any]:
    """Without tangents, and with coordinates mirrored at its middle: some vertices need two."""
    uv, triangles = _grid(8, 4)
    angle = (uv[:, 0] - 0.5) * 2
    position = np.column_stack([np.sin(angle), 1 - uv[:, 1], np.cos(angle) + 0.2 * uv[:, 1] ** 2]).astype(np.float32)
    normal = np.column_stack([np.sin(angle), np.full(len(uv), 0.3), np.cos(angle)])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    mirrored = np.column_stack([np.abs(uv[:, 0] - 0.5) * 2, uv[:, 1] + 0.1 * uv[:, 0]])
    attributes = {
        "POSITION": blob.add(position, FLOAT),
        "NORMAL": blob.add(normal.astype(np.float32), FLOAT),
        "TEXCOORD_0": blob.add(mirrored.astype(np.float32), FLOAT),
    }
    indices = blob.add(triangles.astype(np.uint32).reshape(-1, 1), UINT)
    return {"primitives": [{"attributes": attributes, "indices": indices, "material": 2}]}


def _ribbon(blob: Blob) -> dict[str, Any]:
    """A strip and a fan; no indices, no coordinates."""
    strip = np.array([[0, 0, 0], [0.1, 0, 0], [0, 0.2, 0], [0.1, 0.2, 0.1], [0, 0.4, 0.1]], np.float32)
    fan = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [-1, 0.5, 0]], np.float32) * np.float32(0.1)
    flat = np.tile(np.array([[0, 0, 1]], np.float32), (5, 1))
    return {
        "primitives": [
            {"attributes": {"POSITION": blob.add(values, FLOAT), "NORMAL": blob.add(flat, FLOAT)}, "mode": mode, "material": material}
            for values, mode, material in ((strip, 5, 3), (fan, 6, 4))
        ]
    }


def _patch(blob: Blob, *, draco: bool) -> dict[str, Any]:
    """A wavy square, by Draco if wanted; packed by meshoptimizer, its positions go through the exponential filter."""
    uv, triangles = _grid(9, 9)
    position = np.column_stack([uv[:, 0], 1 - uv[:, 1], 0.1 * np.sin(uv[:, 0] * 9)]).astype(np.float32)
    normal = np.tile(np.array([[0, 0, 1]], np.float32), (len(uv), 1))
    primitive: dict[str, Any] = {"material": 5}
    if draco:
        packed = DracoPy.encode(
            position,
            triangles.astype(np.uint32),
            quantization_bits=14,
            compression_level=5,
            tex_coord=uv,
            normals=normal.astype(np.float64),
        )
        ids = {each["attribute_type"]: each["unique_id"] for each in DracoPy.decode(packed).attributes}
        view = blob.view(packed)
        accessors = []
        for kind, width in (("VEC3", 3), ("VEC3", 3), ("VEC2", 2), ("SCALAR", 1)):
            count = triangles.size if width == 1 else len(DracoPy.decode(packed).points)
            blob.accessors.append({"componentType": UINT if width == 1 else FLOAT, "count": count, "type": kind})
            accessors.append(len(blob.accessors) - 1)
        names = {"POSITION": ids[0], "NORMAL": ids[1], "TEXCOORD_0": ids[3]}
        primitive |= {"attributes": dict(zip(names, accessors[:3], strict=True)), "indices": accessors[3]}
        primitive["extensions"] = {"KHR_draco_mesh_compression": {"bufferView": view, "attributes": names}}
    else:
        primitive |= {
            "attributes": {
                "POSITION": _exponential(blob, position),
                "NORMAL": blob.add(normal, FLOAT),
                "TEXCOORD_0": blob.add(uv.astype(np.float32), FLOAT),
            },
            "indices": blob.add(triangles.reshape(-1, 1), USHORT),
        }
    return {"primitives": [primitive]}


def _exponential(blob: Blob, position: NDArray[np.float32]) -> int:
    if not isinstance(blob, _Packed):
        return blob.add(position, FLOAT)
    mantissa = np.rint(position.astype(np.float64) * 4096).astype(np.int64)  # all with the exponent −12
    coded = (((-12 & 0xFF) << 24) | (mantissa & 0xFFFFFF)).astype(np.uint32)
    view = blob.attributes(coded, 12, "EXPONENTIAL")
    blob.accessors.append({"bufferView": view, "componentType": FLOAT, "count": len(position), "type": "VEC3"})
    return len(blob.accessors) - 1


def _nodes() -> list[dict[str, Any]]:
    half = float(np.sqrt(0.5))
    return [
        {"name": "body", "children": [1, 2], "translation": [0.5, 0.1, -0.25]},
        {"name": "cloth", "mesh": 0, "skin": 0, "weights": [0.25, 1.0]},
        {"name": "hip", "children": [3], "rotation": [0, 0, half, half], "translation": [0, 0.2, 0]},
        {"name": "knee", "translation": [0.3, 0.4, 0.1], "scale": [1.5, 1, 1]},
        {"name": "mirror", "mesh": 1, "scale": [-0.5, 0.8, 0.6], "rotation": [0.5, 0.5, 0.5, 0.5]},
        {"name": "mover", "children": [6], "translation": [1, 0, 0]},
        {"name": "turner", "children": [7], "matrix": [0, 0, -1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0.1, 0.2, 0.3, 1]},
        {"name": "ribbon", "mesh": 2},
        {"name": "patch", "mesh": 3, "translation": [-1, 0, 0]},
        {"name": "unseen", "mesh": 3},
    ]


def _inverse_bind(blob: Blob) -> int:
    lift, turned = np.eye(4), np.eye(4)
    lift[:3, 3] = [0, -0.1, 0.05]
    turned[:3, :3] = [[0, 1, 0], [-1, 0, 0], [0, 0, 1]]
    turned[:3, 3] = [0.1, 0.2, 0]
    return _matrices(blob, np.array([lift, turned]))


def _animations(blob: Blob) -> list[dict[str, Any]]:
    keys = blob.add(np.array([[0.5], [1.0], [2.0], [3.0]], np.float32), FLOAT)

    def numbers(values: Any) -> int:
        return blob.add(np.array(values, np.float32), FLOAT)

    turns = [[0, 0, 0, 1], [0, 0.6, 0, 0.8], [0, -0.6, 0, -0.8], [0.8, 0, 0, 0.6]]
    tangents = [[0.1, 0, 0.2, 0], [0, 0.3, 0, 0], [0, 0, -0.2, 0.1], [0.2, 0, 0, 0]]
    spline = [row for turn, tangent in zip(turns, tangents, strict=True) for row in (tangent, turn, tangent)]
    places = [[0, 0, 0], [1, 0, 0.5], [0, 2, 0], [0.5, 0.5, 0.5]]
    slopes = [[1, 0, 0], [0, -2, 1], [0, 0, 0], [0, 1, 0]]
    moved = [row for place, slope in zip(places, slopes, strict=True) for row in (slope, place, np.negative(slope))]
    shares = np.array([[0, 1], [1, 0], [0.5, 0.25], [0, 0]], np.float32).reshape(-1, 1)
    samplers = [
        {"input": keys, "output": numbers(turns), "interpolation": "LINEAR"},
        {"input": keys, "output": numbers([[1, 1, 1], [2, 1, 1], [1, 0.5, 1], [1, 1, 3]]), "interpolation": "STEP"},
        {"input": keys, "output": numbers(moved), "interpolation": "CUBICSPLINE"},
        {"input": keys, "output": numbers(spline), "interpolation": "CUBICSPLINE"},
        {"input": keys, "output": blob.add(shares, FLOAT)},
        {"input": keys, "output": _quaternions(blob, np.array(turns))},
    ]
    sway = [(0, 2, "rotation"), (1, 3, "scale"), (2, 5, "translation"), (4, 1, "weights")]
    twist = [(3, 5, "rotation"), (5, 3, "rotation"), (2, 0, "translation")]
    return [
        {"name": name, "samplers": samplers, "channels": [{"sampler": s, "target": {"node": n, "path": p}} for s, n, p in channels]}
        for name, channels in (("sway", sway), ("twist", twist))
    ]


def _quaternions(blob: Blob, turns: Array) -> int:
    """int16, normalized; packed, they go through the quaternion filter."""
    if not isinstance(blob, _Packed):
        return blob.add(np.rint(turns * 32767).astype(np.int16), SHORT, normalized=True)
    coded = np.zeros((len(turns), 4), np.int16)
    for row, turn in enumerate(turns):
        largest = int(np.argmax(np.abs(turn)))
        rest = np.roll(turn, -largest - 1)[:3] * np.sign(turn[largest]) * np.sqrt(2)
        coded[row, :3] = np.rint(rest * 2047)
        coded[row, 3] = (2047 & ~3) | largest
    view = blob.attributes(coded, 8, "QUATERNION")
    blob.accessors.append({"bufferView": view, "componentType": SHORT, "count": len(turns), "type": "VEC4", "normalized": True})
    return len(blob.accessors) - 1


def _looks(blob: Blob) -> dict[str, Any]:
    """Materials, textures, pictures, samplers."""
    images = [{"bufferView": blob.view(_picture(size, form)), "mimeType": f"image/{form.lower()}"} for size, form in
              (((8, 4), "PNG"), ((16, 16), "JPEG"), ((4, 4), "WEBP"))]  # fmt: skip
    samplers = [{"wrapS": 33071, "wrapT": 33648, "magFilter": 9728}, {}]
    textures = [{"source": 0, "sampler": 0}, {"source": 1, "sampler": 1}, {"extensions": {"EXT_texture_webp": {"source": 2}}}]
    moved = {"KHR_texture_transform": {"offset": [0.25, -0.5], "rotation": 0.5, "scale": [2, 3], "texCoord": 1}}
    plain = {"KHR_texture_transform": {"offset": [0.5, 0.125]}}
    materials = [
        {
            "name": "velvet", "doubleSided": True, "alphaMode": "MASK", "alphaCutoff": 0.375, "emissiveFactor": [0.5, 0.25, 0.125],
            "pbrMetallicRoughness": {
                "baseColorFactor": [0.8, 0.2, 0.1, 0.9], "metallicFactor": 0.25, "roughnessFactor": 0.75,
                "baseColorTexture": {"index": 0, "extensions": moved}, "metallicRoughnessTexture": {"index": 1, "texCoord": 1},
            },
            "normalTexture": {"index": 2, "scale": 0.625, "extensions": plain},
            "occlusionTexture": {"index": 1, "strength": 0.375, "texCoord": 1}, "emissiveTexture": {"index": 0},
            "extensions": {
                "KHR_materials_emissive_strength": {"emissiveStrength": 4.0},
                "KHR_materials_sheen": {
                    "sheenColorFactor": [0.3, 0.2, 0.1], "sheenRoughnessFactor": 0.4,
                    "sheenColorTexture": {"index": 0, "texCoord": 1}, "sheenRoughnessTexture": {"index": 1},
                },
            },
        },
        {"name": "ink", "pbrMetallicRoughness": {"baseColorFactor": [0, 0, 0.2, 1]}, "alphaMode": "OPAQUE"},
        {"name": "seam", "normalTexture": {"index": 2}, "alphaMode": "BLEND", "pbrMetallicRoughness": {"baseColorFactor": [1, 1, 1, 0.5]}},
        {"name": "lamp", "extensions": {"KHR_materials_unlit": {}}, "pbrMetallicRoughness": {"baseColorFactor": [0.1, 0.9, 0.3, 1]}},
        {"name": "cut", "alphaMode": "MASK"},
        {"name": "patch", "pbrMetallicRoughness": {"metallicFactor": 0.0, "baseColorTexture": {"index": 1}}},
    ]  # fmt: skip
    return {"images": images, "samplers": samplers, "textures": textures, "materials": materials}


def _picture(size: tuple[int, int], form: str) -> bytes:
    data = io.BytesIO()
    values = np.random.default_rng(size[0]).integers(0, 256, (size[1], size[0], 3), np.uint8)
    Image.fromarray(values).save(data, form, **({"lossless": True} if form == "WEBP" else {}))
    return data.getvalue()
