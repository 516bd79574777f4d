import random
from itertools import pairwise

import pytest

from vrlive.capture_clock import CaptureClock


def test_a_steady_stream_was_taken_when_it_arrived() -> None:
    clock = CaptureClock()
    assert [clock.instant(n / 25, 100 + n / 25) for n in range(3)] == pytest.approx([100, 100.04, 100.08])


def test_jitter_of_arrival_is_not_jitter_of_capture() -> None:
    chance, clock = random.Random(1), CaptureClock()
    instants = [clock.instant(n / 25, 100 + n / 25 + chance.uniform(0, 0.03)) for n in range(500)]
    steps = [b - a for a, b in pairwise(instants[50:])]
    assert max(abs(step - 0.04) for step in steps) < 0.001
    assert instants[-1] == pytest.approx(100 + 499 / 25, abs=0.002)


def test_no_frame_was_taken_after_it_arrived() -> None:
    chance, clock = random.Random(2), CaptureClock()
    for n in range(500):
        arrived_s = 100 + n / 25 + chance.choice([0, 0, 0.02, 0.5])
        assert clock.instant(n / 25, arrived_s) <= arrived_s + 1e-9


def test_a_burst_at_the_start_counts_as_old_frames() -> None:
    clock = CaptureClock()
    for n in range(40):
        clock.instant(n / 25, 100.0)
    assert clock.instant(40 / 25, 100.04) == pytest.approx(100.04)
    assert clock.known_instant(39 / 25) == pytest.approx(100.0)


@pytest.mark.parametrize("restart_s", [0.0, -500.0, 95443.7])
def test_time_stamps_that_begin_anew_are_followed_at_once(restart_s: float) -> None:
    clock = CaptureClock()
    for n in range(50):
        clock.instant(20 + n / 25, 100 + n / 25)
    assert clock.instant(restart_s, 102.0) == pytest.approx(102.0)


def test_a_camera_whose_clock_drifts_is_followed() -> None:
    clock = CaptureClock()
    for n in range(25 * 120):
        instant_s = clock.instant(n / 25, 100 + n / 25 * 1.0002)
    assert instant_s == pytest.approx(100 + n / 25 * 1.0002, abs=0.005)


def test_after_a_silence_with_stopped_time_stamps_the_capture_time_is_right_again() -> None:
    clock = CaptureClock()
    for n in range(50):
        clock.instant(n / 25, 100 + n / 25)
    late = [clock.instant(2 + n / 25, 105 + n / 25) for n in range(300)]
    assert late[-1] == pytest.approx(105 + 299 / 25)


def test_other_streams_have_no_instant_before_the_first_picture() -> None:
    clock = CaptureClock()
    assert clock.known_instant(1.0) is None
    clock.instant(1.0, 50.0)
    assert clock.known_instant(1.5) == pytest.approx(50.5)
