"""A report drawn: time over the size of the picture, a colour for each contestant, a line for each rig."""

from importlib.util import find_spec
from itertools import cycle
from pathlib import Path
from typing import Any

from vrlive.bench.report import Report, Row
from vrlive.errors import UserError
from vrlive.output import in_place

STYLES = ("-", "--", ":")


def check_drawing() -> None:
    """Refuse to draw, before anything is measured.

    Raises
    ------
    UserError
        If matplotlib is missing.
    """
    if find_spec("matplotlib") is None:
        raise UserError("--plot needs matplotlib, which is not installed: pip install matplotlib")


def draw(report: Report, path: Path) -> None:
    """Write a plot of all contests: rows with a size, a time and a frame rate.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - a development tool that may be missing

    rows = [row for row in report.rows if row.megapixels and row.median_ms and row.fps]
    figure = Figure(figsize=(10, 6), layout="constrained")
    axes = figure.add_subplot()
    colours = dict(zip(dict.fromkeys(row.name for row in rows), cycle(f"C{n}" for n in range(10)), strict=False))
    styles = dict(zip(dict.fromkeys(_rig(row) for row in rows), cycle(STYLES), strict=False))
    for (name, rig), points in _lines(rows).items():
        width = 3 if name == "vrlive" else 1.2
        axes.plot(*zip(*points, strict=True), styles[rig], color=colours[name], marker="o", linewidth=width, label=f"{name}, {rig}")
        if name == "vrlive" and len(points) > 1:
            _in_proportion(axes, points)
    axes.set(xscale="log", yscale="log", xlabel="size of the panorama", ylabel="median ms a frame", title=_title(report))
    sizes = {row.megapixels or 0: row.work.partition(" to ")[2] for row in rows}
    axes.set_xticks([*sizes], [*sizes.values()])
    axes.minorticks_off()
    axes.grid(visible=True, alpha=0.3)
    figure.legend(loc="outside right upper", fontsize="small")
    with in_place(path) as unfinished:
        figure.savefig(unfinished, format=path.suffix[1:].lower())


def _lines(rows: list[Row]) -> dict[tuple[str, str], list[tuple[float, float]]]:
    lines: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in sorted(rows, key=lambda row: row.megapixels or 0):
        lines.setdefault((row.name, _rig(row)), []).append((row.megapixels or 0, row.median_ms or 0))
    return lines


def _in_proportion(axes: Any, points: list[tuple[float, float]]) -> None:
    """What the first size would become if time grew with the number of pixels."""
    (first, took_ms), (last, _) = points[0], points[-1]
    axes.plot([first, last], [took_ms, took_ms * last / first], color="0.6", linewidth=0.8, linestyle="-.")


def _rig(row: Row) -> str:
    return row.work.partition(" to ")[0]


def _title(report: Report) -> str:
    return f"{report.machine['processor']}, {report.machine['cores']} cores; dash-dotted: in proportion to pixels"
