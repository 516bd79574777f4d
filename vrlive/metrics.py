"""Counting and timing on the hot path: cheap to record, summed up once a second elsewhere."""

import time
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
