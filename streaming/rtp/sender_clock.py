"""When a camera took a picture, told from its RTP time stamp, its sender reports and the arrival. Time is passed in.

A sender report says which time stamp is which time of the sender's wall clock (RFC 3550, section 6.4.1). Where that clock is set by the
network, as ours is, it tells the capture exactly, whatever encoder and network took, and several cameras agree; this shows in pictures that
arrive a little after they were taken. A clock that puts them in the future or far in the past is not believed: then the smallest delay of
the last seconds decides (`vrlive.capture_clock`), and reports only tie the sound to the picture.
"""

from typing import Final

from streaming.rtp.jitter import unwrapped
from vrlive.capture_clock import CaptureClock

BELIEVED_S: Final = (-0.01, 0.3)  # least delay, by the sender's clock, with which it is believed; reports are rounded
DOUBTED_S: Final = (-0.05, 0.5)  # and outside which it is no more: clocks that are set drift by less
NTP_TO_UNIX_S: Final = 2_208_988_800  # from 1900 to 1970


class SenderClock:
    """Of one stream.

    Parameters
    ----------
    rate_hz
        Of its time stamps.

    Attributes
    ----------
    correction_s
        What to add to the sender's wall clock to get ours: 0 when it is believed; None as long as nothing is known.
    """

    def __init__(self, rate_hz: int) -> None:
        self.correction_s: float | None = None
        self._rate_hz = rate_hz
        self._by_delay = CaptureClock()
        self._newest: int | None = None
        self._report: tuple[int, float] | None = None  # a time stamp, and the sender's wall clock at it

    def unwrapped(self, stamp: int) -> int:
        """A time stamp of 32 bits, counted on."""
        return stamp if self._newest is None else unwrapped(stamp, self._newest, 32)

    def report(self, ntp: int, stamp: int) -> None:
        """Hear a sender report: NTP's 32.32 fixed point, and a time stamp of 32 bits."""
        if ntp:  # a sender without a wall clock says 0
            self._report = (self.unwrapped(stamp), ntp / 2**32 - NTP_TO_UNIX_S)

    def instant(self, stamp: int, arrived_s: float, wall_offset_s: float, correction_s: float | None = None) -> float:
        """When what has this time stamp was captured, never later than it arrived: seconds of `vrlive.clock.now_s`.

        Parameters
        ----------
        stamp
            Counted on.
        arrived_s
            When it arrived, on our clock.
        wall_offset_s
            See `vrlive.clock.wall_offset_s`.
        correction_s
            That of the pictures, for sound, so that both stay together.
        """
        pts_s = stamp / self._rate_hz
        overtaken = self._newest is not None and stamp < self._newest
        self._newest = stamp if self._newest is None else max(stamp, self._newest)
        known_s = self._by_delay.known_instant(pts_s) if overtaken else None
        least_s = min(arrived_s, self._by_delay.instant(pts_s, arrived_s) if known_s is None else known_s)
        if self._report is None:
            return least_s
        at, wall_s = self._report
        told_s = wall_s + (stamp - at) / self._rate_hz - wall_offset_s
        self.correction_s = self._doubts(least_s - told_s)
        return min(arrived_s, told_s + (self.correction_s if correction_s is None else correction_s))

    def _doubts(self, delay_s: float) -> float:
        """What to correct, when pictures are `delay_s` late by the sender's clock."""
        shortest_s, longest_s = DOUBTED_S if self.correction_s == 0 else BELIEVED_S
        return 0.0 if shortest_s <= delay_s <= longest_s else delay_s
