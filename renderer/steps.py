"""Work in small steps: a generator that yields where it may be left alone until the next frame, and returns what it made."""

from collections.abc import Generator
from typing import TypeVar, cast

T = TypeVar("T")


def at_once(steps: Generator[None, None, T]) -> T:
    """What is made, without stopping between the steps."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return cast("T", end.value)
