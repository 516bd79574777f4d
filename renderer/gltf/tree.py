"""Nodes, skins and animations of a glTF file, checked.

Source: glTF 2.0, sections 3.5.2 (nodes), 3.7.3 (skins) and 3.11 (animations).
"""

from collections.abc import Iterator
from typing import Any, Final, get_args

import numpy as np
from numpy.typing import NDArray

from renderer.gltf.accessors import read_accessor
from renderer.gltf.container import Document, pick
from renderer.gltf.model import Animation, Channel, Interpolation, Node, Property, Skin
from vrlive.errors import InputError

Array = NDArray[np.float64]

_MAX_DEPTH: Final = 32  # of the node tree
_MAX_JOINTS: Final = 1024
_MAX_KEYS: Final = 4_000_000  # numbers in all animations together
_WIDTHS: Final[dict[Any, int]] = {"translation": 3, "rotation": 4, "scale": 3}


def read_nodes(document: Document) -> tuple[tuple[Node, ...], dict[int, int]]:
    """All nodes, parents first, and the place of each of the file's numbers among them."""
    nodes = document.gltf.nodes or []
    below = {child for node in nodes for child in node.children or ()}
    order = list(_walk(document, [number for number in range(len(nodes)) if number not in below], -1, 0, set()))
    left = set(range(len(nodes))) - {number for number, _ in order}
    if left:  # none of them is on top
        raise InputError(f"node {min(left)} hangs below two others, or below itself")
    places = {number: place for place, (number, _) in enumerate(order)}
    return tuple(_node(document, number, places.get(parent, -1)) for number, parent in order), places


def shown(document: Document, nodes: tuple[Node, ...], places: dict[int, int]) -> list[int]:
    """Places of the nodes that the file's scene shows, parents first."""
    roots = pick(document.gltf.scenes, document.gltf.scene or 0, "scene").nodes or []
    seen = {places[number] for number in roots if pick(document.gltf.nodes, number, "node")}
    for place, node in enumerate(nodes):
        if node.parent in seen:
            seen.add(place)
    return sorted(seen)


def read_skins(document: Document, places: dict[int, int]) -> tuple[Skin, ...]:
    """All skins."""
    return tuple(_skin(document, skin, number, places) for number, skin in enumerate(document.gltf.skins or ()))


def read_animations(document: Document, nodes: tuple[Node, ...], places: dict[int, int]) -> tuple[Animation, ...]:
    """All animations; what they do to anything else than nodes is left out."""
    found, keys = [], 0
    for number, animation in enumerate(document.gltf.animations or ()):
        channels = []
        for channel in animation.channels:
            if channel.target.node is not None and channel.target.path in get_args(Property):
                channels.append(_channel(document, animation, channel, nodes, places))
                keys += channels[-1].values.size
                if keys > _MAX_KEYS:
                    raise InputError(f"its animations have more than {_MAX_KEYS} numbers; bake fewer keyframes")
        end = max((float(each.times_s[-1]) for each in channels), default=0.0)
        found.append(Animation(str(animation.name or f"animation {number + 1}")[:200], tuple(channels), end))
    return tuple(found)


def _walk(document: Document, numbers: list[int], parent: int, depth: int, seen: set[int]) -> Iterator[tuple[int, int]]:
    """Every node with its parent. Nodes are a tree (glTF 2.0, section 3.5.2): each is `seen` once."""
    if depth > _MAX_DEPTH:
        raise InputError(f"its nodes are nested more than {_MAX_DEPTH} deep")
    for number in numbers:
        node = pick(document.gltf.nodes, number, "node")
        if number in seen:
            raise InputError(f"node {number} hangs below two others, or below itself")
        seen.add(number)
        yield number, parent
        yield from _walk(document, node.children or [], number, depth + 1, seen)


def _node(document: Document, number: int, parent: int) -> Node:
    node = pick(document.gltf.nodes, number, "node")
    if node.matrix is None:
        matrix = None
    else:
        matrix = _numbers(node.matrix, 16, number).reshape(4, 4).T
    mesh = None if node.mesh is None else pick(document.gltf.meshes, node.mesh, "mesh")
    targets = len(mesh.primitives[0].targets or ()) if mesh and mesh.primitives else 0
    # pygltflib knows no weights of nodes
    weights = document.content["nodes"][number].get("weights") or (mesh and mesh.weights) or [0.0] * targets
    return Node(
        parent,
        _numbers(node.translation or (0, 0, 0), 3, number),
        _numbers(node.rotation or (0, 0, 0, 1), 4, number),
        _numbers(node.scale or (1, 1, 1), 3, number),
        matrix,
        _numbers(weights, targets, number) if mesh else np.zeros(0),
    )


def _numbers(values: Any, count: int, number: int) -> Array:
    read = np.array(values, np.float64)
    if read.shape != (count,):
        raise InputError(f"node {number} has {read.size} numbers where {count} are needed")
    if not np.isfinite(read).all():
        raise InputError(f"node {number} has no size, or one without end")
    return read


def _skin(document: Document, skin: Any, number: int, places: dict[int, int]) -> Skin:
    joints = tuple(places[joint] for joint in skin.joints or () if pick(document.gltf.nodes, joint, "node"))
    if not 0 < len(joints) <= _MAX_JOINTS:
        raise InputError(f"skin {number} has {len(joints)} joints; 1 to {_MAX_JOINTS} are read")
    inverse = np.tile(np.eye(4), (len(joints), 1, 1))
    if skin.inverseBindMatrices is not None:
        values = read_accessor(document, skin.inverseBindMatrices)
        if values.shape[0] < len(joints) or values.shape[1] != 16 or not np.isfinite(values).all():
            raise InputError(f"skin {number} has {values.shape[0]} matrices for {len(joints)} joints, or some that are no numbers")
        inverse = values[: len(joints)].astype(np.float64).reshape(-1, 4, 4).transpose(0, 2, 1)
    return Skin(joints, np.ascontiguousarray(inverse))


def _channel(document: Document, animation: Any, channel: Any, nodes: tuple[Node, ...], places: dict[int, int]) -> Channel:
    sampler = pick(animation.samplers, channel.sampler, "sampler")
    pick(document.gltf.nodes, channel.target.node, "node")
    place, path = places[channel.target.node], channel.target.path
    interpolation: Any = sampler.interpolation or "LINEAR"
    if interpolation not in get_args(Interpolation):
        raise InputError(f"an animation interpolates by {interpolation}; there are {', '.join(get_args(Interpolation))}")
    times = read_accessor(document, sampler.input)[:, 0].astype(np.float32)
    values = read_accessor(document, sampler.output).astype(np.float32)
    width = _WIDTHS.get(path, len(nodes[place].weights))
    cubic = interpolation == "CUBICSPLINE"
    if width == 0 or values.size != len(times) * width * (3 if cubic else 1):
        raise InputError(f"an animation of {path} has {values.size} numbers for {len(times)} keyframes of {width}")
    if not (np.isfinite(times).all() and (np.diff(times) > 0).all() and np.isfinite(values).all()) or times[0] < 0:
        raise InputError(f"an animation of {path} has keyframes whose times do not rise from 0 on, or values that are no numbers")
    return Channel(place, path, interpolation, times, values.reshape((len(times), 3, width) if cubic else (len(times), width)))
