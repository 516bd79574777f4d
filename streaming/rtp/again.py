"""Retransmissions (RFC 4588): what a viewer missed, once more, in a stream of its own; and, to probe a line, what it did not miss."""

import secrets
import struct
from typing import Final

from streaming.rtp.line import Line, Numbers, Span
from streaming.rtp.path import Path
from streaming.rtp.wire import Extensions, head

SHARE: Final = 0.5  # of what the stream itself takes: who asks for more than that is beyond help, or hostile
SAVED_S: Final = 1.0  # allowance saved up while nothing is asked for
LEAST_BYTES_S: Final = 100_000.0  # also where the stream is small
AGAIN_AFTER_S: Final = 0.015  # the same packet is not sent again before; or before half a round trip is over
REMEMBERED: Final = 1024
RECENT: Final = 64  # packets, of which a line is probed with


class Retransmitter:
    """Answers one line's NACKs, on the event loop."""

    def __init__(self, numbers: Numbers, path: Path) -> None:
        self._numbers, self._path = numbers, path
        self._session, self._extensions = path.keys.session(), Extensions(numbers)
        self._sequence = secrets.randbelow(1 << 15)
        self._allowance, self._allowed_s = LEAST_BYTES_S, 0.0
        self._sent_s: dict[int, float] = {}  # by full sequence, oldest first
        self._back = 0  # how far back the packet was that the line was probed with

    def answer(self, line: Line, sequences: list[int], ntp: int, now_s: float, round_trip_s: float) -> None:
        """Send those of the packets with these 16 bits of sequence that are still there, as far as the allowance goes."""
        if not self._numbers.rtx_payload_type:
            return
        self._grow_allowance(line, now_s)
        line.sent.missed += len(sequences)
        for sequence in sequences:
            span = line.find(sequence)
            if span is None or now_s - self._sent_s.get(span.sequence, -1.0) < max(AGAIN_AFTER_S, round_trip_s / 2):
                continue
            too_much = self._allowance < span.ring.sizes[span.number & span.ring.mask]
            if too_much or self._path.full or (line.thin and line.is_past(span)):
                line.sent.denied += 1
                continue
            length = self._send(line, span, ntp)
            self._note(span.sequence, now_s)
            self._allowance -= length
            line.sent.resent += 1
            line.sent.resent_octets += length

    def repeat(self, line: Line, octets: float, ntp: int, now_s: float) -> int:
        """Send recent packets again though nobody missed them, at least so many octets of payload; how many they were."""
        sent = 0
        for _ in range(RECENT):
            if sent >= octets or self._path.full:
                break
            self._back = self._back % RECENT + 1
            span = line.find(line.sequence - self._back & 0xFFFF)
            if span is None:
                continue
            line.sent.probed_octets += self._send(line, span, ntp)
            self._note(span.sequence, now_s)
            sent += int(span.ring.sizes[span.number & span.ring.mask])
        return sent

    def _send(self, line: Line, span: Span, ntp: int) -> int:
        """The length of the packet that is sent."""
        last = bool(span.ring.last[span.number & span.ring.mask])
        extensions = self._extensions.plain(ntp)
        start = head(
            self._numbers.rtx_payload_type, self._sequence, line.stamp_of(span), self._numbers.rtx_ssrc, last=last,
            extended=bool(extensions),
        )  # fmt: skip
        payload = struct.pack("!H", span.sequence & 0xFFFF) + span.ring.payload(span.number)
        packet = self._session.protect(start + extensions + payload)
        self._path.send(packet)
        self._sequence += 1
        return len(packet)

    def _grow_allowance(self, line: Line, now_s: float) -> None:
        rate = min(max(LEAST_BYTES_S, SHARE * (line.ring.octets_s() if line.ring else 0.0)), SHARE * line.limit_bytes_s)
        self._allowance = min(rate * SAVED_S, self._allowance + (now_s - self._allowed_s) * rate)
        self._allowed_s = now_s

    def _note(self, sequence: int, now_s: float) -> None:
        self._sent_s.pop(sequence, None)
        self._sent_s[sequence] = now_s
        while len(self._sent_s) > REMEMBERED:
            del self._sent_s[next(iter(self._sent_s))]
