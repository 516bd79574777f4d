"""Where down is, by the telemetry of real cameras and of made-up ones whose tilt is known."""

import os
from contextlib import closing
from itertools import pairwise
from math import cos, degrees, radians, sin
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from tests.vrlive.capture.telemetry import accelerometer, film_with, gravity
from vrlive.capture.footage import Footage
from vrlive.capture.gpmf import Array, read_streams
from vrlive.capture.gravity import CAMERA_AXES, HERO5_AXES, gravity_of, read_gravity
from vrlive.errors import InputError

SECONDS = 6


@pytest.fixture
def samples() -> Path:
    """GoPro's own sample files."""
    if "VRLIVE_TEST_DATA" not in os.environ:
        pytest.skip("VRLIVE_TEST_DATA is not set: no telemetry of real cameras")
    return Path(os.environ["VRLIVE_TEST_DATA"]) / "imu_gpmf"


def felt(up: tuple[float, float, float], axes: str = "ZXY", noise: float = 0.05) -> Array:
    """What an accelerometer at rest stores in a second, (200, 3) m/s², when up is there (right, up, backward)."""
    right, above, back = 9.8 * np.array(up)
    along = {"X": -right, "Y": back, "Z": above}
    stored = [along[name.upper()] * (1 if name.isupper() else -1) for name in axes]
    return np.asarray(stored + np.random.default_rng(1).normal(0, noise, (200, 3)))


def told(up: tuple[float, float, float]) -> Array:
    """What a camera's gravity sensor stores in a second, (30, 3): downward, in the order X, −Z, −Y."""
    right, above, back = up
    down = {"X": right, "Y": -back, "Z": -above}
    return np.tile([down["X"], -down["Z"], -down["Y"]], (30, 1))


UPRIGHT = (0.0, 1.0, 0.0)
LOOKS_UP = (0.0, cos(0.3), -sin(0.3))  # the zenith comes nearer to where it looks
ROLLED = (-sin(0.2), cos(0.2), 0.0)  # rolled clockwise: up is to the left of the picture's top


def test_axes_are_those_that_turn_the_picture(samples: Path) -> None:
    """Optical flow of karma.mp4 against its gyroscope: turned to the left the picture moves right, turned up it moves down, and so on.

    Were X right, Y forward, or Z down, signs would be others. Accelerometer and gyroscope share their axes. Their clock is behind the
    picture's by as much as makes both turn alike.
    """
    gyro_s, gyro = _gyroscope(samples / "karma.mp4")
    with closing(Footage(samples / "karma.mp4")) as footage:
        pictures = [(frame.captured_s, cv2.resize(frame.picture.y, (427, 240))) for frame in footage]
    moves = np.array([_move(first, second) / (second_s - first_s) for (first_s, first), (second_s, second) in pairwise(pictures)])
    middle_s = np.array([(first_s + second_s) / 2 for (first_s, _), (second_s, _) in pairwise(pictures)])
    shifted = [np.stack([np.interp(middle_s - lag_s, gyro_s, axis) for axis in gyro.T], -1) for lag_s in np.arange(-0.05, 0.05, 0.005)]
    right, up, backward = max(shifted, key=lambda turns: float(np.corrcoef(turns[:, 1], moves[:, 0])[0, 1])).T
    turns = np.stack([right, up, backward, np.ones_like(up)], -1)
    slopes = np.linalg.lstsq(turns, moves, rcond=None)[0]
    assert 200 < slopes[1, 0] < 400  # about up, to the left: the picture moves right, by the focal length (some 290 px) a radian
    assert 200 < slopes[0, 1] < 400  # about right, upwards: it moves down
    assert slopes[2, 2] > 0.2  # about backward, anticlockwise: it turns clockwise; less than it should, as the drone hardly rolls


def _gyroscope(path: Path) -> tuple[Array, Array]:
    """Times (n,) in seconds, and turns (n, 3) in rad/s about right, up and backward, smoothed over a picture."""
    with av.open(str(path)) as source:
        packets = [(float(p.pts * p.time_base), bytes(p)) for p in source.demux(source.streams[3]) if p.size and p.pts is not None]
    turns = [(start_s, stream.values) for start_s, payload in packets for stream in read_streams(payload) if stream.key == "GYRO"]
    times_s = np.concatenate([start_s + np.arange(len(values)) / len(values) for start_s, values in turns])
    axes = np.array([CAMERA_AXES[name] for name in HERO5_AXES])
    values = np.concatenate([values for _, values in turns]) @ axes
    return times_s, np.stack([np.convolve(axis, np.ones(14) / 14, "same") for axis in values.T], -1)


def _move(first: Any, second: Any) -> Array:
    """How far the middle of a picture moves to the right and down in px, and by how many radians it turns clockwise."""
    corners = cv2.goodFeaturesToTrack(first, 200, 0.01, 8)
    there, seen, _ = cv2.calcOpticalFlowPyrLK(first, second, corners, np.empty_like(corners))
    good = seen[:, 0] == 1
    matrix, _ = cv2.estimateAffinePartial2D(corners[good], there[good])
    across, down = matrix @ (213.5, 120, 1) - (213.5, 120)
    return np.array([across, down, np.arctan2(matrix[1, 0], matrix[0, 0])])


