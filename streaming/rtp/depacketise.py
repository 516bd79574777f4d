"""Packets of H.264 back into access units (RFC 6184): single NAL units, STAP-A and FU-A, what non-interleaved mode has."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from streaming.rtp.jitter import Packet

LARGEST_BYTES: Final = 4 * 1024 * 1024  # of one picture: ten times a keyframe of 8192×4096 at 30 Mbit/s
START_CODE: Final = b"\0\0\0\1"
SLICES, IDR, PARAMETER_SETS, DELIMITER = range(1, 6), 5, (7, 8), 9  # Rec. ITU-T H.264, table 7-1
STAP_A, FU_A = 24, 28
FU_START, FU_END = 0x80, 0x40


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded picture: Annex B, with parameter sets before an IDR picture.

    Attributes
    ----------
    stamp
        Its time stamp, counted on past 2³².
    arrived_s
        When its first packet came.
    """

    data: bytes
    stamp: int
    keyframe: bool
    arrived_s: float


class Depacketiser:
    """Of one stream, in the order of its packets. What cannot be decoded for want of lost packets is left out up to the next keyframe.

    Parameters
    ----------
    parameter_sets
        NAL units that signalling brought (``sprop-parameter-sets``), for a stream that does not repeat them.

    Attributes
    ----------
    needs_keyframe
        Whether nothing can be decoded before one.
    """

    def __init__(self, parameter_sets: list[bytes] | None = None) -> None:
        self.needs_keyframe = True
        self._parameter_sets = parameter_sets or []
        self._open: _Picture | None = None

    def push(self, packet: Packet, *, broken: bool) -> Iterator[Picture]:
        """Take the next packet, `broken` if some before it are lost; give the pictures that are complete by it."""
        if not packet.payload:  # padding, with which senders probe
            return
        if self._open and self._open.stamp != packet.stamp:
            yield from self._close(whole=not broken)
        if self._open is None:
            self._open = _Picture(packet.stamp, packet.arrived_s)
        if broken:
            self._open.whole, self.needs_keyframe = False, True
        self._open.add(packet.payload)
        if packet.last:
            yield from self._close(whole=True)

    def _close(self, *, whole: bool) -> Iterator[Picture]:
        assert self._open
        picture, self._open = self._open, None
        if not (whole and picture.is_whole()):
            self.needs_keyframe = True
            return
        sets = list(dict.fromkeys(nal for nal in picture.nals if nal[0] & 0x1F in PARAMETER_SETS))
        rest = [nal for nal in picture.nals if nal[0] & 0x1F not in (*PARAMETER_SETS, DELIMITER)]
        self._parameter_sets = sets or self._parameter_sets
        kinds = {nal[0] & 0x1F for nal in picture.nals}
        keyframe = IDR in kinds
        if not kinds & set(SLICES) or (self.needs_keyframe and not keyframe):
            return
        self.needs_keyframe = False
        before = self._parameter_sets if keyframe else sets  # GStreamer repeats them between slices, where they would begin a picture
        yield Picture(b"".join(START_CODE + nal for nal in (*before, *rest)), picture.stamp, keyframe, picture.arrived_s)


def parameter_sets(parameters: str) -> list[bytes]:
    """The NAL units that the SDP parameters of H.264 hold (RFC 6184, section 8.1); none if they hold none, or nonsense."""
    found = re.search(r"sprop-parameter-sets=([^;\s]+)", parameters)
    try:
        sets = [base64.b64decode(each, validate=True) for each in found[1].split(",")] if found else []
    except ValueError:
        return []
    return [nal for nal in sets if nal and nal[0] & 0x1F in PARAMETER_SETS]


class _Picture:
    """A picture whose packets are coming in."""

    def __init__(self, stamp: int, arrived_s: float) -> None:
        self.stamp, self.arrived_s = stamp, arrived_s
        self.nals: list[bytes] = []
        self.whole = True
        self._bytes = 0
        self._fragments: bytearray | None = None

    def is_whole(self) -> bool:
        """Whether all of it is there. Of a stream's very first only its first slice tells: it begins at macroblock 0."""
        slices = [nal for nal in self.nals if nal[0] & 0x1F in SLICES]
        begun = not slices or (len(slices[0]) > 1 and bool(slices[0][1] & 0x80))
        return self.whole and self._fragments is None and bool(self.nals) and begun

    def add(self, payload: bytes) -> None:
        self._bytes += len(payload)
        kind = payload[0] & 0x1F
        if self._bytes > LARGEST_BYTES:
            self.whole, self.nals, self._fragments = False, [], None
        elif kind == FU_A:
            self._add_fragment(payload)
        elif self._fragments is not None or not 0 < kind <= STAP_A:
            self.whole = False  # a fragment's end is missing, or a kind that this mode does not have
        elif kind == STAP_A:
            self._add_several(payload)
        else:
            self.nals.append(payload)

    def _add_several(self, payload: bytes) -> None:
        """RFC 6184, section 5.7.1."""
        at = 1
        while at < len(payload):
            length = int.from_bytes(payload[at : at + 2])
            nal = payload[at + 2 : at + 2 + length]
            if not nal or len(nal) < length:
                self.whole = False
                return
            self.nals.append(nal)
            at += 2 + length

    def _add_fragment(self, payload: bytes) -> None:
        """RFC 6184, section 5.8."""
        starts = len(payload) > 2 and bool(payload[1] & FU_START)
        if len(payload) < 3 or starts != (self._fragments is None):
            self.whole = False
            return
        if self._fragments is None:
            self._fragments = bytearray([payload[0] & 0xE0 | payload[1] & 0x1F])
        self._fragments += payload[2:]
        if payload[1] & FU_END:
            self.nals.append(bytes(self._fragments))
            self._fragments = None
