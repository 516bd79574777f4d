"""WHIP over HTTP (RFC 9725)."""

import re
import time
from collections.abc import AsyncIterator, Callable
from typing import Literal

import httpx
import pytest

from tests.streaming.client import FRAGMENT, SDP, client_at, offer
from tests.streaming.studio import BEARER, SECRET, Studio
from tests.waiting import until
from vrlive.tokens import make_token

FRONT = "/whip/show/front"
OFFER = {**SDP, **BEARER}


@pytest.fixture
async def studio() -> AsyncIterator[Studio]:
    studio = Studio()
    yield studio
    await studio.whip.close()


@pytest.fixture
async def http(studio: Studio) -> AsyncIterator[httpx.AsyncClient]:
    async with client_at("192.0.2.7", studio.app) as client:
        yield client


async def camera(**options: bool) -> str:
    return await offer(**options, direction="sendonly")


async def test_an_offer_is_answered(http: httpx.AsyncClient) -> None:
    reply = await http.post(FRONT, content=await camera(), headers=OFFER)
    assert reply.status_code == 201, reply.text
    assert reply.headers["Content-Type"] == "application/sdp"
    assert re.fullmatch(rf"{FRONT}/[\w-]{{22,}}", reply.headers["Location"])
    assert re.fullmatch(r'"[^"]+"', reply.headers["ETag"])
    assert reply.headers["Accept-Patch"] == "application/trickle-ice-sdpfrag"
    assert {"Location", "ETag", "Link"} <= set(reply.headers["Access-Control-Expose-Headers"].split(", "))


@pytest.mark.parametrize("direction", ["sendonly", "sendrecv"])
async def test_the_answer_takes_h264_opus_and_repairs_and_sends_nothing(http: httpx.AsyncClient, direction: str) -> None:
    answer = (await http.post(FRONT, content=await offer(direction=direction), headers=OFFER)).text
    audio, video = re.findall(r"(?s)m=(?:audio|video).*?(?=m=)", answer)
    assert "a=recvonly" in audio
    assert "a=recvonly" in video
    assert re.findall(r"a=rtpmap:\d+ (\S+)", audio) == ["opus/48000/2"]
    assert re.findall(r"a=rtpmap:\d+ (\S+)", video) == ["H264/90000", "rtx/90000"]
    [h264, rtx] = re.findall(r"a=rtpmap:(\d+)", video)
    assert f"a=fmtp:{rtx} apt={h264}" in video
    assert f"a=rtcp-fb:{h264} nack pli" in video
    assert "a=candidate:" in video
    assert "a=end-of-candidates" in video


PARAMETERS = {
    "high profile": "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640c1f",
    "main profile, of one unit a packet": "packetization-mode=0;profile-level-id=4d001f",
    "a profile of tomorrow": "packetization-mode=1;profile-level-id=ff0033",
    "no profile": "packetization-mode=1",
}


@pytest.mark.parametrize("offered", PARAMETERS.values(), ids=PARAMETERS)
async def test_any_profile_is_taken_as_it_is_offered(http: httpx.AsyncClient, offered: str) -> None:
    sent = re.sub(r"(a=fmtp:\d+) \S*profile-level-id\S*", rf"\1 {offered};sprop-parameter-sets=Z0LgHwE=,aM4B", await camera())
    reply = await http.post(FRONT, content=sent, headers=OFFER)
    assert reply.status_code == 201, reply.text
    [kind] = re.findall(r"a=rtpmap:(\d+) H264", reply.text)
    assert f"a=fmtp:{kind} {offered};x-google-" in reply.text


async def test_parameters_need_not_be_offered_at_all(http: httpx.AsyncClient) -> None:
    sent = re.sub(r"a=fmtp:\d+ \S*profile-level-id\S*\r\n", "", await camera())
    assert (await http.post(FRONT, content=sent, headers=OFFER)).status_code == 201


