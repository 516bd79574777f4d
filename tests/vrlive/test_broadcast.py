"""A channel on air with a real engine: what delivery says of it."""

import asyncio
import os
import signal
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from streaming.access_unit import AccessUnit
from streaming.movie import Movie
from streaming.recordings import recordings
from streaming.sound_format import STEREO
from tests.waiting import until
from vrlive.api.models import ChannelState
from vrlive.broadcast import SOUND_AFTER_S, Broadcast
from vrlive.channels import file_marks
from vrlive.clock import now_s
from vrlive.config import (
    CameraConfig,
    ChannelConfig,
    HlsConfig,
    ProgrammeConfig,
    RecordConfig,
    SoundConfig,
    SoundTuning,
    StitchConfig,
    Tuning,
)
from vrlive.engine import Job
from vrlive.errors import ServeError
from vrlive.frames import SOUND_RATE_HZ, Picture, Sound
from vrlive.units import Size

START_S = 120.0  # the first start ever compiles the kernels


@pytest.fixture
def write_tone() -> Callable[[Path], Path]:
    """Writes a film with a tone of 440 Hz at half of full scale."""

    def write(path: Path) -> Path:
        tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * SOUND_RATE_HZ) / SOUND_RATE_HZ)
        with Movie(path, Size(256, 128), Fraction(25), sound=STEREO, cameras=1) as movie:
            for number in range(50):
                movie.write(Picture.filled(Size(256, 128)), number / 25)
            movie.write_sound(Sound(np.stack([tone, tone], -1).astype(np.float32), 0.0))
            movie.finish()
        return path

    return write


async def wait_for(broadcast: Broadcast, holds: Callable[[ChannelState], object]) -> ChannelState:
    """Wait until something holds of the channel's state, and give that state."""
    async with asyncio.timeout(START_S):
        while not holds(state := broadcast.state()):
            await asyncio.sleep(0.05)
    return state


async def test_a_channel_whose_only_camera_is_missing_says_so_and_its_engine_runs(tmp_path: Path) -> None:
    camera = CameraConfig(name="front", url=str(tmp_path / "missing.mp4"))
    config = ChannelConfig(name="empty", rig="equirect", size=Size(256, 128), camera=(camera,))
    async with Broadcast(config) as broadcast:
        state = await wait_for(broadcast, lambda state: state.cameras and state.cameras[0].state == "failed")
    assert "missing.mp4" in state.cameras[0].fault
    assert state.engine.state == "running"
    assert state.state == "connecting"


async def test_an_engine_that_starts_again_begins_as_the_show_was_tuned(tmp_path: Path) -> None:
    camera = CameraConfig(name="front", url=str(tmp_path / "missing.mp4"))
    config = ChannelConfig(name="empty", rig="equirect", size=Size(256, 128), camera=(camera,), stitch=StitchConfig(pitch_deg=5))
    async with Broadcast(config) as broadcast:
        before = await wait_for(broadcast, lambda state: state.stitch.in_force)
        assert (before.stitch.pitch_deg, before.stitch.yaw_deg) == (5, 0)
        broadcast.wishes.tune(Tuning(yaw_deg=30))
        assert not broadcast.state().stitch.in_force  # nor will it be: there is no picture to turn
        assert before.engine.pid
        os.kill(before.engine.pid, signal.SIGKILL)
        after = await wait_for(broadcast, lambda state: state.stitch.in_force)
    assert after.engine.restarts == 1
    assert (after.stitch.pitch_deg, after.stitch.yaw_deg) == (0, 30)


async def test_an_engine_that_starts_again_mixes_as_was_wanted(tmp_path: Path, write_tone: Callable[[Path], Path]) -> None:
    """Named in the file or the first that has sound: either way the wish is kept, and repeated to the next engine."""
    camera = CameraConfig(name="front", url=str(write_tone(tmp_path / "tone.mp4")), loop=True)
    for sound in ((), (SoundConfig(camera="front", gain_db=-3),)):
        config = ChannelConfig(name="loud", rig="equirect", size=Size(256, 128), camera=(camera,), sound=sound, rendition=())
        async with Broadcast(config) as broadcast:
            before = await wait_for(broadcast, lambda state: state.sound.inputs and (state.sound.inputs[0].level_db or -99) > -9.5)
            [heard] = before.sound.inputs
            assert (heard.camera, heard.gain_db, heard.in_force) == ("front", -3 if sound else 0, True)
            assert heard.level_db == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.5)
            wish = SoundTuning(gain_db=-20, delay_ms=40)
            assert broadcast.wishes.sound("back") is None
            broadcast.wishes.tune_sound("front", wish)
            assert broadcast.wishes.sound("front") == wish
            assert before.engine.pid
            os.kill(before.engine.pid, signal.SIGKILL)
            after = await wait_for(broadcast, lambda state: state.engine.restarts and state.sound.inputs and state.sound.inputs[0].in_force)
        assert after.sound.inputs[0].tuning == wish


