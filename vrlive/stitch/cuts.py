"""Whether the scene was cut: most of what most cameras see is another thing at once, as where a looped film begins again.

Lamps that go on change the light of all samples by one factor, and are no cut. A rig that moves, and lamps that flicker, change most of
the picture again and again: only the first of many such changes can be a cut.
"""

from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FEWEST_SAMPLES: Final = 40  # on fewer nothing is said
CHANGED: Final = 0.12  # ln units: by more than that at least half of the samples changed, after the common factor
CALM_S: Final = 2.0  # without such a change go before a cut


class Cuts:
    """Watches the light at fixed samples of all lenses."""

    def __init__(self) -> None:
        self._known: Array | None = None
        self._changed_s = -inf

    def look(self, light: Array, now_s: float) -> bool:
        """Compare the logarithm of light, (lenses, samples) with NaN where it is not known, with what it last was at each sample."""
        known = np.full_like(light, np.nan) if self._known is None else self._known
        self._known = np.where(np.isfinite(light), light, known)
        changes = [_changed(each[np.isfinite(each)]) for each in light - known]
        told = [each for each in changes if each is not None]
        changed = len(told) > 1 and sum(told) > len(told) / 2
        cut = changed and now_s - self._changed_s >= CALM_S
        if changed:
            self._changed_s = now_s
        return cut


def _changed(change: Array) -> bool | None:
    """Whether half of a lens' samples changed by more than a factor; None if there are too few."""
    if len(change) < FEWEST_SAMPLES:
        return None
    return bool(np.median(np.abs(change - np.median(change))) > CHANGED)
