"""Waiting on the event loop for what comes about beside the test."""

import asyncio
from collections.abc import Callable

PATIENCE_S = 10.0  # a busy machine may be slow, never wrong


async def until(true: Callable[[], object]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.005)
