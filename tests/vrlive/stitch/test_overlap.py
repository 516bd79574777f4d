"""What lenses see side by side: against the made-up world, and against plain NumPy."""

from dataclasses import replace
from math import radians

import numpy as np
import pytest

from tests.vrlive.stitch.rigs import CASES, light, partial, patched, photograph, vignetted
from vrlive.capture.demo import demo_rig
from vrlive.colour import from_light, rgb_to_codes
from vrlive.projection.equirect import directions
from vrlive.projection.rig import Array, Rig
from vrlive.rigs import summarise
from vrlive.stitch.overlap import lay_out, ncc, typical
from vrlive.units import Size

SIZE = Size(256, 128)
FEATHER = radians(12)
EVEN = np.ones((8, 1))


@pytest.mark.parametrize("name", ["six fisheyes", "two fisheyes in one frame", "a cube of rectilinear cameras", "part of the sphere"])
def test_shares_of_the_sphere_are_those_of_the_rig_s_summary(name: str) -> None:
    grid, summary = lay_out(CASES[name].rig, Size(720, 360), feather_rad=FEATHER), summarise(CASES[name].rig)
    names = [lens.name for lens in grid.rig.lenses]
    known = {(each.first, each.second): each.share for each in summary.overlaps if each.share > 1e-3}
    found = {(names[pair.first], names[pair.second]): grid.share_of_sphere(pair.overlap) for pair in grid.pairs}
    assert {pair: found[pair] for pair in known} == pytest.approx(known, abs=1e-4)
    assert grid.share_of_sphere(grid.covered) == pytest.approx(summary.covered, abs=1e-4)


@pytest.mark.parametrize("rig", [demo_rig(0, 320), vignetted()])
def test_after_gains_every_lens_shows_the_luma_of_the_world(rig: Rig) -> None:
    errors = np.random.default_rng(3).uniform(-0.3, 0.3, (len(rig.lenses), 3))
    grid = lay_out(rig, SIZE, feather_rad=FEATHER)
    luma = grid.luma(grid.codes(photograph(rig, errors_ev=errors)), -errors)
    world = rgb_to_codes(from_light(np.clip(light(directions(SIZE)), 0, 1)))[..., 0]
    for pair in grid.pairs:
        assert np.median(np.abs(luma[pair.first] - world)[pair.compared]) < 1.0
        assert np.median(np.abs(luma[pair.second] - world)[pair.compared]) < 1.0


def test_exposure_differences_are_found_whatever_the_vignetting() -> None:
    rig, errors = vignetted(), np.zeros((6, 3))
    errors[1] = 0.5, 0.3, -0.2
    grid = lay_out(rig, SIZE, feather_rad=FEATHER)
    codes = grid.codes(photograph(rig, errors_ev=errors))
    for pair in grid.pairs:
        assert grid.exposure_ev(codes, pair) == pytest.approx(errors[pair.second] - errors[pair.first], abs=0.05)


def test_what_lies_beyond_a_circle_is_not_compared() -> None:
    """There the pictures are black: half a pixel of that would show."""
    rig = CASES["two fisheyes in one frame"].rig
    grid = lay_out(rig, SIZE, feather_rad=FEATHER)
    luma = grid.luma(grid.codes(photograph(rig)), np.zeros((2, 3)))
    [pair] = grid.pairs
    apart = np.abs(luma[pair.first] - luma[pair.second])
    assert apart[pair.overlap].max() > 40
    assert apart[pair.compared].max() < 25
    assert grid.share_of_sphere(pair.compared) > 0.85 * grid.share_of_sphere(pair.overlap)


def test_what_is_too_bright_tells_nothing_of_exposure() -> None:
    rig = demo_rig(0, 160)
    grid = lay_out(rig, SIZE, feather_rad=FEATHER)
    codes = grid.codes(photograph(rig, errors_ev=np.full((6, 3), 6.0)))
    assert all(grid.exposure_ev(codes, pair) is None for pair in grid.pairs)


def test_a_patch_is_no_partner_and_hides_what_lies_beneath() -> None:
    grid = lay_out(patched(), SIZE, feather_rad=FEATHER)
    assert max(pair.second for pair in grid.pairs) == 5
    logo = grid.shares[6] > 0
    assert logo.any()
    assert not any((pair.overlap & logo).any() for pair in grid.pairs)


def test_a_coarse_grid_is_every_fourth_pixel_of_the_fine_one() -> None:
    rig = CASES["two fisheyes in one frame"].rig
    fine, coarse = (lay_out(rig, SIZE, feather_rad=FEATHER, step=step) for step in (1, 4))
    assert (coarse.shares == fine.shares[:, 2::4, 2::4]).all()
    assert (coarse.weights == fine.weights[2::4]).all()


def test_lenses_that_see_nothing_in_common_are_no_pair() -> None:
    narrow = replace(partial(), lenses=tuple(replace(lens, max_angle_rad=0.3) for lens in partial().lenses))
    assert lay_out(narrow, SIZE, feather_rad=FEATHER).pairs == ()


@pytest.fixture
def two() -> tuple[Array, Array]:
    chance = np.random.default_rng(1)
    first = chance.uniform(0, 255, (8, 16))
    return first, first + chance.normal(0, 40, (8, 16))


def test_ncc_is_the_correlation_that_numpy_knows(two: tuple[Array, Array]) -> None:
    first, second = (each.astype(np.float32) for each in two)
    mask = np.random.default_rng(2).uniform(size=(8, 16)) < 0.7
    assert ncc(first, second, mask, EVEN) == pytest.approx(np.corrcoef(first[mask], second[mask])[0, 1], abs=1e-6)
    weights = np.arange(1.0, 9.0)[:, np.newaxis]
    counted = np.repeat(np.stack([first, second]).reshape(2, -1), np.repeat(np.arange(1, 9), 16), axis=1)
    assert ncc(first, second, np.ones((8, 16), np.bool_), weights) == pytest.approx(np.corrcoef(*counted)[0, 1], abs=1e-6)


def test_ncc_is_blind_to_exposure_and_silent_about_an_even_wall(two: tuple[Array, Array]) -> None:
    first, everywhere = two[0].astype(np.float32), np.ones((8, 16), np.bool_)
    assert ncc(first, 0.5 * first + 20, everywhere, EVEN) == pytest.approx(1)
    assert ncc(first, np.full_like(first, 90), everywhere, EVEN) is None


def test_the_typical_value_is_not_swayed_by_what_lenses_see_differently() -> None:
    chance = np.random.default_rng(4)
    values = np.concatenate([chance.normal(0.3, 0.1, 600), chance.uniform(1.5, 3, 400)])
    assert typical(values, np.ones(1000)) == pytest.approx(0.3, abs=0.03)
    assert typical(np.array([1.0, 2.0]), np.array([1.0, 0.0])) == 1
