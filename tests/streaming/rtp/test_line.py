"""What one viewer is sent of a ring, and under which numbers; time is passed in."""

import pytest
from aiortc.rtp import unpack_header_extensions

from streaming.rtp.line import ABOVE, BURST_PACKETS, FASTEST, LATEST_CHANGE_S, NEEDED, THIN_BURST_S, Line, Numbers
from streaming.rtp.ring import PacketRing
from tests.streaming.rtp.units import TICKS, picture, pictures, sound

NUMBERS = Numbers(ssrc=1, payload_type=96)


def line_on(ring: PacketRing) -> Line:
    line = Line(NUMBERS, sequence=65_530, offset=1000)
    line.follow(ring)
    return line


def take(line: Line, now_s: float = 1e6) -> list[tuple[int, int]]:
    """All that is due at once: sequence and time stamp of each packet."""
    taken = list[tuple[int, int]]()
    while True:
        now_s += 1
        first, count = line.due(now_s)
        if not count:
            return taken
        taken += [((line.sequence + n) & 0xFFFF, line.stamp(first + n)) for n in range(count)]
        line.note_sent(count)


def test_sequence_and_stamps_are_its_own() -> None:
    line = line_on(pictures(3))
    assert [sequence for sequence, _ in take(line)] == [65_530, 65_531, 65_532]
    assert line.ring
    line.ring.append(picture(3))
    assert take(line, 2e6) == [(65_533, 3 * TICKS + 1000)]


def test_it_counts_what_it_sends() -> None:
    ring = pictures(10, length=3000)
    line = line_on(ring)
    take(line)
    assert line.sent.packets == ring.head
    assert line.sent.octets == ring.total_octets


def test_a_large_picture_leaves_in_bursts() -> None:
    ring = pictures(1, length=180_000, capacity=1024)
    line = line_on(ring)
    first, burst = line.due(10.0)
    assert burst == int(BURST_PACKETS)
    line.note_sent(burst)
    assert line.due(10.0) == (first + burst, 0)
    assert line.due(10.005) == (first + burst, int(0.005 * FASTEST))
    assert line.waiting == ring.head - burst


def test_loss_slows_it_down_but_not_below_what_the_stream_needs() -> None:
    ring = pictures(100, length=5000, capacity=2048)
    line = line_on(ring)
    for _ in range(50):
        line.hear_loss(0.1)
    assert line.pace == pytest.approx(2.5 * ring.packets_s())
    for _ in range(200):
        line.hear_loss(0.0)
    assert line.pace == FASTEST


def test_a_thin_line_gets_small_bursts_at_its_own_pace() -> None:
    ring = pictures(1, length=180_000, capacity=1024)
    line = line_on(ring)
    line.limit_bytes_s = 500_000
    pace = max(ABOVE * line.limit_bytes_s * ring.head / ring.total_octets, NEEDED * ring.packets_s())
    assert pace < FASTEST
    first, burst = line.due(10.0)
    assert burst == int(pace * THIN_BURST_S)
    line.note_sent(burst)
    assert line.due(10.02) == (first + burst, int(0.02 * pace))


def test_turns_that_come_late_do_not_make_a_thin_line_slower() -> None:
    ring = pictures(1, length=180_000, capacity=1024)
    counts = list[int]()
    for turn_s in (0.004, 0.1):
        line = line_on(ring)
        line.limit_bytes_s = 50_000
        line.note_sent(line.due(1.0)[1])
        first = line.cursor
        for n in range(1, round(1 / turn_s) + 1):
            line.note_sent(line.due(1.0 + n * turn_s)[1])
        counts.append(line.cursor - first)
    assert counts[1] == pytest.approx(counts[0], rel=0.1)


def test_small_packets_do_not_make_a_thin_line_slower() -> None:
    octets = list[float]()
    for length in (50, 100, 1000):
        ring = pictures(800, length, capacity=2048)
        line = line_on(ring)
        line.limit_bytes_s = 400 * length
        line.due(0.0)
        sent = 0
        for n in range(1, 101):
            sent += (count := line.due(n * 0.01)[1])
            line.note_sent(count)
        octets.append(sent * length / line.limit_bytes_s)
    assert octets == [pytest.approx(ABOVE, rel=0.15)] * 3


def test_a_line_said_to_carry_nothing_is_still_sent_what_the_stream_needs() -> None:
    ring = pictures(100, length=5000, capacity=2048)
    line = line_on(ring)
    line.limit_bytes_s = 0.0
    for n in range(1, 2001):
        line.note_sent(line.due(10.0 + n * 0.01)[1])
    assert line.waiting == 0


def test_a_packet_is_found_by_its_sequence_across_the_wrap() -> None:
    ring = pictures(20)
    line = line_on(ring)
    taken = take(line)
    for number, (sequence, stamp) in enumerate(taken):
        span = line.find(sequence)
        assert span is not None
        assert (span.ring, span.number, line.stamp_of(span)) == (ring, number, stamp)


