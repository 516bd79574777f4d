"""All lines of this process, moved on: who is due what, sent by the fast way or the portable one.

The fast way has a thread of its own, so that neither it nor the event loop waits for the other; lines that it cannot serve, through a TURN
server, are sent on the event loop. Both take what is due from the same `Line`.
"""

import asyncio
import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from streaming.rtp.again import Retransmitter
from streaming.rtp.fast import FastLine, FastSender, way
from streaming.rtp.line import Line, Numbers
from streaming.rtp.path import Path
from streaming.rtp.portable import PortableSender
from streaming.rtp.probe import EVERY_S, MOST, Probe
from streaming.rtp.ring import PacketRing
from vrlive import clock
from vrlive.metrics import Histogram

TICK_S: Final = 0.004  # between the bursts of a picture too large to leave at once
IDLE_S: Final = 0.25  # how often the thread looks whether it shall end
SLICE_S: Final = 0.004  # the event loop's other work waits no longer than this for portable lines
ROUND_S: Final = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.033, 0.066)  # bounds that rounds are counted by
UNIX_TO_NTP_S: Final = 2_208_988_800  # 1900 to 1970 (RFC 868)

log = logging.getLogger("streaming.rtp")


def ntp_time(unix_s: float) -> int:
    """Unix time as NTP's 32.32 fixed point (RFC 5905, section 6)."""
    return round((unix_s + UNIX_TO_NTP_S) * 2**32)


def ntp_now() -> int:
    """Now."""
    return ntp_time(clock.now_s() + clock.wall_offset_s())


class Outlet:
    """One line, and how it is sent."""

    def __init__(self, numbers: Numbers, path: Path, fast: FastLine | None) -> None:
        self.line, self.path, self.fast = Line(numbers), path, fast
        self.portable = None if fast else PortableSender(numbers, path)
        self.again = Retransmitter(numbers, path)
        self.takes_probes = numbers.rtx_payload_type > 0

    def resend(self, sequences: list[int], round_trip_s: float) -> None:
        """Answer a NACK."""
        self.again.answer(self.line, sequences, ntp_now(), clock.now_s(), round_trip_s)


