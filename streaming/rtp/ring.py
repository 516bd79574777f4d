"""The newest packets of one encoded stream: what all its viewers are sent, and what is sent again."""

from typing import Final

import numpy as np

from streaming.access_unit import AccessUnit, Kind
from streaming.rtp.payload import pack

VIDEO_PACKETS: Final = 8192  # 13 s at 6 Mbit/s: a group of pictures for who joins, and more than anybody asks for again
SOUND_PACKETS: Final = 256  # 5 s
PAYLOAD_BYTES: Final = 1180  # with all that RTP, SRTP, UDP and IPv6 put around it less than 1280, which every path carries (RFC 8200, 5)


class PacketRing:
    """A ring of RTP payloads. One thread appends; any may read what lies at most `safe` packets back.

    Packets have numbers that only count up; packet `n` lies in slot ``n & mask``.

    Parameters
    ----------
    kind
        What is in it: pictures, of which one must begin with a keyframe, or sound.
    clock_hz
        RTP clock of the stream's time stamps.
    capacity
        Packets it holds: a power of two.

    Attributes
    ----------
    head
        Number of the packet that comes next.
    newest
        Number of the first packet of the newest access unit.
    group
        Number of the first packet of the newest keyframe; −1 before there is any, and for sound.
    keyed
        Whether one must begin with a keyframe.
    payloads, sizes
        (capacity, `PAYLOAD_BYTES`) uint8 and (capacity,) int32.
    stamps
        (capacity,) int64: ticks of the access unit.
    frames
        (capacity,) int64: which access unit it is of.
    last
        (capacity,) uint8: 1 for the last packet of its access unit.
    octets
        (capacity,) int64: bytes of all payloads before this packet's, since the ring was made; also of the packet that comes next.
    captured_s
        (capacity,) float64: capture time of the access unit, by this host's monotonic clock.
    """

    def __init__(self, kind: Kind, clock_hz: int, capacity: int = 0) -> None:
        capacity = capacity or (VIDEO_PACKETS if kind == "video" else SOUND_PACKETS)
        assert capacity & (capacity - 1) == 0, "the capacity of a ring is a power of two"
        self.keyed, self.clock_hz, self.capacity, self.mask = kind == "video", clock_hz, capacity, capacity - 1
        self.head, self.newest, self.group, self.frame = 0, 0, -1, 0
        self.payloads = np.zeros((capacity, PAYLOAD_BYTES), np.uint8)
        self.sizes = np.zeros(capacity, np.int32)
        self.stamps, self.frames = np.zeros(capacity, np.int64), np.zeros(capacity, np.int64)
        self.last = np.zeros(capacity, np.uint8)
        self.octets = np.zeros(capacity, np.int64)
        self.captured_s = np.zeros(capacity)
        self.total_octets = 0
        self.skipped = 0  # access units too long for it
        self._warm()

    @property
    def safe(self) -> int:
        """How far back packets may be read while others are appended: an access unit takes a quarter at most."""
        return self.capacity // 2

    def append(self, unit: AccessUnit) -> int:
        """Packetise an access unit; the number of its packets, 0 when it is too long for the ring and is left out."""
        first, count = self.head, self._pack(unit)
        if not count:
            self.skipped += 1
            return 0
        slots = np.arange(first, first + count) & self.mask
        self.stamps[slots], self.frames[slots], self.captured_s[slots] = unit.pts, self.frame, unit.captured_s
        self.octets[slots] = self.total_octets + np.cumsum(self.sizes[slots]) - self.sizes[slots]
        self.total_octets += int(self.sizes[slots].sum())
        self.octets[first + count & self.mask] = self.total_octets
        self.last[slots] = 0
        self.last[slots[-1]] = 1
        self.frame += 1
        self.newest = first
        self.head = first + count  # what is below it can be read now
        if unit.keyframe and self.keyed:
            self.group = first
        return count

    def payload(self, number: int) -> bytes:
        """One packet's payload."""
        slot = number & self.mask
        return self.payloads[slot, : self.sizes[slot]].tobytes()

    def holds(self, number: int) -> bool:
        """Whether packet `number` can still be read."""
        return self.head - self.safe <= number < self.head and number >= 0

    def packets_s(self) -> float:
        """Packets a second, over what it holds."""
        count, span_s = self._held()
        return count / span_s

    def octets_s(self) -> float:
        """Bytes of payload a second, over what it holds."""
        count, span_s = self._held()
        return (self.total_octets - float(self.octets[self.head - count & self.mask])) / span_s if count else 0.0

    def _held(self) -> tuple[int, float]:
        """Packets that are held safely, and the time they span; a second at least, or the first pictures would count too much."""
        count = min(self.head, self.safe)
        span_s = float(self.captured_s[self.head - 1 & self.mask] - self.captured_s[self.head - count & self.mask]) if count else 0.0
        return count, max(span_s, 1.0)

    def _pack(self, unit: AccessUnit) -> int:
        data = np.frombuffer(unit.data, np.uint8)
        if not self.keyed:
            if not 0 < len(data) <= PAYLOAD_BYTES:
                return 0
            slot = self.head & self.mask
            self.payloads[slot, : len(data)], self.sizes[slot] = data, len(data)
            return 1
        return int(pack(data, self.payloads, self.sizes, self.head, self.capacity // 4))

    def _warm(self) -> None:
        """Compile, or load, the kernel before there is anything to send."""
        pack(np.zeros(0, np.uint8), self.payloads, self.sizes, 0, 0)
