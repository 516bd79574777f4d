"""Which rendition suits a viewer's line, from what it reports: what it estimates to get (REMB), and what it loses (receiver reports).

It goes down at once when the line is too thin, and up one step at a time when there is room. Whether there is, it finds out before it goes:
the line is sent packets again (`streaming.rtp.probe`) until it has carried what the larger rendition takes. What it did not carry is tried
again only after twice as long. Rates are what the renditions take at the moment: a still scene takes a fraction of what it may.

Browsers estimate up to 1.5 times what they get, and let an estimate rise by at most 8 % a second. So one that is low says little while it
rises; one that falls, or is stuck below what is sent, says that the line is full. No clock: time is passed in.
"""

from collections.abc import Sequence
from math import inf
from typing import Final

MARGIN: Final = 1.1  # a stream takes this much more than its rate: headers, sound, retransmissions
TOO_THIN: Final = 0.9  # an estimate of less than so many times what is sent: congestion control falls to 0.85 times what arrives
ROOM: Final = 1.4  # an estimate of so many times what is sent does not limit it: browsers estimate up to 1.5 times what they get
RISEN, FALLEN = 1.05, 0.97  # times the highest so far: an estimate that rises, one that falls
STUCK_S: Final = 2.0  # a line that is not full lets the estimate rise by a seventh in that time
REACH: Final = 1.25  # times the estimate, a line is probed with at most: enough to let it rise, little enough not to fill queues
RAMP: Final = 1.25  # a probe rises so much a second: by the time that a queue is full the viewer has said so
CARRIED_S: Final = 1.0  # so long a line must have carried what a larger rendition takes
HEAVY, LIGHT = 0.10, 0.02  # shares of packets lost: too many, next to none
SMOOTH: Final = 0.5  # weight of the newest report
SETTLE_S: Final = 1.0  # reports of the first moment after a change are about what was before it
FIRST_HOLD_S, LONGEST_HOLD_S = 5.0, 80.0
LONGEST_BETWEEN_PROBES_S: Final = 20.0  # nobody sees them
FAILED_S: Final = 10.0  # coming down so soon after going up means that going up was wrong


