"""What we write for Hugin, as Hugin's own tools read it, and as we do ourselves."""

import os
import shutil
import subprocess
from dataclasses import replace
from math import pi, radians
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vrlive.errors import RigFileError, UserError
from vrlive.projection.equirect import direction, directions
from vrlive.projection.lenses import project
from vrlive.projection.rig import (
    Array,
    BrownConrady,
    Circle,
    KannalaBrandt,
    Lens,
    MaskPicture,
    Model,
    PanoTools,
    Plane,
    Rectangle,
    Rig,
    Vignetting,
)
from vrlive.rigs import export_rig, preset_rig, read_rig_file, write_rig
from vrlive.rigs.pto import read_pto
from vrlive.rigs.pto_writer import write_pto
from vrlive.units import Size

FRAME = Size(1600, 1200)
EXACT_PX = 1e-3
BENT = PanoTools(0.01, -0.02, 0.005, 9.0, -7.0)
POSE: dict[str, Any] = {"yaw": radians(20), "pitch": radians(-10), "roll": radians(5)}


def lens(model: Model, focal_px: float, **more: Any) -> Lens:
    return Lens("a", 0, FRAME, model, focal_px, **{"centre_px": (803.0, 596.0), **POSE, **more})


LENSES = {
    "rectilinear": lens("rectilinear", 800.0, distortion=BENT, crop=Rectangle(100, 50, 1500, 1150)),
    "cylindrical": lens("cylindrical", 760.0),
    "circular fisheye": lens("equidistant", 458.0, distortion=BENT, crop=Circle(810, 590, 570)),
    "full-frame fisheye": lens("equidistant", 610.0, masks=(((10.5, 20.25), (300.0, 20.5), (20.5, 400.0)),)),
    "equirectangular": lens("equirectangular", 305.0),
    "orthographic": lens("orthographic", 830.0, crop=Circle(800, 600, 500)),
    "stereographic": lens("stereographic", 335.0, vignetting=Vignetting(-0.3, 0.1, 0.02, (790.0, 611.0))),
    "Thoby": lens("thoby", 604.0, crop=Circle(800, 600, 500)),
    "equisolid": lens("equisolid", 522.0, crop=Rectangle(0, 10, 1600, 1100)),
    "flat": lens("rectilinear", 800.0, position_m=(0.1, 0.2, 0.15), scene=Plane()),
    "flat, turned right": lens("rectilinear", 800.0, position_m=(0.1, 0.2, 0.15), scene=Plane((np.sin(0.3), 0.0, -np.cos(0.3)))),
    "flat, turned up": lens("equidistant", 600.0, position_m=(0.1, 0.2, 0.15), scene=Plane((0.0, np.sin(-0.2), -np.cos(0.2)))),
}


def back(path: Path, *lenses: Lens) -> tuple[Lens, ...]:
    inputs = 1 + max(each.input for each in lenses)
    write_pto(Rig(lenses, "a rig", inputs), path, [f"{place}.png" for place in range(inputs)])
    return read_pto(path)[0].lenses


@pytest.mark.parametrize("name", LENSES)
def test_pano_trafo_agrees(tmp_path: Path, name: str) -> None:
    if not shutil.which("pano_trafo"):
        pytest.skip("pano_trafo is not here: install hugin-tools")
    path = tmp_path / "rig.pto"
    back(path, LENSES[name])
    head = path.read_text("utf-8").splitlines()[1].split()
    pano = Size(*(int(next(word[1:] for word in head if word[0] == key)) for key in "wh"))
    pano_xy = np.random.default_rng(2).uniform(0, pano, (200, 2)).round(2)
    asked = "\n".join(f"{x} {y}" for x, y in pano_xy)
    answer = subprocess.run(["pano_trafo", "-r", path, "0"], input=asked, capture_output=True, text=True, check=True)
    theirs = np.array([line.split() for line in answer.stdout.splitlines() if line.strip()], np.float64)
    x, y = (pano_xy + 0.5).T
    looking = direction((x / pano.width - 0.5) * 2 * pi, (0.5 - y / pano.height) * pi)
    ours, valid = project(LENSES[name], looking)
    assert valid.sum() >= 8
    assert ours[valid] - 0.5 == pytest.approx(theirs[valid], abs=EXACT_PX)