class Fanout:
    """Sends to everybody. Its methods are for the event loop's thread; `start` it there.

    Parameters
    ----------
    fast
        Whether to use the fast way where it can be; see `streaming.rtp.selfcheck`.
    """

    def __init__(self, *, fast: bool) -> None:
        self.rounds = {way: Histogram(ROUND_S) for way in ("fast", "portable")}
        self._turned_s = clock.now_s()  # when the thread last began a round
        self._outlets: dict[Outlet, None] = {}  # on the event loop
        self._sender = FastSender() if fast else None
        self._thread = threading.Thread(target=self._run_fast, name="fan-out", daemon=True) if fast else None
        self._changes: deque[Callable[[], None]] = deque()
        self._fast_outlets: dict[Outlet, None] = {}  # the thread's own
        self._woken, self._stopping = threading.Event(), False
        self._portable_woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._probes: dict[Outlet, Probe] = {}
        self._probing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to send."""
        self._task = asyncio.get_running_loop().create_task(self._run_portable())
        if self._thread:
            self._thread.start()

    async def close(self) -> None:
        """Stop sending."""
        for task in filter(None, (self._task, self._probing)):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if self._thread and self._thread.is_alive():
            self._stopping = True
            self._woken.set()
            await asyncio.to_thread(self._thread.join)

    @property
    def fast(self) -> bool:
        """Whether the fast way is in use."""
        return self._sender is not None

    def alive(self, within_s: float) -> bool:
        """Whether both ways to send are at work, or ready for it: the thread has turned within this time."""
        if self._task is None or self._task.done():
            return False
        return self._thread is None or (self._thread.is_alive() and clock.now_s() - self._turned_s < within_s)

    def add(self, numbers: Numbers, path: Path, ring: PacketRing) -> Outlet:
        """Begin a line to a viewer, with the newest group of pictures of a ring."""
        fast = FastLine(numbers, path) if self._sender and path.socket is not None else None
        outlet = Outlet(numbers, path, fast)
        outlet.line.follow(ring)
        if fast:
            self._change(lambda: self._fast_outlets.setdefault(outlet, None))
        else:
            self._outlets[outlet] = None
        self.wake()
        return outlet

    def remove(self, outlet: Outlet) -> None:
        """End a line."""
        outlet.takes_probes = False
        self._probes.pop(outlet, None)
        if outlet.fast:
            self._change(lambda: self._forget(outlet))
        else:
            self._outlets.pop(outlet, None)

    def change(self, outlet: Outlet, ring: PacketRing) -> None:
        """Let a line go on with another rendition."""
        if outlet.fast:
            self._change(lambda: outlet.line.change_to(ring))
        else:
            outlet.line.change_to(ring)

    def probe(self, outlet: Outlet, octets_s: float) -> bool:
        """Fill up what a line is sent to this rate, until told another; 0: no more. False if too many lines are probed already."""
        if not octets_s or not outlet.takes_probes:
            self._probes.pop(outlet, None)
            return True
        if outlet not in self._probes:
            if len(self._probes) >= MOST:
                return False
            self._probes[outlet] = Probe(outlet.line, outlet.again, clock.now_s())
        self._probes[outlet].octets_s = octets_s
        if self._probing is None or self._probing.done():
            self._probing = asyncio.get_running_loop().create_task(self._run_probes())
        return True

    def reroute(self, outlet: Outlet, path: Path) -> None:
        """ICE has chosen another way to the viewer."""
        outlet.path.take_over(path)
        if (fast := outlet.fast) and path.socket is not None:
            new = way(path)
            self._change(lambda: fast.go(new) if outlet in self._fast_outlets else os.close(new.socket))

    def wake(self) -> None:
        """Something was appended to a ring."""
        self._woken.set()
        if self._outlets:
            self._portable_woken.set()

    def _change(self, what: Callable[[], object]) -> None:
        """Do something between two rounds of the thread."""
        self._changes.append(lambda: (what(), None)[1])
        self._woken.set()

    def _forget(self, outlet: Outlet) -> None:
        if self._fast_outlets.pop(outlet, self) is None and outlet.fast:
            outlet.fast.close()

    def _run_fast(self) -> None:
        while not self._stopping:
            self._woken.clear()
            self._turned_s = clock.now_s()
            while self._changes:
                self._changes.popleft()()
            waiting = self._send_fast()
            self._woken.wait(TICK_S if waiting else IDLE_S)
        for outlet in list(self._fast_outlets):
            self._forget(outlet)

    def _send_fast(self) -> bool:
        """One round; whether some lines have to wait for their turn."""
        assert self._sender
        began_s, due, waiting = clock.now_s(), dict[PacketRing, list[tuple[Outlet, int]]](), False
        for outlet in self._fast_outlets:
            line = outlet.line
            first, count = line.due(began_s)
            if count and outlet.fast and line.ring:
                outlet.fast.prepare(line, first, count)
                due.setdefault(line.ring, []).append((outlet, count))
            waiting |= count < line.waiting
        ntp, zero_s = ntp_now(), clock.wall_offset_s() + UNIX_TO_NTP_S
        for ring, outlets in due.items():
            lost = self._sender.send(ring, [outlet.fast.row for outlet, _ in outlets if outlet.fast], ntp, zero_s)
            for (outlet, count), refused in zip(outlets, lost.tolist(), strict=True):
                outlet.line.note_sent(count, refused)
        if due:
            self.rounds["fast"].record(clock.now_s() - began_s)
        return waiting

    async def _run_probes(self) -> None:
        while self._probes:
            for probe in list(self._probes.values()):
                probe.step(ntp_now(), clock.now_s())
            await asyncio.sleep(EVERY_S)

    async def _run_portable(self) -> None:
        while True:
            self._portable_woken.clear()
            waiting = await self._send_portable()
            try:
                async with asyncio.timeout(TICK_S if waiting else None):
                    await self._portable_woken.wait()
            except TimeoutError:
                continue

    async def _send_portable(self) -> bool:
        began_s = slice_s = clock.now_s()
        zero_s, sent = clock.wall_offset_s() + UNIX_TO_NTP_S, False
        for outlet in list(self._outlets):
            first, count = outlet.line.due(now_s := clock.now_s())
            if count and outlet.portable and outlet in self._outlets:
                outlet.portable.send(outlet.line, first, count, ntp_now(), zero_s)
                sent = True
            if now_s - slice_s > SLICE_S:
                await asyncio.sleep(0)
                slice_s = clock.now_s()
        if sent:
            self.rounds["portable"].record(clock.now_s() - began_s)
        return any(outlet.line.waiting for outlet in self._outlets)
