"""One RTP stream to one viewer: what of a ring it is sent next, how fast, and under which numbers.

Packets are shared; numbers are not. A line has its own SSRC, sequence and offset of time stamps (RFC 3550, section 5.1), so that it can
leave packets out, begin with pictures of the recent past, and change to another rendition without its decoder noticing anything but a
keyframe.
"""

import math
import secrets
import struct
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Final

from streaming.rtp.ring import PacketRing

STEP_S: Final = 0.001  # between pictures that a joiner is given at once: shown at their own times they would put it behind
BEHIND_S: Final = 1.5  # a viewer this far behind would rather see the present
LATE_S: Final = 0.3  # this far behind it sees the past, and would see it less late if it could
BURST_PACKETS: Final = 48.0  # leave at once: a picture of ordinary size, which every queue on the way holds
FASTEST: Final = 8000.0  # packets a second, 80 Mbit/s: a keyframe of half a megabyte is out within 50 ms
SLOWEST: Final = 2.5  # times what the stream has on average, as in WebRTC's own pacers
LOSSY: Final = 0.02  # share of packets lost from which a line is paced more slowly
SLOWER, FASTER = 0.7, 1.05  # each report
ABOVE: Final = 1.2  # times what a thin line carries, it is paced at: estimates are cautious
NEEDED: Final = 1.2  # times what the stream has on average, also where the line is said to carry less: or it would never be through
THIN_BURST_S, THIN_BURST_PACKETS = 0.04, 4.0  # of a thin line's pace may leave at once: queues before thin lines are short
CAUGHT_UP_S: Final = 0.15  # of it, where packets waited for a turn that came late: the queue before the line has emptied meanwhile
LATEST_CHANGE_S: Final = 0.5  # a keyframe this old is still good to change to another rendition
SPANS: Final = 64  # remembered runs of packets that were sent in a row

RTP_VERSION, EXTENDED = 0x80, 0x10
ONE_BYTE_PROFILE: Final = 0xBEDE  # RFC 8285, section 4.2
SEND_TIME_BYTES, CAPTURE_TIME_BYTES = 3, 8


