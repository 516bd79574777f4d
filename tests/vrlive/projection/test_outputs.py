"""Faces of all projections: as FFmpeg lays them out, and as the cube faces of others lie."""

import os
from dataclasses import replace
from fractions import Fraction
from math import pi, radians
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from vrlive.projection import equirect as sphere
from vrlive.projection.equirect import direction
from vrlive.projection.outputs import Face, Placed, cubemap, equiangular_cubemap, equirect, rectilinear, top_bottom, vr180
from vrlive.projection.rig import Array
from vrlive.units import Size

SOURCE = Size(1024, 512)
FFMPEG_MARGIN_PX = {"eac": 2}
OUTPUTS = {
    "equirect": equirect(SOURCE),
    "vr180": vr180(Size(512, 512)),
    "cubemap": cubemap(Size(768, 512)),
    "eac": equiangular_cubemap(Size(768, 512)),
    "rectilinear": rectilinear(Size(512, 320), radians(100), 0.4, -0.2, 0.3),
}


def sites(face: Face) -> tuple[Array, Array]:
    x, y = np.meshgrid(np.arange(face.size.width) + 0.5, np.arange(face.size.height) + 0.5)
    return x, y


@pytest.mark.parametrize("name", OUTPUTS)
def test_each_pixel_comes_back(name: str) -> None:
    for placed in OUTPUTS[name].faces:
        x, y = sites(placed.face)
        found, seen = placed.face.pixel(placed.face.looking(x, y))
        assert seen.all()
        assert np.abs(found - np.stack([x, y], -1)).max() < 1e-6


@pytest.mark.parametrize("name", ["equirect", "cubemap", "eac"])
def test_every_direction_is_in_one_face(name: str) -> None:
    looking = np.random.default_rng(5).normal(size=(2000, 3))
    looking /= np.linalg.norm(looking, axis=1, keepdims=True)
    assert (np.sum([placed.face.pixel(looking)[1] for placed in OUTPUTS[name].faces], axis=0) == 1).all()


@pytest.mark.parametrize("name", OUTPUTS)
def test_faces_cover_the_picture_once(name: str) -> None:
    output = OUTPUTS[name]
    covered = np.zeros((output.size.height, output.size.width), int)
    for placed in output.faces:
        covered[placed.top : placed.top + placed.face.size.height, placed.left : placed.left + placed.face.size.width] += 1
    assert (covered == 1).all()


def test_the_middle_of_a_view_looks_where_it_is_told() -> None:
    [placed] = rectilinear(Size(640, 360), radians(90), yaw=0.7, pitch=0.3).faces
    assert placed.face.looking(320, 180) == pytest.approx(direction(0.7, 0.3))
    right, up = placed.face.looking(640, 180), placed.face.looking(320, 0)
    assert np.arccos(right @ direction(0.7, 0.3)) == pytest.approx(radians(45))
    assert sphere.angles(up)[1] > 0.3


def test_the_left_eye_is_on_top() -> None:
    left, right = top_bottom(equirect(SOURCE), equirect(SOURCE))
    assert left.size == right.size == (1024, 1024)
    assert [placed.top for placed in (*left.faces, *right.faces)] == [0, 512]


@pytest.fixture(scope="module")
def panorama() -> Array:
    if "VRLIVE_TEST_DATA" not in os.environ:
        pytest.skip("VRLIVE_TEST_DATA is not set: no panoramas")
    with Image.open(Path(os.environ["VRLIVE_TEST_DATA"]) / "equirect_photos" / "examplepano.jpg") as photo:
        return np.asarray(photo.convert("L").resize(SOURCE), np.float64)


def sampled(panorama: Array, looking: Array) -> Array:
    """Bilinear samples of a panorama, which goes on around ±180°."""
    height, width = panorama.shape
    place = sphere.pixel(looking, Size(width, height)) - 0.5
    x, y = place[..., 0] % width, np.clip(place[..., 1], 0, height - 1.001)
    left, top = x.astype(int) % width, y.astype(int)
    x, y, right = x - np.floor(x), y - top, (left + 1) % width
    upper, lower = (panorama[row, left] * (1 - x) + panorama[row, right] * x for row in (top, top + 1))
    return np.asarray(upper * (1 - y) + lower * y)


