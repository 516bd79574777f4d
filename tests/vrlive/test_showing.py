"""What `vrlive stitch` can show: each projection from pictures to a file that says what it is."""

import struct
from dataclasses import replace
from math import pi, radians
from pathlib import Path

import av
import numpy as np
import pytest

from tests.vrlive.stitch.rigs import dual_fisheye, light, photograph
from vrlive.capture.demo import demo_rig
from vrlive.capture.stills import read_picture, write_picture
from vrlive.colour import from_light, rgb_to_codes
from vrlive.errors import UserError
from vrlive.frames import Picture
from vrlive.offline import stitch_files
from vrlive.projection.rig import Rig
from vrlive.rigs import write_rig
from vrlive.showing import PROJECTIONS, Showing
from vrlive.stitch import Mosaic, plan_output
from vrlive.units import Size

SIZES = {"equirect": "256x128", "vr180": "128x128", "cubemap": "192x128", "eac": "192x128", "rectilinear": "160x90"}
RIG = demo_rig(0, 160)


def shown(projection: str) -> Showing:
    view, fov = ("40,-10", 80.0) if projection == "rectilinear" else (None, None)
    return Showing.parse(projection, SIZES[projection], view, fov)


@pytest.mark.parametrize("projection", PROJECTIONS)
def test_each_face_shows_the_world_where_it_looks(projection: str) -> None:
    [(rig, output)] = shown(projection).eyes(demo_rig(0, 480), Size(4096, 4096))
    picture = Picture.filled(output.size)
    Mosaic(output, plan_output(rig, output, feather_rad=radians(10))).run(photograph(rig), picture)
    for placed in output.faces:
        size = placed.face.size
        x, y = np.meshgrid(np.arange(size.width) + 0.5, np.arange(size.height) + 0.5)
        truth = rgb_to_codes(from_light(light(placed.face.looking(x, y))))[..., 0]
        off = np.abs(picture.part(placed.left, placed.top, size).y - truth)
        assert off.mean() < 1.5
        assert np.abs(picture.part(placed.left, placed.top, size).y - np.rot90(truth, 2)).mean() > 10


@pytest.mark.parametrize("projection", PROJECTIONS)
def test_pictures_become_a_picture_of_any_projection(projection: str, tmp_path: Path) -> None:
    write_rig(dual_fisheye(), tmp_path / "rig.toml")
    write_picture(photograph(dual_fisheye())[0], tmp_path / "frame.png")
    stitch_files(
        tmp_path / "rig.toml",
        [tmp_path / "frame.png"],
        tmp_path / "out.png",
        showing=replace(shown(projection), size=None),
        progress=lambda *_: None,
    )
    size = read_picture(tmp_path / "out.png").size
    assert size.width * int(SIZES[projection].split("x")[1]) == size.height * int(SIZES[projection].split("x")[0])


def stereo_rig() -> Rig:
    """The lenses of the demo's rig, once for each eye, those of the left eye darker."""
    eyes = [replace(lens, eye=eye, input=lens.input + 6 * (eye == "right")) for eye in ("left", "right") for lens in RIG.lenses]
    return Rig(tuple(eyes), "stereo", 12)


def side_data(path: Path, kind: str) -> bytes:
    with av.open(str(path)) as source:
        found = next(source.decode(video=0)).side_data
        return bytes(found[kind]) if kind in found else b""  # type: ignore[literal-required]  # PyAV's types know fewer kinds


def filmed(projection: str, rig: Rig, folder: Path) -> Path:
    """One frame of footage of a rig's inputs, stitched."""
    write_rig(rig, folder / "rig.toml")
    files = []
    for index, picture in enumerate(photograph(rig)):
        files.append(folder / f"{index}.mp4")
        with av.open(str(files[-1]), "w") as out:
            video = out.add_stream("libx264", rate=25)
            video.width, video.height, video.pix_fmt = *picture.size, "yuv420p"
            out.mux(video.encode(av.VideoFrame.from_numpy_buffer(picture.packed(), "yuv420p")))
            out.mux(video.encode(None))
    stitch_files(folder / "rig.toml", files, folder / "out.mp4", showing=shown(projection), progress=lambda *_: None)
    return folder / "out.mp4"


