"""Presets against FFmpeg's fisheyes, real frames, a calibrated unit, and each other."""

import os
from fractions import Fraction
from math import pi, radians
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from vrlive.errors import UserError
from vrlive.projection import outputs
from vrlive.projection.equirect import directions
from vrlive.projection.lenses import Mask, project
from vrlive.projection.rig import Array, Circle, Lens
from vrlive.rigs import PRESETS, preset_rig, read_rig, read_rig_file, summarise, write_rig
from vrlive.units import Size

PANO = Size(1024, 512)
FRAME = Size(800, 400)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_sees_all_of_the_sphere_and_comes_back_from_toml(tmp_path: Path, name: str) -> None:
    rig = preset_rig(name)
    write_rig(rig, tmp_path / "rig.toml")
    assert read_rig(tmp_path / "rig.toml") == rig
    seen = [project(lens, directions(Size(96, 48)))[1] for lens in rig.lenses]
    assert np.any(seen, axis=0).all()
    assert summarise(rig).covered == pytest.approx(1, abs=1e-3)


def by_ffmpeg(panorama: Array, output: str) -> Array:
    """FFmpeg's `v360` of a panorama."""
    graph = av.filter.Graph()
    source = graph.add_buffer(width=PANO.width, height=PANO.height, format=av.VideoFormat("gray"), time_base=Fraction(1, 25))
    warp = graph.add("v360", f"e:{output}:w={FRAME.width}:h={FRAME.height}:interp=linear")
    grey, sink = graph.add("format", "gray"), graph.add("buffersink")
    source.link_to(warp)
    warp.link_to(grey)
    grey.link_to(sink)
    graph.configure()
    frame = av.VideoFrame.from_ndarray(panorama.astype(np.uint8), "gray")
    frame.pts, frame.time_base = 0, Fraction(1, 25)
    source.push(frame)
    pulled = sink.pull()
    assert isinstance(pulled, av.VideoFrame)
    return np.asarray(pulled.to_ndarray(), np.float64)


def nearest(picture: Array, lens: Lens, size: Size = PANO) -> tuple[Array, Mask]:
    """What the lens sees in each direction of a panorama, and whether that is well inside of it."""
    xy, valid = project(lens, directions(size))
    column, row = np.moveaxis(np.where(valid[..., np.newaxis], xy, 0).astype(int), -1, 0)
    assert isinstance(lens.crop, Circle)
    away = np.linalg.norm(xy - lens.centre_px, axis=-1)
    seen = picture[row.clip(0, len(picture) - 1), column.clip(0, picture.shape[1] - 1)]
    return seen, np.asarray(valid & (away < lens.crop.radius_px - 4))


def clouds() -> Array:
    waves = np.random.default_rng(0).normal(size=(6, 3)) * 4
    return np.asarray(128 + 18 * sum(np.sin(directions(PANO) @ wave + place) for place, wave in enumerate(waves))).clip(0, 255)


def test_two_fisheyes_lie_as_in_ffmpeg() -> None:
    panorama = clouds()
    frame = by_ffmpeg(panorama, "dfisheye:h_fov=195:v_fov=195")
    for lens in preset_rig("dual-fisheye", FRAME, 195).lenses:
        seen, inner = nearest(frame, lens)
        assert inner.mean() > 0.5
        assert np.abs(seen - panorama)[inner].mean() < 2
        assert np.abs(np.roll(seen, 256, 1) - panorama)[np.roll(inner, 256, 1)].mean() > 10


def test_stacked_fisheyes_are_those_side_by_side_put_one_above_the_other() -> None:
    beside, above = preset_rig("dual-fisheye", Size(800, 400), 200), preset_rig("dual-fisheye-stacked", Size(400, 800), 200)
    apart = preset_rig("dual-fisheye-files", Size(400, 400), 200)
    shifts = {"front": (-400, 0), "back": (0, 400)}
    assert apart.inputs == 2
    for one, other, alone in zip(beside.lenses, above.lenses, apart.lenses, strict=True):
        looking = directions(Size(64, 32))
        xy, valid = project(one, looking)
        for each, shift in ((other, shifts[one.name]), (alone, (shifts[one.name][0], 0))):
            moved, same = project(each, looking)
            assert (valid == same).all()
            assert moved[valid] == pytest.approx(xy[valid] + shift, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "output"), [("cubemap", outputs.cubemap(Size(96, 64))), ("eac", outputs.equiangular_cubemap(Size(96, 64)))]
)
def test_faces_in_one_frame_lie_as_in_what_we_write(name: str, output: outputs.Output) -> None:
    for lens, placed in zip(preset_rig(name, output.size).lenses, output.faces, strict=True):
        x, y = np.meshgrid(np.arange(32) + 0.5, np.arange(32) + 0.5)
        xy, valid = project(lens, placed.face.looking(x, y))
        assert valid.all()
        assert xy == pytest.approx(np.stack([x + placed.left, y + placed.top], -1), abs=1e-9)


