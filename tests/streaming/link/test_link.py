"""Both ends of the engine link, over a real socket."""

import asyncio
import socket
import stat
import threading
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from streaming.access_unit import AccessUnit
from streaming.link import DeliverySide, EngineSide
from streaming.link.messages import Kind, Message, hello
from tests.waiting import until
from vrlive.errors import LinkError

PICTURE = AccessUnit("video", b"picture", 3600, True, 1.5)


class Delivery:
    """The delivery process: what it has heard."""

    def __init__(self) -> None:
        self.units: list[AccessUnit] = []
        self.statuses: list[dict[str, Any]] = []
        self.slates: list[tuple[AccessUnit, ...]] = []
        self.asked: list[dict[str, Any]] = []
        self.news: list[tuple[dict[str, Any], bytes]] = []
        self.losses = 0
        self.side = DeliverySide(
            on_unit=self.units.append,
            on_status=self.statuses.append,
            on_slate=self.slates.append,
            on_ask=self.asked.append,
            on_lost=self.lose,
            on_scene=lambda news, picture: self.news.append((news, picture)),
        )

    def lose(self) -> None:
        self.losses += 1

    def has(self, units: int, losses: int = 0) -> bool:
        return len(self.units) == units and self.losses >= losses


class Engine:
    """The engine process, in a thread of this one."""

    def __init__(self, path: Path) -> None:
        self.controls: list[dict[str, Any]] = []
        self.cameras: list[tuple[str, AccessUnit]] = []
        self.may_read = threading.Event()
        self.may_read.set()
        self.lost = threading.Event()
        self.side = EngineSide(path, on_control=self.controls.append, on_camera=self._take, on_lost=self.lost.set)

    def _take(self, camera: str, unit: AccessUnit) -> None:
        self.may_read.wait()
        self.cameras.append((camera, unit))


@pytest.fixture
async def delivery() -> AsyncIterator[Delivery]:
    delivery = Delivery()
    await delivery.side.start()
    yield delivery
    await delivery.side.close()


async def engine_for(delivery: Delivery) -> Engine:
    engine = await asyncio.to_thread(Engine, delivery.side.path)
    await until(lambda: delivery.side.connected)
    return engine


async def test_what_the_engine_sends_arrives(delivery: Delivery) -> None:
    engine = await engine_for(delivery)
    engine.side.send_slate([PICTURE, PICTURE])
    engine.side.send_unit(PICTURE)
    engine.side.send_status({"cameras": []})
    engine.side.send_scene({"what": "light"}, b"strip")
    await until(lambda: delivery.units and delivery.slates and delivery.statuses and delivery.news)
    assert delivery.news == [({"what": "light"}, b"strip")]
    assert delivery.units == [PICTURE]
    assert delivery.slates == [(PICTURE, PICTURE)]
    assert delivery.statuses == [{"cameras": []}]
    await asyncio.to_thread(engine.side.close)


async def test_control_goes_down(delivery: Delivery) -> None:
    engine = await engine_for(delivery)
    assert delivery.side.send_control({"do": "keyframe"})
    await until(lambda: engine.controls)
    assert engine.controls == [{"do": "keyframe"}]
    await asyncio.to_thread(engine.side.close)


async def test_published_cameras_go_down_and_what_is_asked_comes_up(delivery: Delivery) -> None:
    assert not delivery.side.send_camera("front", PICTURE), "nobody is there"
    engine = await engine_for(delivery)
    assert delivery.side.send_camera("front", PICTURE)
    assert delivery.side.send_control({"do": "keyframe"})
    engine.side.ask({"do": "keyframe", "camera": "front"})
    await until(lambda: engine.cameras and engine.controls and delivery.asked)
    assert engine.cameras == [("front", PICTURE)]
    assert delivery.asked == [{"do": "keyframe", "camera": "front"}]
    await asyncio.to_thread(engine.side.close)


