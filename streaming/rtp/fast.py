"""The fast way to send: one kernel, which holds no interpreter, numbers, encrypts and sends what is due to many viewers.

For each viewer it writes the packets one after the other into one buffer, has libsrtp encrypt them there, and hands runs of equally long
ones to the system as one datagram each, which its network stack cuts again (UDP generic segmentation offload, UDP_SEGMENT in udp(7)): one
system call for a picture.
"""

import errno
import os
import socket
import struct
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from streaming.rtp import native
from streaming.rtp.line import EXTENDED, RTP_VERSION, STEP_S, Line, Numbers
from streaming.rtp.path import Path
from streaming.rtp.ring import PAYLOAD_BYTES, PacketRing
from streaming.rtp.wire import MARKER, SEND_TIME_AT
from vrlive.projection.kernels import kernel, part_of_kernel

MOST_PACKETS: Final = 64  # of one viewer in one go; a line's burst is smaller
TRAILER_BYTES: Final = 16 + 128  # that SRTP may add (SRTP_MAX_TRAILER_LEN)
SLOT_BYTES: Final = 12 + 64 + PAYLOAD_BYTES + TRAILER_BYTES
LARGEST_RUN: Final = 44  # packets of a run: 64 kB at most leave in one datagram
SOL_UDP, UDP_SEGMENT = 17, 103
DO_NOT_WAIT: Final = int(socket.MSG_DONTWAIT)
FULL: Final = (errno.EAGAIN, errno.ENOBUFS)  # what the system says when a socket takes no more for now
MESSAGE_BYTES: Final = 64
NAME, NAME_LENGTH, VECTOR, VECTOR_LENGTH, CONTROL, CONTROL_LENGTH, FLAGS, MESSAGE_LENGTH = range(8)  # struct mmsghdr in words of 64 bits
CONTROL_BYTES: Final = 24  # struct cmsghdr with 16 bits, padded

# Columns of a job: one line's packets that are due.
(
    SESSION, SOCKET, ADDRESS, ADDRESS_LENGTH, FIRST, COUNT, SEQUENCE, OFFSET, SSRC, PAYLOAD_TYPE,
    PLAIN, PLAIN_LENGTH, TIMED, TIMED_LENGTH, SEND_TIME, CAPTURE_TIME, SEGMENTS, CATCH_UP_FRAME, CATCH_UP_STAMP, LOST, COLUMNS,
) = range(21)  # fmt: skip

Table = Any  # arrays inside kernels; their shapes and types stand beside them


class Way(NamedTuple):
    """A socket of our own, to be closed by who holds it, and the address as the system takes it."""

    socket: int
    address: bytes


def way(path: Path) -> Way:
    """By a path's socket, to its address; to be called on the event loop, which may close its own socket at any time after."""
    assert path.socket is not None
    return Way(os.dup(path.socket.fileno()), path.sockaddr())


class FastLine:
    """What the kernel needs to know of one line, and keeps alive what it points to."""

    def __init__(self, numbers: Numbers, path: Path) -> None:
        self._session = path.keys.session()
        self._socket = -1
        plain, timed = (numbers.extensions(capture_time=timed) for timed in (False, True))
        self._plain, self._timed = (np.frombuffer(block or b"\0", np.uint8).copy() for block in (plain, timed))
        self.row = np.zeros(COLUMNS, np.int64)
        self.row[SESSION], self.row[SSRC], self.row[PAYLOAD_TYPE] = native.srtp_session(self._session), numbers.ssrc, numbers.payload_type
        self.row[[PLAIN, PLAIN_LENGTH, TIMED, TIMED_LENGTH]] = self._plain.ctypes.data, len(plain), self._timed.ctypes.data, len(timed)
        self.row[[SEND_TIME, CAPTURE_TIME, SEGMENTS]] = numbers.send_time_id, numbers.capture_time_id, 1
        self.go(way(path))

    def go(self, new: "Way") -> None:
        """Send this way. Another, of a path under the same keys, may follow."""
        self.close()
        self._socket, self._address = new.socket, np.frombuffer(new.address, np.uint8)
        self.row[SOCKET], self.row[ADDRESS], self.row[ADDRESS_LENGTH] = self._socket, self._address.ctypes.data, len(self._address)

    def prepare(self, line: Line, first: int, count: int) -> None:
        """Let the row ask for these packets."""
        self.row[FIRST], self.row[COUNT], self.row[SEQUENCE], self.row[OFFSET] = first, count, line.sequence & 0xFFFF, line.offset
        self.row[CATCH_UP_FRAME], self.row[CATCH_UP_STAMP], self.row[LOST] = line.catch_up_frame, line.catch_up_stamp, 0

    def close(self) -> None:
        """Give the socket back; nothing may be sent any more."""
        if self._socket >= 0:
            os.close(self._socket)
        self._socket = -1