async def test_sound_goes_out_evenly_however_it_comes() -> None:
    """Ten packets come at once, as they do after a hiccup; viewers get each at its own time after its capture."""
    camera = CameraConfig(name="front", url="none.mp4")
    start_s, came_s = now_s(), list[float]()
    broadcast = Broadcast(
        ChannelConfig(name="even", rig="equirect", size=Size(256, 128), camera=(camera,)), lambda: came_s.append(now_s() - start_s)
    )
    for n in range(10):
        broadcast._take_unit(AccessUnit("audio", b"sound", n * 960, True, start_s + n / 50))
    await until(lambda: broadcast.hub.sounds[0].ring.head == 10)
    assert all(came >= n / 50 + SOUND_AFTER_S for n, came in enumerate(came_s))
    assert came_s == sorted(came_s)
    await broadcast.__aexit__(None, None, None)  # it was never on air, but has a folder for its socket


async def test_what_was_tuned_on_air_stays_unless_the_file_says_it_otherwise(tmp_path: Path) -> None:
    camera = CameraConfig(name="front", url=str(tmp_path / "missing.mp4"))
    config = ChannelConfig(name="empty", rig="equirect", size=Size(256, 128), camera=(camera,), stitch=StitchConfig(pitch_deg=5))
    broadcast = Broadcast(config)
    broadcast.wishes.tune(Tuning(yaw_deg=30, pitch_deg=7))
    marks = file_marks(config)
    assert await broadcast.change(config, marks) == "unchanged"
    titled = config.model_copy(update={"title": "Spring", "stitch": StitchConfig(pitch_deg=6)})
    assert await broadcast.change(titled, marks) == "changed"
    assert broadcast.wishes.stitch == Tuning(yaw_deg=30, pitch_deg=6)
    assert broadcast.state().title == "Spring"
    assert await broadcast.change(titled, marks | {(tmp_path / "logo.png", 1, 1)}) == "restarted"
    await broadcast.__aexit__(None, None, None)


async def test_the_programme_and_the_catalogue_change_without_another_engine(tmp_path: Path) -> None:
    camera = CameraConfig(name="front", url=str(tmp_path / "missing.mp4"))
    scene = tmp_path / "scene.toml"
    scene.write_text('name = "shop"\n', "utf-8")
    config = ChannelConfig(name="empty", rig="equirect", size=Size(256, 128), camera=(camera,), scene=str(scene))
    broadcast = Broadcast(config)
    before = broadcast.state()
    assert (before.starts_unix_s, before.host, before.show_revision) == (None, "", 0)
    programme = ProgrammeConfig.model_validate({"host": "Ada", "starts": "2026-12-01T19:00:00+01:00", "ends": "2026-12-01T20:30:00+01:00"})
    (tmp_path / "products.toml").write_text('[[product]]\nid = "coat"\nname = "Coat"\nprice = 100\n', "utf-8")
    told = config.model_copy(update={"programme": programme})
    assert await broadcast.change(told, file_marks(told)) == "changed"
    after = broadcast.state()
    assert (after.host, after.starts_unix_s, after.ends_unix_s, after.show_revision) == ("Ada", 1796148000, 1796153400, 1)
    assert [each.id for each in broadcast.show.state().products] == ["coat"]
    assert broadcast.hub.newest_events() == [{"type": "show", "revision": 1}]
    assert await broadcast.change(told, file_marks(told)) == "unchanged"
    (tmp_path / "products.toml").unlink()
    assert await broadcast.change(told, file_marks(told)) == "changed"
    assert ChannelConfig.model_validate_json(told.model_dump_json()) == told  # as the engine is told it
    await broadcast.__aexit__(None, None, None)