@pytest.mark.parametrize("name", LENSES)
def test_a_lens_comes_back(tmp_path: Path, name: str) -> None:
    written = LENSES[name]
    read = back(tmp_path / "rig.pto", written)[0]
    looking = directions(Size(64, 32))
    ours, valid = project(written, looking)
    again, same = project(read, looking)
    assert (valid == same).all()
    assert again[valid] == pytest.approx(ours[valid], abs=1e-6)
    assert (read.model, read.crop, read.masks, read.frame) == (written.model, written.crop, written.masks, written.frame)
    assert read.vignetting == written.vignetting
    assert back(tmp_path / "again.pto", read)[0] == replace(read, name="image 0")


def nona(path: Path) -> tuple[Array, Array]:
    """Luma and opacity (height, width) of the panorama that Hugin's nona makes."""
    path.write_text(path.read_text("utf-8").replace(" r:CROP", ""), "utf-8")
    subprocess.run(
        ["nona", "-r", "ldr", "-m", "TIFF_m", "-o", path.with_suffix(""), path], capture_output=True, check=True, cwd=path.parent
    )
    with Image.open(next(path.parent.glob(f"{path.stem}*.tif"))) as picture:
        return tuple(np.asarray(picture.convert("RGBA"), np.float64).transpose(2, 0, 1)[[0, 3]])


def test_nona_shows_the_rig(tmp_path: Path) -> None:
    """A slope of grey tells where each pixel comes from; the crop tells where it ends."""
    if not shutil.which("nona"):
        pytest.skip("nona is not here: install hugin-tools")
    frame = Size(400, 300)
    slope = np.round(np.arange(400) * 255 / 400).astype(np.uint8)
    Image.fromarray(np.repeat(np.tile(slope, (300, 1))[..., np.newaxis], 3, 2)).save(tmp_path / "0.png")
    fisheye = Lens("a", 0, frame, "equidistant", 85.0, (203.0, 148.0), crop=Circle(200, 150, 130), **POSE)
    path = tmp_path / "rig.pto"
    back(path, fisheye)
    grey, opacity = nona(path)
    xy, valid = project(fisheye, directions(Size(grey.shape[1], grey.shape[0])))
    inner, _ = project(replace(fisheye, crop=Circle(200, 150, 127)), directions(Size(grey.shape[1], grey.shape[0])))
    seen = valid & (np.hypot(*(inner - (200, 150)).T).T < 127)
    assert (opacity[seen] == 255).all()
    assert np.mean((opacity > 0) == valid) > 0.995
    assert np.abs(grey[seen] - (xy[seen][:, 0] - 0.5) * 255 / 400).max() < 1.5


def test_lenses_of_one_picture_share_its_name(tmp_path: Path) -> None:
    rig = preset_rig("dual-fisheye")
    write_pto(rig, tmp_path / "rig.pto", ["sub/both.jpg"])
    read, pictures = read_pto(tmp_path / "rig.pto")
    assert pictures == ("sub/both.jpg",)
    assert [each.crop for each in read.lenses] == [each.crop for each in rig.lenses]