class FastSender:
    """Sends what is due to many lines. For one thread."""

    def __init__(self) -> None:
        functions = native.srtp_protect(), native.c_function("sendmmsg"), native.c_function("__errno_location")
        self._functions = np.array(functions, np.int64)
        self._buffer = np.zeros(MOST_PACKETS * SLOT_BYTES, np.uint8)
        self._vectors = np.zeros((MOST_PACKETS, 2), np.int64)
        self._messages = np.zeros((MOST_PACKETS, 8), np.int64)
        self._messages[:, VECTOR] = self._vectors.ctypes.data + np.arange(MOST_PACKETS) * self._vectors.itemsize * 2
        self._messages[:, VECTOR_LENGTH] = 1
        header = struct.pack("=QiiHxxxxxx", CONTROL_BYTES - 6, SOL_UDP, UDP_SEGMENT, 0)
        self._controls = np.tile(np.frombuffer(header, np.uint8), (MOST_PACKETS, 1))
        self._sizes = np.zeros(MOST_PACKETS, np.int64)
        self._length = np.zeros(1, np.int32)
        self._run(PacketRing("audio", 1, 1), np.zeros((0, COLUMNS), np.int64), 0, 0.0)  # compiled before it is needed

    def send(self, ring: PacketRing, rows: Sequence[Table], ntp: int, ntp_of_zero: float) -> Table:
        """Send for all rows, whose lines are of one ring; (rows,) int64 packets that this host refused. It holds no lock meanwhile.

        `ntp`, `ntp_of_zero`: as of `PortableSender.send`.
        """
        jobs = np.concatenate(rows).reshape(len(rows), COLUMNS)
        segments = jobs[:, SEGMENTS].copy()
        self._run(ring, jobs, ntp, ntp_of_zero)
        for n in np.flatnonzero(jobs[:, SEGMENTS] != segments).tolist():
            rows[n][SEGMENTS] = jobs[n, SEGMENTS]
        return jobs[:, LOST]

    def _run(self, ring: PacketRing, jobs: Table, ntp: int, ntp_of_zero: float) -> None:
        send_all(
            jobs, ring.payloads, ring.sizes, ring.stamps, ring.frames, ring.last, ring.captured_s, round(STEP_S * ring.clock_hz),
            ntp >> 14 & 0xFFFFFF, ntp_of_zero, self._functions,
            self._buffer, self._sizes, self._vectors, self._messages, self._controls, self._length,
        )  # fmt: skip


@kernel
def send_all(
    jobs: Table,  # (n, COLUMNS) int64; LOST and SEGMENTS are written
    payloads: Table,  # the ring's
    ring_sizes: Table,
    stamps: Table,
    frames: Table,
    last: Table,
    captured_s: Table,
    step: int,
    send_time: int,
    ntp_of_zero: float,
    functions: Table,  # (3,) int64: addresses of srtp_protect, sendmmsg and __errno_location
    buffer: Table,  # (MOST_PACKETS · SLOT_BYTES,) uint8
    sizes: Table,  # (MOST_PACKETS,) int64: of packets in it
    vectors: Table,  # (MOST_PACKETS, 2) int64: struct iovec
    messages: Table,  # (MOST_PACKETS, 8) int64: struct mmsghdr
    controls: Table,  # (MOST_PACKETS, CONTROL_BYTES) uint8
    length: Table,  # (1,) int32
) -> None:
    """Send each job's packets."""
    mask = len(payloads) - 1
    for n in range(len(jobs)):
        job = jobs[n]
        end, good = 0, 0
        for k in range(job[COUNT]):
            slot = (job[FIRST] + k) & mask
            size = _write(
                buffer, end, job, k, payloads[slot], ring_sizes[slot], stamps[slot], frames[slot], last[slot], captured_s[slot], step,
                send_time, ntp_of_zero,
            )  # fmt: skip
            length[0] = size
            if native.call3(functions[0], job[SESSION], buffer.ctypes.data + end, length.ctypes.data) == 0:
                sizes[good] = length[0]
                end += length[0]
                good += 1
        sent = _send(job, buffer, sizes, good, functions, vectors, messages, controls)
        job[LOST] = job[COUNT] - sent


