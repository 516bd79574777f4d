"""The gain solver on synthetic rigs whose errors are known. Time is passed in."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import pi

import numpy as np
import pytest

from tests.vrlive.stitch.rigs import dual_fisheye, photograph, vignetted, without
from vrlive.capture.demo import demo_rig, exposure_error
from vrlive.frames import Picture
from vrlive.projection.rig import Array, Lens, Rig
from vrlive.rigs import equirect_rig
from vrlive.stitch import GainSolver
from vrlive.stitch.gains import DEAD_BAND_EV, LARGEST_EV, SLEW_EV_FRAME, SLEW_EV_S
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


def test_light_that_a_lens_is_known_to_lose_is_no_exposure() -> None:
    """The stitcher gives it back: a gain that did so too would make the picture brighter than it was."""
    rig = vignetted()
    assert np.abs(solved([*photograph(rig, errors_ev=ERRORS_EV)], rig) + ERRORS_EV - ERRORS_EV.mean(0)).max() < 0.01


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


def show(solver: GainSolver, moments: Iterable[Sequence[Picture | None]], begin_s: float = 0.0, fps: int = 25) -> list[Array]:
    """The gains of each frame of a show; a moment lasts a quarter of a second and is observed once."""
    seen = []
    for number, pictures in enumerate(moments):
        for frame in range(fps // 4):
            now_s = begin_s + number / 4 + frame / fps
            if frame == 0:
                solver.observe(pictures, now_s)
            seen.append(solver.advance(now_s))
    return seen


@pytest.mark.parametrize("fps", [12, 25, 60])
def test_the_first_solution_is_taken_at_once_and_later_ones_by_small_steps(shot: list[Picture], right: list[Picture], fps: int) -> None:
    solver = solver_of(RIG)
    seen = show(solver, [right, right, *[shot] * 60], fps=fps)
    steps = np.abs(np.diff(seen, axis=0)).max((1, 2))
    assert steps.max() <= min(SLEW_EV_FRAME, SLEW_EV_S / fps) + 1e-9
    assert np.abs(relative(seen[-1]) - relative(solved([*shot]))).max() <= 2 * DEAD_BAND_EV


def relative(gains_ev: Array) -> Array:
    """What cameras differ by: the mean of all is free."""
    return np.asarray(gains_ev - gains_ev.mean(0))


def without_its_mean_moved(seen: list[Array], *lenses: int) -> float:
    """By how much any other lens' gains ever moved, in EV."""
    others = np.delete(np.array(seen), lenses, axis=1)
    return float(np.abs(others - others[0]).max())


def one_off(index: int, error_ev: float) -> Picture:
    """What one camera takes with an error of its exposure."""
    return photograph(RIG, errors_ev=np.array([[error_ev if each == index else 0.0] * 3 for each in range(6)]))[index]


