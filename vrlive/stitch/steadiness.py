"""Which cameras can be believed just now, and whether the scene was cut.

From one observation to the next, the light at a lens' samples changes by one factor (its exposure, or the lamps) and by what moves. A
lens whose factor differs from that of the others, or in which most of the picture changed when it did not in the others, is not believed
until it has been steady for a while: it flickers, is being covered, or sets its own exposure anew. When most of the picture changed in
most lenses, the scene was cut.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

FEWEST_SAMPLES: Final = 40  # on fewer nothing is said
JUMP: Final = 0.07  # ln units, a tenth of a stop: by more than that one lens' exposure does not wander between two observations
CHANGED: Final = 0.12  # ln units: by more than that at least half of the samples changed, after the common factor
STEADY_AFTER: Final = 4  # observations


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to believe: `unsteady` (lenses,) are to be left out; `cut`: all that was known of the scene is over."""

    unsteady: Mask
    cut: bool


class Steadiness:
    """Watches the light at fixed samples of all lenses."""

    def __init__(self, lenses: int) -> None:
        self._before: Array | None = None
        self._doubts: deque[Mask] = deque(maxlen=STEADY_AFTER)
        self._none = np.zeros(lenses, np.bool_)

    def reset(self) -> None:
        """Believe all lenses again."""
        self._before = None
        self._doubts.clear()

    def look(self, light: Array) -> Verdict:
        """Compare the logarithm of light, (lenses, samples) with NaN where nothing can be said, with that of the last time."""
        before, self._before = self._before, light.copy()
        if before is None:
            return Verdict(self._none, cut=False)
        factor, spread, known = _changes(light - before)
        changed = known & (spread > CHANGED)
        if known.any() and changed.sum() > known.sum() / 2 and (known.sum() > 1 or changed.all()):
            self._doubts.clear()
            return Verdict(self._none, cut=True)
        common = np.median(factor[known & ~changed]) if (known & ~changed).any() else 0.0
        self._doubts.append(changed | (known & (np.abs(factor - common) > JUMP)))
        return Verdict(np.any(self._doubts, axis=0), cut=False)


def _changes(change: Array) -> tuple[Array, Array, Mask]:
    """Of each lens: the median change, the median distance from that, and whether there are enough samples: (lenses,)."""
    usable = np.isfinite(change)
    known = usable.sum(1) >= FEWEST_SAMPLES
    factor, spread = np.zeros(len(change)), np.zeros(len(change))
    for lens in np.flatnonzero(known):
        values = change[lens, usable[lens]]
        factor[lens] = np.median(values)
        spread[lens] = np.median(np.abs(values - factor[lens]))
    return factor, spread, known
