"""A channel in the delivery process: encoded once, packetised once, the same for every viewer.

Its rings hold the newest group of pictures, so that who joins sees a picture at once and costs no keyframe; the hub plays the slate while
the engine is away, and puts everything on one time line. It has no clock: `now_s` is passed in, except by `run`.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, Literal

from streaming.access_unit import AccessUnit
from streaming.ending import Ending
from streaming.h264 import Level
from streaming.ladder import FEEDS, Feed, Rung
from streaming.rtp.line import Line, Sent, total
from streaming.sound_format import AMBISONICS, STEREO, SoundFormat
from streaming.sound_stream import SoundStream
from streaming.stream import NEVER_S, Take, VideoStream
from vrlive import clock
from vrlive.metrics import Histogram

SLATE_AFTER_S = 1.0  # without pictures this long, the slate is shown
SLATE_EVERY_S = 0.5  # and repeated, for whom a packet was lost
TICK_S = 0.1
JOIN_S: Final = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8)  # bounds of what joins are counted by

Phase = Literal["waiting", "live", "slate"]
Event = dict[str, Any]


@dataclass(slots=True, eq=False)
class Subscription:
    """One viewer's share of a channel: its lines, which rendition it is sent, the feed it asked for, and who hears of events."""

    on_event: Callable[[Event], None] | None = None
    lines: list[Line] = field(default_factory=list)
    rendition: int = 0
    feed: Feed = "burned"

    @property
    def sent(self) -> Sent:
        """What went out on its lines, and what did not."""
        return total(line.sent for line in self.lines)

    @property
    def late(self) -> bool:
        """Whether it is behind what is there."""
        return any(line.late for line in self.lines)


