"""One rendition of a channel's picture in the delivery process: its packets, its time line, its keyframes.

It has no clock: `now_s` is passed in.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from streaming.access_unit import AccessUnit
from streaming.ladder import Rung
from streaming.rtp.ring import PacketRing
from streaming.timeline import Timeline
from vrlive.units import VIDEO_CLOCK_HZ

KEYFRAME_PAUSE_S: Final = 0.5  # viewers together get no more keyframes than one every so often
RATE_OVER_S: Final = 1.0  # the rate is taken anew each time, and smoothed
RATE_SMOOTH: Final = 0.4
LINGER_S: Final = 10.0  # encoded so long after the last viewer left it: who changes to and fro shall not wait for an encoder
NEVER_S: Final = -1e9

Take = Callable[[AccessUnit], None]


class VideoStream:
    """A rendition.

    Parameters
    ----------
    rung
        Its size and rate.
    epoch_s
        Zero of its time line; the same for all renditions, so that a viewer's time goes on when it changes.
    request_keyframe
        Asks the engine for a keyframe. Called at most once in `KEYFRAME_PAUSE_S`.
    """

    def __init__(self, rung: Rung, epoch_s: float, request_keyframe: Callable[[], object]) -> None:
        self.rung, self.line = rung, Timeline(VIDEO_CLOCK_HZ, epoch_s)
        self.ring = PacketRing("video", VIDEO_CLOCK_HZ)
        self.live = False  # pictures follow each other since a keyframe
        self.offered = True  # the engine can encode it
        self.pictures = self.keyframes = self.octets = 0  # from the engine since start
        self.taps: list[Take] = []  # who takes its pictures whole: recordings, HLS
        self.newest_keyframe: AccessUnit | None = None  # from the engine: what the show looked like a moment ago
        self._rate_bps, self._bytes, self._rate_taken_s = 0.0, 0, NEVER_S
        self._watching, self._left_s = 0, NEVER_S
        self._request_keyframe = request_keyframe
        self._keyframe_wanted, self._keyframe_requested_s = False, NEVER_S
        self._slate: tuple[AccessUnit, ...] = ()
        self._slates_shown = 0

    def push(self, unit: AccessUnit, now_s: float) -> bool:
        """Take a picture from the engine; False if it is left out, because the one before it is missing."""
        if not (unit.keyframe or self.live):
            self.ask_keyframe(now_s)
            return False
        self.live = True
        self.pictures += 1
        self.keyframes += unit.keyframe
        if unit.keyframe:
            self.newest_keyframe = unit
        self.octets += len(unit.data)
        self._take_rate(len(unit.data), now_s)
        self._append(unit, unit.captured_s, now_s)
        return True

    def break_off(self) -> None:
        """The next picture has nothing to follow: the engine is another, or the slate comes in between."""
        self.live = False

    def set_slate(self, units: Sequence[AccessUnit]) -> None:
        """Keep what to show while the engine is away: IDR access units, played in turn."""
        self._slate = tuple(units)

    def show_slate(self, captured_s: float, now_s: float) -> bool:
        """Show the slate as if captured at `captured_s`; False if there is none."""
        self.break_off()
        if not self._slate:
            return False
        self._append(self._slate[self._slates_shown % len(self._slate)], captured_s, now_s)
        self._slates_shown += 1
        return True

    def ask_keyframe(self, now_s: float) -> None:
        """A decoder somewhere needs a keyframe (PLI or FIR); the request goes out now, or as soon as another is due."""
        self._keyframe_wanted = now_s - self._keyframe_requested_s < KEYFRAME_PAUSE_S
        if not self._keyframe_wanted:
            self.note_request(now_s)
            self._request_keyframe()

    def note_request(self, now_s: float) -> None:
        """A keyframe is on its way: who asks now gets the one after it."""
        self._keyframe_wanted, self._keyframe_requested_s = False, now_s

    def tick(self, now_s: float) -> None:
        """Send a request that came too early."""
        if self._keyframe_wanted:
            self.ask_keyframe(now_s)

    @property
    def rate_bps(self) -> float | None:
        """What it takes at the moment, or may take if it is not encoded; None: it is not offered."""
        if not self.offered:
            return None
        return self._rate_bps if self.live and self._rate_bps else self.rung.bitrate_kbps * 1e3

    @property
    def watching(self) -> int:
        """Viewers that are sent it."""
        return self._watching

    def join(self, now_s: float) -> None:
        """A viewer wants it."""
        self._watching += 1
        if self.live and not self.ring.holds(self.ring.group):
            self.ask_keyframe(now_s)

    def leave(self, now_s: float) -> None:
        """A viewer is sent another, or has left."""
        self._watching, self._left_s = self._watching - 1, now_s

    def wanted(self, now_s: float) -> bool:
        """Whether it shall be encoded."""
        return self._watching > 0 or bool(self.taps) or now_s - self._left_s < LINGER_S

    def _take_rate(self, size: int, now_s: float) -> None:
        self._bytes += size
        after_s = now_s - self._rate_taken_s
        if after_s < RATE_OVER_S:
            return
        if after_s < 2 * RATE_OVER_S:
            newest = self._bytes * 8 / after_s
            self._rate_bps += (newest - self._rate_bps) * (RATE_SMOOTH if self._rate_bps else 1)
        self._bytes, self._rate_taken_s = 0, now_s

    def _append(self, unit: AccessUnit, captured_s: float, now_s: float) -> None:
        unit = replace(unit, pts=self.line.stamp(captured_s, now_s), captured_s=captured_s)
        self.ring.append(unit)
        for take in self.taps:
            take(unit)
