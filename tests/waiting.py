"""Waiting on the event loop for what comes about beside the test."""

import asyncio
import time
from collections.abc import Callable

PATIENCE_S = 10.0  # a busy machine may be slow, never wrong


async def until(true: Callable[[], object]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.005)


def crowding(work_s: float = 0.1) -> float:
    """How many times longer this thread takes at the moment than it would alone on this machine."""
    began_s, began_cpu_s = time.monotonic(), time.thread_time()
    while (worked_s := time.thread_time() - began_cpu_s) < work_s:
        pass
    return (time.monotonic() - began_s) / worked_s
