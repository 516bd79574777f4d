"""Connections that are only held open, over real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn
from fastapi import FastAPI

from vrlive.api.connections import limited
from vrlive.server_config import Limits


@asynccontextmanager
async def serving(limits: Limits, proxies: tuple[str, ...] = ()) -> AsyncIterator[int]:
    """A server with these limits; its port."""
    app = FastAPI()
    app.get("/")(lambda: "hello")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, http=limited(limits, proxies), lifespan="off", log_level="warning"))
        task = asyncio.ensure_future(server.serve([listening]))
        yield listening.getsockname()[1]
        server.should_exit = True
        await task


async def is_closed(reader: asyncio.StreamReader) -> bool:
    """Whether the other side has hung up, or does so within a second."""
    try:
        async with asyncio.timeout(1):
            return await reader.read(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


async def works(port: int) -> bool:
    async with httpx.AsyncClient(trust_env=False) as http:
        try:
            return bool((await http.get(f"http://127.0.0.1:{port}/")).json() == "hello")
        except httpx.TransportError:
            return False


async def test_who_holds_too_many_gets_no_more_until_one_is_closed() -> None:
    async with serving(Limits(connections_of_one=2)) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        closed = [await is_closed(reader) for reader, _ in held]
        assert closed == [False, False, True]
        assert not await works(port)
        held[0][1].close()
        await held[0][1].wait_closed()
        async with asyncio.timeout(10):
            while not await works(port):
                await asyncio.sleep(0.02)
        for _, writer in held[1:]:
            writer.close()


async def test_all_together_may_hold_no_more_either() -> None:
    async with serving(Limits(connections=1), proxies=("127.0.0.1",)) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        assert not await works(port)
        writer.close()


async def test_a_trusted_proxy_speaks_for_many() -> None:
    async with serving(Limits(connections_of_one=1), proxies=("127.0.0.0/8",)) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await works(port)
        writer.close()


async def test_a_request_that_does_not_come_is_not_waited_for() -> None:
    async with serving(Limits(request_s=0.2)) as port:
        for sent in (b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            assert await is_closed(reader), sent
            writer.close()
        assert await works(port)


async def test_a_connection_serves_one_request_after_another() -> None:
    async with serving(Limits(request_s=0.3)) as port, httpx.AsyncClient(trust_env=False) as http:
        for _ in range(4):
            assert (await http.get(f"http://127.0.0.1:{port}/")).status_code == 200
            await asyncio.sleep(0.15)
