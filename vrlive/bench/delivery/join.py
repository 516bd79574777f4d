"""`vrlive bench join`: how long it takes from the wish to watch to the first picture while many join, and what a keyframe costs.

Who joins is sent the group of pictures that is there already: nobody else's picture suffers from a keyframe made for a newcomer.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np

from vrlive.bench.bystanders import Bystanders
from vrlive.bench.delivery.fanout import HERE
from vrlive.bench.delivery.film import ENCODE, FPS, SIZE, Film, psnr_db, shoot
from vrlive.bench.delivery.talk import Child, cpu_s
from vrlive.bench.report import Report, Row, usable_cores

WITHIN_S: Final = 10.0
LARGEST_MS: Final = 500.0  # in the median: what we ask of ourselves
SETTLE_S: Final = 1.0
AFTER: Final = (0, 1, 2, 5, 15, 30)  # pictures after a keyframe

Say = Callable[[str], None]


def measure(*, joins: int, say: Say, film: Film | None = None) -> Report:
    """Measure `joins` joins within `WITHIN_S`, and the film's keyframes.

    Raises
    ------
    UserError
        If a viewer cannot connect.
    """
    say(f"shooting the film, {SIZE} at {FPS} pictures a second …")
    film = film or shoot()
    with tempfile.TemporaryDirectory(prefix="vrlive-bench-") as folder:
        path = Path(folder) / "film.npz"
        film.save(path)
        say(f"{joins} joins in {WITHIN_S:g} s …")
        rows = [_joins(path, joins)]
    say("decoding the film …")
    return Report([*rows, *_keyframes(film)])


def verdicts(report: Report) -> Iterator[tuple[bool, str]]:
    """What we ask of ourselves, and whether it is met."""
    row = report.rows[0]
    assert row.median_ms is not None
    yield row.median_ms < LARGEST_MS, f"first picture after {row.median_ms:.0f} ms in the median, less than {LARGEST_MS:g} asked for"
    yield row.keyframes == 0, f"{row.keyframes} keyframes made for who joined, none asked for"


def _joins(film: Path, joins: int) -> Row:
    with Child(f"{HERE}.origin", film, "fast") as origin, Child(f"{HERE}.sink") as sink:
        url = origin.ask("where")["url"]
        sink.ask("watch", url=url, count=1)  # what is loaded once, is
        time.sleep(SETTLE_S)
        before, meanwhile, used_s = origin.ask("where"), Bystanders(), [cpu_s(each) for each in (origin.pid, sink.pid)]
        took_ms = sink.ask("watch", url=url, count=joins, every_s=WITHIN_S / joins)["joins_ms"][1:]
        used_s = [cpu_s(each) - was for each, was in zip((origin.pid, sink.pid), used_s, strict=True)]
        others = meanwhile.percent(our_cpu_s=sum(used_s))
        requests = origin.ask("where")["requests"] - before["requests"]
    return Row(
        f"{joins} joins in {WITHIN_S:g} s", usable_cores(), "vrlive", "join to first picture", frames=joins,
        median_ms=float(np.median(took_ms)), p95_ms=float(np.percentile(took_ms, 95)),
        keyframes=requests, others_percent=others,
    )  # fmt: skip


def _keyframes(film: Film) -> Iterator[Row]:
    """Bytes and PSNR (luma) of pictures by how many have passed since the keyframe, which of the first is left out: it has no past."""
    keys = [n for n, unit in enumerate(film.pictures) if unit.keyframe]
    quality, work = psnr_db(film), f"{film.mbit_s:.1f} Mbit/s, {ENCODE.keyframe_s:g} s a group"
    for after in AFTER:
        numbers = [n + after for n in keys[1:] if n + after < len(film.pictures)]
        size = float(np.mean([len(film.pictures[n].data) for n in numbers])) / 1e3
        name = "keyframe" if after == 0 else f"{after} later"
        yield Row(work, usable_cores(), "vrlive", name, frames=len(numbers), psnr_db=float(quality[numbers].mean()), kilobytes=size)
    before = [n - 1 for n in keys[1:]]
    yield Row(work, usable_cores(), "vrlive", "last before", frames=len(before), psnr_db=float(quality[before].mean()))
    yield Row(work, usable_cores(), "vrlive", "all", frames=len(quality), psnr_db=float(quality.mean()))
