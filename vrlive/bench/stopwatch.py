"""Times the same work again and again: by the clock, and by the processors it kept busy."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from vrlive.bench.report import Row, usable_cores

WARM = 5  # frames at the start that do not count
FEWEST = 10  # frames that count, however slow they are


class Stopwatch:
    """Times frames of a stage while nothing else runs in this process.

    Parameters
    ----------
    lasts_s
        After so many seconds of work there is enough.
    """

    def __init__(self, lasts_s: float) -> None:
        self._lasts_s = lasts_s
        self._took_s: list[float] = []
        self._cpu_s: list[float] = []

    @property
    def enough(self) -> bool:
        """Whether the work was timed for long enough."""
        return len(self._took_s) >= WARM + FEWEST and sum(self._took_s[WARM:]) >= self._lasts_s

    @contextmanager
    def frame(self) -> Iterator[None]:
        """Time the block as one frame."""
        cpu_s, start_s = time.process_time(), time.perf_counter()
        yield
        self._took_s.append(time.perf_counter() - start_s)
        self._cpu_s.append(time.process_time() - cpu_s)

    def row(self, work: str, stage: str) -> Row:
        """Median, 95th percentile, and the mean of all threads' processor time (work beside the hot path falls on few frames)."""
        took_ms, cpu_ms = np.array(self._took_s[WARM:]) * 1e3, np.array(self._cpu_s[WARM:]) * 1e3
        median_ms, p95_ms = (float(value) for value in np.percentile(took_ms, (50, 95)))
        return Row(
            work,
            usable_cores(),
            "vrlive",
            stage,
            median_ms=median_ms,
            p95_ms=p95_ms,
            cpu_ms=float(cpu_ms.mean()),
            fps=1e3 / float(took_ms.mean()),
            frames=len(took_ms),
        )
