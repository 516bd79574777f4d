"""The sink's own loop: takes what came for all viewers from the system and counts it, without holding the interpreter.

What is not RTP (STUN, DTLS, RTCP: RFC 7983, section 7) is put aside for the event loop, with the address it came from. Nothing is
decrypted: RTP's header is sent in the clear, and that is all there is to count.
"""

from typing import Any, Final

import numpy as np

from streaming.rtp import native
from vrlive.projection.kernels import kernel, part_of_kernel

VIEWERS: Final = 256  # at most
BATCH: Final = 64  # datagrams of one system call
DATAGRAM_BYTES, ADDRESS_BYTES, MESSAGE_BYTES = 2048, 16, 64
ASIDE: Final = 512  # datagrams put aside in one go
NO_KIND, VIDEO, SOUND, AGAIN, KINDS = range(5)  # what a payload type stands for: AGAIN is retransmissions of video
SSRC, BASE, HIGHEST, PACKETS, BYTES, TWICE, PICTURE_NS, COLUMNS = range(8)  # of a stream; sequences counted on over 16 bits
REMEMBERED: Final = 4096  # sequences of video, to know which are missing
PICTURES: Final = 4096  # last packets of pictures of which the time of arrival is kept
STAMP, ARRIVED_NS = range(2)
NAME, NAME_LENGTH, VECTOR, VECTOR_LENGTH = range(4)  # struct mmsghdr in words of 64 bits
MESSAGE_LENGTH: Final = 7
POLLIN, DO_NOT_WAIT, CLOCK_MONOTONIC = 1, 0x40, 1

Table = Any  # arrays inside kernels; their shapes and types stand beside them


