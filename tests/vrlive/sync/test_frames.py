"""Time is passed in: these tests play whole shows without waiting."""

import random
from fractions import Fraction

import pytest

from vrlive.frames import Frame, Picture
from vrlive.sync import FrameSet, FrameSync
from vrlive.units import Size

PERIOD, HOLD = 0.04, 0.08
PICTURE = Picture.filled(Size(2, 2))


def frame(captured_s: float, pts: int = 0) -> Frame:
    return Frame(PICTURE, pts, Fraction(1, 25), captured_s)


def sync_of(cameras: int, hold_s: float = HOLD) -> FrameSync:
    return FrameSync(cameras, PERIOD, hold_s)


def present(found: FrameSet | None) -> list[bool]:
    assert found is not None
    return [each is not None for each in found.frames]


def play(sync: FrameSync, arrivals: list[tuple[float, int, float]]) -> list[tuple[float, FrameSet]]:
    """Push (arrives, camera, captured) in order of arrival, taking after each; the sets with the instants they were taken at."""
    sets = []
    for arrives_s, camera, captured_s in sorted(arrivals):
        sync.push(camera, frame(captured_s))
        found = sync.take(arrives_s)
        if found:
            sets.append((arrives_s, found))
    return sets


def test_frames_of_one_instant_make_a_set() -> None:
    sync = sync_of(2)
    sync.push(0, frame(1.0))
    assert sync.take(1.0) is None
    sync.push(1, frame(1.01))
    found = sync.take(1.01)
    assert found is not None
    assert found.complete
    assert found.captured_s == 1.0


def test_a_set_is_taken_once() -> None:
    sync = sync_of(1)
    sync.push(0, frame(1.0))
    assert sync.take(1.0)
    assert sync.take(1.0) is None
    assert sync.take(9.0) is None


def test_nothing_pushed_is_nothing_taken() -> None:
    assert sync_of(3).take(5.0) is None


def test_the_newest_complete_set_wins_over_older_ones() -> None:
    sync = sync_of(2)
    for n in range(3):
        sync.push(0, frame(1 + n * PERIOD))
        sync.push(1, frame(1 + n * PERIOD))
    sync.push(0, frame(1 + 3 * PERIOD))
    found = sync.take(1 + 3 * PERIOD)
    assert found is not None
    assert found.complete
    assert found.captured_s == pytest.approx(1 + 2 * PERIOD)


def test_a_set_holds_the_nearest_frame_of_each_camera() -> None:
    sync = sync_of(2)
    for captured_s in (0.985, 1.004, 1.015):
        sync.push(1, frame(captured_s))
    sync.push(0, frame(1.0))
    found = sync.take(1.02)
    assert found is not None
    assert found.frames[1] is not None
    assert found.frames[1].captured_s == 1.004


@pytest.mark.parametrize(("apart_s", "together"), [(0.0199, True), (0.02, True), (0.0251, False), (-0.02, True), (-0.0201, False)])
def test_frames_belong_together_within_half_a_frame(apart_s: float, together: bool) -> None:
    sync = sync_of(2)
    sync.push(0, frame(1.0))
    sync.push(1, frame(1.0 + apart_s))
    found = sync.take(1.03)
    assert (found is not None and found.complete) == together


def test_a_late_camera_is_held_for_the_hold_and_then_left_out() -> None:
    sync = sync_of(2)
    for camera in (0, 1):
        sync.push(camera, frame(1.0))
    assert present(sync.take(1.0)) == [True, True]
    sync.push(0, frame(1.0 + PERIOD))
    assert sync.take(1.0 + PERIOD) is None
    assert sync.take(1.0 + PERIOD + HOLD - 0.001) is None
    found = sync.take(1.0 + PERIOD + HOLD + 0.001)
    assert present(found) == [True, False]
    assert found is not None
    assert not found.complete


def test_a_lost_camera_costs_no_more_waiting_and_comes_back_by_itself() -> None:
    sync = sync_of(2)
    arrivals = [(n * PERIOD, 0, n * PERIOD) for n in range(50)]
    arrivals += [(n * PERIOD, 1, n * PERIOD) for n in [*range(10), *range(30, 50)]]
    sets = play(sync, arrivals)
    lost = [(at_s, found) for at_s, found in sets if 12.5 * PERIOD < found.captured_s < 29.5 * PERIOD]
    assert [present(found) for _, found in lost] == [[True, False]] * 17
    assert all(at_s == found.captured_s for at_s, found in lost)
    back = [found for _, found in sets if found.captured_s > 30.5 * PERIOD]
    assert len(back) == 19
    assert all(found.complete for found in back)


def test_the_first_camera_may_be_the_lost_one() -> None:
    arrivals = [(n * PERIOD, 0, n * PERIOD) for n in range(5)] + [(n * PERIOD, 1, n * PERIOD + 0.003) for n in range(30)]
    sets = play(sync_of(2), arrivals)
    assert [present(found) for _, found in sets[-20:]] == [[False, True]] * 20


def test_a_camera_that_never_delivered_is_waited_for_only_at_the_start() -> None:
    sets = play(sync_of(2), [(1 + n * PERIOD, 0, 1 + n * PERIOD) for n in range(20)])
    assert sets[0][0] == pytest.approx(1 + HOLD + PERIOD, abs=PERIOD)
    assert all(at_s == found.captured_s for at_s, found in sets)
    assert len(sets) >= 16


