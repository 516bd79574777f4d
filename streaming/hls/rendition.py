"""One rendition's segments: they are cut while somebody asks for them, or always."""

import asyncio
import secrets
import time
from contextlib import suppress
from typing import Final

from streaming.access_unit import AccessUnit
from streaming.hls.packer import Packer
from streaming.hls.window import LEAST_S, Cuts, Window, target_s
from streaming.hub import Channel
from streaming.sink import Sink
from streaming.spherical import Marks
from vrlive import clock
from vrlive.units import VIDEO_CLOCK_HZ

IDLE_S: Final = 30.0  # after the last request it goes on so long: players that stumble shall find what they had
SECRET_BYTES: Final = 12  # of each name: nobody guesses 96 bits, and none is used twice
READY: Final = 2  # segments; players do not begin with fewer
READY_S: Final = 10.0
END_S: Final = 5.0
YEAR_2025_UNIX_S: Final = 1_735_689_600  # numbers count from here, or they would have more than 31 bits: hls.js stands still (measured)


class HlsRendition:
    """The segments of one of a channel's renditions, and the thread that cuts them.

    Parameters
    ----------
    channel, rendition
        What is cut; 0 is the largest.
    fps
        Nominal frame rate.
    dvr_s
        How far back players can go.
    marks
        What to say of the pictures.
    always
        Whether it is cut though nobody asks.
    """

    def __init__(self, channel: Channel, rendition: int, fps: float, dvr_s: float, marks: Marks, *, always: bool) -> None:
        self.channel, self.rendition, self.fps, self.always = channel, rendition, fps, always
        first_number = int((time.time() - YEAR_2025_UNIX_S) / LEAST_S)
        self.window = Window(target_s(fps), dvr_s, first_number, lambda: secrets.token_urlsafe(SECRET_BYTES))
        self.woken = asyncio.Event()
        self._marks = marks
        self._sink: Sink | None = None
        self._dropped = 0  # by sinks that have ended
        self._cuts = Cuts(fps)
        self._asked_s = float("-inf")
        self._ready = asyncio.Event()

    @property
    def name(self) -> str:
        """Its size."""
        return self.channel.streams[self.rendition].rung.name

    @property
    def active(self) -> bool:
        """Whether it is being cut."""
        return self._sink is not None

    @property
    def dropped(self) -> int:
        """Pictures and packets of sound that were left out because this machine is too slow."""
        return self._dropped + (self._sink.dropped if self._sink else 0)

    def ask(self) -> None:
        """Note that somebody asks."""
        self._asked_s = clock.now_s()
        self.woken.set()

    async def ready(self) -> bool:
        """Note that somebody asks, and wait until there is something to play; False if there is nothing for long."""
        self.ask()
        with suppress(TimeoutError):
            async with asyncio.timeout(READY_S):
                await self._ready.wait()
        return self._ready.is_set()

    async def follow(self) -> None:
        """Begin cutting, or end it, as it is wanted now."""
        wanted = self.always or clock.now_s() - self._asked_s < IDLE_S
        if wanted and self._sink is None:
            self._open()
        elif not wanted and self._sink is not None:
            await self.close()

    async def close(self) -> None:
        """End the cutting, if there is any."""
        if self._sink is None:
            return
        self.channel.untap(self._steer)
        await asyncio.to_thread(self._sink.close(), END_S)
        self._ready.clear()
        self.window.clear()
        self._dropped += self._sink.dropped
        self._sink = None

    def _open(self) -> None:
        now_s, packer = clock.now_s(), Packer(self.window, self.fps, self._marks)
        self._sink = Sink(f"hls {self.channel.name} {self.name}", self.channel, packer, rendition=self.rendition)
        self._sink.open(now_s)
        self.channel.tap(self._steer, now_s, rendition=self.rendition)

    def _steer(self, unit: AccessUnit) -> None:
        """Ask for a keyframe where a segment shall end, and see whether players can begin."""
        if self.window.count >= READY:
            self._ready.set()
        if unit.kind != "video":
            return
        time_s = unit.pts / VIDEO_CLOCK_HZ
        if not (unit.keyframe and self._cuts.begins(time_s)) and self._cuts.due(time_s):
            self.channel.streams[self.rendition].ask_keyframe(clock.now_s())
