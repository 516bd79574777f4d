"""What a process of this machine takes, as Linux says it (proc(5))."""

import os
from dataclasses import dataclass
from pathlib import Path

UTIME, STIME, RSS = 11, 12, 21  # fields of /proc/<pid>/stat, counted from the one after the name


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor time since it started, of all its threads, and memory that it holds now."""

    cpu_s: float
    resident_bytes: int


def usage(pid: int) -> Usage | None:
    """What process `pid` takes; None if there is none, or this system does not say."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return None
    fields = stat.rpartition(") ")[2].split()
    ticks = int(fields[UTIME]) + int(fields[STIME])
    return Usage(ticks / os.sysconf("SC_CLK_TCK"), int(fields[RSS]) * os.sysconf("SC_PAGE_SIZE"))
