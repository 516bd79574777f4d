"""A channel that cameras are published to, and an engine's stand-in that decodes what comes."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import av
import uvicorn
from av.video.codeccontext import VideoCodecContext
from fastapi import FastAPI

from streaming.access import Access
from streaming.access_unit import AccessUnit
from streaming.ice import IceNetwork
from streaming.intake import Intake
from streaming.whip import Whip
from tests.streaming.client import use_loopback
from tests.waiting import until
from vrlive.tokens import make_token

SECRET = "the secret of these tests, which is long enough"
TOKEN = make_token(SECRET, "show", "publish", time.time() + 3600)
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@dataclass
class Studio:
    """What came from the camera ``front`` of the channel ``show``."""

    units: list[AccessUnit] = field(default_factory=list)
    takes: bool = True  # whether the engine is there

    def __post_init__(self) -> None:
        self.intake = Intake("show", {"front": True, "left": True, "back": False}, self.send)
        self.whip = Whip({"show": self.intake}, network=IceNetwork(loopback=True), access=Access(secret=SECRET))
        self.app = FastAPI()
        self.app.include_router(self.whip.router)
        self.url = ""

    def send(self, camera: str, unit: AccessUnit) -> bool:
        assert camera in self.intake.cameras
        if self.takes:
            self.units.append(unit)
        return self.takes

    def of(self, kind: str) -> list[AccessUnit]:
        return [unit for unit in self.units if unit.kind == kind]

    def decoded(self) -> list[av.VideoFrame]:
        """All pictures so far; a decoder that stumbles is a failure."""
        decoder = av.CodecContext.create("h264", "r")
        assert isinstance(decoder, VideoCodecContext)
        frames = [frame for unit in self.of("video") for frame in decoder.decode(av.Packet(unit.data))]
        return [*frames, *decoder.decode(None)]

    async def wait_for(self, pictures: int, sounds: int = 0) -> None:
        """Wait until so many have come."""
        await until(lambda: len(self.of("video")) >= pictures and len(self.of("audio")) >= sounds)


@asynccontextmanager
async def studio_on_air() -> AsyncIterator[Studio]:
    """It listens on a port; nothing is raised behind our back."""
    strays: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: strays.append(context))
    use_loopback()
    studio = Studio()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(studio.app, lifespan="off", ws="none", log_level="warning"))
        studio.url = f"http://127.0.0.1:{listening.getsockname()[1]}/whip/show/front"
        serving = asyncio.ensure_future(server.serve([listening]))
        yield studio
        await studio.whip.close()
        server.should_exit = True
        await serving
    assert not strays
