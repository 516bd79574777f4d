"""Why a session ended."""

from typing import Final, Literal, get_args

Ending = Literal["left", "closed", "failed", "never connected", "channel ended", "server ended"]
ENDINGS: Final[tuple[Ending, ...]] = get_args(Ending)
