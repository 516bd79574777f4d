"""The gain solver on synthetic rigs whose errors are known. Time is passed in."""

from dataclasses import replace
from math import pi

import numpy as np
import pytest

from tests.vrlive.stitch.rigs import dual_fisheye, photograph, without
from vrlive.capture.demo import demo_rig, exposure_error
from vrlive.frames import Picture
from vrlive.projection.rig import Array, Lens, Rig
from vrlive.rigs import equirect_rig
from vrlive.stitch import GainSolver
from vrlive.stitch.gains import DEAD_BAND_EV, LARGEST_EV, SLEW_EV_S
from vrlive.units import Size

RIG = demo_rig(0, 240)
ERRORS_EV: Array = np.log2([exposure_error(index) for index in range(6)])


def solver_of(rig: Rig, anchor: int | None = None) -> GainSolver:
    return GainSolver(rig, anchor=anchor)


def test_a_solver_may_begin_where_another_was() -> None:
    known = np.full((6, 3), 0.2)
    solver = GainSolver(RIG, gains_ev=known)
    assert np.array_equal(solver.advance(0.0), known)
    solver.observe([*photograph(RIG, errors_ev=ERRORS_EV)], 0.0)
    assert np.array_equal(solver.gains_ev, known), "no jump: it moves on from there"
    assert not np.allclose(solver.advance(1.0), known)


def solved(pictures: list[Picture | None], rig: Rig = RIG, anchor: int | None = None) -> Array:
    solver = solver_of(rig, anchor)
    solver.observe(pictures, 0.0)
    return solver.gains_ev


@pytest.fixture(scope="module")
def shot() -> list[Picture]:
    """The made-up world by cameras with the demo's errors of exposure and white balance."""
    return photograph(RIG, errors_ev=ERRORS_EV)


@pytest.fixture(scope="module")
def right() -> list[Picture]:
    """The same without errors."""
    return photograph(RIG)


def test_exposure_and_white_balance_are_recovered(shot: list[Picture]) -> None:
    wanted = -(ERRORS_EV - ERRORS_EV.mean(0))
    assert np.abs(solved([*shot]) - wanted).max() < 0.01


def test_cameras_without_error_are_left_alone(right: list[Picture]) -> None:
    assert np.abs(solved([*right])).max() < 0.01


def test_a_patch_is_neither_compared_nor_corrected(shot: list[Picture]) -> None:
    """A logo is as bright as it is, whatever the cameras beneath it see."""
    disc = Lens("nadir", 6, Size(64, 64), "rectilinear", 30, (32, 32), pitch=-pi / 2, patch=True)
    gains = solved([*shot, Picture.filled(disc.frame, (235, 128, 128))], Rig((*RIG.lenses, disc), "with a logo", 7))
    assert not gains[6].any()
    assert np.abs(gains[:6] - solved([*shot])).max() < 0.01


def test_exposures_do_not_sink_the_mean_of_the_gains_is_zero(shot: list[Picture]) -> None:
    assert np.abs(solved([*shot]).mean(0)).max() < 1e-6


def test_an_anchor_camera_keeps_its_exposure(shot: list[Picture]) -> None:
    gains = solved([*shot], anchor=2)
    assert np.abs(gains[2]).max() < 1e-9
    assert np.abs(gains - (ERRORS_EV[2] - ERRORS_EV)).max() < 0.015


def test_a_hand_before_one_camera_changes_little(shot: list[Picture]) -> None:
    covered = replace(shot[3], y=shot[3].y.copy(), u=shot[3].u.copy(), v=shot[3].v.copy())
    covered.y[120:], covered.u[60:], covered.v[60:] = 150, 110, 150
    gains = solved([*shot[:3], covered, *shot[4:]])
    assert np.abs(gains - solved([*shot])).max() < 0.1


def test_a_camera_that_is_all_white_says_nothing_and_the_others_are_matched(shot: list[Picture]) -> None:
    white = Picture.filled(shot[0].size, (235, 128, 128))
    gains = solved([white, *shot[1:]])
    assert not gains[0].any()
    wanted = -(ERRORS_EV[1:] - ERRORS_EV[1:].mean(0))
    assert np.abs(gains[1:] - wanted).max() < 0.015


def test_a_lens_that_darkens_towards_its_edge_is_matched_at_the_seam() -> None:
    rig = dual_fisheye()
    errors = np.array([[0.3, 0.3, 0.3], [-0.3, -0.3, -0.3]])
    [picture] = photograph(rig, errors_ev=errors)
    y, x = np.mgrid[0:160, 0:320] + 0.5
    dark = picture.y.astype(np.float64)
    for lens in rig.lenses:
        radius = np.hypot(x - lens.centre_px[0], y - lens.centre_px[1]) / 77
        half = (x < 160) == (lens.centre_px[0] < 160)
        dark = np.where(half, 16 + (dark - 16) * (1 - 0.6 * np.clip(radius, 0, 1) ** 6), dark)
    gains = solved([replace(picture, y=dark.astype(np.uint8))], rig)
    assert np.abs(gains + errors).max() < 0.12


