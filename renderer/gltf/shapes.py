"""OBJ, PLY and STL files: shapes alone, by way of trimesh. What they say of materials is not kept."""

import io
from typing import Any, Final

import numpy as np

from renderer.gltf.geometry import MAX_TRIANGLES, MAX_VERTICES
from renderer.gltf.model import COLOUR, COLUMNS, FIRST_UV, NORMAL, POSITION, SECOND_UV, TANGENT, Material, Model, Primitive
from renderer.gltf.surface import smooth_normals, tangents, unit
from vrlive.errors import InputError

SHAPES: Final = (".obj", ".ply", ".stl")
LACKING: Final = "units (1 is taken for 1 m), materials, variants and movement"

_CLOTH: Final = Material(name="cloth", base_colour=(0.5, 0.5, 0.5, 1.0), metallic=0.0, roughness=0.8, double_sided=True)
SAMPLES: Final = {
    ".obj": b"v 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 0 1\nf 1/1 2/2 3/3\n",
    ".ply": b"ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\nelement face 1\n"
    b"property list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n",
    ".stl": b"solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\nendsolid a\n",
}


def read_shape(data: bytes, suffix: str) -> Model:
    """Read the shape in a file of one of `SHAPES`; InputError, without the file's name, if there is none."""
    try:
        with np.errstate(all="ignore"):
            return _read(data, suffix)
    except InputError:
        raise
    except MemoryError:
        raise
    except Exception as fault:
        raise InputError(f"is not a sound {suffix[1:].upper()} file ({type(fault).__name__}: {str(fault)[:200]})") from fault


def _read(data: bytes, suffix: str) -> Model:
    import trimesh  # noqa: PLC0415 - slow to load, and seldom needed

    loaded: Any = trimesh.load(io.BytesIO(data), file_type=suffix[1:], force="mesh", process=False)
    position, faces = np.asarray(loaded.vertices, np.float64), np.asarray(loaded.faces)
    if not len(faces) or not np.isfinite(position).all():
        raise InputError("holds no triangles, or a position that is no number")
    if len(faces) > MAX_TRIANGLES or len(position) > MAX_VERTICES:
        raise InputError(f"has {len(faces)} triangles and {len(position)} vertices; at most {MAX_TRIANGLES} are drawn; decimate it")
    if faces.min() < 0 or faces.max() >= len(position):
        raise InputError(f"has a triangle that names vertex {faces.max()} of {len(position)}")
    triangles = faces.astype(np.uint32)
    if suffix == ".stl":  # three vertices for each triangle: those at one place become one, so that its surface is smooth
        position, where = np.unique(position, axis=0, return_inverse=True)
        triangles = where.reshape(-1)[triangles].astype(np.uint32)
    uv = getattr(loaded.visual, "uv", None)
    uv = np.asarray(uv, np.float64) * (1, -1) + (0, 1) if uv is not None and len(uv) == len(position) else np.zeros((len(position), 2))
    normal = smooth_normals(position, triangles) if suffix == ".stl" else unit(np.asarray(loaded.vertex_normals, np.float64))
    tangent, origin, triangles = tangents(position, normal, uv, triangles)
    vertices = np.empty((len(origin), COLUMNS), np.float32)
    vertices[:, COLOUR] = 1
    for columns, values in ((POSITION, position), (NORMAL, normal), (FIRST_UV, uv), (SECOND_UV, uv)):
        vertices[:, columns] = values[origin]
    vertices[:, TANGENT] = tangent
    if not (np.abs(vertices) < 10_000_000).all():
        raise InputError("has a vertex that is beyond all measure")
    return Model((Primitive(vertices, triangles, 0, {}),), (_CLOTH, Material()), (), ())
