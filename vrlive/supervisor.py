"""Keeps the engine process alive: starts it, notices its end, starts it again."""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from vrlive.clock import now_s

log = logging.getLogger("vrlive.supervisor")

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 10.0
HEALTHY_S = 30.0  # an engine that ran this long is started again at once
PATIENCE_S = 5.0  # how long it may take to end when asked

State = Literal["starting", "running", "restarting", "stopped"]


class Supervisor:
    """One engine process.

    Parameters
    ----------
    module
        The module that is the engine: ``python -m <module>``.
    job
        What it is told on its standard input; asked for anew at each start.
    """

    def __init__(self, module: str, job: Callable[[], bytes]) -> None:
        self.state: State = "stopped"
        self.restarts = 0
        self.fault = ""
        self._command = (sys.executable, "-m", module)
        self._job = job
        self._process: asyncio.subprocess.Process | None = None
        self._renewed = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    def heard(self) -> None:
        """Note that the engine has spoken: it runs."""
        if self.state in ("starting", "restarting"):
            self.state = "running"

    async def renew(self) -> None:
        """End the engine, and have another begin at once with the job as it is now. That is no failure, and not counted."""
        self._renewed.set()
        await self._end()

    async def run(self) -> None:
        """Keep the engine running until this task is cancelled; then end it."""
        pause_s = FIRST_PAUSE_S
        self.state = "starting"
        try:
            while True:
                started_s = now_s()
                self.fault = await self._run_once()
                if self._renewed.is_set():
                    self.state, self.fault, pause_s = "restarting", "", FIRST_PAUSE_S
                    continue
                self.state, self.restarts = "restarting", self.restarts + 1
                log.warning("the engine %s; it is started again", self.fault)
                pause_s = FIRST_PAUSE_S if now_s() - started_s > HEALTHY_S else min(2 * pause_s, LONGEST_PAUSE_S)
                await self._pause(pause_s)
        finally:
            self.state = "stopped"
            await self._end()

    async def _run_once(self) -> str:
        """Start the engine and wait for its end; say how it ended."""
        self._process = await asyncio.create_subprocess_exec(*self._command, stdin=asyncio.subprocess.PIPE, start_new_session=True)
        self._renewed.clear()  # what it was asked for until here, this one is told
        await self._process.communicate(self._job())
        assert self._process.returncode is not None
        return _how(self._process.returncode)

    async def _pause(self, seconds: float) -> None:
        """Wait, but not for an engine that somebody asked for."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._renewed.wait()

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), PATIENCE_S)
        except TimeoutError:
            log.warning("the engine did not end in %.0f s and is killed", PATIENCE_S)
            process.kill()
            await process.wait()


def _how(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
