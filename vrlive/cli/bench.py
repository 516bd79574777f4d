"""`vrlive bench …`: each measures, prints a table and, if asked, writes its rows as JSON."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vrlive.cli.console import err, out, say
from vrlive.progress import progress

if TYPE_CHECKING:
    from vrlive.bench.report import Report

bench = typer.Typer(help="Measure, on this machine, what we claim.", no_args_is_help=True)

Quick = Annotated[bool, typer.Option("--quick", help="A shorter run, under a minute.")]
Json = Annotated[Path | None, typer.Option("--out", help="Write the rows as JSON.")]


@bench.command("live")
def bench_live(to: Json = None, quick: Quick = False) -> None:
    """Time each stage of the live pipeline with the demo room's cameras."""
    from vrlive.bench.live import measure

    def run() -> "Report":
        with progress("Filming the demo room, once", err) as bar:
            return measure(quick=quick, progress=bar, say=err.print)

    _report(run, to)


@bench.command("fanout")
def bench_fanout(
    viewers: Annotated[int, typer.Option(help="How many watch.", min=1, max=250)] = 60,
    lasts_s: Annotated[float, typer.Option("--for", help="Seconds that each contestant is measured.", min=1)] = 10.0,
    to: Json = None,
) -> None:
    """Measure what a viewer costs, ours beside aiortc's own sender and Janus; exit code 1 if a bar is missed."""
    from vrlive.bench.delivery.fanout import measure, verdicts

    _judge(_report(lambda: measure(viewers=viewers, lasts_s=lasts_s, say=err.print), to, without=("cores", "frames", "fps")), verdicts)


@bench.command("join")
def bench_join(
    joins: Annotated[int, typer.Option(help="How many join, in ten seconds.", min=1, max=200)] = 50,
    to: Json = None,
) -> None:
    """Measure how soon who joins has a picture, and what a keyframe costs; exit code 1 if a bar is missed."""
    from vrlive.bench.delivery.join import measure, verdicts

    _judge(_report(lambda: measure(joins=joins, say=err.print), to, without=("cores", "frames", "fps")), verdicts)


@bench.command("quality")
def bench_quality(to: Json = None) -> None:
    """Stitch scenes whose truth is known, with ours, OpenCV's and Hugin's blenders, and say how close each comes."""
    from vrlive.bench.quality import measure, verdicts

    for verdict in verdicts(_report(lambda: measure(say=err.print), to)):
        out.print(verdict, highlight=False)


@bench.command("render")
def bench_render(to: Json = None, quick: Quick = False) -> None:
    """Time garments: drawn straight into the sphere and by way of a cube, laid over frames, lit anew."""
    from vrlive.bench.render import measure, verdicts

    for verdict in verdicts(_report(lambda: measure(quick=quick, say=err.print), to)):
        out.print(verdict, highlight=False)


@bench.command("stitch")
def bench_stitch(
    to: Json = None,
    plot: Annotated[Path | None, typer.Option(help="Draw time over size as an .svg or .png.")] = None,
    quick: Quick = False,
) -> None:
    """Time our stitcher beside OpenCV, FFmpeg and Hugin at the same work, each with its error; exit code 1 if ours is not exact."""
    from vrlive.bench.plot import check_drawing, draw
    from vrlive.bench.stitch import growth, is_exact, measure
    from vrlive.output import check_output

    if plot:
        check_output(plot, (".svg", ".png"), "a report becomes")
        check_drawing()
    report = _report(lambda: measure(quick=quick, say=err.print), to, without=("cores", "p95_ms", "fps", "frames", "megapixels"))
    for line in growth(report):
        out.print(line, highlight=False)
    if plot:
        draw(report, plot)
    if not is_exact(report):
        say("not exact: times of rows with more than 1 code of error or less than 58.5 dB count for nothing")
        raise typer.Exit(1)


def _report(measure: "Callable[[], Report]", to: Path | None, without: Sequence[str] = ()) -> "Report":
    """Measure, once it is known that what comes of it can be written; print it and write it."""
    from vrlive.bench.report import show, write
    from vrlive.output import check_output

    if to:
        check_output(to, (".json",), "a report becomes")
    report = measure()
    show(report, out, without=without)
    if to:
        write(report, to)
    return report


def _judge(report: "Report", verdicts: "Callable[[Report], Iterable[tuple[bool, str]]]") -> None:
    """Print which bars are met; exit code 1 if one is not."""
    passed = True
    for met, words in verdicts(report):
        passed &= met
        out.print(f"{words}: {'met' if met else 'missed'}", highlight=False)
    if not passed:
        raise typer.Exit(1)
