"""`vrlive bench stitch`: our stitcher and its peers in one run, at the same sizes and rigs, each with its error beside its time.

Ours matches each camera's red, green and blue; the peers have one gain a camera. All are given the same places, shares and pictures. The
contestants take turns, round after round, so that what else the machine does falls on all of them.
"""

import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from math import pi

import numpy as np

from vrlive.bench.peer import Layout, Peer, Planes, exact_rows, lay_out
from vrlive.bench.report import Report, Row, usable_cores
from vrlive.bench.works import FEATHER_RAD, Work, dual, exposures_ev, photograph, six
from vrlive.frames import Picture
from vrlive.projection.outputs import Face
from vrlive.projection.rig import Array
from vrlive.stitch import Stitcher, StitchPlan, plan_stitch
from vrlive.stitch.reference import stitch_exactly
from vrlive.tuning import gathers_fast
from vrlive.units import Size

HD, UHD, LARGEST = Size(1920, 960), Size(3840, 1920), Size(7680, 3840)
LARGEST_ERROR, LEAST_DB = 1.0, 58.5  # the gate: what is less exact has no speed to show
CHECKED_ROWS, PLACES = 16, 12  # rows of luma that are held against float64, at so many places
WARM = 2
TURN = 4  # frames that a contestant makes in one turn

Say = Callable[[str], None]


class Ours:
    """The stitcher as the engine runs it."""

    name = "vrlive"
    pivot = None

    def __init__(self, work: Work) -> None:
        self._work = work
        self.plan = plan_stitch(work.rig, work.size, feather_rad=FEATHER_RAD)
        self._stitcher, self._out = Stitcher(self.plan, gathering=gathers_fast()), Picture.filled(work.size)
        self._stitcher.gains_ev = -exposures_ev(work.rig)

    def run(self, pictures: Sequence[Picture]) -> Planes:
        """Stitch one frame."""
        self._stitcher.run(pictures, self._out)
        return self._out.planes

    def exact(self, pictures: Sequence[Picture], rows: slice) -> tuple[Array, ...]:
        """What it should give in some rows."""
        work = self._work
        return stitch_exactly(work.rig, pictures, Face(work.size), feather_rad=FEATHER_RAD, gains_ev=-exposures_ev(work.rig), rows=rows)


def measure(*, quick: bool, say: Say) -> Report:
    """Measure all works; `quick`: the small ones, for a shorter time.

    Returns
    -------
    Report
        A row for each contestant of each work, then rows of the plans. `exact` says whether ours passed the gate everywhere.
    """
    rows: list[Row] = []
    lasts_s = 0.6 if quick else 3.0
    works = [Work(rig, size) for size in ((HD,) if quick else (HD, UHD)) for rig in (dual(), six())]
    for work in works:
        rows += _contest(work, lasts_s, say, peers=True)
    for size in (UHD,) if quick else (LARGEST,):
        rows += _contest(Work(six(), size), lasts_s, say, peers=False)
    say("plans …")
    for size in (HD, UHD) if quick else (HD, UHD, LARGEST):
        rows += _plan_rows(Work(six(), size), 3 if quick else 7)
    if find_spec("cv2") is None:
        say("OpenCV is not installed, its rows are left out: pip install opencv-python-headless")
    return Report(rows)


def is_exact(report: Report) -> bool:
    """Whether ours passed the gate in every work."""
    ours = [row for row in report.rows if row.name == Ours.name and row.max_error is not None]
    return all((row.max_error or 0) <= LARGEST_ERROR and (row.psnr_db or 0) >= LEAST_DB for row in ours)


def _contest(work: Work, lasts_s: float, say: Say, *, peers: bool) -> list[Row]:
    say(f"{work.name} …")
    pictures, ours = photograph(work.rig), Ours(work)
    contestants: list[Ours | Peer] = [ours, *(_peers(work) if peers else [])]
    took_ms: dict[str, list[float]] = {each.name: [] for each in contestants}
    cpu_ms: dict[str, list[float]] = {each.name: [] for each in contestants}
    for _ in range(WARM):
        for each in contestants:
            each.run(pictures)
    begun_s = time.perf_counter()
    while time.perf_counter() - begun_s < lasts_s * len(contestants) or len(took_ms[ours.name]) < 5:
        for each in contestants:
            each.run(pictures)  # brings its tables back into the caches, as a film's frame before does
            for _ in range(TURN):
                start_s, start_cpu_s = time.perf_counter(), time.process_time()
                each.run(pictures)
                took_ms[each.name].append(1e3 * (time.perf_counter() - start_s))
                cpu_ms[each.name].append(1e3 * (time.process_time() - start_cpu_s))
    best_ms = float(np.median(took_ms[ours.name]))
    return [_row(work, each, took_ms[each.name], cpu_ms[each.name], best_ms, pictures) for each in contestants]


