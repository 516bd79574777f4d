"""Writes GLB files: surfaces with materials, variants and a shared occlusion map.

Sources: glTF 2.0, KHR_materials_variants, KHR_materials_sheen.
"""

import io
import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tools.garments.surface import Surface, sky_seen

Pixels = NDArray[np.uint8]

_FLOAT, _USHORT, _UINT = 5126, 5123, 5125
_VERTICES, _INDICES = 34962, 34963  # what a buffer view is for
_TYPES: Final = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}


class GlbWriter:
    """Collects accessors and pictures into one binary chunk."""

    def __init__(self) -> None:
        self.json: dict[str, Any] = {
            "asset": {"version": "2.0", "generator": "vrlive tools/make_garment.py"},
            **{key: [] for key in ("accessors", "bufferViews", "images", "textures", "materials", "meshes", "nodes")},
        }
        self._blob = bytearray()

    def accessor(
        self, values: NDArray[Any], component: int, *, target: int = _VERTICES, normalized: bool = False, bounds: bool = False
    ) -> int:
        """Add an array, (n, k) or (n,)."""
        columns = values.reshape(len(values), -1)
        entry = {
            "bufferView": self._view(values.tobytes(), target=target),
            "componentType": component,
            "count": len(values),
            "type": _TYPES[columns.shape[1]],
        }
        if normalized:
            entry["normalized"] = True
        if bounds:
            entry |= {"min": columns.min(axis=0).tolist(), "max": columns.max(axis=0).tolist()}
        return self._add("accessors", entry)

    def texture(self, pixels: Pixels) -> int:
        """Add a picture as PNG."""
        data = io.BytesIO()
        Image.fromarray(pixels).save(data, "PNG", optimize=True)
        image = self._add("images", {"bufferView": self._view(data.getvalue()), "mimeType": "image/png"})
        return self._add("textures", {"source": image})

    def material(self, entry: dict[str, Any]) -> int:
        """Add a material."""
        return self._add("materials", entry)

    def surface(
        self, surface: Surface, occlusion_place: NDArray[np.float64], material: int, variants: Sequence[int], tile_m: float
    ) -> None:
        """Add a surface; `variants` are its materials in each variant, empty when they do not differ."""
        attributes = {
            "POSITION": self.accessor(_rows(surface.points), _FLOAT, bounds=True),
            "NORMAL": self.accessor(_rows(surface.normals), _FLOAT),
            "TANGENT": self.accessor(_rows(surface.tangents), _FLOAT),
            "TEXCOORD_0": self.accessor(_rows(surface.lengths / tile_m), _FLOAT),
            "TEXCOORD_1": self.accessor(np.rint(_rows(occlusion_place) * 65535).astype(np.uint16), _USHORT, normalized=True),
        }
        triangles = surface.triangles.ravel()
        short = triangles.max() < 65535
        indices = self.accessor(triangles.astype(np.uint16 if short else np.uint32), _USHORT if short else _UINT, target=_INDICES)
        primitive: dict[str, Any] = {"attributes": attributes, "indices": indices, "material": material}
        if variants:
            mappings = [{"material": worn, "variants": [number]} for number, worn in enumerate(variants)]
            primitive["extensions"] = {"KHR_materials_variants": {"mappings": mappings}}
        mesh = self._add("meshes", {"name": surface.material, "primitives": [primitive]})
        self._add("nodes", {"mesh": mesh, "name": surface.material})

    def save(self, path: Path, variants: Sequence[str]) -> None:
        """Write the file."""
        self.json |= {
            "buffers": [{"byteLength": len(self._blob)}],
            "scenes": [{"nodes": list(range(len(self.json["nodes"])))}],
            "scene": 0,
            "extensionsUsed": ["KHR_materials_sheen", "KHR_materials_variants"],
            "extensions": {"KHR_materials_variants": {"variants": [{"name": name} for name in variants]}},
        }
        text = json.dumps(self.json, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        self._blob += bytes(-len(self._blob) % 4)
        chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(self._blob), b"BIN\0") + self._blob
        path.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks)

    def _view(self, data: bytes, **more: int) -> int:
        self._blob += bytes(-len(self._blob) % 4)
        start = len(self._blob)
        self._blob += data
        return self._add("bufferViews", {"buffer": 0, "byteOffset": start, "byteLength": len(data)} | more)

    def _add(self, kind: str, entry: dict[str, Any]) -> int:
        self.json[kind].append(entry)
        return len(self.json[kind]) - 1


def write_garment(
    path: Path, surfaces: list[Surface], materials: Mapping[str, dict[str, Any]], variants: Mapping[str, Mapping[str, str]],
    pictures: Mapping[str, Pixels], tile_m: float,
) -> None:  # fmt: skip
    """Write surfaces as one GLB file with an occlusion map of its own.

    Parameters
    ----------
    materials
        glTF materials by name; a texture's ``index`` is a name of `pictures`.
    variants
        Variant to {material: material it becomes}.
    pictures
        (height, width, 3) each.
    """
    writer = GlbWriter()
    atlas, places = _occlusion_map(surfaces)
    occlusion = writer.texture(atlas)
    textures = {name: writer.texture(pixels) for name, pixels in pictures.items()}
    numbers = {}
    for name, entry in materials.items():
        finished = _with_textures(entry, textures) | {"name": name, "occlusionTexture": {"index": occlusion, "texCoord": 1}}
        numbers[name] = writer.material(finished)
    for surface, place in zip(surfaces, places, strict=True):
        worn = [numbers[change.get(surface.material, surface.material)] for change in variants.values()]
        differs = any(number != numbers[surface.material] for number in worn)
        writer.surface(surface, place, numbers[surface.material], worn if differs else (), tile_m)
    writer.save(path, list(variants))


def _occlusion_map(surfaces: list[Surface]) -> tuple[Pixels, list[NDArray[np.float64]]]:
    """One picture with a texel for each point, surface under surface, and each point's place in it."""
    seen = sky_seen(surfaces)
    width, height = max(each.shape[1] for each in seen), sum(each.shape[0] + 1 for each in seen)
    atlas = np.full((height, width), 255, np.uint8)
    places, row = [], 0
    for share in seen:
        rows, columns = share.shape
        atlas[row : row + rows, :columns] = np.rint(share * 255)
        across, down = (np.arange(columns) + 0.5) / width, (row + np.arange(rows) + 0.5) / height
        places.append(np.stack(np.broadcast_arrays(across, down[:, None]), axis=-1))
        row += rows + 1
    return np.repeat(atlas[..., None], 3, axis=-1), places


def _with_textures(entry: Any, textures: Mapping[str, int]) -> Any:
    if isinstance(entry, dict):
        return {key: textures[value] if key == "index" else _with_textures(value, textures) for key, value in entry.items()}
    return entry


def _rows(grid: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.ascontiguousarray(grid.reshape(-1, grid.shape[-1]), np.float32)