def test_lost_cameras_keep_their_gains_and_nobody_fails(shot: list[Picture]) -> None:
    solver = solver_of(RIG)
    solver.observe([None] * 6, 0.0)
    assert not solver.gains_ev.any()
    solver.observe([*shot], 1.0)
    before = solver.gains_ev
    solver.observe(without(shot, 1), 2.0)
    assert np.abs(solver.gains_ev - before)[1].max() == 0
    solver.observe(without(shot, 0, 2, 4), 3.0)
    solver.observe([None] * 6, 4.0)
    assert np.abs(solver.advance(60.0) - before).max() < 0.02


def test_a_picture_of_another_size_counts_as_lost(shot: list[Picture]) -> None:
    small = Picture.filled(Size(32, 32))
    assert np.array_equal(solved([small, *shot[1:]]), solved(without(shot, 0)))


def test_the_first_solution_is_taken_at_once_and_later_ones_slowly(shot: list[Picture], right: list[Picture]) -> None:
    solver = solver_of(RIG)
    solver.observe([*right], 0.0)
    solver.observe([*shot], 1.0)
    before, last_s = solver.gains_ev, 1.0
    for time_s in np.arange(1.04, 9, 0.04):
        gains = solver.advance(float(time_s))
        assert np.abs(gains - before).max() <= SLEW_EV_S * (time_s - last_s) + 1e-9
        before, last_s = gains, float(time_s)
    assert np.abs(before - solved([*shot])).max() <= DEAD_BAND_EV + 1e-9


def test_a_camera_that_flickers_is_not_followed(shot: list[Picture], right: list[Picture]) -> None:
    solver = solver_of(RIG)
    solver.observe([*right], 0.0)
    seen = []
    for number in range(1, 40):
        flickering = [shot[1] if number % 2 and index == 1 else picture for index, picture in enumerate(right)]
        solver.observe([*flickering], number * 0.25)
        seen.append(solver.gains_ev[1, 1])
    assert np.ptp(seen[20:]) < 0.06
    assert min(seen) > -0.3


def test_small_differences_are_left_alone() -> None:
    solver = solver_of(RIG)
    solver.observe([*photograph(RIG)], 0.0)
    before = solver.gains_ev
    solver.observe([*photograph(RIG, errors_ev=np.array([[0.006] * 3] + [[0.0] * 3] * 5))], 1.0)
    assert np.array_equal(solver.advance(5.0), before)


def test_time_that_stands_still_or_goes_back_moves_nothing(shot: list[Picture], right: list[Picture]) -> None:
    solver = solver_of(RIG)
    solver.observe([*right], 5.0)
    solver.observe([*shot], 5.0)
    before = solver.gains_ev
    assert np.array_equal(solver.advance(5.0), before)
    assert np.array_equal(solver.advance(1.0), before)
    assert np.abs(solver.advance(5.04) - before).max() <= SLEW_EV_S * 0.04 + 1e-9


def test_after_a_reset_the_next_solution_is_taken_at_once(shot: list[Picture], right: list[Picture]) -> None:
    solver = solver_of(RIG)
    solver.observe([*right], 0.0)
    solver.reset()
    solver.observe([*shot], 0.1)
    assert np.abs(solver.gains_ev - solved([*shot])).max() < 1e-9


def test_a_camera_that_sees_another_thing_than_its_neighbours_keeps_its_gains(shot: list[Picture]) -> None:
    solver = solver_of(RIG)
    solver.observe([*shot], 0.0)
    before = solver.gains_ev
    wall, ramp = (Picture.filled(shot[0].size, (110, 128, 128)) for _ in range(2))
    ramp.y[:] = np.linspace(20, 225, len(ramp.y))[:, np.newaxis].astype(np.uint8)
    solver.observe([wall, wall, ramp, wall, wall, wall], 9.0)
    gains = solver.advance(99.0)
    assert np.array_equal(gains[2], before[2])
    assert np.ptp(np.delete(gains, 2, 0)) < 0.05


def test_gains_are_bounded() -> None:
    dark = [Picture.filled(Size(240, 240), (40 if index % 2 else 220, 128, 128)) for index in range(6)]
    assert np.abs(solved([*dark])).max() <= LARGEST_EV


def test_a_lens_alone_is_never_changed() -> None:
    rig = equirect_rig(Size(64, 32))
    assert not solved([*photograph(rig)], rig).any()
