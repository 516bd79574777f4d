"""Our own packets, and aiortc's, become the pictures that they were made of; broken ones never reach a decoder."""

import random

import pytest
from aiortc.codecs.h264 import H264Encoder

from streaming.access_unit import AccessUnit
from streaming.rtp.depacketise import LARGEST_BYTES, Depacketiser, Picture, parameter_sets
from streaming.rtp.jitter import Packet

SPS, PPS = b"\x67\x42\xe0\x1f\x01", b"\x68\xce\x01"
IDR, SLICE = b"\x65\x88" + bytes(range(200)), b"\x41\x9a" + bytes(range(100))


class Line:
    """A depacketiser, and the pictures it has given."""

    def __init__(self, sets: list[bytes] | None = None) -> None:
        self.depacketiser = Depacketiser(sets)
        self.pictures: list[Picture] = []
        self._sequence = 0

    def push(self, payload: bytes, stamp: int, *, last: bool, broken: bool = False) -> None:
        self._sequence += 1
        self.pictures += self.depacketiser.push(Packet(self._sequence, stamp, last, payload, stamp / 90_000), broken=broken)


def annex_b(*nals: bytes) -> bytes:
    return b"".join(b"\0\0\0\1" + nal for nal in nals)


def several(*nals: bytes) -> bytes:
    """STAP-A."""
    return b"\x78" + b"".join(len(nal).to_bytes(2) + nal for nal in nals)


def fragments(nal: bytes, size: int) -> list[bytes]:
    """FU-A."""
    pieces = [nal[1:][at : at + size] for at in range(0, len(nal) - 1, size)]
    return [
        bytes([nal[0] & 0xE0 | 28, (n == 0) << 7 | (n == len(pieces) - 1) << 6 | nal[0] & 0x1F]) + piece for n, piece in enumerate(pieces)
    ]


def test_single_units_of_one_stamp_are_one_picture() -> None:
    line = Line()
    for nal in (SPS, PPS, IDR):
        line.push(nal, 0, last=nal is IDR)
    line.push(SLICE, 3600, last=True)
    assert line.pictures == [Picture(annex_b(SPS, PPS, IDR), 0, True, 0.0), Picture(annex_b(SLICE), 3600, False, 0.04)]


def test_aggregates_and_fragments_are_taken_apart_and_joined() -> None:
    line = Line()
    line.push(several(SPS, PPS), 0, last=False)
    for piece in fragments(IDR, 60):
        line.push(piece, 0, last=piece[1] & 0x40 > 0)
    assert line.pictures[0].data == annex_b(SPS, PPS, IDR)
    assert line.pictures[0].keyframe


def test_without_a_marker_the_next_stamp_ends_a_picture() -> None:
    line = Line([SPS, PPS])
    line.push(IDR, 0, last=False)
    line.push(SLICE, 3600, last=False)
    line.push(SLICE, 7200, last=False)
    assert [picture.stamp for picture in line.pictures] == [0, 3600]


def test_nothing_is_given_before_a_keyframe() -> None:
    line = Line()
    line.push(SLICE, 0, last=True)
    assert not line.pictures
    assert line.depacketiser.needs_keyframe
    line.push(IDR, 3600, last=True)
    line.push(SLICE, 7200, last=True)
    assert [picture.stamp for picture in line.pictures] == [3600, 7200]
    assert not line.depacketiser.needs_keyframe


def test_a_stream_that_is_joined_amid_a_keyframe_begins_with_the_next() -> None:
    """GStreamer repeats parameter sets before each slice: what is left of the picture looks whole."""
    line = Line()
    line.push(several(SPS, PPS), 0, last=False)
    line.push(b"\x65\x00\xc8" + bytes(100), 0, last=True)
    line.push(SLICE, 3600, last=True)
    assert not line.pictures
    assert line.depacketiser.needs_keyframe
    line.push(several(SPS, PPS), 7200, last=False)
    line.push(IDR, 7200, last=False)
    line.push(b"\x65\x00\xc8" + bytes(100), 7200, last=True)
    assert [picture.stamp for picture in line.pictures] == [7200]


def test_after_a_loss_nothing_is_given_up_to_the_next_keyframe() -> None:
    line = Line()
    line.push(IDR, 0, last=True)
    first, _, last = fragments(SLICE, 40)
    line.push(first, 3600, last=False)
    line.push(last, 3600, last=True, broken=True)
    line.push(SLICE, 7200, last=True)
    assert line.depacketiser.needs_keyframe
    line.push(IDR, 10800, last=True)
    line.push(SLICE, 14400, last=True)
    assert [picture.stamp for picture in line.pictures] == [0, 10800, 14400]


