"""One viewer: a peer connection, and its lines of the channel's packets."""

import asyncio
import json
import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from aiortc import RTCDataChannel

from streaming import multiopus
from streaming.chooser import Chooser
from streaming.ending import Ending
from streaming.h264 import profile_level_id
from streaming.hub import Channel, Event, Subscription
from streaming.ice import IceNetwork
from streaming.ladder import FEEDS, Feed
from streaming.letterbox import Letterbox
from streaming.offer import PLAYABLE, Offer
from streaming.rtp.endpoint import MediaSender
from streaming.rtp.fanout import Fanout, Outlet
from streaming.session import Session
from streaming.sound_format import AMBISONICS, FORMATS
from streaming.stream import VideoStream
from vrlive import clock
from vrlive.allowance import Allowance
from vrlive.units import VIDEO_CLOCK_HZ, Size

CHOOSE_EVERY_S = 0.5
LARGEST = Size(65_535, 65_535)  # what a viewer can show that does not say otherwise
LOOK_EVERY_S = 0.005  # whether the first keyframe of the other feed is on its way: it shall be told before that is decoded
MESSAGE_LIMIT, MESSAGES_A_SECOND = 1024, 20.0  # of a viewer's data channel: a ping takes 40 bytes, and one a second is plenty


class Viewer(Session):
    """A session. Its peer connection subscribes to the channel when the first packet can go out.

    Parameters
    ----------
    channel, fanout
        What it watches, and who sends it.
    network
        How it reaches us.
    host
        Whose it is: the address that its offer came from.
    on_end
        Called when the connection has failed or was closed.
    """

    def __init__(self, channel: Channel, fanout: Fanout, network: IceNetwork, host: str, on_end: Callable[[], None]) -> None:
        super().__init__(f"{channel.name}: a viewer", network, host, on_end)
        self.channel = channel
        self._fanout = fanout
        self._subscription: Subscription | None = None
        self._peer.on("datachannel", self._on_data_channel)
        self._letterbox: Letterbox | None = None
        self._allowance = Allowance(MESSAGES_A_SECOND, MESSAGES_A_SECOND, clock.now_s())
        self._video: MediaSender | None = None
        self._chooser = Chooser(clock.now_s())
        self._most = LARGEST
        self._choosing: asyncio.Task[None] | None = None
        self._told_offered: list[str] = []
        self._feed: Feed = "burned"  # the one asked for
        self._aim: Feed = "burned"  # the one to be sent
        self._changing_feed: asyncio.Task[None] | None = None
        self._came_s = clock.now_s()

    async def answer(self, offer: Offer) -> str:
        """Answer the offer; all of our candidates are in the answer.

        Raises
        ------
        MalformedOffer
            If aiortc refuses the offer.
        """
        self._video = self._add_video(offer)
        if offer.audio:
            self._add_sound(offer)
        answer = await self._agree(offer)
        for name in PLAYABLE:  # aiortc knows level 3.1 only; the true one is said here (RFC 6184, section 8.2.2)
            answer = answer.replace(f"profile-level-id={name}", f"profile-level-id={profile_level_id(self.channel.level)}")
        return answer if offer.multiopus is None else multiopus.as_asked(answer, offer.multiopus)

    def note_ending(self, why: Ending) -> None:
        """Count it."""
        self.channel.ended[why] += 1

    async def close(self) -> None:
        """End the session."""
        for task in (self._choosing, self._changing_feed):
            if task:
                task.cancel()
        if self._subscription:
            self.channel.unsubscribe(self._subscription, clock.now_s())
        await super().close()

    def _add_video(self, offer: Offer) -> MediaSender:
        stream = self.channel.streams[0]
        transceiver = self._peer.addTransceiver("video", direction="sendonly")
        transceiver.setCodecPreferences(offer.video)  # before the offer is set, or VP8 wins
        return MediaSender(
            transceiver.sender,
            self._fanout,
            stream.ring,
            stream.line,
            on_keyframe_request=lambda: self.channel.streams[self._rendition].ask_keyframe(clock.now_s()),
            on_start=self._start_video,
            on_loss=self._chooser.hear_loss,
            on_estimate=self._hear_estimate,
        )

    def _add_sound(self, offer: Offer) -> None:
        transceiver = self._peer.addTransceiver("audio", direction="sendonly")
        transceiver.setCodecPreferences(offer.audio)
        sound = self.channel.sounds[0 if offer.multiopus is None else FORMATS.index(AMBISONICS)]
        MediaSender(transceiver.sender, self._fanout, sound.ring, sound.line, on_start=self._subscribe)

    def _start_video(self, outlet: Outlet) -> None:
        self._subscribe(outlet)
        self._chooser.probes = outlet.takes_probes
        self._choosing = asyncio.get_running_loop().create_task(self._choose(outlet))

    async def _choose(self, outlet: Outlet) -> None:
        """Send the rendition that suits the line, and say what else there is, as it changes."""
        while True:
            await asyncio.sleep(CHOOSE_EVERY_S)
            self._apply_choice(outlet)

    def _hear_estimate(self, bps: float) -> None:
        self._chooser.hear_estimate(bps, clock.now_s())
        if self._video and self._video.outlet:
            self._apply_choice(self._video.outlet)

    def _apply_choice(self, outlet: Outlet) -> None:
        ladder = self._ladder()
        rates = self._fitting([self.channel.streams[n] for n in ladder])
        if self.channel.phase != "live":
            self._chooser.rest(clock.now_s())  # the slate takes next to nothing
        rendition = ladder[self._chooser.choose(clock.now_s(), rates)]
        outlet.line.limit_bytes_s = self._chooser.limit_bps(rates) / 8
        if not self._fanout.probe(outlet, self._chooser.probe_bps / 8):
            self._chooser.put_off(clock.now_s())
        if self._subscription and rendition != self._subscription.rendition:
            self.channel.change(self._subscription, rendition, clock.now_s())
            self._fanout.change(outlet, self.channel.streams[rendition].ring)
            self._tell_rendition()
        elif self._offered() != self._told_offered:
            self._tell_rendition()
        self._aim = self.channel.streams[rendition].rung.feed
        if self._changing_feed is None and self._feed_in_force(outlet) != self._aim:
            self._changing_feed = asyncio.get_running_loop().create_task(self._see_feed_change(outlet))

    def _ladder(self) -> list[int]:
        """The renditions of the feed asked for, the largest first. Sizes below all that are offered of it come burned, for thin lines."""
        burned, wanted = self.channel.ladder("burned"), self.channel.ladder(self._feed)
        least = max((place for place, n in enumerate(wanted) if self.channel.streams[n].offered), default=-1)
        return wanted[: least + 1] + burned[least + 1 :]

    @property
    def _rendition(self) -> int:
        """The one that it is sent, or will be."""
        return self._subscription.rendition if self._subscription else 0

    def _fitting(self, streams: Sequence[VideoStream]) -> list[float | None]:
        """What each rendition takes; None for those that are not offered or are larger than the viewer can show, if a smaller one is."""
        rates = [stream.rate_bps for stream in streams]
        fitting = [rate if stream.rung.size.fits(self._most) else None for rate, stream in zip(rates, streams, strict=True)]
        if any(rate is not None for rate in fitting):
            return fitting
        smallest = max(n for n, rate in enumerate(rates) if rate is not None)
        return [rate if n == smallest else None for n, rate in enumerate(rates)]

    def _take_wish(self, wish: object, most: object) -> None:
        """The viewer wants a rendition by its name, or whichever suits; none that is larger than `most`, in either direction."""
        try:
            self._most = Size.parse(most) if isinstance(most, str) else LARGEST
        except ValueError:
            self._most = LARGEST
        names = [self.channel.streams[n].rung.name for n in self._ladder()]
        if wish == "auto":
            self._chooser.ask(None)
        elif wish in names:
            self._chooser.ask(names.index(str(wish)))
        if self._video and self._video.outlet:
            self._apply_choice(self._video.outlet)
        self._tell_rendition()

    def _offered(self) -> list[str]:
        """The names of what it may ask for now."""
        return [self.channel.streams[n].rung.name for n in self._ladder() if self.channel.streams[n].offered]

    def _tell_rendition(self) -> None:
        self._told_offered = self._offered()
        self._send_event(
            {
                "type": "rendition",
                "name": self.channel.streams[self._rendition].rung.name,
                "auto": self._chooser.wish is None,
                "offered": self._told_offered,
            }
        )

    def _take_feed(self, name: object) -> None:
        """The viewer wants the picture with garments in it, or without, whenever that is offered.

        It is told when that has begun, or at once that nothing changes.
        """
        found = next((feed for feed in FEEDS if feed == name), self._feed)
        if found != self._feed:
            self._feed = found
            if self._subscription:
                self._subscription.feed = found
            for event in self.channel.newest_events(found):
                self._send_event(event)
            if self._video and self._video.outlet:
                self._apply_choice(self._video.outlet)
        if self._changing_feed is None:
            self._tell_feed()

    async def _see_feed_change(self, outlet: Outlet) -> None:
        """Tell the viewer of its feed once its first picture is on its way."""
        while self._feed_in_force(outlet) != self._aim:  # noqa: ASYNC110 - the fan-out's thread brings it about
            await asyncio.sleep(LOOK_EVERY_S)
        self._changing_feed = None
        self._tell_feed(outlet.line.began[1])

    def _feed_in_force(self, outlet: Outlet | None) -> Feed:
        """Of the pictures that are sent now."""
        clean = [self.channel.streams[n].ring for n in self.channel.ladder("clean")]
        return "clean" if outlet and outlet.line.began[0] in clean else "burned"

    def _tell_feed(self, stamp: int | None = None) -> None:
        """Tell the viewer which feed it is sent; where that has just changed, the RTP time stamp of its first picture."""
        outlet = self._video.outlet if self._video else None
        self._send_event({"type": "feed", "name": self._feed_in_force(outlet), "offered": self.channel.feeds, "stamp": stamp})

    def _subscribe(self, outlet: Outlet) -> None:
        """A line has begun: the viewer is one of the channel's from its first on."""
        if self._subscription is None:
            self._subscription = self.channel.subscribe(clock.now_s(), self._send_event)
            self._subscription.feed = self._feed
            self.channel.joins.record(clock.now_s() - self._came_s)
        self._subscription.lines.append(outlet.line)

    def _on_data_channel(self, channel: RTCDataChannel) -> None:
        if self._letterbox is not None:
            channel.close()
            return
        self._letterbox = Letterbox(channel)
        channel.on("message", self._on_message)
        for event in self.channel.newest_events():
            self._send_event(event)
        self._tell_rendition()
        self._tell_feed()

    def _on_message(self, message: bytes | str) -> None:
        came_s = time.time()
        if not isinstance(message, str) or len(message) > MESSAGE_LIMIT or not self._allowance.take(clock.now_s()):
            return
        try:
            said = json.loads(message)
        except (ValueError, RecursionError):
            return
        match said:
            case {"type": "ping", "t0": int(t0) | float(t0)} if math.isfinite(t0):
                self._pong(t0, came_s)
            case {"type": "rendition", "name": name}:
                self._take_wish(name, said.get("most"))
            case {"type": "feed", "name": name}:
                self._take_feed(name)

    def _pong(self, t0: float, came_s: float) -> None:
        """Answer a clock's ping as NTP does: when it came and when the answer left, in ms of this host's Unix time.

        ``video`` ties the RTP time stamps that ``requestVideoFrameCallback`` shows to capture times on the same clock.
        """
        pong: dict[str, Any] = {"type": "pong", "t0": t0, "t1": came_s * 1e3}
        if self._video and (now := self._video.now_on_wire()):
            pong["video"] = {"rtp": now[0], "captured_ms": now[1] * 1e3, "clock_hz": VIDEO_CLOCK_HZ}
        self._send_event({**pong, "t2": time.time() * 1e3})

    def _send_event(self, event: Event) -> None:
        if self._letterbox:
            self._letterbox.put(event)
