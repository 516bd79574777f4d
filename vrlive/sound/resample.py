"""Sound read at places between its samples: a sinc under a Kaiser window.

Sources: J. O. Smith, “Digital Audio Resampling”, ccrma.stanford.edu/~jos/resample; J. F. Kaiser, “Nonrecursive digital filter design using
the I₀-sinh window function” (1974). Rates differ by parts of a thousand here, so one table does for all of them.
"""

from math import floor
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vrlive.projection.kernels import kernel, part_of_kernel

HALF: Final = 32  # samples on either side of a place that are looked at
PHASES: Final = 512  # places between two samples that have weights of their own; between those weights are interpolated
BETA: Final = 9.0  # 90 dB of what must not pass
PASSED: Final = 0.92  # middle of the slope, of half the rate: flat up to 20 kHz, nothing left above 24.4 kHz

Table = Any  # arrays inside the kernel; their shapes and types stand beside them


def _weights() -> NDArray[np.float32]:
    """(PHASES + 1, 2 · HALF): what the samples around a place count for, each row adding up to 1."""
    place = np.arange(PHASES + 1)[:, None] / PHASES
    distance = np.arange(1 - HALF, HALF + 1)[None, :] - place
    window = np.i0(BETA * np.sqrt(np.clip(1 - (distance / HALF) ** 2, 0, 1)))
    weights = np.sinc(PASSED * distance) * window
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


WEIGHTS: Final = _weights()


def read(ring: NDArray[np.float32], begin: int, end: int, place: float, step: float, out: NDArray[np.float32]) -> None:
    """Read `out` from a ring, the first sample at `place` and each `step` after the one before.

    Parameters
    ----------
    ring
        (capacity, channels): sample n lies in row n modulo the capacity.
    begin, end
        Samples from `begin` to before `end` are there; all others are silence.
    place, step
        In samples of the ring.
    out
        (n, channels), overwritten.
    """
    first, last = floor(place) + 1 - HALF, floor(place + step * (len(out) - 1)) + HALF + 1
    numbers = np.arange(first, last)
    source = ring[numbers % len(ring)]
    source[: max(0, begin - first)] = 0
    source[max(0, end - first) :] = 0
    _read(np.ascontiguousarray(source.T), place - first, step, WEIGHTS, out)


@kernel
def _read(
    source: Table,  # (channels, m) float32
    place: float,
    step: float,
    weights: Table,  # (PHASES + 1, 2 · HALF) float32
    out: Table,  # (n, channels) float32
) -> None:
    mixed = np.empty(2 * HALF, np.float32)
    for i in range(len(out)):
        at = place + i * step
        whole = int(np.floor(at))
        phase = (at - whole) * PHASES
        row = min(int(phase), PHASES - 1)
        share = np.float32(phase - row)
        for tap in range(2 * HALF):
            mixed[tap] = weights[row, tap] + share * (weights[row + 1, tap] - weights[row, tap])
        for channel in range(source.shape[0]):
            out[i, channel] = _dot(mixed, source[channel, whole + 1 - HALF : whole + 1 + HALF])


@part_of_kernel
def _dot(a: Table, b: Table) -> Any:
    """Eight sums at once, which the processor takes for one."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = np.float32(0)
    for i in range(0, 2 * HALF, 8):
        s0 += a[i] * b[i]
        s1 += a[i + 1] * b[i + 1]
        s2 += a[i + 2] * b[i + 2]
        s3 += a[i + 3] * b[i + 3]
        s4 += a[i + 4] * b[i + 4]
        s5 += a[i + 5] * b[i + 5]
        s6 += a[i + 6] * b[i + 6]
        s7 += a[i + 7] * b[i + 7]
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
