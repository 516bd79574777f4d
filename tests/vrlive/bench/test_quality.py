"""Quality of the stitch against known truth: the figures that the project stands for."""

from math import inf

import numpy as np
import pytest

from vrlive.bench import peers_hugin, quality
from vrlive.bench.peer import opencv_fault
from vrlive.bench.quality import ALIKE, NEAR, WRONG, Scene
from vrlive.bench.report import Report, Row
from vrlive.bench.works import Work
from vrlive.capture.stills import to_rgb
from vrlive.units import Size

SIZE, CAMERA_PX = Size(1024, 512), 540  # half of what `vrlive bench quality` films: that takes a minute


@pytest.fixture(scope="module")
def rooms() -> tuple[Scene, Scene]:
    return quality.rooms(SIZE, CAMERA_PX)


def test_the_demo_room_is_what_it_is_whatever_the_exposure(rooms: tuple[Scene, Scene]) -> None:
    for scene in rooms:
        assert quality.score_db(quality.stitched(scene, SIZE), scene.right) >= quality.LEAST_DB + 4


def test_gains_that_are_found_are_as_good_as_those_that_are_right(rooms: tuple[Scene, Scene]) -> None:
    """What wrong exposure costs beyond that is lost in the cameras' 8 bits."""
    _, wrong = rooms
    found, right = (quality.score_db(quality.stitched(wrong, SIZE, gains_ev=gains), wrong.right) for gains in (None, wrong.known_ev))
    assert found >= right - quality.APART_DB
    assert quality.score_db(quality.stitched(wrong, SIZE, gains_ev=np.zeros((6, 3))), wrong.right) < right - 10


def test_ours_is_closer_to_the_truth_than_every_peer(rooms: tuple[Scene, Scene]) -> None:
    for scene in rooms:
        ours = quality.score_db(quality.stitched(scene, SIZE), scene.right)
        for name, panorama in quality._peers(scene, SIZE).items():
            assert quality.score_db(panorama, scene.right) < ours - 1, name


def test_the_right_distance_and_nothing_else_cures_parallax() -> None:
    """At the size the figure is stated for."""
    scene = quality.near_wall(quality.SIZE, quality.CAMERA_PX)
    assert quality.score_db(quality.stitched(scene, quality.SIZE), scene.right) >= quality.NEAR_DB
    assert quality.score_db(quality.stitched(scene, quality.SIZE, distance_m=inf), scene.right) < 25


def test_hugins_programs_stitch_the_room_upright(rooms: tuple[Scene, Scene]) -> None:
    if fault := peers_hugin.fault():
        pytest.skip(fault)
    hugin = peers_hugin.Hugin(rooms[0].rig, SIZE, rooms[0].pictures)
    hugin.run(rooms[0].pictures)
    assert hugin.panorama().shape == (SIZE.height, SIZE.width, 3)
    assert quality.score_db(hugin.panorama(), rooms[0].right) > 30


def test_opencvs_blender_stitches_the_room_and_matches_exposure(rooms: tuple[Scene, Scene]) -> None:
    if fault := opencv_fault():
        pytest.skip(fault)
    from vrlive.bench.peers_opencv_detail import multi_band

    for scene in rooms:
        panorama = multi_band(Work(scene.rig, SIZE), [to_rgb(picture) for picture in scene.pictures])
        assert quality.score_db(panorama, scene.right) > 30


def test_a_verdict_says_what_is_met_and_what_is_not() -> None:
    rows = [Row(work, 2, "vrlive", psnr_db=db) for work, db in ((ALIKE, 45.0), (WRONG, 44.0), (NEAR, 33.0))]
    assert quality.verdicts(Report(rows)) == [
        "demo room at least 33.3 dB (44.0): met",
        "wrong exposure costs at most 0.2 dB (1.00): NOT met",
        "parallax at the right distance at least 33 dB (33.0): met",
    ]
