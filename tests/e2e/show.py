"""A real show in processes of its own, started and ended as an operator would."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.netns import Space

START_S = 240.0  # the first start ever compiles the kernels
PATIENCE_S = 60.0  # a busy machine may be slow, never wrong
END_S = 20.0
LOOK_S = 0.1


@dataclass
class Show:
    """A running `vrlive` process, and the address it printed."""

    process: subprocess.Popen[str]
    url: str

    def state(self, channel: str = "demo") -> dict[str, Any]:
        """State of a channel, as the API says it."""
        found: dict[str, Any] = httpx.get(f"{self.url}api/v1/channels/{channel}", timeout=10, trust_env=False, verify=False).json()
        return found

    def wait_for(
        self, what: str, holds: Callable[[dict[str, Any]], object], within_s: float = PATIENCE_S, channel: str = "demo"
    ) -> dict[str, Any]:
        """Wait until something holds of a channel's state, and give that state."""
        ends_s = time.monotonic() + within_s
        while not holds(state := self.state(channel)):
            assert time.monotonic() < ends_s, f"waited {within_s:g} s in vain until {what}: {state}"
            assert self.process.poll() is None, f"vrlive ended while the test waited until {what}"
            time.sleep(LOOK_S)
        return state

    def wait_until_live(self) -> dict[str, Any]:
        """Wait until the channel is live and its engine has told how it does, and give its state."""
        return self.wait_for("it is live", lambda state: state["state"] == "live" and state["stages"], START_S)


@contextmanager
def running(*arguments: str | Path, inside: Space | None = None) -> Iterator[Show]:
    """Run ``vrlive`` with `arguments` until the block ends, then end it with SIGTERM unless it has ended; `inside` another network."""
    command = [sys.executable, "-m", "vrlive", *map(str, arguments)]
    command = inside.command(*command) if inside else command
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        too_late = threading.Timer(START_S, process.kill)
        too_late.start()
        try:
            url = address_of(process)
            too_late.cancel()
            yield Show(process, url)
            process.terminate()
            process.wait(END_S)
        finally:
            too_late.cancel()
            process.kill()


def encoded(state: dict[str, Any]) -> int:
    """Frames that have left the encoder."""
    return next(int(stage["frames"]) for stage in state["stages"] if stage["name"] == "encode")


def is_running(pid: int) -> bool:
    """Whether a process is there and not merely waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def address_of(process: subprocess.Popen[str]) -> str:
    """The first address that it prints."""
    assert process.stdout
    for line in process.stdout:
        if found := re.search(r"https?://[\w.\[\]:-]+/", line):
            return found[0]
    pytest.fail(f"it ended without printing an address: {process.args!r}")
