"""Writes GLB files: meshes with materials, variants and a shared occlusion map.

Sources: glTF 2.0, KHR_materials_variants, KHR_materials_sheen.
"""

import io
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tools.cloth.mesh import Mesh
from tools.cloth.shade import occlusion_map

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]
Colour = tuple[float, float, float]

_FLOAT, _USHORT, _UINT = 5126, 5123, 5125
_VERTICES, _INDICES = 34962, 34963  # what a buffer view is for
_TYPES: Final = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}


@dataclass(frozen=True)
class Material:
    """What a part is made of.

    Attributes
    ----------
    colour
        sRGB 0…1; multiplied with `picture` if there is one.
    picture, normal
        (n, n, 3) sRGB colours and tangent-space normals; each tile is `tile` metres of cloth.
    sheen
        sRGB 0…1 of KHR_materials_sheen.
    """

    colour: Colour
    roughness: float = 0.8
    metallic: float = 0.0
    picture: Pixels | None = None
    normal: Pixels | None = None
    tile: float = 0.05
    strength: float = 1.0
    sheen: Colour | None = None
    sheen_roughness: float = 0.5
    double_sided: bool = False


@dataclass
class _Writer:
    """Collects accessors and pictures into one binary chunk."""

    json: dict[str, Any] = field(
        default_factory=lambda: {
            "asset": {"version": "2.0", "generator": "vrlive tools/make_garment.py"},
            **{key: [] for key in ("accessors", "bufferViews", "images", "textures", "samplers", "materials", "meshes", "nodes")},
        }
    )
    blob: bytearray = field(default_factory=bytearray)
    pictures: dict[bytes, int] = field(default_factory=dict)

    def accessor(
        self, values: NDArray[Any], component: int, target: int = _VERTICES, *, normalized: bool = False, bounds: bool = False
    ) -> int:
        columns = values.reshape(len(values), -1)
        entry: dict[str, Any] = {
            "bufferView": self._view(values.tobytes(), target=target),
            "componentType": component,
            "count": len(values),
            "type": _TYPES[columns.shape[1]],
        }
        if normalized:
            entry["normalized"] = True
        if bounds:
            entry |= {"min": columns.min(axis=0).tolist(), "max": columns.max(axis=0).tolist()}
        return self.add("accessors", entry)

    def texture(self, pixels: Pixels, quality: int) -> int:
        """A picture as JPEG, once, however often it is used."""
        data = io.BytesIO()
        Image.fromarray(pixels).save(data, "JPEG", quality=quality, subsampling=0, optimize=True)
        if data.getvalue() not in self.pictures:
            if not self.json["samplers"]:
                self.add("samplers", {"magFilter": 9729, "minFilter": 9987, "wrapS": 10497, "wrapT": 10497})
            image = self.add("images", {"bufferView": self._view(data.getvalue()), "mimeType": "image/jpeg"})
            self.pictures[data.getvalue()] = self.add("textures", {"source": image, "sampler": 0})
        return self.pictures[data.getvalue()]

    def _view(self, data: bytes, **more: int) -> int:
        self.blob += bytes(-len(self.blob) % 4)
        start = len(self.blob)
        self.blob += data
        return self.add("bufferViews", {"buffer": 0, "byteOffset": start, "byteLength": len(data)} | more)

    def add(self, kind: str, entry: dict[str, Any]) -> int:
        self.json[kind].append(entry)
        return len(self.json[kind]) - 1

    def save(self, path: Path, variants: Sequence[str]) -> None:
        used = ["KHR_materials_sheen"] * any("KHR_materials_sheen" in each.get("extensions", {}) for each in self.json["materials"])
        self.json |= {
            "buffers": [{"byteLength": len(self.blob)}],
            "scenes": [{"nodes": list(range(len(self.json["nodes"])))}],
            "scene": 0,
        }
        if variants:
            used.append("KHR_materials_variants")
            self.json["extensions"] = {"KHR_materials_variants": {"variants": [{"name": name} for name in variants]}}
        if used:
            self.json["extensionsUsed"] = used
        whole = {key: value for key, value in self.json.items() if value != []}
        text = json.dumps(whole, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        self.blob += bytes(-len(self.blob) % 4)
        chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(self.blob), b"BIN\0") + self.blob
        path.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks)


