"""The one form of every benchmark's result: what machine, what work, ours and the peers', the ratio."""

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console
from rich.table import Table

NAMED = ("vrlive", "numpy", "numba", "av", "aiortc", "opencv-python-headless")


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement. Fields that do not apply are None and left out of the JSON.

    `ratio` is the peer's median over ours; `cpu_ms` is processor time of all threads for one frame.
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


def this_machine() -> dict[str, str | int]:
    """Name the processor, its usable cores, memory and operating system."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
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
    """Write the report as JSON."""
    rows = [{key: value for key, value in asdict(row).items() if value is not None} for row in report.rows]
    document = {"machine": report.machine, "versions": report.versions, "rows": rows}
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")


def show(report: Report, console: Console) -> None:
    """Print the report as a table with the columns that hold something."""
    console.print(", ".join(f"{key} {value}" for key, value in report.machine.items()), highlight=False)
    filled = [name for name in Row.__dataclass_fields__ if any(getattr(row, name) is not None for row in report.rows)]
    table = Table(*(name.replace("_", " ") for name in filled))
    for row in report.rows:
        table.add_row(*(_cell(getattr(row, name)) for name in filled))
    console.print(table)


def _cell(value: str | float | None) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
