"""Quality of the stitch against known truth: the figures that the project stands for."""

import shutil
from math import inf

import numpy as np
import pytest

from vrlive.bench import quality
from vrlive.bench.works import world
from vrlive.capture.demo import demo_rig
from vrlive.projection.outputs import Face
from vrlive.projection.rig import Array
from vrlive.stitch.reference import looking_of
from vrlive.units import Size


@pytest.fixture(scope="module")
def right() -> Array:
    return np.asarray(quality._rgb(world(looking_of(Face(quality.SIZE), 1))), np.float64)


def test_the_right_distance_and_nothing_else_cures_parallax(right: Array) -> None:
    """Cameras 4 cm off the middle, a wall at 2 m."""
    rig = demo_rig(quality.AWAY_M)
    pictures = [quality._photograph(rig, index) for index in range(rig.inputs)]
    assert quality.score_db(quality.stitched(rig, pictures, quality.WALL_M), right) >= 33
    assert quality.score_db(quality.stitched(rig, pictures, inf), right) < 25


def test_hugins_programs_take_part_where_they_are_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    if not (shutil.which("nona") and shutil.which("enblend")):
        pytest.skip("nona and enblend are not installed")
    monkeypatch.setattr(quality, "SIZE", Size(512, 256))
    rig = demo_rig(0, 256)
    pictures = [quality._photograph(rig, index) for index in range(rig.inputs)]
    right = np.asarray(quality._rgb(world(looking_of(Face(quality.SIZE), 1))), np.float64)
    assert quality.score_db(quality.by_hugin(rig, pictures), right) > 15


def test_opencvs_blender_takes_part(right: Array) -> None:
    pytest.importorskip("cv2", reason="opencv-python-headless is not installed")
    from vrlive.bench.peers_opencv import multi_band
    from vrlive.bench.works import Work
    from vrlive.capture.stills import to_rgb

    rig = demo_rig(0, 512)
    pictures = [to_rgb(quality._photograph(rig, index)) for index in range(rig.inputs)]
    assert quality.score_db(multi_band(Work(rig, quality.SIZE), pictures), right) > 20
