"""The command line as a user meets it: a mistake is one sentence on standard error and exit code 2.

What the sentence says is asked in this process, for starting one takes seconds.
"""

import json
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from vrlive import selfcheck
from vrlive.cli import app, console
from vrlive.errors import UserError
from vrlive.network import listen
from vrlive.rigs import read_rig
from vrlive.units import Size


def vrlive(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vrlive", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=cwd)


def refused(*arguments: str | Path, cwd: Path | None = None) -> str:
    """Run what must be refused, in this process; give the one sentence that says why."""
    with chdir(cwd or Path.cwd()):
        result = CliRunner().invoke(app, [*map(str, arguments)])
    if isinstance(result.exception, UserError):
        return " ".join(str(result.exception).split())
    assert result.exit_code == 2, result.output
    return " ".join(result.stderr.split())


CHANNEL = """
name = "mine"
rig = "demo"
scene = "showroom"
""" + "".join(f'[[camera]]\nname = "cam{i}"\nurl = "demo:{i}"\nloop = true\n' for i in range(6))


@pytest.mark.parametrize(
    ("mistake", "sentences"),
    [
        (('scene = "showroom"', 'scenee = "showroom"'), ["scenee", "did you mean “scene”?"]),
        (('rig = "demo"', 'rig = "none.toml"'), ["none.toml", "No such file"]),
        (('scene = "showroom"', 'scene = "shworoom"'), ["shworoom", "showroom"]),
        (('name = "cam1"', 'name = "cam0"'), ["two cameras are called “cam0”"]),
        (('rig = "demo"', 'rig = "demo"\nsound = [{camera = "mic"}]'), ["sound[0].camera", "there is no camera “mic”", "cam0"]),
        (('rig = "demo"', 'rig = "demo"\nsound = [{camera = "cam1"}, {camera = "cam1"}]'), ["sound[0].camera", "“cam1” is listed twice"]),
        (('rig = "demo"', 'rig = "demo"\nsound = [{camera = "cam1", gain_db = 90}]'), ["sound[0].gain_db", "24", "got 90"]),
        (
            ('rig = "demo"', 'rig = "demo"\nsound = [{camera = "cam1", format = "ambisonic"}]'),
            ["sound[0].format", "did you mean", "ambisonics"],
        ),
        (('rig = "demo"', 'rig = "demo"\nstitch.anchor = "cam9"'), ["stitch.anchor", "there is no camera “cam9”", "cam0"]),
        (('[[camera]]\nname = "cam5"\nurl = "demo:5"\nloop = true\n', ""), ["6 inputs", "5 cameras"]),
        (('url = "demo:3"', 'url = "demo:9"'), ["demo:9", "demo:0 … demo:5"]),
    ],
)
def test_a_mistake_in_channel_toml_is_named_with_its_cure(tmp_path: Path, mistake: tuple[str, str], sentences: list[str]) -> None:
    path = tmp_path / "channel.toml"
    path.write_text(CHANNEL.replace(*mistake), "utf-8")
    said = refused("serve", path, "--port", "0", "--for", "0")
    for sentence in (str(path), *sentences):
        assert sentence in said


def test_a_broken_model_is_named_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "dress.glb").write_bytes(b"not a model")
    garment = '[[garment]]\nname = "dress"\nmodel = "dress.glb"\nbearing_deg = 0\ndistance_m = 2\n'
    (tmp_path / "scene.toml").write_text(f'name = "s"\n{garment}', "utf-8")
    path = tmp_path / "channel.toml"
    path.write_text(CHANNEL.replace("showroom", "scene.toml"), "utf-8")
    ended = vrlive("serve", path, "--port", "0")
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    said = " ".join(ended.stderr.split())
    for sentence in (str(path), "scene", "dress.glb", "is not a GLB file"):
        assert sentence in said


def test_an_option_that_makes_no_sense_is_named(tmp_path: Path) -> None:
    ended = vrlive("rig", "preset", "dual-fisheye", "--size", "8", "--out", tmp_path / "rig.toml")
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "--size: “8” is not a size" in " ".join(ended.stderr.split())


def test_two_channels_of_one_name_are_refused_with_both_files(tmp_path: Path) -> None:
    for name in ("one.toml", "two.toml"):
        (tmp_path / name).write_text(CHANNEL, "utf-8")
    said = refused("serve", "one.toml", "two.toml", "--port", "0", cwd=tmp_path)
    assert "two.toml: name: the channel of one.toml is called “mine” too" in said


