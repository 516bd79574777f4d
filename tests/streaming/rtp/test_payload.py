"""H.264 payloads, held against aiortc's depacketizer, and against the pieces that FFmpeg's own muxer cuts."""

from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
from aiortc.codecs.h264 import h264_depayload

from streaming.access_unit import AccessUnit
from streaming.rtp.payload import FU_A, STAP_A
from streaming.rtp.ring import PAYLOAD_BYTES, PacketRing
from tests.streaming.rtp.units import IDR, PPS, SLICE, SPS, START_CODE, nal_unit

CASES = {
    "a keyframe": [(SPS, 20), (PPS, 5), (IDR, 9000)],
    "two slices": [(SLICE, 3000), (SLICE, 2500)],
    "a small picture": [(SLICE, 100)],
    "many small slices": [(SLICE, 70 + n) for n in range(40)],
    "two bytes": [(SLICE, 2)],
    "small ones around a large one": [(SPS, 10), (IDR, 5000), (PPS, 10), (PPS, 11)],
    **{f"a slice of {length} bytes": [(SLICE, length)] for length in range(PAYLOAD_BYTES - 4, PAYLOAD_BYTES + 3)},
    **{f"{length} bytes, in fragments of one length": [(SLICE, length)] for length in (2 * (PAYLOAD_BYTES - 2) + 1, 2 * PAYLOAD_BYTES)},
}


def units_of(case: list[tuple[int, int]]) -> list[bytes]:
    return [nal_unit(header, length, seed) for seed, (header, length) in enumerate(case)]


def packed(units: list[bytes], start_codes: tuple[bytes, ...] = (START_CODE,)) -> list[bytes]:
    ring = PacketRing("video", 90_000)
    data = b"".join(start_codes[n % len(start_codes)] + unit for n, unit in enumerate(units))
    count = ring.append(AccessUnit("video", data, 0, True, 0.0))
    return [ring.payload(n) for n in range(count)]


@pytest.mark.parametrize("name", CASES)
def test_a_depacketizer_finds_the_same_nal_units(name: str) -> None:
    units = units_of(CASES[name])
    payloads = packed(units)
    assert b"".join(h264_depayload(payload) for payload in payloads) == b"".join(START_CODE + unit for unit in units)
    assert all(0 < len(payload) <= PAYLOAD_BYTES for payload in payloads)


@pytest.mark.parametrize("start_codes", [(b"\0\0\1",), (START_CODE, b"\0\0\1"), (b"\0\0\0\0\0\1",)])
def test_start_codes_of_either_length_and_stuffing_are_understood(start_codes: tuple[bytes, ...]) -> None:
    units = units_of(CASES["small ones around a large one"])
    assert packed(units, start_codes) == packed(units)


def test_fragments_are_of_one_length_but_the_last() -> None:
    fragments = [payload for payload in packed(units_of(CASES["a keyframe"])) if payload[0] & 31 == FU_A]
    assert {len(fragment) for fragment in fragments[:-1]} == {PAYLOAD_BYTES}
    assert [fragment[1] >> 6 for fragment in fragments] == [2] + (len(fragments) - 2) * [0] + [1]


def test_what_is_small_shares_a_packet_and_keeps_its_importance() -> None:
    first, *rest = packed([nal_unit(0x07, 10), nal_unit(PPS, 4), nal_unit(IDR, 4000)])
    assert first[0] == 0x60 | STAP_A
    assert len(rest) == 4


def test_zeros_behind_a_nal_unit_are_none_of_it() -> None:
    assert packed([nal_unit(SLICE, 50) + b"\0\0"]) == packed([nal_unit(SLICE, 50)])


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0\1", b"no start code", b"\0\0\0\1\0\0\0\1", bytes(100)])
def test_what_holds_no_nal_unit_makes_no_packet(data: bytes) -> None:
    assert PacketRing("video", 90_000).append(AccessUnit("video", data, 0, True, 0.0)) == 0


def test_a_picture_that_x264_made_comes_back_whole() -> None:
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base = 640, 320, "yuv420p", Fraction(1, 25)
    codec.options = {"tune": "zerolatency", "x264-params": "annexb=1:slices=4:repeat-headers=1"}
    noise = np.random.default_rng(2).integers(0, 256, (480, 640), dtype=np.uint8)
    [encoded] = codec.encode(av.VideoFrame.from_ndarray(noise, "yuv420p"))
    ring = PacketRing("video", 90_000)
    count = ring.append(AccessUnit("video", bytes(encoded), 0, True, 0.0))
    stream = b"".join(h264_depayload(ring.payload(n)) for n in range(count))
    decoder = av.CodecContext.create("h264", "r")
    [before], [after] = (
        [*av.CodecContext.create("h264", "r").decode(av.Packet(bytes(encoded))), *[]] or decoder.decode(None),
        [*decoder.decode(av.Packet(stream))] or decoder.decode(None),
    )
    assert (before.to_ndarray() == after.to_ndarray()).all()


def test_packets_go_on_over_the_end_of_the_ring() -> None:
    ring = PacketRing("video", 90_000, 64)
    for n in range(30):
        unit = nal_unit(SLICE, 5000, n)
        count, first = ring.append(AccessUnit("video", START_CODE + unit, n * 3600, False, n / 25)), ring.head
        numbers = range(first - count, first)
        assert b"".join(h264_depayload(ring.payload(number)) for number in numbers) == START_CODE + unit
        assert [ring.last[number & ring.mask] for number in numbers] == (count - 1) * [0] + [1]
        assert {int(ring.frames[number & ring.mask]) for number in numbers} == {n}
    assert not ring.holds(ring.head)
    assert not ring.holds(ring.head - ring.safe - 1)
    assert not ring.holds(-1)
    assert all(after - before == 1 for before, after in pairwise(numbers))


def test_what_would_not_fit_is_left_out_whole() -> None:
    ring = PacketRing("video", 90_000, 64)
    ring.append(AccessUnit("video", START_CODE + nal_unit(SLICE, 500), 0, True, 0.0))
    assert ring.append(AccessUnit("video", START_CODE + nal_unit(SLICE, 30_000), 3600, True, 0.04)) == 0
    assert (ring.head, ring.group, ring.skipped) == (1, 0, 1)
    assert ring.append(AccessUnit("video", START_CODE + nal_unit(SLICE, 500), 7200, False, 0.08)) == 1
