"""H.264 facts that encoder, slate, SDP and files agree on: levels (Rec. ITU-T H.264, table A-1), NAL units (annex B)."""

from fractions import Fraction
from typing import NamedTuple

from vrlive.units import Size

CONSTRAINED_BASELINE = "42e0"  # profile_idc 66 with constraint_set0, 1 and 2 (RFC 6184, section 8.1)


class Level(NamedTuple):
    """One row of table A-1: ``level_idc``, macroblocks a second, macroblocks a frame, kbit/s."""

    idc: int
    macroblocks_s: int
    frame_macroblocks: int
    kbps: int

    def __str__(self) -> str:
        return f"{self.idc // 10}.{self.idc % 10}"


LEVELS = (
    Level(31, 108_000, 3_600, 14_000),
    Level(32, 216_000, 5_120, 20_000),
    Level(40, 245_760, 8_192, 20_000),
    Level(42, 522_240, 8_704, 50_000),
    Level(50, 589_824, 22_080, 135_000),
    Level(51, 983_040, 36_864, 240_000),
    Level(52, 2_073_600, 36_864, 240_000),
    Level(60, 4_177_920, 139_264, 240_000),
    Level(61, 8_355_840, 139_264, 480_000),
    Level(62, 16_711_680, 139_264, 800_000),
)


def level_for(size: Size, fps: Fraction | float, bitrate_kbps: int) -> Level | None:
    """The lowest level, from 3.1 up, that allows pictures of `size` at `fps`; None when there is none."""
    width, height = -(-size.width // 16), -(-size.height // 16)
    frame = width * height
    for level in LEVELS:
        longest_side = (8 * level.frame_macroblocks) ** 0.5
        if (
            frame <= level.frame_macroblocks
            and frame * fps <= level.macroblocks_s
            and max(width, height) <= longest_side
            and bitrate_kbps <= level.kbps
        ):
            return level
    return None


def profile_level_id(level: Level) -> str:
    """The SDP parameter of a constrained baseline stream of this level (RFC 6184, section 8.1)."""
    return f"{CONSTRAINED_BASELINE}{level.idc:02x}"


PARAMETER_SETS = frozenset({7, 8, 9})  # nal_unit_type of SPS and PPS, and of the delimiter that may come before them (table 7-1)


def split_parameter_sets(data: bytes) -> tuple[bytes, bytes]:
    """What an access unit in Annex B begins with before its first other NAL unit, and the rest; either may be empty.

    Files keep parameter sets in their index (ISO/IEC 14496-15, 5.4.2.1), not in the pictures.
    """
    at = data.find(b"\0\0\1")
    while at >= 0 and at + 3 < len(data) and data[at + 3] & 31 in PARAMETER_SETS:
        at = data.find(b"\0\0\1", at + 3)
    if at < 0:
        return data, b""
    at -= at > 0 and data[at - 1] == 0  # a start code of four bytes
    return data[:at], data[at:]
