from pathlib import Path

import pytest

from vrlive.errors import InputError, RigFileError
from vrlive.projection.equirect import directions, pixel
from vrlive.projection.lenses import project
from vrlive.rigs import equirect_rig, read_rig, rig_pictures
from vrlive.units import Size

TWO = 'i w100 h100 f3 v90 n"left.png"\ni w100 h100 f3 v90 y180 n"sub\\right.png"\n'


@pytest.fixture
def two(tmp_path: Path) -> Path:
    path = tmp_path / "two.pto"
    path.write_text(TWO)
    return path


def test_inputs_take_the_place_of_the_names(two: Path) -> None:
    given = [two.parent / "x.png", two.parent / "y.png"]
    for picture in given:
        picture.touch()
    assert read_rig(two, given).inputs == 2


def test_an_input_that_is_not_there_is_named(two: Path) -> None:
    with pytest.raises(InputError, match=r"x\.png: there is no such file"):
        read_rig(two, [two, two.parent / "x.png"])


def test_a_wrong_number_of_inputs_is_refused_with_both_numbers(two: Path) -> None:
    with pytest.raises(RigFileError, match=r"takes 2 inputs, but 3 are given \(in place of left.png, sub\\right.png\)"):
        read_rig(two, [Path("x.png")] * 3)


def test_without_inputs_a_missing_picture_is_named(two: Path) -> None:
    with pytest.raises(RigFileError, match=f"{two.parent / 'left.png'} does not exist"):
        read_rig(two)


def test_without_inputs_the_pictures_lie_beside_the_file(two: Path) -> None:
    (two.parent / "sub").mkdir()
    pictures = (two.parent / "left.png", two.parent / "sub" / "right.png")
    for picture in pictures:
        picture.touch()
    assert rig_pictures(two) == pictures
    assert read_rig(two).inputs == 2


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RigFileError, match=r"ends in \.toml or \.pto"):
        read_rig(tmp_path / "rig.xml")


def test_ptguis_own_projects_are_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(RigFileError, match=r"open it in Hugin and save it as a \.pto"):
        read_rig(tmp_path / "rig.pts")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RigFileError, match="cannot be read"):
        read_rig(tmp_path / "none.pto")


def test_a_rig_toml_names_no_pictures(tmp_path: Path) -> None:
    with pytest.raises(RigFileError, match="give them as inputs"):
        rig_pictures(tmp_path / "rig.toml")


def test_an_equirect_camera_is_passed_straight_through() -> None:
    size = Size(64, 32)
    xy, valid = project(equirect_rig(size).lenses[0], directions(size))
    assert valid.all()
    assert xy == pytest.approx(pixel(directions(size), size), abs=1e-9)
