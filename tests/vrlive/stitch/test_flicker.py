"""What stitching itself changes from one frame to the next."""

import numpy as np
import pytest

from vrlive.projection.rig import Array
from vrlive.stitch.flicker import blended, own_flicker
from vrlive.stitch.score import latitude_weights

SHAPE = (32, 64)
WEIGHTS = latitude_weights(32)


@pytest.fixture
def frames() -> tuple[Array, Array]:
    """A scene in which much moves."""
    before = np.random.default_rng(6).uniform(30, 200, SHAPE)
    return before, np.roll(before, 5, 1)


def test_what_moves_in_the_scene_is_no_flicker(frames: tuple[Array, Array]) -> None:
    rounded = np.rint(frames[0]), np.rint(frames[1])
    whole, local = own_flicker(rounded, frames, WEIGHTS)
    assert whole < 0.05
    assert local < 0.1


def test_gains_that_pump_are_flicker_of_the_whole(frames: tuple[Array, Array]) -> None:
    assert own_flicker((frames[0], frames[1] + 3), frames, WEIGHTS) == pytest.approx((3, 3))


def test_gains_that_pump_against_each_other_are_flicker_of_places_alone(frames: tuple[Array, Array]) -> None:
    sign = np.where(np.arange(64) < 32, 2.0, -2.0)
    whole, local = own_flicker((frames[0], frames[1] + sign), frames, WEIGHTS)
    assert whole == pytest.approx(0, abs=1e-9)
    assert local == pytest.approx(2)


def test_sources_count_by_their_shares_and_what_is_not_seen_for_nothing() -> None:
    sources = np.array([[[100, np.nan, 50.0]], [[200, 90, np.nan]]], np.float32)
    shares = np.array([[[0.25, 0, 1]], [[0.75, 1, 0]]], np.float32)
    assert blended(sources, shares).tolist() == [[175, 90, 50]]
