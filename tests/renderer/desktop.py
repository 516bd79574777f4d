"""A desktop for tests: Xvfb, with a pointer and keys moved by xdotool."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

PATIENCE_S = 60.0  # a window opens with kernels to compile, perhaps
WIDTH, HEIGHT = 1300, 820


class Desktop:
    """A screen of its own, on which one window at a time is looked at."""

    def __init__(self, number: int, screen: Path) -> None:
        self._screen = screen
        self.environment = {name: value for name, value in os.environ.items() if name != "WAYLAND_DISPLAY"} | {"DISPLAY": f":{number}"}

    @contextmanager
    def preview(self, *arguments: object) -> Iterator["subprocess.Popen[str]"]:
        """`vrlive preview` on this desktop."""
        command = [sys.executable, "-m", "vrlive", "preview", *map(str, arguments)]
        with subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as program:
            try:
                yield program
            finally:
                program.terminate()

    def do(self, *arguments: object) -> str:
        """Run xdotool."""
        command = ["xdotool", *map(str, arguments)]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False, timeout=30).stdout

    @property
    def title(self) -> str:
        """Of the window of ours; empty while there is none."""
        return self.do("search", "--name", "^vrlive: ", "getwindowname")

    async def until(self, true: Callable[[str], object]) -> str:
        """Wait until something holds for the title, and give that."""
        title = ""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not true(title := self.title):
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pytest.fail(f"the title stayed “{title}”")
        return title

    async def opened(self) -> None:
        """Wait for the window and its first picture, and give it the keys."""
        await self.until(lambda title: title and "drawing" not in title)
        self.do("search", "--name", "^vrlive: ", "windowfocus")

    def seen(self) -> NDArray[np.uint8]:
        """What the screen shows, R, G, B (height, width, 3): Xvfb keeps it in a file in the XWD format."""
        data = self._screen.read_bytes()
        header = np.frombuffer(data, ">u4", 25)
        start = int(header[0] + header[19] * 12)  # the header, and a table of colours
        return np.frombuffer(data, np.uint8, WIDTH * HEIGHT * 4, start).reshape(HEIGHT, WIDTH, 4)[..., 2::-1]


@contextmanager
def desktop(folder: Path) -> Iterator[Desktop]:
    """A desktop, as long as it is needed; the test is skipped where there is no Xvfb."""
    for needed in ("Xvfb", "xdotool"):
        if not shutil.which(needed):
            pytest.skip(f"{needed} is not installed; scripts/system-deps.sh test installs it")
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-fbdir", str(folder), "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        os.close(writing)
        try:
            with os.fdopen(reading) as told:
                number = int(told.readline())
            yield Desktop(number, folder / "Xvfb_screen0")
        finally:
            server.terminate()
