"""One channel's HLS: all its renditions, cut at the same pictures while somebody asks for any of them, or always."""

import asyncio
import secrets
import time
from collections.abc import Set
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from streaming.access_unit import AccessUnit
from streaming.hls.packer import Packer
from streaming.hls.replay import Replay
from streaming.hls.window import LEAST_S, Cuts, Window, target_s
from streaming.hub import Channel
from streaming.sink import Sink
from streaming.spherical import Marks
from streaming.stream import KEYFRAME_PAUSE_S, VideoStream
from vrlive import clock
from vrlive.config import HlsConfig
from vrlive.units import VIDEO_CLOCK_HZ

TICK_S = 1.0
IDLE_S: Final = 30.0  # after the last request it goes on so long: players that stumble shall find what they had
SECRET_BYTES: Final = 12  # of each name: nobody guesses 96 bits, and none is used twice
READY: Final = 2  # segments; players do not begin with fewer
READY_S: Final = 10.0
ABSENT_S: Final = 2.0  # a rendition of which nothing comes for so long holds up no others
END_S: Final = 5.0
YEAR_2025_UNIX_S: Final = 1_735_689_600  # numbers count from here, or they would have more than 31 bits: hls.js stands still (measured)


@dataclass(slots=True, eq=False)
class HlsRendition:
    """A rendition, what can be played of it, whether that is enough to begin with, and when its newest picture came."""

    stream: VideoStream
    window: Window
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    came_s: float = float("-inf")

    @property
    def name(self) -> str:
        """Its size."""
        return self.stream.rung.name


class HlsChannel:
    """The renditions of a channel that are offered.

    Parameters
    ----------
    channel
        What is cut.
    fps
        Its nominal frame rate.
    config
        Whether, when and how much.
    marks
        What to say of the pictures.
    replay
        The recording of the newest show, where viewers may watch it.
    """

    def __init__(self, channel: Channel, fps: float, config: HlsConfig, marks: Marks, replay: Replay | None = None) -> None:
        self.channel, self.fps, self.config, self.replay = channel, fps, config, replay
        self.bytes_sent = 0
        self._all = {
            n: HlsRendition(channel.streams[n], Window(target_s(fps), config.dvr_s, lambda: secrets.token_urlsafe(SECRET_BYTES)))
            for n in channel.ladder("burned")
        }
        windows, first_number = {n: each.window for n, each in self._all.items()}, int((time.time() - YEAR_2025_UNIX_S) / LEAST_S)
        self._packer = Packer(windows, fps, marks, self._members, first_number)
        self._cuts = Cuts(fps)
        self._sink: Sink | None = None
        self._dropped = 0  # by sinks that have ended
        self._asked_s = self._keyframes_asked_s = float("-inf")
        self._awaited = set[int]()  # renditions whose first picture has not come
        self._woken = asyncio.Event()

    @property
    def renditions(self) -> list[HlsRendition]:
        """Those that the engine encodes if they are asked for, the largest first."""
        return [each for each in self._all.values() if each.stream.offered]

    @property
    def window(self) -> Window:
        """Of the largest."""
        return self._all[0].window

    @property
    def active(self) -> bool:
        """Whether they are being cut."""
        return self._sink is not None

    @property
    def dropped(self) -> int:
        """Pictures and packets of sound that were left out because this machine is too slow."""
        return self._dropped + (self._sink.dropped if self._sink else 0)

    @property
    def window_s(self) -> float:
        """How far players can go back."""
        return self.window.duration_s

    def find(self, name: str) -> HlsRendition | None:
        """The rendition of this name."""
        return next((each for each in self.renditions if each.name == name), None)

    def ask(self) -> None:
        """Note that somebody asks."""
        self._asked_s = clock.now_s()
        self._woken.set()

    async def ready(self, rendition: HlsRendition) -> bool:
        """Note that somebody asks, and wait until there is something of a rendition to play; False if there is nothing for long."""
        self.ask()
        with suppress(TimeoutError):
            async with asyncio.timeout(READY_S):
                await rendition.ready.wait()
        return rendition.ready.is_set()

    async def run(self) -> None:
        """Begin and end the cutting, until cancelled."""
        try:
            while True:
                wanted = self.config.always or clock.now_s() - self._asked_s < IDLE_S
                if wanted and self._sink is None:
                    self._open()
                elif not wanted:
                    await self._close()
                self._woken.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(TICK_S):  # wait_for of Python 3.11 may lose a cancellation
                        await self._woken.wait()
        finally:
            await self._close()

    def _open(self) -> None:
        now_s = clock.now_s()
        for each in self._all.values():
            each.came_s = now_s
        self._awaited = {*self._members()}
        self._sink = Sink(f"hls {self.channel.name}", self.channel, self._packer, renditions=[*self._all])
        self._sink.open(now_s)
        self.channel.tap(self._steer, now_s, renditions=[*self._all])

    async def _close(self) -> None:
        if self._sink is None:
            return
        self.channel.untap(self._steer)
        await asyncio.to_thread(self._sink.close(), END_S)
        for each in self._all.values():
            each.ready.clear()
            each.window.clear()
        self._dropped += self._sink.dropped
        self._sink = None

    def _members(self) -> Set[int]:
        """The renditions that are cut now; asked by the sink's thread, too."""
        since_s = clock.now_s() - ABSENT_S
        return {n for n, each in self._all.items() if each.stream.offered and each.came_s > since_s}

    def _steer(self, unit: AccessUnit) -> None:
        """Ask for keyframes where a segment shall end, and see whether players can begin."""
        if unit.kind != "video":
            return
        now_s, time_s = clock.now_s(), unit.pts / VIDEO_CLOCK_HZ
        shown = self._all[unit.rendition]
        shown.came_s = now_s
        if shown.window.count >= READY:
            shown.ready.set()
        members, complete = self._members(), self._awaited == {unit.rendition}
        self._awaited.discard(unit.rendition)
        if unit.keyframe and self._cuts.begins(time_s, unit.rendition, members):
            return
        if self._cuts.due(time_s) and (complete or now_s - self._keyframes_asked_s >= KEYFRAME_PAUSE_S):
            self._keyframes_asked_s = now_s
            self.channel.ask_keyframes(sorted(members), now_s)
