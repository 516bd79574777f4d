"""The one form of every benchmark's result: what machine, what work, ours and the peers', the ratio."""

import json
import os
import platform
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from pathlib import Path
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from vrlive.output import in_place

NAMED = ("vrlive", "numpy", "numba", "av", "aiortc", "opencv-python-headless")
WORDS: Final = ("name", "stage")
DECIMALS: Final = {"median_ms": 1, "p95_ms": 1, "p99_ms": 1, "cpu_ms": 1, "fps": 1, "core_percent": 3, "kilobytes": 0}


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement. Fields that do not apply are None and left out of the JSON.

    `ratio` is the peer's median over ours; `cpu_ms` is processor time of all threads for one frame; `max_error` is in codes of 8 bits,
    `bytes_px` the tables' size for a pixel; `core_percent` processor time of the serving process for a viewer, in per cent of a core;
    `keyframes` made for viewers alone; `others_percent` what other programs took of the processors meanwhile.
    """

    work: str
    cores: int
    name: str
    stage: str | None = None
    median_ms: float | None = None
    p95_ms: float | None = None
    cpu_ms: float | None = None
    fps: float | None = None
    frames: int | None = None
    dropped: int | None = None
    ratio: float | None = None
    max_error: float | None = None
    psnr_db: float | None = None
    megapixels: float | None = None
    bytes_px: float | None = None
    viewers: int | None = None
    p99_ms: float | None = None
    core_percent: float | None = None
    lost_percent: float | None = None
    keyframes: int | None = None
    kilobytes: float | None = None
    others_percent: int | None = None


def usable_cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))


def this_machine() -> dict[str, str | int]:
    """Name the processor, its usable cores, memory and operating system."""
    return {
        "processor": _processor(),
        "cores": usable_cores(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
    }


def installed_versions() -> dict[str, str]:
    """Versions of the packages that matter for speed."""
    found = {}
    for name in NAMED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@dataclass(frozen=True, slots=True)
class Report:
    """Rows, and where they were measured."""

    rows: list[Row]
    machine: dict[str, str | int] = field(default_factory=this_machine)
    versions: dict[str, str] = field(default_factory=installed_versions)


def write(report: Report, path: Path) -> None:
    """Write the report as JSON.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    rows = [{key: value for key, value in asdict(row).items() if value is not None} for row in report.rows]
    document = {"machine": report.machine, "versions": report.versions, "rows": rows}
    with in_place(path) as unfinished:
        unfinished.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")


def show(report: Report, console: Console, *, without: Collection[str] = ()) -> None:
    """Print the report as one table: a heading for each work, and the columns that say something.

    Parameters
    ----------
    without
        Columns that are for the file only, lest the table becomes wider than a terminal.
    """
    expected = {"cores": report.machine["cores"], "name": "vrlive"}
    telling = [
        name for name in Row.__dataclass_fields__ if any(getattr(row, name) not in (None, expected.get(name)) for row in report.rows)
    ]
    console.print(", ".join(f"{key} {value}" for key, value in report.machine.items()), highlight=False)
    console.print(_table(report.rows, [name for name in telling if name != "work" and name not in without]))


def _table(rows: list[Row], columns: list[str]) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 0), pad_edge=False, show_edge=False)
    for name in columns:
        table.add_column(name.replace("_", "\n"), justify="left" if name in WORDS else "right", no_wrap=name in WORDS)
    for work, group in groupby(rows, key=lambda row: row.work):
        table.add_row(work, style="bold")
        for row in group:
            table.add_row(*(_cell(name, getattr(row, name)) for name in columns))
        table.add_section()
    return table


def _cell(name: str, value: str | float | None) -> str:
    if value is None:
        return ""
    return f"{value:.{DECIMALS.get(name, 2)}f}" if isinstance(value, float) else str(value)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
