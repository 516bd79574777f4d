import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.waiting import until
from vrlive.supervisor import Supervisor

ENGINE = """
import pathlib, sys, time
pathlib.Path(sys.stdin.read()).open("a").write("started\\n")
time.sleep(60)
"""


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Supervisor, Path]:
    (tmp_path / "toy_engine.py").write_text(ENGINE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    log = tmp_path / "starts"
    return Supervisor("toy_engine", str(log).encode), log


def starts(log: Path) -> int:
    return log.read_text().count("started") if log.exists() else 0


async def test_a_killed_engine_is_started_again_and_says_why(engine: tuple[Supervisor, Path]) -> None:
    supervisor, log = engine
    task = asyncio.create_task(supervisor.run())
    await until(lambda: starts(log) == 1)
    supervisor.heard()
    assert supervisor.state == "running"
    assert supervisor.pid is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    await until(lambda: starts(log) == 2)
    assert (supervisor.restarts, supervisor.fault) == (1, "was ended by SIGKILL")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_stopping_leaves_no_process(engine: tuple[Supervisor, Path]) -> None:
    supervisor, log = engine
    task = asyncio.create_task(supervisor.run())
    await until(lambda: starts(log) == 1)
    pid = supervisor.pid
    assert pid is not None
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert supervisor.state == "stopped"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_an_engine_that_cannot_start_is_tried_more_and_more_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def note(_: Supervisor, seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(Supervisor, "_pause", note)
    supervisor = Supervisor("no_such_module_of_ours", bytes)
    task = asyncio.create_task(supervisor.run())
    async with asyncio.timeout(20):
        while supervisor.restarts < 4:
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert pauses[:3] == [0.2, 0.4, 0.8]


async def test_an_engine_that_is_renewed_is_told_its_job_anew_and_has_not_failed(engine: tuple[Supervisor, Path], tmp_path: Path) -> None:
    _, log = engine
    logs = [log, tmp_path / "other"]
    supervisor = Supervisor("toy_engine", lambda: str(logs[0]).encode())
    task = asyncio.create_task(supervisor.run())
    await until(lambda: starts(log) == 1)
    supervisor.heard()
    first = supervisor.pid
    del logs[0]
    await supervisor.renew()
    await until(lambda: starts(logs[0]) == 1)
    assert supervisor.pid not in (None, first)
    assert (supervisor.restarts, supervisor.fault, starts(log)) == (0, "", 1)
    supervisor.heard()
    assert supervisor.pid is not None
    os.kill(supervisor.pid, signal.SIGKILL)  # this time it has failed
    await until(lambda: starts(logs[0]) == 2)
    assert supervisor.restarts == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_who_asks_for_an_engine_does_not_wait_for_the_pause_after_a_failure(
    engine: tuple[Supervisor, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vrlive.supervisor.FIRST_PAUSE_S", 3600.0)
    monkeypatch.setattr("vrlive.supervisor.LONGEST_PAUSE_S", 3600.0)
    supervisor, log = engine
    task = asyncio.create_task(supervisor.run())
    await until(lambda: starts(log) == 1)
    assert supervisor.pid is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    await until(lambda: supervisor.restarts == 1)
    await supervisor.renew()
    await until(lambda: starts(log) == 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
