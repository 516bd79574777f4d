"""The way to send that works everywhere: packet by packet, in Python, on the event loop, through whatever transport a viewer has."""

from streaming.rtp.line import Line, Numbers
from streaming.rtp.path import Path
from streaming.rtp.wire import Extensions, head


class PortableSender:
    """Sends one line's packets."""

    def __init__(self, numbers: Numbers, path: Path) -> None:
        self._numbers, self._path = numbers, path
        self._session, self._extensions = path.keys.session(), Extensions(numbers)

    def send(self, line: Line, first: int, count: int, ntp: int, ntp_of_zero: float) -> None:
        """Send packets of the line's ring, as far as the transport takes them, and move the line on.

        Parameters
        ----------
        line
            The line; its cursor is at `first`.
        first, count
            Which packets.
        ntp
            Now, as NTP's 32.32 fixed point.
        ntp_of_zero
            NTP seconds at zero of the monotonic clock that capture times are given in.
        """
        ring, numbers, path, sent = line.ring, self._numbers, self._path, 0
        assert ring is not None
        for number in range(first, first + count):
            if path.full:
                break
            last = bool(ring.last[number & ring.mask])
            captured_s = float(ring.captured_s[number & ring.mask]) + ntp_of_zero
            extensions = self._extensions.timed(ntp, captured_s) if last else self._extensions.plain(ntp)
            start = head(numbers.payload_type, line.sequence + sent, line.stamp(number), numbers.ssrc, last=last, extended=bool(extensions))
            path.send(self._session.protect(start + extensions + ring.payload(number)))
            sent += 1
        if sent:
            line.note_sent(sent)
