"""The demo room by its six cameras, each wrongly exposed, against its exact panorama: the figures that the stitcher stands for."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from math import radians
from pathlib import Path

import numpy as np
import pytest

from vrlive.capture.demo import DEMO_FPS, demo_rig, exposure_error
from vrlive.capture.demo.filming import write_clip
from vrlive.capture.demo.light import lit_room
from vrlive.capture.demo.views import camera_view, truth
from vrlive.capture.footage import Footage
from vrlive.capture.stills import to_rgb
from vrlive.colour import LUMA_OFFSET, LUMA_SPAN
from vrlive.frames import Picture
from vrlive.projection.rig import Array
from vrlive.stitch import GainSolver, Stitcher, plan_stitch
from vrlive.stitch.score import with_global_gain, ws_psnr
from vrlive.units import Size

SIZE = Size(2048, 1024)
FEATHER = radians(12)
TIMES_S = [3.0 + n / DEMO_FPS for n in range(8)]  # the host walks; judged is the last


@dataclass(frozen=True)
class Shot:
    """One instant: the cameras' pictures as they are and out of an H.264 clip, and the truth."""

    plain: list[Picture]
    coded: list[Picture]
    truth: Picture


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory) -> Shot:
    folder = tmp_path_factory.mktemp("room")
    lit_room()

    def film(index: int) -> tuple[Picture, Picture]:
        view, clip = camera_view(index, radius_m=0), folder / f"{index}.mp4"
        write_clip(clip, (view.picture(time_s) for time_s in TIMES_S))
        return view.picture(TIMES_S[-1]), last_picture(clip)

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as crew:
        right = crew.submit(truth, SIZE, TIMES_S[-1])
        plain, coded = zip(*crew.map(film, range(6)), strict=True)
        return Shot(list(plain), list(coded), right.result())


@pytest.fixture(scope="module")
def panorama(shot: Shot) -> Picture:
    """What the stitcher makes of the pictures as they are."""
    return stitched(shot.plain)


def last_picture(clip: Path) -> Picture:
    with closing(Footage(clip)) as footage:
        return list(footage)[-1].picture


def stitched(pictures: list[Picture], gains_ev: Array | None = None) -> Picture:
    plan = plan_stitch(demo_rig(0), SIZE, feather_rad=FEATHER)
    stitcher, solver, out = Stitcher(plan), GainSolver(plan.rig, plan.distance_m), Picture.filled(SIZE)
    solver.observe(pictures, 0.0)
    stitcher.gains_ev = solver.gains_ev if gains_ev is None else gains_ev
    stitcher.run(pictures, out)
    return out


def luma(picture: Picture) -> Array:
    return np.asarray((picture.y - LUMA_OFFSET) * (255 / LUMA_SPAN))


def score_db(picture: Picture, truth: Picture) -> float:
    """WS-PSNR of luma after one global gain."""
    return ws_psnr(with_global_gain(luma(picture), luma(truth)), luma(truth))


def colour_score_db(picture: Picture, truth: Picture) -> float:
    """The same of R, G, B, with one gain a channel: the rig's white balance as a whole cannot be known."""
    return ws_psnr(with_global_gain(to_rgb(picture), to_rgb(truth)), to_rgb(truth))


def test_exposure_and_white_balance_of_the_rooms_cameras_are_found(shot: Shot) -> None:
    plan = plan_stitch(demo_rig(0), SIZE, feather_rad=FEATHER)
    solver = GainSolver(plan.rig, plan.distance_m)
    solver.observe(shot.coded, 0.0)
    errors_ev = np.log2([exposure_error(index) for index in range(6)])
    assert np.abs(solver.gains_ev + errors_ev - errors_ev.mean(0)).max() < 0.02


def test_the_panorama_is_the_truth_but_for_noise(shot: Shot, panorama: Picture) -> None:
    assert score_db(panorama, shot.truth) >= 44  # asked for are 33
    assert colour_score_db(panorama, shot.truth) >= 42


def test_what_the_gains_are_worth(shot: Shot) -> None:
    without = stitched(shot.plain, np.zeros((6, 3)))
    assert score_db(without, shot.truth) < 30


def test_h264_costs_at_most_one_and_a_half_decibels(shot: Shot, panorama: Picture) -> None:
    assert score_db(stitched(shot.coded), shot.truth) >= score_db(panorama, shot.truth) - 1.5


def test_no_seam_shows(shot: Shot, panorama: Picture) -> None:
    """The error near a seam, which lies in the middle between two cameras, is no more than twice that of the whole picture."""
    error = np.abs(with_global_gain(luma(panorama), luma(shot.truth)) - luma(shot.truth))
    for seam in (SIZE.width * (2 * n + 1) // 12 for n in range(6)):
        assert error[:, seam - 30 : seam + 30].mean() < 2 * error.mean()
