"""Lines that somebody types, or a program writes that recognises speech, as captions."""

import re
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

LONGEST: Final = 84  # characters: two lines of television
READ_A_SECOND: Final = 20.0  # characters: more than is spoken
LEAST_S: Final = 0.25  # between two: the server takes five a second

_ESCAPE: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")  # colours, and cursors that go back (ECMA-48, section 5.4)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def captions_of(
    lines: Iterable[str], now_s: Callable[[], float] = time.monotonic, wait: Callable[[float], None] = time.sleep
) -> Iterator[str]:
    """Each line as a caption; a long one as several, as fast as they are read. Lines without a word are passed over.

    Parameters
    ----------
    lines
        What is said, as it comes.
    now_s, wait
        A clock, and how to wait for some seconds of it.
    """
    free_s = now_s()
    for line in lines:
        words = _CONTROL.sub(" ", _ESCAPE.sub("", line)).split()
        pieces = textwrap.wrap(" ".join(words), LONGEST, break_on_hyphens=False)
        for place, piece in enumerate(pieces, 1):
            if (rest_s := free_s - now_s()) > 0:
                wait(rest_s)
            yield piece
            free_s = now_s() + (LEAST_S if place == len(pieces) else max(LEAST_S, len(piece) / READ_A_SECOND))
