"""Access units and rings to test with."""

import numpy as np

from streaming.access_unit import AccessUnit
from streaming.rtp.ring import PacketRing

START_CODE = b"\0\0\0\1"
TICKS = 3600  # of 90 kHz, at 25 pictures a second
IDR, SLICE, SPS, PPS = 0x65, 0x61, 0x67, 0x68  # headers of NAL units


def nal_unit(header: int, length: int, seed: int = 1) -> bytes:
    """A NAL unit of so many bytes, header included, in which no start code occurs."""
    rest = np.random.default_rng(seed).integers(1, 256, length - 1, dtype=np.uint8)
    return bytes([header]) + rest.tobytes()


def picture(n: int, length: int = 100, keyframe: bool = False) -> AccessUnit:
    """Picture `n` of a stream of 25 a second."""
    units = [nal_unit(SPS, 12, n), nal_unit(PPS, 5, n)] if keyframe else []
    units.append(nal_unit(IDR if keyframe else SLICE, length, n))
    return AccessUnit("video", b"".join(START_CODE + unit for unit in units), n * TICKS, keyframe, n / 25)


def sound(n: int) -> AccessUnit:
    """Packet `n` of 20 ms of sound."""
    return AccessUnit("audio", nal_unit(0xFC, 60, n), n * 960, True, n / 50)


def pictures(count: int, length: int = 100, capacity: int = 256) -> PacketRing:
    """A ring of one group of pictures."""
    ring = PacketRing("video", 90_000, capacity)
    for n in range(count):
        ring.append(picture(n, length, keyframe=n == 0))
    return ring