def test_a_calibrated_theta_is_nearly_its_preset() -> None:
    if "VRLIVE_TEST_DATA" not in os.environ:
        pytest.skip("VRLIVE_TEST_DATA is not set: no calibrated Ricoh Theta")
    unit = read_rig_file(Path(os.environ["VRLIVE_TEST_DATA"]) / "rig_projects_ptv" / "ricoh_theta.ptv")
    for place, (real, ours) in enumerate(zip(unit.lenses, preset_rig("ricoh-theta").lenses, strict=True)):
        assert isinstance(real.crop, Circle)
        assert isinstance(ours.crop, Circle)
        assert (ours.crop.x_px, ours.crop.y_px) == pytest.approx((real.crop.x_px + 960 * place, real.crop.y_px), abs=15)
        assert ours.crop.radius_px == pytest.approx(real.crop.radius_px, abs=6)
        assert np.degrees(ours.roll - real.roll) == pytest.approx(0, abs=1)
        level = project_level(real)
        assert ours.focal_px * pi / 2 == pytest.approx(level, rel=0.01)


def project_level(lens: Lens) -> float:
    """Radius in px of what lies a right angle from a lens' axis."""
    aside = lens.rotation @ (1.0, 0.0, 0.0)
    return float(np.linalg.norm(project(lens, aside)[0] - lens.centre_px))


@pytest.fixture
def faces() -> list[Array]:
    """Frames of a GoPro MAX in 5.6K with coloured faces that bear their names."""
    if "VRLIVE_TEST_DATA" not in os.environ:
        pytest.skip("VRLIVE_TEST_DATA is not set: no frames of a GoPro MAX")
    folder = Path(os.environ["VRLIVE_TEST_DATA"]) / "eac_gopro_max_3k"
    found = []
    for name in ("testframe1.jpg", "testframe2.jpg"):
        with Image.open(folder / name) as picture:
            found.append(np.asarray(picture.convert("RGB"), np.float64))
    return found


def test_a_gopro_max_shows_its_faces_where_they_belong(faces: list[Array]) -> None:
    """Red, green and blue are left, front and right, pale above in the file; dark are down, back and up."""
    rig = preset_rig("gopro-max-5.6k")
    for yaw_deg, pitch_deg, track, channel in ((-90, 0, 0, 0), (0, 0, 0, 1), (90, 0, 0, 2), (0, -90, 1, 0), (180, 0, 1, 1), (0, 90, 1, 2)):
        yaw, pitch = radians(yaw_deg + 3), radians(pitch_deg + 3)
        looking = [np.cos(pitch) * np.sin(yaw), np.sin(pitch), -np.cos(pitch) * np.cos(yaw)]
        seen = [(lens, xy) for lens in rig.lenses for xy, valid in [project(lens, looking)] if valid]
        assert seen
        for lens, (x, y) in seen:
            assert lens.input == track
            assert np.argmax(faces[track][int(y), int(x)]) == channel


def test_halves_of_a_gopro_max_meet_in_the_middle_of_their_face_and_share_some_columns() -> None:
    for name, columns in (("gopro-max-3k", 32), ("gopro-max-5.6k", 64)):
        one, other = preset_rig(name).lenses[:2]
        left = project(one, [-1, 0, 0])[0][0]
        right = project(other, [-1, 0, 0])[0][0]
        assert right - left == pytest.approx(columns)


def test_an_insta360_air_shows_the_scene_of_its_reference() -> None:
    """What another program made of the frame has the axis of the left circle 90° to the right of ours, which is behind."""
    if "VRLIVE_TEST_DATA" not in os.environ:
        pytest.skip("VRLIVE_TEST_DATA is not set: no frame of an Insta360 Air")
    folder = Path(os.environ["VRLIVE_TEST_DATA"]) / "dual_fisheye_insta360air"
    with Image.open(folder / "air_002_dualfisheye_1920x960.png") as picture:
        frame = np.asarray(picture.convert("L").resize((480, 240), Image.Resampling.BOX), np.float64)
    with Image.open(folder / "ref_down_002.jpg") as picture:
        reference = np.asarray(picture.convert("L").resize((256, 128), Image.Resampling.BOX), np.float64)
    size = Size(256, 128)
    front, back = (nearest(frame, lens, size) for lens in preset_rig("insta360-air").scaled_to([Size(480, 240)]).lenses)
    ours = np.where(front[1] & (directions(size)[..., 2] < 0), front[0], back[0])

    def likeness(columns: int) -> float:
        return float(np.corrcoef(np.roll(ours, columns, 1)[16:112].ravel(), reference[16:112].ravel())[0, 1])

    found = {columns: likeness(columns) for columns in range(0, 256, 4)}
    best = max(found, key=lambda columns: found[columns])
    print(f"Insta360 Air: correlation {found[best]:.3f} when turned by {best * 360 / 256:.0f}°")
    assert abs(best - 192) <= 4
    assert found[best] > 0.8
    assert float(np.corrcoef(np.roll(ours, best, 1)[::-1][16:112].ravel(), reference[16:112].ravel())[0, 1]) < 0.5


@pytest.mark.parametrize(
    ("name", "size", "fov_deg", "problem"),
    [
        ("dual-fishye", None, None, "there is no preset “dual-fishye”; did you mean “dual-fisheye”?"),
        ("gopro", None, None, "there is no preset “gopro”; .*gopro-max"),
        ("dual-fisheye", None, 400, "--fov: 400 is not possible: must lie within 90…300°"),
        ("cubemap", None, 100, "--fov: 100 is not possible: cubemap has no fisheye"),
        ("cubemap", Size(300, 100), None, "--size: frames of cubemap have the shape of 3072x2048, not of 300x100"),
        ("gopro-max-3k", Size(4096, 1344), None, "--size: frames of gopro-max-3k have the shape of 2272x736"),
    ],
)
def test_what_is_not_possible_is_said(name: str, size: Size | None, fov_deg: float | None, problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        preset_rig(name, size, fov_deg)
