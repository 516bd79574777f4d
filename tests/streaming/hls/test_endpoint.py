"""HLS over HTTP, with FFmpeg and hls.js as players."""

import asyncio
import io
import re
import time
from collections.abc import AsyncIterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import av
import httpx
import pytest
from fastapi import FastAPI
from playwright.async_api import Page, async_playwright

from streaming.access import Access
from streaming.hls import Hls, channel
from tests.checkout import ROOT
from tests.streaming.broadcasting import FPS
from tests.streaming.hls.conftest import SIZE, SMALL, OnAir
from tests.waiting import until
from vrlive.clock import now_s
from vrlive.server_config import AccessConfig
from vrlive.tokens import make_token

CHROMIUM = Path("/usr/bin/chromium")
HLS_JS = ROOT / "streaming" / "web" / "node_modules" / "hls.js" / "dist" / "hls.min.js"
TOOLS = {CHROMIUM: "apt-get install chromium", HLS_JS: "npm ci in streaming/web"}
MISSING = [f"{tool.name} is not installed ({how})" for tool, how in TOOLS.items() if not tool.exists()]
PLAY = """
(url) => new Promise((done, failed) => {
  const hls = window.hls = new Hls(), video = document.querySelector("video");
  hls.on(Hls.Events.MANIFEST_PARSED, () => { hls.loadLevel = hls.levels.length - 1; });
  window.faults = [];
  hls.on(Hls.Events.ERROR, (_, fault) => {
    faults.push(`${fault.type} ${fault.details}`);
    if (fault.fatal) failed(new Error(fault.details));
  });
  video.addEventListener("timeupdate", () => {
    if (video.currentTime > hls.levels.at(-1).details.fragments[0].start + 0.5) done();
  });
  hls.loadSource(url);
  hls.attachMedia(video);
})
"""
CHANGE = """
async (url) => {
  const hls = window.hls = new Hls(), video = document.querySelector("video"), faults = [], widths = [];
  hls.on(Hls.Events.ERROR, (_, fault) => faults.push(fault.details));
  hls.loadSource(url);
  hls.attachMedia(video);
  let last = null, gap = 0;
  const seen = (_, { mediaTime, width }) => {
    if (last !== null) gap = Math.max(gap, Math.abs(mediaTime - last));
    last = mediaTime;
    if (widths.at(-1) !== width) widths.push(width);
    video.requestVideoFrameCallback(seen);
  };
  video.requestVideoFrameCallback(seen);
  const until = async (holds) => { while (!holds()) await new Promise((go) => setTimeout(go, 50)); };
  for (const [cap, width] of [[-1, 640], [0, 320], [-1, 640]]) {
    hls.autoLevelCapping = cap;
    await until(() => widths.at(-1) === width);
  }
  const holes = video.buffered.length - 1;
  await until(() => video.buffered.end(0) - hls.levels[1].details.fragments[0].start > 6);
  last = null;
  video.currentTime = hls.levels[1].details.fragments[1].start;
  hls.currentLevel = 0;
  await until(() => last !== null && widths.at(-1) === 320);
  return { widths, gap, faults, holes };
}
"""
STATE = """
() => {
  const video = document.querySelector("video");
  return {size: [video.videoWidth, video.videoHeight], time: video.currentTime, behind_s: hls.latency, faults,
          date_ms: hls.playingDate?.getTime(), codecs: hls.levels.at(-1).codecs, paused: video.paused,
          decoded: video.getVideoPlaybackQuality().totalVideoFrames, audio: video.webkitAudioDecodedByteCount};
}
"""


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
        yield client


async def media_of(http: httpx.AsyncClient, on_air: OnAir) -> tuple[str, httpx.Response]:
    """The media playlist's address, and the answer."""
    index = (await http.get(on_air.url)).text
    address = urljoin(on_air.url, variants(index)[0])
    return address, await http.get(address)


def variants(index: str) -> list[str]:
    """The media playlists that a multivariant playlist names."""
    return [line for line in index.splitlines() if line and not line.startswith("#")]