async def test_baseline_is_preferred(http: httpx.AsyncClient) -> None:
    sent = re.sub("profile-level-id=42001f", "profile-level-id=640c1f", await camera())
    answer = (await http.post(FRONT, content=sent, headers=OFFER)).text
    assert re.findall(r"profile-level-id=(\w+)", answer) == ["42e01f"]


async def test_a_camera_may_be_mute_or_have_sound_of_another_kind(http: httpx.AsyncClient) -> None:
    assert (await http.post(FRONT, content=await camera(audio=False), headers=OFFER)).status_code == 201
    sent = (await camera()).replace("opus/48000/2", "other/48000/2")
    reply = await http.post(FRONT, content=sent, headers=OFFER)
    assert reply.status_code == 201, reply.text
    [audio] = re.findall(r"(?s)m=audio.*?(?=m=)", reply.text)
    assert "a=inactive" in audio, "nothing is decoded that nobody hears"


async def test_delete_ends_the_session_as_often_as_it_is_sent(studio: Studio, http: httpx.AsyncClient) -> None:
    place = (await http.post(FRONT, content=await camera(), headers=OFFER)).headers["Location"]
    assert [(await http.delete(place)).status_code for _ in range(2)] == [200, 200]
    assert not studio.whip.sessions
    assert (await http.patch(place, content="a=candidate:1", headers=FRAGMENT)).status_code == 404


async def test_late_candidates_are_taken(http: httpx.AsyncClient) -> None:
    reply = await http.post(FRONT, content=await camera(), headers=OFFER)
    line = "a=candidate:1 1 udp 2122260223 192.0.2.77 61764 typ host\r\n"
    headers = {**FRAGMENT, "If-Match": reply.headers["ETag"]}
    assert (await http.patch(reply.headers["Location"], content=line, headers=headers)).status_code == 204
    assert (await http.patch(reply.headers["Location"], content=line, headers=FRAGMENT)).status_code == 428
    assert (await http.patch(reply.headers["Location"], content=line, headers={**FRAGMENT, "If-Match": '"x"'})).status_code == 412
    assert (await http.patch(reply.headers["Location"], content=line, headers={**SDP, "If-Match": "*"})).status_code == 415


async def test_publishing_needs_a_token(http: httpx.AsyncClient) -> None:
    for headers in (SDP, {**SDP, "Authorization": "Bearer of bad news"}):
        reply = await http.post(FRONT, content=await camera(), headers=headers)
        assert reply.status_code == 401
        assert reply.headers["WWW-Authenticate"].startswith("Bearer")
        assert reply.headers["Access-Control-Allow-Origin"] == "*", "a page must be able to read what is wrong"
        assert "token" in reply.json()["error"]


async def test_who_has_no_token_learns_nothing_of_the_cameras(http: httpx.AsyncClient) -> None:
    assert (await http.post("/whip/show/nothing", content=await camera(), headers=SDP)).status_code == 401


@pytest.mark.parametrize(("channel", "scope"), [("show", "watch"), ("another", "publish")])
async def test_a_token_may_be_for_something_else(http: httpx.AsyncClient, channel: str, scope: Literal["watch", "publish"]) -> None:
    token = make_token(SECRET, channel, scope, time.time() + 60)
    reply = await http.post(FRONT, content=await camera(), headers={**SDP, "Authorization": f"Bearer {token}"})
    assert reply.status_code == 403


async def test_what_cannot_be_published_is_named(studio: Studio, http: httpx.AsyncClient) -> None:
    for path, status, problem in (
        ("/whip/show/nothing", 404, "channel “show” has no camera “nothing”; it has front, left, back"),
        ("/whip/show/back", 409, 'camera “back” is opened by its own address; give it url = "whip:" to publish it'),
    ):
        reply = await http.post(path, content=await camera(), headers=OFFER)
        assert (reply.status_code, reply.json()) == (status, {"error": problem})
    assert studio.intake.refused == 2
    assert not studio.whip.sessions


def cut(pattern: str, by: str = "") -> Callable[[str], str]:
    return lambda text: re.sub(pattern, by, text)