@part_of_kernel
def _write(
    buffer: Table, at: int, job: Table, k: int, payload: Table, size: int, stamp: int, frame: int, last: int, captured_s: float, step: int,
    send_time: int, ntp_of_zero: float,
) -> int:  # fmt: skip
    """Write a packet, not yet encrypted; its length."""
    if frame <= job[CATCH_UP_FRAME]:
        stamp = job[CATCH_UP_STAMP] - (job[CATCH_UP_FRAME] - frame) * step
    stamp += job[OFFSET]
    extensions = job[TIMED_LENGTH] if last else job[PLAIN_LENGTH]
    buffer[at] = RTP_VERSION | (EXTENDED if extensions else 0)
    buffer[at + 1] = job[PAYLOAD_TYPE] | (MARKER if last else 0)
    _put(buffer, at + 2, job[SEQUENCE] + k, 2)
    _put(buffer, at + 4, stamp, 4)
    _put(buffer, at + 8, job[SSRC], 4)
    at += 12
    if extensions:
        native.copy(job[TIMED] if last else job[PLAIN], buffer.ctypes.data + at, extensions)
        if job[SEND_TIME]:
            _put(buffer, at + SEND_TIME_AT, send_time, 3)
        if last and job[CAPTURE_TIME]:
            seconds = captured_s + ntp_of_zero
            whole = np.floor(seconds)
            _put(buffer, at + extensions - 8, int(whole), 4)
            _put(buffer, at + extensions - 4, int((seconds - whole) * 4294967296.0), 4)
    at += extensions
    native.copy(payload.ctypes.data, buffer.ctypes.data + at, size)
    return int(12 + extensions + size)


@part_of_kernel
def _put(buffer: Table, at: int, value: int, count: int) -> None:
    """Write a number in network byte order."""
    for i in range(count):
        buffer[at + i] = np.uint8((value >> (8 * (count - 1 - i))) & 0xFF)


@part_of_kernel
def _send(job: Table, buffer: Table, sizes: Table, count: int, functions: Table, vectors: Table, messages: Table, controls: Table) -> int:
    """Send the packets in the buffer, runs of equal length (the last of a run may be shorter) as one datagram each; how many are out."""
    sent, at = 0, 0
    while sent < count:
        runs, done, offset = 0, sent, at
        while done < count:
            run, total = 1, sizes[done]
            while (
                job[SEGMENTS] and done + run < count and run < LARGEST_RUN
                and sizes[done + run - 1] == sizes[done] and sizes[done + run] <= sizes[done]
            ):  # fmt: skip
                total += sizes[done + run]
                run += 1
            _message(job, buffer, offset, total, run, sizes[done], vectors, messages, controls, runs)
            done, offset, runs = done + run, offset + total, runs + 1
        out, taken = 0, 0
        while out < runs:
            taken = native.call4(functions[1], job[SOCKET], messages.ctypes.data + out * MESSAGE_BYTES, runs - out, DO_NOT_WAIT)
            if taken <= 0:
                break
            for k in range(out, out + taken):
                sent += messages[k, FLAGS]
                at += vectors[k, 1]
            out += taken
        if out == runs or not job[SEGMENTS] or native.errno(functions[2]) in FULL:
            break
        job[SEGMENTS] = 0  # perhaps this route cannot cut datagrams: what is left goes one by one, and so from now on
    return sent


@part_of_kernel
def _message(
    job: Table, buffer: Table, offset: int, total: int, run: int, size: int, vectors: Table, messages: Table, controls: Table, k: int
) -> None:
    """Describe one run to sendmmsg."""
    vectors[k, 0], vectors[k, 1] = buffer.ctypes.data + offset, total
    messages[k, NAME], messages[k, NAME_LENGTH] = job[ADDRESS], job[ADDRESS_LENGTH]
    messages[k, CONTROL] = controls[k].ctypes.data if run > 1 else 0
    messages[k, CONTROL_LENGTH] = CONTROL_BYTES if run > 1 else 0
    messages[k, FLAGS] = run  # the system ignores flags of what is sent: here, how many packets it stands for
    controls[k, 16], controls[k, 17] = size & 0xFF, size >> 8