def test_a_mask_that_is_painted_anew_is_a_change(tmp_path: Path) -> None:
    scene, mask = tmp_path / "scene.toml", tmp_path / "desk.png"
    scene.write_text('name = "shop"\n[[occluder]]\nname = "desk"\ndistance_m = 1\nmask = "desk.png"\n', "utf-8")
    mask.write_bytes(b"one")
    camera = CameraConfig(name="front", url=str(tmp_path / "missing.mp4"))
    config = ChannelConfig(name="empty", rig="equirect", camera=(camera,), scene=str(scene))
    before = file_marks(config)
    mask.write_bytes(b"another")
    assert file_marks(config) != before


async def test_a_file_read_again_changes_sound_as_far_as_it_says_otherwise(tmp_path: Path) -> None:
    """Gain and delay without another engine; who is heard, and ambisonics, with one."""
    cameras = tuple(CameraConfig(name=name, url=str(tmp_path / "missing.mp4")) for name in ("front", "back"))
    config = ChannelConfig(
        name="empty", rig="equirect", size=Size(256, 128), camera=cameras, sound=(SoundConfig(camera="front", gain_db=-3),)
    )
    broadcast, marks = Broadcast(config), file_marks(config)
    broadcast.wishes.tune_sound("front", SoundTuning(gain_db=-9, mute=True))
    later = config.model_copy(update={"sound": (SoundConfig(camera="front", gain_db=-3, delay_ms=40),)})
    assert await broadcast.change(later, marks) == "changed"
    assert broadcast.wishes.sound("front") == SoundTuning(gain_db=-9, mute=True, delay_ms=40)
    offered = [broadcast.hub.ambisonics]
    sphere = later.model_copy(update={"sound": (*later.sound, SoundConfig(camera="back", gain_db=2, format="ambisonics"))})
    assert await broadcast.change(sphere, marks) == "restarted"
    assert broadcast.wishes.sound("back") == SoundTuning(gain_db=2)
    offered.append(broadcast.hub.ambisonics)
    assert Job.model_validate_json(broadcast._job()).channel.sound[0].tuning == SoundTuning(gain_db=-9, mute=True, delay_ms=40)
    assert await broadcast.change(config, marks) == "restarted"
    assert [*offered, broadcast.hub.ambisonics] == [False, True, False]
    assert broadcast.wishes.sound("back") is None
    await broadcast.__aexit__(None, None, None)


async def test_a_larger_picture_than_viewers_were_promised_is_refused(tmp_path: Path) -> None:
    camera = CameraConfig(name="front", url=str(tmp_path / "missing.mp4"))
    config = ChannelConfig(name="empty", rig="equirect", size=Size(256, 128), camera=(camera,))
    broadcast = Broadcast(config)
    broadcast.check_change(config.model_copy(update={"size": Size(1280, 640)}))
    with pytest.raises(ServeError, match=r"needs H\.264 level 4\.0, but viewers were promised 3\.1 at most; restart the server"):
        broadcast.check_change(config.model_copy(update={"size": Size(1920, 960)}))
    await broadcast.__aexit__(None, None, None)


async def test_a_recording_is_begun_and_ended_while_the_show_is_on_air(tmp_path: Path) -> None:
    Image.new("RGB", (256, 128), (90, 120, 150)).save(tmp_path / "still.png")
    camera = CameraConfig(name="front", url=str(tmp_path / "still.png"), loop=True)
    silent = ChannelConfig(name="still", rig="equirect", size=Size(256, 128), camera=(camera,), hls=HlsConfig(enabled=False))
    record = RecordConfig(enabled=True, folder=str(tmp_path / "recordings"), keep_free_gb=0)
    async with Broadcast(silent) as broadcast:
        before = await wait_for(broadcast, lambda state: state.state == "live")
        assert (before.record.state, before.hls.state) == ("off", "off")
        kept = silent.model_copy(update={"record": record, "hls": HlsConfig()})
        assert await broadcast.change(kept, file_marks(kept)) == "changed"
        during = await wait_for(broadcast, lambda state: state.record.duration_s > 2)
        assert (during.record.state, during.hls.state) == ("recording", "idle")
        assert await broadcast.change(silent, file_marks(silent)) == "changed"
        after = broadcast.state()
    assert (after.record.state, after.hls.state) == ("off", "off")
    assert (after.engine.pid, after.engine.restarts) == (before.engine.pid, 0)
    [recording] = recordings(tmp_path / "recordings")
    assert recording.duration_s() > 2
