"""A file in real time, once or again and again: every picture and sound has an instant at which it is due.

Frame n, counted on over the loops, is due at ``epoch + n / fps``. So files that share an epoch stay in step for ever, and one that
starts late or falls behind skips to where it should be.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import Any

import av
from av.container import InputContainer

from vrlive.capture.opening import decoded
from vrlive.capture.sound import SoundNormaliser
from vrlive.errors import CaptureError
from vrlive.frames import SOUND_RATE_HZ, Sound

READ_AHEAD_S = 1.2  # FFmpeg reads MP4 in the file's order while sound and pictures lie less than 1 s apart in it
PIECE = SOUND_RATE_HZ // 50  # 20 ms: the longer the pieces, the longer browsers hold sound back, and its pictures with it
SEEK_EARLY_S = 1.0  # some containers (MPEG-TS) seek by decoding time, and to frames that are no keyframes


@dataclass(frozen=True, slots=True)
class DuePicture:
    """A decoded frame, not normalised yet, its number counted over the loops, and when it is due."""

    frame: av.VideoFrame
    number: int
    due_s: float


@dataclass(frozen=True, slots=True)
class DueSound:
    """Sound whose first sample is due at an instant."""

    sound: Sound

    @property
    def due_s(self) -> float:
        """Instant of the first sample."""
        return self.sound.captured_s


class Playback:
    """The contents of an opened file, with the instants at which they are due.

    Parameters
    ----------
    source
        The file; it must allow seeking to loop.
    epoch_s
        When its first frame is due.
    loop
        Whether it starts again when it ends, for ever.
    ambisonics
        See `SoundNormaliser`.
    """

    def __init__(self, source: InputContainer, epoch_s: float, *, loop: bool, ambisonics: bool = False) -> None:
        self._source, self._epoch_s, self._loop, self._ambisonics = source, epoch_s, loop, ambisonics
        self._video = source.streams.video[0]
        self._audio = source.streams.audio[0] if source.streams.audio else None
        self.fps: Fraction = self._video.average_rate or self._video.guessed_rate or Fraction(25)
        self.frames = (self._video.frames or _counted(source)) if loop else 0

    def items(self, now_s: float) -> Iterator[DuePicture | DueSound]:
        """Everything that is due from `now_s` on, in the file's order, decoded only as it is asked for."""
        number = max(0, int((now_s - self._epoch_s) * self.fps))
        first, skip = divmod(number, self.frames) if self._loop else (0, number)
        for turn in count(first) if self._loop else [0]:
            item = None
            for item in self._turn(turn, skip if turn == first else 0):
                yield item
            if item is None and turn > first:
                raise CaptureError(f"{self._source.name}: none of its frames can be decoded")

    def _turn(self, turn: int, skip: int) -> Iterator[DuePicture | DueSound]:
        """One time through the file, from frame `skip` on."""
        start = self._video.start_time or 0
        rate = self.fps * (self._video.time_base or 1)
        early = int(SEEK_EARLY_S / (self._video.time_base or 1))
        self._source.seek(start + int(skip / rate) - early, stream=self._video)
        sounds = SoundNormaliser(ambisonics=self._ambisonics)
        for packet in _in_time_order(self._source.demux([stream for stream in (self._video, self._audio) if stream])):
            for frame in decoded(packet):
                if isinstance(frame, av.VideoFrame):
                    place = round(((frame.pts or 0) - start) * rate)
                    if skip <= place and (place < self.frames or not self._loop):
                        number = turn * self.frames + place
                        yield DuePicture(frame, number, self._epoch_s + float(number / self.fps))
                elif isinstance(frame, av.AudioFrame):
                    yield from self._sounds(sounds, frame, turn, skip)

    def _sounds(self, sounds: SoundNormaliser, frame: av.AudioFrame, turn: int, skip: int) -> Iterator[DueSound]:
        """Sound in small pieces, cut where this turn begins and ends."""
        start_s = float((self._video.start_time or 0) * (self._video.time_base or 1))
        ends = round(self.frames / self.fps * SOUND_RATE_HZ) if self._loop else None
        begins = round(skip / self.fps * SOUND_RATE_HZ)
        for pts_s, samples in sounds.run(frame):
            at = round((pts_s - start_s) * SOUND_RATE_HZ)
            kept = samples[max(0, begins - at) : None if ends is None else max(0, ends - at)]
            turn_s = self._epoch_s + float(turn * self.frames / self.fps)
            for first in range(0, len(kept), PIECE):
                yield DueSound(Sound(kept[first : first + PIECE], turn_s + (max(at, begins) + first) / SOUND_RATE_HZ))


def in_due_order(items: Iterable[DuePicture | DueSound]) -> Iterator[DuePicture | DueSound]:
    """Sound that lies too early in the file waits for the pictures of its time."""
    waiting: list[tuple[float, int, DuePicture | DueSound]] = []
    for place, item in enumerate(items):
        heappush(waiting, (item.due_s, place, item))
        while isinstance(item, DuePicture) and waiting and waiting[0][0] <= item.due_s:
            yield heappop(waiting)[2]
    while waiting:
        yield heappop(waiting)[2]


def _in_time_order(packets: "Iterable[av.Packet[Any]]") -> "Iterator[av.Packet[Any]]":
    """Packets of all streams by their time, so that no sound comes long after the pictures that it belongs to."""
    waiting: list[tuple[float, int, av.Packet[Any]]] = []
    newest_s = -inf
    for place, packet in enumerate(packets):
        time_s = newest_s if packet.dts is None else float(packet.dts * (packet.time_base or 1))  # None: the end of a stream
        newest_s = max(newest_s, time_s)
        heappush(waiting, (time_s, place, packet))
        while waiting[0][0] < newest_s - READ_AHEAD_S:
            yield heappop(waiting)[2]
    while waiting:
        yield heappop(waiting)[2]


def _counted(source: InputContainer) -> int:
    """How many frames the first video stream has, by reading the whole file: a loop must not be a frame too long or too short."""
    return sum(packet.size > 0 for packet in source.demux(source.streams.video[0]))


def frame_count(source: InputContainer, fps: Fraction) -> int:
    """How many frames the first video stream has: as the file says, or about as many as its duration holds; 0 when neither is known."""
    video = source.streams.video[0]
    if video.frames:
        return int(video.frames)
    if video.duration and video.time_base:
        return round(video.duration * video.time_base * fps)
    return round(source.duration * fps / av.time_base) if source.duration else 0
