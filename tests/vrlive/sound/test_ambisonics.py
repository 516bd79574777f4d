"""Directions are ours: +X right, +Y up, −Z ahead; channels are AmbiX': W, Y (left), Z (up), X (ahead)."""

from math import pi, radians

import numpy as np
import pytest
from numpy.typing import ArrayLike

from vrlive.projection.rig import rotation
from vrlive.sound.ambisonics import FROM_STEREO, TO_STEREO, panned, turned

AHEAD, BEHIND, RIGHT, LEFT, UP = (0, 0, -1), (0, 0, 1), (1, 0, 0), (-1, 0, 0), (0, 1, 0)


@pytest.mark.parametrize(
    ("direction", "channels"), [(AHEAD, [1, 0, 0, 1]), (LEFT, [1, 1, 0, 0]), (RIGHT, [1, -1, 0, 0]), (UP, [1, 0, 1, 0])]
)
def test_channels_are_in_acn_order(direction: ArrayLike, channels: list[float]) -> None:
    """The formulas of AmbiX: Y = sin(azimuth) cos(elevation), Z = sin(elevation), X = cos(azimuth) cos(elevation); azimuth to the left."""
    assert panned(direction) == pytest.approx(channels)


@pytest.mark.parametrize(
    ("turn", "before", "after"),
    [
        (rotation(pi / 2, 0, 0), AHEAD, RIGHT),  # yaw > 0 turns right
        (rotation(0, pi / 2, 0), AHEAD, UP),  # pitch > 0 turns up
        (rotation(0, 0, pi / 2), UP, RIGHT),  # roll > 0: the top tips right
        (rotation(pi, 0, 0), LEFT, RIGHT),
    ],
)
def test_sound_turns_as_the_picture_does(turn: ArrayLike, before: ArrayLike, after: ArrayLike) -> None:
    assert turned(turn) @ panned(before) == pytest.approx(panned(after))


def test_any_direction_is_turned_like_a_direction() -> None:
    chance = np.random.default_rng(2)
    for _ in range(50):
        direction = chance.normal(size=3)
        direction /= np.linalg.norm(direction)
        turn = rotation(*chance.uniform(-pi, pi, 3))
        assert turned(turn) @ panned(direction) == pytest.approx(panned(turn @ direction))


def test_stereo_hears_each_side_by_itself_and_both_together_are_everything() -> None:
    assert TO_STEREO @ panned(LEFT) == pytest.approx([1, 0])
    assert TO_STEREO @ panned(RIGHT) == pytest.approx([0, 1])
    assert TO_STEREO @ panned(AHEAD) == pytest.approx([0.5, 0.5]) == TO_STEREO @ panned(BEHIND)
    assert (TO_STEREO @ panned(rotation(radians(70), radians(20), 0) @ np.array(AHEAD))).sum() == pytest.approx(1)


def test_stereo_stands_ahead() -> None:
    left, right, both = FROM_STEREO @ [1, 0], FROM_STEREO @ [0, 1], FROM_STEREO @ [1, 1]
    assert np.degrees(np.arctan2(left[1], left[3])) == pytest.approx(30)
    assert np.degrees(np.arctan2(right[1], right[3])) == pytest.approx(-30)
    assert both[0] == pytest.approx(1)
    assert both[1] == pytest.approx(0)
