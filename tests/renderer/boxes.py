"""Small GLB files written by hand, so that the reader is not tested with a writer of ours."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Colour = tuple[float, float, float]

RED: Colour = (1.0, 0.0, 0.0)
GREEN: Colour = (0.0, 1.0, 0.0)
BLUE: Colour = (0.0, 0.0, 1.0)
YELLOW: Colour = (1.0, 1.0, 0.0)
WHITE: Colour = (1.0, 1.0, 1.0)

FLOAT, USHORT, UBYTE, BYTE = 5126, 5123, 5121, 5120

_SIDES = {"front": (0, 0, 1), "back": (0, 0, -1), "left": (1, 0, 0), "right": (-1, 0, 0), "top": (0, 1, 0), "bottom": (0, -1, 0)}


def glb(content: dict[str, Any], blob: bytes = b"") -> bytes:
    """A GLB container."""
    text = json.dumps({"asset": {"version": "2.0"}, **content}).encode()
    text += b" " * (-len(text) % 4)
    blob += bytes(-len(blob) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + (struct.pack("<I4s", len(blob), b"BIN\0") + blob if blob else b"")
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


class Blob:
    """Accessors and the bytes behind them, (n, k) arrays in."""

    def __init__(self) -> None:
        self.data = b""
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []

    def view(self, data: bytes, **more: int) -> int:
        """Add a buffer view."""
        self.data += bytes(-len(self.data) % 4)
        self.views.append({"buffer": 0, "byteOffset": len(self.data), "byteLength": len(data), **more})
        self.data += data
        return len(self.views) - 1

    def add(self, values: NDArray[Any], component: int, **more: Any) -> int:
        """Add an accessor."""
        kind = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}[values.shape[1]]
        entry = {"bufferView": self.view(values.tobytes()), "componentType": component, "count": len(values), "type": kind}
        self.accessors.append(entry | more)
        return len(self.accessors) - 1

    def content(self, **more: Any) -> dict[str, Any]:
        """The file's JSON with these and `more`."""
        return {"buffers": [{"byteLength": len(self.data)}], "bufferViews": self.views, "accessors": self.accessors, **more}


def write_box(
    path: Path, size_m: tuple[float, float, float] = (0.5, 1.5, 0.5), *, sides: dict[str, Colour] | None = None,
    variants: dict[str, Colour] | None = None, unlit: bool = True,
) -> Path:  # fmt: skip
    """A box on its bottom's middle, facing +Z; white, or each side of its own colour, or of one colour a variant."""
    blob, primitives = Blob(), []
    paints = list((variants or {}).values()) or [(sides or {}).get(side, WHITE) for side in _SIDES]
    for number, normal in enumerate(_SIDES.values()):
        positions = _side(np.array(normal, np.float64)) * size_m + [0, size_m[1] / 2, 0]
        primitive: dict[str, Any] = {
            "attributes": {
                "POSITION": blob.add(positions.astype(np.float32), FLOAT),
                "NORMAL": blob.add(np.tile(np.array(normal, np.float32), (4, 1)), FLOAT),
            },
            "indices": blob.add(np.array([[0], [1], [2], [0], [2], [3]], np.uint16), USHORT),
            "material": 0 if variants else number,
        }
        if variants:
            mappings = [{"material": each, "variants": [each]} for each in range(len(variants))]
            primitive["extensions"] = {"KHR_materials_variants": {"mappings": mappings}}
        primitives.append(primitive)
    materials = [_paint(colour, unlit=unlit) for colour in paints]
    more: dict[str, Any] = {
        "materials": materials,
        "meshes": [{"primitives": primitives}],
        "nodes": [{"mesh": 0}],
        "scenes": [{"nodes": [0]}],
    }
    if variants:
        more["extensions"] = {"KHR_materials_variants": {"variants": [{"name": name} for name in variants]}}
    path.write_bytes(glb(blob.content(**more), blob.data))
    return path


