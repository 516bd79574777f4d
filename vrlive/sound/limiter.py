"""Keeps a mix below full scale without being heard: it sees peaks coming and turns down before them, slowly up after them.

Gain falls over 5 ms in a straight line to what the peak needs, and comes back over some tenths of a second. All channels get the same, or
sources would move. Below the threshold nothing is changed at all.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vrlive.frames import SOUND_RATE_HZ
from vrlive.projection.kernels import kernel

THRESHOLD: Final = 10 ** (-1 / 20)  # −1 dB: room for what codecs add (EBU R 128 s1)
AHEAD: Final = SOUND_RATE_HZ // 200  # samples of delay: 5 ms
RELEASE_S: Final = 0.3  # after that time two thirds of a reduction are taken back

_RISE: Final = float(1 - np.exp(-1 / (RELEASE_S * SOUND_RATE_HZ)))
_OPEN: Final = 0.9999  # from here on nothing is held: a thousandth of a decibel
Table = Any


class Limiter:
    """Takes blocks in, gives them out `AHEAD` samples later.

    Attributes
    ----------
    gain
        The smallest it applied in the last block; 1 while nothing is too loud.
    """

    def __init__(self, channels: int) -> None:
        self.gain = 1.0
        self._late = np.zeros((AHEAD, channels), np.float32)
        self._needed = np.ones(AHEAD)  # gain that each of the samples before the block needs
        self._held = np.ones(AHEAD)  # and what was held there

    def run(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Sound (n, channels) in, n at least `AHEAD`; as much out, never beyond `THRESHOLD`."""
        sound = np.concatenate([self._late, block])
        needed = np.concatenate([self._needed, np.minimum(1.0, THRESHOLD / np.maximum(np.abs(block).max(axis=1), 1e-9))])
        out, gains = sound[: len(block)], np.ones(len(block))
        if needed.min() < 1.0 or self._held.min() < 1.0:
            held = np.concatenate([self._held, gains])
            _hold(needed, held, gains)
            self._held = held[len(block) :]
            out = np.asarray(out * gains[:, None], np.float32)
        self._late, self._needed = sound[len(block) :], needed[len(block) :]
        self.gain = float(gains.min())
        return out


@kernel
def _hold(
    needed: Table,  # (AHEAD + n,) float64
    held: Table,  # (AHEAD + n,) float64: the first are those before the block, the rest is written
    gains: Table,  # out: (n,) float64, for the samples that are `AHEAD` older
) -> None:
    """Hold the least gain needed within `AHEAD`, let it rise slowly, and take the mean: a straight line down to each peak."""
    total = held[:AHEAD].sum()
    for i in range(len(gains)):
        least = needed[i : i + AHEAD + 1].min()
        before = held[i + AHEAD - 1]
        risen = before + (1.0 - before) * _RISE
        held[i + AHEAD] = min(least, 1.0 if risen > _OPEN else risen)
        total += held[i + AHEAD] - held[i]
        gains[i] = min(1.0, total / AHEAD)
