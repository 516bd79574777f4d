"""A channel in the delivery process: encoded once, packetised once, the same for every viewer.

Its rings hold the newest group of pictures, so that who joins sees a picture at once and costs no keyframe; the hub plays the slate while
the engine is away, and puts everything on one time line. It has no clock: `now_s` is passed in, except by `run`.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from streaming.access_unit import AccessUnit
from streaming.h264 import Level
from streaming.rtp.line import Line
from streaming.rtp.ring import PacketRing
from streaming.timeline import Timeline
from vrlive import clock
from vrlive.frames import SOUND_RATE_HZ
from vrlive.units import VIDEO_CLOCK_HZ

KEYFRAME_PAUSE_S = 0.5  # viewers together get no more keyframes than one every so often
SLATE_AFTER_S = 1.0  # without pictures this long, the slate is shown
SLATE_EVERY_S = 0.5  # and repeated, for whom a packet was lost
SILENCE_EVERY_S = 0.4  # as an Opus encoder with discontinuous transmission does when nobody speaks (RFC 7587, section 3.1.3)
SILENCE = b"\xfc\xff\xfe"  # 20 ms of stereo silence: an Opus packet of the CELT mode (RFC 6716, section 3.1)
SOUND_SLACK_S = 0.01  # a tenth of what the ear notices against the picture (ITU-R BT.1359)
TICK_S = 0.1
NEVER_S = -1e9

Phase = Literal["waiting", "live", "slate"]
Event = dict[str, Any]


@dataclass(slots=True, eq=False)
class Subscription:
    """One viewer's share of a channel: its lines, and who hears of events."""

    on_event: Callable[[Event], None] | None = None
    lines: list[Line] = field(default_factory=list)

    @property
    def bytes_sent(self) -> int:
        """Bytes of pictures and sound that went out, without what RTP adds."""
        return sum(line.sent.octets for line in self.lines)

    @property
    def dropped(self) -> int:
        """Pictures and packets of sound that this viewer was too slow for."""
        return sum(line.sent.dropped for line in self.lines)


