"""Which pictures belong together: the newest frames that all cameras took at one instant.

The first camera that delivers sets the pace: each of its frames is an instant, joined by the nearest frame of every other camera.
A camera is waited for while its next frame is less than the hold late; after that the show goes on without it, with no waiting at
all, until it delivers in time again. Nothing here blocks or looks at a clock, and nothing here locks: the caller does.
"""

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, replace
from math import ceil, inf, isfinite

from vrlive.frames import Frame

DEEPEST = 32  # frames kept of one camera at most, however long the hold
JITTER = 1 / 8  # of a frame: cameras that run free, half a frame apart, must not flicker in and out
MOST_SKIPPED = 256  # frames remembered by their time, to count the skipped ones
ROUNDING_S = 1e-6  # by which sums of seconds may miss what they equal


@dataclass(frozen=True, slots=True)
class FrameSet:
    """What the cameras saw at one instant.

    Attributes
    ----------
    captured_s
        The instant: seconds of `vrlive.clock.now_s`.
    frames
        One for each camera; None for a camera that was too late.
    skipped
        Instants since the set before that a camera delivered and nobody took in time.
    """

    captured_s: float
    frames: tuple[Frame | None, ...]
    skipped: int = 0

    @property
    def complete(self) -> bool:
        """Whether every camera is in it."""
        return None not in self.frames


class FrameSync:
    """Gathers frames into sets. Not thread-safe: the caller holds one lock around `push` and `take`.

    Parameters
    ----------
    cameras
        How many there are.
    period_s
        Time between two frames of the programme. Frames of one set lie within half of it, or within half a frame of a slower camera.
    hold_s
        How late a camera may be before it is left out.
    """

    def __init__(self, cameras: int, period_s: float, hold_s: float) -> None:
        self._period_s, self._hold_s = period_s, hold_s
        self._feeds = [_Feed(period_s, min(DEEPEST, ceil(hold_s / period_s) + 3)) for _ in range(cameras)]
        self._first_s = inf
        self._taken_s = -inf

    def push(self, camera: int, frame: Frame) -> None:
        """Add a frame of `camera`, counted from 0. A frame of the same instant is replaced, and the oldest leaves when it gets crowded."""
        self._first_s = min(self._first_s, frame.captured_s)
        self._feeds[camera].push(frame)

    def take(self, now_s: float) -> FrameSet | None:
        """The newest set that has not been taken: a complete one, else one that waits for nobody any more. Sets come in rising time."""
        for feed in self._feeds:
            feed.forget_after(now_s + self._hold_s + self._period_s)
        awaited = [self._is_awaited(feed, now_s) for feed in self._feeds]
        found = self._newest(awaited)
        if found is not None:
            found = replace(found, skipped=max(feed.skipped(self._taken_s, found.captured_s) for feed in self._feeds))
            self._taken_s = found.captured_s
            for feed, frame in zip(self._feeds, found.frames, strict=True):
                if frame is not None:
                    feed.forget_before(frame.captured_s)
        return found

    def _is_awaited(self, feed: "_Feed", now_s: float) -> bool:
        """Whether the feed's next frame can still come in time. One that never delivered is waited for only at the start."""
        last_s = feed.frames[-1].captured_s if feed.frames else self._first_s - self._period_s
        return now_s - last_s <= self._hold_s + feed.period_s + ROUNDING_S

    def _newest(self, awaited: list[bool]) -> FrameSet | None:
        """The newest complete set; without one, the newest in which whoever is missing will not come."""
        fallback = None
        for instant_s in self._instants(awaited):
            frames = tuple(feed.nearest(instant_s) for feed in self._feeds)
            if None not in frames:
                return FrameSet(instant_s, frames)
            if fallback is None and not any(
                frame is None and wait and not feed.is_past(instant_s)
                for frame, wait, feed in zip(frames, awaited, self._feeds, strict=True)
            ):
                fallback = FrameSet(instant_s, frames)
        return fallback

    def _instants(self, awaited: list[bool]) -> list[float]:
        """Instants of the camera that sets the pace and that were not taken yet, the newest first."""
        delivering = [(not wait, index) for index, (feed, wait) in enumerate(zip(self._feeds, awaited, strict=True)) if feed.frames]
        if not delivering:
            return []
        _, pace = min(delivering)
        since_s = self._taken_s + self._period_s / 4  # a new pacemaker does not repeat an instant that differs by jitter
        return [frame.captured_s for frame in reversed(self._feeds[pace].frames) if frame.captured_s > since_s]


class _Feed:
    """Recent frames of one camera, by the time they were taken."""

    def __init__(self, period_s: float, depth: int) -> None:
        self.frames: list[Frame] = []
        self._depth = depth
        self._least_period_s = period_s
        self._gaps_s: deque[float] = deque([period_s], maxlen=8)
        self._pushed_s: deque[float] = deque(maxlen=MOST_SKIPPED)

    def push(self, frame: Frame) -> None:
        at = bisect_left(self.frames, frame.captured_s, key=_captured_s)
        if self.frames and at == len(self.frames):
            self._gaps_s.append(frame.captured_s - self.frames[-1].captured_s)
        self._pushed_s.append(frame.captured_s)
        same = at < len(self.frames) and self.frames[at].captured_s == frame.captured_s
        self.frames[at : at + same] = [frame]
        del self.frames[: -self._depth]

    @property
    def period_s(self) -> float:
        """Time between two frames of this camera, or of the programme where that is longer. Lost frames do not stretch it."""
        return max(self._least_period_s, min(self._gaps_s))

    def skipped(self, taken_s: float, instant_s: float) -> int:
        """How many frames came that belong to instants after the one taken and before this one; each is told once."""
        near_s = self._least_period_s / 2 + ROUNDING_S
        between = {each for each in self._pushed_s if taken_s + near_s < each < instant_s - near_s}
        later = [each for each in self._pushed_s if each > instant_s]
        self._pushed_s.clear()
        self._pushed_s.extend(later)
        return len(between) if isfinite(taken_s) else 0

    def nearest(self, instant_s: float) -> Frame | None:
        """The frame nearest to the instant: within half a frame of it, or a little more when no nearer one can come."""
        found = min(self.frames, key=lambda frame: abs(frame.captured_s - instant_s), default=None)
        reach_s = self.period_s * (0.5 + JITTER if self.is_past(instant_s) else 0.5) + ROUNDING_S
        return found if found and abs(found.captured_s - instant_s) <= reach_s else None

    def is_past(self, instant_s: float) -> bool:
        """Whether the camera went beyond the instant: a frame of it will not come any more."""
        return bool(self.frames) and self.frames[-1].captured_s > instant_s

    def forget_before(self, instant_s: float) -> None:
        del self.frames[: bisect_left(self.frames, instant_s, key=_captured_s)]

    def forget_after(self, instant_s: float) -> None:
        del self.frames[bisect_left(self.frames, instant_s, key=_captured_s) :]


def _captured_s(frame: Frame) -> float:
    return frame.captured_s
