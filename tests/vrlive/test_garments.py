import base64
import json
import struct
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from renderer.gltf import find_animation, posed_vertices, read_glb
from renderer.gltf.lint import bounds
from tests.renderer.boxes import GREEN, RED, write_box
from tests.renderer.gltf.torture import write_torture
from vrlive import resources
from vrlive.cli import app
from vrlive.errors import ConfigError, InputError, UserError
from vrlive.garments import import_garment, slug
from vrlive.show.scene import read_scene

SCENE = '[[garment]]\nname = "it"\nmodel = "{}"\nbearing_deg = 0\ndistance_m = 2\n'


@pytest.fixture(autouse=True)
def _library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def scene(folder: Path, model: str) -> Path:
    path = folder / "scene.toml"
    path.write_text(f'name = "shop"\n{SCENE.format(model)}', "utf-8")
    return path


def test_an_imported_garment_stands_in_a_scene_by_its_name(tmp_path: Path) -> None:
    taken = import_garment(write_box(tmp_path / "Red Box.glb", variants={"a": RED}))
    assert taken.path == tmp_path / "data" / "vrlive" / "garments" / "red-box" / "garment.glb"
    assert taken.path.read_bytes() == (tmp_path / "Red Box.glb").read_bytes()
    assert read_scene(scene(tmp_path, "red-box")).garment[0].model == taken.path
    kept = tomllib.loads((taken.path.parent / "garment.toml").read_text("utf-8"))
    assert kept["source"] == "Red Box.glb"
    assert kept["size_m"] == [0.5, 1.5, 0.5]
    assert sorted(each.name for each in taken.path.parent.parent.iterdir()) == ["red-box"]


def test_a_scene_that_names_an_unknown_garment_is_told_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"garment\[0\].model: there is neither a file .*coat nor a garment “coat” in the library"):
        read_scene(scene(tmp_path, "coat"))


def test_a_garment_is_only_replaced_when_that_is_asked_for(tmp_path: Path) -> None:
    path = write_box(tmp_path / "box.glb")
    import_garment(path)
    with pytest.raises(UserError, match="there is a garment “box” already; give another --name, or --replace it"):
        import_garment(path)
    write_box(path, (0.4, 1.0, 0.4))
    assert import_garment(path, replace=True).facts.size_m == (0.4, 1.0, 0.4)
    assert import_garment(path, "other").path.parent.name == "other"


def test_what_was_exported_in_centimetres_is_mended_by_scale(tmp_path: Path) -> None:
    path = write_box(tmp_path / "box.glb", (50, 160, 50))
    with pytest.raises(InputError, match=r"box.glb: is 160 m high, 100× too large: exported in centimetres\?"):
        import_garment(path)
    assert not resources.garments().exists()
    taken = import_garment(path, scale=0.01)
    assert taken.facts.size_m == pytest.approx((0.5, 1.6, 0.5))
    assert taken.findings == ()


def test_scale_carries_skins_and_animations_along(tmp_path: Path) -> None:
    path = write_torture(tmp_path / "torture.glb", "meshopt")
    taken = import_garment(path, scale=0.5)
    before, after = read_glb(path), read_glb(taken.path)
    np.testing.assert_allclose(bounds(after), bounds(before) / 2, atol=1e-6)
    poses = [posed_vertices(model, find_animation(model, "sway"), 1.375) for model in (before, after)]
    for large, small in zip(*poses, strict=True):
        np.testing.assert_allclose(small[:, :3], large[:, :3] / 2, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("shape.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0.25 0\nvt 1 0\nvt 0 1\nf 1/1 2/2 3/3\n"),
        ("shape.stl", "solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\nendsolid a\n"),
        (
            "shape.ply",
            "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\nelement face 1\n"
            "property list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n",
        ),
    ],
)
def test_shapes_become_glb_files_with_a_word_on_what_they_lack(tmp_path: Path, name: str, data: str) -> None:
    path = tmp_path / name
    path.write_text(data, "utf-8")
    taken = import_garment(path)
    assert "carry no units (1 is taken for 1 m), materials" in taken.findings[0].text
    part = read_glb(taken.path).primitives[0]
    assert sorted(part.vertices[:, :3].tolist()) == [[0, 0, 0], [0, 1, 0], [1, 0, 0]]
    np.testing.assert_allclose(part.vertices[:, 3:6], [[0, 0, 1]] * 3)
    if name == "shape.obj":
        corner = part.vertices[np.abs(part.vertices[:, :3]).sum(axis=1) == 0]
        np.testing.assert_allclose(corner[0, 10:12], [0.25, 1], atol=1e-6)  # glTF's v grows downwards


