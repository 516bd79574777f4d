"""What fails on the event loop with nobody left to tell: said in one line a second at most, never as a flood."""

import asyncio
import logging
from pathlib import Path
from typing import Any

PAUSE_S = 1.0

log = logging.getLogger("vrlive.strays")


class Strays:
    """Counts failures that no task took; the first is said at once, those of the next second together, with the last of them.

    Parameters
    ----------
    pause_s
        How long to count before the next line.
    """

    def __init__(self, pause_s: float = PAUSE_S) -> None:
        self.count = 0
        self._pause_s = pause_s
        self._unsaid, self._last = 0, ""
        self._pause: asyncio.TimerHandle | None = None

    def take(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Count one; for `asyncio.AbstractEventLoop.set_exception_handler`."""
        self.count += 1
        self._unsaid, self._last = self._unsaid + 1, _in_a_line(context)
        if self._pause is None:
            self._say(loop)

    def _say(self, loop: asyncio.AbstractEventLoop) -> None:
        self._pause = None
        if self._unsaid:
            log.error("%d failed beside the show, the last: %s", self._unsaid, self._last)
            self._unsaid = 0
            self._pause = loop.call_later(self._pause_s, self._say, loop)


def _in_a_line(context: dict[str, Any]) -> str:
    fault, message = context.get("exception"), context["message"]
    if not isinstance(fault, BaseException):
        return str(message)
    trace = fault.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})" if trace else ""
    return f"{message}: {fault!r}{where}"
