"""Probes: lines are sent recent packets again, to find out what they carry before a larger rendition is sent.

WebRTC's own senders do the same: such packets are of use to nobody but count in what the viewer estimates, and losing them costs nothing.
"""

from typing import Final

from streaming.rtp.again import Retransmitter
from streaming.rtp.line import Line

EVERY_S: Final = 0.01  # between bursts
SAVED_S: Final = 0.05  # of a probe's rate, at most, leaves at once
OWED_S: Final = 0.5  # of it, at most, is made up for by a pause: after a keyframe, which leaves faster
MOST: Final = 16  # at the same time, in this process: a probe at 5 Mbit/s takes half a hundredth of a core


class Probe:
    """Fills up what one line is sent to a rate, on the event loop."""

    def __init__(self, line: Line, again: Retransmitter, now_s: float) -> None:
        self._line, self._again = line, again
        self.octets_s = 0.0
        self._credit, self._credited_s, self._octets = 0.0, now_s, line.sent.octets

    def step(self, ntp: int, now_s: float) -> None:
        """Send what is missing since the step before. A line that is late, or behind, is sent nothing on top."""
        octets = self._line.sent.octets
        self._credit += (now_s - self._credited_s) * self.octets_s - (octets - self._octets)
        self._credit = min(max(self._credit, -OWED_S * self.octets_s), SAVED_S * self.octets_s)
        self._credited_s, self._octets = now_s, octets
        if self._credit > 0 and not self._line.late:
            self._credit -= self._again.repeat(self._line, self._credit, ntp, now_s)
