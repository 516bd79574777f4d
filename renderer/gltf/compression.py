"""Compressed geometry: buffer views of meshoptimizer, primitives of Draco.

Sources: EXT_meshopt_compression, KHR_draco_mesh_compression.
"""

from typing import Any, Final

import DracoPy
import meshoptimizer
import numpy as np
from numpy.typing import NDArray

from vrlive.errors import InputError

_FILTERS: Final = {
    "OCTAHEDRAL": (meshoptimizer.decode_filter_oct, (4, 8)),
    "QUATERNION": (meshoptimizer.decode_filter_quat, (8,)),
    "EXPONENTIAL": (meshoptimizer.decode_filter_exp, tuple(range(4, 257, 4))),
}


def decode_view(data: bytes, count: int, stride: int, mode: Any, filtered: Any) -> bytes:
    """``count × stride`` bytes of a buffer view that meshoptimizer packed.

    Raises
    ------
    InputError
        If `mode` or `filtered` is none of the extension's, or the bytes were not packed so.
    """
    if (filtered != "NONE" and (mode != "ATTRIBUTES" or filtered not in _FILTERS)) or not data:
        raise InputError(f"a compressed bufferView is empty, or has the filter {filtered} in the mode {mode}")
    try:
        if mode == "ATTRIBUTES":
            values = _attributes(data, count, stride, filtered)
        elif mode in ("TRIANGLES", "INDICES") and stride in (2, 4) and (mode == "INDICES" or count % 3 == 0):
            decode = meshoptimizer.decode_index_buffer if mode == "TRIANGLES" else meshoptimizer.decode_index_sequence
            values = decode(count, 4, data)
            if stride == 2 and values.max() > 0xFFFF:
                raise InputError("a compressed bufferView holds indices that its 2 bytes cannot")
            values = values.astype(f"<u{stride}")
        else:
            raise InputError(f"a compressed bufferView has the mode {mode} with {count} elements of {stride} bytes, which there is not")
    except (RuntimeError, ValueError) as fault:
        raise InputError(f"a compressed bufferView cannot be unpacked ({fault})") from fault
    return bytes(values.tobytes())


def _attributes(data: bytes, count: int, stride: int, filtered: str) -> NDArray[np.uint8]:
    if stride % 4 or stride > 256:
        raise InputError(f"a compressed bufferView has elements of {stride} bytes; multiples of 4 up to 256 are allowed")
    values = meshoptimizer.decode_vertex_buffer(count, stride, data, np.dtype((np.void, stride))).view(np.uint8)
    if filtered == "NONE":
        return np.asarray(values)
    decode, strides = _FILTERS[filtered]
    if stride not in strides:
        raise InputError(f"a compressed bufferView has the filter {filtered} over elements of {stride} bytes")
    return np.asarray(decode(values, count, stride))


def decode_draco(data: bytes) -> tuple[dict[int, NDArray[Any]], NDArray[np.uint32]]:
    """Attributes by their unique id, each (n, components), and triangles (m, 3), of what Draco packed."""
    try:
        mesh = DracoPy.decode(data)
        faces = np.asarray(mesh.faces, np.uint32).reshape(-1, 3)
        return {int(each["unique_id"]): np.asarray(each["data"]) for each in mesh.attributes}, faces
    except (DracoPy.FileTypeException, ValueError, RuntimeError, TypeError, AttributeError, AssertionError) as fault:
        raise InputError(f"its Draco-compressed geometry cannot be unpacked ({fault})") from fault
