"""`vrlive bench fanout`: what sending to a viewer costs, ours both ways, beside aiortc's own sender and Janus, in one run.

What counts is the processor time of the process that serves, for a viewer and second: all its threads, and what the system does for them.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Final

from vrlive.bench.bystanders import Bystanders
from vrlive.bench.delivery import origin_janus
from vrlive.bench.delivery.film import FPS, SIZE, Film, shoot
from vrlive.bench.delivery.talk import Child, Message, cpu_s
from vrlive.bench.report import Report, Row, usable_cores

HERE: Final = "vrlive.bench.delivery"
SETTLE_S: Final = 2.0  # after the last has joined
SENDING_THREADS: Final = 2  # of ours: the fan-out's and the event loop's
FAST, PORTABLE = "vrlive, fast", "vrlive, portable"
LARGEST_PERCENT: Final = {FAST: 0.45, PORTABLE: 0.9}  # of a core for a viewer: the bars we set ourselves
LEAST_RATIO: Final = 3.0  # of Janus as it comes to ours
LARGEST_LOSS_PERCENT: Final = 0.1
LEAST_FPS: Final = 0.97 * FPS  # who sends less has not done the work

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Contestant:
    """Who sends: its name in the table, its module, the arguments behind the film's, and the share of the viewers that it is given."""

    name: str
    module: str
    argument: str = ""
    share: float = 1.0


OURS = (Contestant(PORTABLE, "origin", "portable"), Contestant(FAST, "origin", "fast"))
AIORTC = Contestant(f"aiortc {version('aiortc')}", "origin_aiortc", share=0.5)  # with all of them its one thread would have no time left
JANUS = Contestant("Janus", "origin_janus", "0")
JANUS_TUNED = Contestant(f"Janus, {SENDING_THREADS} event loops", "origin_janus", str(SENDING_THREADS))


def measure(*, viewers: int, lasts_s: float, say: Say, film: Film | None = None) -> Report:
    """Measure all contestants, one after the other.

    Parameters
    ----------
    viewers
        How many watch.
    lasts_s
        Seconds that count, for each.
    say
        Told what is measured next.
    film
        What is sent; None: it is shot first.

    Raises
    ------
    UserError
        If one of the programs fails.
    """
    say(f"shooting the film, {SIZE} at {FPS} pictures a second …")
    film = film or shoot()
    work = f"{film.mbit_s:.1f} Mbit/s, {viewers} viewers"
    missing = origin_janus.fault()
    contestants = [*OURS, AIORTC, *(() if missing else (JANUS, JANUS_TUNED))]
    with tempfile.TemporaryDirectory(prefix="vrlive-bench-") as folder:
        path = Path(folder) / "film.npz"
        film.save(path)
        rows = []
        for each in contestants:
            say(f"{each.name} …")
            rows.append(measure_one(each, path, work, max(1, round(viewers * each.share)), lasts_s))
    if missing:
        say(f"{JANUS.name} is {missing}")
        rows.append(Row(work, usable_cores(), f"{JANUS.name}: not installed"))
    for row in rows:
        if row.core_percent and not did_the_work(row):
            say(f"{row.name}: not everything arrived in time; it would take more than the table says to send it all")
    ours = next((row.core_percent for row in rows if row.name == FAST), None)
    return Report([_with_ratio(row, ours) for row in rows])


def verdicts(report: Report) -> Iterator[tuple[bool, str]]:
    """What we ask of ourselves, and whether it is met."""
    found = {row.name: row for row in report.rows if row.core_percent is not None}
    for name, bar in LARGEST_PERCENT.items():
        ours = found[name]
        yield (ours.core_percent or 0.0) <= bar, f"{name}: {ours.core_percent:.2f} % of a core for a viewer, at most {bar} asked for"
        yield (
            did_the_work(ours),
            f"{name}: {ours.lost_percent:.2f} % lost, {ours.fps:.1f} pictures a second, {LARGEST_LOSS_PERCENT} and {FPS} asked for",
        )
    if janus := found.get(JANUS.name):
        yield (
            (janus.ratio or 0.0) >= LEAST_RATIO,
            f"{FAST}: {janus.ratio:.1f} times as many viewers a core as Janus, {LEAST_RATIO:g} asked for",
        )


def did_the_work(row: Row) -> bool:
    """Whether all arrived, in time; where it did not, less was done than the row says."""
    return (row.lost_percent or 0.0) < LARGEST_LOSS_PERCENT and (row.fps or 0.0) >= LEAST_FPS


def measure_one(who: Contestant, film: Path, work: str, viewers: int, lasts_s: float, settle_s: float = SETTLE_S) -> Row:
    """Let one contestant send the film in that file."""
    with ExitStack() as running:
        origin = running.enter_context(Child(f"{HERE}.{who.module}", film, who.argument))
        sink = running.enter_context(Child(f"{HERE}.sink"))
        where = origin.ask("where")
        _join(origin, sink, where, viewers)
        time.sleep(settle_s)
        pid = where.get("pid", origin.pid)
        sink.ask("begin")
        meanwhile, began_s, used_s = Bystanders(), time.perf_counter(), [cpu_s(each) for each in (pid, origin.pid, sink.pid)]
        time.sleep(lasts_s)
        counted = sink.ask("count", began_s=where["began_s"], fps=FPS)
        took_s = time.perf_counter() - began_s
        used_s = [cpu_s(each) - before for each, before in zip((pid, origin.pid, sink.pid), used_s, strict=True)]
        others = meanwhile.percent(our_cpu_s=sum(used_s[:1] if pid == origin.pid else used_s[:2]) + used_s[2])
    median_ms, _, late_ms = counted["delay_ms"]
    return Row(
        work,
        usable_cores(),
        who.name,
        viewers=viewers,
        core_percent=100 * used_s[0] / took_s / viewers,
        median_ms=median_ms,
        p99_ms=late_ms,
        fps=counted["pictures"] / took_s,
        lost_percent=counted["lost_percent"],
        others_percent=others,
    )


def _join(origin: Child, sink: Child, where: Message, viewers: int) -> None:
    if "url" in where:
        sink.ask("watch", url=where["url"], count=viewers)
        return
    for _ in range(viewers):
        offer = origin.ask("offer")
        origin.ask("accept", handle=offer["handle"], sdp=sink.ask("answer", sdp=offer["sdp"])["sdp"])
    sink.ask("pictures")


def _with_ratio(row: Row, ours: float | None) -> Row:
    return replace(row, ratio=row.core_percent / ours) if row.core_percent and ours else row
