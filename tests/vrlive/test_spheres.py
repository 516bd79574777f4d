"""Cameras that already send the sphere, and pictures for two eyes, on air."""

import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from streaming.access_unit import AccessUnit
from streaming.ladder import rungs_of
from tests.renderer.boxes import write_disc
from vrlive.channels import read_channel
from vrlive.clock import now_s
from vrlive.config import CameraConfig, ChannelConfig, PictureConfig, StitchConfig
from vrlive.errors import ConfigError
from vrlive.frames import Picture
from vrlive.pipeline import Pipeline
from vrlive.rigs import SPHERES, sphere_rig
from vrlive.showing import EYES_M, sphere_output
from vrlive.units import SHAPES, Size
from vrlive.view import View

DISC = """
name = "s"
floor_m = 10
[[garment]]
name = "disc"
model = "disc.glb"
bearing_deg = 90
distance_m = 1
height_m = 10
"""
PATIENCE_S = 240.0  # the first start ever compiles the kernels
CHANNEL = """
name = "x"
rig = "{rig}"
{more}
[[camera]]
name = "a"
url = "a.mp4"
"""


def channel(rig: str, size: Size, **picture: Any) -> ChannelConfig:
    return ChannelConfig(name="x", rig=rig, size=size, picture=PictureConfig(**picture), camera=(CameraConfig(name="a", url="a.mp4"),))