def _peers(work: Work) -> list[Peer]:
    """All that are installed and can do the work."""
    found: list[Peer] = []
    if find_spec("cv2"):
        from vrlive.bench import peers_opencv  # noqa: PLC0415 - a development tool that may be missing

        layouts: tuple[Layout, Layout] = (lay_out(work, 1), lay_out(work, 2))
        found += [peers_opencv.Tuned(work, layouts), peers_opencv.Naive(work, layouts)]
        if work.size == HD:
            found += [peers_opencv.Detail(work, layouts, multiband=multiband) for multiband in (False, True)]
    if len(work.rig.lenses) == 2:
        from vrlive.bench.peers_ffmpeg import V360  # noqa: PLC0415 - only where it takes part

        found.append(V360(work))
    return found


def _row(work: Work, each: Ours | Peer, took_ms: list[float], cpu_ms: list[float], ours_ms: float, pictures: Sequence[Picture]) -> Row:
    planes = each.run(pictures)
    error, db = _error(work, each, planes, pictures) if planes else (None, None)
    median_ms = float(np.median(took_ms))
    return Row(
        work.name,
        usable_cores(),
        each.name,
        median_ms=median_ms,
        p95_ms=float(np.percentile(took_ms, 95)),
        cpu_ms=float(np.median(cpu_ms)),
        fps=1e3 / median_ms,
        frames=len(took_ms),
        ratio=median_ms / ours_ms if each.name != Ours.name else None,
        max_error=error,
        psnr_db=db,
        megapixels=work.size.width * work.size.height / 1e6,
    )


def _error(work: Work, each: Ours | Peer, planes: Planes, pictures: Sequence[Picture]) -> tuple[float | None, float | None]:
    """Largest error in codes of all planes, and PSNR of luma, over rows spread from pole to pole."""
    if not isinstance(each, Ours) and each.pivot is None:
        return None, None
    largest, squares = 0.0, []
    for start in np.linspace(0, work.size.height - CHECKED_ROWS, PLACES).astype(int) // 2 * 2:
        rows = slice(int(start), int(start) + CHECKED_ROWS)
        exact = each.exact(pictures, rows) if isinstance(each, Ours) else exact_rows(work, pictures, each.pivot or (0, 0, 0), rows)
        for index, (plane, right) in enumerate(zip(planes, exact, strict=True)):
            step = 1 if index == 0 else 2
            off = np.abs(plane[rows.start // step : rows.stop // step] - np.clip(right, 0, 255))
            off = off[np.isfinite(off)]
            largest = max(largest, float(off.max(initial=0)))
            if index == 0:
                squares.append(off**2)
    return largest, float(10 * np.log10(255**2 / np.mean(np.concatenate(squares))))


def _plan_rows(work: Work, times: int) -> list[Row]:
    """Tables for the first time, and again for a rig that is turned a little."""
    made: list[float] = []
    plan: StitchPlan | None = None
    for turn in range(times + 1):
        rig = work.rig.turned(turn * pi / 180, 0.01 * turn, 0.0)
        start_s = time.perf_counter()
        plan = plan_stitch(rig, work.size, feather_rad=FEATHER_RAD)
        made.append(1e3 * (time.perf_counter() - start_s))
    assert plan is not None
    pixels = work.size.width * work.size.height
    return [
        Row(
            work.name,
            usable_cores(),
            Ours.name,
            "tables anew",
            median_ms=float(np.median(made[1:])),
            p95_ms=float(np.percentile(made[1:], 95)),
            frames=times,
            megapixels=pixels / 1e6,
            bytes_px=plan.nbytes / pixels,
        )
    ]
