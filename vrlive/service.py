"""What systemd is told of a running server (sd_notify(3)): that it is ready, reloads or ends, how it is, and that it is alive."""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

log = logging.getLogger("vrlive.service")

TOLD_EVERY_S: Final = 2.0  # at most: what it says of itself changes no faster than people read
PATIENCE_S: Final = 1.0  # for systemd to take what is said only once; the rest is said again, and nobody waits for it


class Service:
    """A service of systemd's, or none: where ``NOTIFY_SOCKET`` is not set, nothing is said.

    Parameters
    ----------
    environment
        Where ``NOTIFY_SOCKET``, ``WATCHDOG_USEC`` and ``WATCHDOG_PID`` stand.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self.watchdog_s = _seconds(environment.get("WATCHDOG_USEC", "")) if ours else None
        self._told, self._deaf = "", False

    def ready(self) -> None:
        """It serves; or it has done what it was asked to reload."""
        self._say("READY=1", wait_s=PATIENCE_S)

    def reloading(self) -> None:
        """It reads its files again; to be followed by `ready`."""
        self._say("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}", wait_s=PATIENCE_S)

    def stopping(self) -> None:
        """It ends, as it was asked to."""
        self._say("STOPPING=1", wait_s=PATIENCE_S)

    def status(self, words: str) -> None:
        """How it is, in one line for people."""
        words = words.replace("\n", " ")
        if words != self._told and self._say(f"STATUS={words}"):
            self._told = words

    async def keep(self, alive: Callable[[], bool], words: Callable[[], str]) -> None:
        """Say how it is and, while it is `alive`, that it is; until cancelled. A stuck event loop says nothing."""
        if not self._address:
            return
        every_s = min(TOLD_EVERY_S, self.watchdog_s / 3) if self.watchdog_s else TOLD_EVERY_S
        while True:
            if self.watchdog_s and alive():
                self._say("WATCHDOG=1")
            self.status(words())
            await asyncio.sleep(every_s)

    def _say(self, *lines: str, wait_s: float = 0.0) -> bool:
        """Say so; whether it was taken."""
        if not self._address:
            return False
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as told:
            told.settimeout(wait_s)
            try:
                told.sendto("\n".join(lines).encode(), address)
            except OSError as fault:
                log.log(
                    logging.DEBUG if self._deaf else logging.WARNING, "systemd cannot be told %s: %s", lines[0], fault.strerror or fault
                )
                self._deaf = True
                return False
        self._deaf = False
        return True


def _seconds(microseconds: str) -> float | None:
    with suppress(ValueError):
        return int(microseconds) / 1e6 or None
    return None
