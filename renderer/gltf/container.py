"""GLB and embedded glTF files taken apart: JSON, buffers, buffer views. Nothing outside the file is ever opened.

Sources: glTF 2.0, sections 3.6 and 4.4; EXT_meshopt_compression.
"""

import base64
import binascii
import json
import struct
from dataclasses import dataclass, field
from typing import Any, Final

from pygltflib import GLTF2

from renderer.gltf.compression import decode_view
from vrlive.errors import InputError

_MAX_JSON: Final = 4 << 20  # bytes, of a GLB's JSON chunk: embedded pictures belong into its binary chunk
_MAX_ENTRIES: Final = 4096  # nodes, meshes, primitives, …: thousands of them are read slowly and drawn slowly
_MAX_UNPACKED: Final = 256 << 20  # bytes, of all compressed buffer views together


@dataclass(frozen=True)
class Document:
    """A file taken apart.

    Attributes
    ----------
    gltf, content
        Its JSON: typed, and as it stands (pygltflib has no place for a node's weights).
    buffers
        The bytes of each buffer; empty for one that only stands in for a compressed one.
    """

    gltf: GLTF2
    content: dict[str, Any]
    buffers: tuple[bytes, ...]
    _unpacked: dict[int, bytes] = field(default_factory=dict)

    def view(self, number: Any) -> bytes:
        """The bytes of buffer view `number`, decompressed; InputError if it lies outside the file."""
        view = pick(self.gltf.bufferViews, number, "bufferView")
        packed = extension(view, "EXT_meshopt_compression")
        if not packed:
            return self._bytes(number, view.buffer, view.byteOffset, view.byteLength)
        if number not in self._unpacked:
            count, stride = packed.get("count"), packed.get("byteStride")
            room = _MAX_UNPACKED - sum(map(len, self._unpacked.values()))
            if not isinstance(count, int) or not isinstance(stride, int) or min(count, stride) < 1 or count * stride > room:
                raise InputError(f"bufferView {number} would unpack to {count} × {stride} bytes; at most {_MAX_UNPACKED >> 20} MiB are")
            data = self._bytes(number, packed.get("buffer"), packed.get("byteOffset"), packed.get("byteLength"))
            self._unpacked[number] = decode_view(data, count, stride, packed.get("mode"), packed.get("filter") or "NONE")
        return self._unpacked[number]

    def _bytes(self, number: int, buffer: Any, offset: int | None, size: int | None) -> bytes:
        data: bytes = pick(list(self.buffers), buffer, "buffer")
        start, length = offset or 0, size or 0
        if start < 0 or length < 0 or start + length > len(data):
            raise InputError(f"bufferView {number} wants bytes {start} to {start + length}, the file's buffer {buffer} has {len(data)}")
        return data[start : start + length]


def open_document(data: bytes) -> Document:
    """Take a GLB, or a glTF file with everything in it, apart."""
    text, blob = (data, None) if data.lstrip()[:1] == b"{" else chunks(data)
    content = json.loads(text.decode())
    if not isinstance(content, dict):
        raise InputError("its JSON chunk is not an object")
    _check_entries(content)
    if not str((content.get("asset") or {}).get("version", "")).startswith("2."):
        raise InputError(f"is of glTF version {(content.get('asset') or {}).get('version')}; version 2 is read")
    gltf = GLTF2.from_json(text.decode(), infer_missing=True)
    return Document(gltf, content, tuple(_buffer(each, number, blob) for number, each in enumerate(gltf.buffers or ())))


def data_uri(uri: str, what: str) -> bytes:
    """What a ``data:`` URI holds (RFC 2397, in base64)."""
    if not isinstance(uri, str) or not uri.startswith("data:"):
        raise InputError(f"{what} lies in a file of its own, {str(uri)[:80]}; export as one GLB with everything in it")
    head, _, body = uri.partition(",")
    if not head.endswith(";base64"):
        raise InputError(f"{what} is embedded otherwise than in base64")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as fault:
        raise InputError(f"{what} is not sound base64 ({fault})") from fault


def pick(items: Any, number: Any, kind: str) -> Any:
    """``items[number]``; InputError if the file names one that it does not hold."""
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < len(items or ()):
        raise InputError(f"{kind} {number} is named, but the file has {len(items or ())}")
    return items[number]


def extension(owner: Any, name: str) -> dict[str, Any]:
    """What an extension says about something; empty if nothing."""
    found = (owner.extensions or {}).get(name) or {}
    if not isinstance(found, dict):
        raise InputError(f"{name} is not an object")
    return found


def chunks(data: bytes) -> tuple[bytes, bytes]:
    """JSON text and binary chunk of a GLB container (glTF 2.0, section 4.4)."""
    if len(data) < 20 or data[:4] != b"glTF":
        raise InputError("is not a GLB file: it does not start with “glTF”")
    version, length = struct.unpack_from("<II", data, 4)
    if version != 2 or length > len(data):
        raise InputError(f"claims glTF version {version} and {length} bytes; it has {len(data)}, and version 2 is read")
    chunks: dict[bytes, bytes] = {}
    start = 12
    while start + 8 <= length:
        size, kind = struct.unpack_from("<I4s", data, start)
        if start + 8 + size > length:
            raise InputError(f"a chunk claims {size} bytes, {length - start - 8} are left")
        chunks.setdefault(kind, data[start + 8 : start + 8 + size])
        start += 8 + size
    text = chunks.get(b"JSON", b"")
    if len(text) > _MAX_JSON:
        raise InputError(f"its JSON chunk has {len(text) >> 20} MiB; at most {_MAX_JSON >> 20} MiB are read")
    return text, chunks.get(b"BIN\0", b"")


def _check_entries(content: dict[str, Any]) -> None:
    """Lists of what has to be read one by one are not endless."""
    lists = {name: values for name, values in content.items() if isinstance(values, list)}
    lists["primitives"] = [each for mesh in content.get("meshes", ()) for each in mesh["primitives"]]
    lists["morph targets"] = [target for each in lists["primitives"] for target in each.get("targets", ())]
    lists["animation channels"] = [channel for each in content.get("animations", ()) for channel in each["channels"]]
    longest = max(lists, key=lambda name: len(lists[name]))
    if len(lists[longest]) > _MAX_ENTRIES:
        raise InputError(f"has {len(lists[longest])} {longest}; at most {_MAX_ENTRIES} are read; join its parts")


def _buffer(buffer: Any, number: int, blob: bytes | None) -> bytes:
    if buffer.uri is not None:
        data = data_uri(buffer.uri, f"buffer {number}")
    elif number == 0 and blob is not None:
        data = blob
    elif extension(buffer, "EXT_meshopt_compression"):
        return b""  # never read: the views over it say where their compressed bytes lie
    else:
        raise InputError(f"buffer {number} is nowhere; export as one GLB with everything in it")
    size = buffer.byteLength
    if not isinstance(size, int) or not 0 <= size <= len(data):
        raise InputError(f"buffer {number} claims {size} bytes, and has {len(data)}")
    return data[:size]