def test_a_port_in_use_is_refused_before_anything_starts(tmp_path: Path) -> None:
    path = tmp_path / "channel.toml"
    path.write_text(CHANNEL, "utf-8")
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        assert f"port {port} is in use" in refused("serve", path, "--port", str(port))


@pytest.mark.parametrize("tls", ["cert.pem", "none.pem,none.key", "a,b,c"])
def test_a_certificate_that_cannot_be_used_is_refused(tmp_path: Path, tls: str) -> None:
    path = tmp_path / "channel.toml"
    path.write_text(CHANNEL, "utf-8")
    assert "--tls" in refused("serve", path, "--port", "0", "--tls", tls)


def test_a_file_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "channel.toml"
    path.write_text(CHANNEL, "utf-8")
    assert "no certificate and key in PEM form" in refused("serve", path, "--port", "0", "--tls", f"{path},{path}")


def test_stitch_names_a_missing_rig_a_missing_picture_and_a_wrong_size(tmp_path: Path) -> None:
    assert "none.toml" in refused("stitch", tmp_path / "none.toml", "--out", tmp_path / "x.png")
    pto = tmp_path / "two.pto"
    pto.write_text('p f2 w100 h50 v360\ni w64 h64 f2 v200 r0 p0 y0 n"a.png"\ni w64 h64 f2 v200 r0 p0 y180 n"b.png"\n')
    said = refused("stitch", pto, "--out", tmp_path / "x.png")
    assert "a.png" in said
    (tmp_path / "a.png").write_bytes(b"not a picture")
    assert "2" in refused("stitch", pto, tmp_path / "a.png", "--out", tmp_path / "x.png")
    assert "a.png" in refused("stitch", pto, tmp_path / "a.png", tmp_path / "a.png", "--out", tmp_path / "x.png")
    assert "--size" in refused("stitch", pto, "--out", tmp_path / "x.png", "--size", "1000x1000")
    assert not (tmp_path / "x.png").exists()


def test_score_says_and_writes_what_it_finds_and_refuses_before_the_work(tmp_path: Path) -> None:
    Image.fromarray(np.random.default_rng(1).integers(60, 180, (64, 64, 3), np.uint8)).save(tmp_path / "a.png")
    (tmp_path / "two.pto").write_text('p f2 w100 h50 v360\ni w64 h64 f2 v200 r0 p0 y0 n"a.png"\ni w64 h64 f2 v200 r0 p0 y180 n"a.png"\n')
    said = vrlive("score", "two.pto", "--size", "128x64", "--json", "x.json", "--out", "x.png", cwd=tmp_path).stdout
    for word in ("two, measured at 128x64", "uncovered", "agreement", "stitchEm", "image 0 · image 1"):
        assert word in said
    assert json.loads((tmp_path / "x.json").read_text("utf-8"))["size"] == "128x64"
    with Image.open(tmp_path / "x.png") as picture:
        assert picture.width == 128
    assert "a.png: is an input too" in refused("score", "two.pto", "--out", "a.png", cwd=tmp_path)
    assert "ends in .png or .jpg" in refused("score", "two.pto", "--out", "y.txt", cwd=tmp_path)
    assert "--distance" in refused("score", "two.pto", "--distance", "near", cwd=tmp_path)
    assert "--size: 100x90" in refused("score", "two.pto", "--size", "100x90", cwd=tmp_path)


def test_an_imported_rig_is_the_same_rig(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).touch()
    pto = tmp_path / "two.pto"
    pto.write_text('p f2 w100 h50 v360\ni w64 h64 f2 v200 r0 p0 y0 n"a.png"\ni w64 h64 f2 v200 r3 p2 y180 n"b.png"\n')
    assert vrlive("rig", "import", pto, "--out", tmp_path / "rig.toml").returncode == 0
    shown = vrlive("rig", "show", tmp_path / "rig.toml")
    assert shown.returncode == 0
    assert "equidistant" in shown.stdout


