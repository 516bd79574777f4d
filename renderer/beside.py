"""Work done beside the programme, which never waits for it: on one thread, a step after the other."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

ResultT = TypeVar("ResultT")


class Beside:
    """A thread of its own. All that is done there is done in turn: it may own what belongs to one thread only, as OpenGL contexts do.

    Parameters
    ----------
    step
        Does a little; False when there is nothing to do.
    urgent
        Set while somebody waits for what is done. Otherwise there is a pause after each step as long as the step took.
    """

    def __init__(self, step: Callable[[], bool], urgent: threading.Event) -> None:
        self._step, self._urgent = step, urgent
        self._executor = ThreadPoolExecutor(1, "beside")
        self._lock, self._going, self._closing = threading.Lock(), Future[None](), False
        self._going.set_result(None)

    def go_on(self) -> None:
        """See that steps are done until there is nothing to do. Any thread may ask.

        Raises
        ------
        Exception
            Whatever a step has raised since it was asked for the last time.
        """
        with self._lock:
            if self._going.done() and not self._closing:
                self._going.result()
                self._going = self._executor.submit(self._go)

    def at_once(self, work: Callable[[], ResultT]) -> ResultT:
        """Do something else there, and wait for it."""
        return self._executor.submit(work).result()

    def close(self) -> None:
        """End the thread, after the step that it is at."""
        with self._lock:
            self._closing = True
        self._urgent.set()
        self._executor.shutdown()

    def _go(self) -> None:
        while not self._closing:
            began_s = time.perf_counter()
            if not self._step():
                return
            self._urgent.wait(time.perf_counter() - began_s)
