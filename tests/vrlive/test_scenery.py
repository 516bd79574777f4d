import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.renderer.boxes import GREEN, RED, write_box, write_nodding
from vrlive.cli import app
from vrlive.errors import ConfigError, InputError, UserError
from vrlive.scenery import FlatView, demo_room, examine_scene, save_scene
from vrlive.show.scene import read_scene
from vrlive.show.staging import moved_to, with_garment
from vrlive.units import Size

SCENE = """name = "shop" # a comment

[[garment]]
name = "red"
model = "box.glb"
variant = "red"
bearing_deg = 0
distance_m = 2.0
"""
MORE = '\n[[garment]]\nname = "{name}"\nmodel = "{model}"\n{place}\n'


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    if isinstance(result.exception, UserError):
        return 2, str(result.exception)
    return result.exit_code, result.output


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    write_box(tmp_path / "box.glb", variants={"red": RED, "green": GREEN})
    path = tmp_path / "scene.toml"
    path.write_text(SCENE, "utf-8")
    return path


def add(scene: Path, name: str, place: str, model: str = "box.glb", **others: str) -> None:
    with scene.open("a", encoding="utf-8") as file:
        file.write(MORE.format(name=name, model=model, place=place))
        file.writelines(f"{key} = {value}\n" for key, value in others.items())


def test_the_showroom_that_ships_is_in_order() -> None:
    code, said = run("scene", "check", "showroom")
    assert code == 0
    assert "warning" not in said
    assert "variants rouge, ink" in said


def test_facts_are_told_in_metres(scene: Path) -> None:
    code, said = run("scene", "check", scene)
    assert code == 0
    assert "0.50 x 1.50 x 0.50 m, bearing 0.0°, 2.00 m away, +0.00 m from the floor; 12 triangles, 0 textures" in said.replace("\n", "")


@pytest.mark.parametrize(
    ("motion", "words"),
    [
        ('{ kind = "clip", name = "nob" }', "garment[1].motion.name: nodding.glb has no animation “nob”; did you mean “nod”?"),
        ('{ kind = "clip", name = "zebra" }', "nodding.glb has no animation “zebra”; it has nod"),
        ('{ kind = "turntabel", period_s = 20 }', "garment[1].motion: kind “turntabel” is not known; did you mean “turntable”?"),
        ('{ kind = "turntable", period_s = 0 }', "garment[1].motion.period_s: Input should be greater than or equal to 1 (got 0)"),
        ('{ kind = "sway", period_s = 4 }', "garment[1].motion.amplitude_deg: is missing"),
    ],
)
def test_faults_of_a_motion_name_its_key(scene: Path, motion: str, words: str) -> None:
    write_nodding(scene.parent / "nodding.glb", 60.0, 2.0)
    add(scene, "nodding", "bearing_deg = 90\ndistance_m = 2", "nodding.glb", motion=motion)
    (fault,) = examine_scene(scene).faults
    assert words in fault


def test_a_moment_of_a_motion_can_be_drawn(scene: Path, tmp_path: Path) -> None:
    write_nodding(scene.parent / "nodding.glb", 60.0, 2.0)
    add(scene, "nodding", "bearing_deg = 90\ndistance_m = 2", "nodding.glb", motion='{ kind = "clip", name = "nod" }')
    for at in (0.0, 1.5):
        assert run("scene", "render", scene, "--room", "studio", "--size", "512x256", "--at", at, "--out", tmp_path / f"{at}.png")[0] == 0
    first, later = (np.asarray(Image.open(tmp_path / f"{at}.png"), int) for at in (0.0, 1.5))
    changed = np.flatnonzero(np.abs(first - later).max(axis=(0, 2)) > 20)
    assert 512 * 0.6 < changed.min() < changed.max() < 512 * 0.9  # it stands to the right; the other one stood still


