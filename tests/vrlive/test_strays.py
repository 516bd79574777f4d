import asyncio
import gc
import logging

import pytest

from tests.waiting import until
from vrlive.strays import Strays


async def fail(n: int) -> None:
    raise ValueError(n)


async def abandon(count: int) -> None:
    """Let tasks fail that nobody asks how they ended."""
    tasks = [asyncio.ensure_future(fail(n)) for n in range(count)]
    await asyncio.wait(tasks)
    tasks.clear()
    gc.collect()


@pytest.fixture
def strays(caplog: pytest.LogCaptureFixture) -> Strays:
    caplog.set_level(logging.ERROR)
    return Strays(pause_s=0.05)


async def test_a_flood_of_failures_is_two_lines(strays: Strays, caplog: pytest.LogCaptureFixture) -> None:
    asyncio.get_running_loop().set_exception_handler(strays.take)
    await abandon(300)
    await until(lambda: len(caplog.records) == 2)
    assert strays.count == 300
    said = [record.getMessage() for record in caplog.records]
    assert said[0].startswith("1 failed beside the show, the last: Task exception was never retrieved: ValueError(")
    assert said[1].startswith("299 failed beside the show")
    assert "test_strays.py:" in said[1]


async def test_no_failure_is_said_with_a_traceback(strays: Strays, caplog: pytest.LogCaptureFixture) -> None:
    asyncio.get_running_loop().set_exception_handler(strays.take)
    await abandon(1)
    [record] = caplog.records
    assert record.exc_info is None
    assert "\n" not in record.getMessage()


async def test_what_fails_later_is_said_again(strays: Strays, caplog: pytest.LogCaptureFixture) -> None:
    asyncio.get_running_loop().set_exception_handler(strays.take)
    await abandon(1)
    await until(lambda: strays._pause is None)
    await abandon(1)
    assert len(caplog.records) == 2