def test_calibrations_of_several_cameras_become_one_rig(tmp_path: Path) -> None:
    text = "image_size: [640, 480]\nK: [[300, 0, 320], [0, 300, 240], [0, 0, 1]]\nD: [0.1, 0, 0, 0]\n"
    paths = [tmp_path / "front.yaml", tmp_path / "left.yaml"]
    for path in paths:
        path.write_text(text, "utf-8")
    imported = vrlive("rig", "import", *paths, "--out", tmp_path / "rig.toml")
    assert imported.returncode == 0
    assert "look the same way" in imported.stdout + imported.stderr
    assert [lens.name for lens in read_rig(tmp_path / "rig.toml").lenses] == ["front", "left"]
    (tmp_path / "left.yaml").write_text("image_size: [640, 480]\n", "utf-8")
    assert "left.yaml: camera_matrix: is missing" in refused("rig", "import", *paths, "--out", tmp_path / "rig.toml")


def test_presets_are_listed_and_written(tmp_path: Path) -> None:
    listed = vrlive("rig", "preset").stdout
    assert "dual-fisheye: two fisheyes back to back, side by side" in listed
    assert "gopro-max-3k" in listed
    said = vrlive("rig", "preset", "dual-fisheye", "--size", "800x400", "--fov", "200", "--out", tmp_path / "rig.toml").stdout
    assert "of 1 input of 800x400" in said
    assert [lens.frame for lens in read_rig(tmp_path / "rig.toml").lenses] == [Size(800, 400)] * 2
    assert "--out: name the rig.toml" in refused("rig", "preset", "dual-fisheye")
    assert "there is no preset “dual”" in refused("rig", "preset", "dual", "--out", tmp_path / "rig.toml")


def test_an_exported_rig_is_the_same_rig_and_says_which_pictures_it_lacks(tmp_path: Path) -> None:
    vrlive("rig", "preset", "dual-fisheye-files", "--out", tmp_path / "rig.toml")
    said = vrlive("rig", "export", tmp_path / "rig.toml", "--out", tmp_path / "hugin.pto").stdout
    assert "put the pictures beside it as hugin-0.jpg, hugin-1.jpg" in said
    assert vrlive("rig", "import", tmp_path / "hugin.pto", "--out", tmp_path / "again.toml").returncode == 0
    before, after = (read_rig(tmp_path / name).lenses for name in ("rig.toml", "again.toml"))
    assert [lens.crop for lens in after] == [lens.crop for lens in before]
    vrlive("rig", "preset", "eac", "--out", tmp_path / "rig.toml")
    refusal = refused("rig", "export", tmp_path / "rig.toml", "--out", tmp_path / "eac.pto")
    assert "lens “left”: model “equiangular” cannot be said in a .pto" in refusal


@pytest.mark.parametrize("out", ["two.pto", "rig.txt", "none/rig.toml", "rig.toml"])
def test_an_import_overwrites_no_input_and_writes_toml_only(tmp_path: Path, out: str) -> None:
    project, picture = 'i w64 h64 f2 v200 n"a.png"\n', tmp_path / "rig.toml"
    (tmp_path / "two.pto").write_text(project)
    picture.write_text("an input")
    assert out in refused("rig", "import", tmp_path / "two.pto", picture, "--out", tmp_path / out)
    assert (tmp_path / "two.pto").read_text() == project
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"two.pto": project, "rig.toml": "an input"}


def test_a_benchmark_that_could_not_be_written_is_not_begun(tmp_path: Path) -> None:
    assert "there is no folder" in refused("bench", "live", "--out", tmp_path / "none" / "x.json")


def test_check_says_what_it_found() -> None:
    result = vrlive("check")
    assert result.returncode == 0, result.stdout
    for subject in ("Python", "Codecs", "OpenGL", "Network"):
        assert subject in result.stdout


def test_check_misses_a_pool_of_threads_that_may_be_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    assert selfcheck._compiler().good
    for pool in ("omppool", "tbbpool"):
        monkeypatch.setitem(sys.modules, f"numba.np.ufunc.{pool}", None)
    found = selfcheck._compiler()
    assert not found.good
    assert "install libgomp1" in found.text


def test_an_address_is_printed_whole(capsys: pytest.CaptureFixture[str]) -> None:
    said = f"On air at https://[fd00::1]:8360/{'x' * 100}"
    console.say(said)
    assert capsys.readouterr().out == f"{said}\n"


def test_help_lists_the_commands() -> None:
    shown = vrlive("--help").stdout
    for command in ("demo", "serve", "stitch", "score", "tune", "rig", "check", "bench"):
        assert command in shown
