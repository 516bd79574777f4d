"""Time lines."""

import pytest

from streaming.timeline import Timeline


@pytest.fixture
def line() -> Timeline:
    return Timeline(90_000, epoch_s=1000.0)


def test_stamps_follow_the_capture_time(line: Timeline) -> None:
    assert [line.stamp(captured_s, 1100) for captured_s in (1000.0, 1000.04, 1001.0)] == [0, 3600, 90_000]


def test_stamps_never_go_back(line: Timeline) -> None:
    line.stamp(1010.0, 1010)
    assert [line.stamp(captured_s, 1011) for captured_s in (1009.0, 1010.0, 1010.04)] == [900_090, 900_180, 903_600]


def test_a_clock_far_ahead_is_not_believed(line: Timeline) -> None:
    assert line.stamp(5000.0, 1010.0) == 11 * 90_000


def test_stamps_tell_the_capture_time(line: Timeline) -> None:
    assert line.captured_s(line.stamp(1002.5, 1003)) == pytest.approx(1002.5)


def test_sound_keeps_its_own_spacing_while_that_is_nearly_right() -> None:
    line = Timeline(48_000, 0.0, slack_s=0.01)
    jitter = (0.0, 0.004, -0.003, 0.002)
    stamps = [line.stamp(1 + n * 0.02 + late, 2, 500 + n * 960) for n, late in enumerate(jitter)]
    assert [stamp - stamps[0] for stamp in stamps] == [0, 960, 1920, 2880]


def test_sound_that_has_drifted_jumps_back_to_its_capture_time() -> None:
    line = Timeline(48_000, 0.0, slack_s=0.01)
    line.stamp(1.0, 2, 0)
    assert line.stamp(1.05, 2, 960) == round(1.05 * 48_000)