def test_what_was_never_sent_or_is_overwritten_is_not_found() -> None:
    ring = pictures(20, capacity=64)
    line = line_on(ring)
    taken = take(line)
    assert line.find(line.sequence & 0xFFFF) is None
    assert line.find(65_529) is None
    for n in range(20, 60):
        ring.append(picture(n))
    take(line)
    assert line.find(taken[0][0]) is None


def test_a_viewer_that_fell_behind_goes_on_at_the_newest_keyframe_without_a_gap_in_sequence() -> None:
    ring = pictures(2)
    line = line_on(ring)
    before = take(line)
    for n in range(2, 60):
        ring.append(picture(n, keyframe=n == 50))
    after = take(line, 2e6)
    assert [sequence for sequence, _ in before + after] == [(65_530 + n) & 0xFFFF for n in range(len(before + after))]
    assert len({stamp for _, stamp in after}) == 10
    assert line.sent.dropped == 48
    assert line.find(after[0][0]) is not None


def test_without_a_newer_keyframe_it_waits_for_one() -> None:
    ring = pictures(2)
    line = line_on(ring)
    take(line)
    for n in range(2, 60):
        ring.append(picture(n))
    assert take(line, 2e6) == []
    assert line.cursor == -1
    ring.append(picture(60, keyframe=True))
    assert len(take(line, 3e6)) == 1


def test_sound_goes_on_with_the_newest() -> None:
    ring = PacketRing("audio", 48_000, 64)
    line = line_on(ring)
    for n in range(100):
        ring.append(sound(n))
    take(line)
    ring.append(sound(100))
    assert take(line, 2e6) == [((line.sequence - 1) & 0xFFFF, 100 * 960 + 1000)]


def two_renditions() -> tuple[PacketRing, PacketRing]:
    return pictures(5, length=3000, capacity=1024), PacketRing("video", 90_000, 1024)


def test_it_changes_to_another_rendition_at_a_keyframe() -> None:
    large, small = two_renditions()
    line = line_on(large)
    before = take(line)
    line.change_to(small)
    for n in range(5, 10):
        large.append(picture(n, length=3000))
    before += take(line, 2e6)
    for n in range(10, 13):
        large.append(picture(n, length=3000))
        small.append(picture(n, length=50, keyframe=n == 10))
    after = take(line, 3e6)
    assert len(after) == 3
    assert line.ring is small
    sequences, stamps = zip(*(before + after), strict=True)
    assert list(sequences) == [(65_530 + n) & 0xFFFF for n in range(len(sequences))]
    assert list(stamps) == sorted(stamps)
    old, new = line.find(before[-1][0]), line.find(after[0][0])
    assert old
    assert new
    assert (old.ring, new.ring) == (large, small)


def test_a_keyframe_just_sent_by_the_other_is_good_enough_to_change_and_time_goes_forward() -> None:
    large, small = two_renditions()
    line = line_on(large)
    before = take(line)
    small.append(picture(3, keyframe=True))
    small.append(picture(4))
    line.change_to(small)
    after = take(line, 2e6)
    assert line.ring is small
    assert min(stamp for _, stamp in after) > max(stamp for _, stamp in before)
    small.append(picture(5))
    assert take(line, 3e6)[0][1] == 5 * TICKS + 1000


def test_an_old_keyframe_is_not() -> None:
    large, small = two_renditions()
    line = line_on(large)
    small.append(picture(0, keyframe=True))
    for n in range(5, 10 + int(LATEST_CHANGE_S * 25)):
        large.append(picture(n, length=3000))
        small.append(picture(n))
    take(line)
    line.change_to(small)
    assert take(line, 2e6) == []
    assert line.ring is large


def test_a_change_that_is_taken_back_does_not_happen() -> None:
    large, small = two_renditions()
    line = line_on(large)
    line.change_to(small)
    line.change_to(large)
    small.append(picture(9, keyframe=True))
    take(line)
    assert line.ring is large


@pytest.mark.parametrize("ids", [(1, 3, 14), (1, 3, 0), (0, 3, 0), (1, 0, 0), (0, 0, 14), (1, 0, 14), (0, 3, 14)])
def test_header_extensions_are_read_by_aiortc(ids: tuple[int, int, int]) -> None:
    numbers = Numbers(1, 96, mid="video-1", mid_id=ids[0], send_time_id=ids[1], capture_time_id=ids[2])
    for capture_time in (False, True):
        block = numbers.extensions(capture_time=capture_time)
        found = dict(unpack_header_extensions(int.from_bytes(block[:2]), block[4:])) if block else {}
        wanted = {ids[0]: b"video-1", ids[1]: bytes(3)} | ({ids[2]: bytes(8)} if capture_time else {})
        assert found == {number: value for number, value in wanted.items() if number}
        assert len(block) % 4 == 0
        if capture_time and ids[2]:
            assert block[-9] >> 4 == ids[2], "the time of capture is the last"
