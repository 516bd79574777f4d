"""One channel's HLS: it is cut while somebody asks for it, or always."""

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
from vrlive.config import HlsConfig
from vrlive.units import VIDEO_CLOCK_HZ

IDLE_S: Final = 30.0  # after the last request it goes on so long: players that stumble shall find what they had
TICK_S: Final = 1.0
SECRET_BYTES: Final = 12  # of each name: nobody guesses 96 bits, and none is used twice
READY: Final = 2  # segments; players do not begin with fewer
READY_S: Final = 10.0
END_S: Final = 5.0
YEAR_2025_UNIX_S: Final = 1_735_689_600  # numbers count from here, or they would have more than 31 bits: hls.js stands still (measured)


class HlsChannel:
    """The segments of a channel's largest rendition, and the thread that cuts them.

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
    """

    def __init__(self, channel: Channel, fps: float, config: HlsConfig, marks: Marks) -> None:
        self.channel, self.fps, self.config = channel, fps, config
        first_number = int((time.time() - YEAR_2025_UNIX_S) / LEAST_S)
        self.window = Window(target_s(fps), config.dvr_s, first_number, lambda: secrets.token_urlsafe(SECRET_BYTES))
        self.bytes_sent = 0
        self._marks = marks
        self._sink: Sink | None = None
        self._dropped = 0  # by sinks that have ended
        self._cuts = Cuts(fps)
        self._asked_s = float("-inf")
        self._woken, self._ready = asyncio.Event(), asyncio.Event()

    @property
    def name(self) -> str:
        """Of the rendition."""
        return self.channel.streams[0].rung.name

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
        self._woken.set()

    async def ready(self) -> bool:
        """Note that somebody asks, and wait until there is something to play; False if there is nothing for long."""
        self.ask()
        with suppress(TimeoutError):
            async with asyncio.timeout(READY_S):
                await self._ready.wait()
        return self._ready.is_set()

    async def run(self) -> None:
        """Begin and end the cutting, until cancelled."""
        try:
            while True:
                wanted = self.config.always or clock.now_s() - self._asked_s < IDLE_S
                if wanted and self._sink is None:
                    self._open()
                elif not wanted and self._sink is not None:
                    await self._close()
                self._woken.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(TICK_S):  # wait_for of Python 3.11 may lose a cancellation
                        await self._woken.wait()
        finally:
            if self._sink is not None:
                await self._close()

    def _open(self) -> None:
        now_s = clock.now_s()
        self._sink = Sink(f"hls {self.channel.name}", self.channel, Packer(self.window, self.fps, self._marks))
        self._sink.open(now_s)
        self.channel.tap(self._steer, now_s)

    async def _close(self) -> None:
        assert self._sink
        self.channel.untap(self._steer)
        await asyncio.to_thread(self._sink.close(), END_S)
        self._ready.clear()
        self.window.clear()
        self._dropped += self._sink.dropped
        self._sink = None

    def _steer(self, unit: AccessUnit) -> None:
        """Ask for a keyframe where a segment shall end, and see whether players can begin."""
        if self.window.count >= READY:
            self._ready.set()
        if unit.kind != "video":
            return
        time_s = unit.pts / VIDEO_CLOCK_HZ
        if not (unit.keyframe and self._cuts.begins(time_s)) and self._cuts.due(time_s):
            self.channel.streams[0].ask_keyframe(clock.now_s())
