"""glTF accessors as NumPy arrays: strides, normalized integers, sparse values; every offset is checked before it is followed.

Source: glTF 2.0, sections 3.6 (accessors) and 3.6.2.2 (data types).
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pygltflib import Accessor

from renderer.gltf.container import Document, pick
from vrlive.errors import InputError

Values = NDArray[Any]

MAX_VALUES: Final = 4_000_000  # in one accessor: four numbers for each of a million vertices

_TYPES: Final = {5120: np.int8, 5121: np.uint8, 5122: np.int16, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
_WIDTHS: Final = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


def read_accessor(document: Document, number: Any) -> Values:
    """Values of accessor `number`.

    Returns
    -------
    (count, components); float32 for floats and normalized integers, the stored type for other integers. Matrices are column-major.

    Raises
    ------
    InputError
        If the accessor points outside the file or is of a kind that no garment has.
    """
    accessor = pick(document.gltf.accessors, number, "accessor")
    dtype, width = form(accessor, number)
    if not 0 < accessor.count * width <= MAX_VALUES:
        raise InputError(f"accessor {number} claims {accessor.count} elements")
    if accessor.bufferView is None:
        values = np.zeros((accessor.count, width), dtype)
    else:
        values = _strided(document, accessor.bufferView, accessor.byteOffset or 0, accessor.count, dtype, width)
    if accessor.sparse is not None:
        values = _with_sparse(document, accessor, values)
    return as_floats(values) if accessor.normalized else values


def form(accessor: Accessor, number: int) -> tuple[np.dtype[Any], int]:
    """Type and number of an element's components."""
    if accessor.componentType not in _TYPES or accessor.type not in _WIDTHS or not isinstance(accessor.count, int):
        raise InputError(f"accessor {number} has type {accessor.type} of component type {accessor.componentType}, which no garment needs")
    return np.dtype(_TYPES[accessor.componentType]).newbyteorder("<"), _WIDTHS[accessor.type]


def as_floats(values: Values) -> Values:
    """Normalized integers to 0…1 or −1…1, as section 3.6.2.2 says."""
    if values.dtype.kind == "f":
        return values
    limit = np.float32(np.iinfo(values.dtype).max)
    return np.asarray(np.maximum(values.astype(np.float32) / limit, np.float32(-1)))


def _strided(document: Document, view: int, offset: int, count: int, dtype: np.dtype[Any], width: int) -> Values:
    data = document.view(view)
    tight = dtype.itemsize * width
    stride = pick(document.gltf.bufferViews, view, "bufferView").byteStride or tight
    if offset < 0 or stride < tight or offset + stride * (count - 1) + tight > len(data):
        raise InputError(f"{count} elements of {tight} bytes, {stride} apart, do not fit into bufferView {view} of {len(data)} bytes")
    return np.ndarray((count, width), dtype, data, offset, (stride, dtype.itemsize)).copy()


def _with_sparse(document: Document, accessor: Accessor, values: Values) -> Values:
    sparse = accessor.sparse
    if not 0 < sparse.count <= accessor.count or sparse.indices.componentType not in (5121, 5123, 5125):
        raise InputError("a sparse accessor replaces more elements than there are, or its indices are of no integer type")
    index_type = np.dtype(_TYPES[sparse.indices.componentType]).newbyteorder("<")
    where = _strided(document, sparse.indices.bufferView, sparse.indices.byteOffset or 0, sparse.count, index_type, 1)[:, 0]
    if where.max() >= accessor.count:
        raise InputError(f"a sparse accessor replaces element {where.max()} of {accessor.count}")
    offset = sparse.values.byteOffset or 0
    values[where] = _strided(document, sparse.values.bufferView, offset, sparse.count, values.dtype, values.shape[1])
    return values