class Channel:
    """The fan-out of one channel.

    Parameters
    ----------
    name
        As in its address.
    level
        Level of its H.264 stream, as SDP answers say it.
    request_keyframe
        Asks the engine for a keyframe. Called at most once in `KEYFRAME_PAUSE_S`.
    epoch_s
        Zero of its time lines; the default is now.
    wake
        Called when something new is in a ring.
    """

    def __init__(
        self,
        name: str,
        level: Level,
        request_keyframe: Callable[[], object],
        epoch_s: float | None = None,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self.name, self.level = name, level
        self.phase: Phase = "waiting"
        self.pictures = self.keyframes = 0  # from the engine since start
        self.refused = 0  # offers
        self._bytes_sent = self._dropped = 0  # of viewers that have left
        epoch_s = clock.now_s() if epoch_s is None else epoch_s
        self.video_line = Timeline(VIDEO_CLOCK_HZ, epoch_s)
        self.sound_line = Timeline(SOUND_RATE_HZ, epoch_s, SOUND_SLACK_S)
        self.pictures_ring, self.sound_ring = PacketRing("video", VIDEO_CLOCK_HZ), PacketRing("audio", SOUND_RATE_HZ)
        self._request_keyframe, self._wake = request_keyframe, wake
        self._keyframe_wanted, self._keyframe_requested_s = False, NEVER_S
        self._viewers: dict[Subscription, None] = {}
        self._slate: Sequence[AccessUnit] = ()
        self._slates_shown, self._slate_shown_s = 0, NEVER_S
        self._picture_came_s, self._sound_came_s = NEVER_S, NEVER_S
        self._latency_s = 0.0  # from capture to here, of the newest picture
        self._events: dict[str, Event] = {}

    @property
    def viewers(self) -> int:
        """How many are subscribed."""
        return len(self._viewers)

    @property
    def bytes_sent(self) -> int:
        """Bytes of pictures and sound that went out to all viewers since start, without what RTP adds."""
        return self._bytes_sent + sum(viewer.bytes_sent for viewer in self._viewers)

    @property
    def dropped(self) -> int:
        """Pictures and packets of sound that viewers were too slow for, since start."""
        return self._dropped + sum(viewer.dropped for viewer in self._viewers)

    def push(self, unit: AccessUnit, now_s: float) -> None:
        """Take one access unit from the engine and pass it on."""
        if unit.kind == "audio":
            self._push_sound(unit, now_s)
        elif unit.keyframe or self.phase == "live":
            self._push_picture(unit, now_s)
        else:
            self.ask_keyframe(now_s)

    def lose_engine(self, now_s: float) -> None:
        """Show the slate at once: the engine is gone."""
        self._picture_came_s = self._slate_shown_s = NEVER_S
        self.tick(now_s)

    def set_slate(self, units: Sequence[AccessUnit]) -> None:
        """Keep what to show while the engine is away: IDR access units, played in turn."""
        self._slate = tuple(units)

    def tick(self, now_s: float) -> None:
        """What time alone brings about; to be called every `TICK_S` or so."""
        if self._keyframe_wanted or (self.phase == "live" and self._some_wait()):
            self.ask_keyframe(now_s)
        if now_s - self._picture_came_s > SLATE_AFTER_S and self._slate and now_s - self._slate_shown_s >= SLATE_EVERY_S:
            self._show_slate(now_s)
        if now_s - self._sound_came_s >= SILENCE_EVERY_S:
            self._sound_came_s = now_s
            self._deliver(AccessUnit("audio", SILENCE, self.sound_line.stamp(now_s - self._latency_s, now_s), True, now_s))

    async def run(self) -> None:
        """Tick until cancelled."""
        while True:
            self.tick(clock.now_s())
            await asyncio.sleep(TICK_S)

    def subscribe(self, now_s: float, on_event: Callable[[Event], None] | None = None) -> Subscription:
        """Add a viewer; the newest group of pictures waits for it already."""
        viewer = Subscription(on_event)
        self._viewers[viewer] = None
        if self.phase == "live" and not self.pictures_ring.holds(self.pictures_ring.group):
            self.ask_keyframe(now_s)
        return viewer

    def unsubscribe(self, viewer: Subscription) -> None:
        """Remove a viewer; doing it twice is no fault."""
        if viewer in self._viewers:
            del self._viewers[viewer]
            self._bytes_sent += viewer.bytes_sent
            self._dropped += viewer.dropped

    def ask_keyframe(self, now_s: float) -> None:
        """A decoder somewhere needs a keyframe (PLI or FIR); the request goes out now, or as soon as another is due."""
        self._keyframe_wanted = now_s - self._keyframe_requested_s < KEYFRAME_PAUSE_S
        if not self._keyframe_wanted:
            self._keyframe_requested_s = now_s
            self._request_keyframe()

    def publish(self, event: Event) -> None:
        """Send an event with a ``type`` to every viewer; who joins later gets the newest of each type."""
        self._events[event["type"]] = event
        for viewer in self._viewers:
            if viewer.on_event:
                viewer.on_event(event)

    def newest_events(self) -> list[Event]:
        """The newest event of each type."""
        return list(self._events.values())

    def _push_sound(self, unit: AccessUnit, now_s: float) -> None:
        self._sound_came_s = now_s
        self._deliver(replace(unit, pts=self.sound_line.stamp(unit.captured_s, now_s, unit.pts)))

    def _push_picture(self, unit: AccessUnit, now_s: float) -> None:
        self._picture_came_s, self._latency_s = now_s, max(0.0, now_s - unit.captured_s)
        self.pictures += 1
        self.keyframes += unit.keyframe
        unit = replace(unit, pts=self.video_line.stamp(unit.captured_s, now_s))
        self._enter("live")
        self._deliver(unit)

    def _show_slate(self, now_s: float) -> None:
        slate = self._slate[self._slates_shown % len(self._slate)]
        self._slates_shown, self._slate_shown_s = self._slates_shown + 1, now_s
        captured_s = now_s - self._latency_s  # as late as the pictures before it, so that the next ones come after it
        unit = replace(slate, pts=self.video_line.stamp(captured_s, now_s), captured_s=captured_s)
        self._enter("slate")
        self._deliver(unit)

    def _some_wait(self) -> bool:
        """Whether a viewer that had fallen behind waits for a keyframe."""
        return any(line.cursor < 0 for viewer in self._viewers for line in viewer.lines)

    def _enter(self, phase: Phase) -> None:
        if phase != self.phase:
            self.phase = phase
            self.publish({"type": "state", "state": phase})

    def _deliver(self, unit: AccessUnit) -> None:
        ring = self.pictures_ring if unit.kind == "video" else self.sound_ring
        ring.append(unit)
        self._wake()
