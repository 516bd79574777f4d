from dataclasses import replace
from math import radians

import numpy as np
import pytest

from vrlive.errors import RigFileError
from vrlive.projection.lenses import project, unproject
from vrlive.projection.rig import Circle, Lens, PanoTools, Rectangle, Rig, rotation, turn
from vrlive.units import Size

LENS = Lens("front", 0, Size(2000, 1500), "equidistant", 500.0, (990.0, 760.0))
FORWARD, RIGHT, UP = (0, 0, -1), (1, 0, 0), (0, 1, 0)


def test_yaw_turns_right() -> None:
    assert rotation(radians(90), 0, 0) @ FORWARD == pytest.approx(RIGHT, abs=1e-12)


def test_pitch_turns_up() -> None:
    assert rotation(0, radians(90), 0) @ FORWARD == pytest.approx(UP, abs=1e-12)


def test_roll_tips_the_top_of_the_picture_to_the_right() -> None:
    assert rotation(0, 0, radians(90)) @ UP == pytest.approx(RIGHT, abs=1e-12)


def test_a_camera_is_rolled_first_and_turned_last() -> None:
    looks = rotation(radians(90), radians(30), radians(77)) @ FORWARD
    assert looks == pytest.approx((np.cos(radians(30)), np.sin(radians(30)), 0), abs=1e-12)


@pytest.mark.parametrize("angles", [(0, 0, 0), (0.3, -0.2, 0.7), (-3.0, 1.5, -2.0), (2.0, -1.5, 3.0)])
def test_angles_come_back_from_their_matrix(angles: tuple[float, float, float]) -> None:
    assert turn(rotation(*angles)) == pytest.approx(angles, abs=1e-12)


@pytest.mark.parametrize("crop", [None, Circle(980, 740, 700), Rectangle(100, 50, 1900, 1400)])
def test_a_lens_scaled_to_another_size_sees_the_same_at_the_same_place(crop: Circle | Rectangle | None) -> None:
    lens = replace(LENS, crop=crop, distortion=PanoTools(0.01, -0.02, 0.03, 4, -7), masks=(((0.0, 0.0), (400.0, 0.0), (0.0, 900.0)),))
    half = lens.scaled_to(Size(1000, 750))
    looking = np.random.default_rng(1).normal(size=(500, 3))
    looking /= np.linalg.norm(looking, axis=-1, keepdims=True)
    (large, large_valid), (small, small_valid) = project(lens, looking), project(half, looking)
    assert small[large_valid] == pytest.approx(large[large_valid] / 2, abs=1e-9)
    assert (small_valid == large_valid).all()


def test_another_shape_is_refused_with_both_sizes() -> None:
    with pytest.raises(RigFileError, match=r"2000x1500.*input 0 is 1920x1080"):
        Rig((LENS,), "one", 1).scaled_to([Size(1920, 1080)])


def test_as_many_sizes_as_inputs_are_wanted() -> None:
    with pytest.raises(RigFileError, match="takes 1 input, but 2 are given"):
        Rig((LENS,), "one", 1).scaled_to([LENS.frame, LENS.frame])


def test_the_pixel_rounding_of_a_size_is_forgiven() -> None:
    lens = replace(LENS, frame=Size(1568, 1504))
    assert lens.scaled_to(Size(523, 502)).frame == Size(523, 502)


def test_the_optical_axis_is_where_the_rotation_points() -> None:
    lens = replace(LENS, yaw=0.4, pitch=-0.3, roll=1.0)
    assert unproject(lens, lens.centre_px) == pytest.approx(-lens.rotation[:, 2], abs=1e-12)
