"""One address cannot keep the server busy, and who it is says no stranger."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from tests.streaming.client import client_at
from tests.vrlive.api.test_server import Booth
from tests.waiting import until
from vrlive.api.server import create_app
from vrlive.app import _Server, _uvicorn_config
from vrlive.network import listen, trusted_hosts
from vrlive.server_config import Limits

LIMITS = Limits(requests_per_s=0.2, retry_after_s=7)  # two at once, and then one in 5 s


def app(limits: Limits = LIMITS) -> object:
    return create_app({"demo": Booth("demo")}, control_token="a token for these tests", limits=limits)


async def test_too_many_requests_are_told_when_to_come_back() -> None:
    served = app()
    async with client_at("192.0.2.1", served) as first, client_at("192.0.2.2", served) as second:  # type: ignore[arg-type]  # it is a FastAPI
        replies = [await first.get("/api/v1/channels") for _ in range(3)]
        assert [reply.status_code for reply in replies] == [200, 200, 429]
        assert replies[-1].headers["Retry-After"] == "7"
        assert "7 s" in replies[-1].json()["error"]
        assert (await second.get("/api/v1/channels")).status_code == 200


@asynccontextmanager
async def serving(host: str, proxies: list[str]) -> AsyncIterator[int]:
    with listen(host, 0) as listening:
        server = _Server(_uvicorn_config(app(), None, trusted_hosts(proxies)))
        task = asyncio.ensure_future(server.serve([listening]))
        await until(lambda: server.started)
        yield listening.getsockname()[1]
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await task


async def statuses(port: int, forwarded: Callable[[int], str]) -> list[int]:
    async with httpx.AsyncClient(trust_env=False) as client:
        url = f"http://127.0.0.1:{port}/api/v1/channels"
        return [(await client.get(url, headers={"X-Forwarded-For": forwarded(n)})).status_code for n in range(4)]


@pytest.mark.parametrize("host", ["127.0.0.1", "::"])
async def test_viewers_behind_a_proxy_that_is_named_are_told_apart(host: str) -> None:
    async with serving(host, ["127.0.0.0/8"]) as port:
        assert await statuses(port, lambda n: f"192.0.2.{n}") == [200] * 4
        assert await statuses(port, lambda n: f"198.51.100.{n}, 192.0.2.99") == [200, 200, 429, 429], (
            "what the viewer itself wrote counts for nothing"
        )


@pytest.mark.parametrize("proxies", [[], ["10.0.0.1"]])
async def test_anybody_else_says_nothing_by_that_header(proxies: list[str]) -> None:
    async with serving("127.0.0.1", proxies) as port:
        assert await statuses(port, lambda n: f"192.0.2.{n}") == [200, 200, 429, 429]
