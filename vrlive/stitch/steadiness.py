"""Which cameras' exposures can be believed just now.

A camera whose exposure jumps against that of the others flickers, is being covered, or sets itself anew. It is not believed until it has
been steady for a while: the longer, the more often it jumped lately. Nor is one believed whose picture stands still while others go on.
What the scene does is the same for all lenses that see it, and is not mistaken for a camera's doing.
"""

from collections import deque
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

JUMP_EV: Final = 0.1  # by more than that an exposure does not wander between two observations
STEADY_AFTER_S: Final = 1.0  # for each jump …
LATELY_S: Final = 10.0  # … that was not longer ago


class Steadiness:
    """Watches the exposures of all lenses, as far as they are known."""

    def __init__(self, lenses: int) -> None:
        self._none = np.zeros(lenses, np.bool_)
        self._moving = self._none
        self._light: Array | None = None
        self.reset()

    def reset(self) -> None:
        """Believe all lenses again."""
        self._gains = np.full((len(self._none), 3), np.nan)
        self._jumps: deque[tuple[float, Mask]] = deque()
        self._jumped_s = np.full(len(self._none), -inf)

    def look(self, gains_ev: Array, light: Array, now_s: float) -> Mask:
        """Which lenses not to believe, (lenses,).

        Parameters
        ----------
        gains_ev
            What each lens' gains should be by this observation alone, up to what is common to all: (lenses, 3), NaN where not known.
        light
            What it sees: (lenses, samples), NaN where not known.
        """
        jumped = self._jumped(gains_ev)
        self._jumped_s[jumped] = now_s
        self._jumps.append((now_s, jumped))
        while self._jumps[0][0] < now_s - LATELY_S:
            self._jumps.popleft()
        count = np.sum([jumps for _, jumps in self._jumps], axis=0)
        return np.asarray((now_s - self._jumped_s < STEADY_AFTER_S * count) | self._frozen(light))

    def _jumped(self, gains_ev: Array) -> Mask:
        """Which lenses' gains differ from what they last were, by more than those of most."""
        moved = gains_ev - self._gains
        self._gains = np.where(np.isfinite(gains_ev), gains_ev, self._gains)
        jumped = self._none.copy()
        for channel in moved.T:
            known = np.isfinite(channel)
            if known.any():
                jumped[known] |= np.abs(channel[known] - np.median(channel[known])) > JUMP_EV
        return jumped

    def _frozen(self, light: Array) -> Mask:
        """Which lenses see exactly what they saw, though they have seen other things and others still do."""
        before, self._light = self._light, light
        if before is None:
            return self._none
        known = np.isfinite(light).any(-1)
        same = known & np.all((light == before) | (np.isnan(light) & np.isnan(before)), axis=-1)
        moves = known & ~same & np.isfinite(before).any(-1)
        frozen = same & self._moving & moves.any()
        self._moving = self._moving | moves
        return np.asarray(frozen)