def _side(normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corners of one side of the unit cube around 0, counter-clockwise seen from outside, (4, 3)."""
    across = np.roll(normal, 1)
    up = np.cross(normal, across)
    return 0.5 * np.array([normal - across - up, normal + across - up, normal + across + up, normal - across + up])


def _paint(colour: Colour, *, unlit: bool) -> dict[str, Any]:
    pbr = {"baseColorFactor": [*colour, 1.0], "metallicFactor": 0.0, "roughnessFactor": 1.0}
    return {"pbrMetallicRoughness": pbr} | ({"extensions": {"KHR_materials_unlit": {}}} if unlit else {})


def write_disc(path: Path, radius_m: float, colour: Colour = RED) -> Path:
    """A flat unlit disc around its origin, facing +Z: its edge meets pixels in all ways, so that its middle can be found exactly."""
    turn = np.arange(96) / 96 * 2 * np.pi
    positions = np.vstack([[0, 0, 0], np.column_stack([np.cos(turn), np.sin(turn), np.zeros(96)]) * radius_m])
    number = np.arange(96)
    triangles = np.column_stack([np.zeros(96), number + 1, (number + 1) % 96 + 1])
    blob = Blob()
    attributes = {
        "POSITION": blob.add(positions.astype(np.float32), FLOAT),
        "NORMAL": blob.add(np.tile(np.array([0, 0, 1], np.float32), (97, 1)), FLOAT),
    }
    primitive = {"attributes": attributes, "indices": blob.add(triangles.astype(np.uint16).reshape(-1, 1), USHORT), "material": 0}
    material = _paint(colour, unlit=True) | {"doubleSided": True}
    content = blob.content(materials=[material], meshes=[{"primitives": [primitive]}], nodes=[{"mesh": 0}], scenes=[{"nodes": [0]}])
    path.write_bytes(glb(content, blob.data))
    return path


def write_nodding(path: Path, bent_deg: float, lasts_s: float = 0.0) -> Path:
    """A pole in two halves with a joint in its middle: bent forward at rest, or, if it lasts, by a clip “nod” from upright on."""
    blob = Blob()
    positions = np.vstack([_side(np.array(normal, np.float64)) * [0.3, 1.4, 0.2] + [0, 0.7, 0] for normal in _SIDES.values()])
    normals = np.repeat(np.array(list(_SIDES.values()), np.float32), 4, axis=0)
    joints = np.zeros((24, 4), np.uint8)
    joints[:, 0] = positions[:, 1] > 0.7
    weights = np.zeros((24, 4), np.float32)
    weights[:, 0] = 1
    corners = np.concatenate([np.array([0, 1, 2, 0, 2, 3]) + 4 * side for side in range(6)])
    bind = np.tile(np.eye(4, dtype=np.float32), (2, 1, 1))
    bind[1, 3, 1] = -0.7  # column-major: the joint is 0.7 m up
    half = np.radians(bent_deg) / 2
    bent = [float(np.sin(half)), 0.0, 0.0, float(np.cos(half))]
    attributes = {
        "POSITION": blob.add(positions.astype(np.float32), FLOAT),
        "NORMAL": blob.add(normals, FLOAT),
        "JOINTS_0": blob.add(joints, UBYTE),
        "WEIGHTS_0": blob.add(weights, FLOAT),
    }
    primitive = {"attributes": attributes, "indices": blob.add(corners.astype(np.uint16).reshape(-1, 1), USHORT), "material": 0}
    inverse = blob.view(bind.tobytes())
    blob.accessors.append({"bufferView": inverse, "componentType": FLOAT, "count": 2, "type": "MAT4"})
    more: dict[str, Any] = {
        "materials": [_paint(WHITE, unlit=False)],
        "meshes": [{"primitives": [primitive]}],
        "skins": [{"joints": [1, 2], "inverseBindMatrices": len(blob.accessors) - 1}],
        "nodes": [
            {"mesh": 0, "skin": 0},
            {"children": [2]},
            {"translation": [0, 0.7, 0], "rotation": [0, 0, 0, 1] if lasts_s else bent},
        ],
        "scenes": [{"nodes": [0, 1]}],
    }
    if lasts_s:
        times = np.array([[0.0], [lasts_s]], np.float32)
        turns = np.array([[0, 0, 0, 1], bent], np.float32)
        sampler = {"input": blob.add(times, FLOAT, min=[0.0], max=[lasts_s]), "output": blob.add(turns, FLOAT), "interpolation": "LINEAR"}
        channel = {"sampler": 0, "target": {"node": 2, "path": "rotation"}}
        more["animations"] = [{"name": "nod", "samplers": [sampler], "channels": [channel]}]
    path.write_bytes(glb(blob.content(**more), blob.data))
    return path
