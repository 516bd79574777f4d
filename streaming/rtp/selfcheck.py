"""Whether the fast way to send works on this host: tried once at start, against the portable way, on loopback."""

import socket
from dataclasses import dataclass

from numba.core.errors import NumbaError
from pylibsrtp import Policy

from streaming.access_unit import AccessUnit
from streaming.rtp.fast import SEGMENTS, FastLine, FastSender
from streaming.rtp.line import Line, Numbers
from streaming.rtp.path import Keys, Path
from streaming.rtp.portable import PortableSender
from streaming.rtp.ring import PAYLOAD_BYTES, PacketRing

PACKETS = 3  # two of one length and a shorter one: a run
ANSWER_S = 1.0


@dataclass(frozen=True, slots=True)
class Way:
    """How this host sends.

    Attributes
    ----------
    fast
        Whether by the fast way.
    words
        Which way it is, and what it had to do without, and why.
    """

    fast: bool
    words: str


def find_way() -> Way:
    """Try the fast way, and say what comes of it."""
    try:
        sent, segments = _sent_fast()
    except (AttributeError, TypeError, AssertionError, NumbaError) as fault:
        return Way(False, f"portable: this build of pylibsrtp or Numba has no place for the fast way ({fault})")
    except OSError as fault:
        return Way(False, f"portable: {fault}")
    if sent != _sent_portably():
        return Way(False, "portable: the fast way does not send here what the portable way sends")
    if not segments:
        return Way(True, "fast, packet by packet: this system cannot cut datagrams for us (UDP_SEGMENT, Linux 4.18)")
    return Way(True, "fast, whole pictures at a time (sendmmsg and UDP_SEGMENT)")


_KEYS = Keys(Policy.SRTP_PROFILE_AES128_CM_SHA1_80, bytes(30))  # of nobody
_NUMBERS = Numbers(ssrc=1, payload_type=96, mid="0", mid_id=1, send_time_id=3, capture_time_id=14)


def _line() -> Line:
    ring = PacketRing("video", 90_000, 64)
    nal = b"\x65" + bytes(range(1, 255)) * (PACKETS * PAYLOAD_BYTES // 254 - 1)
    ring.append(AccessUnit("video", b"\0\0\0\1" + nal, 0, True, 0.5))
    line = Line(_NUMBERS, sequence=1, offset=2)
    line.follow(ring)
    return line


def _sent_fast() -> tuple[list[bytes], bool]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
        for each in (here, there):
            each.bind(("127.0.0.1", 0))
        there.settimeout(ANSWER_S)
        line = _line()
        fast = FastLine(_NUMBERS, Path(_KEYS, lambda _: None, lambda: 0, here, there.getsockname()))
        try:
            first, count = line.due(0.0)
            fast.prepare(line, first, count)
            assert line.ring
            FastSender().send(line.ring, [fast.row], 3 << 32, 4.0)
            return [there.recv(2048) for _ in range(count)], bool(fast.row[SEGMENTS])
        finally:
            fast.close()


def _sent_portably() -> list[bytes]:
    sent: list[bytes] = []
    line = _line()
    first, count = line.due(0.0)
    PortableSender(_NUMBERS, Path(_KEYS, sent.append, lambda: 0, None, ("", 0))).send(line, first, count, 3 << 32, 4.0)
    return sent
