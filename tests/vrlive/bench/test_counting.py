"""The sink's loop, held against plain Python."""

import random
import socket
import struct
from collections.abc import Iterator

import pytest

from vrlive.bench.delivery.counting import (
    AGAIN,
    BASE,
    BYTES,
    HIGHEST,
    PACKETS,
    PICTURE_NS,
    SOUND,
    SSRC,
    STAMP,
    TWICE,
    VIDEO,
    Counting,
)

PATIENCE_S = 2.0
PAYLOAD_TYPES = {96: VIDEO, 97: AGAIN, 111: SOUND}


def rtp(payload_type: int, sequence: int, *, last: bool = False, stamp: int = 0, length: int = 20) -> bytes:
    start = struct.pack("!BBHII", 0x80, payload_type | (0x80 if last else 0), sequence & 0xFFFF, stamp, payload_type * 1000)
    return start + bytes(length)


@pytest.fixture
def counting() -> Counting:
    counting = Counting()
    for viewer in range(2):
        for payload_type, kind in PAYLOAD_TYPES.items():
            counting.kinds[viewer, payload_type] = kind
    return counting


@pytest.fixture
def ends(counting: Counting) -> Iterator[list[tuple[socket.socket, socket.socket]]]:
    """For each viewer, where packets go in, and where they come out."""
    pairs = []
    for viewer in range(2):
        inside, outside = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for each in (inside, outside):
            each.bind(("127.0.0.1", 0))
        outside.connect(inside.getsockname())
        counting.add(viewer, inside.fileno())
        pairs.append((outside, inside))
    yield pairs
    for pair in pairs:
        for each in pair:
            each.close()


def test_a_stream_with_losses_twins_and_a_wrap_is_counted_as_plain_python_does(
    counting: Counting, ends: list[tuple[socket.socket, ...]]
) -> None:
    chance, sent = random.Random(3), []
    for number in range(65_400, 65_900):
        if chance.random() > 0.05:
            sent += [number] * (2 if chance.random() < 0.05 else 1)
    for place in range(0, len(sent) - 1, 7):  # some come late
        sent[place], sent[place + 1] = sent[place + 1], sent[place]
    for first in range(0, len(sent), 50):
        for number in sent[first : first + 50]:
            ends[1][0].send(rtp(96, number, last=number % 5 == 0, stamp=number // 5))
        counting.receive(PATIENCE_S)
    row = counting.streams[1, VIDEO]
    unique = set(sent)
    assert row[SSRC] == 96_000
    assert row[HIGHEST] - row[BASE] == max(sent) - sent[0]
    assert row[PACKETS] == len(unique)
    assert row[TWICE] == len(sent) - len(unique)
    assert row[BYTES] == 32 * len(unique)
    assert counting.shown[1] == sum(number % 5 == 0 for number in unique)
    assert not counting.streams[0].any()


def test_kinds_are_told_by_payload_type_and_begin_anew(counting: Counting, ends: list[tuple[socket.socket, ...]]) -> None:
    for payload_type, count in ((96, 3), (97, 2), (111, 5)):
        for number in range(count):
            ends[0][0].send(rtp(payload_type, number, last=payload_type == 96 and number == 2, stamp=77))
    counting.receive(PATIENCE_S)
    assert counting.streams[0, [VIDEO, AGAIN, SOUND], PACKETS].tolist() == [3, 2, 5]
    assert counting.streams[0, VIDEO, PICTURE_NS] > 0
    assert counting.pictures[0, 0, STAMP] == 77
    counting.begin()
    assert not counting.streams[0, :, PACKETS].any()
    ends[0][0].send(rtp(96, 9))
    counting.receive(PATIENCE_S)
    assert counting.streams[0, VIDEO, [BASE, PACKETS]].tolist() == [65_536 + 9, 1]


def test_a_picture_that_is_not_whole_is_none(counting: Counting, ends: list[tuple[socket.socket, ...]]) -> None:
    for number in (0, 2):
        ends[0][0].send(rtp(96, number, last=number == 2))
    counting.receive(PATIENCE_S)
    assert counting.streams[0, VIDEO, PICTURE_NS] == 0


@pytest.mark.parametrize("datagram", [b"\x00\x01" + bytes(18), b"\x16\xfe\xfd" + bytes(20), b"\x80\xc8\x00\x06" + bytes(24), b"\x80"])
def test_what_is_not_rtp_is_put_aside_with_its_sender(counting: Counting, ends: list[tuple[socket.socket, ...]], datagram: bytes) -> None:
    ends[1][0].send(datagram)
    assert counting.receive(PATIENCE_S) == [(1, datagram, ends[1][0].getsockname())]
    assert not counting.streams.any()


def test_who_is_removed_is_not_listened_to(counting: Counting, ends: list[tuple[socket.socket, ...]]) -> None:
    counting.remove(0)
    ends[0][0].send(rtp(96, 1))
    ends[1][0].send(rtp(96, 1))
    counting.receive(PATIENCE_S)
    assert counting.streams[:2, VIDEO, PACKETS].tolist() == [0, 1]
