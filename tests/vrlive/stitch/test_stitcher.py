"""The fast kernel against the slow reference, and a show that loses cameras."""

import tracemalloc
from dataclasses import replace
from math import radians

import numpy as np
import pytest

from tests.vrlive.stitch.rigs import CASES, cube, dual_fisheye, photograph, vignetted, without
from vrlive.capture.demo import demo_rig
from vrlive.frames import BLACK, Picture
from vrlive.projection.outputs import Face
from vrlive.projection.rig import Array, Rig
from vrlive.rigs import equirect_rig
from vrlive.stitch import Stitcher, plan_stitch
from vrlive.stitch.reference import stitch_exactly
from vrlive.units import Size

SIZE = Size(256, 128)
FEATHER = radians(12)
CEILING_DB = 58.92  # what rounding to whole codes leaves, where the fractions are of all kinds


def stitched(
    rig: Rig, pictures: list[Picture | None], size: Size, *, feather: float, gains: Array, distance_m: float, gathering: bool = False
) -> Picture:
    stitcher = Stitcher(plan_stitch(rig, size, feather_rad=feather, distance_m=distance_m), gathering=gathering)
    stitcher.gains_ev = gains
    out = Picture.filled(size, (99, 88, 77))
    stitcher.run(pictures, out)
    if any(picture is None for picture in pictures):
        stitcher.settle()
        stitcher.run(pictures, out)
    return out


def check_exact(rig: Rig, pictures: list[Picture | None], size: Size, *, feather: float, gains: Array, distance_m: float) -> None:
    """Every sample within one code, luma within half a decibel of what rounding allows, everywhere and at the edges alone.

    Both ways to fetch samples give the same.
    """
    out, gathered = (
        stitched(rig, pictures, size, feather=feather, gains=gains, distance_m=distance_m, gathering=each) for each in (False, True)
    )
    assert all(np.array_equal(mine, other) for mine, other in zip(out.planes, gathered.planes, strict=True))
    exact = stitch_exactly(rig, pictures, Face(size), feather_rad=feather, gains_ev=gains, distance_m=distance_m)
    errors = [np.abs(mine - np.clip(theirs, 0, 255)) for mine, theirs in zip(out.planes, exact, strict=True)]
    for error in errors:
        assert error.max() <= 1
        for edge in (error[0], error[-1], error[:, 0], error[:, -1]):
            assert np.mean(edge**2) < 0.15
    ceiling_db = psnr(np.abs(np.rint(exact[0]) - exact[0]))
    assert psnr(errors[0]) >= min(ceiling_db, CEILING_DB) - 0.42


def psnr(error: Array) -> float:
    return float(10 * np.log10(255**2 / max(float(np.mean(error**2)), 1e-9)))


@pytest.mark.parametrize("size", [SIZE, Size(132, 66), Size(64, 32)], ids=str)
@pytest.mark.parametrize("name", CASES)
def test_the_kernel_is_exact_for_rigs_of_all_kinds(name: str, size: Size) -> None:
    rig, distance_m = CASES[name].rig, CASES[name].distance_m
    spread = 0.3 if len(rig.lenses) > 1 else 0.0  # a lens alone has nothing to be matched with
    gains = np.random.default_rng(3).uniform(-spread, spread, (len(rig.lenses), 3))
    pictures: list[Picture | None] = [*photograph(rig, distance_m, -gains)]
    check_exact(rig, pictures, size, feather=FEATHER, gains=gains, distance_m=distance_m)


def test_the_kernel_is_exact_where_neighbouring_sites_are_far_apart_in_the_source() -> None:
    """A turned panorama four times as large: many tiles lie over its ends, or around its poles."""
    rig = equirect_rig(Size(1024, 512))
    rig = replace(rig, lenses=(replace(rig.lenses[0], yaw=0.7, pitch=0.4, roll=-1.1),))
    check_exact(rig, [*photograph(rig)], SIZE, feather=FEATHER, gains=np.zeros((1, 3)), distance_m=np.inf)


@pytest.mark.parametrize("feather_deg", [0.0, 3.0, 45.0])
def test_the_kernel_is_exact_for_hard_and_soft_seams(feather_deg: float) -> None:
    rig = dual_fisheye()
    check_exact(rig, [*photograph(rig)], SIZE, feather=radians(feather_deg), gains=np.zeros((2, 3)), distance_m=np.inf)


@pytest.mark.parametrize("lost", [(0,), (2, 3), (0, 1, 2, 3, 4)])
def test_the_kernel_is_exact_with_cameras_missing(lost: tuple[int, ...]) -> None:
    for rig in (demo_rig(0, 160), cube()):
        check_exact(rig, without(photograph(rig), *lost), SIZE, feather=FEATHER, gains=np.zeros((6, 3)), distance_m=np.inf)


def test_a_panorama_that_is_complete_goes_through_untouched() -> None:
    rig = equirect_rig(SIZE)
    [picture] = photograph(rig)
    out = stitched(rig, [picture], SIZE, feather=FEATHER, gains=np.zeros((1, 3)), distance_m=np.inf)
    for mine, theirs in zip(out.planes, picture.planes, strict=True):
        assert np.array_equal(mine, theirs)