def test_a_real_project_comes_back(tmp_path: Path) -> None:
    if "VRLIVE_TEST_DATA" not in os.environ:
        pytest.skip("VRLIVE_TEST_DATA is not set: no project of a Gear 360")
    rig, pictures = read_pto(Path(os.environ["VRLIVE_TEST_DATA"]) / "dual_fisheye_gear360" / "gear360video2560.pto")
    write_pto(rig, tmp_path / "rig.pto", pictures)
    again, names = read_pto(tmp_path / "rig.pto")
    assert names == pictures
    for one, other in zip(rig.lenses, again.lenses, strict=True):
        numbers = ("focal_px", "yaw", "pitch", "roll", "centre_px")
        assert all(getattr(other, key) == pytest.approx(getattr(one, key), rel=1e-12) for key in numbers)
        assert replace(other, **{key: getattr(one, key) for key in numbers}) == one


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"aspect": 1.01}, "rig.pto: lens “a”: aspect cannot be said in a .pto"),
        ({"distortion": KannalaBrandt(0.1)}, "distortion cannot be said"),
        ({"model": "rectilinear", "distortion": BrownConrady(0.1)}, "distortion cannot be said"),
        ({"eye": "left"}, "eye cannot be said"),
        ({"mask": MaskPicture(np.ones((2, 2), np.bool_))}, "mask cannot be said"),
        ({"max_angle_rad": 1.5}, "max_angle_deg cannot be said"),
        ({"patch": True}, "patch cannot be said"),
        ({"position_m": (0.1, 0.0, 0.0)}, "position_m cannot be said"),
        ({"position_m": (0.1, 0.0, 0.0), "scene": Plane((0.5, 0.5, -0.70710678))}, "plane_normal cannot be said"),
        ({"position_m": (0.1, 0.0, 0.0), "scene": Plane((0.0, 0.0, -0.5))}, "plane_normal cannot be said"),
        ({"scene": Plane()}, "plane_normal cannot be said"),
        ({"model": "equiangular"}, "model “equiangular” cannot be said"),
        ({"model": "equisolid", "crop": Circle(1, 2, 3)}, "crop_circle_px cannot be said in a .pto: .* “equisolid” is a rectangle"),
        ({"model": "thoby", "crop": Rectangle(1, 2, 3, 4)}, "crop_rect_px cannot be said in a .pto: .* “thoby” is a circle"),
        ({"model": "orthographic", "focal_px": 700.0}, "focal_px cannot be said in a .pto: no ray of such a lens would reach the sides"),
        ({"model": "rectilinear", "focal_px": 0.1}, "focal_px cannot be said"),
    ],
)
def test_what_a_pto_cannot_say_is_named(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        back(tmp_path / "rig.pto", replace(LENSES["full-frame fisheye"], **changes))
    assert not (tmp_path / "rig.pto").exists()


def test_a_name_that_a_pto_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r'a"b\.png: a picture whose name holds a quote'):
        write_pto(preset_rig("dual-fisheye"), tmp_path / "rig.pto", ['a"b.png'])


def test_pictures_keep_their_places(tmp_path: Path) -> None:
    """Of a project: those it names, seen from where the new one lies; of a rig.toml: those given, or names that are told."""
    (tmp_path / "old").mkdir()
    old, new = tmp_path / "old" / "two.pto", tmp_path / "new.pto"
    old.write_text('i w100 h100 f3 v90 n"left.png"\ni w100 h100 f3 v90 y180 n"sub\\right.png"\n')
    assert export_rig(old, [], new) == ()
    assert read_pto(new)[1] == ("old/left.png", "old/sub/right.png")
    write_rig(read_rig_file(old), tmp_path / "rig.toml")
    assert export_rig(tmp_path / "rig.toml", [], new) == ("new-0.jpg", "new-1.jpg")
    assert read_pto(new)[1] == ("new-0.jpg", "new-1.jpg")
    for name in ("a.png", "b.png"):
        (tmp_path / name).touch()
    assert export_rig(tmp_path / "rig.toml", [tmp_path / "a.png", tmp_path / "b.png"], new) == ()
    assert read_pto(new)[1] == ("a.png", "b.png")
    with pytest.raises(RigFileError, match="takes 2 inputs, but 1 are given"):
        export_rig(tmp_path / "rig.toml", [tmp_path / "a.png"], new)
