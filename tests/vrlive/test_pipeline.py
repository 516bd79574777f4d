"""The show in one process: pictures in, access units out, and what it says of itself."""

import re
import threading
from fractions import Fraction
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from renderer.gltf import guard
from streaming.access_unit import AccessUnit
from tests.renderer.boxes import write_box
from vrlive.capture.camera import CameraState
from vrlive.clock import now_s
from vrlive.config import CameraConfig, ChannelConfig
from vrlive.frames import Frame, Picture
from vrlive.pipeline import PATIENCE_S, Pipeline
from vrlive.sync import FrameSet
from vrlive.units import Size

SIZE = Size(256, 128)


def channel(folder: Path, picture: tuple[int, int], scene: str | None = None) -> ChannelConfig:
    """A camera that sends pictures of one size all the time, into a panorama of `SIZE`."""
    Image.new("RGB", picture, (90, 120, 150)).save(folder / "room.png")
    camera = CameraConfig(name="door", url=str(folder / "room.png"), loop=True)
    return ChannelConfig(name="x", size=SIZE, rig="equirect", scene=scene, camera=(camera,))


def until_pictures_leave(channel: ChannelConfig) -> Pipeline:
    """Run the show until its first picture is encoded."""
    stop = threading.Event()
    units: list[AccessUnit] = []

    def emit(unit: AccessUnit) -> None:
        units.append(unit)
        stop.set()

    pipeline = Pipeline(channel, epoch_s=now_s(), emit=emit)
    pipeline.run(stop)
    assert units
    return pipeline


def test_a_camera_of_another_shape_has_failed_and_the_show_goes_on(tmp_path: Path) -> None:
    camera = until_pictures_leave(channel(tmp_path, (200, 128))).cameras[0]
    assert camera.state is CameraState.FAILED
    assert "calibrated in frames of 256x128, but input 0 is 200x128" in camera.last_fault


def test_a_camera_of_the_same_shape_is_live(tmp_path: Path) -> None:
    camera = until_pictures_leave(channel(tmp_path, (128, 64))).cameras[0]
    assert (camera.state, camera.last_fault) == (CameraState.LIVE, "")


def test_a_model_spoilt_while_on_air_costs_the_garments_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "bad.glb").write_bytes(b"glTF, but not really")
    scene = tmp_path / "scene.toml"
    scene.write_text('name = "s"\n[[garment]]\nname = "dress"\nmodel = "bad.glb"\nbearing_deg = 0\ndistance_m = 2\n', "utf-8")
    pipeline = until_pictures_leave(channel(tmp_path, SIZE, str(scene)))
    assert pipeline.garments == ()
    assert pipeline.fault.startswith("no garments: the scene or its models cannot be used")
    assert str(tmp_path) not in pipeline.fault
    assert str(tmp_path / "bad.glb") in caplog.text


def test_of_several_models_the_spoilt_one_only_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "bad.glb").write_bytes(b"glTF, but not really")
    write_box(tmp_path / "box.glb")
    garments = (f'[[garment]]\nname = "{name}"\nmodel = "{name}.glb"\nbearing_deg = 0\ndistance_m = 2\n' for name in ("box", "bad"))
    scene = tmp_path / "scene.toml"
    scene.write_text('name = "s"\n' + "".join(garments), "utf-8")
    pipeline = until_pictures_leave(channel(tmp_path, SIZE, str(scene)))
    assert [each.name for each in pipeline.garments] == ["box"]
    assert pipeline.fault == "without bad: the model cannot be used; the log says why"
    assert str(tmp_path / "bad.glb") in caplog.text


def test_a_model_that_brings_its_reader_down_costs_the_garments_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read by a process of its own, which has too little memory here even to read a box."""
    monkeypatch.setattr(guard, "read_guarded", partial(guard.read_guarded, limits=guard.Limits(memory_bytes=1 << 20)))
    write_box(tmp_path / "hostile.glb")
    scene = tmp_path / "scene.toml"
    scene.write_text('name = "s"\n[[garment]]\nname = "dress"\nmodel = "hostile.glb"\nbearing_deg = 0\ndistance_m = 2\n', "utf-8")
    pipeline = until_pictures_leave(channel(tmp_path, SIZE, str(scene)))
    assert pipeline.garments == ()
    assert pipeline.fault.startswith("no garments: the scene or its models cannot be used")
    assert re.search(r"hostile\.glb: (needs more than 1 MiB of memory|cannot be read: it brings the reader down)", caplog.text)


def test_pictures_that_the_programme_was_too_slow_for_are_counted(tmp_path: Path) -> None:
    """Whoever takes the first picture holds the programme up while the camera delivers ten more."""
    stop, tick = threading.Event(), threading.Event()
    captured_s: list[float] = []

    def emit(unit: AccessUnit) -> None:
        captured_s.append(unit.captured_s)
        if len(captured_s) == 2:
            stop.set()
        held = pipeline.cameras[0].frames
        while len(captured_s) == 1 and pipeline.cameras[0].frames < held + 10:
            tick.wait(0.01)

    pipeline = Pipeline(channel(tmp_path, SIZE), epoch_s=now_s(), emit=emit)
    pipeline.run(stop)
    sync = pipeline.stages["sync"]
    assert sync.dropped == round((captured_s[1] - captured_s[0]) * 25) - 1 >= 8
    assert sync.last_fault == "the stages after it were too slow"


def test_garments_wait_for_a_room_to_be_lit_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = Pipeline(channel(tmp_path, SIZE), epoch_s=now_s(), emit=lambda _: None)
    frame = Frame(Picture.filled(SIZE), 0, Fraction(1, 25), 0.0)
    dark, partly, whole = (FrameSet(0.0, frames, 0) for frames in ((None, None), (frame, None), (frame, frame)))
    assert [pipeline._may_dress(moment) for moment in (dark, partly, whole, partly)] == [False, False, True, True]
    pipeline = Pipeline(channel(tmp_path, SIZE), epoch_s=now_s(), emit=lambda _: None)
    assert not pipeline._may_dress(partly)
    later_s = now_s() + PATIENCE_S + 0.1
    monkeypatch.setattr("vrlive.pipeline.now_s", lambda: later_s)
    assert pipeline._may_dress(partly), "a camera that never comes leaves no show without garments"
