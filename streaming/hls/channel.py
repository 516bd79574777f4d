"""One channel's HLS: each of its renditions, cut while somebody asks for it; the largest always, where that is wanted."""

import asyncio
from contextlib import suppress
from typing import Final

from streaming.hls.rendition import HlsRendition
from streaming.hls.replay import Replay
from streaming.hls.window import Window
from streaming.hub import Channel
from streaming.spherical import Marks
from vrlive.config import HlsConfig

TICK_S: Final = 1.0


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
        self._woken = asyncio.Event()
        self._renditions = [
            HlsRendition(channel, n, fps, config.dvr_s, marks, always=config.always and n == 0) for n in channel.ladder("burned")
        ]
        for each in self._renditions:
            each.woken = self._woken

    @property
    def renditions(self) -> list[HlsRendition]:
        """Those that the engine encodes if they are asked for, the largest first."""
        return [each for each in self._renditions if self.channel.streams[each.rendition].offered]

    @property
    def window(self) -> Window:
        """Of the largest."""
        return self._renditions[0].window

    @property
    def active(self) -> bool:
        """Whether any is being cut."""
        return any(each.active for each in self._renditions)

    @property
    def dropped(self) -> int:
        """Pictures and packets of sound that were left out because this machine is too slow."""
        return sum(each.dropped for each in self._renditions)

    @property
    def window_s(self) -> float:
        """How far players can go back, at the best."""
        return max(each.window.duration_s for each in self._renditions)

    def find(self, name: str) -> HlsRendition | None:
        """The rendition of this name."""
        return next((each for each in self.renditions if each.name == name), None)

    async def run(self) -> None:
        """Begin and end the cutting, until cancelled."""
        try:
            while True:
                for each in self._renditions:
                    await each.follow()
                self._woken.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(TICK_S):  # wait_for of Python 3.11 may lose a cancellation
                        await self._woken.wait()
        finally:
            for each in self._renditions:
                await each.close()
