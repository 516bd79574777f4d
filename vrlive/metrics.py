"""Counting and timing on the hot path: cheap to record, summed up once a second elsewhere."""

import time
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median

WINDOW = 250  # the last 10 s at 25 fps


@dataclass(frozen=True, slots=True)
class StageSummary:
    """One stage over its window: milliseconds a frame, and totals since start."""

    median_ms: float
    p95_ms: float
    frames: int
    dropped: int
    busy_s: float


@dataclass(slots=True)
class Stage:
    """Times one stage of the pipeline. One thread records; any thread may summarise."""

    name: str
    frames: int = 0
    dropped: int = 0
    busy_s: float = 0.0
    last_fault: str = ""
    _window_s: deque[float] = field(default_factory=lambda: deque(maxlen=WINDOW))

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Time the block as one frame."""
        start = time.perf_counter()
        yield
        self.record(time.perf_counter() - start)

    def record(self, seconds: float) -> None:
        """Count one frame that took `seconds`."""
        self.frames += 1
        self.busy_s += seconds
        self._window_s.append(seconds)

    def drop(self, why: str) -> None:
        """Count one frame that was lost, and keep the reason for the next summary."""
        self.dropped += 1
        self.last_fault = why

    def summary(self) -> StageSummary:
        """Median and 95th percentile of the window, and the totals."""
        window = sorted(self._window_s.copy()) or [0.0]
        p95 = window[min(len(window) - 1, int(0.95 * len(window)))]
        return StageSummary(median(window) * 1e3, p95 * 1e3, self.frames, self.dropped, self.busy_s)


@dataclass(slots=True)
class Histogram:
    """How many values lie below each bound, and their sum. One thread records; any thread may read.

    Attributes
    ----------
    bounds
        Ascending; a value that is one of them lies below it.
    counts
        Values between the bound before and this one; the last: above all bounds.
    sum
        Of all values.
    """

    bounds: tuple[float, ...]
    counts: list[int] = field(init=False)
    sum: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def record(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value
