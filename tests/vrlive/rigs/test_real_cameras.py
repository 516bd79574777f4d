"""Rigs of real cameras against panoramas that other programs made of their pictures."""

import os
from dataclasses import replace
from math import radians
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vrlive.projection.equirect import directions
from vrlive.projection.lenses import project
from vrlive.projection.rig import Array, Lens
from vrlive.rigs import read_rig, read_rig_file
from vrlive.units import Size

PANO, SMALL = Size(512, 256), Size(392, 376)  # a sixth and a quarter
WELL_INSIDE = radians(75)


@pytest.fixture
def fusion() -> Path:
    if "VRLIVE_TEST_DATA" not in os.environ:
        pytest.skip("VRLIVE_TEST_DATA is not set: no pictures of a GoPro Fusion")
    return Path(os.environ["VRLIVE_TEST_DATA"]) / "dual_fisheye_fusion_3k"


def luma(path: Path, size: Size) -> Array:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L").resize(size, Image.Resampling.BOX), np.float64)


def likeness(lens: Lens, picture: Array, panorama: Array) -> float:
    """Correlation of what the lens shows with what the panorama shows there, well inside the lens' view."""
    looking = directions(PANO)
    xy, valid = project(replace(lens, max_angle_rad=WELL_INSIDE), looking)
    column, row = xy[valid].astype(int).T
    return float(np.corrcoef(picture[row, column], panorama[valid])[0, 1])


@pytest.mark.parametrize(("place", "name"), [(0, "GPFR0003_img1.jpg"), (1, "GPBK0003_img1.jpg")])
def test_a_fusion_shows_the_scene_of_fusion2sphere(fusion: Path, place: int, name: str) -> None:
    lens = read_rig_file(fusion / "video-3k-mode.txt").scaled_to([SMALL, SMALL]).lenses[place]
    picture, panorama = luma(fusion / name, SMALL), luma(fusion / "STITCHED_GPFR0003_img1.jpg", PANO)
    best = likeness(lens, picture, panorama)
    assert best > 0.98
    for turn in (-0.03, 0.03):
        assert likeness(replace(lens, yaw=lens.yaw + turn), picture, panorama) < best
        assert likeness(replace(lens, pitch=turn), picture, panorama) < best
        assert likeness(replace(lens, roll=turn), picture, panorama) < best
    assert likeness(replace(lens, roll=np.pi), picture, panorama) < 0.5


def test_a_gear_360_project_covers_the_sphere_from_one_picture() -> None:
    if "VRLIVE_TEST_DATA" not in os.environ:
        pytest.skip("VRLIVE_TEST_DATA is not set: no project of a Gear 360")
    folder = Path(os.environ["VRLIVE_TEST_DATA"]) / "dual_fisheye_gear360"
    rig = read_rig(folder / "gear360video2560.pto", [folder / "gear360_frame_2560x1280.png"])
    back, front = (project(lens, directions(PANO))[1] for lens in rig.lenses)
    assert rig.inputs == 1
    assert (back | front).all()
    assert front[128, 256]
    assert not back[128, 256]
