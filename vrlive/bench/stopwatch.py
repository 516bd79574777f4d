"""Times the same work again and again: by the clock, and by the processors it kept busy."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from vrlive.bench.report import Row, usable_cores


class Stopwatch:
    """Times frames of a stage while nothing else runs in this process.

    Parameters
    ----------
    warm
        So many frames at the start do not count.
    """

    def __init__(self, warm: int) -> None:
        self._warm = warm
        self._took_s: list[float] = []
        self._cpu_s: list[float] = []

    @contextmanager
    def frame(self) -> Iterator[None]:
        """Time the block as one frame."""
        cpu_s, start_s = time.process_time(), time.perf_counter()
        yield
        self._took_s.append(time.perf_counter() - start_s)
        self._cpu_s.append(time.process_time() - cpu_s)

    def row(self, work: str, stage: str) -> Row:
        """Median, 95th percentile, and the mean of all threads' processor time (work beside the hot path falls on few frames)."""
        took_ms, cpu_ms = np.array(self._took_s[self._warm :]) * 1e3, np.array(self._cpu_s[self._warm :]) * 1e3
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
