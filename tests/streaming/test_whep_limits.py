"""What one delivery process lends to strangers, and no more."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
from fastapi import FastAPI

from streaming.whep import Whep
from tests.streaming.client import FRAGMENT, SDP, client_at, offer
from vrlive.server_config import Limits


async def test_a_full_house_says_when_to_come_back(whep: Whep, http: httpx.AsyncClient) -> None:
    replies = [await http.post("/whep/demo", content=await offer(), headers=SDP) for _ in range(6)]
    assert [reply.status_code for reply in replies] == 5 * [201] + [503]
    assert int(replies[-1].headers["Retry-After"]) > 0
    await http.delete(replies[0].headers["Location"])
    assert (await http.post("/whep/demo", content=await offer(), headers=SDP)).status_code == 201


async def test_one_address_cannot_keep_the_others_out(whep: Whep, http: httpx.AsyncClient) -> None:
    whep.limits = Limits(sessions=9, connecting=9, connecting_of_one=2)
    replies = [await http.post("/whep/demo", content=await offer(), headers=SDP) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [201, 201, 429]
    assert "your address" in replies[-1].json()["error"]
    assert int(replies[-1].headers["Retry-After"]) > 0
    assert await whether_let_in(whep, "192.0.2.8") == 201
    await http.delete(replies[0].headers["Location"])
    assert (await http.post("/whep/demo", content=await offer(), headers=SDP)).status_code == 201


async def test_one_address_cannot_fill_the_house(whep: Whep, http: httpx.AsyncClient) -> None:
    whep.limits = Limits(sessions=9, sessions_of_one=1)
    assert [await whether_let_in(whep, f"192.0.2.{n}") for n in (1, 1, 2)] == [201, 429, 201]


async def test_one_address_cannot_begin_without_end(whep: Whep) -> None:
    whep = Whep(whep.channels, whep.fanout, limits=Limits(joins_per_s=0.1), network=whep.network)
    assert [await whether_let_in(whep, "192.0.2.1", "no offer") for _ in range(3)] == [400, 400, 429]
    assert await whether_let_in(whep, "192.0.2.2", "no offer") == 400


async def test_all_who_never_connect_take_no_more_than_their_share(whep: Whep) -> None:
    whep.limits = Limits(sessions=9, connecting=3)
    assert [await whether_let_in(whep, f"192.0.2.{n}") for n in range(4)] == [201, 201, 201, 503]


async def test_addresses_of_one_ipv6_network_count_as_one(whep: Whep) -> None:
    whep.limits = Limits(sessions=9, connecting_of_one=1)
    addresses = ["2001:db8::1", "2001:db8::2:2", "2001:db8:0:1::1", "::ffff:192.0.2.7", "::ffff:192.0.2.8", "192.0.2.8"]
    assert [await whether_let_in(whep, address) for address in addresses] == [201, 429, 201, 201, 201, 429]


async def whether_let_in(whep: Whep, address: str, body: str = "") -> int:
    app = FastAPI()
    app.include_router(whep.router)
    async with client_at(address, app) as client:
        reply = await client.post("/whep/demo", content=body or await offer(), headers=SDP)
    assert ("Retry-After" in reply.headers) == (reply.status_code in (429, 503))
    return reply.status_code


async def test_a_body_that_does_not_come_is_given_up(whep: Whep, http: httpx.AsyncClient) -> None:
    whep.limits = Limits(body_s=0.05)

    async def body_without_end() -> AsyncIterator[bytes]:
        yield b"v=0\r\n"
        await asyncio.Event().wait()

    reply = await http.post("/whep/demo", content=body_without_end(), headers=SDP)
    assert reply.status_code == 408
    assert reply.headers["Connection"] == "close"
    assert not whep.sessions


async def test_a_viewer_who_hangs_up_amid_its_offer_is_no_fault_of_ours(whep: Whep) -> None:
    app = FastAPI()
    app.include_router(whep.router)
    came = iter([{"type": "http.request", "body": b"v=0\r\n", "more_body": True}, {"type": "http.disconnect"}])
    answered: list[Any] = []

    async def receive() -> Any:
        return next(came)

    async def send(message: Any) -> None:
        answered.append(message)

    request = {
        "type": "http",
        "method": "POST",
        "path": "/whep/demo",
        "query_string": b"",
        "headers": [(b"content-type", b"application/sdp")],
    }
    await app(request, receive, send)
    assert answered[0]["status"] == 400
    assert not whep.sessions


async def test_a_session_that_never_connects_is_closed(whep: Whep, http: httpx.AsyncClient) -> None:
    whep.limits = Limits(connect_s=0.2)
    place = (await http.post("/whep/demo", content=await offer(), headers=SDP)).headers["Location"]
    while whep.sessions:
        await asyncio.sleep(0.02)
    assert (await http.patch(place, content="a=candidate:1", headers=FRAGMENT)).status_code == 404
