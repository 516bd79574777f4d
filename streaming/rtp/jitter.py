"""Packets in the order in which they were sent, and which of them to ask for again. It has no clock: `now_s` is passed in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

WAIT_S: Final = 0.2  # for a packet that is missing: three round trips across a continent; the show waits no longer for a camera either
REORDERED_S: Final = 0.005  # a packet that is missing for so long is lost, not overtaken
ASK_AGAIN_S: Final = 0.02  # at the soonest, or after a round trip
MOST_ASKED: Final = 8  # times for one packet
MOST_AT_ONCE: Final = 256  # asked for in one report; who lost more needs a keyframe
LARGEST_GAP: Final = 3000  # packets: a sequence that leaps so far has begun anew (RFC 3550, appendix A.1)
SLOWEST_ROUND_TRIP_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTP packet of a stream.

    Attributes
    ----------
    sequence
        Counted on past 65535.
    stamp
        Its time stamp, counted on past 2³² (see `unwrapped`).
    last
        The marker: of pictures, whether it ends one (RFC 6184, section 5.1).
    payload
        Without header and padding.
    arrived_s
        Seconds of `vrlive.clock.now_s`.
    """

    sequence: int
    stamp: int
    last: bool
    payload: bytes
    arrived_s: float


@dataclass(slots=True)
class _Missing:
    since_s: float
    asked_s: float = 0.0
    asked: int = 0


class JitterBuffer:
    """Of one stream. Complete, it holds nothing back; a packet that is missing holds up those behind it for `wait_s`."""

    def __init__(self, wait_s: float = WAIT_S) -> None:
        self.round_trip_s = ASK_AGAIN_S  # from asking for a packet to its arrival
        self.recovered = self.lost = 0
        self._wait_s = wait_s
        self._next: int | None = None
        self._highest = 0
        self._held: dict[int, Packet] = {}
        self._missing: dict[int, _Missing] = {}
        self._broken = False

    def push(self, sequence: int, stamp: int, *, last: bool, payload: bytes, now_s: float) -> None:
        """Add a packet as it arrives: `sequence` has 16 bits, `stamp` is counted on."""
        if self._next is None:
            self._next = self._highest = sequence
        number = unwrapped(sequence, self._highest, 16)
        if abs(number - self._highest) > LARGEST_GAP:
            self._begin_anew(number)
        if number < self._next or number in self._held:
            return
        self._held[number] = Packet(number, stamp, last, payload, now_s)
        for each in range(self._highest + 1, number):
            self._missing[each] = _Missing(now_s)
        self._highest = max(self._highest, number)
        self._note_arrival(number, now_s)

    def take(self, now_s: float) -> Iterator[tuple[Packet, bool]]:
        """The packets whose turn it is, each with whether some before it are lost for good."""
        while self._held and self._next is not None:
            if self._next not in self._held and not self._give_up(now_s):
                return
            packet, broken, self._broken = self._held.pop(self._next), self._broken, False
            self._next += 1
            yield packet, broken

    def wanted(self, now_s: float) -> list[int]:
        """Sequences, of 16 bits, to ask for now (RFC 4585, section 6.2.1)."""
        again_s = max(ASK_AGAIN_S, 1.25 * self.round_trip_s)
        found: list[int] = []
        for number, missing in self._missing.items():
            due = now_s - missing.asked_s >= again_s if missing.asked else now_s - missing.since_s >= REORDERED_S
            if due and missing.asked < MOST_ASKED and len(found) < MOST_AT_ONCE:
                missing.asked_s, missing.asked = now_s, missing.asked + 1
                found.append(number & 0xFFFF)
        return found

    def _note_arrival(self, number: int, now_s: float) -> None:
        missing = self._missing.pop(number, None)
        if missing is not None and missing.asked:
            self.recovered += 1
            if missing.asked == 1:  # of a packet asked for twice nobody knows which asking brought it (RFC 6298, section 3)
                taken_s = min(now_s - missing.asked_s, SLOWEST_ROUND_TRIP_S)
                self.round_trip_s += (taken_s - self.round_trip_s) / 4

    def _give_up(self, now_s: float) -> bool:
        """Go on behind a gap that has been waited for long enough."""
        assert self._next is not None
        if now_s - self._missing[self._next].since_s < self._wait_s:
            return False
        first = min(self._held)
        for number in range(self._next, first):
            del self._missing[number]
        self.lost += first - self._next
        self._next, self._broken = first, True
        return True

    def _begin_anew(self, number: int) -> None:
        self._held.clear()
        self._missing.clear()
        self._next = self._highest = number
        self._broken = True


def unwrapped(value: int, near: int, bits: int) -> int:
    """A counter of so many bits, counted on: the number nearest to `near` that ends in `value`."""
    half = 1 << (bits - 1)
    return near + ((value - near + half) & (2 * half - 1)) - half
