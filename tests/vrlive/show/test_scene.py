from pathlib import Path

import numpy as np
import pytest

from vrlive.errors import ConfigError
from vrlive.show.scene import Scene, model_matrix, position, read_scene, shipped

HEAD = 'name = "boutique"\nfloor_m = 1.5\n'
GARMENT = '[[garment]]\nname = "coat"\nmodel = "coat.glb"\n'
POLAR = "bearing_deg = 90\ndistance_m = 2\n"


def read(folder: Path, text: str) -> Scene:
    (folder / "coat.glb").write_bytes(b"")
    path = folder / "scene.toml"
    path.write_text(text, "utf-8")
    return read_scene(path)


def test_a_bearing_and_a_distance_are_a_place_on_the_floor(tmp_path: Path) -> None:
    scene = read(tmp_path, HEAD + GARMENT + POLAR)
    np.testing.assert_allclose(position(scene.garment[0], scene.floor_m), [2, -1.5, 0], atol=1e-12)


def test_height_is_counted_from_the_floor(tmp_path: Path) -> None:
    scene = read(tmp_path, HEAD + GARMENT + "bearing_deg = 0\ndistance_m = 3\nheight_m = 0.4\n")
    np.testing.assert_allclose(position(scene.garment[0], scene.floor_m), [0, -1.1, -3], atol=1e-12)


def test_a_position_is_counted_from_the_cameras(tmp_path: Path) -> None:
    scene = read(tmp_path, HEAD + GARMENT + "position_m = [1, -1.5, -2]\n")
    np.testing.assert_array_equal(position(scene.garment[0], scene.floor_m), [1, -1.5, -2])


@pytest.mark.parametrize("bearing_deg", [0, 32, 90, 180, -120])
def test_unturned_it_faces_the_viewer_wherever_it_stands(tmp_path: Path, bearing_deg: float) -> None:
    garment = read(tmp_path, HEAD + GARMENT + f"bearing_deg = {bearing_deg}\ndistance_m = 2\n").garment[0]
    matrix = model_matrix(garment, 1.5)
    forward, to_viewer = matrix[:3, :3] @ [0, 0, 1], -matrix[:3, 3] * [1, 0, 1] / 2
    np.testing.assert_allclose(forward, to_viewer, atol=1e-12)
    np.testing.assert_allclose(matrix[:3, :3] @ [0, 1, 0], [0, 1, 0])
    assert np.linalg.det(matrix) == pytest.approx(1)


def test_its_own_turn_is_clockwise_seen_from_above(tmp_path: Path) -> None:
    """Straight ahead and facing back, a quarter turn clockwise makes it face left."""
    garment = read(tmp_path, HEAD + GARMENT + "bearing_deg = 0\ndistance_m = 2\nturn_deg = 90\n").garment[0]
    np.testing.assert_allclose(model_matrix(garment, 1.5)[:3, :3] @ [0, 0, 1], [-1, 0, 0], atol=1e-12)


def test_a_model_is_found_beside_its_scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    scene = read(tmp_path, HEAD + GARMENT + POLAR)
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert scene.garment[0].model == tmp_path.resolve() / "coat.glb"
    assert read_scene(tmp_path) == scene  # the folder stands for the scene.toml in it


def test_a_scene_may_be_empty(tmp_path: Path) -> None:
    assert read(tmp_path, 'name = "empty"\n') == Scene(name="empty", floor_m=1.6)


@pytest.mark.parametrize(
    ("text", "key", "sentence"),
    [
        (HEAD + GARMENT, "garment[0]", "the place is not complete"),
        (HEAD + GARMENT + "bearing_deg = 3\n", "garment[0]", "either position_m = [x, y, z], or bearing_deg with distance_m"),
        (HEAD + GARMENT + "distance_m = 3\n", "garment[0]", "the place is not complete"),
        (HEAD + GARMENT + POLAR + "position_m = [0, 0, -1]\n", "garment[0]", "two places are given"),
        (HEAD + GARMENT + "position_m = [0, 0, -1]\nheight_m = 0\n", "garment[0]", "two places are given"),
        (HEAD + GARMENT + "position_m = [0, 0]\n", "garment[0].position_m[2]", "is missing"),
        (HEAD + GARMENT + "position_m = [0, nan, 0]\n", "garment[0].position_m[1]", "finite"),
        (HEAD + GARMENT + POLAR + "bearings_deg = 3\n", "garment[0].bearings_deg", "did you mean “bearing_deg”?"),
        (HEAD + GARMENT + "bearing_deg = 400\ndistance_m = 2\n", "garment[0].bearing_deg", "less than or equal to 360 (got 400)"),
        (HEAD + GARMENT + "bearing_deg = 0\ndistance_m = 0\n", "garment[0].distance_m", "greater than 0"),
        (HEAD + GARMENT + "bearing_deg = nan\ndistance_m = 2\n", "garment[0].bearing_deg", "(got nan)"),
        (HEAD + GARMENT + POLAR + "turn_deg = inf\n", "garment[0].turn_deg", "(got inf)"),
        (HEAD + GARMENT.replace('"coat"', '"Coat!"') + POLAR, "garment[0].name", "match"),
        (HEAD + GARMENT.replace("coat.glb", "gown.glb") + POLAR, "garment[0].model", "there is no file"),
        (HEAD + (GARMENT + POLAR) * 2, "", "two garments are called “coat”"),
        (HEAD + "[[garmnet]]\n", "garmnet", "did you mean “garment”?"),
        ("floor_m = 1\n", "name", "is missing"),
    ],
)
def test_a_fault_names_file_key_and_cure(tmp_path: Path, text: str, key: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as fault:
        read(tmp_path, text)
    assert fault.value.key == key
    assert str(tmp_path / "scene.toml") in str(fault.value)
    assert sentence in str(fault.value)


def test_the_showroom_ships_and_others_are_asked_back() -> None:
    assert "showroom" in shipped()
    assert [garment.name for garment in read_scene("showroom").garment] == ["dress"]
    with pytest.raises(ConfigError, match=r"shworoom: is not the name of a showroom; did you mean “showroom”\?"):
        read_scene("shworoom")
    with pytest.raises(ConfigError, match=r"these ship with vrlive: .*or give the path of a scene.toml"):
        read_scene("kitchen")


def test_a_missing_scene_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none.toml: cannot be read: No such file"):
        read_scene(tmp_path / "none.toml")