@pytest.mark.parametrize(
    ("projection", "kind", "bounds"),
    [
        ("equirect", 0, (0, 0, 0, 0)),
        ("vr180", 2, (2**30, 0, 2**30, 0)),  # FFmpeg: AV_SPHERICAL_EQUIRECTANGULAR_TILE; left, top, right, bottom
        ("cubemap", 1, (0, 0, 0, 0)),
    ],
)
def test_ffmpeg_reads_what_a_file_shows(projection: str, kind: int, bounds: tuple[int, ...], tmp_path: Path) -> None:
    found = struct.unpack("9i", side_data(filmed(projection, RIG, tmp_path), "SPHERICAL"))
    assert found[0] == kind
    assert found[4:8] == bounds


@pytest.mark.parametrize("projection", ["eac", "rectilinear"])
def test_what_no_standard_has_a_word_for_is_not_called_a_sphere(projection: str, tmp_path: Path) -> None:
    path = filmed(projection, RIG, tmp_path)
    assert side_data(path, "SPHERICAL") == b""
    assert b"GSpherical" not in path.read_bytes()


def test_a_rig_with_two_eyes_makes_two_pictures_the_left_on_top(tmp_path: Path) -> None:
    path = filmed("equirect", stereo_rig(), tmp_path)
    with av.open(str(path)) as source:
        frame = next(source.decode(video=0))
        assert (frame.width, frame.height) == (256, 256)
    assert struct.unpack_from("i", side_data(path, "STEREO3D"))[0] == 2  # FFmpeg: AV_STEREO3D_TOPBOTTOM


def test_each_eye_is_made_of_its_own_lenses() -> None:
    rig = stereo_rig()
    eyes = shown("equirect").eyes(rig, Size(4096, 4096))
    assert [lens.eye for half, _ in eyes for lens in half.lenses] == ["left"] * 6 + ["right"] * 6
    picture = Picture.filled(eyes[0][1].size)
    pictures = [Picture.filled(Size(160, 160), (60, 128, 128))] * 6 + [Picture.filled(Size(160, 160), (200, 128, 128))] * 6
    for half, output in eyes:
        Mosaic(output, plan_output(half, output, feather_rad=radians(10))).run(pictures, picture)
    assert (picture.y[:128] == 60).all()
    assert (picture.y[128:] == 200).all()


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        (("equirec", None, None, None), "did you mean “equirect”"),
        (("fisheye", None, None, None), "known are equirect, vr180"),
        (("vr180", "200x100", None, None), "not 1:1 with even sides, as vr180 is; the nearest is 200x200"),
        (("cubemap", "200x100", None, None), "the nearest is 198x132"),
        (("eac", "32x32", None, None), "the nearest is 30x20"),
        (("equirect", "200x90", None, None), "not 2:1 with even sides, as equirect is; the nearest is 200x100"),
        (("equirect", "", None, None), "“” is not a size"),
        (("rectilinear", "201x100", None, None), "an odd side"),
        (("equirect", None, "1,2", None), "go with --projection rectilinear"),
        (("rectilinear", None, "1", None), "is not YAW,PITCH"),
        (("rectilinear", None, "a,b", None), "is not YAW,PITCH"),
        (("rectilinear", None, None, 190.0), "not between 1 and 170"),
    ],
)
def test_what_is_typed_wrong_is_named(typed: tuple[str, str | None, str | None, float | None], problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        Showing.parse(*typed)


@pytest.mark.parametrize("size", ["640x2", "62x640", "8194x64", "6000x6000"])
def test_a_view_that_files_have_no_room_for_is_refused(size: str) -> None:
    with pytest.raises(UserError, match=f"a picture of {size} is not between 64x32 and 8192x4096"):
        Showing.parse("rectilinear", size, None, None).eyes(RIG, Size(8192, 4096))


def test_a_view_is_read_in_degrees() -> None:
    view = Showing.parse("rectilinear", None, "90,-45,10", 60)
    assert (view.yaw, view.pitch, view.roll, view.fov) == pytest.approx((pi / 2, -pi / 4, radians(10), radians(60)))