def test_all_faults_are_told_at_once(scene: Path) -> None:
    add(scene, "coat", "bearing_deg = 90\ndistance_m = 2", "coat.glb")
    add(scene, "hat", "bearing_deg = 180\ndistance_m = 2", variant='"blue"')
    (scene.parent / "broken.glb").write_bytes(b"glTF")
    add(scene, "sock", "bearing_deg = 270\ndistance_m = 2", "broken.glb")
    found = examine_scene(scene)
    assert len(found.faults) == 3
    missing, variant, broken = sorted(found.faults, key=lambda fault: ("coat.glb" not in fault, "blue" not in fault))
    assert f"{scene}: garment[1].model: there is no file {scene.parent / 'coat.glb'}" in missing
    assert f"{scene}: garment[2].variant: box.glb has no variant “blue”; there is: red, green" in variant
    assert f"{scene}: garment[3].model: {scene.parent / 'broken.glb'}: " in broken
    assert sum(fact.startswith("red ") for fact in found.facts) == 1
    assert run("scene", "check", scene)[0] == 2


def test_each_key_that_is_wrong_is_told(scene: Path) -> None:
    scene.write_text(SCENE.replace("distance_m = 2.0", "distanc_m = 2.0") + "turn_deg = 400\n", "utf-8")
    faults = examine_scene(scene).faults
    assert any("garment[0].distanc_m: unknown key; did you mean “distance_m”?" in fault for fault in faults)
    assert any("garment[0].turn_deg" in fault and "360" in fault for fault in faults)


def test_an_unknown_name_is_told_what_ships() -> None:
    code, said = run("scene", "check", "shwroom")
    assert code == 2
    assert "did you mean “showroom”?" in said


def test_garments_in_each_other_or_below_the_floor_are_warned_of(scene: Path) -> None:
    add(scene, "near", "bearing_deg = 5\ndistance_m = 2.1")
    add(scene, "sunk", "bearing_deg = 120\ndistance_m = 3\nheight_m = -0.3")
    add(scene, "round", "position_m = [0.1, -1.6, 0.0]")
    found = examine_scene(scene)
    assert not any("sunk and" in warning for warning in found.warnings)
    assert any(warning.startswith("red and near stand in each other, by 0.") for warning in found.warnings)
    assert any(warning.startswith("sunk: reaches 0.30 m below the floor") for warning in found.warnings)
    assert any(warning.startswith("round: stands around the cameras") for warning in found.warnings)


def test_a_scene_is_drawn_into_a_panorama(scene: Path) -> None:
    out = scene.parent / "it.png"
    code, said = run("scene", "render", scene, "--out", out, "--room", "studio", "--size", "512x256")
    assert code == 0, said
    seen = np.asarray(Image.open(out)).astype(int)
    assert seen.shape == (256, 512, 3)
    row, column = round((0.5 + np.arctan2(0.85, 1.75) / np.pi) * 256), 256
    assert seen[row, column, 0] > 200
    assert seen[row, column, 1] < 60
    assert np.ptp(seen[100, 20]) < 4  # the studio is grey
    code, said = run("scene", "render", scene, "--out", out, "--room", "studio", "--size", "512x256")
    assert code == 2
    assert "--force" in said


def test_a_flat_view_shows_the_garment_where_its_angles_say(scene: Path) -> None:
    add(scene, "green", "bearing_deg = 90\ndistance_m = 2", variant='"green"')
    out = scene.parent / "it.png"
    code, said = run("scene", "render", scene, "--out", out, "--room", "studio", "--size", "320x240", "--view", "90,-20,60")
    assert code == 0, said
    seen = np.asarray(Image.open(out)).astype(int)
    green = (seen[..., 1] > 150) & (seen[..., 0] < 100)
    assert seen.shape == (240, 320, 3)
    assert np.flatnonzero(green.any(axis=0)).mean() == pytest.approx(159.5, abs=1.5)
    # the front's upper edges: 0.25 m aside, 0.1 m below the eye, 1.75 m away, seen by a camera that is tilted 20° down
    depth = 1.75 * np.cos(np.radians(20)) + 0.1 * np.sin(np.radians(20))
    across = 160 / np.tan(np.radians(30)) * 0.25 / depth
    rows = np.flatnonzero(green.any(axis=1))
    assert np.flatnonzero(green[rows[0] + 12]).size == pytest.approx(2 * across, abs=8)


