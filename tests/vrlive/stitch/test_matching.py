"""Comparing pairs of lenses, and solving for their gains."""

import numpy as np
import pytest

from vrlive.stitch.matching import FEWEST_SAMPLES, MAD_TO_SIGMA, NEAR, NEAREST, Array, Matches, Pair, compare, match, solve, trusted

SEES = np.random.default_rng(2).normal(-1.5, 0.4, (300, 3))
ALL = np.arange(len(SEES))


def robust_mean(first: Array, second: Array) -> tuple[float, int]:
    """What `compare` says, by NumPy, of samples that all are known and of one thing."""
    off = second - first
    near = off[np.abs(off - np.median(off)) <= NEAR]
    spread = MAD_TO_SIGMA * np.median(np.abs(near - np.median(near)))
    kept = near[np.abs(near - np.median(near)) <= min(3 * spread + 1e-3, NEAREST)]
    return float(kept.mean()), len(near)


def compared(first: Array, second: Array) -> Array:
    found = np.zeros((3, 3))
    compare(first, second, ALL, found)
    return found


def test_the_kernel_says_what_numpy_says() -> None:
    chance = np.random.default_rng(3)
    other = SEES + (0.1, -0.2, 0.3) + chance.normal(0, 0.03, SEES.shape) + (chance.random(SEES.shape) < 0.2) * 0.8
    for channel, row in enumerate(compared(SEES, other)):
        mean, agree = robust_mean(SEES[:, channel], other[:, channel])
        assert row == pytest.approx([mean, agree, len(SEES)], abs=1e-12)


def test_samples_of_which_one_lens_knows_nothing_do_not_count() -> None:
    other = SEES + 0.2
    other[:100], other[200:, 2] = np.nan, np.nan
    found = compared(SEES, other)
    assert found[:, 2].tolist() == [200, 200, 100]
    assert found[:, 0] == pytest.approx([0.2] * 3, abs=1e-12)


def test_too_few_samples_say_nothing() -> None:
    other = SEES.copy()
    other[FEWEST_SAMPLES - 1 :] = np.nan
    assert not compared(SEES, other)[:, 1].any()


WALL = np.full_like(SEES, -1.5)
STRANGERS = {
    "a hand over one": WALL,
    "another scene": SEES[::-1].copy(),
    "noise": np.random.default_rng(4).normal(-1.5, 0.4, SEES.shape),
}


@pytest.mark.parametrize("other", STRANGERS.values(), ids=STRANGERS)
def test_what_has_nothing_in_common_is_not_compared(other: Array) -> None:
    assert not compared(SEES, other)[:, 1].any()


def test_a_plain_wall_that_both_see_is_compared() -> None:
    assert compared(WALL, WALL + 0.3)[:, 0] == pytest.approx([0.3] * 3)


def matches(differences: dict[tuple[int, int], float], agree: float = 100) -> Matches:
    """Pairs of lenses that differ by so many EV in all channels."""
    count = np.full((len(differences), 3), 100.0)
    values = np.repeat(np.array([*differences.values()])[:, np.newaxis], 3, 1)
    return Matches(np.array([*differences], np.intp).reshape(-1, 2), values, count * (agree / 100), count)


def test_gains_undo_differences_in_stops() -> None:
    light = np.stack([SEES, SEES + np.log(2), SEES - 0.5 * np.log(2)])
    found = match(light, [Pair(0, 1, ALL), Pair(1, 2, ALL)])
    gains, told = solve(found, np.zeros((3, 3)))
    assert told.all()
    assert np.abs(gains - np.array([1 / 6, -5 / 6, 4 / 6])[:, np.newaxis]).max() < 1e-6


def test_one_pair_that_contradicts_the_others_counts_little() -> None:
    """Four lenses, all pairs; of one a hand is over the part that one other sees."""
    pairs = {(first, second): 0.0 for first in range(4) for second in range(first + 1, 4)}
    gains, _ = solve(matches(pairs | {(0, 1): 1.0}), np.zeros((4, 3)))
    assert np.abs(gains).max() < 0.02
    sides = np.array([np.eye(4)[first] - np.eye(4)[second] for first, second in pairs])
    assert np.abs(np.linalg.lstsq(sides, [1.0, 0, 0, 0, 0, 0])[0]).max() > 0.2, "least squares would have believed it"


def test_lenses_without_a_match_keep_what_is_known() -> None:
    known = np.full((4, 3), 0.3)
    gains, told = solve(matches({(0, 1): 0.2}), known)
    assert told.all(1).tolist() == [True, True, False, False]
    assert gains[:, 0] == pytest.approx([0.4, 0.2, 0.3, 0.3], abs=1e-6)
    assert np.array_equal(solve(matches({}), known)[0], known)


def test_groups_that_have_nothing_in_common_do_not_move_against_each_other() -> None:
    gains, _ = solve(matches({(0, 1): 0.2, (2, 3): -0.4}), np.array([[0.5], [0.5], [0.0], [0.0]]).repeat(3, 1))
    assert gains[:, 0] == pytest.approx([0.6, 0.4, -0.2, 0.2], abs=1e-6)


def test_a_lens_that_agrees_with_little_of_what_it_shares_is_not_trusted() -> None:
    """It agrees with one other, which is covered too, and with none of the rest."""
    found = matches({(first, second): 0.0 for first in range(6) for second in range(first + 1, 6)})
    strange = np.isin(found.lenses, (0, 1)).sum(1) == 1
    found.agree[strange] = 0
    assert trusted(found, 6).tolist() == [False, False, True, True, True, True]


def test_none_is_trusted_where_little_of_the_whole_rig_agrees() -> None:
    assert not trusted(matches({(0, 1): 0.0, (1, 2): 0.0}, agree=29), 3).any()
    assert trusted(matches({(0, 1): 0.0, (1, 2): 0.0}, agree=31), 3).all()
