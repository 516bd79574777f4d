"""The nadir patch: where it lies, which way up, and what it leaves alone."""

from math import cos, pi, radians, sin
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.vrlive.stitch.rigs import dual_fisheye, photograph
from vrlive.capture.stills import read_logo, read_picture, write_picture
from vrlive.channels import read_channel
from vrlive.cli import main
from vrlive.colour import rgb_to_codes
from vrlive.config import CameraConfig, ChannelConfig, NadirConfig, StitchConfig
from vrlive.errors import ConfigError, InputError
from vrlive.frames import Picture
from vrlive.nadir import nadir_patch
from vrlive.offline import stitch_files
from vrlive.projection.lenses import inside, project
from vrlive.rigs import write_rig
from vrlive.showing import Showing
from vrlive.units import Size
from vrlive.view import View

SIZE = Size(256, 128)
RED, RED_CODES = "#c81e3c", rgb_to_codes(np.array([0xC8, 0x1E, 0x3C]) / 255)


@pytest.fixture
def logo(tmp_path: Path) -> Path:
    """Wider than high: red above, blue below, and transparent at the right."""
    pixels = np.zeros((60, 120, 4), np.uint8)
    pixels[:30, :90] = 200, 30, 60, 255
    pixels[30:, :90] = 30, 60, 200, 255
    Image.fromarray(pixels).save(tmp_path / "logo.png")
    return tmp_path / "logo.png"


