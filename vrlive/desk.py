"""The mixing desk: cameras' sound in, the programme's sound out, encoded, on a thread of its own."""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from math import radians
from typing import Final

from streaming.access_unit import AccessUnit
from streaming.opus import OpusEncoder
from streaming.sound_format import AMBISONICS, STEREO
from vrlive.clock import now_s
from vrlive.config import ChannelConfig, SoundConfig, SoundTuning, Tuning
from vrlive.errors import EncodeError
from vrlive.frames import AMBISONIC_CHANNELS, Sound
from vrlive.projection.rig import Rig
from vrlive.sound import Heard, Mix, Programme

log = logging.getLogger("vrlive.desk")

IDLE_S: Final = 0.25  # how often a desk without sound looks whether it shall end
CLOSE_S: Final = 2.0


class Desk:
    """Mixes what `[[sound]]` names; without that, the sound of the first camera that has any goes through.

    Parameters
    ----------
    channel, rig
        Whose sound is mixed, and how its cameras stand.
    epoch_s
        An instant at which a block of the mix begins.
    emit
        Receives each packet, on the desk's thread; must not block.
    shown
        How the picture is turned at the moment: the sphere of sound turns with it.
    timed
        Times the encoding of a block.
    """

    def __init__(
        self,
        channel: ChannelConfig,
        rig: Rig,
        *,
        epoch_s: float,
        emit: Callable[[AccessUnit], None],
        shown: Callable[[], Tuning],
        timed: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._emit, self._shown, self._timed, self._rig = emit, shown, timed, rig
        names = [camera.name for camera in channel.camera]
        self._inputs = channel.sound or tuple(SoundConfig(camera=name) for name in names)
        self._cameras = [names.index(each.camera) for each in self._inputs]
        self._only: int | None = None if channel.sound else -1  # the input that is heard alone; -1: the first that comes
        self._mix = Mix([each.tuning for each in self._inputs], epoch_s, sphere=channel.ambisonics)
        self._encoders = [OpusEncoder(form) for form in (STEREO, AMBISONICS)[: 1 + channel.ambisonics]]
        self._turned: Tuning | None = None
        self._came, self._closed = threading.Condition(), False
        self._thread = threading.Thread(target=self._run, name="sound", daemon=True)

    def start(self) -> None:
        """Begin to mix."""
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        with self._came:
            self._closed = True
            self._came.notify()
        if self._thread.is_alive():
            self._thread.join(CLOSE_S)

    def push(self, camera: int, sound: Sound) -> None:
        """Take a piece of a camera's sound; on any thread."""
        if camera not in self._cameras:
            return
        index = self._cameras.index(camera)
        with self._came:
            if self._only == -1:
                self._only = index
            if self._only in (None, index):
                self._mix.push(index, sound, now_s())
                self._came.notify()

    def tune(self, camera: str, tuning: SoundTuning) -> None:
        """Change a camera's gain, delay or mute; any thread may ask."""
        with self._came:
            for index, each in enumerate(self._inputs):
                if each.camera == camera:
                    self._mix.tune(index, tuning)

    @property
    def inputs(self) -> list[tuple[str, Heard]]:
        """Name of each camera that is listened to, and how its sound is doing."""
        with self._came:
            now = now_s()
            return [(each.camera, self._mix.heard(n, now)) for n, each in enumerate(self._inputs) if self._only in (None, n)]

    @property
    def limited_db(self) -> float:
        """How much the limiter turns the mix down: 0 or less."""
        return self._mix.limited_db

    def misfit(self, camera: str, heard: Heard) -> str:
        """What is wrong with a camera's sound, though it delivers."""
        declared = next(each.format for each in self._inputs if each.camera == camera)
        if declared == "ambisonics" and 0 < heard.channels < AMBISONIC_CHANNELS:
            return "sends fewer than four channels of sound, which cannot be ambisonics; it is heard as stereo"
        return ""

    def _run(self) -> None:
        try:
            while not self._closed:
                for block in self._next_blocks():
                    with self._timed():
                        self._send(block)
        except EncodeError as fault:
            log.warning("no sound: %s", fault)

    def _next_blocks(self) -> list[Programme]:
        """Wait until the next block may be due, and take what is."""
        with self._came:
            due_s = self._mix.due_s(now_s())
            self._came.wait(IDLE_S if due_s is None else min(max(due_s - now_s(), 0.0), IDLE_S))
            self._turn()
            return self._mix.take(now_s())

    def _turn(self) -> None:
        """Turn what cameras hear as what they see is turned."""
        shown = self._shown()
        if shown == self._turned:
            return
        self._turned = shown
        rig = self._rig.turned(radians(shown.yaw_deg), radians(shown.pitch_deg), radians(shown.roll_deg))
        for index, camera in enumerate(self._cameras):
            self._mix.turn(index, next(lens.rotation for lens in rig.lenses if lens.input == camera))

    def _send(self, block: Programme) -> None:
        for encoder, samples in zip(self._encoders, (block.stereo, block.sphere), strict=False):
            assert samples is not None
            for unit in encoder.encode(Sound(samples, block.captured_s)):
                self._emit(unit)
