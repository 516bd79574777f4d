"""Tables: where each lens sees every site, and how the lenses share it."""

from dataclasses import replace
from math import pi, radians

import numpy as np
import pytest

from tests.vrlive.stitch.rigs import CASES, Case, dual_fisheye
from vrlive.capture.demo import demo_rig
from vrlive.projection.equirect import directions
from vrlive.projection.lenses import project
from vrlive.projection.rig import Array, Lens, Rig
from vrlive.rigs import equirect_rig
from vrlive.stitch import StitchPlan, plan_stitch
from vrlive.stitch.mesh import TOLERANCE_PX, lay_mesh
from vrlive.stitch.plan import NOTHING, WHOLE
from vrlive.stitch.reference import divide
from vrlive.stitch.tables import BLOCKS, CHROMA, FULL, SITES
from vrlive.units import Size

SIZE = Size(256, 128)
FEATHER = radians(12)


def shares_of(plan: StitchPlan, lens: int) -> tuple[Array, Array]:
    """A lens' shares of luma (height, width) and chroma sites, in 1/255, from the plan's tables."""
    rows, tiles = plan.size.height // 2, -(-plan.size.width // (2 * BLOCKS))
    sites = np.zeros((rows, tiles, SITES, BLOCKS))
    for tile in range(rows * tiles):
        for entry in range(plan.first[tile], plan.first[tile + 1]):
            if plan.lens[entry] == lens:
                sites[tile // tiles, tile % tiles] += plan.shares[plan.share[entry]]
    luma = sites[:, :, :CHROMA].reshape(rows, tiles, 2, 2, BLOCKS).transpose(0, 2, 1, 4, 3).reshape(2 * rows, -1)
    chroma = sites[:, :, CHROMA].reshape(rows, -1)
    return luma[:, : plan.size.width], chroma[:, : plan.size.width // 2]


def places_of(plan: StitchPlan, lens: int) -> tuple[Array, Array]:
    """Luma samples' source px (entries, CHROMA, BLOCKS, 2) of a lens' entries, and the sites' columns and rows in the panorama."""
    tiles = -(-plan.size.width // (2 * BLOCKS))
    tile = np.searchsorted(plan.first, np.arange(len(plan.lens)), side="right") - 1
    mine = np.flatnonzero(plan.lens == lens)
    x = (plan.x + plan.fraction_x / 256)[mine, :CHROMA] + 0.5
    y = (plan.y + plan.fraction_y / 256)[mine, :CHROMA] + 0.5
    site, block = np.meshgrid(np.arange(CHROMA), np.arange(BLOCKS), indexing="ij")
    column = (tile[mine] % tiles)[:, np.newaxis, np.newaxis] * 2 * BLOCKS + 2 * block + site % 2
    row = (tile[mine] // tiles)[:, np.newaxis, np.newaxis] * 2 + site // 2
    return np.stack([x, y], -1), np.stack([np.minimum(column, plan.size.width - 1), row], -1)


@pytest.mark.parametrize("missing", [frozenset[int](), frozenset({1})])
@pytest.mark.parametrize("name", CASES)
def test_every_site_is_shared_out_whole(name: str, missing: frozenset[int]) -> None:
    case = CASES[name]
    plan = plan_stitch(case.rig, SIZE, feather_rad=FEATHER, distance_m=case.distance_m, missing=missing)
    parts = [shares_of(plan, lens) for lens in [NOTHING, *range(len(case.rig.lenses))]]
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
        found, site = places_of(plan, index)
        exact, valid = project(lens, looking[site[..., 1], site[..., 0]], case.distance_m)
        nearest = np.clip(exact, 0.5, np.array(lens.frame) - 0.5)  # between the first sample and the last
        assert np.abs(found - nearest)[valid].max() <= 1 / 256 + 2 * TOLERANCE_PX


def test_the_mesh_projects_site_by_site_only_where_it_must() -> None:
    size = Size(1920, 960)
    smooth, wrapped = (lay_mesh(rig, size, np.inf) for rig in (demo_rig(0), CASES["a turned equirect camera"].rig))
    assert len(smooth.luma) < 0.08 * smooth.exact.size
    assert 0 < len(wrapped.luma) < 0.12 * wrapped.exact.size


def test_the_seam_of_two_lenses_lies_where_both_are_as_far_into_their_fields() -> None:
    wide, narrow = (Lens("", i, Size(200, 200), "equidistant", 100 / radians(half), (100, 100)) for i, half in enumerate((120, 100)))
    rig = Rig((wide, replace(narrow, yaw=pi)), "", 2)
    wide_share = shares_of(plan_stitch(rig, SIZE, feather_rad=0), 0)[0][SIZE.height // 2]
    seen_deg = np.count_nonzero(wide_share) / SIZE.width * 360
    assert seen_deg / 2 == pytest.approx(180 * 120 / 220, abs=1.5)


def test_neighbours_take_over_what_a_missing_camera_saw() -> None:
    rig = demo_rig(0, 160)
    plan = plan_stitch(rig, SIZE, feather_rad=FEATHER, missing=frozenset({0}))
    assert not shares_of(plan, 0)[0].any()
    assert not shares_of(plan, NOTHING)[0][SIZE.height // 2].any()
    forward = [shares_of(plan, lens)[0][SIZE.height // 2, SIZE.width // 2] for lens in range(6)]
    assert forward[1] + forward[5] == FULL


def test_both_lenses_of_one_frame_go_missing_together() -> None:
    plan = plan_stitch(dual_fisheye(), SIZE, feather_rad=FEATHER, missing=frozenset({0}))
    assert (plan.lens == NOTHING).all()
    assert (plan.share == WHOLE).all()


def test_a_wider_feather_shares_more() -> None:
    blended = [len(plan_stitch(dual_fisheye(), SIZE, feather_rad=radians(feather)).shares) for feather in (0, 4, 12)]
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
    assert plan_stitch(rig, SIZE, feather_rad=FEATHER).passthrough is passes


def test_distance_moves_what_lenses_that_stand_apart_see() -> None:
    rig = Case(demo_rig(0.05, 160)).rig
    near, far = (places_of(plan_stitch(rig, SIZE, feather_rad=FEATHER, distance_m=distance), 0)[0] for distance in (1.0, 1e6))
    assert near.shape != far.shape or np.abs(near - far).max() > 1
