"""The least that a live picture takes: `python -m tests.e2e.bare_loop` sends pictures that are encoded already, and prints where.

A group of pictures of the demo's size and rate goes round in real time, through the delivery that every show has. What a page shows of
it later than it was due is the floor of this machine and its browser.
"""

import asyncio
from dataclasses import replace
from fractions import Fraction

import numpy as np
from fastapi import FastAPI

from streaming.access_unit import AccessUnit
from streaming.encoder import VideoEncoder
from streaming.h264 import level_for
from streaming.hub import Channel
from streaming.ice import IceNetwork
from streaming.ladder import Rung
from streaming.rtp.fanout import Fanout
from streaming.rtp.selfcheck import find_way
from streaming.whep import Whep
from tests.streaming.served import served
from vrlive.clock import now_s
from vrlive.config import EncodeConfig
from vrlive.frames import Frame, Picture
from vrlive.units import Size

SIZE, FPS, CONFIG = Size(1920, 960), 25, EncodeConfig()
GROUP = round(CONFIG.keyframe_s * FPS)


def group() -> list[AccessUnit]:
    """A picture with detail that moves, from a keyframe on."""
    encoder, picture = VideoEncoder(SIZE, FPS, CONFIG), Picture.filled(SIZE)
    coarse = np.random.default_rng(1).integers(40, 200, (SIZE.height // 16, SIZE.width // 16), dtype=np.uint8)
    detail = np.kron(coarse, np.ones((16, 16), np.uint8))
    units = []
    for n in range(GROUP):
        picture.y[:] = np.roll(detail, 4 * n, 1)
        units.append(encoder.encode(Frame(picture, n, Fraction(1, FPS), n / FPS)))
    encoder.close()
    return [unit for unit in units if unit]


async def feed(channel: Channel, units: list[AccessUnit]) -> None:
    """Push them round and round, each when it is due."""
    start_s, n = now_s(), 0
    while True:
        due_s = start_s + n / FPS
        await asyncio.sleep(max(0.0, due_s - now_s()))
        channel.push(replace(units[n % len(units)], captured_s=due_s), now_s())
        n += 1


async def main() -> None:
    """Serve until killed."""
    level = level_for(SIZE, FPS, CONFIG.bitrate_kbps)
    assert level
    units, fanout = group(), Fanout(fast=find_way().fast)
    fanout.start()
    channel = Channel("demo", level, [Rung(SIZE, CONFIG.bitrate_kbps)], lambda _: None, wake=fanout.wake)
    whep, app = Whep({"demo": channel}, fanout, network=IceNetwork(loopback=True)), FastAPI()
    app.include_router(whep.router)
    app.get("/healthz")(lambda: "well")
    async with served(app, channel.run()) as address:
        print(address, flush=True)
        await feed(channel, units)


if __name__ == "__main__":
    asyncio.run(main())
