"""glTF accessors as NumPy arrays: strides, normalized integers, sparse values; every offset is checked before it is followed.

Source: glTF 2.0, sections 3.6 (accessors) and 3.6.2.2 (data types).
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pygltflib import GLTF2, Accessor

from vrlive.errors import InputError

Values = NDArray[Any]

MAX_VALUES: Final = 4_000_000  # in one accessor: four numbers for each of a million vertices

_TYPES: Final = {5120: np.int8, 5121: np.uint8, 5122: np.int16, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
_WIDTHS: Final = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


def read_accessor(gltf: GLTF2, number: int, blob: bytes) -> Values:
    """Values of accessor `number` over the file's binary chunk.

    Returns
    -------
    (count, components); float32 for floats and normalized integers, the stored type for other integers.

    Raises
    ------
    InputError
        If the accessor points outside the file or is of a kind that no garment has.
    """
    accessor = pick(gltf.accessors, number, "accessor")
    dtype, width = _form(accessor, number)
    if not 0 < accessor.count * width <= MAX_VALUES:
        raise InputError(f"accessor {number} claims {accessor.count} elements")
    if accessor.bufferView is None:
        values = np.zeros((accessor.count, width), dtype)
    else:
        values = _strided(gltf, accessor.bufferView, accessor.byteOffset or 0, accessor.count, dtype, width, blob)
    if accessor.sparse is not None:
        values = _with_sparse(gltf, accessor, values, blob)
    return _as_floats(values) if accessor.normalized else values


def view_bytes(gltf: GLTF2, number: int, blob: bytes) -> bytes:
    """The bytes of buffer view `number`; InputError if it lies outside the file."""
    view = pick(gltf.bufferViews, number, "bufferView")
    start, length = view.byteOffset or 0, view.byteLength or 0
    if view.buffer != 0 or start < 0 or length < 0 or start + length > len(blob):
        raise InputError(f"bufferView {number} wants bytes {start} to {start + length}, the file's binary chunk has {len(blob)}")
    return blob[start : start + length]


def pick(items: list[Any] | None, number: Any, kind: str) -> Any:
    """``items[number]``; InputError if the file names one that it does not hold."""
    if not isinstance(number, int) or not 0 <= number < len(items or ()):
        raise InputError(f"{kind} {number} is named, but the file has {len(items or ())}")
    return (items or [])[number]


def _form(accessor: Accessor, number: int) -> tuple[np.dtype[Any], int]:
    if accessor.componentType not in _TYPES or accessor.type not in _WIDTHS or not isinstance(accessor.count, int):
        raise InputError(f"accessor {number} has type {accessor.type} of component type {accessor.componentType}, which no garment needs")
    return np.dtype(_TYPES[accessor.componentType]).newbyteorder("<"), _WIDTHS[accessor.type]


def _strided(gltf: GLTF2, view: int, offset: int, count: int, dtype: np.dtype[Any], width: int, blob: bytes) -> Values:
    data = view_bytes(gltf, view, blob)
    tight = dtype.itemsize * width
    stride = pick(gltf.bufferViews, view, "bufferView").byteStride or tight
    if offset < 0 or stride < tight or offset + stride * (count - 1) + tight > len(data):
        raise InputError(f"{count} elements of {tight} bytes, {stride} apart, do not fit into bufferView {view} of {len(data)} bytes")
    return np.ndarray((count, width), dtype, data, offset, (stride, dtype.itemsize)).copy()


def _with_sparse(gltf: GLTF2, accessor: Accessor, values: Values, blob: bytes) -> Values:
    sparse = accessor.sparse
    if not 0 < sparse.count <= accessor.count or sparse.indices.componentType not in (5121, 5123, 5125):
        raise InputError("a sparse accessor replaces more elements than there are, or its indices are of no integer type")
    index_type = np.dtype(_TYPES[sparse.indices.componentType]).newbyteorder("<")
    where = _strided(gltf, sparse.indices.bufferView, sparse.indices.byteOffset or 0, sparse.count, index_type, 1, blob)[:, 0]
    if where.max() >= accessor.count:
        raise InputError(f"a sparse accessor replaces element {where.max()} of {accessor.count}")
    offset = sparse.values.byteOffset or 0
    values[where] = _strided(gltf, sparse.values.bufferView, offset, sparse.count, values.dtype, values.shape[1], blob)
    return values


def _as_floats(values: Values) -> Values:
    """Normalized integers to 0…1 or −1…1, as section 3.6.2.2 says."""
    if values.dtype.kind == "f":
        return values
    limit = np.float32(np.iinfo(values.dtype).max)
    return np.asarray(np.maximum(values.astype(np.float32) / limit, np.float32(-1)))
