"""Scores against their formulas written out, and against SciPy's windows."""

import numpy as np
import pytest
from scipy.ndimage import uniform_filter1d

from vrlive.projection.rig import Array
from vrlive.stitch.score import SSIM_C1, SSIM_C2, latitude_weights, ssim, with_global_gain, ws_psnr

SHAPE = (40, 80)


@pytest.fixture
def pair() -> tuple[Array, Array]:
    chance = np.random.default_rng(5)
    truth = uniform_filter1d(chance.uniform(0, 255, SHAPE), 5, axis=1)
    return truth + chance.normal(0, 6, SHAPE), truth


def test_a_row_weighs_as_much_as_the_area_it_covers() -> None:
    edges = np.sin(np.linspace(np.pi / 2, -np.pi / 2, 41))
    assert latitude_weights(40)[:, 0] * np.pi / 40 == pytest.approx(edges[:-1] - edges[1:], rel=1e-3)


def test_ws_psnr_is_its_formula(pair: tuple[Array, Array]) -> None:
    image, truth = pair
    total = weight = 0.0
    for row in range(40):
        for column in range(80):
            w = np.cos((row + 0.5 - 20) * np.pi / 40)
            total, weight = total + w * (image[row, column] - truth[row, column]) ** 2, weight + w
    assert ws_psnr(image, truth) == pytest.approx(10 * np.log10(255**2 / (total / weight)))


def test_ws_psnr_of_colour_is_that_of_the_mean_error(pair: tuple[Array, Array]) -> None:
    image, truth = pair
    assert ws_psnr(np.stack([image, truth, truth], -1), np.stack([truth] * 3, -1)) == pytest.approx(
        ws_psnr(image, truth) + 10 * np.log10(3)
    )


def test_only_what_the_mask_keeps_counts(pair: tuple[Array, Array]) -> None:
    image, truth = pair
    worse = image.copy()
    worse[:, :40] += 50
    right = np.arange(80) >= 40
    assert ws_psnr(worse, truth, np.tile(right, (40, 1))) == pytest.approx(ws_psnr(image[:, 40:], truth[:, 40:]))


def test_one_global_gain_is_taken_out(pair: tuple[Array, Array]) -> None:
    _, truth = pair
    assert with_global_gain(truth * 0.8, truth) == pytest.approx(truth)


def test_ssim_is_its_formula_with_scipys_windows(pair: tuple[Array, Array]) -> None:
    image, truth = pair

    def mean(values: Array) -> Array:
        return np.asarray(uniform_filter1d(uniform_filter1d(values, 9, axis=0, mode="reflect"), 9, axis=1, mode="wrap"))

    a, b = mean(image), mean(truth)
    variances, covariance = mean(image**2) - a**2 + mean(truth**2) - b**2, mean(image * truth) - a * b
    quality = (2 * a * b + SSIM_C1) * (2 * covariance + SSIM_C2) / ((a**2 + b**2 + SSIM_C1) * (variances + SSIM_C2))
    weights = np.broadcast_to(latitude_weights(40), SHAPE)
    assert ssim(image, truth) == pytest.approx(np.average(quality, weights=weights))
    assert ssim(truth, truth) == pytest.approx(1)
    assert ssim(image, truth) < 0.99