@dataclass(frozen=True, slots=True)
class Numbers:
    """What signalling agreed on for a stream.

    Attributes
    ----------
    ssrc, payload_type
        Of the stream.
    rtx_ssrc, rtx_payload_type
        Of its retransmissions (RFC 4588); the type is 0 where the viewer takes none.
    mid
        The name of its media section, repeated in each packet (RFC 9143, section 15).
    mid_id, send_time_id, capture_time_id
        Ids of the header extensions; 0 for those that were not agreed on.
    """

    ssrc: int
    payload_type: int
    rtx_ssrc: int = 0
    rtx_payload_type: int = 0
    mid: str = ""
    mid_id: int = 0
    send_time_id: int = 0
    capture_time_id: int = 0

    def extensions(self, *, capture_time: bool) -> bytes:
        """The block of header extensions, its times zero. The time of sending comes first, the time of capture last."""
        elements = b""
        if self.send_time_id:
            elements += bytes([self.send_time_id << 4 | SEND_TIME_BYTES - 1]) + bytes(SEND_TIME_BYTES)
        if self.mid_id and self.mid:
            elements += bytes([self.mid_id << 4 | len(self.mid) - 1]) + self.mid.encode()
        if capture_time and self.capture_time_id:
            elements += bytes(-(len(elements) + 1 + CAPTURE_TIME_BYTES) % 4)  # padding comes before it: then its place is known
            elements += bytes([self.capture_time_id << 4 | CAPTURE_TIME_BYTES - 1]) + bytes(CAPTURE_TIME_BYTES)
        if not elements:
            return b""
        elements += bytes(-len(elements) % 4)
        return struct.pack("!HH", ONE_BYTE_PROFILE, len(elements) // 4) + elements


@dataclass(frozen=True, slots=True)
class Span:
    """Packets sent in a row: `number` of a ring has `sequence`, and so on."""

    sequence: int
    number: int
    ring: PacketRing


@dataclass(slots=True)
class Sent:
    """Totals of a line, as its sender reports give them, and of its retransmissions."""

    packets: int = 0
    octets: int = 0  # of payloads (RFC 3550, section 6.4.1)
    dropped: int = 0  # access units left out, for the viewer was too slow
    lost: int = 0  # packets that this host could not send
    missed: int = 0  # packets that the viewer asked for again (NACK)
    resent: int = 0
    resent_octets: int = 0  # of whole packets
    denied: int = 0  # not sent again: the viewer asked for too much, or its line takes no more
    probed_octets: int = 0  # of whole packets, sent again only to find out what the line carries


def total(parts: Iterable[Sent]) -> Sent:
    """What several lines were sent together."""
    whole = Sent()
    for part in parts:
        for each in fields(Sent):
            setattr(whole, each.name, getattr(whole, each.name) + getattr(part, each.name))
    return whole


@dataclass(slots=True, eq=False)
class Line:
    """A stream to one viewer. One thread moves it on; `find` and the totals may be read by others.

    Attributes
    ----------
    numbers
        As signalled.
    ring
        What is sent of; None before `follow`.
    cursor
        Number of the packet that is sent next; −1 while a keyframe is waited for.
    sequence
        Of the packet that is sent next, counted on over 16 bits.
    offset
        Added to stamps on the wire.
    limit_bytes_s
        What the way to the viewer carries, where that is little; infinite where nobody knows or it is plenty. Any thread may set it.
    began
        The ring that it last began to send of, with the time stamp on the wire of the first picture from there.
    """

    numbers: Numbers
    ring: PacketRing | None = None
    cursor: int = -1
    sequence: int = field(default_factory=lambda: secrets.randbelow(1 << 15))  # SRTP's first roll-over is far
    offset: int = field(default_factory=lambda: secrets.randbits(32))
    sent: Sent = field(default_factory=Sent)
    pace: float = FASTEST
    limit_bytes_s: float = math.inf
    began: tuple[PacketRing | None, int] = (None, 0)
    catch_up_frame: int = -1  # pictures up to this one are shown just before it …
    catch_up_stamp: int = 0  # … whose stamp this is
    _catch_up_end: int = -1  # number of the first packet after these pictures
    _octets: int = 0  # of the ring, before the cursor
    _next_ring: PacketRing | None = None
    _spans: deque[Span] = field(default_factory=lambda: deque(maxlen=SPANS))
    _credit: float = BURST_PACKETS
    _credited_s: float = 0.0
    _newest_stamp: int = -(1 << 62)

    def follow(self, ring: PacketRing) -> None:
        """Begin with the newest group of pictures, or with the next keyframe where there is none; sound: with what comes next."""
        self.ring = ring
        if not ring.keyed:
            self._jump(ring.head)
        elif ring.holds(ring.group):
            self._catch_up(ring)

    def change_to(self, ring: PacketRing) -> None:
        """Go on with another ring of the same time line, from its first keyframe that is newer than what was sent."""
        self._next_ring = None if ring is self.ring else ring

    def due(self, now_s: float) -> tuple[int, int]:
        """The first packet to send now, and how many."""
        if self._next_ring is not None:
            self._change_ring()
        ring = self.ring
        if ring is None:
            return 0, 0
        if self.cursor == ring.head:
            return self.cursor, 0
        if self.cursor < 0 or self._is_behind(ring):
            self._go_to_keyframe(ring)
            if self.cursor < 0:
                return 0, 0
        pace, burst, end = self.pace, BURST_PACKETS, ring.head
        if (limit := self.limit_bytes_s) < math.inf:
            size = int(ring.octets[end & ring.mask] - ring.octets[self.cursor & ring.mask]) / (end - self.cursor)  # of what waits
            pace = min(pace, max(ABOVE * limit / size, NEEDED * ring.packets_s()))
            turn_s = min(now_s - self._credited_s, CAUGHT_UP_S) if self._credit < 1 else 0.0
            burst = min(burst, max(THIN_BURST_PACKETS, pace * max(THIN_BURST_S, turn_s)))
        self._credit = min(burst, self._credit + (now_s - self._credited_s) * pace)
        self._credited_s = now_s
        return self.cursor, min(end - self.cursor, int(self._credit))

    @property
    def waiting(self) -> int:
        """Packets that are there and not sent yet."""
        return self.ring.head - self.cursor if self.ring is not None and self.cursor >= 0 else 0

    @property
    def late(self) -> bool:
        """Whether the viewer is behind what is there, or waits for a keyframe."""
        ring, cursor = self.ring, self.cursor
        if ring is None or not ring.head or cursor >= ring.head:
            return False
        if not ring.holds(cursor):
            return ring.keyed
        newest, next_one = ring.head - 1 & ring.mask, cursor & ring.mask
        return bool(ring.stamps[newest] - ring.stamps[next_one] > LATE_S * ring.clock_hz)

    def note_sent(self, count: int, lost: int = 0) -> None:
        """The next `count` packets are out; of them so many were refused by this host."""
        assert self.ring is not None
        ring, end = self.ring, self.cursor + count
        octets = int(ring.octets[end & ring.mask])
        self.sent.packets += count
        self.sent.octets += octets - self._octets
        self.sent.lost += lost
        self._newest_stamp = self._stamp(ring, end - 1)
        self._credit -= count
        self.sequence += count
        self.cursor, self._octets = end, octets

    def stamp(self, number: int) -> int:
        """The 32 bits of the time stamp that packet `number` has on this line."""
        assert self.ring is not None
        return (self._stamp(self.ring, number) + self.offset) & 0xFFFFFFFF

    def find(self, sequence: int) -> Span | None:
        """The packet that had these 16 bits of sequence, if it can still be sent again."""
        full = self.sequence - ((self.sequence - sequence - 1 & 0xFFFF) + 1)
        for span in reversed(self._spans):
            if span.sequence <= full:
                number = span.number + full - span.sequence
                return Span(full, number, span.ring) if span.ring.holds(number) else None
        return None

    @property
    def thin(self) -> bool:
        """Whether the way to the viewer carries little."""
        return self.limit_bytes_s < math.inf

    def is_past(self, span: Span) -> bool:
        """Whether a packet is from before the keyframe that the line has gone on from: once that is there, nobody needs it."""
        return span.sequence < self._spans[-1].sequence

    def stamp_of(self, span: Span) -> int:
        """As `stamp`, of a packet that was found."""
        return (self._stamp(span.ring, span.number) + self.offset) & 0xFFFFFFFF

    def hear_loss(self, share: float) -> None:
        """Pace by what a receiver report says was lost."""
        if self.ring is not None:
            slowest = SLOWEST * self.ring.packets_s()
            self.pace = min(FASTEST, max(self.pace * (SLOWER if share > LOSSY else FASTER), slowest))

    def _stamp(self, ring: PacketRing, number: int) -> int:
        slot = number & ring.mask
        if number < self._catch_up_end and ring is self.ring:
            return self.catch_up_stamp - (self.catch_up_frame - int(ring.frames[slot])) * round(STEP_S * ring.clock_hz)
        return int(ring.stamps[slot])

    def _is_behind(self, ring: PacketRing) -> bool:
        if self.cursor >= ring.newest:
            return False
        if not ring.holds(self.cursor):
            return True
        slot, newest = self.cursor & ring.mask, ring.head - 1 & ring.mask
        if self.cursor < self._catch_up_end:
            return False
        return bool(ring.stamps[newest] - ring.stamps[slot] > BEHIND_S * ring.clock_hz)

    def _go_to_keyframe(self, ring: PacketRing) -> None:
        """Leave out what waits, up to the newest keyframe; or wait for the next."""
        newest = ring.group if ring.keyed else ring.head
        target = newest if newest > self.cursor and (not ring.keyed or ring.holds(newest)) else -1
        if self.cursor >= 0:
            oldest, end = max(self.cursor, ring.head - ring.capacity), (target if target >= 0 else ring.head)
            self.sent.dropped += int(ring.frames[end - 1 & ring.mask] - ring.frames[oldest & ring.mask]) + 1
        if target >= 0 and ring.keyed:
            self._catch_up(ring)
        else:
            self._jump(target)

    def _change_ring(self) -> None:
        """Change rings, between two pictures, once the wanted one has a keyframe not much older than what was sent."""
        wanted = self._next_ring
        if wanted is None or not wanted.holds(wanted.group):
            return
        if self.ring is not None and self.cursor >= 0 and not self._is_between(self.ring):
            return
        if self._newest_stamp - wanted.stamps[wanted.group & wanted.mask] <= LATEST_CHANGE_S * wanted.clock_hz:
            self.ring, self._next_ring = wanted, None
            self._catch_up(wanted)

    def _is_between(self, ring: PacketRing) -> bool:
        """Whether the next packet is the first of its picture."""
        return self.cursor == self._spans[-1].number or bool(ring.last[self.cursor - 1 & ring.mask])

    def _catch_up(self, ring: PacketRing) -> None:
        """Begin with the newest keyframe; the pictures that are there already are shown in quick succession, after what was sent."""
        end = ring.head
        newest, first = end - 1 & ring.mask, ring.group & ring.mask
        pictures = int(ring.frames[newest] - ring.frames[first]) + 1
        self.catch_up_frame, self._catch_up_end = int(ring.frames[newest]), end
        self.catch_up_stamp = max(int(ring.stamps[newest]), self._newest_stamp + pictures * round(STEP_S * ring.clock_hz))
        self._jump(ring.group)
        self.began = ring, self.stamp(self.cursor)

    def _jump(self, number: int) -> None:
        self.cursor = number
        if number >= 0:
            assert self.ring is not None
            self._octets = int(self.ring.octets[number & self.ring.mask])
            self._spans.append(Span(self.sequence, number, self.ring))
