"""WHEP over HTTP (draft-ietf-wish-whep, RFC 9725)."""

import asyncio
import gc
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from aiortc import RTCPeerConnection
from fastapi import FastAPI

from streaming.h264 import LEVELS
from streaming.hub import Channel
from streaming.ice import IceServer
from streaming.offer import CANDIDATE_LIMIT
from streaming.whep import Limits, Whep
from tests.waiting import until

SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}


async def offer(video: bool = True, audio: bool = True, direction: str = "recvonly") -> str:
    """An offer that a real client wrote."""
    peer = RTCPeerConnection()
    if audio:
        peer.addTransceiver("audio", direction=direction)
    if video:
        peer.addTransceiver("video", direction=direction)
    peer.createDataChannel("clock")
    await peer.setLocalDescription(await peer.createOffer())
    text = str(peer.localDescription.sdp)
    await peer.close()
    return text


@pytest.fixture
async def whep() -> AsyncIterator[Whep]:
    """Whatever comes in: nothing is raised on the event loop behind our back, and no task is left."""
    strays: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: strays.append(context))
    whep = Whep({"demo": Channel("demo", LEVELS[0], lambda: None)}, limits=Limits(sessions=5), loopback=True)
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


def client_at(address: str, app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(address, 50_000)), base_url="http://vrlive")


async def test_an_offer_is_answered(http: httpx.AsyncClient) -> None:
    reply = await http.post("/whep/demo", content=await offer(), headers=SDP)
    assert reply.status_code == 201
    assert reply.headers["Content-Type"] == "application/sdp"
    assert re.fullmatch(r"/whep/demo/[\w-]{22,}", reply.headers["Location"])
    assert re.fullmatch(r'"[^"]+"', reply.headers["ETag"])
    assert reply.headers["Accept-Patch"] == "application/trickle-ice-sdpfrag"
    assert {"Location", "ETag", "Link"} <= set(reply.headers["Access-Control-Expose-Headers"].split(", "))


async def test_the_answer_sends_h264_opus_and_all_candidates(http: httpx.AsyncClient) -> None:
    answer = (await http.post("/whep/demo", content=await offer(), headers=SDP)).text
    audio, video = re.findall(r"(?s)m=(?:audio|video).*?(?=m=)", answer)
    assert "a=sendonly" in audio
    assert "a=sendonly" in video
    assert re.findall(r"a=rtpmap:\d+ (\S+)", audio) == ["opus/48000/2"]
    assert re.findall(r"a=rtpmap:\d+ (\S+)", video) == ["H264/90000", "rtx/90000"]
    [h264, rtx] = re.findall(r"a=rtpmap:(\d+)", video)
    assert f"a=fmtp:{rtx} apt={h264}" in video
    assert "packetization-mode=1" in video
    assert "a=candidate:" in video
    assert "a=end-of-candidates" in video


async def test_the_answer_says_the_true_level(whep: Whep, http: httpx.AsyncClient) -> None:
    whep.channels["demo"].level = next(level for level in LEVELS if level.idc == 51)
    answer = (await http.post("/whep/demo", content=await offer(), headers=SDP)).text
    assert "profile-level-id=42e033" in answer


@pytest.mark.parametrize("order", ["audio video application", "video audio application", "application video audio"])
async def test_the_order_of_sections_does_not_matter(http: httpx.AsyncClient, order: str) -> None:
    head, *sections = re.split(r"(?=m=)", await offer())
    sections = [next(section for section in sections if section.startswith(f"m={kind}")) for kind in order.split()]
    mids = re.findall(r"a=mid:(\S+)", "".join(sections))
    head = re.sub(r"a=group:BUNDLE.*", f"a=group:BUNDLE {' '.join(mids)}", head)
    reply = await http.post("/whep/demo", content=head + "".join(sections), headers=SDP)
    assert reply.status_code == 201, reply.text
    assert re.findall(r"m=(\w+)", reply.text) == order.split()


async def test_sessions_are_told_apart_and_cannot_be_guessed(http: httpx.AsyncClient) -> None:
    places = [(await http.post("/whep/demo", content=await offer(), headers=SDP)).headers["Location"] for _ in range(2)]
    assert places[0] != places[1]


async def test_delete_ends_the_session_as_often_as_it_is_sent(whep: Whep, http: httpx.AsyncClient) -> None:
    place = (await http.post("/whep/demo", content=await offer(), headers=SDP)).headers["Location"]
    assert [(await http.delete(place)).status_code for _ in range(2)] == [200, 200]
    assert not whep.sessions


def cut(pattern: str, by: str = "") -> Callable[[str], str]:
    return lambda text: re.sub(pattern, by, text)


