"""Whether the fan-out lives, as the watchdog asks."""

import asyncio
import os
import threading

from pylibsrtp import Policy

from streaming.rtp.fanout import Fanout
from streaming.rtp.line import Numbers
from streaming.rtp.path import Keys, Path
from streaming.rtp.probe import MOST
from tests.streaming.rtp.units import pictures
from tests.waiting import until


async def test_a_fan_out_lives_from_its_start_to_its_end() -> None:
    for fast in (True, False):
        fanout = Fanout(fast=fast)
        assert not fanout.alive(5)
        fanout.start()
        assert fanout.alive(5)
        await fanout.close()
        assert not fanout.alive(5)


async def test_a_thread_that_is_stuck_is_not_alive() -> None:
    fanout, go_on = Fanout(fast=True), threading.Event()
    fanout.start()
    fanout._change(go_on.wait)
    await until(lambda: not fanout.alive(0.5))
    go_on.set()
    await until(lambda: fanout.alive(0.5))
    await fanout.close()


async def test_portable_lines_that_are_not_served_any_more_are_noticed() -> None:
    fanout = Fanout(fast=True)
    fanout.start()
    assert fanout._task
    fanout._task.cancel()
    await asyncio.gather(fanout._task, return_exceptions=True)
    assert not fanout.alive(5)
    await fanout.close()


async def test_some_lines_are_probed_at_a_time_and_none_that_has_ended() -> None:
    fanout, ring, sent = Fanout(fast=False), pictures(3), list[bytes]()
    keys = Keys(Policy.SRTP_PROFILE_AES128_CM_SHA1_80, os.urandom(30))
    fanout.start()
    outlets = [fanout.add(Numbers(n, 96, 100 + n, 97), Path(keys, sent.append, lambda: 0, None, ("", 0)), ring) for n in range(MOST + 1)]
    await until(lambda: all(outlet.line.sent.packets == ring.head for outlet in outlets))
    assert [fanout.probe(outlet, 20_000) for outlet in outlets] == [True] * MOST + [False]
    await until(lambda: all(outlet.line.sent.probed_octets > 2000 for outlet in outlets[:MOST]))
    assert outlets[MOST].line.sent.probed_octets == 0
    fanout.remove(outlets[0])
    ended = outlets[0].line.sent.probed_octets
    assert fanout.probe(outlets[0], 20_000)
    assert fanout.probe(outlets[MOST], 20_000)
    fanout.probe(outlets[1], 0)
    stopped = outlets[1].line.sent.probed_octets
    await until(lambda: outlets[MOST].line.sent.probed_octets > 2000)
    assert (outlets[0].line.sent.probed_octets, outlets[1].line.sent.probed_octets) == (ended, stopped)
    await fanout.close()
