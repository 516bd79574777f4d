"""Where a camera's frames come from: a file in real time, a still picture again and again, or a live stream."""

import threading
from collections.abc import Generator, Iterator
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Protocol

import av

from vrlive.capture.normalise import Normaliser
from vrlive.capture.opening import decoded, device_options, in_words, open_input, redacted
from vrlive.capture.playback import DueSound, Playback, in_due_order
from vrlive.capture.sound import SoundNormaliser
from vrlive.capture.stills import read_picture
from vrlive.capture_clock import CaptureClock
from vrlive.clock import now_s
from vrlive.config import CameraConfig
from vrlive.errors import CaptureError
from vrlive.frames import Frame, Sound
from vrlive.units import VIDEO_CLOCK_HZ

LATE_S = 0.2  # a frame that is delivered so late is of no use: it is dropped, and the next may be in time
REST = 0.4  # of a frame: for so long a picture that was just delivered has the cores for itself, before the next is decoded
LOST_S = 10.0  # a file that lags by so much (the machine slept) goes on from where it should be
HOPELESS_S = 2.0  # a live backlog this long is worked off by decoding keyframes alone
WAITED_S = 0.002  # a read that took longer had to wait for the network: there is no backlog


class Feed(Protocol):
    """One opened source. It raises `CaptureError` when it fails, and ends when there is no more to come."""

    @property
    def dropped(self) -> int:
        """Pictures that were too late to be delivered."""

    def items(self, closed: threading.Event) -> Iterator[Frame | Sound]:
        """Frames and sound, each at the time it is due or arrives; ends early once `closed` is set."""
        ...

    def close(self) -> None:
        """Let go of the source."""
        ...


class FileFeed:
    """A video file, played in real time."""

    def __init__(self, config: CameraConfig, epoch_s: float, *, ambisonics: bool = False) -> None:
        self.dropped = 0
        self._config, self._epoch_s, self._ambisonics = config, epoch_s, ambisonics
        self._source = open_input(config.url, config.open_timeout_s, config.read_timeout_s)
        self._normaliser = Normaliser()

    def items(self, closed: threading.Event) -> Iterator[Frame | Sound]:
        """See `Feed`."""
        with in_words(self._config.url, self._config.read_timeout_s):
            playback = Playback(self._source, self._epoch_s, loop=self._config.loop, ambisonics=self._ambisonics)
            if self._config.loop and not playback.frames:
                raise CaptureError(f"{self._config.url}: holds no picture")
            while (yield from self._play(playback, closed)):
                pass

    def close(self) -> None:
        """See `Feed`."""
        self._source.close()

    def _play(self, playback: Playback, closed: threading.Event) -> Generator[Frame | Sound, None, bool]:
        """Play on from now; returns whether it got lost in time and has to be called again."""
        for due in in_due_order(playback.items(now_s())):
            late_s = now_s() - due.due_s
            if closed.is_set() or late_s > LOST_S:
                return not closed.is_set()
            if isinstance(due, DueSound):
                item: Frame | Sound = due.sound
            elif late_s > LATE_S:
                self.dropped += 1
                continue
            else:
                item = Frame(self._normaliser.run(due.frame), due.number, 1 / playback.fps, due.due_s)
            if closed.wait(max(0.0, due.due_s - now_s())):
                return False
            yield item
            if isinstance(item, Frame):
                closed.wait(max(0.0, due.due_s + float(REST / playback.fps) - now_s()))
        return False


class StillFeed:
    """A still picture, delivered again and again, or once."""

    def __init__(self, config: CameraConfig, epoch_s: float, fps: float) -> None:
        self.dropped = 0
        self._epoch_s, self._loop = epoch_s, config.loop
        self._fps = Fraction(fps).limit_denominator(1001)
        self._picture = read_picture(Path(config.url))

    def items(self, closed: threading.Event) -> Iterator[Frame | Sound]:
        """See `Feed`."""
        first = max(0, int((now_s() - self._epoch_s) * self._fps)) if self._loop else 0
        for number in count(first) if self._loop else [0]:
            due_s = self._epoch_s + float(number / self._fps)
            late_s = now_s() - due_s
            if self._loop and late_s > LATE_S:
                self.dropped += 1
                continue
            if closed.wait(max(0.0, -late_s)):
                return
            yield Frame(self._picture, number, 1 / self._fps, due_s)

    def close(self) -> None:
        """See `Feed`."""


class LiveFeed:
    """A camera or stream that sets the pace itself."""

    def __init__(self, config: CameraConfig, *, ambisonics: bool = False) -> None:
        self.dropped = 0
        self._config = config
        self._source = open_input(config.url, config.open_timeout_s, config.read_timeout_s, device_options(config))
        self._video = self._source.streams.video[0]
        self._normaliser, self._sounds = Normaliser(), SoundNormaliser(ambisonics=ambisonics)
        self._clock = CaptureClock()

    def items(self, closed: threading.Event) -> Iterator[Frame | Sound]:
        """See `Feed`."""
        streams = [self._video, *self._source.streams.audio[:1]]
        with in_words(self._config.url, self._config.read_timeout_s):
            asked_s = now_s()
            for packet in self._source.demux(streams):
                arrived_s = now_s()
                for frame in decoded(packet):
                    if isinstance(frame, av.VideoFrame):
                        yield from self._picture(frame, arrived_s, backlog=arrived_s - asked_s < WAITED_S)
                    elif isinstance(frame, av.AudioFrame):
                        yield from self._sound(frame)
                if closed.is_set():
                    return
                asked_s = now_s()
        raise CaptureError(f"{redacted(self._config.url)}: the stream has ended")

    def close(self) -> None:
        """See `Feed`."""
        self._source.close()

    def _picture(self, frame: av.VideoFrame, arrived_s: float, *, backlog: bool) -> Iterator[Frame]:
        """The frame in the house format; none while older frames than this one should be were still waiting to be read."""
        if frame.pts is None or frame.time_base is None:
            frame.pts, frame.time_base = round(arrived_s * VIDEO_CLOCK_HZ), Fraction(1, VIDEO_CLOCK_HZ)
        captured_s = self._clock.instant(float(frame.pts * frame.time_base), arrived_s)
        late_s = now_s() - captured_s
        self._video.codec_context.skip_frame = "NONKEY" if backlog and late_s > HOPELESS_S else "DEFAULT"
        if backlog and late_s > LATE_S:
            self.dropped += 1
        else:
            yield Frame(self._normaliser.run(frame), frame.pts, frame.time_base, captured_s)

    def _sound(self, frame: av.AudioFrame) -> Iterator[Sound]:
        """Sound by the picture's clock; none before the first picture."""
        for pts_s, samples in self._sounds.run(frame):
            captured_s = self._clock.known_instant(pts_s)
            if captured_s is not None:
                yield Sound(samples, captured_s)