def noise(size: Size, seed: int = 0) -> Picture:
    chance = np.random.default_rng(seed)
    halves = [chance.integers(16, 236, (size.height // 2, size.width // 2), np.uint8) for _ in range(2)]
    return Picture(chance.integers(16, 236, (size.height, size.width), np.uint8), *halves)


def shown(config: ChannelConfig, picture: Picture) -> Picture:
    out = Picture.filled(config.frame)
    with closing(View(config)) as view:
        view.run([picture], out, 0.0)
    return out


@pytest.mark.parametrize("kind", ["equirect-top-bottom", "vr180-top-bottom"])
def test_both_eyes_go_out_as_they_come_in(kind: str) -> None:
    size = Size(256, 128) if kind.startswith("equirect") else Size(128, 128)
    config = channel(kind, size, projection=kind.removesuffix("-top-bottom"), stereo="top-bottom")
    picture = noise(config.frame)
    assert all((mine == theirs).all() for mine, theirs in zip(shown(config, picture).planes, picture.planes, strict=True))


def test_eyes_side_by_side_become_eyes_one_above_the_other() -> None:
    picture = noise(Size(512, 128))
    out = shown(channel("equirect-left-right", Size(256, 128), stereo="top-bottom"), picture)
    assert (out.y[:128] == picture.y[:, :256]).all()
    assert (out.y[128:] == picture.y[:, 256:]).all()


def test_mono_is_what_the_left_eye_sees() -> None:
    picture = noise(Size(256, 256))
    out = shown(channel("equirect-top-bottom", Size(256, 128), stereo="mono"), picture)
    assert (out.y == picture.y[:128]).all()


@pytest.mark.parametrize("projection", SHAPES)
@pytest.mark.parametrize("stereo", ["mono", "top-bottom"])
def test_eyes_never_bleed_whatever_is_shown(projection: str, stereo: Any) -> None:
    across, down = SHAPES[projection]
    picture = Picture.filled(Size(512, 512), (40, 128, 128))
    picture.y[256:] = 200
    config = channel("equirect-top-bottom", Size(128 * across, 128 * down), projection=projection, stereo=stereo)
    out = shown(config, picture)
    eyes = np.split(out.y, 2) if stereo == "top-bottom" else [out.y]
    assert [set(np.unique(eye)) for eye in eyes] == [{40}, {200}][: len(eyes)]


@pytest.mark.parametrize("projection", ["cubemap", "eac", "vr180"])
def test_each_face_of_the_live_picture_shows_where_it_looks(projection: str) -> None:
    size = Size(2048, 1024)
    up = np.linspace(235, 16, size.height)[:, np.newaxis].repeat(size.width, 1)  # the higher, the brighter
    picture = Picture.filled(size)
    picture.y[:] = up.round()
    across, down = SHAPES[projection]
    config = channel("equirect", Size(128 * across, 128 * down), projection=projection)
    out = shown(config, picture)
    for placed in sphere_output(projection, config.size).faces:
        x, y = np.meshgrid(np.arange(placed.face.size.width) + 0.5, np.arange(placed.face.size.height) + 0.5)
        pitch = np.arcsin(placed.face.looking(x, y)[..., 1])
        expected = 16 + (0.5 + pitch / np.pi) * 219
        assert np.abs(out.part(placed.left, placed.top, placed.face.size).y - expected).max() < 2


def test_a_turned_stereo_picture_turns_for_both_eyes() -> None:
    picture = noise(Size(256, 256))
    config = channel("equirect-top-bottom", Size(256, 128), stereo="top-bottom").model_copy(update={"stitch": StitchConfig(yaw_deg=90)})
    out = shown(config, picture)
    assert np.abs(out.y[:, 64:].astype(int) - picture.y[:, :192]).max() <= 1


@pytest.mark.parametrize("kind", SPHERES)
def test_the_words_are_rigs(kind: str) -> None:
    rig = sphere_rig(kind, 64)
    assert rig.inputs == 1
    assert {lens.eye for lens in rig.lenses} == ({None} if kind in ("equirect", "vr180") else {"left", "right"})


def test_a_stereo_camera_makes_a_stereo_show(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(CHANNEL.format(rig="equirect-top-bottom", more='size = "1920x960"'), "utf-8")
    config = read_channel(path)
    assert config.stereo
    assert config.frame == (1920, 1920)
    assert [rung.size for rung in rungs_of(config)] == [(1920, 1920), (1280, 1280), (640, 640)]
    path.write_text(CHANNEL.format(rig="equirect-top-bottom", more='picture = { stereo = "mono" }'), "utf-8")
    assert read_channel(path).frame == (1920, 960)


@pytest.mark.parametrize(
    ("rig", "more", "problem"),
    [
        ("equirect", 'picture = { stereo = "top-bottom" }', "picture.stereo: the rig equirect has no lenses of a left and a right eye"),
        ("equirect", 'picture = { projection = "cubemap" }\nsize = "1920x960"', "size: 1920x960 is not 3:2 with even sides, as cubemap is"),
        ("equirect", 'picture = { projection = "cube" }', "picture.projection: .*did you mean “cubemap”"),
        ("equirect", 'picture = { projection = "eac" }\nscene = "showroom"', "scene: garments stand in equirect pictures"),
        ("vr180", 'picture = { projection = "vr180" }\nrendition = [{ size = "640x320", bitrate_kbps = 900 }]', "640x320 is not 1:1"),
    ],
)
def test_what_does_not_go_together_is_named(tmp_path: Path, rig: str, more: str, problem: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(CHANNEL.format(rig=rig, more=more), "utf-8")
    with pytest.raises(ConfigError, match=problem):
        read_channel(path)


def test_live_garments_stand_before_both_eyes(tmp_path: Path) -> None:
    """A red disc at 1 m, on air before a camera for two eyes: the left one sees it farther to the right, by the distance of the eyes."""
    Image.new("RGB", (512, 512), (128, 128, 128)).save(tmp_path / "room.png")
    write_disc(tmp_path / "disc.glb", 0.15)
    scene = tmp_path / "scene.toml"
    scene.write_text(DISC, "utf-8")
    config = channel("equirect-top-bottom", Size(512, 256), stereo="top-bottom")
    camera = config.camera[0].model_copy(update={"url": str(tmp_path / "room.png"), "loop": True})
    config = config.model_copy(update={"camera": (camera,), "scene": str(scene)})
    stop = threading.Event()
    patience = threading.Timer(PATIENCE_S, stop.set)
    decoder = av.CodecContext.create("h264", "r")
    seen: list[tuple[float, float]] = []

    def watch(unit: AccessUnit) -> None:
        for frame in decoder.decode(av.Packet(unit.data)) if unit.kind == "video" else ():
            red = np.maximum(frame.to_ndarray(format="rgb24")[..., 0].astype(float) - 150, 0)
            if red[:256].any() and red[256:].any():
                left, right = (np.average(np.arange(512) + 0.5, weights=eye.sum(axis=0)) for eye in (red[:256], red[256:]))
                seen.append((left, right))
                stop.set()

    patience.start()
    Pipeline(config, epoch_s=now_s(), emit=watch).run(stop)
    patience.cancel()
    left, right = seen[-1]
    assert left - right == pytest.approx(2 * np.arcsin(EYES_M / 2) / (2 * np.pi) * 512, abs=0.4)
    assert (left + right) / 2 == pytest.approx(256 + 90 / 360 * 512, abs=0.4)
