import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from vrlive.errors import RigFileError
from vrlive.projection.equirect import direction
from vrlive.projection.lenses import project
from vrlive.projection.rig import Array, Circle, Lens, Rectangle, Vignetting
from vrlive.rigs import read_rig, write_rig
from vrlive.rigs.pto import read_pto
from vrlive.units import Size

PANO = Size(4096, 2048)
EXACT_PX = 1e-3
IMAGE = 'i w1600 h1200 f3 v150 y20 p-10 r5 n"a.jpg"'


def rig_file(folder: Path, *lines: str, pano: Size = PANO) -> Path:
    path = folder / "rig.pto"
    path.write_text("\n".join([f"p f2 w{pano.width} h{pano.height} v360 E0 R0", "m g1 i0", *lines, ""]))
    return path


def lens_of(folder: Path, *lines: str) -> Lens:
    return read_pto(rig_file(folder, *lines))[0].lenses[-1]


def looking(pano_xy: Array, pano: Size = PANO) -> Array:
    """Directions of panorama px with centres at whole numbers."""
    x, y = (np.asarray(pano_xy) + 0.5).T
    return direction((x / pano.width - 0.5) * 2 * np.pi, (0.5 - y / pano.height) * np.pi)


def vectors() -> list[dict[str, object]]:
    folder = os.environ.get("VRLIVE_TEST_DATA")
    return json.loads((Path(folder) / "pto_vectors.json").read_text())["vectors"] if folder else []


def test_every_stored_point_is_met(tmp_path: Path) -> None:
    if not vectors():
        pytest.skip("VRLIVE_TEST_DATA is not set: no stored points of pano_trafo")
    for vector in vectors():
        xy, _ = project(lens_of(tmp_path, str(vector["pto_image"])), looking(np.array(vector["pano_xy"])))
        assert xy - 0.5 == pytest.approx(np.array(vector["image_xy"]), abs=EXACT_PX), vector["name"]


@pytest.mark.parametrize(
    "variables",
    [
        "f0 v90",
        "f1 v120",
        "f2 v200 a0.01 b-0.02 c0.005 d3 e-4 g9 t-7",
        "f3 v150",
        "f4 v300",
        "f8 v150",
        "f10 v200",
        "f20 v180",
        "f21 v200",
        "f0 v90 TrX0.1 TrY-0.2 TrZ0.15",
        "f3 v150 TrX0.1 TrY-0.2 TrZ0.15",
        "f3 v150 TrX0.1 TrY-0.2 TrZ0.15 Tpy20",
        "f3 v150 TrX0.1 TrY-0.2 TrZ0.15 Tpp-15",
    ],
)
def test_pano_trafo_agrees(tmp_path: Path, variables: str) -> None:
    if not shutil.which("pano_trafo"):
        pytest.skip("pano_trafo is not here: install hugin-tools")
    path = rig_file(tmp_path, f'i w1600 h1200 {variables} y20 p-10 r5 n"a.jpg"')
    pano_xy = np.random.default_rng(2).uniform(0, PANO, (80, 2)).round(2)
    answer = subprocess.run(
        ["pano_trafo", "-r", path, "0"], input="\n".join(f"{x} {y}" for x, y in pano_xy), capture_output=True, text=True, check=True
    )
    theirs = np.array([line.split() for line in answer.stdout.splitlines() if line.strip()], np.float64)
    ours, valid = project(read_pto(path)[0].lenses[0], looking(pano_xy))
    assert valid.sum() >= 8
    assert ours[valid] - 0.5 == pytest.approx(theirs[valid], abs=EXACT_PX)


def test_links_mean_the_same_as_an_earlier_image(tmp_path: Path) -> None:
    rig, _ = read_pto(rig_file(tmp_path, IMAGE, 'i w=0 h=0 f=0 v=0 y90 p=0 r0 n"b.jpg"'))
    first, second = rig.lenses
    assert (second.frame, second.model, second.focal_px, second.pitch) == (first.frame, first.model, first.focal_px, first.pitch)
    assert np.degrees([second.yaw, second.roll]) == pytest.approx([90, 0])


def test_images_of_one_picture_share_an_input(tmp_path: Path) -> None:
    names = ("a b.jpg", "c.jpg", "a b.jpg")
    rig, pictures = read_pto(rig_file(tmp_path, *(f'i w100 h100 f3 v90 n"{name}"' for name in names)))
    assert pictures == ("a b.jpg", "c.jpg")
    assert [lens.input for lens in rig.lenses] == [0, 1, 0]
    assert rig.inputs == 2


@pytest.mark.parametrize("lens_type", [2, 8, 20])
def test_the_crop_of_a_circular_lens_is_a_circle(tmp_path: Path, lens_type: int) -> None:
    lens = lens_of(tmp_path, f'i w1000 h800 f{lens_type} v120 S100,700,50,650 n"a"')
    assert lens.crop == Circle(400, 350, 300)


def test_the_crop_of_another_lens_is_a_rectangle_and_does_not_change_the_focal_length(tmp_path: Path) -> None:
    lens = lens_of(tmp_path, 'i w1000 h800 f3 v100 C100,700,50,600 n"a"')
    assert lens.crop == Rectangle(100, 50, 700, 600)
    assert lens.focal_px == pytest.approx(1000 / np.radians(100))


def test_exclude_masks_cut_out(tmp_path: Path) -> None:
    lens = lens_of(tmp_path, IMAGE, 'k i0 t0 p"10 20 30 20 20 40"')
    assert lens.masks == (((10.5, 20.5), (30.5, 20.5), (20.5, 40.5)),)


