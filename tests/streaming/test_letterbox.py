"""Messages to a viewer that reads slowly, or not at all."""

import json
from collections.abc import Callable
from typing import Any

from streaming.letterbox import UNSENT_BYTES, Letterbox


class Wire:
    """A data channel whose other end reads when it is told to."""

    def __init__(self) -> None:
        self.readyState, self.bufferedAmount = "open", 0
        self.sent: list[dict[str, Any]] = []
        self._emptied: Callable[[], None] = lambda: None

    def on(self, event: str, listener: Callable[[], None]) -> None:
        assert event == "bufferedamountlow"
        self._emptied = listener

    def send(self, data: str) -> None:
        self.bufferedAmount += len(data)
        self.sent.append(json.loads(data))

    def read(self) -> None:
        self.bufferedAmount = 0
        self._emptied()


def test_messages_leave_at_once_while_they_are_read() -> None:
    wire = Wire()
    letterbox = Letterbox(wire)
    for n in range(3):
        letterbox.put({"type": "light", "n": n})
    assert [message["n"] for message in wire.sent] == [0, 1, 2]


def test_who_reads_slowly_gets_the_newest_of_each_type_and_costs_no_memory() -> None:
    wire = Wire()
    letterbox = Letterbox(wire)
    letterbox.put({"type": "light", "strip": "x" * UNSENT_BYTES})
    for n in range(1000):
        letterbox.put({"type": "light", "n": n})
        letterbox.put({"type": "poses", "n": n})
    assert len(wire.sent) == 1
    wire.read()
    assert wire.sent[1:] == [{"type": "light", "n": 999}, {"type": "poses", "n": 999}]


def test_a_channel_that_is_closed_is_sent_nothing() -> None:
    wire = Wire()
    letterbox = Letterbox(wire)
    wire.readyState = "closed"
    letterbox.put({"type": "show", "revision": 1})
    wire.read()
    assert wire.sent == []
