"""The messages of the engine link, without any I/O.

On the wire a message is a prefix of 8 bytes, a header of JSON and a payload of bytes::

    u8 kind | u8 reserved (0) | u16 length of header | u32 length of payload | header | payload     (network byte order)

Each side sends HELLO first; its header holds the version. What the other side sends is checked, never trusted.
"""

import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from streaming.access_unit import AccessUnit
from vrlive.errors import LinkError

VERSION = 5
MOST_RENDITIONS = 16
LONGEST_NAME = 63  # of a camera
HEADER_LIMIT = 64 * 1024 - 1  # all that its length field can say; a status of 32 cameras takes a tenth
PAYLOAD_LIMIT = 16 * 1024 * 1024  # a keyframe of 8192×4096 at the highest rate stays far below

_PREFIX = struct.Struct("!BBHI")
PREFIX_SIZE = _PREFIX.size


class Kind(IntEnum):
    """What a message is."""

    HELLO = 0
    UNIT = 1  # up: one access unit
    SLATE = 2  # up: the access units of the slate
    STATUS = 3  # up: the engine's status, any JSON object
    CONTROL = 4  # down: a JSON object with the key ``do``
    CAMERA = 5  # down: one access unit of a camera that is published
    ASK = 6  # up: a JSON object with the key ``do``
    SCENE = 7  # up: a JSON object with the key ``what``, and a small picture: what viewers need who draw garments themselves


@dataclass(frozen=True, slots=True)
class Message:
    """One message: a JSON object and raw bytes."""

    kind: Kind
    header: dict[str, Any] = field(default_factory=dict)
    payload: bytes = b""

    def encode(self) -> bytes:
        """The message as it goes on the wire.

        Raises
        ------
        LinkError
            If it is longer than the other side would accept.
        """
        header = json.dumps(self.header, separators=(",", ":")).encode()
        if len(header) > HEADER_LIMIT or len(self.payload) > PAYLOAD_LIMIT:
            raise LinkError(f"a {self.kind.name} of {len(header)} + {len(self.payload)} bytes is too long for the engine link")
        return _PREFIX.pack(self.kind, 0, len(header), len(self.payload)) + header + self.payload


def decode_prefix(prefix: bytes) -> tuple[Kind, int, int]:
    """Kind, length of the header, length of the payload.

    Raises
    ------
    LinkError
        If it is no prefix of ours, or announces more than is allowed.
    """
    kind, reserved, header_length, payload_length = _PREFIX.unpack(prefix)
    if reserved or kind not in set(Kind) or payload_length > PAYLOAD_LIMIT:
        raise LinkError(f"the other side of the engine link does not speak its language ({prefix.hex()})")
    return Kind(kind), header_length, payload_length


def decode(kind: Kind, header: bytes, payload: bytes) -> Message:
    """Join what was read after a prefix.

    Raises
    ------
    LinkError
        If the header is not a JSON object.
    """
    try:
        fields = json.loads(header)
    except ValueError as fault:
        raise LinkError(f"a {kind.name} on the engine link has a header that is not JSON") from fault
    if not isinstance(fields, dict):
        raise LinkError(f"a {kind.name} on the engine link has a header that is not a JSON object")
    return Message(kind, fields, payload)


def hello() -> Message:
    """The first message of either side."""
    return Message(Kind.HELLO, {"version": VERSION})


def check_hello(message: Message) -> None:
    """Refuse another version, or a message that is no HELLO of ours.

    Raises
    ------
    LinkError
        Naming both versions.
    """
    version = message.header.get("version") if message.kind is Kind.HELLO else None
    if version != VERSION:
        raise LinkError(f"the other side of the engine link speaks version {version}, this side {VERSION}; restart both from one install")


def from_unit(unit: AccessUnit) -> Message:
    """An access unit as a message."""
    return Message(Kind.UNIT, _describe(unit), unit.data)


def to_unit(message: Message) -> AccessUnit:
    """The access unit in a message.

    Raises
    ------
    LinkError
        If a field is missing or of the wrong type.
    """
    return _unit(message.header, message.payload)


def from_camera(camera: str, unit: AccessUnit) -> Message:
    """An access unit of a camera as a message."""
    return Message(Kind.CAMERA, {"camera": camera, **_describe(unit)}, unit.data)


def to_camera(message: Message) -> tuple[str, AccessUnit]:
    """The camera's name, and its access unit.

    Raises
    ------
    LinkError
        If a field is missing or of the wrong type.
    """
    camera = message.header.get("camera")
    if type(camera) is not str or not 0 < len(camera) <= LONGEST_NAME:
        raise LinkError(f"an access unit on the engine link is of the camera {camera!r}")
    return camera, _unit(message.header, message.payload)


def from_slate(units: Iterable[AccessUnit]) -> Message:
    """The slate's access units as one message."""
    units = tuple(units)
    described = [{**_describe(unit), "length": len(unit.data)} for unit in units]
    return Message(Kind.SLATE, {"units": described}, b"".join(unit.data for unit in units))


def to_slate(message: Message) -> tuple[AccessUnit, ...]:
    """The slate in a message.

    Raises
    ------
    LinkError
        If the lengths do not add up, or a field is missing.
    """
    units, rest = [], message.payload
    try:
        for described in message.header["units"]:
            length = int(described["length"])
            units.append(_unit(described, rest[:length]))
            rest = rest[length:]
    except (KeyError, TypeError, ValueError) as fault:
        raise LinkError("the slate on the engine link lacks fields") from fault
    if rest or any(not unit.data for unit in units):
        raise LinkError("the slate on the engine link has another length than announced")
    return tuple(units)


def _describe(unit: AccessUnit) -> dict[str, Any]:
    return {
        "kind": unit.kind, "pts": unit.pts, "keyframe": unit.keyframe, "captured_s": unit.captured_s, "rendition": unit.rendition,
    }  # fmt: skip


def _unit(fields: dict[str, Any], data: bytes) -> AccessUnit:
    try:
        kind, pts, keyframe, captured_s = fields["kind"], fields["pts"], fields["keyframe"], fields["captured_s"]
        rendition = fields["rendition"]
    except (KeyError, TypeError) as fault:
        raise LinkError(f"an access unit on the engine link lacks {fault}") from fault
    sound = kind in ("video", "audio") and type(pts) is int and type(keyframe) is bool and type(captured_s) is float
    if not sound or type(rendition) is not int or not 0 <= rendition <= MOST_RENDITIONS:
        raise LinkError(f"an access unit on the engine link is described by {fields}")
    return AccessUnit(kind, data, pts, keyframe, captured_s, rendition)