def write_glb(
    path: Path, meshes: Sequence[Mesh], materials: Mapping[str, Material], variants: Mapping[str, Mapping[str, str]],
    *, both_sides: bool = False,
) -> None:  # fmt: skip
    """Write meshes as one GLB file with an occlusion map of its own.

    Parameters
    ----------
    materials
        By name; all that one part wears in its variants have tiles of one size.
    variants
        Variant to {material: material it becomes}.
    """
    writer = _Writer()
    picture, places = occlusion_map(meshes, both_sides=both_sides)
    occlusion = writer.texture(picture, 88)
    worn = {mesh.material for mesh in meshes}
    worn |= {other for change in variants.values() for other in change.values()}
    numbers = {name: writer.add("materials", _entry(writer, name, each, occlusion)) for name, each in materials.items() if name in worn}
    for mesh, place in zip(meshes, places, strict=True):
        names = [change.get(mesh.material, mesh.material) for change in variants.values()]
        tile = materials[mesh.material].tile
        assert {materials[name].tile for name in names} <= {tile}
        differs = any(name != mesh.material for name in names)
        _add_mesh(writer, mesh, place, numbers[mesh.material], [numbers[name] for name in names] if differs else [], tile)
    writer.save(path, list(variants))


def _entry(writer: _Writer, name: str, material: Material, occlusion: int) -> dict[str, Any]:
    surface: dict[str, Any] = {
        "baseColorFactor": [*_linear(material.colour), 1.0],
        "roughnessFactor": material.roughness,
        "metallicFactor": material.metallic,
    }
    entry: dict[str, Any] = {"name": name, "pbrMetallicRoughness": surface, "occlusionTexture": {"index": occlusion, "texCoord": 1}}
    if material.picture is not None:
        surface["baseColorTexture"] = {"index": writer.texture(material.picture, 80)}
    if material.normal is not None:
        entry["normalTexture"] = {"index": writer.texture(material.normal, 78), "scale": material.strength}
    if material.double_sided:
        entry["doubleSided"] = True
    if material.sheen is not None:
        sheen = {"sheenColorFactor": _linear(material.sheen), "sheenRoughnessFactor": material.sheen_roughness}
        entry["extensions"] = {"KHR_materials_sheen": sheen}
    return entry


def _add_mesh(writer: _Writer, mesh: Mesh, place: Array, material: int, variants: Sequence[int], tile: float) -> None:
    cloth = np.column_stack([mesh.cloth[:, 0], -mesh.cloth[:, 1]]) / tile
    attributes = {
        "POSITION": writer.accessor(mesh.points.astype(np.float32), _FLOAT, bounds=True),
        "NORMAL": writer.accessor(mesh.normals.astype(np.float32), _FLOAT),
        "TANGENT": writer.accessor(mesh.tangents.astype(np.float32), _FLOAT),
        "TEXCOORD_0": writer.accessor(cloth.astype(np.float32), _FLOAT),
        "TEXCOORD_1": writer.accessor(np.rint(place * 65535).astype(np.uint16), _USHORT, normalized=True),
    }
    short = len(mesh.points) < 65535
    triangles = mesh.triangles.ravel().astype(np.uint16 if short else np.uint32)
    indices = writer.accessor(triangles, _USHORT if short else _UINT, _INDICES)
    primitive: dict[str, Any] = {"attributes": attributes, "indices": indices, "material": material}
    if variants:
        mappings = [{"material": worn, "variants": [number]} for number, worn in enumerate(variants)]
        primitive["extensions"] = {"KHR_materials_variants": {"mappings": mappings}}
    writer.add("nodes", {"mesh": writer.add("meshes", {"name": mesh.material, "primitives": [primitive]}), "name": mesh.material})


def _linear(colour: Colour) -> list[float]:
    return [round(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4, 6) for c in colour]
