"""Levels of H.264."""

import pytest

from streaming.h264 import level_for, profile_level_id
from vrlive.units import Size


@pytest.mark.parametrize(
    ("size", "fps", "level"),
    [
        (Size(640, 320), 25, "3.1"),
        (Size(1920, 960), 25, "4.0"),  # 7200 macroblocks
        (Size(1920, 960), 60, "4.2"),
        (Size(2880, 1440), 30, "5.0"),
        (Size(3840, 1920), 30, "5.1"),
        (Size(3840, 1920), 60, "5.2"),
        (Size(7680, 3840), 30, "6.0"),
    ],
)
def test_the_level_is_the_lowest_that_table_a1_allows(size: Size, fps: float, level: str) -> None:
    assert str(level_for(size, fps, 6000)) == level


def test_a_high_bit_rate_asks_for_a_higher_level() -> None:
    assert str(level_for(Size(1920, 960), 25, 40_000)) == "4.2"


def test_no_level_allows_what_is_too_large() -> None:
    assert level_for(Size(20_000, 10_000), 30, 6000) is None


def test_the_profile_is_constrained_baseline() -> None:
    level = level_for(Size(3840, 1920), 30, 6000)
    assert level is not None
    assert profile_level_id(level) == "42e033"
