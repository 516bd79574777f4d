"""Candidates that come late (RFC 8840), and those that are never probed."""

import re
from typing import Any

import httpx
import pytest

from streaming.offer import CANDIDATE_LIMIT
from streaming.whep import Whep
from tests.streaming.client import FRAGMENT, SDP, offer

CANDIDATE = "a=candidate:1 1 udp 2122260223 192.0.2.77 61764 typ host"


async def test_late_candidates_are_taken(http: httpx.AsyncClient) -> None:
    sent = await offer()
    reply = await http.post("/whep/demo", content=sent, headers=SDP)
    place, tag = reply.headers["Location"], {"If-Match": reply.headers["ETag"]}
    [ufrag, *_] = re.findall(r"a=ice-ufrag:(\S+)", sent)

    async def patch(fragment: str, headers: dict[str, str]) -> int:
        return (await http.patch(place, content=fragment, headers=headers)).status_code

    right = f"a=ice-ufrag:{ufrag}\r\na=ice-pwd:x\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n{CANDIDATE}\r\na=end-of-candidates\r\n"
    assert await patch(right, {**FRAGMENT, **tag}) == 204
    assert await patch(right, FRAGMENT) == 428
    assert await patch(right, {**FRAGMENT, "If-Match": '"another"'}) == 412
    assert await patch(right, {**SDP, **tag}) == 415
    assert await patch("hello", {**FRAGMENT, **tag}) == 400
    assert await patch("a=candidate:1 1 udp x 192.0.2.77 y typ host", {**FRAGMENT, **tag}) == 400
    assert await patch(f"{right}{CANDIDATE}\r\n" * 20, {**FRAGMENT, **tag}) == 204
    assert await patch(right.replace(ufrag, "other"), {**FRAGMENT, **tag}) == 422
    assert await patch(right, {**FRAGMENT, "If-Match": "*"}) == 422


UNREACHABLE = {
    "no address": "999.999.999.999 5000",
    "a port beyond all": "192.0.2.77 999999",
    "a port below all": "192.0.2.77 -5",
    "port 0": "192.0.2.77 0",
    "a multicast group": "224.0.0.1 5000",
    "an IPv6 multicast group": "ff02::1 5000",
    "broadcast": "255.255.255.255 5000",
    "any address": "0.0.0.0 5000",
    "a port of other digits": "192.0.2.77 ٣",
}


@pytest.mark.parametrize("where", UNREACHABLE.values(), ids=UNREACHABLE)
async def test_a_candidate_that_nobody_can_have_is_never_probed(whep: Whep, http: httpx.AsyncClient, where: str) -> None:
    line = f"a=candidate:1 1 udp 2122260223 {where} typ host"
    reply = await http.post("/whep/demo", content=(await offer()).replace("a=ice-ufrag", f"{line}\r\na=ice-ufrag"), headers=SDP)
    assert reply.status_code == 201
    late = await http.patch(reply.headers["Location"], content=line, headers={**FRAGMENT, "If-Match": reply.headers["ETag"]})
    assert late.status_code == 400
    assert where.partition(" ")[0] in late.json()["error"]
    [session] = whep.sessions.values()
    assert where.partition(" ")[0] not in probed(session)


async def test_what_we_do_not_probe_is_no_fault_of_the_viewer(whep: Whep, http: httpx.AsyncClient) -> None:
    reply = await http.post("/whep/demo", content=re.sub(r"a=candidate.*\r\n", "", await offer()), headers=SDP)
    mdns, tcp = CANDIDATE.replace("192.0.2.77", "0f8a.local"), CANDIDATE.replace("udp", "tcp")
    headers = {**FRAGMENT, "If-Match": reply.headers["ETag"]}
    assert (await http.patch(reply.headers["Location"], content=f"{mdns}\r\n{tcp}\r\n", headers=headers)).status_code == 204
    [session] = whep.sessions.values()
    assert not probed(session)


async def test_offer_and_fragments_share_one_budget_of_candidates(whep: Whep, http: httpx.AsyncClient) -> None:
    def some(first: int) -> str:
        return "".join(f"a=candidate:1 1 udp 2122260223 192.0.2.{n} 61764 typ host\r\n" for n in range(first, first + 10))

    sent = re.sub(r"a=candidate.*\r\n", "", await offer()).replace("a=ice-ufrag", f"{some(10)}a=ice-ufrag", 1)
    reply = await http.post("/whep/demo", content=sent, headers=SDP)
    for first in (100, 200):
        headers = {**FRAGMENT, "If-Match": reply.headers["ETag"]}
        assert (await http.patch(reply.headers["Location"], content=some(first), headers=headers)).status_code == 204
    [session] = whep.sessions.values()
    assert len(probed(session)) == CANDIDATE_LIMIT


def probed(session: Any) -> list[str]:
    """The addresses that the session's ICE connection knows of its viewer."""
    transport = session._peer.getTransceivers()[0].receiver.transport.transport
    return [candidate.ip for candidate in transport.getRemoteCandidates()]