class Counting:
    """Counts for up to `VIEWERS` sockets.

    Attributes
    ----------
    streams
        (viewers, KINDS, COLUMNS) int64.
    seen
        (viewers, REMEMBERED) int64: the sequence of video that came last in each slot.
    pictures
        (viewers, PICTURES, 2) int64: time stamp and time of arrival of the last packet of each picture, in order of arrival.
    shown
        (viewers,) int64: how many of these there are.
    kinds
        (viewers, 128) uint8: what each payload type stands for. To be filled in.
    """

    def __init__(self) -> None:
        self.streams = np.zeros((VIEWERS, KINDS, COLUMNS), np.int64)
        self.seen = np.full((VIEWERS, REMEMBERED), -1, np.int64)
        self.pictures = np.zeros((VIEWERS, PICTURES, 2), np.int64)
        self.shown = np.zeros(VIEWERS, np.int64)
        self.kinds = np.zeros((VIEWERS, 128), np.uint8)
        self._sockets = np.full((VIEWERS, 2), -1, np.int32)  # struct pollfd
        self._data = np.zeros((BATCH, DATAGRAM_BYTES), np.uint8)
        self._addresses = np.zeros((BATCH, ADDRESS_BYTES), np.uint8)
        self._vectors = np.zeros((BATCH, 2), np.int64)
        self._vectors[:, 0], self._vectors[:, 1] = self._data.ctypes.data + np.arange(BATCH) * DATAGRAM_BYTES, DATAGRAM_BYTES
        self._messages = np.zeros((BATCH, MESSAGE_BYTES // 8), np.int64)
        self._messages[:, NAME] = self._addresses.ctypes.data + np.arange(BATCH) * ADDRESS_BYTES
        self._messages[:, VECTOR] = self._vectors.ctypes.data + np.arange(BATCH) * 16
        self._messages[:, VECTOR_LENGTH] = 1
        self._aside = np.zeros((ASIDE, DATAGRAM_BYTES), np.uint8)
        self._aside_of = np.zeros((ASIDE, 2), np.int64)  # viewer, length
        self._aside_from = np.zeros((ASIDE, ADDRESS_BYTES), np.uint8)
        self._time = np.zeros(2, np.int64)
        self._functions = np.array([native.c_function(name) for name in ("poll", "recvmmsg", "clock_gettime")], np.int64)
        self.receive(0.0)  # compiled before it is needed

    def add(self, viewer: int, descriptor: int) -> None:
        """Listen to one more socket."""
        self._sockets[viewer] = descriptor, POLLIN

    def remove(self, viewer: int) -> None:
        """Listen to it no more."""
        self._sockets[viewer] = -1

    def receive(self, patience_s: float) -> list[tuple[int, bytes, tuple[str, int]]]:
        """Wait for datagrams and count them; what was put aside: whose it is, the datagram, and where it came from."""
        count = receive(
            self._sockets, self._functions, self._time, self._messages, self._addresses, self._data, self.kinds, self.streams, self.seen,
            self.pictures, self.shown, self._aside, self._aside_of, self._aside_from, round(patience_s * 1e3),
        )  # fmt: skip
        return [self._put_aside(k) for k in range(count)]

    def begin(self) -> None:
        """Count anew; not while `receive` runs."""
        self.streams[:, :, [PACKETS, BYTES, TWICE]] = 0
        self.streams[:, :, BASE] = -1
        self.seen[:] = -1
        self.shown[:] = 0

    def _put_aside(self, k: int) -> tuple[int, bytes, tuple[str, int]]:
        viewer, length = (int(each) for each in self._aside_of[k])
        address = self._aside_from[k]
        return viewer, self._aside[k, :length].tobytes(), (".".join(map(str, address[4:8])), int(address[2]) << 8 | int(address[3]))


@kernel
def receive(
    sockets: Table,  # (viewers, 2) int32: struct pollfd
    functions: Table,  # (3,) int64: addresses of poll, recvmmsg and clock_gettime
    time: Table,  # (2,) int64: struct timespec
    messages: Table,  # (BATCH, 8) int64: struct mmsghdr
    addresses: Table,  # (BATCH, ADDRESS_BYTES) uint8
    data: Table,  # (BATCH, DATAGRAM_BYTES) uint8
    kinds: Table,
    streams: Table,
    seen: Table,
    pictures: Table,
    shown: Table,
    aside: Table,  # (ASIDE, DATAGRAM_BYTES) uint8
    aside_of: Table,  # (ASIDE, 2) int64
    aside_from: Table,  # (ASIDE, ADDRESS_BYTES) uint8
    patience_ms: int,
) -> int:
    """Wait, take all that is there, count it; how many datagrams were put aside."""
    count = 0
    if native.call3(functions[0], sockets.ctypes.data, len(sockets), patience_ms) <= 0:
        return 0
    native.call2(functions[2], CLOCK_MONOTONIC, time.ctypes.data)
    now_ns = time[0] * 1_000_000_000 + time[1]
    for viewer in range(len(sockets)):
        got = BATCH if sockets[viewer, 1] >> 16 else 0
        while got == BATCH:
            for k in range(BATCH):
                messages[k, NAME_LENGTH] = ADDRESS_BYTES
            got = native.call5(functions[1], sockets[viewer, 0], messages.ctypes.data, BATCH, DO_NOT_WAIT, 0)
            for k in range(got):
                size = messages[k, MESSAGE_LENGTH]
                if _is_rtp(data[k], size):
                    _count(data[k], size, now_ns, kinds[viewer], streams[viewer], seen[viewer], pictures[viewer], shown, viewer)
                elif count < len(aside):
                    aside[count, :size], aside_from[count] = data[k, :size], addresses[k]
                    aside_of[count, 0], aside_of[count, 1] = viewer, size
                    count += 1
    return count


@part_of_kernel
def _is_rtp(packet: Table, size: int) -> bool:
    """RTP, and not RTCP (RFC 5761, section 4)."""
    return bool(size >= 12 and 128 <= packet[0] < 192 and not 64 <= packet[1] & 0x7F < 96)


@part_of_kernel
def _number(packet: Table, at: int, count: int) -> int:
    """A number in network byte order."""
    value = 0
    for i in range(count):
        value = value << 8 | packet[at + i]
    return value


@part_of_kernel
def _count(
    packet: Table, size: int, now_ns: int, kinds: Table, streams: Table, seen: Table, pictures: Table, shown: Table, viewer: int
) -> None:
    """Count one packet of RTP."""
    kind = kinds[packet[1] & 0x7F]
    stream = streams[kind]
    ssrc, sequence = _number(packet, 8, 4), _number(packet, 2, 2)
    if stream[SSRC] != ssrc or stream[BASE] < 0:
        stream[SSRC], stream[BASE], stream[HIGHEST] = ssrc, sequence + 65536, sequence + 65535
    ahead = (sequence - stream[HIGHEST]) & 0xFFFF
    full = stream[HIGHEST] + (ahead if ahead < 32768 else ahead - 65536)
    if kind == VIDEO:
        if seen[full % REMEMBERED] == full:
            stream[TWICE] += 1
            return
        seen[full % REMEMBERED] = full
    stream[PACKETS] += 1
    stream[BYTES] += size
    stream[HIGHEST] = max(stream[HIGHEST], full)
    if kind == VIDEO and packet[1] & 0x80:
        n = shown[viewer] % PICTURES
        pictures[n, STAMP], pictures[n, ARRIVED_NS] = _number(packet, 4, 4), now_ns
        shown[viewer] += 1
        if stream[PICTURE_NS] == 0 and stream[HIGHEST] - stream[BASE] + 1 == stream[PACKETS]:
            stream[PICTURE_NS] = now_ns
