"""What takes a channel's pictures whole: a thread that may be slow, or wait for a disk, without holding up any viewer."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from streaming.access_unit import AccessUnit
from streaming.hub import Channel
from streaming.sound_format import STEREO, SoundFormat

QUEUE_BYTES: Final = 48 * 1024 * 1024  # a minute at 6 Mbit/s: longer than a disk that will ever answer takes
REST_S: Final = 0.1  # the thread wakes so often, not for every packet

log = logging.getLogger("streaming.sink")


class Work(Protocol):
    """What a sink's thread does."""

    def take(self, unit: AccessUnit) -> None:
        """Take one picture or packet of sound; pictures may be missing, but for those up to the next keyframe of their rendition."""

    def close(self) -> None:
        """End what was begun."""


class Sink:
    """A thread on a channel's tap.

    Parameters
    ----------
    name
        Of the thread, and in logs.
    channel
        What is tapped while the sink is open. `open` and `close` belong to the event loop.
    work
        What is done with the units, all of it on the thread.
    sound
        Which form of the sound it takes.
    renditions
        Which renditions of the picture it takes, 0 for the largest.
    queue_bytes
        When more than that waits, everything up to the next keyframe of each rendition for which there is room is left out.
    """

    def __init__(
        self,
        name: str,
        channel: Channel,
        work: Work,
        queue_bytes: int = QUEUE_BYTES,
        sound: SoundFormat = STEREO,
        renditions: Sequence[int] = (0,),
    ) -> None:
        self.dropped = 0  # pictures and packets of sound
        self._sound, self._renditions = sound, renditions
        self._name, self._channel, self._work, self._limit = name, channel, work, queue_bytes
        self._queue: deque[AccessUnit] = deque()
        self._waiting_bytes, self._closed = 0, False
        self._broken = set[int]()  # renditions that go on at a keyframe
        self._last_fault = ""
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def open(self, now_s: float) -> None:
        """Begin."""
        self._thread.start()
        self._channel.tap(self.take, now_s, self._sound, self._renditions)

    def take(self, unit: AccessUnit) -> None:
        """Put a unit into the queue; called on the event loop."""
        with self._lock:
            if self._waiting_bytes + len(unit.data) > self._limit:
                self._break_off()
            elif unit.kind == "video" and unit.keyframe:
                self._broken.discard(unit.rendition)
            if unit.rendition in self._broken if unit.kind == "video" else self._broken:
                self.dropped += 1
                return
            self._queue.append(unit)
            self._waiting_bytes += len(unit.data)

    def close(self) -> Callable[[float], None]:
        """End the tap, and let the thread work off what waits; what is returned waits for it, and may be called on another thread."""
        self._channel.untap(self.take)
        self._closed = True
        self._wake.set()
        return self._thread.join

    def _break_off(self) -> None:
        if not self._broken:
            log.warning("%s: cannot keep up; what comes until it has caught up is left out there, and nowhere else", self._name)
        self._broken = set(self._renditions)

    def _run(self) -> None:
        while not self._closed or self._queue:
            self._wake.wait(REST_S)
            while (unit := self._next()) is not None:
                self._guarded(lambda unit=unit: self._work.take(unit))  # type: ignore[misc]  # mypy sees no default
        self._guarded(self._work.close)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as fault:
            if str(fault) != self._last_fault:
                self._last_fault = str(fault)
                log.exception("%s failed", self._name)

    def _next(self) -> AccessUnit | None:
        with self._lock:
            if not self._queue:
                return None
            unit = self._queue.popleft()
            self._waiting_bytes -= len(unit.data)
            return unit
