"""Garments read from glTF files: geometry in metres, materials, colour variants, and what moves them.

Source: glTF 2.0; the extensions are named in `SUPPORTED`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from renderer.gltf.container import Document, extension, open_document, pick
from renderer.gltf.geometry import check_amount, drawn, read_primitive
from renderer.gltf.materials import read_images, read_materials
from renderer.gltf.model import Model, Node, Primitive, Skin
from renderer.gltf.motion import world_matrices
from renderer.gltf.tree import read_animations, read_nodes, read_skins, shown
from vrlive.errors import InputError

MAX_BYTES: Final = 64 << 20

SUPPORTED: Final = frozenset(
    {
        "KHR_materials_variants",
        "KHR_materials_sheen",
        "KHR_materials_unlit",
        "KHR_materials_emissive_strength",
        "KHR_texture_transform",
        "KHR_mesh_quantization",
        "KHR_draco_mesh_compression",
        "EXT_meshopt_compression",
        "EXT_texture_webp",
    }
)


def read_glb(path: Path) -> Model:
    """Read a garment, in this process; `renderer.gltf.guard` reads one that nobody trusts.

    Raises
    ------
    InputError
        If the file is missing, is no GLB, lies about its sizes, or needs something that is not drawn here.
    """
    try:
        check_size(path.stat().st_size)
        return read_model(path.read_bytes())
    except OSError as fault:
        raise InputError(f"{path}: cannot be read: {fault.strerror or fault}") from fault
    except InputError as fault:
        raise InputError(f"{path}: {fault}") from fault


def check_size(size: int) -> None:
    """InputError if a file of so many bytes is not read."""
    if size > MAX_BYTES:
        raise InputError(f"it has {size >> 20} MiB; at most {MAX_BYTES >> 20} MiB are read, 10 are recommended")


def read_model(data: bytes) -> Model:
    """Read a garment from the bytes of its file; InputError, without the file's name, if that cannot be."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            return _read(open_document(data))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError) as fault:
        raise InputError(f"is not a sound GLB file ({type(fault).__name__}: {str(fault)[:200]})") from fault


def _read(document: Document) -> Model:
    gltf = document.gltf
    missing = set(gltf.extensionsRequired or ()) - SUPPORTED
    if missing:
        raise InputError(f"needs {', '.join(sorted(missing))}, which is not supported; export without it")
    names = [str(each["name"])[:200] for each in extension(gltf, "KHR_materials_variants").get("variants", ())]
    variants = tuple(names)
    if len(set(names)) < len(names):
        raise InputError("two of its variants have one name")
    materials = read_materials(document)
    nodes, places = read_nodes(document)
    seen = shown(document, nodes, places)
    numbers = {place: number for number, place in places.items()}
    parts = [(place, each) for place in seen for each in _primitives(document, numbers[place])]
    check_amount(document, [primitive for _, primitive in parts])
    skins = read_skins(document, places)
    animations = read_animations(document, nodes, places)
    moved = {channel.node for animation in animations for channel in animation.channels}
    for place, node in enumerate(nodes):
        if node.parent in moved:
            moved.add(place)
    worlds = world_matrices(nodes)
    primitives = tuple(
        read_primitive(
            document, primitive, place, _skin(document, numbers[place], skins), still=place not in moved,
            nodes=nodes, skins=skins, worlds=_sound(worlds, numbers, place), materials=materials, variants=variants,
        )
        for place, primitive in parts
    )  # fmt: skip
    return Model(primitives, materials, read_images(document), variants, *_moving(primitives, nodes, skins), animations, _ignored(document))


def _primitives(document: Document, number: int) -> list[Any]:
    mesh = document.gltf.nodes[number].mesh
    return [] if mesh is None else drawn(document, mesh)


def _skin(document: Document, number: int, skins: tuple[Skin, ...]) -> int | None:
    skin: int | None = document.gltf.nodes[number].skin
    if skin is not None:
        pick(skins, skin, "skin")
    return skin


def _sound(worlds: Any, numbers: dict[int, int], place: int) -> Any:
    """The matrices, if that of the node that carries a mesh gives it a size."""
    matrix = worlds[place]
    if not np.isfinite(matrix).all() or np.linalg.det(matrix[:3, :3]) == 0:
        raise InputError(f"node {numbers[place]} has no size, or one without end")
    return worlds


def _moving(primitives: tuple[Primitive, ...], nodes: tuple[Node, ...], skins: tuple[Skin, ...]) -> tuple[Any, Any]:
    """Nodes and skins, if any part needs them."""
    return (nodes, skins) if any(each.shape for each in primitives) else ((), ())


def _ignored(document: Document) -> tuple[str, ...]:
    """What the file also holds, in words."""
    return tuple(dict.fromkeys(_ignored_words(document)))


def _ignored_words(document: Document) -> Iterator[str]:
    gltf = document.gltf
    for mesh in gltf.meshes or ():
        for primitive in mesh.primitives:
            if primitive.mode in (0, 1, 2, 3):
                yield "points and lines"
    if gltf.cameras:
        yield "cameras"
    yield from sorted(str(each)[:80] for each in set(gltf.extensionsUsed or ()) - SUPPORTED)
