"""The renditions of a channel: the picture at several sizes and rates, for lines and screens of several kinds."""

from dataclasses import dataclass
from typing import Final

from vrlive.config import ChannelConfig
from vrlive.units import Size

STEPS: Final = ((2 / 3, 0.5), (1 / 3, 0.2))  # of the programme's width, and of its rate
LEAST_WIDTH: Final = 640  # in less than that no garment can be made out


@dataclass(frozen=True, slots=True)
class Rung:
    """One rendition: its size, and its target and ceiling of video rate."""

    size: Size
    bitrate_kbps: int

    @property
    def name(self) -> str:
        """As viewers and the API call it."""
        return str(self.size)


def rungs_of(channel: ChannelConfig) -> tuple[Rung, ...]:
    """A channel's renditions, the largest first: what its file says, else two smaller ones of usual proportions."""
    largest = Rung(channel.size, channel.encode.bitrate_kbps)
    if channel.rendition is not None:
        return largest, *(Rung(each.size, each.bitrate_kbps) for each in channel.rendition)
    smaller = [Rung(_scaled(channel.size, width), round(channel.encode.bitrate_kbps * rate)) for width, rate in STEPS]
    return largest, *(rung for rung in smaller if rung.size.width >= LEAST_WIDTH)


def _scaled(size: Size, factor: float) -> Size:
    """Of an equirectangular picture both sides must be even."""
    height = round(size.height * factor / 2) * 2
    return Size(2 * height, height)