@pytest.mark.parametrize("length", [1, 3, 5])
def test_a_camera_that_flickers_is_not_followed_and_pulls_no_other(right: list[Picture], length: int) -> None:
    """By a stop, after every 0.25, 0.75 or 1.25 seconds: of the slowest, the first step is taken for a new exposure."""
    up_and_down = one_off(1, 0.5), one_off(1, -0.5)
    moments = [[right[0], up_and_down[number // length % 2] if number > 3 else right[1], *right[2:]] for number in range(120)]
    seen = show(solver_of(RIG), moments)
    assert without_its_mean_moved(seen, 1) < 0.02
    assert np.ptp(np.array(seen)[:, 1], axis=0).max() < (0.02 if length < 4 else 0.2)


def banded(picture: Picture, phase: float) -> Picture:
    """As under a lamp that goes on and off while a rolling shutter runs down."""
    bands = 1 + 0.25 * np.sin(np.arange(picture.size.height) * (6 * pi / picture.size.height) + phase)
    return replace(picture, y=np.clip(16 + (picture.y - 16.0) * bands[:, np.newaxis], 16, 235).astype(np.uint8))


def test_bands_in_one_picture_pull_no_other_camera(shot: list[Picture]) -> None:
    phases = np.random.default_rng(1).uniform(0, 2 * pi, 40)
    seen = show(solver_of(RIG), [shot] * 4 + [[shot[0], banded(shot[1], phase), *shot[2:]] for phase in phases])
    assert without_its_mean_moved(seen) < 0.02


COVERS = {"black": (16, 128, 128), "a hand": (130, 110, 150), "a lamp": (235, 128, 128)}


@pytest.mark.parametrize("cover", COVERS.values(), ids=COVERS)
@pytest.mark.parametrize("covered", [(2,), (0, 2), (3, 4)], ids=str)
def test_cameras_that_are_covered_keep_their_gains_and_pull_no_other(
    shot: list[Picture], cover: tuple[int, int, int], covered: tuple[int, ...]
) -> None:
    hidden = [Picture.filled(shot[0].size, cover) if index in covered else each for index, each in enumerate(shot)]
    seen = show(solver_of(RIG), [shot] * 4 + [hidden] * 40 + [shot] * 20)
    assert without_its_mean_moved(seen) < 0.02


def test_a_camera_that_is_covered_by_half_pulls_no_other(shot: list[Picture]) -> None:
    hidden = replace(shot[1], y=shot[1].y.copy())
    hidden.y[:, :130] = 130
    seen = show(solver_of(RIG), [shot] * 4 + [[shot[0], hidden, *shot[2:]]] * 60)
    assert without_its_mean_moved(seen, 1) < 0.02


def noisy(pictures: Sequence[Picture]) -> list[Picture]:
    """The same, but for the last bit of each sample."""
    return [replace(each, y=each.y ^ np.uint8(1)) for each in pictures]


def test_a_camera_whose_picture_stands_still_keeps_its_gains_when_lamps_go_on(shot: list[Picture]) -> None:
    """Noise tells it from cameras that see nothing new."""
    brighter = photograph(RIG, errors_ev=ERRORS_EV + 0.4)
    stuck = [[*each[:2], shot[2], *each[3:]] for each in (brighter, noisy(brighter))]
    seen = show(solver_of(RIG), [shot, noisy(shot)] * 4 + stuck * 20)
    assert without_its_mean_moved(seen) < 0.02


def test_a_camera_that_comes_back_with_another_exposure_is_followed_and_pulls_no_other(right: list[Picture]) -> None:
    brighter = one_off(1, 0.3)
    seen = show(solver_of(RIG), [right] * 4 + [without(right, 1)] * 20 + [[right[0], brighter, *right[2:]]] * 40)
    assert without_its_mean_moved(seen, 1) < 0.02
    assert np.abs(seen[-1][1] + 0.3).max() < 0.03


def test_a_camera_that_comes_late_is_matched_at_once_and_pulls_no_other(shot: list[Picture]) -> None:
    seen = show(solver_of(RIG), [without(shot, 4)] * 8 + [shot] * 8)
    assert without_its_mean_moved(seen, 4) < 0.02
    assert np.abs(relative(seen[8 * 6]) - relative(solved([*shot]))).max() < 0.02


def test_a_camera_that_sets_its_own_exposure_anew_is_followed_and_pulls_no_other(right: list[Picture]) -> None:
    brighter = photograph(RIG, errors_ev=np.array([[0.0] * 3, [0.5] * 3, *[[0.0] * 3] * 4]))[1]
    seen = show(solver_of(RIG), [right] * 4 + [[right[0], brighter, *right[2:]]] * 40)
    assert without_its_mean_moved(seen, 1) < 0.03
    assert np.abs(seen[-1][1] + 0.5).max() < 0.05


def test_lamps_that_go_on_for_all_change_no_gains(shot: list[Picture]) -> None:
    brighter = photograph(RIG, errors_ev=ERRORS_EV + 0.4)
    seen = show(solver_of(RIG), [shot] * 4 + [brighter] * 20)
    assert without_its_mean_moved(seen) < 0.03


def test_after_a_cut_the_next_solution_is_taken_at_once(shot: list[Picture]) -> None:
    """A film of another room, by cameras with other errors."""
    other = photograph(turned(0.9), errors_ev=ERRORS_EV[::-1])
    solver = solver_of(RIG)
    show(solver, [shot] * 4)
    solver.observe([*other], 2.0)
    assert np.abs(solver.gains_ev + ERRORS_EV[::-1] - ERRORS_EV.mean(0)).max() < 0.03


def test_a_cut_by_way_of_black_is_a_cut(shot: list[Picture]) -> None:
    other = photograph(turned(0.9), errors_ev=ERRORS_EV[::-1])
    black = [Picture.filled(each.size) for each in shot]
    seen = show(solver_of(RIG), [shot] * 4 + [black] * 4 + [other])
    assert np.abs(seen[-1] + ERRORS_EV[::-1] - ERRORS_EV.mean(0)).max() < 0.03


def turned(yaw: float) -> Rig:
    return replace(RIG, lenses=tuple(replace(lens, yaw=lens.yaw + yaw) for lens in RIG.lenses))


def test_a_rig_that_is_carried_about_is_not_cut_again_and_again(shot: list[Picture]) -> None:
    """Only its first move could be a cut: after that no gain jumps, however uncertain each single look is."""
    unsure = np.random.default_rng(5).normal(0, 0.03, (8, 6, 3))
    moving = [photograph(turned(0.5 * number), errors_ev=ERRORS_EV + unsure[number]) for number in range(1, 8)]
    seen = show(solver_of(RIG), [shot] * 4 + moving)
    assert np.abs(np.diff(seen[5 * 6 :], axis=0)).max() <= SLEW_EV_FRAME + 1e-9


def test_the_mean_of_the_gains_comes_back_in_minutes(shot: list[Picture]) -> None:
    solver = GainSolver(RIG, gains_ev=solved([*shot]) + 0.3)
    for number in range(800):
        solver.observe([*shot], number / 4)
        solver.advance(number / 4)
    assert np.abs(solver.gains_ev.mean(0)).max() < 0.05
    assert np.abs(relative(solver.gains_ev) - relative(solved([*shot]))).max() < 2 * DEAD_BAND_EV


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
    assert np.abs(solver.gains_ev - solved([*shot])).max() < 1e-6


def test_a_camera_that_sees_another_thing_than_its_neighbours_keeps_its_gains(shot: list[Picture]) -> None:
    before = solved([*shot])
    solver = GainSolver(RIG, gains_ev=before)
    wall, ramp = (Picture.filled(shot[0].size, (110, 128, 128)) for _ in range(2))
    ramp.y[:] = np.linspace(20, 225, len(ramp.y))[:, np.newaxis].astype(np.uint8)
    seen = show(solver, [[wall, wall, ramp, wall, wall, wall]] * 40)
    assert np.abs(seen[-1][2] - before[2]).max() < 0.02
    assert np.ptp(np.delete(seen[-1], 2, 0), axis=0).max() < 0.05


def test_gains_are_bounded() -> None:
    dark = [Picture.filled(Size(240, 240), (40 if index % 2 else 220, 128, 128)) for index in range(6)]
    assert np.abs(solved([*dark])).max() <= LARGEST_EV


def test_a_lens_alone_is_never_changed() -> None:
    rig = equirect_rig(Size(64, 32))
    assert not solved([*photograph(rig)], rig).any()