def test_the_end_of_a_picture_is_lost_with_the_start_of_the_next() -> None:
    line = Line()
    line.push(several(SPS, PPS), 0, last=False)
    line.push(fragments(IDR, 60)[0], 0, last=False)
    line.push(SLICE, 3600, last=True, broken=True)
    assert not line.pictures


def test_keyframes_get_the_parameter_sets_that_came_before_or_by_signalling() -> None:
    line = Line([SPS, PPS])
    line.push(IDR, 0, last=True)
    line.push(several(SPS, b"\x68\xce\x02"), 1800, last=True)
    line.push(IDR, 3600, last=True)
    assert [picture.data for picture in line.pictures] == [annex_b(SPS, PPS, IDR), annex_b(SPS, b"\x68\xce\x02", IDR)]


def test_parameter_sets_stand_before_all_slices_once() -> None:
    line = Line()
    for nal in (b"\x09\x10", SPS, PPS, IDR, SPS, PPS, IDR):
        line.push(nal, 0, last=False)
    line.push(SLICE, 3600, last=True)
    assert line.pictures[0].data == annex_b(SPS, PPS, IDR, IDR), "else a decoder would take the second slice for another picture"


def test_padding_is_no_picture() -> None:
    line = Line()
    line.push(b"", 0, last=False)
    line.push(IDR, 3600, last=True)
    line.push(b"", 3600, last=False)
    line.push(SLICE, 7200, last=True)
    assert [picture.stamp for picture in line.pictures] == [3600, 7200]


def test_parameter_sets_are_read_from_sdp() -> None:
    assert parameter_sets("packetization-mode=1;sprop-parameter-sets=Z0LgHwE=,aM4B;profile-level-id=42e01f") == [SPS, PPS]
    assert parameter_sets("packetization-mode=1") == []
    assert parameter_sets("sprop-parameter-sets=Z0Lg!!,aM4B") == []
    assert parameter_sets("sprop-parameter-sets=,,,") == []


def test_a_picture_without_end_is_given_up() -> None:
    line = Line()
    piece = bytes(60_000)
    line.push(fragments(IDR, 100)[0], 0, last=False)
    for _ in range(2 * LARGEST_BYTES // 60_000):
        line.push(b"\x7c\x05" + piece, 0, last=False)
    assert line.depacketiser._open
    assert line.depacketiser._open._fragments is None
    line.push(IDR, 3600, last=True)
    assert [picture.stamp for picture in line.pictures] == [3600]


MALFORMED = {
    "an aggregate that is cut off": several(SPS, PPS)[:-1],
    "an aggregate of nothing": b"\x78\0\0",
    "an aggregate of half a length": b"\x78\0",
    "a fragment of nothing": b"\x7c\x85",
    "a fragment without a start": fragments(SLICE, 40)[1],
    "an aggregate of interleaved mode": b"\x79\0\0\0\5abcde",
    "a kind that there is not": b"\x1f" + bytes(9),
    "kind 0": b"\0" + bytes(9),
}


@pytest.mark.parametrize("payload", MALFORMED.values(), ids=MALFORMED)
def test_malformed_packets_spoil_their_picture_only(payload: bytes) -> None:
    line = Line()
    line.push(IDR, 0, last=True)
    line.push(payload, 3600, last=False)
    line.push(SLICE, 3600, last=True)
    assert line.depacketiser.needs_keyframe
    line.push(IDR, 7200, last=True)
    assert [picture.stamp for picture in line.pictures] == [0, 7200]


def test_noise_is_no_fault() -> None:
    noise, line = random.Random(9725), Line()
    for n in range(20_000):
        payload = noise.randbytes(noise.choice((0, 1, 2, 3, 30)))
        line.push(payload, n // 5, last=noise.random() < 0.2, broken=noise.random() < 0.1)


def test_what_aiortc_packetises_comes_back(unit: AccessUnit) -> None:
    nals = list(H264Encoder._split_bitstream(unit.data))
    payloads = H264Encoder._packetize(iter(nals))
    line = Line()
    for n, payload in enumerate(payloads):
        line.push(payload, 0, last=n == len(payloads) - 1)
    assert line.pictures[0].data == annex_b(*nals)


@pytest.fixture
def unit() -> AccessUnit:
    nal = b"\x65\x88" + bytes(each % 255 + 1 for each in range(5000))
    return AccessUnit("video", annex_b(SPS, PPS, nal), 0, True, 0.0)
