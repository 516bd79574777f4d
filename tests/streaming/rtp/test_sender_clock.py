"""Capture times from sender reports, with clocks that are set, and with clocks that are not."""

import random

import pytest

from streaming.rtp.sender_clock import NTP_TO_UNIX_S, SenderClock

WALL = 1_800_000_000.0  # of ours, at instant 0
FPS = 25


def ntp(unix_s: float) -> int:
    return int((unix_s + NTP_TO_UNIX_S) * 2**32)


def play(clock: SenderClock, *, delay_s: float, wrong_s: float = 0.0, seconds: float = 6.0, first_stamp: int = 2**32 - 90_000) -> float:
    """Pictures that are captured at n / 25 s, arrive late and jitter, with a report each second; the mean error of the last second."""
    noise, errors = random.Random(1), []
    for n in range(int(seconds * FPS)):
        captured_s, stamp = n / FPS, (first_stamp + n * 90_000 // FPS) & 0xFFFFFFFF
        arrived_s = captured_s + delay_s + noise.random() * 0.02
        if n % FPS == FPS // 2:
            clock.report(ntp(WALL + captured_s + wrong_s), stamp)
        told_s = clock.instant(clock.unwrapped(stamp), arrived_s, WALL)
        assert told_s <= arrived_s
        errors.append(told_s - captured_s)
    return sum(errors[-FPS:]) / FPS


@pytest.mark.parametrize("delay_s", [0.01, 0.06, 0.2])
def test_cameras_whose_clocks_are_set_agree_whatever_their_delays(delay_s: float) -> None:
    assert play(SenderClock(90_000), delay_s=delay_s) == pytest.approx(0, abs=0.002)


@pytest.mark.parametrize("wrong_s", [-3600.0, -2.0, 0.5, 3600.0])
def test_a_clock_that_is_wrong_is_not_believed(wrong_s: float) -> None:
    clock = SenderClock(90_000)
    assert play(clock, delay_s=0.06, wrong_s=wrong_s) == pytest.approx(0.06, abs=0.01)
    assert clock.correction_s == pytest.approx(0.06 - wrong_s, abs=0.01)


def test_without_reports_the_smallest_delay_decides() -> None:
    clock = SenderClock(90_000)
    clock.report(0, 0)  # of a sender without a clock
    errors = [clock.instant(n * 3600, n / FPS + 0.03 + n % 3 / 100, WALL) - n / FPS for n in range(200)]
    assert errors[-1] == pytest.approx(0.03, abs=0.002)
    assert clock.correction_s is None


def test_sound_stays_with_the_picture_of_a_clock_that_is_wrong() -> None:
    pictures, sound = SenderClock(90_000), SenderClock(48_000)
    play(pictures, delay_s=0.1, wrong_s=-50)
    sound.report(ntp(WALL + 3.0 - 50), 777)
    at_s = sound.instant(777 + 48_000, 4.01, WALL, pictures.correction_s)  # arrives sooner after its capture than pictures do
    assert at_s == pytest.approx(4.01, abs=0.001), "never later than it arrived"
    assert sound.instant(777 + 96_000, 5.3, WALL, pictures.correction_s) == pytest.approx(5.1, abs=0.01)


def test_a_picture_that_is_overtaken_keeps_its_time() -> None:
    clock = SenderClock(90_000)
    times = [clock.instant(n * 3600, n / FPS + 0.03, WALL) for n in (0, 1, 2, 4, 3, 5)]
    assert times == pytest.approx([0.03, 0.07, 0.11, 0.19, 0.15, 0.23])
