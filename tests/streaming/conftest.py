"""A channel on the air, without cameras: pictures drawn and encoded in real time, a hub, and WHEP over HTTP."""

import asyncio
import gc
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from streaming.access_unit import AccessUnit
from streaming.encoder import VideoEncoder
from streaming.h264 import LEVELS, level_for
from streaming.hub import Channel
from streaming.ice import IceNetwork
from streaming.ladder import Rung
from streaming.opus import OpusEncoder
from streaming.rtp.fanout import Fanout
from streaming.slate import make_slate
from streaming.sound_format import FORMATS
from streaming.whep import Whep
from tests.streaming.client import client_at, use_loopback
from tests.streaming.served import served
from tests.waiting import until
from vrlive.clock import now_s
from vrlive.config import EncodeConfig
from vrlive.frames import Frame, Picture, Sound
from vrlive.server_config import Limits
from vrlive.units import Size

SIZE, FPS = Size(640, 320), 25
CONFIG = EncodeConfig(bitrate_kbps=1500, keyframe_s=20)
TONES_HZ = (400, 600, 800, 1000)  # of each channel: whole waves in each piece of 40 ms


def drawn(n: int, size: Size = SIZE) -> Picture:
    """A picture that says which it is: a bright bar moves 8 px a picture over the upper half of a gradient."""
    picture = Picture.filled(size)
    picture.y[:] = (np.arange(size.width) * 100 // size.width + 40).astype(np.uint8)
    at = n * 8 % (size.width - 32)
    picture.y[: size.height // 2, at : at + 32] = 235
    return picture


@pytest.fixture(scope="session", autouse=True)
def _loopback() -> None:
    """Viewers made by aiortc, too, work where there is no network."""
    use_loopback()


@dataclass
class OnAir:
    """A channel that is watched at `url`, and the engine's stand-in that feeds it."""

    channel: Channel
    whep: Whep
    url: str
    encoder: VideoEncoder
    feeding: bool = True
    ambisonics: bool = False  # feed the sphere of sound too
    encoded: int = 0
    keyframes_at: list[int] = field(default_factory=list)

    async def feed(self) -> None:
        """Encode and push pictures and sound in real time, while `feeding`."""
        encoders, start_s, n = [OpusEncoder(form) for form in FORMATS], now_s(), 0
        tones = np.stack([0.2 * np.sin(np.arange(1920) * 2 * np.pi * hz / 48_000) for hz in TONES_HZ], axis=1).astype(np.float32)
        while True:
            await asyncio.sleep(max(0.0, start_s + n / FPS - now_s()))
            if self.feeding:
                self.push(self.encoder, n)
                for opus, form in zip(encoders[: 1 + self.ambisonics], FORMATS, strict=False):
                    for packet in opus.encode(Sound(tones[:, : form.channels], start_s + (n - 1) / FPS)):
                        self.channel.push(packet, now_s())
            n += 1

    def push(self, encoder: VideoEncoder, n: int) -> None:
        """Encode picture `n` and push it."""
        unit = encoder.encode(Frame(drawn(n), n, Fraction(1, FPS), now_s()))
        assert unit is not None
        self.encoded += 1
        if unit.keyframe:
            self.keyframes_at.append(self.encoded)
        self.channel.push(unit, now_s())


@pytest.fixture(scope="session")
def slate() -> tuple[AccessUnit, ...]:
    return make_slate(SIZE, FPS, CONFIG)


@pytest.fixture(params=["fast", "portable"])
async def fanout(request: pytest.FixtureRequest) -> AsyncIterator[Fanout]:
    """Both ways to send look the same from outside."""
    fanout = Fanout(fast=request.param == "fast")
    fanout.start()
    yield fanout
    await fanout.close()


@pytest.fixture
async def on_air(slate: tuple[AccessUnit, ...], fanout: Fanout) -> AsyncIterator[OnAir]:
    level = level_for(SIZE, FPS, CONFIG.bitrate_kbps)
    assert level is not None
    encoder = VideoEncoder(SIZE, FPS, CONFIG)
    channel = Channel(
        "demo", level, [Rung(SIZE, CONFIG.bitrate_kbps)], lambda _: encoder.request_keyframe(), wake=fanout.wake, sounds=FORMATS
    )
    channel.set_slate(slate)
    whep = Whep({"demo": channel}, fanout, limits=Limits(sessions=5), network=IceNetwork(loopback=True))
    app = FastAPI()
    app.include_router(whep.router)
    on_air = OnAir(channel, whep, "", encoder)
    async with served(app, channel.run(), on_air.feed()) as address:
        on_air.url = f"{address}whep/demo"
        yield on_air
        await whep.close()


@pytest.fixture
async def whep() -> AsyncIterator[Whep]:
    """Whatever comes in: nothing is raised on the event loop behind our back, and no task is left."""
    strays: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: strays.append(context))
    fanout = Fanout(fast=False)
    channel = Channel("demo", LEVELS[0], [Rung(SIZE, CONFIG.bitrate_kbps)], lambda _: None, wake=fanout.wake)
    whep = Whep({"demo": channel}, fanout, limits=Limits(sessions=5), network=IceNetwork(loopback=True))
    yield whep
    await whep.close()
    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()})
    gc.collect()  # of a task that failed and that nobody asked, asyncio tells when it is collected
    assert not strays


@pytest.fixture
async def http(whep: Whep) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(whep.router)
    async with client_at("192.0.2.7", app) as client:
        yield client
