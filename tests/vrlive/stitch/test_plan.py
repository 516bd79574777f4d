"""Tables: where each lens sees every site, and how the lenses share it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import pi, radians

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.vrlive.stitch.rigs import CASES, dual_fisheye, halved
from vrlive.capture.demo import demo_rig
from vrlive.config import StitchConfig
from vrlive.projection.equirect import directions
from vrlive.projection.lenses import project
from vrlive.projection.outputs import Face
from vrlive.projection.rig import Array, Lens, MaskPicture, Rig
from vrlive.rigs import equirect_rig
from vrlive.stitch import StitchPlan, plan_stitch
from vrlive.stitch.lanes import ACROSS, CHROMA, DOWN, FULL, LANES, SITES
from vrlive.stitch.mesh import TOLERANCE_PX, lay_mesh
from vrlive.stitch.reference import divide
from vrlive.units import Size

SIZE = Size(256, 128)
FEATHER = radians(12)


def entries_of(plan: StitchPlan, lens: int) -> Iterator[tuple[NDArray[np.int_], NDArray[np.int_], NDArray[np.int_]]]:
    """A lens' entries: tile by tile its shares (SITES, LANES) in 1/255, and its sites' places among the samples in 1/256, x and y."""
    for first, count, share in zip(plan.first.tolist(), plan.count.tolist(), plan.share.tolist(), strict=True):
        for entry in range(first, first + count):
            shares = np.full((SITES, LANES), FULL) if count == 1 else plan.shares[share + (entry - first if count > 2 else 0)].astype(int)
            if count == 2 and entry > first:
                shares = FULL - shares
            if plan.lens[entry] == lens:
                yield shares, *places(plan, entry)
                break
        else:
            yield np.zeros((SITES, LANES), int), np.zeros((SITES, LANES), int), np.zeros((SITES, LANES), int)


def places(plan: StitchPlan, entry: int) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Places of an entry's sites (SITES, LANES) among the samples of their planes in 1/256."""
    start = plan.origin[entry].astype(int).reshape(2, 2)[[0, 0, 0, 0, 1]]
    steps = plan.sites[entry, :, : 2 * LANES].reshape(SITES, LANES, 2).astype(int)
    fractions = plan.sites[entry, :, 2 * LANES :].reshape(SITES, 2, LANES).astype(int)
    x, y = ((start[:, axis, np.newaxis] + steps[..., axis]) * 256 + fractions[:, axis] for axis in range(2))
    return x, y


