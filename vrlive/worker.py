"""Work beside the hot path: one thread that always works on the newest job and never makes the giver wait."""

import logging
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

Job = TypeVar("Job")

log = logging.getLogger("vrlive.worker")


class NewestWins(Generic[Job]):
    """Runs `work` on the newest job given; jobs that arrive while it is busy replace each other.

    Parameters
    ----------
    name
        The thread's name, in logs and profilers.
    work
        What to do with a job. A failure is logged when its message changes, and the next job is tried.
    niceness
        By how much the thread steps back behind others, 0 to 19, where the system can do that for a thread (Linux).
    """

    def __init__(self, name: str, work: Callable[[Job], None], *, niceness: int = 0) -> None:
        self._work, self._niceness = work, niceness
        self._job: Job | None = None
        self._closed = False
        self._given = threading.Condition()
        self._last_fault = ""
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def give(self, job: Job) -> None:
        """Hand over a job; the one that still waits, if any, is forgotten."""
        with self._given:
            self._job = job
            self._given.notify()

    def close(self) -> None:
        """End after the job in hand."""
        with self._given:
            self._closed = True
            self._given.notify()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        if self._niceness and sys.platform == "linux":
            own = threading.get_native_id()
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, own, os.getpriority(os.PRIO_PROCESS, own) + self._niceness)
        while (job := self._next()) is not None:
            try:
                self._work(job)
            except Exception as fault:
                if str(fault) != self._last_fault:
                    self._last_fault = str(fault)
                    log.exception("%s failed", self._thread.name)

    def _next(self) -> Job | None:
        with self._given:
            self._given.wait_for(lambda: self._closed or self._job is not None)
            job, self._job = self._job, None
            return None if self._closed else job
