"""Delivery as it is on air, in a process of its own: the hub, the fan-out and WHEP over HTTP, fed with a film instead of an engine.

``python -m vrlive.bench.delivery.origin FILM fast|portable``
"""

import asyncio
import socket
import sys
from pathlib import Path
from typing import Final

import uvicorn

from streaming.h264 import level_for
from streaming.hub import Channel
from streaming.ice import IceNetwork
from streaming.ladder import Rung
from streaming.rtp.fanout import Fanout
from streaming.rtp.selfcheck import find_way
from streaming.whep import Whep
from vrlive.api.server import create_app
from vrlive.bench.delivery.counting import VIEWERS
from vrlive.bench.delivery.film import ENCODE, FPS, SIZE, Film, play
from vrlive.bench.delivery.talk import Message, answer, one_address
from vrlive.clock import now_s
from vrlive.errors import UserError
from vrlive.server_config import Limits, NetworkConfig

NAME: Final = "film"


async def _run(path: Path, way: str) -> None:
    found = find_way()
    if way == "fast" and not found.fast:
        raise UserError(found.words)
    film, requests = Film.load(path), list[float]()
    fanout = Fanout(fast=way == "fast")
    level = level_for(SIZE, FPS, ENCODE.bitrate_kbps)
    assert level
    channel = Channel(NAME, level, [Rung(SIZE, ENCODE.bitrate_kbps)], lambda _: requests.append(now_s()), wake=fanout.wake)
    limits = Limits(sessions=VIEWERS, sessions_of_one=VIEWERS, connecting=VIEWERS, connecting_of_one=VIEWERS, joins_per_s=VIEWERS)
    network = IceNetwork(NetworkConfig(interfaces=(one_address(),)))
    whep = Whep({NAME: channel}, fanout, limits=limits, network=network)
    app = create_app({}, control_token="", routers=[whep.router])
    with socket.create_server(("127.0.0.1", 0), backlog=VIEWERS) as listening:
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="warning"))
        began_s = now_s()

        async def where() -> Message:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}/whep/{NAME}"
            return {"url": url, "began_s": began_s, "requests": len(requests), "viewers": channel.viewers}

        fanout.start()
        push = lambda unit: channel.push(unit, now_s())  # noqa: E731 - the same for both kinds
        tasks = [asyncio.create_task(work) for work in (server.serve([listening]), channel.run(), play(film, push, push, began_s))]
        await answer({"where": where})
        await whep.close()
        await fanout.close()
        server.should_exit = True
        await tasks[0]
        for task in tasks[1:]:
            task.cancel()
        await asyncio.gather(*tasks[1:], return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1]), sys.argv[2]))
