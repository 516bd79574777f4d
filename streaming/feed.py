"""What waits for one viewer: a bounded queue of shared access units."""

import asyncio
from collections import deque

from streaming.access_unit import AccessUnit
from vrlive.frames import SOUND_RATE_HZ
from vrlive.units import VIDEO_CLOCK_HZ

BEHIND_S = 1.5  # a viewer this far behind would rather see the present
VIDEO_BYTES = 8 * 1024 * 1024  # a cached group of pictures must fit, whatever its length
SOUND_BEHIND_S = 0.5


class VideoFeed:
    """Pictures for one viewer. One that falls behind loses what waits and goes on at the next keyframe, at nobody else's cost."""

    def __init__(self) -> None:
        self.dropped = self.bytes_taken = 0
        self._queue: deque[AccessUnit] = deque()
        self._bytes = 0
        self._need_keyframe = True
        self._filled = asyncio.Event()

    def put(self, unit: AccessUnit) -> None:
        """Queue one picture, or drop it while waiting for a keyframe."""
        if self._is_behind(unit):
            self._clear()
        if self._need_keyframe and not unit.keyframe:
            self.dropped += 1
            return
        self._need_keyframe = False
        self._queue.append(unit)
        self._bytes += len(unit.data)
        self._filled.set()

    async def take(self) -> AccessUnit:
        """The next picture; waits for it."""
        while not self._queue:
            self._filled.clear()
            await self._filled.wait()
        unit = self._queue.popleft()
        self._bytes -= len(unit.data)
        self.bytes_taken += len(unit.data)
        return unit

    @property
    def waiting(self) -> int:
        """Pictures in the queue."""
        return len(self._queue)

    def _is_behind(self, unit: AccessUnit) -> bool:
        late = bool(self._queue) and unit.pts - self._queue[0].pts > BEHIND_S * VIDEO_CLOCK_HZ
        return late or self._bytes + len(unit.data) > VIDEO_BYTES

    def _clear(self) -> None:
        self.dropped += len(self._queue)
        self._queue.clear()
        self._bytes, self._need_keyframe = 0, True


class SoundFeed:
    """Sound for one viewer: the oldest packets go when too many wait."""

    def __init__(self) -> None:
        self.dropped = self.bytes_taken = 0
        self._queue: deque[AccessUnit] = deque()
        self._filled = asyncio.Event()

    def put(self, unit: AccessUnit) -> None:
        """Queue one packet."""
        self._queue.append(unit)
        while unit.pts - self._queue[0].pts > SOUND_BEHIND_S * SOUND_RATE_HZ:
            self._queue.popleft()
            self.dropped += 1
        self._filled.set()

    async def take(self) -> AccessUnit:
        """The next packet; waits for it."""
        while not self._queue:
            self._filled.clear()
            await self._filled.wait()
        unit = self._queue.popleft()
        self.bytes_taken += len(unit.data)
        return unit

    @property
    def waiting(self) -> int:
        """Packets in the queue."""
        return len(self._queue)