class Channel:
    """The fan-out of one channel.

    Parameters
    ----------
    name
        As in its address.
    level
        Level of its H.264 streams, as SDP answers say it: that of the largest.
    rungs
        Its renditions, the largest first.
    request_keyframe
        Asks the engine for a keyframe of a rendition; of several, for one of the same picture.
    epoch_s
        Zero of its time lines; the default is now.
    wake
        Called when something new is in a ring.
    sounds
        The forms in which its sound goes out, as in `streaming.sound_format.FORMATS`.
    """

    def __init__(
        self,
        name: str,
        level: Level,
        rungs: Sequence[Rung],
        request_keyframe: Callable[..., object],
        epoch_s: float | None = None,
        wake: Callable[[], None] = lambda: None,
        sounds: Sequence[SoundFormat] = (STEREO,),
    ) -> None:
        self.name, self.level = name, level
        self.phase: Phase = "waiting"
        self.refused = 0  # offers
        self.joins = Histogram(JOIN_S)  # seconds from the offer until the first packet can go out
        self.ended = Counter[Ending]()  # sessions, by why they ended
        self._sent_before = Sent()  # to viewers that have left
        epoch_s = clock.now_s() if epoch_s is None else epoch_s
        self._request_keyframe, self._epoch_s = request_keyframe, epoch_s
        self.streams: list[VideoStream] = []
        self.change_rungs(rungs)
        self.sounds: list[SoundStream] = []
        self.change_sounds(sounds)
        self._wake = wake
        self._viewers: dict[Subscription, None] = {}
        self._slate_shown_s = NEVER_S
        self._picture_came_s = NEVER_S
        self._latency_s = 0.0  # from capture to here, of the newest picture
        self._events: dict[str, tuple[Event, Feed | None]] = {}

    @property
    def pictures(self) -> int:
        """Of the largest rendition, from the engine since start."""
        return self.streams[0].pictures

    @property
    def keyframes(self) -> int:
        """Of the largest rendition."""
        return self.streams[0].keyframes

    @property
    def viewers(self) -> int:
        """How many are subscribed."""
        return len(self._viewers)

    @property
    def sent(self) -> Sent:
        """What went out to all viewers since start, and what did not."""
        return total([self._sent_before, *(viewer.sent for viewer in list(self._viewers))])

    @property
    def late(self) -> int:
        """How many of the viewers are behind what is there."""
        return sum(viewer.late for viewer in list(self._viewers))

    @property
    def latency_s(self) -> float:
        """From capture to here, of the newest picture."""
        return self._latency_s

    def change_rungs(self, rungs: Sequence[Rung]) -> None:
        """Have other renditions, which the next engine sends. Viewers keep theirs by its place; for one that is gone, the largest."""
        for n, rung in enumerate(rungs):
            if n == len(self.streams):
                self.streams.append(VideoStream(rung, self._epoch_s, partial(self._request_keyframe, n)))
            self.streams[n].rung, self.streams[n].offered = rung, True
        for stream in self.streams[len(rungs) :]:
            stream.offered = False

    def change_sounds(self, forms: Sequence[SoundFormat]) -> None:
        """Have other forms of sound, which the next engine sends. Who listens to one that is gone hears silence."""
        for n, form in enumerate(forms):
            if n == len(self.sounds):
                self.sounds.append(SoundStream(form, self._epoch_s))
        for sound in self.sounds:
            sound.offered = sound.form in forms

    @property
    def ambisonics(self) -> bool:
        """Whether viewers may have the sphere of sound."""
        return any(sound.offered and sound.form is AMBISONICS for sound in self.sounds)

    @property
    def feeds(self) -> list[Feed]:
        """What viewers may have: with garments in the picture, and without where there is a scene."""
        return [feed for feed in FEEDS if any(self.streams[n].offered for n in self.ladder(feed))]

    def ladder(self, feed: Feed) -> list[int]:
        """The renditions of a feed, the largest first."""
        return [n for n, stream in enumerate(self.streams) if stream.rung.feed == feed]

    def wanted(self, now_s: float) -> list[int]:
        """Renditions that somebody watches, besides the largest, which is always encoded."""
        return [n for n, stream in enumerate(self.streams) if n and stream.wanted(now_s)]

    def push(self, unit: AccessUnit, now_s: float) -> None:
        """Take one access unit from the engine and pass it on."""
        if unit.kind == "audio":
            if unit.rendition < len(self.sounds):
                self.sounds[unit.rendition].push(unit, now_s)
                self._wake()
        elif unit.rendition < len(self.streams) and self.streams[unit.rendition].push(unit, now_s):
            if unit.rendition == 0:
                self._picture_came_s, self._latency_s = now_s, max(0.0, now_s - unit.captured_s)
                self._enter("live")
            self._wake()

    def lose_engine(self, now_s: float) -> None:
        """Show the slate at once: the engine is gone."""
        self._picture_came_s = self._slate_shown_s = NEVER_S
        for stream in self.streams:
            stream.break_off()
        self.tick(now_s)

    def set_slate(self, units: Sequence[AccessUnit]) -> None:
        """Keep what to show while the engine is away: IDR access units of each burned rendition, and of its clean twin, in turn."""
        for feed in FEEDS:
            for n, twin in zip(self.ladder(feed), self.ladder("burned"), strict=False):
                self.streams[n].set_slate([replace(unit, slate=True) for unit in units if unit.rendition == twin])

    def tick(self, now_s: float) -> None:
        """What time alone brings about; to be called every `TICK_S` or so."""
        self._ask_for_who_waits(now_s)
        for stream in self.streams:
            stream.tick(now_s)
        if now_s - self._picture_came_s > SLATE_AFTER_S and now_s - self._slate_shown_s >= SLATE_EVERY_S:
            self._show_slate(now_s)
        if any([sound.tick(now_s - self._latency_s, now_s) for sound in self.sounds]):  # noqa: C419 - each of them, not the first
            self._wake()

    async def run(self) -> None:
        """Tick until cancelled."""
        while True:
            self.tick(clock.now_s())
            await asyncio.sleep(TICK_S)

    def subscribe(self, now_s: float, on_event: Callable[[Event], None] | None = None) -> Subscription:
        """Add a viewer, of the largest rendition; the newest group of pictures waits for it already."""
        viewer = Subscription(on_event)
        self._viewers[viewer] = None
        self.streams[0].join(now_s)
        return viewer

    def change(self, viewer: Subscription, rendition: int, now_s: float) -> None:
        """Note that a viewer is sent another rendition from its next keyframe on, and ask for one."""
        self.streams[viewer.rendition].leave(now_s)
        viewer.rendition = rendition
        self.streams[rendition].join(now_s)
        self.streams[rendition].ask_keyframe(now_s)

    def unsubscribe(self, viewer: Subscription, now_s: float) -> None:
        """Remove a viewer; doing it twice is no fault."""
        if viewer in self._viewers:
            del self._viewers[viewer]
            self.streams[viewer.rendition].leave(now_s)
            self._sent_before = total([self._sent_before, viewer.sent])

    def tap(self, take: Take, now_s: float, sound: SoundFormat = STEREO, renditions: Sequence[int] = (0,)) -> None:
        """Hand each picture of some renditions, and all sound of one form, to `take`: whole, and on the channel's time line.

        They are encoded for as long.
        """
        for n in renditions:
            self.streams[n].taps.append(take)
            self.streams[n].ask_keyframe(now_s)
        next(each for each in self.sounds if each.form is sound).taps.append(take)

    def ask_keyframes(self, renditions: Sequence[int], now_s: float) -> None:
        """Ask for keyframes of these renditions in one picture, whatever was asked for before; not to be called often."""
        for n in renditions:
            self.streams[n].note_request(now_s)
        self._request_keyframe(*renditions)

    def untap(self, take: Take) -> None:
        """End that; doing it twice is no fault."""
        for taps in (*(stream.taps for stream in self.streams), *(sound.taps for sound in self.sounds)):
            if take in taps:
                taps.remove(take)

    def publish(self, event: Event, feed: Feed | None = None) -> None:
        """Send an event with a ``type`` to every viewer, or to those of one feed; who joins later gets the newest of each type.

        None of them waits for another: what a viewer is too slow for is replaced by the next of its type.
        """
        self._events[event["type"]] = event, feed
        for viewer in self._viewers:
            if viewer.on_event and feed in (None, viewer.feed):
                viewer.on_event(event)

    def newest_events(self, feed: Feed | None = None) -> list[Event]:
        """The newest event of each type that is for everybody, or for the viewers of a feed alone."""
        return [event for event, whose in self._events.values() if whose == feed]

    def _show_slate(self, now_s: float) -> None:
        captured_s = now_s - self._latency_s  # as late as the pictures before it, so that the next ones come after it
        shown = [stream.show_slate(captured_s, now_s) for stream in self.streams]
        if any(shown):
            self._slate_shown_s = now_s
            self._enter("slate")
            self._wake()

    def _ask_for_who_waits(self, now_s: float) -> None:
        """A viewer that had fallen behind goes on at a keyframe."""
        for viewer in self._viewers:
            if self.streams[viewer.rendition].live and any(line.cursor < 0 for line in viewer.lines):
                self.streams[viewer.rendition].ask_keyframe(now_s)

    def _enter(self, phase: Phase) -> None:
        if phase != self.phase:
            self.phase = phase
            self.publish({"type": "state", "state": phase})