class Chooser:
    """For one viewer.

    Parameters
    ----------
    now_s
        When the viewer came.

    Attributes
    ----------
    rung
        The rendition that was chosen last: its place in the ladder.
    wish
        The one that the viewer asked for.
    probes
        Whether the line can be sent packets again, to find out what it carries. Without, a larger rendition is tried for itself.
    probe_bps
        What the line shall be sent in all, for now, to find out whether it carries it; 0: nothing besides the rendition.
    """

    def __init__(self, now_s: float) -> None:
        self.rung = 0
        self.wish: int | None = None
        self.probes = False
        self.probe_bps = 0.0
        self._estimate_bps, self._loss = inf, 0.0
        self._highest_bps, self._risen_s = inf, now_s  # the highest estimate since it was enough, and when it rose to that
        self._lags = False  # the estimate is low, and says nothing yet
        self._probed_s = now_s  # since when it is probed
        self._carries_s = now_s  # since when the line is sent all that a larger rendition takes
        self._changed_s, self._climbed_s, self._held_s, self._hold_s = now_s, -inf, now_s, FIRST_HOLD_S

    def ask(self, rung: int | None) -> None:
        """The viewer wants one rendition; None: whichever suits."""
        self.wish = rung

    def hear_estimate(self, bps: float, now_s: float) -> None:
        """What the viewer estimates to be able to receive, in bits a second."""
        if bps > RISEN * self._highest_bps or self._highest_bps == inf:
            self._highest_bps, self._risen_s = bps, now_s
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
        thin = (self.rung > _largest(rates_bps) and self.wish is None) or (self._estimate_bps < ROOM * sent and not self._lags)
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
        thin = self._is_thin(now_s, rates_bps[self.rung] or 0.0)
        probed, self.probe_bps = self.probe_bps > 0, 0.0
        if self.wish is not None and rates_bps[self.wish] is not None:
            self._go(self.wish, now_s)
        elif self.wish is not None or rates_bps[self.rung] is None:
            self._go(_largest(rates_bps), now_s)
        elif now_s - self._changed_s >= SETTLE_S:
            self._follow_line(now_s, {rung: rate for rung, rate in enumerate(rates_bps) if rate is not None}, thin=thin, probed=probed)
        return self.rung

    def rest(self, now_s: float) -> None:
        """What is sent now says nothing about the line."""
        self._changed_s = self._risen_s = now_s
        self._highest_bps = self._estimate_bps

    def put_off(self, now_s: float) -> None:
        """The line cannot be probed now: wait as long again."""
        self.probe_bps, self._held_s = 0.0, now_s

    def _is_thin(self, now_s: float, sent_bps: float) -> bool:
        """Whether the estimate says that the line does not carry what is sent."""
        enough = self._estimate_bps >= TOO_THIN * sent_bps
        if enough and not self.probe_bps:
            self._highest_bps, self._risen_s = self._estimate_bps, now_s
        thin = not enough and self._is_stuck(now_s)
        self._lags = not enough and not thin
        return thin

    def _is_stuck(self, now_s: float) -> bool:
        return self._estimate_bps < FALLEN * self._highest_bps or now_s - self._risen_s > STUCK_S

    def _follow_line(self, now_s: float, rates: dict[int, float], *, thin: bool, probed: bool) -> None:
        if self._climbed_s > self._held_s and now_s - self._climbed_s > FAILED_S:
            self._hold_s = FIRST_HOLD_S
        if probed and (self._loss >= LIGHT or self._is_stuck(now_s)):
            self._end_probe(now_s)
        elif self._loss > HEAVY or thin:
            self._go_down(now_s, {rung: rate for rung, rate in rates.items() if rung > self.rung})
        elif self._loss < LIGHT and now_s - max(self._changed_s, self._held_s) >= self._hold_s:
            larger = max((rung for rung in rates if rung < self.rung), default=self.rung)
            if larger < self.rung and self._carries(now_s, rates[self.rung], rates[larger], probed=probed):
                self._climbed_s = now_s
                self._go(larger, now_s)

    def _go_down(self, now_s: float, smaller: dict[int, float]) -> None:
        if not smaller:
            return
        if now_s - self._climbed_s < FAILED_S:
            self._hold_longer(now_s, LONGEST_HOLD_S)
        fitting = (rung for rung, rate in smaller.items() if rate * MARGIN <= self._estimate_bps)
        self._go(next(fitting, max(smaller)), now_s)

    def _carries(self, now_s: float, sent_bps: float, larger_bps: float, *, probed: bool) -> bool:
        """Whether the line has carried what a larger rendition takes; where it has not yet, it shall be probed."""
        needed_bps = MARGIN * larger_bps
        if not self.probes:
            return self._estimate_bps >= min(ROOM * sent_bps, needed_bps)
        if not probed:
            self._probed_s = now_s
        self.probe_bps = min(needed_bps, REACH * self._estimate_bps, sent_bps * RAMP ** (now_s - self._probed_s))
        if self.probe_bps < REACH * self._estimate_bps:
            self._risen_s = now_s  # it need not rise for that
        if not probed or self.probe_bps < needed_bps:
            self._carries_s = now_s
        return now_s - self._carries_s >= CARRIED_S

    def _end_probe(self, now_s: float) -> None:
        """It was too much for the line; what the viewer estimates and lost by it says nothing about the rendition."""
        self._hold_longer(now_s, LONGEST_BETWEEN_PROBES_S)
        self._highest_bps, self._risen_s, self._loss = self._estimate_bps, now_s, 0.0

    def _hold_longer(self, now_s: float, longest_s: float) -> None:
        self._hold_s = max(self._hold_s, min(2 * self._hold_s, longest_s))
        self._held_s = now_s

    def _go(self, rung: int, now_s: float) -> None:
        if rung != self.rung:
            self.rung, self._changed_s, self._loss, self.probe_bps = rung, now_s, 0.0, 0.0


def _largest(rates_bps: Sequence[float | None]) -> int:
    """Of those that are offered."""
    return next(rung for rung, rate in enumerate(rates_bps) if rate is not None)
