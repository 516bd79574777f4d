"""The picture of seams and errors, looked at pixel by pixel."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vrlive.scoring import draw
from vrlive.scoring.picture import SEAM, UNSEEN
from vrlive.scoring.scores import Maps

SHAPE = (256, 512)


@pytest.fixture
def maps() -> Maps:
    """An even panorama without faults, one seam, and a hole at the bottom."""
    covered, seams = np.ones(SHAPE, np.bool_), np.zeros(SHAPE, np.bool_)
    covered[240:], seams[:240, 100] = False, True
    return Maps(np.full(SHAPE, 126.0), np.zeros(SHAPE), False, covered, seams, (("front", 256.0, 128.0),))


def drawn(maps: Maps, path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    draw(maps, path)
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def test_seams_and_what_no_lens_sees_have_their_colours_and_the_rest_is_grey(maps: Maps, tmp_path: Path) -> None:
    picture = drawn(maps, tmp_path / "a.png")
    assert picture.shape[1] == 512
    assert picture.shape[0] > 256
    assert tuple(picture[50, 100]) == SEAM
    assert tuple(picture[250, 300]) == UNSEEN
    assert len(set(picture[50, 300].tolist())) == 1


def test_the_more_is_wrong_the_hotter_it_is(maps: Maps, tmp_path: Path) -> None:
    wrong = np.zeros(SHAPE)
    wrong[:100, 200:300], wrong[:100, 300:400], wrong[:100, 400:] = 2, 12, 60
    picture = drawn(replace(maps, wrong=wrong), tmp_path / "a.png").astype(int)
    quiet, warm, hot = picture[50, 250], picture[50, 350], picture[50, 450]
    assert len(set(quiet.tolist())) == 1
    assert warm[0] > warm[1] + 40
    assert hot.sum() > warm.sum() + 100


def test_names_stand_where_lenses_look_and_stay_inside(maps: Maps, tmp_path: Path) -> None:
    def white(picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> tuple[int, int]:
        columns = np.flatnonzero((picture[:240] > 200).all(-1).any(0))
        return int(columns.min()), int(columns.max())

    left, right = white(drawn(maps, tmp_path / "a.png"))
    assert 230 < left < 256 < right < 282
    left, right = white(drawn(replace(maps, lenses=(("front", 511.0, 128.0),)), tmp_path / "b.png"))
    assert 460 < left < right < 511


def test_the_legend_says_what_the_heat_is(maps: Maps, tmp_path: Path) -> None:
    """The words differ: so do the pixels below the panorama, and they alone."""
    lenses, truth = (drawn(replace(maps, against_truth=each), tmp_path / f"{each}.png") for each in (False, True))
    assert (lenses[:256] == truth[:256]).all()
    assert (lenses[256:] != truth[256:]).any()


def test_it_is_a_jpeg_if_wanted(maps: Maps, tmp_path: Path) -> None:
    draw(maps, tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as picture:
        assert picture.format == "JPEG"
