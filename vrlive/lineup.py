"""The channels on air, as their files say; read again on demand while viewers watch."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence, ValuesView
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from streaming.hls import HlsChannel
from streaming.hub import Channel
from streaming.intake import Intake
from vrlive.api.models import ReloadReport, ReloadState
from vrlive.broadcast import Broadcast
from vrlive.channels import FileMarks, file_marks, prepare
from vrlive.config import ChannelConfig
from vrlive.errors import UserError
from vrlive.records import Records

log = logging.getLogger("vrlive.lineup")


class Lineup(Mapping[str, Broadcast]):
    """Channels by name, in the order of the list. An asynchronous context: on air inside, their engines ended outside.

    Parameters
    ----------
    channels
        What to begin with.
    read
        Reads the files again; called on a thread.
    wake, records
        As of `Broadcast`.

    Attributes
    ----------
    hubs, hls, intakes
        Their hubs, their HLS if they have any, and where their published cameras come in, by name; the same mappings for good.
    farewell
        Called with the hub of a channel that is taken off the air: tells its viewers and ends their sessions.
    reloads
        How many there were, and what became of the last.
    """

    def __init__(
        self,
        channels: Sequence[ChannelConfig],
        read: Callable[[], Sequence[ChannelConfig]],
        wake: Callable[[], None] = lambda: None,
        records: Records | None = None,
    ) -> None:
        self._read, self._wake, self._records = read, wake, records
        self._on_air = {
            channel.name: Broadcast(channel, wake, records) for channel in channels
        }  # replaced, never changed: other threads iterate
        self.hubs: dict[str, Channel] = {}
        self.hls: dict[str, HlsChannel] = {}
        self.intakes: dict[str, Intake] = {}
        self._tell()
        self.farewell: Callable[[Channel], Awaitable[None]] = _say_nothing
        self.reloads = ReloadState()
        self._turn = asyncio.Lock()

    def __getitem__(self, name: str) -> Broadcast:
        return self._on_air[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._on_air)

    def __len__(self) -> int:
        return len(self._on_air)

    def values(self) -> ValuesView[Broadcast]:
        """The channels that are on air at this moment."""
        return self._on_air.values()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as begun:  # if one cannot begin, those before it end
            for broadcast in self.values():
                await begun.enter_async_context(broadcast)
            begun.pop_all()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        await asyncio.gather(*(broadcast.__aexit__(kind, fault, trace) for broadcast in self.values()))

    async def reload(self) -> ReloadReport:
        """Read the channels' files again, and become what they say: all of it or, if there is a fault anywhere, nothing.

        Raises
        ------
        UserError
            If a file has a fault, or a channel cannot become what its file says while it is on air.
        """
        async with self._turn:
            try:
                report = await self._reload()
            except UserError as fault:
                self.reloads = self._noted(refused=self.reloads.refused + 1, fault=str(fault))
                log.warning("nothing is changed: %s", fault)
                raise
            self.reloads = self._noted(done=self.reloads.done + 1, fault="")
        log.info("channels read again: %s", _in_words(report))
        return report

    def shows(self, model: Path) -> str | None:
        """The channel that shows the model of a path; None: none does."""
        return next((name for name, broadcast in self._on_air.items() if broadcast.show.shows(model)), None)

    def words(self) -> str:
        """How all are, in one line for people."""
        states = [each.state() for each in self.values()]
        shown = ", ".join(f"{state.name} {state.state}" for state in states)
        refused = f"; reload refused: {self.reloads.fault}" if self.reloads.fault else ""
        return f"{shown}; {sum(state.viewers for state in states)} viewers{refused}"

    async def _reload(self) -> ReloadReport:
        found = await asyncio.to_thread(self._read_all)
        added = [name for name in found if name not in self]
        for name in found.keys() - set(added):
            self[name].check_change(found[name][0])
        fresh = await self._made([found[name][0] for name in added])
        removed = [name for name in self if name not in found]
        for broadcast in fresh.values():
            await broadcast.__aenter__()
        leaving = [self[name] for name in removed]
        self._on_air = {name: fresh.get(name) or self[name] for name in found}
        self._tell()
        await asyncio.gather(*map(self._take_off, leaving))
        stayed = [name for name in found if name not in fresh]
        became = await asyncio.gather(*(self[name].change(*found[name]) for name in stayed))
        self._tell()
        report = ReloadReport(added=added, removed=removed)
        for name, change in zip(stayed, became, strict=True):
            getattr(report, change).append(name)
        return report

    def _read_all(self) -> dict[str, tuple[ChannelConfig, FileMarks]]:
        channels = self._read()
        prepare(channels)
        return {channel.name: (channel, file_marks(channel)) for channel in channels}

    async def _made(self, configs: Sequence[ChannelConfig]) -> dict[str, Broadcast]:
        made: dict[str, Broadcast] = {}
        try:
            for config in configs:
                made[config.name] = Broadcast(config, self._wake, self._records)
        except UserError:
            for broadcast in made.values():
                await broadcast.__aexit__(None, None, None)
            raise
        return made

    async def _take_off(self, broadcast: Broadcast) -> None:
        await self.farewell(broadcast.hub)
        await broadcast.__aexit__(None, None, None)

    def _tell(self) -> None:
        for told in (self.hubs, self.hls, self.intakes):
            told.clear()
        self.hubs.update({name: broadcast.hub for name, broadcast in self._on_air.items()})
        self.hls.update({name: broadcast.outlets.hls for name, broadcast in self._on_air.items() if broadcast.outlets.hls})
        self.intakes.update({name: broadcast.intake for name, broadcast in self._on_air.items()})

    def _noted(self, **changes: object) -> ReloadState:
        return self.reloads.model_copy(update={"last_unix_s": time.time(), **changes})


async def _say_nothing(_: Channel) -> None:
    """To nobody."""


def _in_words(report: ReloadReport) -> str:
    parts = [f"{what} {', '.join(names)}" for what, names in report if names and what != "unchanged"]
    return "; ".join(parts) or "nothing has changed"
