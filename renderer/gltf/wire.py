"""A model as a stream of bytes between two processes: nothing in it is code, and nothing is larger than it may be.

A length, a JSON document in which arrays are named by number, then the arrays' bytes one after the other.
"""

import dataclasses
import json
import struct
from io import BufferedReader
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from renderer.gltf import model as types
from renderer.gltf.model import Model
from vrlive.errors import InputError

MAX_DOCUMENT: Final = 64 << 20  # bytes
MAX_ARRAYS: Final = 2 << 30  # bytes of all arrays: the textures that are allowed, twice the geometry that is

_TYPES: Final = {
    each.__name__: each
    for each in (Model, types.Material, types.Slot, types.Primitive, types.Shape, types.Node, types.Skin, types.Animation, types.Channel)
}
_DTYPES: Final = ("|u1", "<u2", "<u4", "<f4", "<f8")


def write_model(model: Model, stream: IO[bytes]) -> None:
    """Write a model."""
    arrays: list[NDArray[Any]] = []
    content = _plain(model, arrays)
    shapes = [[array.dtype.str, list(array.shape)] for array in arrays]
    write_document({"model": content, "arrays": shapes}, stream)
    for array in arrays:
        stream.write(np.ascontiguousarray(array).data.cast("B") if array.size else b"")


def write_document(document: dict[str, Any], stream: IO[bytes]) -> None:
    """Write a JSON document alone, such as why there is no model."""
    text = json.dumps(document).encode()
    stream.write(struct.pack("<Q", len(text)) + text)


def read_document(stream: BufferedReader) -> dict[str, Any] | None:
    """The JSON document at the start of a stream; None if the stream ends before."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    (size,) = struct.unpack("<Q", head)
    if size > MAX_DOCUMENT:
        raise InputError(f"its description would have {size >> 20} MiB")
    text = stream.read(size)
    if len(text) < size:
        return None
    document = json.loads(text)
    return document if isinstance(document, dict) else None


def read_arrays(document: dict[str, Any], stream: BufferedReader) -> Model:
    """The model that a document describes, with the arrays that follow it."""
    forms = [(np.dtype(dtype), tuple(shape)) for dtype, shape in document["arrays"] if dtype in _DTYPES]
    if len(forms) != len(document["arrays"]) or any(min(shape, default=0) < 0 for _, shape in forms):
        raise InputError("its arrays are of no kind that is known")
    if sum(dtype.itemsize * int(np.prod(shape, dtype=object)) for dtype, shape in forms) > MAX_ARRAYS:
        raise InputError(f"it would take more than {MAX_ARRAYS >> 30} GiB of memory")
    arrays = []
    for dtype, shape in forms:
        array = np.empty(shape, dtype)
        if array.size and _fill(stream, array.data.cast("B")) < array.nbytes:
            raise InputError("the process that read it ended too early")
        arrays.append(array)
    model = _typed(document["model"], arrays)
    if not isinstance(model, Model):
        raise InputError("the process that read it gave no model")
    if not _is_sound(model):
        raise InputError("the process that read it gave a model that cannot be drawn")
    return model


def _is_sound(model: Model) -> bool:
    """Whether nothing in it leads outside of it: whoever draws it trusts every index."""
    materials, images, nodes = len(model.materials), len(model.images), len(model.nodes)
    return (
        all(_holds(image, "|u1", (image.shape[0], image.shape[1], 4)) and image.size for image in model.images)
        and all(0 <= slot.image < images for each in model.materials for slot in each.textures.values())
        and all(-1 <= node.parent < number for number, node in enumerate(model.nodes))
        and all(0 <= joint < nodes for skin in model.skins for joint in skin.joints)
        and all(_holds(skin.inverse_bind, "<f8", (len(skin.joints), 4, 4)) for skin in model.skins)
        and all(0 <= channel.node < nodes for animation in model.animations for channel in animation.channels)
        and all(
            0 <= material < materials
            for each in model.primitives
            for material in (each.material, *each.variants.values())
        )
        and all(_is_sound_part(each, model) for each in model.primitives)
    )  # fmt: skip


def _is_sound_part(part: types.Primitive, model: Model) -> bool:
    count, shape = len(part.vertices), part.shape
    sound = (
        _holds(part.vertices, "<f4", (count, types.COLUMNS))
        and _holds(part.triangles, "<u4", (len(part.triangles), 3))
        and (not part.triangles.size or int(part.triangles.max()) < count)
        and bool(np.isfinite(part.vertices).all())
    )
    if not sound or shape is None:
        return sound
    joints = len(model.skins[shape.skin].joints) if shape.skin is not None else 0
    across = shape.joints.shape[1]
    return (
        0 <= shape.node < len(model.nodes)
        and _holds(shape.vertices, "<f4", (count, types.COLUMNS))
        and _holds(shape.targets, "<f4", (len(shape.targets), count, 9))
        and _holds(shape.joints, "<u2", (count, across))
        and _holds(shape.weights, "<f4", (count, across))
        and (not shape.joints.size or int(shape.joints.max()) < joints)
    )


def _holds(array: NDArray[Any], dtype: str, shape: tuple[int, ...]) -> bool:
    return array.dtype.str == dtype and array.shape == shape


def _fill(stream: BufferedReader, room: memoryview) -> int:
    filled = 0
    while filled < len(room) and (count := stream.readinto(room[filled:])):
        filled += count
    return filled


def _plain(value: Any, arrays: list[NDArray[Any]]) -> Any:
    if dataclasses.is_dataclass(value):
        fields = {each.name: _plain(getattr(value, each.name), arrays) for each in dataclasses.fields(value)}
        return {"type": type(value).__name__, "fields": fields}
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, dict):
        return {"map": {key: _plain(each, arrays) for key, each in value.items()}}
    if isinstance(value, tuple):
        return [_plain(each, arrays) for each in value]
    assert value is None or isinstance(value, str | int | float | bool), value
    return value


def _typed(value: Any, arrays: list[NDArray[Any]]) -> Any:
    if isinstance(value, list):
        return tuple(_typed(each, arrays) for each in value)
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return arrays[value["array"]]
    if "map" in value:
        return {key: _typed(each, arrays) for key, each in value["map"].items()}
    return _TYPES[value["type"]](**{key: _typed(each, arrays) for key, each in value["fields"].items()})