async def test_an_engine_that_is_too_slow_for_its_cameras_still_hears_what_it_shall_do(delivery: Delivery) -> None:
    engine = await engine_for(delivery)
    engine.may_read.clear()
    large = AccessUnit("video", bytes(1_000_000), 0, True, 0.0)
    sent = [delivery.side.send_camera("front", large) for _ in range(50)]
    assert not sent[-1]
    assert sum(sent) < 20
    assert delivery.side.send_control({"do": "keyframe"})
    engine.may_read.set()
    await until(lambda: engine.controls)
    assert len(engine.cameras) == sum(sent)
    await asyncio.to_thread(engine.side.close)


async def test_delivery_outlives_its_engines(delivery: Delivery) -> None:
    for n in range(1, 4):
        engine = await engine_for(delivery)
        engine.side.send_unit(PICTURE)
        await until(partial(delivery.has, units=n))
        await asyncio.to_thread(engine.side.close)
        await until(partial(delivery.has, units=n, losses=n))
    assert not delivery.side.connected
    assert not delivery.side.send_control({"do": "keyframe"})


async def test_the_engine_hears_that_delivery_is_gone(delivery: Delivery) -> None:
    engine = await engine_for(delivery)
    await delivery.side.close()
    assert await asyncio.to_thread(engine.lost.wait, 5)
    await asyncio.to_thread(engine.side.close)


async def test_the_newest_engine_is_the_engine(delivery: Delivery) -> None:
    first = await engine_for(delivery)
    second = await asyncio.to_thread(Engine, delivery.side.path)
    assert await asyncio.to_thread(first.lost.wait, 5)
    second.side.send_unit(PICTURE)
    await until(lambda: delivery.units)
    for engine in (first, second):
        await asyncio.to_thread(engine.side.close)


async def test_nobody_else_may_enter(delivery: Delivery) -> None:
    assert stat.S_IMODE(delivery.side.path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(delivery.side.path.stat().st_mode) == 0o600


async def test_a_slow_delivery_never_stalls_the_engine(delivery: Delivery) -> None:
    engine = await engine_for(delivery)
    large = AccessUnit("video", bytes(1_000_000), 0, True, 0.0)
    for _ in range(100):  # the event loop does not run: nobody reads
        engine.side.send_unit(large)
    assert engine.side.dropped > 50
    await until(lambda: delivery.units)
    await asyncio.to_thread(engine.side.close)


@pytest.mark.parametrize(
    "spoken",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        Message(Kind.HELLO, {"version": 99}).encode(),
        hello().encode() + Message(Kind.UNIT, {"kind": "smell"}).encode(),
        hello().encode() + Message(Kind.CONTROL, {"do": "stop"}).encode(),
        hello().encode() + Message(Kind.CAMERA, {"camera": "front"}).encode(),
        hello().encode() + b"\x01\x00\xff\xff\xff\xff\xff\xff",
    ],
)
async def test_delivery_hangs_up_on_nonsense_and_goes_on(delivery: Delivery, spoken: bytes) -> None:
    reader, writer = await asyncio.open_unix_connection(delivery.side.path)
    writer.write(spoken)
    async with asyncio.timeout(5):
        assert len(await reader.read()) < 100, "a hello at most, then the end"
    writer.close()
    engine = await engine_for(delivery)
    await asyncio.to_thread(engine.side.close)


def test_an_engine_without_delivery_says_so(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="delivery does not answer on"):
        Engine(tmp_path / "nothing")


def test_an_engine_refuses_another_version(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "engine"))
        listening.listen()

        def answer() -> None:
            link, _ = listening.accept()
            with link:
                link.sendall(Message(Kind.HELLO, {"version": 99}).encode())
                link.recv(100)

        other = threading.Thread(target=answer)
        other.start()
        with pytest.raises(LinkError, match="speaks version 99"):
            Engine(tmp_path / "engine")
        other.join()
