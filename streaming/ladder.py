"""The renditions of a channel: the picture at several sizes and rates, for lines and screens of several kinds.

A channel with a scene has them twice, as two feeds: burned, with garments in the picture, and clean, for viewers that draw them.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal

from vrlive.config import ChannelConfig
from vrlive.units import SHAPES, Size

STEPS: Final = ((2 / 3, 0.5), (1 / 3, 0.2))  # of the programme's width, and of its rate
LEAST_WIDTH: Final = 640  # in less than that no garment can be made out

Feed = Literal["burned", "clean"]
FEEDS: Final[tuple[Feed, ...]] = ("burned", "clean")


@dataclass(frozen=True, slots=True)
class Rung:
    """One rendition: its size, its target and ceiling of video rate, and whether garments are burned into it."""

    size: Size
    bitrate_kbps: int
    feed: Feed = "burned"

    @property
    def name(self) -> str:
        """As viewers and the API call it."""
        return str(self.size)


def rungs_of(channel: ChannelConfig) -> tuple[Rung, ...]:
    """A channel's renditions, the largest first: what its file says, else two smaller ones of usual proportions. Then all of them clean."""
    burned = (Rung(channel.frame, channel.encode.bitrate_kbps), *_smaller(channel))
    return burned + tuple(replace(rung, feed="clean") for rung in burned if channel.scene is not None)


def _smaller(channel: ChannelConfig) -> list[Rung]:
    if channel.rendition is not None:
        return [Rung(channel.framed(each.size), each.bitrate_kbps) for each in channel.rendition]
    usual = [Rung(channel.framed(_scaled(channel, width)), round(channel.encode.bitrate_kbps * rate)) for width, rate in STEPS]
    return [rung for rung in usual if rung.size.width >= LEAST_WIDTH]


def _scaled(channel: ChannelConfig, factor: float) -> Size:
    """A smaller picture of the same projection: the sides of its faces must be even."""
    across, down = SHAPES[channel.picture.projection]
    side = round(channel.size.height / down * factor / 2) * 2
    return Size(across * side, down * side)
