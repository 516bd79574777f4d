"""RTP headers as bytes (RFC 3550, section 5.1; RFC 8285), for who writes them in Python."""

import struct
from typing import Final

from streaming.rtp.line import CAPTURE_TIME_BYTES, EXTENDED, RTP_VERSION, SEND_TIME_BYTES, Numbers

MARKER: Final = 0x80
SEND_TIME_AT: Final = 5  # in a block of header extensions: behind its four bytes and the element's own


class Extensions:
    """A stream's blocks of header extensions, in which only times change."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._plain, self._timed = (numbers.extensions(capture_time=timed) for timed in (False, True))

    def plain(self, ntp: int) -> bytes:
        """The block of a packet that leaves now, at this time of NTP's 32.32 fixed point: 24 bits of it, 6.18 (abs-send-time)."""
        return self._with_send_time(self._plain, ntp)

    def timed(self, ntp: int, captured_ntp_s: float) -> bytes:
        """The same, with when the picture was captured (abs-capture-time)."""
        block = self._with_send_time(self._timed, ntp)
        if not self._numbers.capture_time_id:
            return block
        return block[:-CAPTURE_TIME_BYTES] + struct.pack("!Q", int(captured_ntp_s * 2**32))

    def _with_send_time(self, block: bytes, ntp: int) -> bytes:
        if not self._numbers.send_time_id:
            return block
        return block[:SEND_TIME_AT] + (ntp >> 14 & 0xFFFFFF).to_bytes(SEND_TIME_BYTES) + block[SEND_TIME_AT + SEND_TIME_BYTES :]


def head(payload_type: int, sequence: int, stamp: int, ssrc: int, *, last: bool, extended: bool) -> bytes:
    """The twelve bytes that every packet begins with."""
    first = RTP_VERSION | (EXTENDED if extended else 0)
    return struct.pack("!BBHII", first, payload_type | (MARKER if last else 0), sequence & 0xFFFF, stamp, ssrc)