def test_padded_rows_of_a_decoder_are_read_right() -> None:
    rig = dual_fisheye()
    [picture] = photograph(rig)
    padded = Picture(*(np.pad(plane, ((0, 0), (0, 48)), constant_values=255)[:, : plane.shape[1]] for plane in picture.planes))
    plain, other = (stitched(rig, [each], SIZE, feather=FEATHER, gains=np.zeros((2, 3)), distance_m=np.inf) for each in (picture, padded))
    assert all(np.array_equal(mine, theirs) for mine, theirs in zip(plain.planes, other.planes, strict=True))


def test_the_kernel_is_exact_for_lenses_that_lose_light() -> None:
    """What is given back changes linearly over a tile: good enough where tiles are no wider than a few degrees."""
    rig = vignetted()
    check_exact(rig, [*photograph(rig)], Size(1024, 512), feather=FEATHER, gains=np.full((6, 3), 0.1), distance_m=np.inf)


def test_light_that_lenses_lose_towards_their_edges_is_given_back() -> None:
    plain, dim = demo_rig(0, 160), vignetted()
    even, mended = (
        stitched(rig, [*photograph(rig)], SIZE, feather=FEATHER, gains=np.zeros((6, 3)), distance_m=np.inf).y for rig in (plain, dim)
    )
    assert np.abs(mended.astype(int) - even).mean() < 1
    unaware = stitched(plain, [*photograph(dim)], SIZE, feather=FEATHER, gains=np.zeros((6, 3)), distance_m=np.inf).y
    assert np.abs(unaware.astype(int) - even).mean() > 3


def test_what_no_lens_sees_is_black() -> None:
    case = CASES["part of the sphere"]
    out = stitched(case.rig, [*photograph(case.rig)], SIZE, feather=FEATHER, gains=np.zeros((2, 3)), distance_m=np.inf)
    assert [plane[-1, -1] for plane in out.planes] == [*BLACK]


@pytest.mark.parametrize("ev", [(0.35, 0.35, 0.35), (-0.3, -0.3, -0.3), (0.0, 0.0, 0.0)])
@pytest.mark.parametrize("grey", [16, 40, 90, 126, 180, 235])
def test_grey_stays_grey_under_any_exposure(ev: tuple[float, float, float], grey: int) -> None:
    rig = demo_rig(0, 64)
    pictures: list[Picture | None] = [Picture.filled(Size(64, 64), (grey, 128, 128)) for _ in range(6)]
    out = stitched(rig, pictures, SIZE, feather=FEATHER, gains=np.tile(ev, (6, 1)), distance_m=np.inf)
    for plane in (out.u, out.v):
        assert np.abs(plane.astype(int) - 128).max() <= 1


def rig_of_two_frames() -> tuple[Rig, list[Picture]]:
    rig = demo_rig(0, 160)
    return rig, photograph(rig)


def test_a_lost_camera_never_blocks_its_last_picture_stays_until_the_neighbours_take_over() -> None:
    stitcher, pictures = stitcher_of_two_frames()
    whole, held, taken = (Picture.filled(SIZE) for _ in range(3))
    stitcher.run(pictures, whole)
    stitcher.run(without(pictures, 0), held)
    assert np.abs(held.y.astype(int) - whole.y).max() <= 3 or np.array_equal(held.y, whole.y)
    stitcher.settle()
    marked = [replace_luma(pictures[0], 255), *pictures[1:]]
    stitcher.run(without(marked, 0), taken)
    assert taken.y[SIZE.height // 2, SIZE.width // 2] != 255
    assert np.abs(taken.y.astype(int) - whole.y)[40:-40].mean() < 2


def test_a_camera_that_is_back_is_shown_at_once() -> None:
    stitcher, pictures = stitcher_of_two_frames()
    before, out = Picture.filled(SIZE), Picture.filled(SIZE)
    stitcher.run(pictures, before)
    stitcher.run(without(pictures, 3), out)
    stitcher.settle()
    stitcher.run(without(pictures, 3), out)
    stitcher.run(pictures, out)
    assert np.array_equal(out.y, before.y)


def test_without_any_camera_the_panorama_is_black() -> None:
    stitcher, pictures = stitcher_of_two_frames()
    out = Picture.filled(SIZE)
    stitcher.run(pictures, out)
    stitcher.run([None] * 6, out)
    assert [{*np.unique(plane)} for plane in out.planes] == [{code} for code in BLACK]


def test_a_picture_of_another_size_counts_as_missing() -> None:
    stitcher, pictures = stitcher_of_two_frames()
    lost, odd = Picture.filled(SIZE), Picture.filled(SIZE)
    for out, first in ((lost, None), (odd, Picture.filled(Size(32, 32)))):
        for _ in range(2):
            stitcher.run([first, *pictures[1:]], out)
            stitcher.settle()
        stitcher.run([first, *pictures[1:]], out)
    assert np.array_equal(lost.y, odd.y)


def test_nothing_of_a_pictures_size_is_allocated_for_a_frame() -> None:
    stitcher, pictures = stitcher_of_two_frames()
    out = Picture.filled(SIZE)
    stitcher.run(pictures, out)
    tracemalloc.start()
    try:
        stitcher.run(pictures, out)
        assert tracemalloc.get_traced_memory()[1] < out.u.size
    finally:
        tracemalloc.stop()


def stitcher_of_two_frames() -> tuple[Stitcher, list[Picture]]:
    rig, pictures = rig_of_two_frames()
    return Stitcher(plan_stitch(rig, SIZE, feather_rad=FEATHER)), pictures


def replace_luma(picture: Picture, code: int) -> Picture:
    return replace(picture, y=np.full_like(picture.y, code))