def test_what_describes_light_is_left_alone(tmp_path: Path) -> None:
    plain = lens_of(tmp_path, IMAGE)
    assert lens_of(tmp_path, IMAGE + " Eev12.3 Er0.9 Eb1.1 Ra0.5 Rb-1 Va1 Vb0 Vx3 Vy4 Vm5 K0a0.5 K2b=0 j2") == plain
    assert lens_of(tmp_path, IMAGE + ' Vb-0.2 Vm6 Vf"flat.tif"') == plain


def test_vignetting_is_read_and_may_be_linked(tmp_path: Path) -> None:
    dark = IMAGE + " Va2 Vb-0.4 Vc0.2 Vd0.02 Vx3 Vy-4 Vm5"
    assert lens_of(tmp_path, dark).vignetting == Vignetting(-0.2, 0.1, 0.01, (803, 596))
    linked = IMAGE + " Va=0 Vb=0 Vc=0 Vd=0 Vx=0 Vy=0"
    assert lens_of(tmp_path, dark, linked).vignetting == Vignetting(-0.2, 0.1, 0.01, (803, 596))


def test_a_project_of_ptguis_own_kind_is_refused_by_its_line(tmp_path: Path) -> None:
    lines = ["#-dummyimage", "o w1 h1 y0 r0 p0 v175 a0 b0 c0 f2 d0 e0 g0 t0", '#-imgfile 3168 4752 "a.jpg"', "o f2 y-135 r0 p0 v=0 a=0"]
    with pytest.raises(RigFileError, match="line 5: #-imgfile is of a project of PTGui's own kind"):
        read_pto(rig_file(tmp_path, *lines))


def test_old_output_lines_serve_where_there_are_no_image_lines(tmp_path: Path) -> None:
    assert lens_of(tmp_path, IMAGE.replace("i ", "o ", 1)) == lens_of(tmp_path, IMAGE)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (IMAGE + " Te0.5", "line 3: the variable Te is not supported"),
        (IMAGE + " X0.5", "the variable X is not supported"),
        (IMAGE + " Tpy3 Tpp4", "Tpy and Tpp are both set"),
        (IMAGE.replace("f3", "f7"), "lens type f7 is not supported; f may be 0, 1, 2"),
        (IMAGE.replace("f3", "f0").replace("v150", "v180"), "v180 is not within"),
        (IMAGE.replace("v150", "v=3"), "v=3 must name an image above"),
        (IMAGE.replace("v150", "v1e-9"), "v1e-09 is not within"),
        (IMAGE + " e1e5 g1e6", "put the centre of the lens at"),
        (IMAGE.replace("v150", ""), "v, the image's field of view in degrees, is missing"),
        (IMAGE.replace("w1600", "w1600.5"), "is not a picture's size"),
        (IMAGE.replace("w1600", "w0"), "w, the image's width in px, is missing or not above 0"),
        (IMAGE.replace("w1600", "w9e5"), "is not a picture's size"),
        (IMAGE.replace("y20", "ynan"), "ynan"),
        (IMAGE.replace("y20", "y1e999"), "y is 1e999"),
        (IMAGE.replace("y20", "y1.2.3"), "y must be a number"),
        (IMAGE + " Va-1 Vb0.1", "Va-1 is the light in the middle of the image; it must be above 0"),
        (IMAGE + " S10,20", "S must be left,right,top,bottom"),
        (IMAGE + " S10,5,0,9", "holds no picture"),
        (IMAGE + " ;;", "“;;” is not a variable"),
        (IMAGE + '\nk i0 t1 p"1 1 2 2 3 1"', "masks of type t1 are not supported"),
        (IMAGE + '\nk i4 t0 p"1 1 2 2 3 1"', "the mask is for image 4, but there are 1"),
        (IMAGE + '\nk i0 t0 p"1 1 2"', "a mask has 3 to"),
        ("# nothing", "holds no image"),
        ("\n".join([IMAGE] * 65), "more than 64 images"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(tmp_path: Path, line: str, complaint: str) -> None:
    path = rig_file(tmp_path, line)
    with pytest.raises(RigFileError) as refusal:
        read_pto(path)
    assert complaint in str(refusal.value)
    assert str(path) in str(refusal.value)


def test_a_file_too_large_to_be_a_rig_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.pto"
    path.write_bytes(b"\n" * 8_000_001)
    with pytest.raises(RigFileError, match="larger than 8 MB"):
        read_pto(path)


def test_a_damaged_file_is_read_or_refused_but_never_fails_otherwise(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    good = IMAGE + ' a0.01 d3 g2 TrX0.1 S0,100,0,100\ni w=0 h=0 v=0 f2 y90 n"b.jpg"\nk i0 t0 p"1 1 20 2 3 10"'
    path, back = tmp_path / "rig.pto", tmp_path / "rig.toml"
    read = 0
    for _ in range(300):
        text = bytearray(good, "ascii")
        for place in random.integers(0, len(text), 2):
            text[place] = random.choice(list(b'019-.e=, "vwTpkx\n'))
        path.write_bytes(text)
        try:
            rig, _ = read_pto(path)
        except RigFileError:
            continue
        read += 1
        write_rig(rig, back)
        assert read_rig(back).lenses[0].focal_px == rig.lenses[0].focal_px
        project(rig.lenses[0], looking(random.uniform(0, PANO, (50, 2))))
    assert 10 < read < 300


def test_bytes_that_are_no_text_are_refused_kindly(tmp_path: Path) -> None:
    path = tmp_path / "noise.pto"
    path.write_bytes(np.random.default_rng(3).bytes(20_000))
    with pytest.raises(RigFileError):
        read_pto(path)
