"""Cameras that are published to us by WHIP: their access units come over the engine link, and are decoded here as other cameras' are."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Any, Final, Protocol

import av
from av.audio.codeccontext import AudioCodecContext
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext

from vrlive.capture.normalise import Normaliser
from vrlive.capture.opening import LARGEST_PX
from vrlive.capture.sound import SoundNormaliser
from vrlive.clock import now_s
from vrlive.config import CameraConfig
from vrlive.errors import CaptureError
from vrlive.frames import Frame, Sound

MOST_UNITS: Final = 256  # that wait to be decoded: 2.5 s of 60 pictures a second, with sound
MOST_BYTES: Final = 8 * 1024 * 1024
BEHIND_UNITS: Final = 10  # while so many wait, pictures are decoded, for those after them, but not shown
THREADS: Final = 4  # that share the slices of one picture, which adds no delay
LOOK_S: Final = 0.25  # how often a wait looks whether it shall end
MICROSECOND: Final = Fraction(1, 1_000_000)


class EncodedUnit(Protocol):
    """One encoded picture (H.264, Annex B), or one packet of Opus, as `streaming.access_unit` has it."""

    @property
    def kind(self) -> str:
        """``video`` or ``audio``."""

    @property
    def data(self) -> bytes:
        """The encoded bytes."""

    @property
    def keyframe(self) -> bool:
        """Whether decoding may start here."""

    @property
    def captured_s(self) -> float:
        """When it was captured: seconds of `vrlive.clock.now_s`."""


class Mailbox:
    """Access units of one camera that wait to be decoded. Bounded: when it is full, all go, and decoding begins anew at a keyframe.

    Parameters
    ----------
    ask_keyframe
        Asks whoever publishes the camera for one; any thread may.
    """

    def __init__(self, ask_keyframe: Callable[[], None]) -> None:
        self.ask_keyframe = ask_keyframe
        self.dropped = 0  # pictures
        self.incomplete = True  # whether nothing can be decoded before a keyframe
        self._units: deque[EncodedUnit] = deque()
        self.heard = 0  # units, those included that are left out
        self._bytes = 0
        self._filled = threading.Condition()

    def put(self, unit: EncodedUnit) -> None:
        """Add one; never blocks. Pictures that cannot be decoded are left out."""
        with self._filled:
            self.heard += 1
            if len(self._units) >= MOST_UNITS or self._bytes > MOST_BYTES:
                self._empty()
            if unit.kind == "video":
                self.incomplete = self.incomplete and not unit.keyframe
            lacking = self.incomplete and unit.kind == "video"
            if lacking:
                self.dropped += 1
            else:
                self._units.append(unit)
                self._bytes += len(unit.data)
            self._filled.notify_all()
        if lacking:
            self.ask_keyframe()

    def take(self, timeout_s: float) -> EncodedUnit | None:
        """The oldest; None if none comes in time."""
        with self._filled:
            if not self._units:
                self._filled.wait(timeout_s)
            if not self._units:
                return None
            unit = self._units.popleft()
            self._bytes -= len(unit.data)
            return unit

    def begin(self) -> None:
        """A decoder is there: ask for a keyframe unless one waits."""
        if self.incomplete:
            self.ask_keyframe()

    def begin_anew(self) -> None:
        """A decoder has stumbled: forget what waits, and ask for a keyframe."""
        with self._filled:
            self._empty()
        self.ask_keyframe()

    def wait(self, closed: threading.Event) -> bool:
        """Wait until somebody publishes; True if `closed` was set before."""
        with self._filled:
            self._empty()
            heard = self.heard
            while not closed.is_set() and self.heard == heard:
                self._filled.wait(LOOK_S)
        return closed.is_set()

    @property
    def behind(self) -> bool:
        """Whether units come faster than they are taken."""
        return len(self._units) >= BEHIND_UNITS

    def _empty(self) -> None:
        self.dropped += sum(unit.kind == "video" for unit in self._units)
        self._units.clear()
        self._bytes, self.incomplete = 0, True


class PublishedFeed:
    """The frames of a published camera: a `vrlive.capture.feeds.Feed`."""

    def __init__(self, config: CameraConfig, mailbox: Mailbox) -> None:
        self._config, self._mailbox = config, mailbox
        self._lost = mailbox.dropped
        self._late = 0
        self._fed = 0  # pictures, to the decoder, since it last gave one
        self._pictures, self._sounds = _h264(), _opus()
        self._normaliser, self._sound_normaliser = Normaliser(), SoundNormaliser()
        mailbox.begin()

    @property
    def dropped(self) -> int:
        """Pictures that were lost here."""
        return self._late + self._mailbox.dropped - self._lost

    def items(self, closed: threading.Event) -> Iterator[Frame | Sound]:
        """See `Feed`."""
        shown_s, patience_s, heard = now_s(), self._config.open_timeout_s, self._mailbox.heard
        while not closed.is_set():
            unit = self._mailbox.take(LOOK_S)
            for item in self._decoded(unit) if unit else ():
                if isinstance(item, Frame):
                    shown_s, patience_s, heard = now_s(), self._config.read_timeout_s, self._mailbox.heard
                    self._fed = 0
                yield item
            if now_s() - shown_s > patience_s:
                raise CaptureError(self._silence(heard))

    def close(self) -> None:
        """See `Feed`."""

    def _silence(self, heard: int) -> str:
        """Why no picture has come since so many units were heard of."""
        if self._mailbox.heard == heard:
            return f"nobody publishes it: /whip/<channel>/{self._config.name}"
        return "what is published is not video that can be read" if self._fed else "what is published has no keyframe"

    def _decoded(self, unit: EncodedUnit) -> Iterator[Frame | Sound]:
        packet = av.Packet(unit.data)
        packet.pts = packet.dts = round(unit.captured_s / MICROSECOND)
        packet.time_base = MICROSECOND
        if unit.kind == "audio":
            yield from self._sound(packet)
        else:
            yield from self._picture(packet)

    def _picture(self, packet: "av.Packet[Any]") -> Iterator[Frame]:
        self._fed += 1
        try:
            frames = self._pictures.decode(packet)
        except av.error.InvalidDataError:
            self._mailbox.begin_anew()
            return
        for frame in frames:
            if frame.pts is None or self._mailbox.behind:
                self._late += 1
            else:
                yield Frame(self._normaliser.run(frame), frame.pts, MICROSECOND, float(frame.pts * MICROSECOND))

    def _sound(self, packet: "av.Packet[Any]") -> Iterator[Sound]:
        with suppress(av.error.InvalidDataError):  # the next packet is sound again
            for frame in self._sounds.decode(packet):
                for captured_s, samples in self._sound_normaliser.run(frame):
                    yield Sound(samples, captured_s)


def _h264() -> VideoCodecContext:
    codec = CodecContext.create("h264", "r")
    assert isinstance(codec, VideoCodecContext)
    codec.thread_type, codec.thread_count = "SLICE", THREADS
    codec.options = {"max_pixels": str(LARGEST_PX), "flags": "low_delay"}
    return codec


def _opus() -> AudioCodecContext:
    codec = CodecContext.create("libopus", "r")
    assert isinstance(codec, AudioCodecContext)
    codec.sample_rate, codec.layout = 48_000, "stereo"
    return codec
