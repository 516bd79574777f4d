"""Puts fragments onto the channel's time line: all renditions show one picture at one time (RFC 8216, section 6.2.4)."""

import struct
from collections.abc import Iterator
from typing import Final

INSIDE: Final = {b"moov", b"trak", b"mdia", b"moof", b"traf"}


class Shift:
    """Moves what a muxer wrote, whose times begin with its first picture.

    Parameters
    ----------
    index
        Its ftyp and moov, for the time scale of each track.
    origin_s
        Where on the channel's time line its first picture is.
    """

    def __init__(self, index: bytes, origin_s: float) -> None:
        self._ticks: dict[int, int] = {}
        track = 0
        for kind, at in boxes(index, 0, len(index)):
            if kind == b"tkhd":  # ISO/IEC 14496-12, 8.3.2
                track = int(struct.unpack_from(">I", index, at + (20 if index[at] else 12))[0])
            elif kind == b"mdhd":  # 8.4.2
                scale = int(struct.unpack_from(">I", index, at + (20 if index[at] else 12))[0])
                self._ticks[track] = round(origin_s * scale)

    def run(self, fragment: bytes) -> bytes:
        """The fragment, moved: its tfdt boxes (8.8.12) are, which FFmpeg writes with 64 bits."""
        moved, track = bytearray(fragment), 0
        for kind, at in boxes(fragment, 0, len(fragment)):
            if kind == b"tfhd":
                track = int(struct.unpack_from(">I", fragment, at + 4)[0])
            elif kind == b"tfdt":
                assert fragment[at] == 1
                time = int(struct.unpack_from(">Q", fragment, at + 4)[0])
                struct.pack_into(">Q", moved, at + 4, time + self._ticks[track])
        return bytes(moved)


def boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int]]:
    """Kind, and where the content begins, of each box, and of those inside of it."""
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8:
            return
        yield kind, at + 8
        if kind in INSIDE:
            yield from boxes(data, at + 8, min(at + size, end))
        at += size
