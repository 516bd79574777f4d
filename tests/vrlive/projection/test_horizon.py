from dataclasses import replace
from math import cos, pi, sin

import numpy as np
import pytest

from tests.vrlive.stitch.rigs import dual_fisheye
from vrlive.projection.horizon import level, up_in_rig
from vrlive.projection.lenses import project
from vrlive.projection.rig import Lens, Plane, Rig, rotation
from vrlive.units import Size

UP, AHEAD = (0.0, 1.0, 0.0), (0.0, 0.0, -1.0)
LENS = Lens("front", 0, Size(64, 64), "equidistant", 20.0, (32.0, 32.0))


def test_a_level_rig_is_left_as_it_is() -> None:
    assert level(UP) == (0, 0)


def test_a_rig_that_looks_up_is_turned_up_so_that_its_pictures_lie_higher() -> None:
    """For it the zenith is nearer to where it looks."""
    assert level((0, cos(0.3), -sin(0.3))) == pytest.approx((0.3, 0), abs=1e-12)


def test_a_rig_that_stands_rolled_clockwise_is_turned_clockwise() -> None:
    """For it the zenith is to the left of its top."""
    assert level((-sin(0.2), cos(0.2), 0)) == pytest.approx((0, 0.2), abs=1e-12)


def test_a_rig_that_hangs_upside_down_is_turned_over() -> None:
    pitch, roll = level((0, -1, 0))
    assert (pitch, abs(roll)) == pytest.approx((0, pi), abs=1e-12)


@pytest.mark.parametrize("up", [(0, 0, 1), (0, 0, -1), (1, 0, 0), (0.3, -0.8, 0.2), (-5, 2, 11)])
def test_up_becomes_up_and_what_lies_ahead_keeps_its_bearing(up: tuple[float, float, float]) -> None:
    pitch, roll = level(up)
    assert rotation(0, pitch, roll) @ np.array(up) / np.linalg.norm(up) == pytest.approx(UP, abs=1e-12)
    assert (rotation(0, pitch, roll) @ AHEAD)[0] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("pitch", "roll"), [(0.2, 0), (0, -0.4), (-0.3, 1.1), (1.2, 3.0)])
def test_a_camera_of_known_tilt_is_levelled(pitch: float, roll: float) -> None:
    """A camera mounted straight, the whole rig tilted: what it feels is the world's up in its own axes."""
    felt = rotation(0, pitch, roll).T @ UP
    assert level(up_in_rig(LENS, felt)) == pytest.approx((pitch, roll), abs=1e-12)


def test_what_a_camera_that_looks_aside_feels_is_turned_into_the_rigs_axes() -> None:
    """To the right of a rig that is pitched up by 0.1, a camera hangs rolled by 0.1."""
    aside = replace(LENS, yaw=pi / 2)
    felt = (rotation(0, 0.1, 0) @ aside.rotation).T @ UP
    assert level(up_in_rig(aside, felt)) == pytest.approx((0.1, 0), abs=1e-12)


@pytest.mark.parametrize("scene", [None, Plane((0.1, -0.2, -1.0))])
def test_a_turned_rig_shows_everything_turned(scene: Plane | None) -> None:
    apart = [replace(lens, position_m=(0.1, 0.05, -0.2), scene=scene) for lens in dual_fisheye().lenses]
    turned = Rig(tuple(apart), "apart", 1).turned(0.4, -0.2, 0.9)
    looking = np.random.default_rng(2).normal(size=(300, 3))
    looking /= np.linalg.norm(looking, axis=-1, keepdims=True)
    for before, after in zip(apart, turned.lenses, strict=True):
        (was, was_valid), (now, now_valid) = project(before, looking, 2.0), project(after, looking @ rotation(0.4, -0.2, 0.9).T, 2.0)
        assert was_valid.any()
        assert now[was_valid] == pytest.approx(was[was_valid], abs=1e-6)
        assert (now_valid == was_valid).all()
