"""`vrlive bench live`: the demo's pipeline in real time, then each stage alone, then all of them as fast as they can."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from streaming.access_unit import AccessUnit
from vrlive.bench.flat_out import flat_out_rows
from vrlive.bench.report import Report, Row, usable_cores
from vrlive.channels import Progress, demo_channel, prepare
from vrlive.clock import now_s
from vrlive.config import ChannelConfig
from vrlive.errors import CaptureError
from vrlive.metrics import WINDOW, Stage
from vrlive.pipeline import Pipeline
from vrlive.units import Size

SIZES = (Size(1920, 960), Size(2880, 1440))

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure.

    Attributes
    ----------
    settle
        So many frames go on air before any counts: plans are made, exposure settles, caches fill.
    live_s
        Seconds on air that count.
    run_s
        Seconds that each stage works as fast as it can.
    patience_s
        Give up when the time on air is not over by then: kernels may have to be compiled, and the machine may be slow.
    """

    settle: int
    live_s: float
    run_s: float
    patience_s: float = 120.0


FULL = Effort(settle=100, live_s=30.0, run_s=8.0)
QUICK = Effort(settle=25, live_s=4.0, run_s=1.0)


def measure(*, quick: bool, progress: Progress | None, say: Say) -> Report:
    """Measure the demo's channel at the two sizes of the claim.

    Parameters
    ----------
    quick
        Measure for a shorter time.
    progress
        Told how far the demo's clips are rendered, the first time.
    say
        Told what is measured next.
    """
    channel = demo_channel()
    prepare([channel], progress)
    return measure_channel(channel, SIZES, QUICK if quick else FULL, say)


def measure_channel(channel: ChannelConfig, sizes: tuple[Size, ...], effort: Effort, say: Say) -> Report:
    """Measure a channel whose cameras are looped files of one frame rate, at several sizes of its picture.

    Raises
    ------
    CaptureError
        If a camera delivers nothing.
    """
    rows: list[Row] = []
    for size in sizes:
        sized = channel.model_copy(update={"size": size})
        say(f"{size} at {channel.fps:g} frames a second, in real time …")
        rows += live_rows(sized, effort)
        say(f"{size}, as fast as this machine can …")
        rows += flat_out_rows(sized, effort.run_s)
    return Report(rows)


def live_rows(channel: ChannelConfig, effort: Effort) -> Iterator[Row]:
    """On air for a while: what a viewer would get, stage by stage, and the frames that were lost."""
    stop = threading.Event()
    witness = Witness(effort, stop)
    pipeline = Pipeline(channel, epoch_s=now_s(), emit=witness.take)
    witness.pipeline = pipeline
    giving_up = threading.Timer(effort.patience_s, stop.set)
    giving_up.start()
    try:
        pipeline.run(stop)
    finally:
        giving_up.cancel()
    if not witness.done:
        faults = [camera.last_fault for camera in pipeline.cameras if camera.last_fault]
        raise CaptureError(faults[0] if faults else f"no {effort.live_s:g} s of pictures within {effort.patience_s:g} s")
    yield from witness.rows(f"{channel.size}, live", 1 / channel.fps)


class Witness:
    """Takes what a pipeline emits, on its thread: begins to count once the show has settled, and ends it when it has seen enough."""

    def __init__(self, effort: Effort, stop: threading.Event) -> None:
        self.pipeline: Pipeline | None = None
        self.done = False
        self._effort, self._stop = effort, stop
        self._settling = effort.settle
        self._captured_s: list[float] = []
        self._cpu_s = 0.0
        self._lost = 0

    def take(self, unit: AccessUnit) -> None:
        """Count a unit of video."""
        if unit.kind != "video" or self.pipeline is None or self.done:
            return
        if self._settling:
            self._settling -= 1
            return
        if not self._captured_s:
            self._begin(self.pipeline)
        self._captured_s.append(unit.captured_s)
        if unit.captured_s - self._captured_s[0] >= self._effort.live_s:
            self._end(self.pipeline)

    def rows(self, work: str, period_s: float) -> Iterator[Row]:
        """What was seen: each stage over its last frames, and the programme over all of them."""
        assert self.pipeline is not None
        cores = usable_cores()
        for stage in self.pipeline.stages.values():
            seen = stage.summary()
            if seen.frames:
                frames = min(seen.frames, WINDOW)
                yield Row(work, cores, "vrlive", stage.name, median_ms=seen.median_ms, p95_ms=seen.p95_ms, frames=frames)
        frames = len(self._captured_s) - 1
        lasted_s = self._captured_s[-1] - self._captured_s[0]
        dropped = max(0, round(lasted_s / period_s) - frames)
        cpu_ms = self._cpu_s / frames * 1e3
        yield Row(work, cores, "vrlive", "cameras", dropped=self._lost)
        yield Row(work, cores, "vrlive", "programme", cpu_ms=cpu_ms, fps=frames / lasted_s, frames=frames, dropped=dropped)

    def _begin(self, pipeline: Pipeline) -> None:
        pipeline.stages.update({name: Stage(name) for name in pipeline.stages})
        self._lost = -_lost(pipeline)
        self._cpu_s = -time.process_time()

    def _end(self, pipeline: Pipeline) -> None:
        self._cpu_s += time.process_time()
        self._lost += _lost(pipeline)
        self.done = True
        self._stop.set()


def _lost(pipeline: Pipeline) -> int:
    return sum(camera.dropped for camera in pipeline.cameras)