def test_a_panorama_lights_the_garment_and_stands_behind_it(scene: Path) -> None:
    room = scene.parent / "room.png"
    Image.new("RGB", (256, 128), (20, 60, 160)).save(room)
    out = scene.parent / "it.png"
    assert run("scene", "render", scene, "--out", out, "--room", room, "--size", "512x256")[0] == 0
    seen = np.asarray(Image.open(out)).astype(int)
    np.testing.assert_allclose(seen[40, 40], (20, 60, 160), atol=4)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--view", "0,0"], "--view: “0,0” is not YAW,PITCH,FOV"),
        (["--view", "0,0,170"], "--view: “0,0,170” is not YAW,PITCH,FOV"),
        (["--size", "500x256"], "--size: 500x256 is not equirectangular"),
        (["--size", "64x32"], "--size: 64x32 is not between 128x64 and 8192x4096"),
        (["--size", "321x240", "--view", "0,0,60"], "--size: 321x240 has an odd side"),
        (["--room", "cellar"], "--room: there is no file cellar; give a panorama's file, “demo” or “studio”"),
        (["--room", "tall.png"], "is no panorama; one is twice as wide as high"),
    ],
)
def test_what_cannot_be_drawn_is_said(scene: Path, options: list[str], complaint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(scene.parent)
    Image.new("RGB", (64, 64)).save("tall.png")
    code, said = run("scene", "render", scene, "--out", "it.png", *(["--room", "studio"] if "--room" not in options else []), *options)
    assert (code, complaint in said) == (2, True), said


def test_a_view_is_read_in_degrees() -> None:
    assert FlatView.parse("90, -45,60") == FlatView(np.pi / 2, -np.pi / 4, np.pi / 3)


def test_the_demo_room_is_pictured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    told: list[tuple[int, int]] = []
    path = demo_room(lambda *how: told.append(how), Size(64, 32))
    assert told == [(0, 1), (1, 1)]
    with Image.open(path) as image:
        assert image.size == (64, 32)
    assert demo_room(lambda *how: told.append(how), Size(64, 32)) == path
    assert len(told) == 2


def test_a_saved_scene_keeps_its_comments_and_the_old_file(scene: Path) -> None:
    before = read_scene(scene)
    after = with_garment(before, moved_to(before.garment[0], before.floor_m, 3.0, 0.0))
    scene.chmod(0o640)
    save_scene(scene, before, after, scene)
    assert scene.read_text("utf-8") == SCENE.replace("bearing_deg = 0", "bearing_deg = 90").replace("2.0", "3")
    assert (scene.parent / "scene.toml.bak").read_text("utf-8") == SCENE
    assert scene.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in scene.parent.iterdir()) == ["box.glb", "scene.toml", "scene.toml.bak"]
    assert read_scene(scene) == after


def test_a_scene_saved_elsewhere_finds_its_models(scene: Path) -> None:
    before = read_scene(scene)
    there = scene.parent / "mine" / "own.toml"
    there.parent.mkdir()
    save_scene(scene, before, before, there)
    assert tomllib.loads(there.read_text("utf-8"))["garment"][0]["model"] == "../box.glb"
    assert read_scene(there) == before


def test_a_file_that_was_changed_meanwhile_is_left_alone(scene: Path) -> None:
    before = read_scene(scene)
    scene.write_text(SCENE.replace('"red"\nmodel', '"rot"\nmodel'), "utf-8")
    with pytest.raises(ConfigError, match="was changed while the preview was open"):
        save_scene(scene, before, before, scene)
    scene.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        save_scene(scene, before, before, scene)
