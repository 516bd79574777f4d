from math import pi, radians

import numpy as np
import pytest
from numpy.typing import NDArray

from vrlive.show.gaze import BINS, COLUMNS, ROWS, bin_of, centres, density
from vrlive.units import Size


def test_each_bin_holds_its_own_middle() -> None:
    for number, (x, y, z) in enumerate(centres()):
        assert bin_of(float(np.arctan2(x, -z)), float(np.arcsin(y))) == number


def test_bins_have_one_area() -> None:
    rng = np.random.default_rng(1)
    directions = rng.normal(size=(60_000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    counts = np.zeros(BINS)
    for x, y, z in directions:
        counts[bin_of(np.arctan2(x, -z), np.arcsin(y))] += 1
    expected = len(directions) / BINS
    assert np.abs(counts - expected).max() < 5 * np.sqrt(expected)


@pytest.mark.parametrize(("yaw", "pitch"), [(pi, 0.0), (-pi, 0.0), (0.0, pi / 2), (0.0, -pi / 2), (9 * pi, 2.0)])
def test_no_direction_is_outside_of_all_bins(yaw: float, pitch: float) -> None:
    assert 0 <= bin_of(yaw, pitch) < BINS


def seconds(*places: tuple[float, float]) -> NDArray[np.float64]:
    found = np.zeros(BINS)
    for yaw_deg, pitch_deg in places:
        found[bin_of(radians(yaw_deg), radians(pitch_deg))] += 1
    return found


def test_the_map_is_brightest_where_heads_were_turned() -> None:
    size = Size(256, 128)
    found = density(seconds((90.0, 0.0)), size)
    row, column = np.unravel_index(found.argmax(), found.shape)
    assert (column + 0.5) / size.width * 360 - 180 == pytest.approx(90, abs=360 / COLUMNS)
    assert 90 - (row + 0.5) / size.height * 180 == pytest.approx(0, abs=90 / ROWS * 2)
    assert found.max() == 1


def test_the_map_has_no_seam_and_is_even_along_a_pole() -> None:
    found = density(seconds((180.0, 0.0), (0.0, 89.0)), Size(256, 128))
    assert np.abs(found[:, 0] - found[:, -1]).max() <= np.abs(np.diff(found, axis=1)).max()
    assert np.ptp(found[0]) < 0.05


def test_nobody_looked_nowhere() -> None:
    assert not density(np.zeros(BINS), Size(64, 32)).any()


def test_the_map_is_the_sum_of_its_bins_one_by_one() -> None:
    size, places = Size(64, 32), [(10.0, 5.0), (-120.0, -40.0)]
    yaw = np.radians((np.arange(64) + 0.5) / 64 * 360 - 180)
    pitch = np.radians(90 - (np.arange(32) + 0.5) / 32 * 180)
    slow = np.zeros((32, 64))
    for number in np.flatnonzero(seconds(*places)):
        for row in range(32):
            for column in range(64):
                at = np.array(
                    [
                        np.cos(pitch[row]) * np.sin(yaw[column]),
                        np.sin(pitch[row]),
                        -np.cos(pitch[row]) * np.cos(yaw[column]),
                    ]
                )
                slow[row, column] += np.exp((at @ centres()[number] - 1) / np.radians(12.0) ** 2)
    np.testing.assert_allclose(density(seconds(*places), size), slow / slow.max(), atol=1e-9)
