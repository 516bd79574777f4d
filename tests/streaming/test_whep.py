"""WHEP over HTTP (draft-ietf-wish-whep, RFC 9725)."""

import re
import time
from collections.abc import Callable

import httpx
import ifaddr
import pytest

from streaming.h264 import LEVELS
from streaming.ice import IceNetwork
from streaming.turn import IceServers
from streaming.whep import Whep
from tests.streaming.client import SDP, offer
from vrlive.server_config import IceConfig


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


async def test_viewers_are_told_of_ice_servers(whep: Whep, http: httpx.AsyncClient) -> None:
    config = IceConfig(stun=("stun:stun.example.org",), turn=("turn:turn.example.org?transport=udp",), valid_h=2)
    whep.network = IceNetwork(servers=IceServers(config, "north of the wall"), loopback=True)
    for reply in (await http.post("/whep/demo", content=await offer(), headers=SDP), await http.options("/whep/demo")):
        [stun, turn] = reply.headers.get_list("Link")
        assert stun == '<stun:stun.example.org>; rel="ice-server"'
        login = r'; username="(\d+):\w+"; credential="([\w+/=]{28})"; credential-type="password"'
        found = re.fullmatch(rf'<turn:turn\.example\.org\?transport=udp>; rel="ice-server"{login}', turn)
        assert found
        assert float(found[1]) == pytest.approx(time.time() + 7200, abs=5)


async def test_a_host_with_loopback_alone_says_what_is_wrong(
    whep: Whep, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sent, whep.network = await offer(), IceNetwork()
    loopback = [adapter for adapter in ifaddr.get_adapters() if adapter.nice_name == "lo"]
    monkeypatch.setattr("ifaddr.get_adapters", lambda: loopback)
    reply = await http.post("/whep/demo", content=sent, headers=SDP)
    assert reply.status_code == 503
    assert "127.0.0.1" in reply.json()["error"]
    assert "127.0.0.1" in caplog.text
