"""H.264 access units as RTP payloads (RFC 6184, packetization mode 1): made once, for all viewers.

NAL units that fit go into a packet of their own, small ones that follow each other into one aggregation packet (STAP-A), and what is too
long is cut into fragments (FU-A), all of one length but the last: so that one system call can send them all.
"""

from typing import Any

import numpy as np

from vrlive.projection.kernels import kernel, part_of_kernel

STAP_A, FU_A = 24, 28  # types of NAL units that exist in RTP only (RFC 6184, table 1)
LENGTH_BYTES, FRAGMENT_BYTES = 2, 2  # before each NAL unit of a STAP-A; before each fragment
START_MARK, END_MARK = 0x80, 0x40  # of a fragment's header

Table = Any  # arrays inside kernels; their shapes and types stand beside them


@kernel
def pack(
    data: Table,  # (n,) uint8: an access unit in Annex B
    payloads: Table,  # out: (capacity, limit) uint8, a ring whose capacity is a power of two
    sizes: Table,  # out: (capacity,) int32
    first: int,  # where in the ring to begin; counts on over its end
    room: int,  # how many packets may be written
) -> int:
    """Write the payloads of one access unit; how many, 0 if it needs more than there is room for."""
    mask, limit = len(payloads) - 1, payloads.shape[1]
    count, gathered, alone = 0, 0, 0  # packets, bytes of the aggregation packet under way, NAL units in it
    start, end = _next_unit(data, 0)
    while start < len(data):
        length = end - start
        if count + 2 + length // (limit - FRAGMENT_BYTES) > room:
            return 0
        if gathered and length > 0 and gathered + LENGTH_BYTES + length > limit:
            count += _close(payloads[(first + count) & mask], sizes, (first + count) & mask, gathered, alone)
            gathered = alone = 0
        if length > 0 and 1 + LENGTH_BYTES + length <= limit:
            gathered = _gather(data, start, length, payloads[(first + count) & mask], gathered)
            alone += 1
        elif length > 0:
            count += _cut(data, start, length, payloads, sizes, first + count)
        start, end = _next_unit(data, end)
    if gathered:
        count += _close(payloads[(first + count) & mask], sizes, (first + count) & mask, gathered, alone)
    return count


@part_of_kernel
def _next_unit(data: Table, position: int) -> tuple[int, int]:
    """Start and end of the NAL unit whose start code is the next after `position`; its trailing zeros are none of it."""
    start = _start_code(data, position) + 3
    if start >= len(data):
        return len(data), len(data)
    end = _start_code(data, start)
    while end > start and data[end - 1] == 0:
        end -= 1
    return start, end


@part_of_kernel
def _start_code(data: Table, position: int) -> int:
    """Where the next 0, 0, 1 begins; the end of the data if there is none."""
    while position + 2 < len(data):
        if data[position + 2] > 1:
            position += 3
        elif data[position] == 0 and data[position + 1] == 0 and data[position + 2] == 1:
            return position
        else:
            position += 1
    return len(data)


@part_of_kernel
def _gather(data: Table, start: int, length: int, payload: Table, gathered: int) -> int:
    """Add a NAL unit to an aggregation packet of so many bytes; how many it has now."""
    header = data[start]
    if gathered == 0:
        payload[0], gathered = STAP_A, 1
    importance = max(payload[0] & 0x60, header & 0x60)
    payload[0] = np.uint8((payload[0] | header) & 0x80 | importance | STAP_A)
    payload[gathered], payload[gathered + 1] = length >> 8, length & 0xFF
    for i in range(length):
        payload[gathered + LENGTH_BYTES + i] = data[start + i]
    return gathered + LENGTH_BYTES + length


@part_of_kernel
def _close(payload: Table, sizes: Table, slot: int, gathered: int, alone: int) -> int:
    """End an aggregation packet; a single NAL unit needs none."""
    skip = 1 + LENGTH_BYTES if alone == 1 else 0
    for i in range(gathered - skip if skip else 0):
        payload[i] = payload[i + skip]
    sizes[slot] = gathered - skip
    return 1


@part_of_kernel
def _cut(data: Table, start: int, length: int, payloads: Table, sizes: Table, first: int) -> int:
    """Cut a NAL unit into fragments; how many."""
    mask, room = len(payloads) - 1, payloads.shape[1] - FRAGMENT_BYTES
    header, left, at, count = data[start], length - 1, start + 1, 0
    while left > 0:
        slot, piece = (first + count) & mask, min(room, left)
        marks = (START_MARK if count == 0 else 0) | (END_MARK if piece == left else 0)
        payloads[slot, 0], payloads[slot, 1] = (header & 0xE0) | FU_A, (header & 0x1F) | marks
        for i in range(piece):
            payloads[slot, FRAGMENT_BYTES + i] = data[at + i]
        sizes[slot] = FRAGMENT_BYTES + piece
        at, left, count = at + piece, left - piece, count + 1
    return count
