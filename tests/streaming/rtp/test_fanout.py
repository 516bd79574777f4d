"""Whether the fan-out lives, as the watchdog asks."""

import asyncio
import threading

from streaming.rtp.fanout import Fanout
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
