"""Scores against their formulas written out, against SciPy's windows, and against FFmpeg's own filters."""

import re
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
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


def ffmpeg(judge: str, first: NDArray[np.uint8], second: NDArray[np.uint8], log: Path) -> float:
    """What one of FFmpeg's filters makes of two grey pictures; it writes its log when its graph ends."""
    _judge(judge, first, second, log)
    found = re.search(r"(?:psnr_avg|All):([\d.]+)", log.read_text("utf-8"))
    assert found
    return float(found[1])


def _judge(judge: str, first: NDArray[np.uint8], second: NDArray[np.uint8], log: Path) -> None:
    graph, period = av.filter.Graph(), Fraction(1, 25)
    height, width = first.shape
    sources = [graph.add_buffer(width=width, height=height, format=av.VideoFormat("gray"), time_base=period) for _ in range(2)]
    judging, sink = graph.add(judge, f"stats_file={log}"), graph.add("buffersink")
    for place, source in enumerate(sources):
        source.link_to(judging, 0, place)
    judging.link_to(sink)
    graph.configure()
    for source, pixels in zip(sources, (first, second), strict=True):
        frame = av.VideoFrame.from_ndarray(pixels, "gray")
        frame.pts, frame.time_base = 0, period
        source.push(frame)
        source.push(None)
    sink.pull()


def test_where_all_rows_are_alike_ffmpeg_finds_the_same(tmp_path: Path) -> None:
    """Then weights of rows do not matter. FFmpeg's SSIM has windows of 8×8 that step by 4: nearly the same."""
    chance = np.random.default_rng(1)
    row = uniform_filter1d(chance.uniform(20, 235, 128), 3, mode="wrap")
    first, second = (np.tile(np.rint(np.clip(each, 0, 255)).astype(np.uint8), (64, 1)) for each in (row, row + chance.normal(0, 9, 128)))
    assert ws_psnr(first, second) == pytest.approx(ffmpeg("psnr", first, second, tmp_path / "psnr.log"), abs=0.01)
    assert ssim(first, second) == pytest.approx(ffmpeg("ssim", first, second, tmp_path / "ssim.log"), abs=0.01)
    assert ssim(first, second) < 0.99