NASTY: dict[str, tuple[int, Callable[[str], str]]] = {
    "empty": (400, lambda _: ""),
    "prose": (400, lambda _: "please take my pictures"),
    "half": (400, lambda text: text[: len(text) // 2]),
    "no fingerprint": (400, cut(r"a=fingerprint:.*\r\n")),
    "a viewer": (422, cut(r"a=sendonly", "a=recvonly")),
    "inactive": (422, cut(r"a=sendonly", "a=inactive")),
    "no video": (422, lambda text: re.sub(r"(?s)m=video.*?(?=m=)", "", text).replace("BUNDLE 0 1 2", "BUNDLE 0 2")),
    "no H.264": (422, cut(r"H264", "H265")),
    "two videos": (400, cut(r"(?s)(m=video.*?)(?=m=)", r"\1\1")),
    "zero bytes": (400, lambda text: text.replace("\r\n", "\0\r\n")),
    "a payload type beyond all": (400, cut(r"m=video (\d+) (\S+) .*", r"m=video \1 \2 4711")),
}


@pytest.mark.parametrize("name", NASTY)
async def test_a_nasty_offer_is_refused_in_words(studio: Studio, http: httpx.AsyncClient, name: str) -> None:
    status, spoil = NASTY[name]
    reply = await http.post(FRONT, content=spoil(await camera()), headers=OFFER)
    assert reply.status_code == status, reply.text
    assert len(reply.json()["error"]) > 10
    assert not studio.whip.sessions


async def test_only_sdp_is_an_offer_and_only_sdp_is_answered(http: httpx.AsyncClient) -> None:
    assert (await http.post(FRONT, content=await camera(), headers={**BEARER, "Content-Type": "text/plain"})).status_code == 415
    assert (await http.post(FRONT, content=await camera(), headers={**OFFER, "Accept": "application/json"})).status_code == 406
    for accepted in ("application/sdp", "*/*", "text/html, application/*;q=0.8", "application/SDP; q=1"):
        assert (await http.post(FRONT, content=await camera(), headers={**OFFER, "Accept": accepted})).status_code == 201


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        (FRONT, "GET", 204),
        (FRONT, "HEAD", 204),
        (FRONT, "OPTIONS", 200),
        (FRONT, "PUT", 405),
        (FRONT, "PATCH", 405),
        (FRONT, "DELETE", 405),
        (f"{FRONT}/x", "GET", 204),
        (f"{FRONT}/x", "OPTIONS", 200),
        (f"{FRONT}/x", "POST", 405),
        (f"{FRONT}/x", "PUT", 405),
    ],
)
async def test_what_has_no_meaning_is_not_allowed(http: httpx.AsyncClient, path: str, method: str, status: int) -> None:
    reply = await http.request(method, path)
    assert reply.status_code == status
    assert ("DELETE" in reply.headers["Allow"]) == path.endswith("/x")


async def test_pages_of_other_origins_may_publish(http: httpx.AsyncClient) -> None:
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    reply = await http.options(FRONT, headers=asked)
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert {"Content-Type", "Authorization"} <= set(reply.headers["Access-Control-Allow-Headers"].split(", "))
    assert reply.headers["Accept-Post"] == "application/sdp"


async def test_one_address_cannot_keep_the_others_out(studio: Studio, http: httpx.AsyncClient) -> None:
    replies = [await http.post(FRONT, content=await camera(), headers=OFFER) for _ in range(studio.whip.limits.connecting_of_one + 1)]
    assert {reply.status_code for reply in replies[:-1]} == {201}
    assert replies[-1].status_code == 429
    assert int(replies[-1].headers["Retry-After"]) > 0
    async with client_at("192.0.2.8", studio.app) as other:
        assert (await other.post(FRONT, content=await camera(), headers=OFFER)).status_code == 201
    for reply in replies[:-1]:
        await http.delete(reply.headers["Location"])
    await until(lambda: len(studio.whip.sessions) == 1)