@pytest.mark.parametrize(("text", "name"), [("Red Coat (v2)", "red-coat-v2"), ("Ärmel", "rmel"), ("a" * 99, "a" * 63)])
def test_names_are_made_of_file_names(text: str, name: str) -> None:
    assert slug(text) == name


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["import", "{}", "--name", "Red Coat"], "“Red Coat” is no name for a garment"),
        (["import", "{}", "--scale", "0"], "--scale: 0 is not between"),
        (["import", "none.glb"], "none.glb: cannot be read: No such file"),
        (["show", "none.glb"], "none.glb: cannot be read: No such file"),
        (["show", "pyproject.toml"], "is of no kind that is read; those are .glb, .gltf, .obj, .ply, .stl"),
        (["show", "{}", "--out", "x.gif"], "x.gif: a turntable becomes a file that ends in .png or .jpg"),
        (["show", "{}", "--out", "{}.png", "--variant", "blue"], "“blue” is no variant of garment"),
    ],
)
def test_mistakes_are_told_in_a_sentence(tmp_path: Path, arguments: list[str], words: str) -> None:
    path = write_box(tmp_path / "box.glb", variants={"red": RED, "green": GREEN})
    result = CliRunner().invoke(app, ["garment", *(each.format(path) for each in arguments)])
    assert isinstance(result.exception, UserError)
    assert words in str(result.exception)


def test_show_prints_facts_and_faults_and_refuses_with_2(tmp_path: Path) -> None:
    path = write_box(tmp_path / "box.glb", (50, 160, 50), variants={"red": RED, "green": GREEN})
    result = CliRunner().invoke(app, ["garment", "show", str(path)])
    assert result.exit_code == 2
    assert "size        50 m wide, 160 m high, 50 m deep" in result.output
    assert "variants    red, green" in result.output
    assert "refused     is 160 m high, 100× too large" in result.output


def test_a_turntable_shows_each_side_in_turn(tmp_path: Path) -> None:
    sides = {"front": (1.0, 0.0, 0.0), "left": (0.0, 1.0, 0.0), "back": (0.0, 0.0, 1.0), "right": (1.0, 1.0, 0.0)}
    path, to = write_box(tmp_path / "box.glb", sides=sides), tmp_path / "turn.png"
    result = CliRunner().invoke(app, ["garment", "show", str(path), "--out", str(to)])
    assert result.exit_code == 0, result.exception
    picture = np.asarray(Image.open(to)).astype(int)
    side = picture.shape[0] // 2
    assert picture.shape == (side * 2, side * 4, 3)
    middles = [picture[row * side + side // 2, column * side + side // 2] for row in (0, 1) for column in range(4)]
    for number, colour in ((0, (255, 0, 0)), (2, (0, 255, 0)), (4, (0, 0, 255)), (6, (255, 255, 0))):
        assert np.abs(middles[number] - colour).max() < 12, (number, middles[number])


def test_a_gltf_with_everything_in_it_becomes_a_glb(tmp_path: Path) -> None:
    whole = write_box(tmp_path / "box.glb", variants={"a": RED}).read_bytes()
    (size,) = struct.unpack_from("<I", whole, 12)
    content = json.loads(whole[20 : 20 + size])
    content["buffers"][0]["uri"] = "data:application/octet-stream;base64," + base64.b64encode(whole[28 + size :]).decode()
    path = tmp_path / "Box.gltf"
    path.write_text(json.dumps(content), "utf-8")
    taken = import_garment(path)
    assert taken.path.read_bytes()[:4] == b"glTF"
    for ours, theirs in zip(read_glb(taken.path).primitives, read_glb(tmp_path / "box.glb").primitives, strict=True):
        np.testing.assert_array_equal(ours.vertices, theirs.vertices)
