"""Steps across seams against loops written out, and detail that blending costs."""

from math import cos, pi

import numpy as np
import pytest

from vrlive.projection.rig import Array
from vrlive.stitch.score import latitude_weights
from vrlive.stitch.seams import blended_detail, detail, seam_lines, seam_steps, sharpness_ratio

SHAPE = (16, 32)
WEIGHTS = latitude_weights(16)
EVERYWHERE = np.ones(SHAPE, np.bool_)


@pytest.fixture
def scene() -> Array:
    """Luma without any seam."""
    return np.random.default_rng(9).uniform(50, 200, SHAPE)


def owners() -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    """Three lenses, two beside each other and one above, and a hole."""
    owner = np.zeros(SHAPE, np.intp)
    owner[:, 20:] = 1
    owner[:5, :26] = 2
    owner[12:, 4:8] = -1
    return owner


def written_out(luma: Array, first: int, second: int) -> float:
    """The mean step between two owners, pixel by pixel."""
    owner, total, length = owners(), 0.0, 0.0
    height, width = SHAPE
    for row in range(height):
        for column in range(width):
            here = [luma[row, (column + n) % width] for n in (-1, 0, 1, 2)]
            if sorted((owner[row, column], owner[row, (column + 1) % width])) == [first, second]:
                total += abs(here[2] - here[1]) - (abs(here[1] - here[0]) + abs(here[3] - here[2])) / 2
                length += 1
            if 1 <= row < height - 2 and sorted((owner[row, column], owner[row + 1, column])) == [first, second]:
                here = [luma[row + n, column] for n in (-1, 0, 1, 2)]
                weight = cos((row + 0.5 - height / 2) * pi / height)
                total += weight * (abs(here[2] - here[1]) - (abs(here[1] - here[0]) + abs(here[3] - here[2])) / 2)
                length += weight
    return total / length


def test_steps_are_their_formula_pair_by_pair(scene: Array) -> None:
    steps = seam_steps(scene, owners(), WEIGHTS)
    assert steps == pytest.approx({pair: written_out(scene, *pair) for pair in ((0, 1), (0, 2), (1, 2))})


def test_a_step_is_found_beside_a_slope_and_a_slope_alone_is_none() -> None:
    slope = np.broadcast_to(np.minimum(np.arange(32), 32 - np.arange(32)) * 3.0, SHAPE)
    owner = (np.arange(32) >= 8).astype(np.intp) * (np.arange(32) < 24) + np.zeros(SHAPE, np.intp)
    assert seam_steps(slope, owner, WEIGHTS)[0, 1] == pytest.approx(0)
    assert seam_steps(slope + 20 * (owner == 1) * (slope > 23), owner, WEIGHTS)[0, 1] == pytest.approx(20)


def test_the_edge_of_what_is_seen_is_no_seam(scene: Array) -> None:
    owner = np.where(np.arange(32) < 16, 0, -1) + np.zeros(SHAPE, np.intp)
    assert seam_steps(scene, owner, WEIGHTS) == {}


def test_lines_run_between_owners_and_around_the_edge_of_the_picture() -> None:
    lines = seam_lines(owners())
    assert lines[8, 19]
    assert lines[8, 31]
    assert lines[4, 10]
    assert not lines[8, 10]


def test_detail_is_the_squared_steps_to_right_and_down(scene: Array) -> None:
    assert detail(scene)[3, 5] == pytest.approx((scene[3, 6] - scene[3, 5]) ** 2 + (scene[4, 5] - scene[3, 5]) ** 2)
    assert detail(scene)[15, 31] == pytest.approx((scene[15, 0] - scene[15, 31]) ** 2)


def test_half_the_contrast_is_half_the_sharpness(scene: Array) -> None:
    assert sharpness_ratio(detail(scene), detail(scene / 2 + 30), EVERYWHERE, WEIGHTS) == pytest.approx(0.5)
    assert sharpness_ratio(detail(np.full(SHAPE, 9.0)), detail(scene), EVERYWHERE, WEIGHTS) is None


def test_what_one_lens_does_not_see_is_not_compared(scene: Array) -> None:
    part = np.where(np.arange(32) < 16, scene, np.nan)
    other = np.where(np.arange(32) < 16, scene, 0)
    assert sharpness_ratio(detail(part), detail(other), EVERYWHERE, WEIGHTS) == pytest.approx(1)


@pytest.mark.parametrize(("shift_px", "least", "most"), [(0, 0.999, 1.001), (1, 0.5, 0.8)])
def test_two_pictures_that_do_not_fit_lose_detail_when_they_are_blended(scene: Array, shift_px: int, least: float, most: float) -> None:
    pictures, shares = np.stack([scene, np.roll(scene, shift_px, 1)]), np.full((2, *SHAPE), 0.5, np.float32)
    sources = blended_detail(np.stack([detail(each) for each in pictures]), shares)
    kept = sharpness_ratio(sources, detail(pictures.mean(0)), EVERYWHERE, WEIGHTS)
    assert kept is not None
    assert least < kept < most
