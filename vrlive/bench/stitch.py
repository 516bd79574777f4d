"""`vrlive bench stitch`: our stitcher and its peers in one run, at the same sizes and rigs, each with its error beside its time.

Ours matches each camera's red, green and blue; the peers have one gain a camera. All are given the same places, shares, pictures and
processors. The contestants take turns, round after round, so that what else the machine does falls on all of them.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from math import pi

import numpy as np

from vrlive.bench import peers_ffmpeg, peers_hugin
from vrlive.bench.bystanders import Bystanders, own_cpu_s
from vrlive.bench.peer import Contestant, Layout, Planes, lay_out, opencv_fault
from vrlive.bench.report import Report, Row, usable_cores
from vrlive.bench.works import FEATHER_RAD, Work, dual, exposures_ev, photograph, six
from vrlive.frames import Picture
from vrlive.projection.outputs import Face
from vrlive.projection.rig import Array, Rig
from vrlive.stitch import Stitcher, StitchPlan, plan_stitch
from vrlive.stitch.reference import stitch_exactly
from vrlive.tuning import gathers_fast
from vrlive.units import Size

HD, UHD, LARGEST = Size(1920, 960), Size(3840, 1920), Size(7680, 3840)
LARGEST_ERROR, LEAST_DB = 1.0, 58.5  # the gate: what is less exact has no speed to show
CHECKED_ROWS, PLACES = 16, 12  # rows of luma that are held against float64, at so many places
WARM, TURN, FEWEST = 2, 4, 5  # frames before the first turn, in a turn, and at least of ours
TURN_S = 0.25  # a turn is over after so long
SHARES = 3  # a slow contestant stays for so many times its share of the time
DISTURBED_PERCENT = 5  # from so many per cent on that others take, times are not to be trusted
NOT_EXACT = "not exact"

Say = Callable[[str], None]


class Ours:
    """The stitcher as the engine runs it."""

    name = "vrlive"

    def __init__(self, work: Work) -> None:
        self._work = work
        self._stitcher = Stitcher(plan_stitch(work.rig, work.size, feather_rad=FEATHER_RAD), gathering=gathers_fast())
        self._stitcher.gains_ev = -exposures_ev(work.rig)
        self._out = Picture.filled(work.size)

    def run(self, pictures: Sequence[Picture]) -> Planes:
        """Stitch one frame."""
        self._stitcher.run(pictures, self._out)
        return self._out.planes

    def exact(self, pictures: Sequence[Picture], rows: slice) -> tuple[Array, ...]:
        """What the slow reference makes."""
        work = self._work
        return stitch_exactly(work.rig, pictures, Face(work.size), feather_rad=FEATHER_RAD, gains_ev=-exposures_ev(work.rig), rows=rows)


def measure(*, quick: bool, say: Say) -> Report:
    """Measure all works; `quick`: the small ones, for a shorter time.

    Returns
    -------
    Report
        A row for each contestant of each work, then rows of the tables.

    Raises
    ------
    UserError
        If another program fails.
    """
    rows = list[Row]()
    lasts_s = 0.6 if quick else 3.0
    for fault in filter(None, (opencv_fault(), peers_ffmpeg.fault(), peers_hugin.fault())):
        say(fault)
    works = [Work(rig, size) for size in ((HD,) if quick else (HD, UHD)) for rig in (dual(), six())]
    for work in works:
        rows += _contest(work, lasts_s, say, _peers)
    rows += _contest(Work(six(), UHD), lasts_s, say, _nobody) if quick else _contest(Work(six(), LARGEST), lasts_s, say, _fastest)
    say("tables …")
    for size in (HD, UHD) if quick else (HD, UHD, LARGEST):
        rows += table_rows(Work(six(), size), 3 if quick else 7)
    if (others := max(row.others_percent or 0 for row in rows)) >= DISTURBED_PERCENT:
        say(f"other programs took up to {others} % of the processors: do not trust the times of rows with many “others percent”")
    return Report(rows)


def is_exact(report: Report) -> bool:
    """Whether ours passed the gate in every work."""
    return all(row.stage != NOT_EXACT for row in report.rows)


def growth(report: Report) -> list[str]:
    """For each rig, what a megapixel takes us at each size: the same everywhere if time grows with the picture and no faster."""
    ours = sorted((row for row in report.rows if row.name == Ours.name and row.median_ms and row.megapixels), key=lambda row: row.work)
    lines = []
    for rig, rows in groupby(ours, key=lambda row: row.work.partition(" to ")[0]):
        per_size = sorted((row.megapixels or 1, row.median_ms or 0, row.work.partition(" to ")[2]) for row in rows)
        lines.append(f"{rig}, ms a megapixel: " + ", ".join(f"{ms / mega:.2f} at {size}" for mega, ms, size in per_size))
    return lines


def _contest(work: Work, lasts_s: float, say: Say, peers: Callable[[Work, Sequence[Picture]], list[Contestant]]) -> list[Row]:
    say(f"{work.name} …")
    pictures = photograph(work.rig)
    ours = _Turns(Ours(work), pictures)
    everybody = [ours, *(_Turns(peer, pictures) for peer in peers(work, pictures))]
    for each in everybody:
        each.warm()
    begun_s, meanwhile = time.perf_counter(), Bystanders()
    while time.perf_counter() - begun_s < lasts_s * len(everybody) or len(ours.took_ms) < FEWEST:
        for each in everybody:
            if sum(each.took_ms) < 1e3 * SHARES * lasts_s or each is ours:
                each.take()
    others = meanwhile.percent()
    return [replace(each.row(work, float(np.median(ours.took_ms))), others_percent=others) for each in everybody]


def _peers(work: Work, pictures: Sequence[Picture]) -> list[Contestant]:
    """All that are installed and can do the work."""
    found: list[Contestant] = []
    if not opencv_fault():
        from vrlive.bench import peers_opencv, peers_opencv_detail  # noqa: PLC0415 - a development tool that may be missing

        layouts: tuple[Layout, Layout] = (lay_out(work, 1), lay_out(work, 2))
        found += [peers_opencv.Tuned(work, layouts), peers_opencv.Naive(work, layouts)]
        found += [peers_opencv_detail.Detail(work, layouts[0], multiband=multiband) for multiband in (False, True)]
    if len(work.rig.lenses) == 2 and not peers_ffmpeg.fault():
        found.append(peers_ffmpeg.V360(work, pictures))
    if not peers_hugin.fault():
        found.append(peers_hugin.Hugin(work.rig, work.size, pictures))
    return found


def _fastest(work: Work, pictures: Sequence[Picture]) -> list[Contestant]:  # noqa: ARG001 - as `_peers`
    """The one peer that is worth the wait at the largest size."""
    if opencv_fault():
        return []
    from vrlive.bench.peers_opencv import Tuned  # noqa: PLC0415 - a development tool that may be missing

    return [Tuned(work, (lay_out(work, 1), lay_out(work, 2)))]


def _nobody(work: Work, pictures: Sequence[Picture]) -> list[Contestant]:  # noqa: ARG001 - as `_peers`
    return []


class _Turns:
    """One contestant, and what its frames took."""

    def __init__(self, who: Contestant, pictures: Sequence[Picture]) -> None:
        self._who, self._pictures = who, pictures
        self.took_ms, self._cpu_ms = list[float](), list[float]()

    def warm(self) -> None:
        """Frames that do not count, unless one takes so long that it is a turn by itself."""
        for _ in range(WARM):
            self._frame()
            if self._is_slow:
                return
        self.took_ms.clear()
        self._cpu_ms.clear()

    def take(self) -> None:
        """A turn."""
        begun_s = time.perf_counter()
        if not self._is_slow:
            self._who.run(self._pictures)  # brings its tables back into the caches, as a film's frame before does
        for _ in range(TURN):
            self._frame()
            if time.perf_counter() - begun_s > TURN_S:
                return

    def row(self, work: Work, ours_ms: float) -> Row:
        """What is known of it."""
        error, db = errors(work, self._who, self._pictures)
        median_ms, is_ours = float(np.median(self.took_ms)), self._who.name == Ours.name
        return Row(
            work.name,
            usable_cores(),
            self._who.name,
            NOT_EXACT if is_ours and not passes(error, db) else None,
            median_ms=median_ms,
            p95_ms=float(np.percentile(self.took_ms, 95)),
            cpu_ms=float(np.median(self._cpu_ms)),
            fps=1e3 / median_ms,
            frames=len(self.took_ms),
            ratio=None if is_ours else median_ms / ours_ms,
            max_error=error,
            psnr_db=db,
            megapixels=_megapixels(work),
        )

    @property
    def _is_slow(self) -> bool:
        return bool(self.took_ms) and self.took_ms[0] > 1e3 * TURN_S

    def _frame(self) -> None:
        start_s, start_cpu_s = time.perf_counter(), own_cpu_s()
        self._who.run(self._pictures)
        self.took_ms.append(1e3 * (time.perf_counter() - start_s))
        self._cpu_ms.append(1e3 * (own_cpu_s() - start_cpu_s))


def passes(error: float | None, db: float | None) -> bool:
    """Whether so large an error is no more than rounding."""
    return error is not None and db is not None and error <= LARGEST_ERROR and db >= LEAST_DB


def errors(work: Work, who: Contestant, pictures: Sequence[Picture]) -> tuple[float | None, float | None]:
    """Largest error in codes of all planes, and PSNR of luma, over rows spread from pole to pole."""
    places = [int(start) for start in np.linspace(0, work.size.height - CHECKED_ROWS, PLACES).astype(int) // 2 * 2]
    exact = [who.exact(pictures, slice(start, start + CHECKED_ROWS)) for start in places]
    planes = who.run(pictures) if exact[0] else None
    if planes is None:
        return None, None
    largest, squares = 0.0, []
    for start, right in zip(places, exact, strict=True):
        assert right is not None
        for index, (plane, codes) in enumerate(zip(planes, right, strict=True)):
            step = 1 if index == 0 else 2
            off = np.abs(plane[start // step : (start + CHECKED_ROWS) // step] - np.clip(codes, 0, 255))
            largest = max(largest, float(off.max()))
            if index == 0:
                squares.append(off**2)
    return largest, float(10 * np.log10(255**2 / np.mean(np.concatenate(squares))))


def table_rows(work: Work, times: int) -> list[Row]:
    """What our tables take: of a rig never seen before, and of the same rig when it is turned a little."""
    new = [
        replace(work.rig, lenses=tuple(replace(lens, focal_px=lens.focal_px + 1e-6 * n) for lens in work.rig.lenses)) for n in range(times)
    ]
    turned = [work.rig.turned((n + 1) * pi / 180, 0.01 * n, 0.0) for n in range(times)]
    return [_tables_row(work, "of a new rig", new), _tables_row(work, "of a turned rig", turned)]


def _tables_row(work: Work, name: str, rigs: Sequence[Rig]) -> Row:
    took_ms: list[float] = []
    plan: StitchPlan | None = None
    meanwhile = Bystanders()
    for rig in rigs:
        start_s = time.perf_counter()
        plan = plan_stitch(rig, work.size, feather_rad=FEATHER_RAD)
        took_ms.append(1e3 * (time.perf_counter() - start_s))
    assert plan is not None
    return Row(
        f"tables, {work.name}",
        usable_cores(),
        name,
        median_ms=float(np.median(took_ms)),
        p95_ms=float(np.percentile(took_ms, 95)),
        megapixels=_megapixels(work),
        bytes_px=plan.nbytes / (work.size.width * work.size.height),
        others_percent=meanwhile.percent(),
    )


def _megapixels(work: Work) -> float:
    return work.size.width * work.size.height / 1e6
