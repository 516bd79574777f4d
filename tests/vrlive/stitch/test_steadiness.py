"""Which cameras are believed. What they would need as gains, and the light they see, are passed in."""

from collections.abc import Sequence

import numpy as np
import pytest

from vrlive.stitch.steadiness import JUMP_EV, LATELY_S, STEADY_AFTER_S, Steadiness

LIGHT = np.random.default_rng(1).normal(-1.5, 0.4, (4, 50))


def doubted(gains: Sequence[Sequence[float]]) -> list[list[bool]]:
    """For each moment, a quarter of a second apart, the lenses that are not believed; noise keeps all pictures moving."""
    steadiness = Steadiness(4)
    return [
        steadiness.look(np.repeat(np.array(each, np.float64)[:, np.newaxis], 3, 1), LIGHT + number, number / 4).tolist()
        for number, each in enumerate(gains)
    ]


def of(lens: int, gain: float) -> list[float]:
    return [gain if each == lens else 0.0 for each in range(4)]


def test_a_lens_that_jumped_is_believed_again_after_a_second() -> None:
    seen = [each[1] for each in doubted([of(1, 0)] * 4 + [of(1, 0.5)] * 8)]
    assert seen == [False] * 4 + [True] * int(4 * STEADY_AFTER_S) + [False] * 4


def test_the_others_are_believed_all_the_time() -> None:
    assert not any(each[0] or each[2] or each[3] for each in doubted([of(1, 0.5 * (number % 2)) for number in range(40)]))


def test_one_that_jumps_again_and_again_is_not_believed_between_its_jumps() -> None:
    """Every two seconds."""
    seen = [each[1] for each in doubted([of(1, 0.5 * (number // 8 % 2)) for number in range(80)])]
    assert not all(seen[8:16])
    assert all(seen[24:])


def test_jumps_of_long_ago_are_forgiven() -> None:
    rest = int(4 * LATELY_S)
    seen = doubted([of(1, 0), of(1, 0.5), of(1, 0), of(1, 0.5), *[of(1, 0)] * rest, of(1, 0.5), *[of(1, 0.5)] * 8])
    assert not seen[-1][1]


def test_a_slow_change_is_no_jump() -> None:
    assert not any(map(any, doubted([of(1, number * JUMP_EV * 0.9) for number in range(10)])))


def test_what_changes_for_all_is_no_jump() -> None:
    assert not any(map(any, doubted([[0.0] * 4, [0.7] * 4, [0.0] * 4])))


def test_a_lens_is_compared_with_what_it_was_before_it_was_lost() -> None:
    assert doubted([of(1, 0), of(1, np.nan), of(1, 0.5)])[-1] == [False, True, False, False]
    assert doubted([of(1, 0), of(1, np.nan), of(1, 0.05)])[-1] == [False] * 4


def test_a_lens_that_comes_late_is_believed() -> None:
    assert doubted([of(1, np.nan), of(1, 0.5)])[-1] == [False] * 4


def test_after_a_reset_all_are_believed() -> None:
    steadiness = Steadiness(2)
    for number, gain in enumerate((0.0, 0.5)):
        steadiness.look(np.array([[gain] * 3, [0.0] * 3]), LIGHT[:2] + number, number / 4)
    steadiness.reset()
    assert not steadiness.look(np.array([[1.0] * 3, [0.0] * 3]), LIGHT[:2], 0.5).any()


@pytest.mark.parametrize(("others_move", "believed"), [(True, False), (False, True)])
def test_a_picture_that_stands_still_while_others_move_is_not_believed(others_move: bool, believed: bool) -> None:
    steadiness, gains = Steadiness(4), np.zeros((4, 3))
    seen = np.ones(4, np.bool_)
    for number in range(6):
        light = LIGHT + min(number, 3)
        if others_move:
            light[1:] += number
        seen = ~steadiness.look(gains, light, number / 4)
    assert seen.tolist() == [believed, True, True, True]


def test_a_camera_that_has_always_stood_still_is_believed() -> None:
    """It may be a picture file."""
    steadiness, gains = Steadiness(4), np.zeros((4, 3))
    for number in range(6):
        light = LIGHT + number
        light[0] = LIGHT[0]
        assert not steadiness.look(gains, light, number / 4).any()