def test_a_camera_later_than_the_hold_stays_out_and_one_within_it_stays_in() -> None:
    for delay_s, is_in in ((HOLD - 0.01, True), (HOLD + PERIOD + 0.01, False)):
        arrivals = [(n * PERIOD, 0, n * PERIOD) for n in range(60)] + [(n * PERIOD + delay_s, 1, n * PERIOD) for n in range(60)]
        sets = [found for _, found in play(sync_of(2), arrivals)]
        middle = [present(found)[1] for found in sets if 0.5 < found.captured_s < 2.0]
        assert len(middle) > 30
        assert all(middle) if is_in else not any(middle)


def test_a_frame_that_was_lost_is_not_waited_for_once_the_next_is_here() -> None:
    sync = sync_of(2)
    for n in range(4):
        sync.push(0, frame(n * PERIOD))
        sync.push(1, frame(n * PERIOD))
        assert sync.take(n * PERIOD)
    sync.push(0, frame(4 * PERIOD))
    assert sync.take(4 * PERIOD) is None
    sync.push(1, frame(5 * PERIOD))
    assert present(sync.take(4 * PERIOD + 0.01)) == [True, False]


def test_instants_that_nobody_took_in_time_are_told_with_the_next_set() -> None:
    sync = sync_of(2)
    skipped = []
    for taken in ([0], [1], [2, 3, 4], [5], range(6, 30), [30]):
        for n in taken:
            sync.push(0, frame(1 + n * PERIOD))
            sync.push(1, frame(1 + n * PERIOD + 0.01))
        found = sync.take(1.01 + taken[-1] * PERIOD)
        assert found is not None
        skipped.append(found.skipped)
    assert skipped == [0, 0, 2, 0, 23, 0]


def test_instants_that_no_camera_delivered_were_not_skipped() -> None:
    sync = sync_of(1)
    found = [found for _, found in play(sync, [(1.0, 0, 1.0), (1.04, 0, 1.04), (9.0, 0, 9.0)])]
    assert [each.skipped for each in found] == [0, 0, 0]


def test_frames_out_of_order_and_twice_do_no_harm() -> None:
    sync = sync_of(2)
    for captured_s in (1.04, 1.0, 1.0, 1.04, 1.02):
        sync.push(0, frame(captured_s))
    for captured_s in (1.0, 1.0, 1.04):
        sync.push(1, frame(captured_s))
    found = sync.take(1.05)
    assert found is not None
    assert found.captured_s == 1.04
    sync.push(0, frame(1.0))
    sync.push(1, frame(1.0))
    assert sync.take(1.06) is None


def test_a_frame_pushed_twice_is_replaced() -> None:
    sync = sync_of(1)
    sync.push(0, frame(1.0, pts=1))
    sync.push(0, frame(1.0, pts=2))
    found = sync.take(1.0)
    assert found is not None
    assert found.frames[0] is not None
    assert found.frames[0].pts == 2


def test_a_slower_camera_is_not_left_out_between_its_frames() -> None:
    arrivals = [(n * PERIOD, 0, n * PERIOD) for n in range(60)] + [(n / 15, 1, n / 15) for n in range(36)]
    sets = [found for _, found in play(sync_of(2), arrivals)]
    assert all(found.complete for found in sets if 0.5 < found.captured_s < 2.2)


def test_frames_from_the_future_do_not_stop_the_show() -> None:
    sync = sync_of(1)
    sync.push(0, frame(1000.0))
    assert sync.take(1.0) is None
    sync.push(0, frame(1.0))
    assert sync.take(1.0)


def test_memory_is_bounded_without_anybody_taking() -> None:
    sync = sync_of(2, hold_s=5.0)
    for n in range(1000):
        sync.push(0, frame(n * PERIOD))
    assert sum(len(feed.frames) for feed in sync._feeds) <= 32


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_jitter_sets_rise_in_time_hold_frames_of_one_instant_and_lose_nobody_in_time(seed: int) -> None:
    chance = random.Random(seed)
    cameras, frames = 6, 150
    jitter_s, delay_s = chance.uniform(0, 0.06), chance.uniform(0, 0.015)
    phase_s = [chance.uniform(-0.02, 0.02) for _ in range(cameras)]
    arrivals = []
    for camera in range(cameras):
        at_s = 0.0
        for n in range(frames):
            captured_s = 10 + n * PERIOD + phase_s[camera] + chance.uniform(-0.003, 0.003)
            at_s = max(at_s, captured_s + delay_s + chance.uniform(0, jitter_s))
            arrivals.append((at_s, camera, captured_s))
    sets = play(sync_of(cameras), arrivals)
    instants = [found.captured_s for _, found in sets]
    assert instants == sorted(set(instants))
    for at_s, found in sets:
        assert all(each and abs(each.captured_s - found.captured_s) <= PERIOD * 0.63 for each in found.frames if each)
        assert at_s - found.captured_s <= HOLD + PERIOD + 0.02
    settled = [found for _, found in sets if 10.5 < found.captured_s < 10 + frames * PERIOD - 0.5]
    assert all(found.complete for found in settled)
    assert len(settled) >= 0.6 * (frames - 25)