def as_picture(plan: StitchPlan, tiles: Sequence[NDArray[np.int_]]) -> tuple[Array, Array]:
    """Values of all tiles' sites (SITES, LANES) as planes: luma (height, width) and chroma."""
    across = -(-plan.size.width // (2 * ACROSS))
    values = np.array(tiles, np.float64).reshape(-1, across, SITES, DOWN, ACROSS)
    luma = values[:, :, :CHROMA].reshape(-1, across, 2, 2, DOWN, ACROSS).transpose(0, 4, 2, 1, 5, 3).reshape(-1, across * 2 * ACROSS)
    chroma = values[:, :, CHROMA].transpose(0, 2, 1, 3).reshape(-1, across * ACROSS)
    return luma[: plan.size.height, : plan.size.width], chroma[: plan.size.height // 2, : plan.size.width // 2]


def shares_of(plan: StitchPlan, lens: int) -> tuple[Array, Array]:
    """A lens' shares of luma (height, width) and chroma sites, in 1/255, from the plan's tables."""
    return as_picture(plan, [shares for shares, _, _ in entries_of(plan, lens)])


@pytest.mark.parametrize("missing", [frozenset[int](), frozenset({1})])
@pytest.mark.parametrize("name", CASES)
def test_every_site_is_shared_out_whole(name: str, missing: frozenset[int]) -> None:
    case = CASES[name]
    plan = plan_stitch(case.rig, SIZE, feather_rad=FEATHER, distance_m=case.distance_m, missing=missing)
    parts = [shares_of(plan, lens) for lens in range(len(case.rig.lenses) + 1)]  # the last is black
    for plane in (0, 1):
        assert (np.sum([part[plane] for part in parts], axis=0) == FULL).all()


@pytest.mark.parametrize("name", CASES)
def test_shares_are_those_of_the_plain_rule(name: str) -> None:
    case = CASES[name]
    plan = plan_stitch(case.rig, SIZE, feather_rad=FEATHER, distance_m=case.distance_m)
    lenses = range(len(case.rig.lenses))
    exact = [
        divide(case.rig, directions(SIZE, chroma=chroma), [True for _ in lenses], FEATHER, case.distance_m) for chroma in (False, True)
    ]
    for lens in lenses:
        for mine, theirs in zip(shares_of(plan, lens), exact, strict=True):
            assert np.abs(mine / FULL - theirs[lens]).max() <= 3 / FULL


@pytest.mark.parametrize("size", [Size(512, 256), SIZE, Size(64, 32)], ids=str)
@pytest.mark.parametrize("name", CASES)
def test_places_are_those_of_exact_projection(name: str, size: Size) -> None:
    case = CASES[name]
    plan = plan_stitch(case.rig, size, feather_rad=FEATHER, distance_m=case.distance_m)
    looking = directions(size)
    for index, lens in enumerate(case.rig.lenses):
        found = list(entries_of(plan, index))
        shares, x, y = (as_picture(plan, [entry[part] for entry in found])[0] for part in range(3))
        exact, valid = project(lens, looking, case.distance_m)
        nearest = np.clip(exact, 0.5, np.array(lens.frame) - 0.5)  # between the first sample and the last
        off = np.abs(np.stack([x, y], -1) / 256 + 0.5 - nearest).max(-1)
        assert off[valid & (shares > 0)].max() <= 1 / 256 + 2 * TOLERANCE_PX


def test_a_tile_over_the_ends_of_a_panorama_takes_an_entry_for_each_end() -> None:
    level = equirect_rig(Size(1024, 512))
    turned = replace(level, lenses=(replace(level.lenses[0], yaw=0.7, pitch=0.4, roll=-1.1),))
    plans = [plan_stitch(rig, SIZE, feather_rad=FEATHER) for rig in (level, turned)]
    assert plans[0].count.max() == 1
    assert 2 <= plans[1].count.max() < SITES * LANES


def test_tables_take_no_more_than_eight_bytes_a_pixel() -> None:
    for rig, size in ((demo_rig(0.05), Size(3840, 1920)), (dual_fisheye(), Size(1920, 960))):
        plan = plan_stitch(rig, size, feather_rad=radians(StitchConfig().feather_deg), distance_m=3.5)
        assert plan.nbytes <= 8 * size.width * size.height


@pytest.mark.parametrize(("rig", "at_least", "at_most"), [(demo_rig(0), 0, 0.02), (CASES["a turned equirect camera"].rig, 0.001, 0.12)])
def test_the_mesh_projects_site_by_site_only_where_it_must(rig: Rig, at_least: float, at_most: float) -> None:
    reaches = np.full(len(rig.lenses), pi)
    mesh = lay_mesh(rig, Face(Size(1920, 960)), np.inf, reaches, np.ones(len(rig.lenses)), FEATHER, frozenset())
    assert at_least <= len(mesh.luma) / mesh.state[0].size <= at_most


def test_the_seam_of_two_lenses_lies_where_both_are_as_far_into_their_fields() -> None:
    wide, narrow = (Lens("", i, Size(200, 200), "equidistant", 100 / radians(half), (100, 100)) for i, half in enumerate((120, 100)))
    rig = Rig((wide, replace(narrow, yaw=pi)), "", 2)
    wide_share = shares_of(plan_stitch(rig, SIZE, feather_rad=0), 0)[0][SIZE.height // 2]
    seen_deg = np.count_nonzero(wide_share) / SIZE.width * 360
    assert seen_deg / 2 == pytest.approx(180 * 120 / 220, abs=1.5)


def test_halves_of_one_picture_meet_softly_in_the_middle_of_what_they_share() -> None:
    shares, _ = shares_of(plan_stitch(halved(), Size(1440, 720), feather_rad=FEATHER), 0)
    row = shares[360] / FULL
    falling = np.arange(len(row))[(row > 0.02) & (row < 0.98) & (np.gradient(row) < 0)]
    middle = 720 + np.interp(-0.5, -row[falling], falling - 720.0)
    assert abs(middle - 720) < 3
    assert len(falling) > 20
    assert np.abs(np.diff(row[falling])).max() < 0.1


def test_neighbours_take_over_what_a_missing_camera_saw() -> None:
    rig = demo_rig(0, 160)
    plan = plan_stitch(rig, SIZE, feather_rad=FEATHER, missing=frozenset({0}))
    assert not shares_of(plan, 0)[0].any()
    assert not shares_of(plan, len(rig.lenses))[0][SIZE.height // 2].any()
    forward = [shares_of(plan, lens)[0][SIZE.height // 2, SIZE.width // 2] for lens in range(6)]
    assert forward[1] + forward[5] == FULL


def test_both_lenses_of_one_frame_go_missing_together() -> None:
    plan = plan_stitch(dual_fisheye(), SIZE, feather_rad=FEATHER, missing=frozenset({0}))
    assert (plan.lens[plan.first] == 2).all()  # black
    assert (plan.count == 1).all()


def test_a_wider_feather_shares_more() -> None:
    blended = [int((plan_stitch(dual_fisheye(), SIZE, feather_rad=radians(feather)).count > 1).sum()) for feather in (0, 4, 12)]
    assert blended == sorted(set(blended))


@pytest.mark.parametrize(
    ("rig", "passes"),
    [
        (equirect_rig(SIZE), True),
        (equirect_rig(Size(512, 256)), False),
        (CASES["a turned equirect camera"].rig, False),
        (dual_fisheye(), False),
    ],
)
def test_only_a_whole_level_panorama_of_the_right_size_passes_through(rig: Rig, passes: bool) -> None:
    assert plan_stitch(rig, SIZE, feather_rad=FEATHER).passthrough == ((0, 0) if passes else None)


def test_a_masked_panorama_does_not_pass_through() -> None:
    rig = equirect_rig(SIZE)
    masked = replace(rig, lenses=(replace(rig.lenses[0], mask=MaskPicture(np.arange(128)[:, np.newaxis] < np.full(256, 100))),))
    assert plan_stitch(masked, SIZE, feather_rad=FEATHER).passthrough is None


def test_distance_moves_what_lenses_that_stand_apart_see() -> None:
    rig = demo_rig(0.05, 160)
    near, far = (np.array([x for _, x, _ in entries_of(plan_stitch(rig, SIZE, feather_rad=FEATHER, distance_m=m), 0)]) for m in (1.0, 1e6))
    assert np.abs(near - far).max() > 256


def test_no_more_than_two_lenses_share_a_site() -> None:
    plan = plan_stitch(demo_rig(0, 160), SIZE, feather_rad=radians(45))
    shared = np.sum([shares_of(plan, lens)[0] > 0 for lens in range(6)], axis=0)
    assert shared.max() == 2


def test_the_blend_is_as_wide_at_the_horizon_as_high_up() -> None:
    feather = radians(12)
    plan = plan_stitch(demo_rig(0), Size(1024, 512), feather_rad=feather)
    for row in (256, 128):
        level = np.cos((0.5 - (row + 0.5) / 512) * pi)
        seam = shares_of(plan, 0)[0][row, 512:768]
        width = np.count_nonzero((seam > 0) & (seam < FULL)) * 2 * pi / 1024 * level
        assert width == pytest.approx(feather, rel=0.12)