NASTY = {
    "empty": lambda _: "",
    "prose": lambda _: "please let me watch",
    "JSON": lambda _: '{"type": "offer"}',
    "only a version": lambda _: "v=0",
    "a version and zero bytes": lambda _: "v=0\r\n" + 100 * "\0",
    "a version of more digits": cut(r"v=0", "v=01"),
    "no origin": cut(r"o=.*\r\n"),
    "only a session": lambda _: "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n",
    "half": lambda text: text[: len(text) // 2],
    "no ICE password": cut(r"a=ice-pwd:.*\r\n"),
    "no ICE name": cut(r"a=ice-ufrag:.*\r\n"),
    "no fingerprint": cut(r"a=fingerprint:.*\r\n"),
    "a fingerprint of nothing": cut(r"a=fingerprint:.*", "a=fingerprint:"),
    "no setup": cut(r"a=setup:.*\r\n"),
    "a setup unheard of": cut(r"a=setup:.*", "a=setup:perhaps"),
    "no RTCP mux": cut(r"a=rtcp-mux\r\n"),
    "a payload type of letters": cut(r"m=video (\d+) (\S+) .*", r"m=video \1 \2 abc"),
    "a payload type beyond all": cut(r"m=video (\d+) (\S+) .*", r"m=video \1 \2 4711"),
    "a clock of letters": cut(r"H264/90000", "H264/fast"),
    "a codec without name": cut(r"a=rtpmap:(\d+) H264/90000", r"a=rtpmap:\1"),
    "parameters of an unknown codec": cut(r"a=fmtp:\d+", "a=fmtp:5"),
    "a candidate of letters": cut(r"a=candidate:.*", "a=candidate:over here"),
    "a port of letters": cut(r"m=video \d+", "m=video here"),
    "the same mid twice": cut(r"a=mid:.*", "a=mid:0"),
    "a bundle of strangers": cut(r"a=group:BUNDLE.*", "a=group:BUNDLE 7 8 9"),
    "a bundle led by a stranger": cut(r"a=group:BUNDLE.*", "a=group:BUNDLE 7 0 1 2"),
    "a bundle with one section twice": cut(r"a=group:BUNDLE.*", "a=group:BUNDLE 0 0 1 2"),
    "sections without names": cut(r"a=mid:.*", "a=mid"),
    "no video": cut(r"(?s)m=video.*?(?=m=)"),
    "no H.264": cut(r"H264", "H265"),
    "another packetization mode": cut(r"packetization-mode=1", "packetization-mode=0"),
    "another profile": cut(r"profile-level-id=\w+", "profile-level-id=f4001f"),
    "a sender": cut(r"a=recvonly", "a=sendonly"),
    "inactive": cut(r"a=recvonly", "a=inactive"),
    "two videos": cut(r"(?s)(m=video.*?)(?=m=)", r"\1\1"),
    "thirty sections": cut(r"(?s)(m=application.*)", "\\1" * 30),
    "a section of another kind": cut(r"m=application", "m=telepathy"),
    "zero bytes": lambda text: text.replace("\r\n", "\0\r\n"),
    "an answer to a legacy data channel": cut(r"UDP/DTLS/SCTP webrtc-datachannel", "DTLS/SCTP port"),
    "a number without end": cut(r"a=sctp-port:\d+", f"a=sctp-port:{'9' * 5000}"),
}
STILL_PLAYABLE = {"a candidate of letters"}
PYTHON = re.compile(r"NoneType|literal|unpack|index|set_int_max|Error|: ?$|: '")


@pytest.mark.parametrize("name", NASTY)
async def test_a_nasty_offer_is_refused_in_words(whep: Whep, http: httpx.AsyncClient, name: str) -> None:
    reply = await http.post("/whep/demo", content=NASTY[name](await offer()), headers=SDP)
    if name in STILL_PLAYABLE:
        assert reply.status_code == 201, reply.text
        return
    assert reply.status_code in (400, 422), reply.text
    assert len(reply.json()["error"]) > 10
    assert not PYTHON.search(reply.json()["error"])
    assert not whep.sessions


@pytest.mark.parametrize("body", ["", "v=0", "v=0\0\0\0\0", "v=0\r\n", "v=0 please"])
async def test_what_is_no_session_description_is_malformed(http: httpx.AsyncClient, body: str) -> None:
    assert (await http.post("/whep/demo", content=body, headers=SDP)).status_code == 400


async def test_bytes_that_are_no_text_are_refused(http: httpx.AsyncClient) -> None:
    assert (await http.post("/whep/demo", content=b"v=0\r\n\xff\xfe", headers=SDP)).status_code == 400


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/sdpx", ""])
async def test_only_sdp_is_an_offer(http: httpx.AsyncClient, kind: str) -> None:
    reply = await http.post("/whep/demo", content=await offer(), headers={"Content-Type": kind})
    assert reply.status_code == 415
    assert "application/sdp" in reply.json()["error"]


async def test_parameters_of_the_content_type_do_no_harm(http: httpx.AsyncClient) -> None:
    reply = await http.post("/whep/demo", content=await offer(), headers={"Content-Type": "Application/SDP; charset=utf-8"})
    assert reply.status_code == 201


async def test_an_offer_beyond_the_limit_is_refused(http: httpx.AsyncClient) -> None:
    reply = await http.post("/whep/demo", content=await offer() + "a=x\r\n" * 20_000, headers=SDP)
    assert reply.status_code == 413


async def test_an_unknown_channel_is_named(http: httpx.AsyncClient) -> None:
    reply = await http.post("/whep/nowhere", content=await offer(), headers=SDP)
    assert reply.status_code == 404
    assert reply.json() == {"error": "there is no channel “nowhere”; there is demo"}


async def test_a_full_house_says_when_to_come_back(whep: Whep, http: httpx.AsyncClient) -> None:
    replies = [await http.post("/whep/demo", content=await offer(), headers=SDP) for _ in range(6)]
    assert [reply.status_code for reply in replies] == 5 * [201] + [503]
    assert int(replies[-1].headers["Retry-After"]) > 0
    await http.delete(replies[0].headers["Location"])
    assert (await http.post("/whep/demo", content=await offer(), headers=SDP)).status_code == 201


async def test_one_address_cannot_keep_the_others_out(whep: Whep, http: httpx.AsyncClient) -> None:
    whep.limits = Limits(sessions=9, connecting=9, connecting_of_one=2)
    replies = [await http.post("/whep/demo", content=await offer(), headers=SDP) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [201, 201, 503]
    assert "your address" in replies[-1].json()["error"]
    assert int(replies[-1].headers["Retry-After"]) > 0
    assert await whether_let_in(whep, "192.0.2.8") == 201
    await http.delete(replies[0].headers["Location"])
    assert (await http.post("/whep/demo", content=await offer(), headers=SDP)).status_code == 201


async def test_all_who_never_connect_take_no_more_than_their_share(whep: Whep) -> None:
    whep.limits = Limits(sessions=9, connecting=3)
    assert [await whether_let_in(whep, f"192.0.2.{n}") for n in range(4)] == [201, 201, 201, 503]


async def test_addresses_of_one_ipv6_network_count_as_one(whep: Whep) -> None:
    whep.limits = Limits(sessions=9, connecting_of_one=1)
    addresses = ["2001:db8::1", "2001:db8::2:2", "2001:db8:0:1::1", "::ffff:192.0.2.7", "::ffff:192.0.2.8", "192.0.2.8"]
    assert [await whether_let_in(whep, address) for address in addresses] == [201, 503, 201, 201, 201, 503]


async def whether_let_in(whep: Whep, address: str) -> int:
    app = FastAPI()
    app.include_router(whep.router)
    async with client_at(address, app) as client:
        return (await client.post("/whep/demo", content=await offer(), headers=SDP)).status_code


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


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/whep/demo", "GET", 204),
        ("/whep/demo", "HEAD", 204),
        ("/whep/demo", "OPTIONS", 200),
        ("/whep/demo", "PUT", 405),
        ("/whep/demo", "PATCH", 405),
        ("/whep/demo", "DELETE", 405),
        ("/whep/demo/x", "GET", 204),
        ("/whep/demo/x", "OPTIONS", 200),
        ("/whep/demo/x", "POST", 405),
        ("/whep/demo/x", "PUT", 405),
    ],
)
async def test_what_has_no_meaning_is_not_allowed(http: httpx.AsyncClient, path: str, method: str, status: int) -> None:
    reply = await http.request(method, path)
    assert reply.status_code == status
    assert ("DELETE" in reply.headers["Allow"]) == path.endswith("/x")


async def test_pages_of_other_origins_may_watch(http: httpx.AsyncClient) -> None:
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    reply = await http.options("/whep/demo", headers=asked)
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Type" in reply.headers["Access-Control-Allow-Headers"]
    assert reply.headers["Accept-Post"] == "application/sdp"


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


async def test_viewers_are_told_of_ice_servers(whep: Whep, http: httpx.AsyncClient) -> None:
    servers = [IceServer("stun:stun.example.org"), IceServer("turn:turn.example.org?transport=udp", "ann", "secret")]
    whep._links = Whep({}, ice_servers=servers)._links
    for reply in (await http.post("/whep/demo", content=await offer(), headers=SDP), await http.options("/whep/demo")):
        assert reply.headers.get_list("Link") == [
            '<stun:stun.example.org>; rel="ice-server"',
            '<turn:turn.example.org?transport=udp>; rel="ice-server"; username="ann"; credential="secret"; credential-type="password"',
        ]


async def test_a_host_with_loopback_alone_says_what_is_wrong(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = await offer()
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda **_: [])
    reply = await http.post("/whep/demo", content=sent, headers=SDP)
    assert reply.status_code == 503
    assert "127.0.0.1" in reply.json()["error"]
