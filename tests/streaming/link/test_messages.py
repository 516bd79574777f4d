"""Messages of the engine link."""

import pytest

from streaming.access_unit import AccessUnit
from streaming.link import messages
from streaming.link.messages import HEADER_LIMIT, PAYLOAD_LIMIT, PREFIX_SIZE, Kind, Message
from vrlive.errors import LinkError

PICTURE = AccessUnit("video", b"\x00\x00\x00\x01\x67picture", 123_456_789_012, True, 12.25)
SOUND = AccessUnit("audio", b"sound", 960, True, 12.3)


def travel(message: Message) -> Message:
    wire = message.encode()
    kind, header_length, payload_length = messages.decode_prefix(wire[:PREFIX_SIZE])
    header, payload = wire[PREFIX_SIZE:][:header_length], wire[PREFIX_SIZE + header_length :]
    assert len(payload) == payload_length
    return messages.decode(kind, header, payload)


@pytest.mark.parametrize("unit", [PICTURE, SOUND])
def test_an_access_unit_arrives_as_it_left(unit: AccessUnit) -> None:
    assert messages.to_unit(travel(messages.from_unit(unit))) == unit


@pytest.mark.parametrize("unit", [PICTURE, SOUND])
def test_an_access_unit_of_a_camera_arrives_as_it_left(unit: AccessUnit) -> None:
    assert messages.to_camera(travel(messages.from_camera("front", unit))) == ("front", unit)


@pytest.mark.parametrize("camera", [None, "", 5, "x" * 64])
def test_an_access_unit_of_a_camera_must_name_it(camera: object) -> None:
    message = messages.from_camera("front", PICTURE)
    with pytest.raises(LinkError, match="of the camera"):
        messages.to_camera(Message(Kind.CAMERA, {**message.header, "camera": camera}, message.payload))


def test_a_slate_arrives_as_it_left() -> None:
    assert messages.to_slate(travel(messages.from_slate([PICTURE, PICTURE]))) == (PICTURE, PICTURE)


def test_the_hello_is_understood() -> None:
    messages.check_hello(travel(messages.hello()))


def test_another_version_is_refused_by_number() -> None:
    with pytest.raises(LinkError, match="speaks version 99, this side 5"):
        messages.check_hello(Message(Kind.HELLO, {"version": 99}))


def test_anything_before_hello_is_refused() -> None:
    with pytest.raises(LinkError, match="version None"):
        messages.check_hello(Message(Kind.STATUS, {"version": 1}))


@pytest.mark.parametrize(
    "prefix", [b"GET / HT", b"\x00\x01\x00\x00\x00\x00\x00\x00", b"\x63\x00\x00\x00\x00\x00\x00\x00", b"\x01\x00\x00\x00\xff\xff\xff\xff"]
)
def test_nonsense_is_refused(prefix: bytes) -> None:
    with pytest.raises(LinkError, match="does not speak its language"):
        messages.decode_prefix(prefix)


@pytest.mark.parametrize("header", [b"", b"{", b"[1]", b"\xff", b"null"])
def test_a_header_must_be_a_json_object(header: bytes) -> None:
    with pytest.raises(LinkError, match="JSON"):
        messages.decode(Kind.STATUS, header, b"")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"kind": "smell"},
        {"pts": 1.5},
        {"pts": True},
        {"keyframe": 1},
        {"captured_s": "now"},
        {"captured_s": None},
        {"rendition": -1},
        {"rendition": 99},
        {"rendition": True},
    ],
)
def test_an_access_unit_must_be_described_in_full(fields: dict[str, object]) -> None:
    right = {"kind": "video", "pts": 1, "keyframe": True, "captured_s": 1.0, "rendition": 0}
    with pytest.raises(LinkError):
        messages.to_unit(Message(Kind.UNIT, {**right, **fields} if fields else {}, b"picture"))


@pytest.mark.parametrize("header", [{}, {"units": 5}, {"units": [5]}, {"units": [{"length": 3}]}, {"units": []}])
def test_a_slate_must_add_up(header: dict[str, object]) -> None:
    with pytest.raises(LinkError, match=r"slate|access unit"):
        messages.to_slate(Message(Kind.SLATE, header, b"picture"))


def test_too_much_is_not_sent() -> None:
    with pytest.raises(LinkError, match="too long"):
        Message(Kind.STATUS, {"text": "x" * HEADER_LIMIT}).encode()
    with pytest.raises(LinkError, match="too long"):
        Message(Kind.UNIT, {}, bytes(PAYLOAD_LIMIT + 1)).encode()