def test_a_real_camera_held_in_a_hand_says_roughly_where_up_is(samples: Path) -> None:
    found = gravity_of([(samples / "hero5.raw").read_bytes()])
    assert found is not None
    assert found.source == "ACCL"
    assert found.up[1] > cos(radians(15))
    assert 2 < degrees(found.spread_rad) < 6


def test_a_drone_in_flight_has_no_one_horizon(samples: Path) -> None:
    with pytest.raises(InputError, match=r"karma\.mp4: .*there is no one horizon"):
        read_gravity(samples / "karma.mp4")


@pytest.mark.parametrize("up", [UPRIGHT, LOOKS_UP, ROLLED])
@pytest.mark.parametrize("axes", ["ZXY", "YxZ", "zxY"])
def test_up_is_found_whatever_the_order_and_sign_of_the_axes(up: tuple[float, float, float], axes: str) -> None:
    found = gravity_of([accelerometer(felt(up, axes), axes)] * SECONDS)
    assert found is not None
    assert found.up == pytest.approx(up, abs=0.01)
    assert found.spread_rad < radians(0.5)


@pytest.mark.parametrize("up", [UPRIGHT, LOOKS_UP, ROLLED])
def test_the_gravity_sensor_points_down(up: tuple[float, float, float]) -> None:
    found = gravity_of([gravity(told(up)), accelerometer(felt(up))])
    assert found is not None
    assert (found.source, found.up.tolist()) == ("GRAV", pytest.approx(up, abs=0.001))


def test_a_gravity_sensor_of_zeros_is_passed_over() -> None:
    """HERO8 writes them."""
    found = gravity_of([gravity(np.zeros((30, 3))), accelerometer(felt(ROLLED))])
    assert found is not None
    assert found.source == "ACCL"


def test_an_accelerometer_at_rest_is_believed_rather_than_a_gravity_sensor_that_contradicts_it() -> None:
    found = gravity_of([gravity(told(LOOKS_UP)), accelerometer(felt(ROLLED))])
    assert found is not None
    assert (found.source, found.up.tolist()) == ("ACCL", pytest.approx(ROLLED, abs=0.01))


def test_a_gravity_sensor_is_enough_for_a_camera_that_shakes() -> None:
    found = gravity_of([gravity(told(ROLLED)), accelerometer(felt(ROLLED, noise=4))])
    assert found is not None
    assert found.source == "GRAV"


@pytest.mark.parametrize("values", [felt(UPRIGHT, noise=4), felt(UPRIGHT) * 0.8, felt(UPRIGHT) * 0], ids=["shaken", "pulled", "falling"])
def test_a_camera_that_is_moved_does_not_say_where_down_is(values: Array) -> None:
    with pytest.raises(InputError, match="moved while it recorded"):
        gravity_of([accelerometer(values, "ZXY")] * SECONDS)


def test_a_camera_that_is_tilted_while_it_records_has_no_one_horizon() -> None:
    tilted = [(sin(radians(4 * n)), cos(radians(4 * n)), 0.0) for n in range(SECONDS)]
    with pytest.raises(InputError, match="there is no one horizon"):
        gravity_of([gravity(told(up)) for up in tilted])


def test_a_camera_turned_over_while_it_records_has_none_either() -> None:
    with pytest.raises(InputError, match="moved while it recorded"):
        gravity_of([gravity(told(up)) for up in (UPRIGHT, (0.0, -1.0, 0.0))])


@pytest.mark.parametrize(
    "payload", [b"", accelerometer(felt(UPRIGHT)).replace(b"ACCL", b"MAGN"), accelerometer(felt(UPRIGHT)).replace(b"up/down", b"???????")]
)
def test_other_sensors_and_axes_without_names_tell_nothing(payload: bytes) -> None:
    assert gravity_of([payload] if payload else []) is None


def test_an_order_that_is_not_named_is_not_taken_for_a_hero5s_unless_that_stands_upright() -> None:
    """A Fusion that stands upright, in the order −Y, X, Z, would be levelled by a right angle."""
    assert gravity_of([accelerometer(felt(UPRIGHT, "yXZ"))]) is None
    assert gravity_of([accelerometer(felt((0.9, 0.3, 0.3)))]) is None


def test_telemetry_is_found_in_a_film(tmp_path: Path) -> None:
    found = read_gravity(film_with(tmp_path / "a.mp4", [gravity(told(ROLLED))] * SECONDS))
    assert found is not None
    assert found.up == pytest.approx(ROLLED, abs=0.001)


def test_a_film_or_a_picture_without_telemetry_tells_nothing(tmp_path: Path) -> None:
    assert read_gravity(film_with(tmp_path / "a.mp4", [b"something else"] * 3)) is None
    assert read_gravity(tmp_path / "a.png") is None


def test_damaged_telemetry_names_the_file_and_the_fault(tmp_path: Path) -> None:
    spoilt = gravity(told(UPRIGHT))[:-40]
    with pytest.raises(InputError, match=r"a\.mp4: its telemetry \(GPMF\) cannot be used: DEVC says"):
        read_gravity(film_with(tmp_path / "a.mp4", [spoilt] * 3))
