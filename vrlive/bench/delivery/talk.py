"""How a benchmark talks with the processes it starts: one JSON document a line, a question and its answer."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from streaming.ice import LOOPBACK
from vrlive.errors import UserError
from vrlive.network import lan_addresses

Message = dict[str, Any]
END_S = 10.0


class Child:
    """A module run as a process of its own, until the block ends."""

    def __init__(self, module: str, *arguments: str | Path) -> None:
        self._name = module.rpartition(".")[2]
        command = [sys.executable, "-m", module, *map(str, arguments)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        self.pid = self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def ask(self, do: str, **more: Any) -> Message:
        """Ask, and wait for the answer.

        Raises
        ------
        UserError
            If it has ended, or answers with a fault.
        """
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(json.dumps({"do": do, **more}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            line = ""
        else:
            line = self._process.stdout.readline()
        if not line:
            raise UserError(f"the benchmark's {self._name} has ended; what it said is above")
        answer: Message = json.loads(line)
        if "fault" in answer:
            raise UserError(f"the benchmark's {self._name}: {answer['fault']}")
        return answer


async def answer(questions: dict[str, Callable[..., Awaitable[Message]]]) -> None:
    """Answer on standard output what is asked on standard input, until that ends."""
    lines = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        asked = json.loads(line)
        try:
            said = await questions[asked.pop("do")](**asked)
        except (UserError, TimeoutError, OSError) as fault:
            said = {"fault": str(fault) or repr(fault)}
        print(json.dumps(said), flush=True)  # noqa: T201 - the answer


def one_address() -> str:
    """The address of this host that all sides of a measurement use, though nothing leaves the host: Janus does not take 127.0.0.1."""
    return next(iter(lan_addresses()), LOOPBACK)


def cpu_s(pid: int) -> float:
    """Processor seconds that all threads of a process have used (proc_pid_stat(5): utime and stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
