"""GLB files written: a file's own content in a new container, at another scale, or a bare shape.

Source: glTF 2.0, section 4.4.
"""

import json
import struct
from typing import Any

import numpy as np

from renderer.gltf.container import chunks
from renderer.gltf.model import FIRST_UV, NORMAL, POSITION, Model


def as_glb(data: bytes, scale: float = 1.0) -> bytes:
    """A GLB, or a glTF file with everything in it, as a GLB, `scale` times as large. It is taken to be sound."""
    text, blob = (data, b"") if data.lstrip()[:1] == b"{" else chunks(data)
    if scale == 1.0 and text is not data:
        return data
    content = json.loads(text)
    if scale != 1.0:
        _scale(content, scale)
    return pack(content, blob)


def shape_as_glb(model: Model, scale: float = 1.0) -> bytes:
    """A shape that came from an OBJ, PLY or STL file."""
    import trimesh  # noqa: PLC0415 - slow to load, and seldom needed

    part, material = model.primitives[0], model.materials[0]
    loaded: Any = trimesh
    surface = loaded.visual.material.PBRMaterial(
        name=material.name,
        baseColorFactor=[round(value * 255) for value in material.base_colour],
        metallicFactor=material.metallic,
        roughnessFactor=material.roughness,
        doubleSided=material.double_sided,
    )
    uv = part.vertices[:, FIRST_UV].astype(np.float64) * (1, -1) + (0, 1)  # trimesh's v grows upwards
    mesh = loaded.Trimesh(
        part.vertices[:, POSITION] * scale,
        part.triangles,
        vertex_normals=part.vertices[:, NORMAL],
        visual=loaded.visual.TextureVisuals(uv, material=surface),
        process=False,
    )
    return bytes(loaded.exchange.gltf.export_glb(loaded.Scene(mesh), include_normals=True))


def pack(content: dict[str, Any], blob: bytes = b"") -> bytes:
    """A GLB container."""
    text = json.dumps(content, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    blob += bytes(-len(blob) % 4)
    body = struct.pack("<I4s", len(text), b"JSON") + text + (struct.pack("<I4s", len(blob), b"BIN\0") + blob if blob else b"")
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body


def _scale(content: dict[str, Any], scale: float) -> None:
    """Hang each scene below a node of its own."""
    for scene in content.get("scenes", ()):
        nodes = content.setdefault("nodes", [])
        nodes.append({"name": "scale", "scale": [scale] * 3, "children": scene.get("nodes", [])})
        scene["nodes"] = [len(nodes) - 1]
