"""Which rendition suits a viewer's line, from what it reports: what it estimates to get (REMB), and what it loses (receiver reports).

It goes down at once when the line is too thin, and up one step at a time when there is room; a step up that had to be taken back is tried
again only after twice as long. Rates are what the renditions take at the moment: a still scene takes a fraction of what it may, and a
viewer estimates from what it gets. No clock: time is passed in.
"""

from collections.abc import Sequence
from math import inf
from typing import Final

MARGIN: Final = 1.1  # a stream takes this much more than its rate: headers, sound, retransmissions
TOO_THIN: Final = 0.9  # an estimate of less than so many times what is sent: congestion control falls to 0.85 times what arrives
ROOM: Final = 1.4  # an estimate of so many times what is sent does not limit it: browsers estimate up to 1.5 times what they get
HEAVY, LIGHT = 0.10, 0.02  # shares of packets lost: too many, next to none
SMOOTH: Final = 0.5  # weight of the newest report
SETTLE_S: Final = 1.0  # reports of the first moment after a change are about what was before it
FIRST_HOLD_S, LONGEST_HOLD_S = 5.0, 80.0
FAILED_S: Final = 10.0  # coming down so soon after going up means that going up was wrong


class Chooser:
    """For one viewer.

    Parameters
    ----------
    now_s
        When the viewer came.
    """

    def __init__(self, now_s: float) -> None:
        self.rung = 0
        self.wish: int | None = None
        self._estimate_bps, self._loss = inf, 0.0
        self._changed_s, self._climbed_s, self._hold_s = now_s, -inf, FIRST_HOLD_S

    def ask(self, rung: int | None) -> None:
        """The viewer wants one rendition; None: whichever suits."""
        self.wish = rung

    def hear_estimate(self, bps: float) -> None:
        """What the viewer estimates to be able to receive, in bits a second."""
        self._estimate_bps = bps

    def hear_loss(self, share: float) -> None:
        """Share of packets lost since the report before."""
        self._loss += SMOOTH * (share - self._loss)

    def limit_bps(self, rates_bps: Sequence[float | None]) -> float:
        """What the line carries, if the viewer's estimate says that it is hardly enough; else infinite.

        After the line has made it go down, the estimate counts until the largest rendition fits again with room to spare: whatever is
        sent faster is lost.
        """
        sent = rates_bps[self.rung] or 0.0
        thin = (self.rung > _largest(rates_bps) and self.wish is None) or self._estimate_bps < ROOM * sent
        return self._estimate_bps if thin else inf

    def choose(self, now_s: float, rates_bps: Sequence[float | None]) -> int:
        """The rendition to send now.

        Parameters
        ----------
        now_s
            Now.
        rates_bps
            What each takes, the largest rendition first; None: it is not offered. One is.
        """
        if self.wish is not None and rates_bps[self.wish] is not None:
            self._go(self.wish, now_s)
        elif self.wish is not None or rates_bps[self.rung] is None:
            self._go(_largest(rates_bps), now_s)
        elif now_s - self._changed_s >= SETTLE_S:
            self._follow_line(now_s, {rung: rate for rung, rate in enumerate(rates_bps) if rate is not None})
        return self.rung

    def _follow_line(self, now_s: float, rates: dict[int, float]) -> None:
        if self._loss > HEAVY or self._estimate_bps < TOO_THIN * rates[self.rung]:
            smaller = [rung for rung in rates if rung > self.rung]
            if smaller:
                fitting = (rung for rung in smaller if rates[rung] * MARGIN <= self._estimate_bps)
                if now_s - self._climbed_s < FAILED_S:
                    self._hold_s = min(2 * self._hold_s, LONGEST_HOLD_S)
                self._go(next(fitting, smaller[-1]), now_s)
            return
        if now_s - self._changed_s < self._hold_s:
            return
        larger = [rung for rung in rates if rung < self.rung]
        if larger and self._loss < LIGHT and self._estimate_bps >= min(ROOM * rates[self.rung], MARGIN * rates[larger[-1]]):
            self._climbed_s = now_s
            self._go(larger[-1], now_s)
        elif now_s - self._climbed_s > LONGEST_HOLD_S:
            self._hold_s = FIRST_HOLD_S

    def _go(self, rung: int, now_s: float) -> None:
        if rung != self.rung:
            self.rung, self._changed_s, self._loss = rung, now_s, 0.0


def _largest(rates_bps: Sequence[float | None]) -> int:
    """Of those that are offered."""
    return next(rung for rung, rate in enumerate(rates_bps) if rate is not None)
