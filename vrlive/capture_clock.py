"""When a live camera took its pictures, told from their time stamps and from when they arrived.

The network adds a delay that jitters but never falls below a least one. So the smallest arrival − time stamp of the last seconds is
followed, the way NTP's clock filter takes the sample of least delay (RFC 5905, section 10), and jitter stays out of the capture time.
"""

from collections import deque
from math import inf

WINDOW_S = 10.0  # longer than hiccups of a network, shorter than clocks need to drift apart noticeably
SLEW = 0.005  # seconds a second by which the capture time may be stretched
JUMP_S = 2.0  # time stamps that run away from the clock by so much are a new count


class CaptureClock:
    """Maps the time stamps of one stream to instants of this host's clock."""

    def __init__(self) -> None:
        self._last = (-inf, -inf)
        self._offset_s = inf
        self._least: deque[tuple[float, float]] = deque()  # (arrived, arrived − time stamp), both rising: a sliding minimum

    def instant(self, pts_s: float, arrived_s: float) -> float:
        """The instant of the frame with time stamp `pts_s` that arrived at `arrived_s`: never later than that."""
        if self._has_jumped(pts_s, arrived_s):
            self._offset_s = inf
            self._least.clear()
        least_s = self._observe(arrived_s, arrived_s - pts_s)
        rise_s = SLEW * max(0.0, arrived_s - self._last[1])
        behind = least_s - self._offset_s
        self._offset_s = least_s if behind < 0 or behind > JUMP_S / 4 else self._offset_s + min(behind, rise_s)
        self._last = (pts_s, arrived_s)
        return pts_s + self._offset_s

    def known_instant(self, pts_s: float) -> float | None:
        """The instant of another stream's time stamp, such as of sound, by what the pictures told; None before the first."""
        return None if self._offset_s == inf else pts_s + self._offset_s

    def _has_jumped(self, pts_s: float, arrived_s: float) -> bool:
        """Whether time stamps went back or leapt ahead. A burst after a silence is neither: it catches up."""
        advance_s = pts_s - self._last[0]
        ahead_s = pts_s + self._offset_s - arrived_s  # how much the frame would be from the future
        return advance_s < 0 or ahead_s > JUMP_S

    def _observe(self, arrived_s: float, offset_s: float) -> float:
        while self._least and self._least[-1][1] >= offset_s:
            self._least.pop()
        self._least.append((arrived_s, offset_s))
        while self._least[0][0] < arrived_s - WINDOW_S:
            self._least.popleft()
        return self._least[0][1]
