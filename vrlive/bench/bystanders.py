"""Whether a measurement was disturbed: what other programs took of the processors meanwhile, as Linux counts it."""

import os
import resource
import time
from pathlib import Path

STAT = Path("/proc/stat")
BUSY = (1, 2, 3, 6, 7, 8)  # user, nice, system, irq, softirq, and what the hypervisor gave to others: proc_stat(5)


def own_cpu_s() -> float:
    """Processor seconds that this program has used, and programs it started that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


class Bystanders:
    """Other programs on the processors this one may use, from now on."""

    def __init__(self) -> None:
        self._start_s, self._start_busy_s, self._start_own_s = time.perf_counter(), _busy_s(), own_cpu_s()

    def percent(self, our_cpu_s: float = 0.0) -> int | None:
        """What part of the processors they took, 0…100; None where the system does not say.

        `our_cpu_s` is what running children of this program took, which are no bystanders.
        """
        busy_s, own_s, lasted_s = _busy_s(), own_cpu_s() - self._start_own_s, time.perf_counter() - self._start_s
        if busy_s is None or self._start_busy_s is None or lasted_s <= 0:
            return None
        share = (busy_s - self._start_busy_s - own_s - our_cpu_s) / (lasted_s * len(os.sched_getaffinity(0)))
        return round(100 * min(max(share, 0), 1))


def _busy_s() -> float | None:
    """Seconds that our processors have been busy since the machine started, all together."""
    ours = {f"cpu{index}" for index in os.sched_getaffinity(0)}
    try:
        lines = [line.split() for line in STAT.read_text("ascii").splitlines()]
    except OSError:
        return None
    return sum(int(line[place]) for line in lines if line[0] in ours for place in BUSY) / os.sysconf("SC_CLK_TCK")
