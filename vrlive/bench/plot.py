"""A report drawn: time over the size of the picture, a line for each contestant."""

from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path

from vrlive.bench.report import Report
from vrlive.errors import UserError
from vrlive.output import in_place


def draw(report: Report, path: Path) -> None:
    """Write a plot of all rows that say how large their picture is.

    Raises
    ------
    UserError
        If matplotlib is missing, or the file cannot be written.
    """
    if find_spec("matplotlib") is None:
        raise UserError("--plot needs matplotlib, which is not installed: pip install matplotlib")
    import matplotlib.pyplot as plt  # noqa: PLC0415 - a development tool that may be missing

    lines: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in report.rows:
        if row.megapixels and row.median_ms:
            lines[f"{row.name}{f', {row.stage}' if row.stage else ''}, {row.work.split(' to ')[0]}"].append((row.megapixels, row.median_ms))
    figure, axes = plt.subplots(figsize=(9, 6))
    for name, points in lines.items():
        axes.plot(*zip(*sorted(points), strict=True), marker="o", label=name, linewidth=2.5 if name.startswith("vrlive") else 1)
    axes.set(xscale="log", yscale="log", xlabel="megapixels", ylabel="median ms", title=str(report.machine["processor"]))
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend(fontsize="small")
    with in_place(path) as unfinished:
        figure.savefig(unfinished, format=path.suffix[1:])
    plt.close(figure)
