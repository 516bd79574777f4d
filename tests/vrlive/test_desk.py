"""The mixing desk with its thread and its encoders, without cameras."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import pi

import av
import numpy as np
import pytest

from streaming.access_unit import AccessUnit
from vrlive.clock import now_s
from vrlive.config import CameraConfig, ChannelConfig, SoundConfig, SoundTuning, Tuning
from vrlive.desk import Desk
from vrlive.frames import SOUND_RATE_HZ, Sound
from vrlive.projection.rig import Rig
from vrlive.rigs import equirect_rig
from vrlive.units import Size

SIZE, PIECE = Size(256, 128), 960
LEFT = (0.4, 0.4, 0.0, 0.0)


class Heard:
    """What a desk emits."""

    def __init__(self) -> None:
        self.units: list[AccessUnit] = []
        self._came = threading.Condition()

    def take(self, unit: AccessUnit) -> None:
        with self._came:
            self.units.append(unit)
            self._came.notify()

    def wait_for(self, holds: Callable[[], object]) -> None:
        with self._came:
            assert self._came.wait_for(holds, 10)

    def sound(self, rendition: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        """Decoded: (n, 2), or the four channels."""
        decoder = av.CodecContext.create("libopus", "r")
        decoder.sample_rate = SOUND_RATE_HZ
        decoder.layout = ("stereo", "ambisonic 1")[rendition]
        if rendition:
            decoder.extradata = bytes.fromhex("4f707573486561640104000080bb0000000002040000010203")
        pieces = [
            frame.to_ndarray() for unit in self.units if unit.rendition == rendition for frame in decoder.decode(av.Packet(unit.data))
        ]
        return np.asarray(np.concatenate([piece.reshape(-1, 4 if rendition else 2) for piece in pieces]) / 32768, np.float32)


@contextmanager
def desk_of(*sound: SoundConfig, cameras: int = 2, shown: Callable[[], Tuning] = Tuning) -> Iterator[tuple[Desk, Heard]]:
    [lens] = equirect_rig(SIZE).lenses
    rig = Rig(tuple(replace(lens, input=n, yaw=n * pi / 2) for n in range(cameras)), "ring", cameras)
    names = [CameraConfig(name=f"cam{n}", url="x.mp4") for n in range(cameras)]
    heard = Heard()
    channel = ChannelConfig(name="x", size=SIZE, rig="x", camera=tuple(names), sound=sound)
    desk = Desk(channel, rig, epoch_s=now_s(), emit=heard.take, shown=shown)
    desk.start()
    yield desk, heard
    desk.close()


def play(desk: Desk, camera: int, *channels: float, pieces: int = 25) -> None:
    """A tone of 500 Hz, all at once: it claims to be of the last half second."""
    start_s = now_s() - pieces * PIECE / SOUND_RATE_HZ
    for n in range(pieces):
        at_s = start_s + n * PIECE / SOUND_RATE_HZ
        tone = np.sin(2 * np.pi * 500 * (at_s + np.arange(PIECE) / SOUND_RATE_HZ))
        desk.push(camera, Sound((tone[:, None] * channels).astype(np.float32), at_s))


def loudness(sound: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> list[float]:
    middle = sound[len(sound) // 3 : 2 * len(sound) // 3]
    return [float(each) for each in np.sqrt(2 * (middle**2).mean(axis=0))]


def test_without_a_section_the_first_camera_that_has_sound_is_heard_alone() -> None:
    with desk_of() as (desk, heard):
        assert desk.inputs == []
        play(desk, 1, 0.5, 0.25)
        play(desk, 0, 0.9, 0.9)
        heard.wait_for(lambda: len(heard.units) > 20)
        assert [name for name, _ in desk.inputs] == ["cam1"]
    assert loudness(heard.sound(0)) == pytest.approx([0.5, 0.25], abs=0.03)
    assert {unit.rendition for unit in heard.units} == {0}


def test_a_section_says_who_is_heard_and_how() -> None:
    with desk_of(SoundConfig(camera="cam1", gain_db=-6.0206)) as (desk, heard):
        play(desk, 0, 0.9, 0.9)
        play(desk, 1, 0.5, 0.25)
        heard.wait_for(lambda: len(heard.units) > 20)
        desk.tune("cam1", SoundTuning(gain_db=-20))
        desk.tune("cam0", SoundTuning(gain_db=20))
        [(name, sound)] = desk.inputs
        assert (name, sound.tuning, desk.misfit(name, sound)) == ("cam1", SoundTuning(gain_db=-20), "")
    assert loudness(heard.sound(0)) == pytest.approx([0.25, 0.125], abs=0.02)


@pytest.mark.parametrize(("shown", "sphere"), [(Tuning(), [0.4, 0, 0, 0.4]), (Tuning(yaw_deg=90), [0.4, 0.4, 0, 0])])
def test_the_sphere_turns_with_its_camera_and_with_the_picture(shown: Tuning, sphere: list[float]) -> None:
    """cam1 looks right: what is on its left is ahead. The picture is turned right by 90°: what was ahead is on the right."""
    with desk_of(SoundConfig(camera="cam1", format="ambisonics"), shown=lambda: shown) as (desk, heard):
        play(desk, 1, *LEFT)
        heard.wait_for(lambda: len(heard.units) > 40)
    assert loudness(heard.sound(1)) == pytest.approx(sphere, abs=0.03)


def test_ambisonics_of_two_channels_is_said_to_be_none_and_heard_as_stereo() -> None:
    with desk_of(SoundConfig(camera="cam0", format="ambisonics")) as (desk, heard):
        play(desk, 0, 0.5, 0.25)
        heard.wait_for(lambda: len(heard.units) > 40)
        [(name, sound)] = desk.inputs
        assert desk.misfit(name, sound).startswith("sends fewer than four channels")
    assert loudness(heard.sound(0)) == pytest.approx([0.5, 0.25], abs=0.03)
