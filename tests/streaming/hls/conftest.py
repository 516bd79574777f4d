"""A channel on the air in real time, cut into HLS and served over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

import pytest
from fastapi import FastAPI, Response

from streaming.access import Access
from streaming.encoder import VideoEncoder
from streaming.h264 import LEVELS
from streaming.hls import Hls, HlsChannel
from streaming.hub import Channel
from streaming.ladder import Rung
from streaming.opus import OpusEncoder
from streaming.slate import make_slate
from streaming.spherical import sphere_marks
from tests.streaming.broadcasting import FPS, grey, tone
from tests.streaming.served import served
from vrlive.clock import now_s
from vrlive.config import EncodeConfig, HlsConfig
from vrlive.frames import Frame, Picture, Sound
from vrlive.units import Size

SIZE, SMALL = Size(640, 320), Size(320, 160)
CONFIG = EncodeConfig(bitrate_kbps=1500, keyframe_s=20)
PAGE = "<!doctype html><meta charset=utf-8><title>test</title><video muted autoplay playsinline></video>"


@dataclass
class OnAir:
    """A channel that plays at `url`, and the engine's stand-in that feeds it."""

    hub: Channel
    channels: dict[str, HlsChannel]
    url: str
    feeding: bool = True
    running: asyncio.Task[None] | None = None
    asked: set[int] = field(default_factory=set)  # renditions for a keyframe

    @property
    def hls(self) -> HlsChannel:
        return self.channels["demo"]

    async def start(self) -> None:
        """Begin HLS as a server that starts does, which knows nothing of the one before."""
        await self.stop()
        self.channels["demo"] = HlsChannel(self.hub, FPS, HlsConfig(dvr_s=20), sphere_marks(cameras=2))
        self.running = asyncio.ensure_future(self.hls.run())

    async def stop(self) -> None:
        if self.running:
            self.running.cancel()
            await asyncio.gather(self.running, return_exceptions=True)

    async def feed(self, encoders: list[VideoEncoder]) -> None:
        """Encode and push pictures and sound in real time, while `feeding`; the small ones while they are wanted."""
        opus, start_s, n = OpusEncoder(), now_s(), 0
        while True:
            await asyncio.sleep(max(0.0, start_s + n / FPS - now_s()))
            if self.feeding:
                asked = {*self.asked}
                self.asked.clear()
                for rendition in (0, *self.hub.wanted(now_s())):
                    picture = Picture.filled((SIZE, SMALL)[rendition], (grey(n), 128, 128))
                    frame = Frame(picture, n, Fraction(1, FPS), start_s + n / FPS)
                    if unit := encoders[rendition].encode(frame, at_once=rendition in asked):
                        self.hub.push(replace(unit, rendition=rendition), now_s())
                for packet in opus.encode(Sound(tone(n), start_s + (n - 1) / FPS)):
                    self.hub.push(packet, now_s())
            n += 1


@pytest.fixture
async def on_air() -> AsyncIterator[OnAir]:
    encoders = [VideoEncoder(size, FPS, CONFIG) for size in (SIZE, SMALL)]
    asked = set[int]()
    hub = Channel("demo", LEVELS[0], [Rung(SIZE, CONFIG.bitrate_kbps), Rung(SMALL, 300)], lambda *renditions: asked.update(renditions))
    hub.set_slate([replace(unit, rendition=n) for n, size in enumerate((SIZE, SMALL)) for unit in make_slate(size, FPS, CONFIG)])
    app, channels = FastAPI(), dict[str, HlsChannel]()
    app.include_router(Hls(channels, Access()).router)

    @app.get("/page")
    def page() -> Response:
        return Response(PAGE, media_type="text/html")

    on_air = OnAir(hub, channels, "", asked=asked)
    async with served(app, hub.run(), on_air.feed(encoders)) as address:
        on_air.url = f"{address}hls/demo/index.m3u8"
        await on_air.start()
        yield on_air
        await on_air.stop()
