"""What is counted here, as the API says it."""

from vrlive.api.models import HistogramState, ProcessState
from vrlive.metrics import Histogram
from vrlive.processes import usage


def histogram_state(counted: Histogram) -> HistogramState:
    """A histogram as it is now."""
    return HistogramState(bounds=list(counted.bounds), counts=list(counted.counts), sum=counted.sum)


def process_state(pid: int | None) -> ProcessState | None:
    """What a process takes; None if there is none."""
    found = usage(pid) if pid is not None else None
    return ProcessState(cpu_s=found.cpu_s, resident_bytes=found.resident_bytes) if found else None
