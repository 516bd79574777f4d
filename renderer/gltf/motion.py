"""Poses: where nodes, skins, morph targets and animations put the vertices.

Sources: glTF 2.0, sections 3.7.3 (skins), 3.7.2.2 (morph targets), 3.11 (animations) and appendix C (interpolation).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from renderer.gltf.model import NORMAL, POSITION, TANGENT, Animation, Channel, Floats, Model, Node, Shape, Skin
from renderer.gltf.surface import unit
from vrlive.errors import InputError, did_you_mean

Array = NDArray[np.float64]

_EYE: Final = np.eye(4)


def find_animation(model: Model, name: str) -> Animation:
    """The animation of a name; InputError if the model has none of it."""
    names = [each.name for each in model.animations]
    if name not in names:
        hint = did_you_mean(name, names, f"it has {', '.join(names) or 'none'}")
        raise InputError(f"the model has no animation “{name}”; {hint}")
    return model.animations[names.index(name)]


def posed_vertices(model: Model, animation: Animation | None, time_s: float) -> tuple[Floats, ...]:
    """Vertices of each primitive at a time of an animation; at rest without one.

    Before its first keyframe and after its last, an animation holds them: who wants a loop gives ``time_s % duration_s``.

    Returns
    -------
    One (n, 18) float32 for each primitive, as `Primitive.vertices`; the same array where nothing moves.
    """
    worlds, weights = _placed(model.nodes, animation, time_s)
    return tuple(
        each.vertices if each.shape is None else pose(each.shape, model.skins, worlds, weights[each.shape.node])
        for each in model.primitives
    )


def world_matrices(nodes: tuple[Node, ...]) -> Array:
    """Matrix of each node at rest to the model's root, (nodes, 4, 4)."""
    return _placed(nodes, None, 0.0)[0]


def pose(shape: Shape, skins: tuple[Skin, ...], worlds: Array, weights: Array) -> Floats:
    """A primitive's vertices, (n, 18) float32, with its nodes at `worlds` and `weights` (targets,) of its morph targets."""
    vertices = shape.vertices.astype(np.float64)
    if len(shape.targets) and weights.any():
        moved = np.tensordot(weights, shape.targets.astype(np.float64), 1)
        vertices[:, :9] += moved
        vertices[:, NORMAL] = unit(vertices[:, NORMAL])
    if shape.skin is None:
        matrix = worlds[shape.node][None]
    else:
        skin = skins[shape.skin]
        joints = worlds[list(skin.joints)] @ skin.inverse_bind
        matrix = np.einsum("nk,nkij->nij", shape.weights, joints[shape.joints]) if len(shape.joints) < 4096 else _blended(shape, joints)
    linear = matrix[:, :3, :3]
    vertices[:, POSITION] = _each(linear, vertices[:, POSITION]) + matrix[:, :3, 3]
    vertices[:, NORMAL] = unit(_each(_cofactors(linear), vertices[:, NORMAL]))
    along = TANGENT.start, TANGENT.start + 3
    vertices[:, slice(*along)] = unit(_each(linear, vertices[:, slice(*along)]))
    return vertices.astype(np.float32)


def _blended(shape: Shape, joints: Array) -> Array:
    """The same without an array of (n, k, 4, 4)."""
    matrix = np.zeros((len(shape.joints), 4, 4))
    for number in range(shape.joints.shape[1]):
        matrix += shape.weights[:, number, None, None] * joints[shape.joints[:, number]]
    return matrix


def _each(matrices: Array, vectors: Array) -> Array:
    if len(matrices) == 1:
        return np.asarray(vectors @ matrices[0].T)
    return np.asarray(np.einsum("nij,nj->ni", matrices, vectors))


def _cofactors(linear: Array) -> Array:
    """Of each (3, 3): turns normals, as the transposed inverse does, but is defined for flattened ones too.

    A mirroring matrix turns normals inside out; they are turned back, since triangles are wound anew then.
    """
    rows = [np.cross(linear[:, (row + 1) % 3], linear[:, (row + 2) % 3]) for row in range(3)]
    return np.stack(rows, axis=1) * np.where(np.linalg.det(linear) < 0, -1.0, 1.0)[:, None, None]


def _placed(nodes: tuple[Node, ...], animation: Animation | None, time_s: float) -> tuple[Array, list[Array]]:
    """Matrix of each node to the root, and each node's shares of morph targets."""
    moved: dict[int, dict[str, Array]] = {}
    for channel in animation.channels if animation else ():
        moved.setdefault(channel.node, {})[channel.path] = sample(channel, time_s)
    worlds, weights = np.tile(_EYE, (len(nodes), 1, 1)), []
    for number, node in enumerate(nodes):
        at = moved.get(number, {})
        local = node.matrix
        if local is None or at.keys() - {"weights"}:
            local = compose(at.get("translation", node.translation), at.get("rotation", node.rotation), at.get("scale", node.scale))
        worlds[number] = local if node.parent < 0 else worlds[node.parent] @ local
        weights.append(at.get("weights", node.weights))
    return worlds, weights


def compose(translation: Array, rotation: Array, scale: Array) -> Array:
    """Translation × rotation × scale, (4, 4)."""
    x, y, z, w = rotation / max(float(np.linalg.norm(rotation)), 1e-20)
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, :3] *= scale
    matrix[:3, 3] = translation
    return matrix


def sample(channel: Channel, time_s: float) -> Array:
    """A channel's value at a time, (width,) float64."""
    times, values = channel.times_s.astype(np.float64), channel.values.astype(np.float64)
    after = int(np.searchsorted(times, time_s, side="right"))
    cubic = channel.interpolation == "CUBICSPLINE"
    if after == 0 or after == len(times):
        end = values[0 if after == 0 else -1]
        return _whole(channel, end[1] if cubic else end)
    before = after - 1
    span = times[after] - times[before]
    share = (time_s - times[before]) / span
    if channel.interpolation == "STEP":
        return _whole(channel, values[before])
    if cubic:
        return _whole(channel, _hermite(values[before], values[after], share, span))
    if channel.path == "rotation":
        return _slerp(values[before], values[after], share)
    return np.asarray(values[before] * (1 - share) + values[after] * share)


def _hermite(before: Array, after: Array, share: float, span: float) -> Array:
    square, cube = share**2, share**3
    return np.asarray(
        (2 * cube - 3 * square + 1) * before[1] + span * (cube - 2 * square + share) * before[2]
        + (-2 * cube + 3 * square) * after[1] + span * (cube - square) * after[0]
    )  # fmt: skip


def _slerp(before: Array, after: Array, share: float) -> Array:
    """Along the shorter arc."""
    cosine = float(before @ after)
    if cosine < 0:
        after, cosine = -after, -cosine
    if cosine > 1 - 1e-9:
        mixed = before * (1 - share) + after * share
    else:
        angle = np.arccos(cosine)
        mixed = (before * np.sin((1 - share) * angle) + after * np.sin(share * angle)) / np.sin(angle)
    return np.asarray(mixed / np.linalg.norm(mixed))


def _whole(channel: Channel, value: Array) -> Array:
    if channel.path != "rotation":
        return value
    return np.asarray(value / max(float(np.linalg.norm(value)), 1e-20))