def codes_at(picture: Picture, row: int, column: int) -> tuple[int, int, int]:
    return int(picture.y[row, column]), int(picture.u[row // 2, column // 2]), int(picture.v[row // 2, column // 2])


def down(bearing: float, from_nadir: float) -> tuple[float, float, float]:
    """The direction so far from straight down, towards a bearing (radians)."""
    return sin(from_nadir) * sin(bearing), -cos(from_nadir), -sin(from_nadir) * cos(bearing)


def test_its_middle_lies_straight_down_and_its_top_towards_the_front(logo: Path) -> None:
    lens = nadir_patch(NadirConfig(picture=str(logo)), SIZE).lens
    wide, high = lens.frame
    places, seen = project(lens, [down(0, 0), down(0, 0.05), down(pi / 2, 0.05)])
    assert seen.all()
    assert places[0] == pytest.approx((wide / 2, high / 2))
    assert places[1][0] == pytest.approx(wide / 2)
    assert places[1][1] < high / 2 - 1
    assert places[2][1] == pytest.approx(high / 2)
    assert places[2][0] > wide / 2 + 1


@pytest.mark.parametrize("diameter_deg", [10.0, 40.0, 120.0])
def test_its_longer_side_takes_in_the_angle_asked_for(logo: Path, diameter_deg: float) -> None:
    lens = nadir_patch(NadirConfig(picture=str(logo), colour=RED, diameter_deg=diameter_deg), SIZE).lens
    edge = radians(diameter_deg / 2)
    _, seen = project(lens, [down(pi / 2, edge - 0.01), down(pi / 2, edge + 0.01), down(0, edge - 0.01)])
    assert seen.tolist() == [True, False, False]  # to the front it is half as long


def test_a_large_logo_is_made_as_sharp_as_the_panorama_can_show_it(tmp_path: Path) -> None:
    Image.new("RGB", (4000, 2000), (200, 30, 60)).save(tmp_path / "large.png")
    config = NadirConfig(picture=str(tmp_path / "large.png"))
    assert nadir_patch(config, Size(3840, 1920)).picture.size == Size(640, 320)
    assert nadir_patch(config, Size(960, 480)).picture.size == Size(160, 80)


def test_a_small_logo_is_left_as_it_is(logo: Path) -> None:
    assert nadir_patch(NadirConfig(picture=str(logo)), Size(3840, 1920)).picture.size == Size(120, 60)


def test_transparent_parts_show_the_colour_beneath(logo: Path) -> None:
    patch = nadir_patch(NadirConfig(picture=str(logo), colour="#ffffff"), Size(3840, 1920))
    assert codes_at(patch.picture, 30, 110) == (235, 128, 128)
    assert codes_at(patch.picture, 10, 40) == pytest.approx(RED_CODES, abs=2)


def test_through_transparent_parts_the_cameras_show(logo: Path) -> None:
    patch = nadir_patch(NadirConfig(picture=str(logo)), Size(3840, 1920))
    frame = patch.picture.size
    seen = inside(patch.lens, [[frame.width * 0.3, frame.height / 2], [frame.width * 0.9, frame.height / 2]])
    assert seen.tolist() == [True, False]
    assert nadir_patch(NadirConfig(picture=str(logo), colour=RED), Size(3840, 1920)).lens.mask is None


def test_a_disc_of_one_colour_needs_no_file() -> None:
    patch = nadir_patch(NadirConfig(colour=RED), SIZE)
    assert codes_at(patch.picture, 32, 32) == pytest.approx(RED_CODES, abs=1)


def test_it_is_added_as_the_last_lens_and_input_and_stays_where_it_is_when_the_rig_is_turned() -> None:
    rig, patch = dual_fisheye(), nadir_patch(NadirConfig(colour=RED), SIZE)
    whole = patch.added_to(rig.turned(0.3, 0.2, 0.1))
    assert whole.inputs == 2
    assert [lens.patch for lens in whole.lenses] == [False, False, True]
    assert (whole.lenses[2].input, whole.lenses[2].yaw, whole.lenses[2].pitch, whole.lenses[2].roll) == (1, 0, -pi / 2, 0)


def test_colours_of_a_logo_do_not_bleed_into_its_edges(logo: Path) -> None:
    """Transparent pixels are black in most files; here they take the mean of the others."""
    picture, opaque = read_logo(logo, 1000)
    assert (opaque[:, :90] == 255).all()
    assert (opaque[:, 90:] == 0).all()
    assert codes_at(picture, 30, 110) == pytest.approx(rgb_to_codes(np.array([115, 45, 130]) / 255), abs=2)


@pytest.mark.parametrize("mode", ["RGB", "L", "LA", "P", "1", "I;16", "RGBA"])
def test_logos_of_all_kinds_are_read(tmp_path: Path, mode: str) -> None:
    white = Image.new("I;16", (40, 30), 65535) if mode == "I;16" else Image.new("L", (40, 30), 255).convert(mode)
    white.save(tmp_path / "logo.png")
    picture, opaque = read_logo(tmp_path / "logo.png", 1000)
    assert (picture.size, opaque.min()) == (Size(40, 30), 255)
    assert abs(int(picture.y.min()) - 235) <= 1


@pytest.fixture
def dual(tmp_path: Path) -> Path:
    """rig.toml of a dual-fisheye camera, beside its picture frame.png."""
    write_rig(dual_fisheye(), tmp_path / "rig.toml")
    write_picture(photograph(dual_fisheye())[0], tmp_path / "frame.png")
    return tmp_path / "rig.toml"


def stitched(rig: Path, nadir: NadirConfig | None) -> Picture:
    out = rig.parent / "pano.png"
    stitch_files(rig, [rig.parent / "frame.png"], out, showing=Showing(size=SIZE), progress=lambda _done, _total: None, nadir=nadir)
    return read_picture(out)


def test_a_stitched_picture_shows_it_at_the_bottom_and_nothing_else_is_changed(dual: Path) -> None:
    plain, patched = stitched(dual, None), stitched(dual, NadirConfig(colour=RED, diameter_deg=60))
    for column in range(0, 256, 32):
        for row in (110, 126):  # 25° from straight down, and 2°
            assert codes_at(patched, row, column) == pytest.approx(RED_CODES, abs=2)
    assert np.abs(plain.y[:96].astype(int) - patched.y[:96]).max() <= 1


def test_a_logo_reads_from_the_front(dual: Path, logo: Path) -> None:
    """Red, its upper half, is towards the front; blue towards the back."""
    patched = stitched(dual, NadirConfig(picture=str(logo), diameter_deg=90))
    front, back = codes_at(patched, 124, 128), codes_at(patched, 124, 2)
    assert front[2] > 150 > back[2]
    assert back[1] > 150 > front[1]


def test_a_missing_logo_is_named(dual: Path) -> None:
    with pytest.raises(InputError, match=r"none\.png"):
        stitched(dual, NadirConfig(picture=str(dual.parent / "none.png")))
    assert not (dual.parent / "pano.png").exists()


@pytest.mark.parametrize(
    ("shown", "problem"), [("#12345", "“#12345” is no colour; a colour is #rrggbb"), ("none.png", "none.png: cannot be read")]
)
def test_the_command_names_what_it_cannot_lay_over_the_tripod(
    dual: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shown: str, problem: str
) -> None:
    out = dual.parent / "pano.png"
    monkeypatch.setattr("sys.argv", ["vrlive", "stitch", str(dual), str(dual.parent / "frame.png"), "--out", str(out), "--nadir", shown])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert problem in capsys.readouterr().err
    assert not out.exists()


CHANNEL = """
name = "mine"
rig = "equirect"
camera = [{{name = "all", url = "rtsp://127.0.0.1/all"}}]
[stitch.nadir]
{}
"""


def test_a_channels_logo_lies_beside_its_file(logo: Path) -> None:
    (logo.parent / "channel.toml").write_text(CHANNEL.format('picture = "logo.png"'))
    nadir = read_channel(logo.parent / "channel.toml").stitch.nadir
    assert nadir is not None
    assert nadir.picture == str(logo)


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ('picture = "none.png"', r"stitch\.nadir\.picture: .*none\.png: cannot be read"),
        ("", r"stitch\.nadir: give a picture, a colour, or both"),
        ('colour = "red"', r"stitch\.nadir\.colour: .*#"),
        ('colour = "#ffffff"\ndiameter_deg = 121', r"stitch\.nadir\.diameter_deg: .*120"),
        ('picure = "logo.png"', "did you mean “picture”"),
    ],
)
def test_a_mistake_in_a_channel_is_named(tmp_path: Path, keys: str, problem: str) -> None:
    (tmp_path / "channel.toml").write_text(CHANNEL.format(keys))
    with pytest.raises(ConfigError, match=problem):
        read_channel(tmp_path / "channel.toml")


def test_a_live_view_shows_it_with_all_cameras_and_without_one() -> None:
    cameras = tuple(CameraConfig(name=f"cam{index}", url=f"demo:{index}") for index in range(6))
    stitch = StitchConfig(nadir=NadirConfig(colour=RED, diameter_deg=60))
    view = View(ChannelConfig(name="demo", rig="demo", size=SIZE, camera=cameras, stitch=stitch))
    grey, out = Picture.filled(Size(960, 960), (126, 128, 128)), Picture.filled(SIZE)
    view.run([grey] * 6, out, 0.0)
    view.run([grey] * 5 + [None], out, 0.04)
    view.close()
    assert view.misfits == {}
    assert codes_at(out, 126, 40) == pytest.approx(RED_CODES, abs=2)
    assert codes_at(out, 64, 128) == (126, 128, 128)