def by_ffmpeg(panorama: Array, output: str, size: Size) -> Array:
    """FFmpeg's `v360` of a panorama."""
    graph = av.filter.Graph()
    source = graph.add_buffer(width=SOURCE.width, height=SOURCE.height, format=av.VideoFormat("gray"), time_base=Fraction(1, 25))
    warp = graph.add("v360", f"e:{output}:w={size.width}:h={size.height}:interp=linear")
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


def psnr(one: Array, other: Array) -> float:
    return float(10 * np.log10(255**2 / np.mean((one - other) ** 2)))


def agreement(panorama: Array, placed: Placed, theirs: Array, turn: int, margin: int = 0) -> float:
    """PSNR of a face, turned by so many quarters, against the same part of a picture that has margins around its two rows of faces."""
    face = replace(placed.face, roll=placed.face.roll + turn * pi / 2)
    part = theirs[placed.top : placed.top + face.size.height, placed.left : placed.left + face.size.width]
    x, y = sites(face)
    x = (x + placed.left - margin) * theirs.shape[1] / (theirs.shape[1] - 2 * margin) - placed.left
    y = (y - margin) * face.size.height / (face.size.height - 2 * margin)
    return psnr(sampled(panorama, face.looking(x, y)), part)


@pytest.mark.parametrize(
    ("name", "output", "least_db", "turned"),
    [
        ("vr180", "hequirect", 32, ()),
        ("cubemap", "c3x2", 29, (2, 3)),  # FFmpeg has up and down the other way round
        ("eac", "eac", 29, ()),
    ],
)
def test_faces_lie_as_in_ffmpeg(panorama: Array, name: str, output: str, least_db: float, turned: tuple[int, ...]) -> None:
    ours = OUTPUTS[name]
    theirs = by_ffmpeg(panorama, output, ours.size)
    for index, placed in enumerate(ours.faces):
        found = [agreement(panorama, placed, theirs, turn, FFMPEG_MARGIN_PX.get(name, 0)) for turn in range(4)]
        right = 2 if index in turned else 0
        assert np.argmax(found) == right
        assert found[right] > least_db
        if len(ours.faces) > 1:
            assert found[right] > max(np.delete(found, right)) + 4


def test_a_view_is_ffmpegs(panorama: Array) -> None:
    output = rectilinear(Size(512, 320), radians(100))
    theirs = by_ffmpeg(panorama, f"flat:h_fov=100:v_fov={np.degrees(output.faces[0].face.down)}", output.size)
    assert agreement(panorama, output.faces[0], theirs, 0) > 40


def test_faces_of_a_cube_are_pannellums() -> None:
    """Front, right, back, left, up, down as others cut them from the same panorama; its two sharpest are compared half as large."""
    if "VRLIVE_TEST_DATA" not in os.environ:
        pytest.skip("VRLIVE_TEST_DATA is not set: no panoramas")
    folder = Path(os.environ["VRLIVE_TEST_DATA"]) / "equirect_photos"
    with Image.open(folder / "examplepano.jpg") as photo:
        panorama = np.asarray(photo.convert("L"), np.float64)
    poses = [(0, 0), (pi / 2, 0), (pi, 0), (-pi / 2, 0), (0, pi / 2), (0, -pi / 2)]
    for index, (yaw, pitch) in enumerate(poses):
        with Image.open(folder / f"examplepanocube{index}.jpg") as photo:
            theirs = np.asarray(photo.convert("L").resize((512, 512), Image.Resampling.BOX), np.float64)
        face = Face(Size(1584, 1584), "rectilinear", pi / 2, pi / 2, yaw, pitch)
        fine = sampled(panorama, face.looking(*sites(face)))
        ours = np.asarray(Image.fromarray(fine.astype(np.float32)).resize((512, 512), Image.Resampling.BOX), np.float64)
        assert psnr(ours, theirs) > 27
        assert psnr(np.rot90(ours), theirs) < 18