def segments(playlist: str, address: str) -> list[str]:
    return [urljoin(address, line) for line in playlist.splitlines() if line.endswith(".m4s")]


async def test_nothing_is_cut_until_somebody_asks_and_not_for_long_after(
    on_air: OnAir, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await until(lambda: on_air.hub.pictures > 10)
    keyframes = on_air.hub.keyframes
    assert on_air.hls.window.count == 0
    _, answer = await media_of(http, on_air)
    assert answer.status_code == 200
    assert on_air.hls.active
    assert on_air.hub.keyframes > keyframes
    monkeypatch.setattr(channel, "IDLE_S", 0.0)
    await until(lambda: not on_air.hls.active)
    assert on_air.hls.window.count == 0


async def test_playlists_are_fresh_and_segments_are_for_ever_and_all_are_for_everybody(on_air: OnAir, http: httpx.AsyncClient) -> None:
    index = await http.get(on_air.url)
    address, media = await media_of(http, on_air)
    init = await http.get(urljoin(address, re.findall(r'MAP:URI="(.+?)"', media.text)[0]))
    segment = await http.get(segments(media.text, address)[0])
    assert {each.headers["Access-Control-Allow-Origin"] for each in (index, media, init, segment)} == {"*"}
    assert {each.headers["Content-Type"] for each in (index, media)} == {"application/vnd.apple.mpegurl"}
    assert {each.headers["Content-Type"] for each in (init, segment)} == {"video/mp4"}
    assert {each.headers["Cache-Control"] for each in (index, media)} == {"max-age=0, s-maxage=1"}
    assert {each.headers["Cache-Control"] for each in (init, segment)} == {"public, max-age=31536000, immutable"}
    assert (segment.content[4:8], init.content[4:8]) == (b"moof", b"ftyp")
    assert on_air.hls.bytes_sent == len(init.content) + len(segment.content)
    preflight = await http.options(address)
    assert preflight.status_code == 204
    assert "GET" in preflight.headers["Access-Control-Allow-Methods"]


async def test_all_renditions_are_offered_and_encoded_while_somebody_asks_for_one(
    on_air: OnAir, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = (await http.get(on_air.url)).text
    assert re.findall(r"RESOLUTION=(\w+)", index) == [str(SIZE), str(SMALL)]
    assert re.findall(r"[^-]BANDWIDTH=(\d+)", index) == sorted(re.findall(r"[^-]BANDWIDTH=(\d+)", index), key=int, reverse=True)
    _, small = [urljoin(on_air.url, each) for each in variants(index)]
    assert on_air.hub.wanted(now_s()) == []
    media = await http.get(small)
    assert on_air.hub.wanted(now_s()) == [1]
    with av.open(io.BytesIO(await movie(http, small, media.text)), "r") as source:
        pictures = list(source.decode(video=0))
    assert (pictures[0].width, pictures[0].height) == (SMALL.width, SMALL.height)
    monkeypatch.setattr(channel, "IDLE_S", 0.0)
    await until(lambda: not on_air.hls.active)
    on_air.hub.streams[1].join(now_s() - 100)
    on_air.hub.streams[1].leave(now_s() - 100)
    assert on_air.hub.wanted(now_s()) == []


async def test_playlists_of_all_renditions_agree_on_all_but_names(
    on_air: OnAir, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 8216, section 6.2.4: what they hold, its times, its numbers; after a pause, too, and with somebody who loses packets."""

    async def agree() -> str:
        addresses = [urljoin(on_air.url, each) for each in variants((await http.get(on_air.url)).text)]
        playlists = {re.sub(r"(?m)(init-|\d+-).+$", r"\1", (await http.get(each)).text) for each in (*addresses, *addresses)}
        if len(playlists) > 1:  # a segment came between two answers
            return await agree()
        return playlists.pop()

    first = await agree()
    assert first.count("#EXTINF") >= channel.READY
    window = on_air.hls.window
    while window.count < 5:
        on_air.hub.streams[1].ask_keyframe(now_s())
        await asyncio.sleep(0.1)
    assert "#EXT-X-DISCONTINUITY\n" not in await agree()
    monkeypatch.setattr(channel, "IDLE_S", 0.0)
    await until(lambda: not on_air.hls.active)
    monkeypatch.setattr(channel, "IDLE_S", 30.0)
    again = await agree()
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:0" in first
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:1" in again


async def test_all_renditions_show_one_picture_at_one_time(on_air: OnAir, http: httpx.AsyncClient) -> None:
    """RFC 8216, section 6.2.4; the pictures' grey says which they are."""
    greys: list[dict[int, int]] = []
    addresses = [urljoin(on_air.url, each) for each in variants((await http.get(on_air.url)).text)]
    for address in addresses:
        await http.get(address)  # both are cut when this has answered
    for address in addresses:
        with av.open(io.BytesIO(await movie(http, address, (await http.get(address)).text)), "r") as source:
            frames = [(frame.pts, round(float(frame.to_ndarray()[: frame.height].mean()))) for frame in source.decode(video=0)]
        greys.append({pts: grey for pts, grey in frames if pts is not None})
    both = set(greys[0]) & set(greys[1])
    assert len(both) > FPS / 2
    assert [greys[0][pts] for pts in sorted(both)] == pytest.approx([greys[1][pts] for pts in sorted(both)], abs=2)


async def movie(http: httpx.AsyncClient, address: str, playlist: str) -> bytes:
    """Index and segments of a playlist, as one file."""
    names = [*re.findall(r'MAP:URI="(.+?)"', playlist)[-1:], *segments(playlist, address)]
    return b"".join([(await http.get(urljoin(address, name))).content for name in names])


async def test_the_dates_are_those_of_capture(on_air: OnAir, http: httpx.AsyncClient) -> None:
    _, media = await media_of(http, on_air)
    dates = [datetime.fromisoformat(each).timestamp() for each in re.findall(r"DATE-TIME:(.+)", media.text)]
    lasts = [float(each) for each in re.findall(r"#EXTINF:([\d.]+)", media.text)]
    ends = dates[-1] + lasts[-1]
    assert 0 < time.time() - ends < 3
    [number] = re.findall(r"MEDIA-SEQUENCE:(\d+)", media.text)
    assert int(number) < 2**31  # hls.js stands still at more
    assert max(lasts) < 1.5


@pytest.mark.parametrize(
    "path",
    [
        "nobody/index.m3u8",
        "nobody/640x320/media.m3u8",
        "demo/9x9/media.m3u8",
        "demo/640x320/beef/1.m4s",
        "demo/640x320/beef/init-x.mp4",
        "x",
    ],
)
async def test_what_there_is_not_is_a_problem_and_not_kept_by_caches(on_air: OnAir, http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(urljoin(on_air.url, f"/hls/{path}"))
    assert answer.status_code == 404
    assert len(answer.json()["error"]) > 20
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_where_viewers_need_a_token_playlists_ask_for_it_and_name_what_caches_may_keep(on_air: OnAir) -> None:
    app, secret = FastAPI(), "0123456789abcdef" * 2
    app.include_router(Hls(on_air.channels, Access(AccessConfig(watch="token"), secret)).router)
    token, foreign, late = (
        make_token(key, "demo", "watch", time.time() + valid_s) for key, valid_s in ((secret, 60), (secret[::-1], 60), (secret, -1))
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://show/hls/demo/") as http:
        for address in ("index.m3u8", "640x320/media.m3u8"):
            for wrong in (address, f"{address}?access_token={foreign}", f"{address}?access_token={late}"):
                refused = await http.get(wrong)
                assert refused.status_code == 401
                assert "Bearer" in refused.headers["WWW-Authenticate"]
                assert refused.headers["Cache-Control"] == "no-store"
            assert (await http.get(address, headers={"Authorization": f"Bearer {token}"})).status_code == 200
        index = await http.get(f"index.m3u8?access_token={token}")
        media = await http.get(variants(index.text)[0])
        assert {index.headers["Cache-Control"], media.headers["Cache-Control"]} == {"private, max-age=0"}
        assert token not in media.text
        segment = await http.get(f"640x320/{media.text.splitlines()[-1]}")
        assert segment.status_code == 200
        assert segment.headers["Cache-Control"] == "public, max-age=31536000, immutable"


async def test_who_asks_before_there_is_a_picture_is_told_when_to_come_back(
    on_air: OnAir, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_air.feeding = False
    on_air.hub.set_slate(())
    monkeypatch.setattr(channel, "READY_S", 0.1)
    _, answer = await media_of(http, on_air)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "no picture yet" in answer.json()["error"]


async def test_ffmpeg_plays_on_while_the_engine_is_away_and_comes_back(on_air: OnAir) -> None:
    """Its own HLS reader, over HTTP."""
    loop = asyncio.get_running_loop()
    times: list[float] = []

    def play() -> None:
        with av.open(on_air.url, timeout=20) as source:
            for frame in source.decode(video=0):
                times.append(frame.time or 0.0)
                if len(times) == 2 * FPS:
                    loop.call_soon_threadsafe(setattr, on_air, "feeding", False)
                    loop.call_soon_threadsafe(on_air.hub.lose_engine, time.monotonic())
                    loop.call_soon_threadsafe(loop.call_later, 3, setattr, on_air, "feeding", True)
                if len(times) >= 6 * FPS:
                    return

    async with asyncio.timeout(40):
        await asyncio.to_thread(play)
    assert times == sorted(times)
    assert max(b - a for a, b in pairwise(times)) < 1.5


@pytest.fixture
async def page(on_air: OnAir) -> AsyncIterator[Page]:
    if MISSING:
        pytest.skip(", ".join(MISSING))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        )
        page = await browser.new_page()
        await page.goto(urljoin(on_air.url, "/page"))
        await page.add_script_tag(path=HLS_JS)
        yield page
        await browser.close()


async def test_hls_js_plays_a_few_seconds_behind_and_stumbles_over_no_slate(page: Page, on_air: OnAir) -> None:
    await page.evaluate(PLAY, on_air.url)
    before: dict[str, Any] = await page.evaluate(STATE)
    assert before["size"] == [SIZE.width, SIZE.height]
    assert before["codecs"] == "avc1.42e01f,mp4a.40.2"
    on_air.feeding = False
    on_air.hub.lose_engine(time.monotonic())
    await asyncio.sleep(2.5)
    on_air.feeding = True
    async with asyncio.timeout(30):
        while (await page.evaluate(STATE))["time"] < before["time"] + 8:
            await asyncio.sleep(0.1)
    after: dict[str, Any] = await page.evaluate(STATE)
    assert after["faults"] == []
    assert after["decoded"] > before["decoded"] + 4 * FPS
    assert after["audio"] > before["audio"]
    assert 0.5 < time.time() - after["date_ms"] / 1000 < 8


async def test_hls_js_changes_renditions_by_itself_without_a_gap_and_finds_all_that_is_kept_in_each(page: Page, on_air: OnAir) -> None:
    """As it comes: it takes what it may, and is let take less, and more again; then it goes back, in the rendition that it left."""
    async with asyncio.timeout(40):
        seen: dict[str, Any] = await page.evaluate(CHANGE, on_air.url)
    assert seen["widths"] == [SIZE.width, SMALL.width, SIZE.width, SMALL.width]
    assert seen["gap"] < 0.5
    assert seen["holes"] == 0
    assert "bufferSeekOverHole" not in seen["faults"]


async def test_hls_js_goes_on_by_itself_when_the_server_is_started_anew(page: Page, on_air: OnAir) -> None:
    await page.evaluate(PLAY, on_air.url)
    await on_air.start()
    anew_ms, decoded = time.time() * 1000, (await page.evaluate(STATE))["decoded"]
    async with asyncio.timeout(30):
        while (state := await page.evaluate(STATE))["decoded"] < decoded + 2 * FPS or (state["date_ms"] or 0) < anew_ms:
            await asyncio.sleep(0.1)
    assert not state["paused"]
