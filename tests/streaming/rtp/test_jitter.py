"""Packets come late, twice, in another order, or never."""

from itertools import pairwise

import pytest

from streaming.rtp.jitter import ASK_AGAIN_S, LARGEST_GAP, MOST_ASKED, REORDERED_S, WAIT_S, JitterBuffer, unwrapped


class Line:
    """A buffer, and what it has given: sequences, and those before which some are lost."""

    def __init__(self) -> None:
        self.buffer = JitterBuffer()
        self.given: list[int] = []
        self.gaps: list[int] = []

    def push(self, *sequences: int, at_s: float = 0.0) -> None:
        for sequence in sequences:
            self.buffer.push(sequence & 0xFFFF, 0, last=False, payload=b"x", now_s=at_s)
            self.take(at_s)

    def take(self, at_s: float) -> None:
        for packet, broken in self.buffer.take(at_s):
            self.given.append(packet.sequence)
            if broken:
                self.gaps.append(packet.sequence)


@pytest.fixture
def line() -> Line:
    return Line()


def test_what_comes_in_order_is_given_at_once(line: Line) -> None:
    line.push(5, 6, 7)
    assert line.given == [5, 6, 7]
    assert not line.buffer.wanted(1.0)


def test_what_is_overtaken_takes_its_place_and_is_not_asked_for(line: Line) -> None:
    line.push(1, 3, 2, 4)
    assert line.given == [1, 2, 3, 4]
    assert not line.buffer.wanted(1.0)
    assert not line.gaps


def test_a_packet_that_comes_twice_is_given_once(line: Line) -> None:
    line.push(1, 2, 2, 4, 4, 3, 1)
    assert line.given == [1, 2, 3, 4]


def test_sequences_are_counted_on(line: Line) -> None:
    line.push(65534, 65535, 65537, 65536)
    assert line.given == [65534, 65535, 65536, 65537]


def test_a_missing_packet_is_asked_for_until_it_comes(line: Line) -> None:
    line.push(1, 2, 5)
    assert not line.buffer.wanted(REORDERED_S / 2)
    assert line.buffer.wanted(REORDERED_S) == [3, 4]
    assert not line.buffer.wanted(REORDERED_S + ASK_AGAIN_S / 2)
    line.push(3, at_s=0.02)
    assert line.buffer.wanted(0.1) == [4]
    line.push(4, at_s=0.11)
    assert line.given == [1, 2, 3, 4, 5]
    assert line.buffer.recovered == 2
    assert not line.buffer.wanted(1.0)


def test_nobody_is_asked_for_ever(line: Line) -> None:
    line.push(1, 3)
    asked = [at for at in range(100) if line.buffer.wanted(at * 1.0)]
    assert len(asked) == MOST_ASKED


def test_asking_again_follows_the_round_trip(line: Line) -> None:
    for n in range(0, 200, 2):
        line.push(n, n + 2, at_s=n)
        line.buffer.wanted(n + 0.01)
        line.push(n + 1, at_s=n + 0.11)
    assert line.buffer.round_trip_s == pytest.approx(0.1, rel=0.05)


def test_a_packet_that_never_comes_is_waited_for_no_longer(line: Line) -> None:
    line.push(1, 4, 5)
    line.take(WAIT_S * 0.9)
    assert line.given == [1]
    line.take(WAIT_S)
    assert line.given == [1, 4, 5]
    assert line.gaps == [4]
    assert line.buffer.lost == 2
    line.push(2, 3, 6, at_s=WAIT_S)
    assert line.given == [1, 4, 5, 6]


def test_two_gaps_are_given_up_one_after_the_other(line: Line) -> None:
    line.push(1, 3)
    line.push(5, at_s=WAIT_S / 2)
    line.take(WAIT_S)
    assert line.given == [1, 3]
    line.take(1.5 * WAIT_S)
    assert line.given == [1, 3, 5]
    assert line.gaps == [3, 5]


def test_a_sequence_that_leaps_has_begun_anew(line: Line) -> None:
    line.push(100, 101, 101 + LARGEST_GAP + 1, 102 + LARGEST_GAP + 1)
    assert line.given == [100, 101, 3102, 3103]
    assert line.gaps == [3102]
    assert not line.buffer.wanted(1.0)


def test_a_counter_is_counted_on_over_its_end_both_ways() -> None:
    near = 5 * 2**32 - 10
    assert [unwrapped(value & 0xFFFFFFFF, near, 32) - near for value in range(near - 50, near + 50)] == list(range(-50, 50))
    counted = [0]
    for n in range(1, 400):
        counted.append(unwrapped(n * 1000 & 0xFFFF, counted[-1], 16))
    assert all(after - before == 1000 for before, after in pairwise(counted))
