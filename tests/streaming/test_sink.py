"""A sink may be slow, fail or hang: nobody else notices."""

import threading
from collections.abc import Iterator

import pytest

from streaming.access_unit import AccessUnit
from streaming.h264 import LEVELS
from streaming.hub import Channel
from streaming.ladder import Rung
from streaming.sink import Sink
from vrlive.units import Size

END_S = 10.0
KEY, DELTA = bytes(1000), bytes(100)


class Gate:
    """A `Work` that waits, as for a disk, until it is let go."""

    def __init__(self) -> None:
        self.taken: list[AccessUnit] = []
        self.go, self.closed = threading.Event(), False

    def take(self, unit: AccessUnit) -> None:
        self.go.wait(END_S)
        self.taken.append(unit)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def hub() -> Channel:
    return Channel("demo", LEVELS[0], [Rung(Size(640, 320), 1000)], lambda _: None, epoch_s=0.0)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.go.set()


def push(hub: Channel, n: int) -> None:
    """Picture `n`; every tenth is a keyframe. With each comes sound."""
    keyframe = n % 10 == 0
    hub.push(AccessUnit("video", b"\0\0\1\x65" + (KEY if keyframe else DELTA), n * 3600, keyframe, n / 25), n / 25)
    hub.push(AccessUnit("audio", b"sound", n * 1920, True, n / 25), n / 25)


def test_all_comes_in_order_on_the_channels_time_line(hub: Channel, gate: Gate) -> None:
    sink = Sink("test", hub, gate)
    sink.open(0.0)
    for n in range(20):
        push(hub, n)
    gate.go.set()
    sink.close()(END_S)
    assert [unit.kind for unit in gate.taken] == ["video", "audio"] * 20
    assert [unit.pts for unit in gate.taken if unit.kind == "video"] == [n * 3600 for n in range(20)]
    assert gate.closed
    assert sink.dropped == 0


def test_what_a_hanging_sink_has_no_room_for_is_left_out_up_to_a_keyframe(
    hub: Channel, gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    sink = Sink("test", hub, gate, queue_bytes=5000)
    sink.open(0.0)
    for n in range(45):
        push(hub, n)
    assert hub.pictures == 45  # the hub never waited
    gate.go.set()
    gate_emptied(gate)
    for n in range(45, 60):
        push(hub, n)
    sink.close()(END_S)
    numbers = [unit.pts // 3600 for unit in gate.taken if unit.kind == "video"]
    gap = next(i for i in range(1, len(numbers)) if numbers[i] != numbers[i - 1] + 1)
    assert numbers[gap] == 50
    assert numbers[gap:] == list(range(50, 60))
    assert sink.dropped == 120 - len(gate.taken)
    assert len(caplog.records) == 1
    assert "cannot keep up" in caplog.text


def test_each_rendition_of_a_hanging_sink_goes_on_at_a_keyframe_of_its_own(gate: Gate) -> None:
    rungs = [Rung(Size(640, 320), 1000), Rung(Size(320, 160), 300)]
    hub = Channel("demo", LEVELS[0], rungs, lambda *_: None, epoch_s=0.0)
    sink = Sink("test", hub, gate, queue_bytes=9000, renditions=(0, 1))
    sink.open(0.0)
    for n in range(70):
        if n == 55:
            gate.go.set()
            gate_emptied(gate)
        for rendition, every in ((0, 20), (1, 4)):
            keyframe = n % every == 0
            data = b"\0\0\1\x65" + (KEY if keyframe else DELTA)
            hub.push(AccessUnit("video", data, n * 3600, keyframe, n / 25, rendition), n / 25)
    sink.close()(END_S)
    late = [(unit.rendition, unit.pts // 3600) for unit in gate.taken if unit.pts // 3600 >= 55]
    assert [n for rendition, n in late if rendition == 0] == [*range(60, 70)]
    assert [n for rendition, n in late if rendition == 1] == [*range(56, 70)]


def gate_emptied(gate: Gate) -> None:
    """Wait until the queue is worked off: no more comes for a while."""
    count = -1
    while count != len(gate.taken):
        count = len(gate.taken)
        threading.Event().wait(0.3)


def test_work_that_fails_is_said_once_and_goes_on(hub: Channel, caplog: pytest.LogCaptureFixture) -> None:
    class Fails(Gate):
        def take(self, unit: AccessUnit) -> None:
            super().take(unit)
            raise RuntimeError("out of order")

    work = Fails()
    work.go.set()
    sink = Sink("test", hub, work)
    sink.open(0.0)
    for n in range(5):
        push(hub, n)
    sink.close()(END_S)
    assert len(work.taken) == 10
    assert work.closed
    assert [record.message for record in caplog.records] == ["test failed"]


def test_a_sink_that_has_ended_gets_nothing_more(hub: Channel, gate: Gate) -> None:
    sink = Sink("test", hub, gate)
    sink.open(0.0)
    gate.go.set()
    push(hub, 0)
    sink.close()(END_S)
    push(hub, 10)
    assert len(gate.taken) == 2
