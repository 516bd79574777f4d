"""Scores tell of known faults: each of them by its own number."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from math import radians
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from tests.vrlive.stitch.rigs import light, photograph
from vrlive.capture.demo import demo_rig
from vrlive.capture.stills import write_picture
from vrlive.colour import from_light
from vrlive.frames import Picture
from vrlive.projection.equirect import directions
from vrlive.projection.rig import Circle, Rectangle, Rig
from vrlive.rigs import write_rig
from vrlive.scoring import Score, describe, score_files, write_score
from vrlive.units import Size

RIG = demo_rig(0, 480)
SIZE = Size(512, 256)
NONE = np.zeros((6, 3))


def judged(folder: Path, pictures: list[Picture], rig: Rig = RIG, truth: Path | None = None) -> Score:
    write_rig(rig, folder / "rig.toml")
    for index, picture in enumerate(pictures):
        write_picture(picture, folder / f"{index}.png")
    files = [folder / f"{index}.png" for index in range(len(pictures))]
    found, drawn = score_files(folder / "rig.toml", files, truth, SIZE, lambda *_: None)
    assert drawn.size == (512, 280)
    return found


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Score:
    """Of a rig and cameras without a fault."""
    return judged(tmp_path_factory.mktemp("right"), photograph(RIG))


def test_a_rig_without_faults_is_good(right: Score) -> None:
    assert right.overlap_score
    assert right.overlap_score > 0.97
    assert right.uncovered == 0
    assert right.compared > 0.95
    assert right.exposure_before_ev < 0.02
    assert abs(right.seam_step_codes) < 0.5
    assert right.flicker_codes is None
    assert right.truth is None


def test_a_lens_one_degree_off_lowers_the_correlation_of_its_pairs_alone(right: Score, tmp_path: Path) -> None:
    off = replace(RIG, lenses=(replace(RIG.lenses[0], yaw=RIG.lenses[0].yaw + radians(1)), *RIG.lenses[1:]))
    found = judged(tmp_path, photograph(RIG), off)
    name = RIG.lenses[0].name
    loss = {(old.first, old.second): old.ncc - new.ncc for old, new in zip(right.pairs, found.pairs, strict=True)}
    assert min(lost for pair, lost in loss.items() if name in pair) > 0.01
    assert max(abs(lost) for pair, lost in loss.items() if name not in pair) < 0.001


@pytest.mark.parametrize("ev", [0.5, -0.3])
def test_an_exposure_that_is_off_is_told_in_ev(ev: float, tmp_path: Path) -> None:
    errors = NONE.copy()
    errors[2] = ev
    found = judged(tmp_path, photograph(RIG, errors_ev=errors))
    assert found.exposure_before_ev == pytest.approx(abs(ev), abs=0.05)
    assert found.exposure_after_ev < 0.05
    pair = next(pair for pair in found.pairs if (pair.first, pair.second) == (RIG.lenses[1].name, RIG.lenses[2].name))
    assert pair.exposure_ev == pytest.approx(ev, abs=0.05)


def test_a_blurred_camera_shows_in_the_sharpness_though_not_in_the_correlation(right: Score, tmp_path: Path) -> None:
    pictures = photograph(RIG)
    soft = Image.fromarray(pictures[1].y).resize((48, 48), Image.Resampling.BOX).resize((480, 480), Image.Resampling.BICUBIC)
    pictures[1] = replace(pictures[1], y=np.array(soft))
    found = judged(tmp_path, pictures)
    blurred = [pair for pair in found.pairs if RIG.lenses[1].name in {pair.first, pair.second}]
    assert max(pair.sharpness for pair in blurred) < 0.85
    assert min(pair.sharpness for pair in right.pairs) > 0.9


def test_what_no_lens_sees_is_told(tmp_path: Path) -> None:
    cropped = replace(RIG, lenses=tuple(replace(lens, crop=Rectangle(0, 120, 480, 360)) for lens in RIG.lenses))
    found = judged(tmp_path, photograph(RIG), cropped)
    assert 0.1 < found.uncovered < 0.6


def test_lenses_that_never_overlap_cannot_be_judged(tmp_path: Path) -> None:
    narrow = replace(RIG, lenses=tuple(replace(lens, crop=Circle(240, 240, 60)) for lens in RIG.lenses))
    found = judged(tmp_path, photograph(RIG), narrow)
    assert found.overlap_score is None
    assert found.pairs == ()


def test_the_truth_is_held_against_it(tmp_path: Path) -> None:
    truth = 255 * from_light(np.clip(light(directions(Size(1024, 512))), 0, 1))
    Image.fromarray(np.rint(truth).astype(np.uint8)).save(tmp_path / "truth.png")
    found = judged(tmp_path, photograph(RIG), truth=tmp_path / "truth.png").truth
    turned = np.roll(truth, 20, 1)
    Image.fromarray(np.rint(turned).astype(np.uint8)).save(tmp_path / "turned.png")
    wrong = judged(tmp_path, photograph(RIG), truth=tmp_path / "turned.png").truth
    assert found
    assert wrong
    assert found.ws_psnr_db > wrong.ws_psnr_db + 5
    assert found.ws_ssim > max(0.9, wrong.ws_ssim)


def film(path: Path, picture: Picture, factor: Callable[[int], float]) -> Path:
    """Ten frames of a picture whose luma is multiplied."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25, options={"crf": "10"})
        video.width, video.height, video.pix_fmt = *picture.size, "yuv420p"
        for number in range(10):
            luma = np.clip(picture.y * factor(number), 16, 235).astype(np.uint8)
            out.mux(video.encode(av.VideoFrame.from_numpy_buffer(replace(picture, y=luma).packed(), "yuv420p")))
        out.mux(video.encode(None))
    return path


def test_footage_is_judged_at_moments_and_for_flicker(tmp_path: Path) -> None:
    write_rig(RIG, tmp_path / "rig.toml")
    files = [film(tmp_path / f"{index}.mp4", picture, lambda _: 1.0) for index, picture in enumerate(photograph(RIG))]
    found, _ = score_files(tmp_path / "rig.toml", files, None, SIZE, lambda *_: None)
    assert found.moments == 5
    assert found.flicker_codes is not None
    assert found.flicker_codes < 0.6


def test_numbers_are_written_and_said(right: Score, tmp_path: Path) -> None:
    write_score(right, tmp_path / "score.json")
    written = json.loads((tmp_path / "score.json").read_text("utf-8"))
    assert written["accepted"] is True
    assert len(written["pairs"]) == len(right.pairs)
    console = Console(width=120, record=True)
    console.print(describe(right))
    assert "is good" in console.export_text()


def test_a_gear_360_is_good() -> None:
    if "VRLIVE_TEST_DATA" not in os.environ:
        pytest.skip("VRLIVE_TEST_DATA is not set: no pictures of real cameras")
    folder = Path(os.environ["VRLIVE_TEST_DATA"]) / "dual_fisheye_gear360"
    reference = folder / "reference_nona_enblend_2560x1280.jpg"
    found, _ = score_files(folder / "gear360video2560.pto", [folder / "gear360_frame_2560x1280.png"], reference, SIZE, lambda *_: None)
    assert found.overlap_score
    assert found.overlap_score > 0.9
    assert found.truth
    assert found.truth.ws_ssim > 0.9
