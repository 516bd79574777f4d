"""The newest segments, and the playlist that names them (RFC 8216). No clock, no I/O: one thread adds, any may read."""

import threading
from collections import deque
from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Final

SEGMENT_S: Final = 1.0
LEAST_S: Final = 0.5  # a keyframe this soon after the one that began the segment ends it too
LEAD_FRAMES: Final = 1.5  # a keyframe is asked for so long before the segment shall end: it is on its way so long
OVERLAP_S: Final = 10.0  # segments that have left the playlist can still be fetched this long (6.2.2)
VERSION: Final = 7  # EXT-X-MAP without I-frames only, as fMP4 needs it (section 7)


def target_s(fps: float) -> int:
    """What EXT-X-TARGETDURATION is at so many frames a second: no segment lasts longer, rounded (4.3.3.1)."""
    return max(1, ceil(SEGMENT_S + 2 / fps - 0.5))


class Cuts:
    """Where segments begin: at keyframes that all renditions have of one picture. Told of each of them."""

    def __init__(self, fps: float) -> None:
        self._early_s = LEAD_FRAMES / fps
        self._began_s = self._time_s = float("-inf")
        self._having = set[int]()  # a keyframe of the newest picture that any has one of

    def begins(self, keyframe_s: float, rendition: int = 0, members: Set[int] = frozenset({0})) -> bool:
        """Whether a segment of all `members` begins with this keyframe, the last of theirs that was missing."""
        if keyframe_s != self._time_s:
            self._time_s, self._having = keyframe_s, set()
        self._having.add(rendition)
        if not self._having >= members or keyframe_s - self._began_s < LEAST_S:
            return False
        self._began_s = keyframe_s
        return True

    def due(self, time_s: float) -> bool:
        """Whether it is time for keyframes."""
        return time_s - self._began_s >= SEGMENT_S - self._early_s


@dataclass(frozen=True, slots=True)
class Index:
    """What segments need, as EXT-X-MAP names it."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment.

    Attributes
    ----------
    number, jumps
        Its media sequence number, and its discontinuity sequence number.
    name
        In the playlist.
    index
        What it needs.
    began_unix_s, duration_s
        When its first picture was captured, and how long it lasts.
    data
        moof and mdat.
    """

    number: int
    jumps: int
    name: str
    index: Index
    began_unix_s: float
    duration_s: float
    data: bytes


class Window:
    """What can be played.

    Parameters
    ----------
    target_s
        EXT-X-TARGETDURATION.
    dvr_s
        How far back the playlist goes.
    secret
        Makes a part of each name, so that a name is never used twice and can be known from the playlist alone.
    """

    def __init__(self, target_s: int, dvr_s: float, secret: Callable[[], str]) -> None:
        self.target_s, self._dvr_s = target_s, max(dvr_s, 3.0 * target_s)  # three target durations at least (6.2.2)
        self._secret = secret
        self._listed: deque[Segment] = deque()
        self._left: deque[Segment] = deque()
        self._last = (-1, 0)  # number and discontinuities of the newest
        self._lock = threading.Lock()

    @property
    def longest_s(self) -> float:
        """No segment may last this long: rounded, it would be more than the target (4.3.3.1)."""
        return self.target_s + 0.5

    @property
    def count(self) -> int:
        """Segments in the playlist."""
        return len(self._listed)

    @property
    def duration_s(self) -> float:
        """How far back it goes."""
        with self._lock:
            return sum(each.duration_s for each in self._listed)

    def new_index(self, data: bytes) -> Index:
        """What segments from now on need."""
        return Index(f"init-{self._secret()}.mp4", data)

    def add(self, number: int, jumps: int, index: Index, began_unix_s: float, duration_s: float, data: bytes) -> None:
        """Add a segment; the oldest leave. Where it does not follow the one before by its number, all of them do."""
        with self._lock:
            if number != self._last[0] + 1:
                self._clear()
            self._last = number, jumps
            name = f"{number}-{self._secret()}.m4s"
            self._listed.append(Segment(number, jumps, name, index, began_unix_s, duration_s, data))
            excess_s = sum(each.duration_s for each in self._listed) - self._dvr_s
            while excess_s >= self._listed[0].duration_s:
                self._leave()
                excess_s -= self._left[-1].duration_s

    def clear(self) -> None:
        """Forget all segments: what comes next does not follow them."""
        with self._lock:
            self._clear()

    def piece(self, name: str) -> bytes | None:
        """The index or segment of this name, if it is still kept."""
        with self._lock:
            for each in (*self._listed, *self._left):
                if name == each.name:
                    return each.data
                if name == each.index.name:
                    return each.index.data
            return None

    def playlist(self) -> str:
        """The media playlist."""
        with self._lock:
            listed, (newest, jumps) = list(self._listed), self._last
        lines = [
            "#EXTM3U",
            f"#EXT-X-VERSION:{VERSION}",
            f"#EXT-X-TARGETDURATION:{self.target_s}",
            f"#EXT-X-MEDIA-SEQUENCE:{listed[0].number if listed else newest + 1}",
            f"#EXT-X-DISCONTINUITY-SEQUENCE:{listed[0].jumps if listed else jumps}",
            "#EXT-X-INDEPENDENT-SEGMENTS",
        ]
        before: Segment | None = None
        for each in listed:
            lines += ["#EXT-X-DISCONTINUITY"] * (before is not None and before.jumps != each.jumps)
            lines += [f'#EXT-X-MAP:URI="{each.index.name}"'] * (before is None or before.index is not each.index)
            before = each
            lines += [f"#EXT-X-PROGRAM-DATE-TIME:{date_time(each.began_unix_s)}", f"#EXTINF:{each.duration_s:.5f},", each.name]
        return "\n".join(lines) + "\n"

    def _leave(self) -> None:
        """Take the oldest out of the playlist, and for good what left it long ago."""
        self._left.append(self._listed.popleft())
        while sum(each.duration_s for each in self._left) > OVERLAP_S:
            self._left.popleft()

    def _clear(self) -> None:
        self._listed.clear()
        self._left.clear()


def date_time(unix_s: float) -> str:
    """As EXT-X-PROGRAM-DATE-TIME has it."""
    return datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
