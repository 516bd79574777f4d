"""Quantities that parse themselves: once parsed they cannot be wrong."""

import re
from typing import NamedTuple

SHAPES = {"equirect": (2, 1), "vr180": (1, 1), "cubemap": (3, 2), "eac": (3, 2)}
"""Width and height of a picture of the sphere, in its faces."""

VIDEO_CLOCK_HZ = 90_000  # RTP clock of every video codec (RFC 6184, section 8.1)


class Size(NamedTuple):
    """Width and height of a picture in pixels, written ``1920x960``."""

    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> "Size":
        """Read ``WIDTHxHEIGHT``.

        Raises
        ------
        ValueError
            If `text` has another form or a side is zero.
        """
        found = re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})", text.strip())
        if not found:
            raise ValueError(f"“{text}” is not a size; write it as WIDTHxHEIGHT, such as 1920x960")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def parse_equirect(cls, text: str) -> "Size":
        """Read the size of a full equirectangular picture: twice as wide as high, both sides even.

        Raises
        ------
        ValueError
            If it is not such a size; the message names the nearest one that is.
        """
        size = cls.parse(text)
        if size.width != 2 * size.height or size.height % 2:
            height = max(2, round(size.width / 4) * 2)
            raise ValueError(f"{size} is not equirectangular (width = 2 × height, even); the nearest is {2 * height}x{height}")
        return size

    def fits(self, room: "Size") -> bool:
        """Whether it is no larger than `room`, either way."""
        return self.width <= room.width and self.height <= room.height

    def check_shape(self, projection: str) -> None:
        """Refuse a size that a picture of this `projection` cannot have; there is one for each key of `SHAPES`.

        Raises
        ------
        ValueError
            The message names the nearest size that it can have.
        """
        across, down = SHAPES[projection]
        if self.width * down != self.height * across or self.height // down % 2:
            side = 2 * max(1, round(self.width / across / 2))
            raise ValueError(
                f"{self} is not {across}:{down} with even sides, as {projection} is; the nearest is {across * side}x{down * side}"
            )

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


class Ports(NamedTuple):
    """A range of UDP ports, both ends included, written ``50000-50999``."""

    first: int
    last: int

    @classmethod
    def parse(cls, text: str) -> "Ports":
        """Read ``FIRST-LAST``, or one port.

        Raises
        ------
        ValueError
            If `text` has another form, or is no range of ports from 1024 to 65535.
        """
        found = re.fullmatch(r"(\d{1,5})(?:\s*-\s*(\d{1,5}))?", text.strip(), re.ASCII)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1024 <= first <= last <= 65535:
            raise ValueError(f"“{text}” is no range of ports; write it as FIRST-LAST within 1024-65535, such as 50000-50999")
        return cls(first, last)

    @property
    def size(self) -> int:
        """How many there are."""
        return self.last - self.first + 1

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"
