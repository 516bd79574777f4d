"""Who may watch: bearer tokens on WHEP (RFC 9725, section 4.7; RFC 6750)."""

import time

import httpx
import pytest

from streaming.access import Access, Denied
from streaming.ice import IceNetwork
from streaming.turn import IceServers
from streaming.whep import Whep
from tests.streaming.client import FRAGMENT, SDP, offer
from vrlive.server_config import AccessConfig, IceConfig
from vrlive.tokens import make_token

SECRET = "0123456789abcdef" * 2


def bearer(channel: str = "demo", *, publish: bool = False, valid_s: float = 86_400, secret: str = SECRET) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_token(secret, channel, 'publish' if publish else 'watch', time.time() + valid_s)}"}


@pytest.fixture
def whep(whep: Whep) -> Whep:
    whep.access = Access(AccessConfig(watch="token"), SECRET)
    servers = IceServers(IceConfig(turn=("turn:turn.example.org",)), "north of the wall")
    whep.network = IceNetwork(servers=servers, loopback=True)
    return whep


async def test_with_a_token_one_watches_and_needs_it_no_more(whep: Whep, http: httpx.AsyncClient) -> None:
    reply = await http.post("/whep/demo", content=await offer(), headers=SDP | bearer())
    assert reply.status_code == 201
    assert "ice-server" in reply.headers["Link"]
    fragment = {**FRAGMENT, "If-Match": reply.headers["ETag"]}
    candidate = "a=candidate:1 1 udp 2122260223 192.0.2.77 61764 typ host"
    assert (await http.patch(reply.headers["Location"], content=candidate, headers=fragment)).status_code == 204
    assert (await http.delete(reply.headers["Location"])).status_code == 200


WRONG = {
    "none": ({}, 401, 'Bearer realm="vrlive"'),
    "another scheme": ({"Authorization": "Basic YTpi"}, 401, 'Bearer realm="vrlive"'),
    "an empty one": ({"Authorization": "Bearer "}, 401, 'Bearer realm="vrlive"'),
    "an expired one": (bearer(valid_s=-1), 401, 'error="invalid_token"'),
    "a foreign one": (bearer(secret=SECRET[::-1]), 401, 'error="invalid_token"'),
    "another channel's": (bearer("other"), 403, 'error="insufficient_scope"'),
    "a publisher's": (bearer(publish=True), 403, 'error="insufficient_scope", scope="watch"'),
}


@pytest.mark.parametrize("name", WRONG)
async def test_without_the_right_token_the_door_is_closed(whep: Whep, http: httpx.AsyncClient, name: str) -> None:
    headers, status, challenge = WRONG[name]
    reply = await http.post("/whep/demo", content=await offer(), headers=SDP | headers)
    assert reply.status_code == status
    assert challenge in reply.headers["WWW-Authenticate"]
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert len(reply.json()["error"]) > 10
    assert not whep.sessions


async def test_credentials_for_turn_are_for_those_who_may_watch(whep: Whep, http: httpx.AsyncClient) -> None:
    preflight = await http.options("/whep/demo", headers={"Access-Control-Request-Method": "POST"})
    assert preflight.status_code == 200
    assert "Link" not in preflight.headers
    assert "ice-server" in (await http.options("/whep/demo", headers=bearer())).headers["Link"]


def test_a_server_without_a_secret_lets_nobody_in(whep: Whep) -> None:
    with pytest.raises(Denied):
        Access(AccessConfig(watch="token")).check("watch", "demo", bearer(secret="")["Authorization"])


def test_to_watch_is_open_and_to_publish_is_not_unless_told_otherwise() -> None:
    Access().check("watch", "demo", None)
    with pytest.raises(Denied, match="publishing"):
        Access(secret=SECRET).check("publish", "demo", None)
    Access(secret=SECRET).check("publish", "demo", bearer(publish=True)["Authorization"])
    Access(AccessConfig(publish="open")).check("publish", "demo", None)
