"""Chromium as a viewer: what counts is what it decodes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright

PLAY = """
async (url) => {
  const pc = window.pc = new RTCPeerConnection();
  pc.addTransceiver("video", {direction: "recvonly"});
  pc.addTransceiver("audio", {direction: "recvonly"});
  const clock = window.clock = pc.createDataChannel("clock");
  window.events = [];
  clock.onmessage = (message) => events.push(JSON.parse(message.data));
  const video = window.video = document.createElement("video");
  video.muted = true; video.autoplay = true; video.playsInline = true;
  document.body.append(video);
  pc.ontrack = (event) => { if (event.track.kind === "video") video.srcObject = event.streams[0]; };
  window.frames_shown = [];
  const shown = (now, metadata) => { frames_shown.push(metadata); video.requestVideoFrameCallback(shown); };
  video.requestVideoFrameCallback(shown);
  const start = performance.now();
  await pc.setLocalDescription(await pc.createOffer());
  const reply = await fetch(url, {method: "POST", headers: {"Content-Type": "application/sdp"}, body: pc.localDescription.sdp});
  if (reply.status !== 201) throw new Error(reply.status + " " + await reply.text());
  window.answer = await reply.text();
  window.session = reply.headers.get("Location");
  await pc.setRemoteDescription({type: "answer", sdp: window.answer});
  while (!frames_shown.length) await new Promise((done) => setTimeout(done, 5));
  return performance.now() - start;
}
"""
STATISTICS = """
async () => {
  const found = {};
  for (const each of (await pc.getStats()).values())
    if (each.type === "inbound-rtp") found[each.kind] = each;
  return found;
}
"""

READ_GREY = """
() => {
  const canvas = document.createElement("canvas");
  canvas.width = 640; canvas.height = 320;
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0);
  return [...context.getImageData(320, 300, 1, 1).data.slice(0, 3)];
}
"""
LATENCIES = """
async () => {
  const sent = Date.now();
  clock.send(JSON.stringify({type: "ping", t0: sent}));
  while (!events.some((event) => event.t0 === sent)) await new Promise((done) => setTimeout(done, 5));
  const {video} = events.find((event) => event.t0 === sent);
  return frames_shown.slice(-20).map((frame) => {
    const captured = video.captured_ms + ((frame.rtpTimestamp - video.rtp) | 0) / (video.clock_hz / 1000);
    return performance.timeOrigin + frame.presentationTime - captured;
  });
}
"""


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield await browser.new_page()
        await browser.close()


async def watch(page: Page, on_air: Any) -> float:
    await page.goto(on_air.url.replace("/whep/demo", "/nothing"))
    return float(await page.evaluate(PLAY, on_air.url))


async def decoded(page: Page) -> dict[str, Any]:
    statistics: dict[str, dict[str, Any]] = await page.evaluate(STATISTICS)
    return statistics["video"]


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await true():
            await asyncio.sleep(0.02)


async def test_a_browser_shows_every_picture_and_plays_sound(page: Page, on_air: Any) -> None:
    assert await watch(page, on_air) < 2000
    before, encoded = await decoded(page), on_air.encoded
    await asyncio.sleep(2)
    after, encoded = await decoded(page), on_air.encoded - encoded
    assert (after["frameWidth"], after["frameHeight"]) == (640, 320)
    assert after["framesDecoded"] - before["framesDecoded"] >= 0.97 * encoded - 1
    assert after["packetsLost"] == after["framesDropped"] == 0
    sound = (await page.evaluate(STATISTICS))["audio"]
    assert sound["packetsReceived"] > 90
    assert sound["packetsDiscarded"] == 0


async def test_who_joins_late_sees_a_picture_at_once_without_a_keyframe(page: Page, on_air: Any) -> None:
    await asyncio.sleep(1.5)
    await watch(page, on_air)
    assert (await decoded(page))["framesDecoded"] >= 1
    assert on_air.keyframes_at == [1]
    await asyncio.sleep(1)
    shown = await decoded(page)
    assert shown["pliCount"] == 0
    assert shown["jitterBufferDelay"] / shown["jitterBufferEmittedCount"] < 0.1, "the burst of the join must not become a delay"


async def test_colours_arrive_as_they_left(page: Page, on_air: Any) -> None:
    await watch(page, on_air)
    grey = await page.evaluate(READ_GREY)
    code = 320 * 100 // 640 + 40  # what conftest draws in the middle
    assert grey == pytest.approx([(code - 16) * 255 / 219] * 3, abs=4)


async def test_the_slate_plays_when_the_engine_falls_silent_and_pictures_come_back(page: Page, on_air: Any) -> None:
    await watch(page, on_air)
    on_air.feeding = False

    async def dark() -> bool:
        return bool(max(await page.evaluate(READ_GREY)) < 60)

    async def live() -> bool:
        return not await dark()

    await until(dark)
    assert on_air.channel.phase == "slate"
    on_air.feeding = True
    await until(live)
    assert on_air.keyframes_at == [1, on_air.keyframes_at[-1]]
    assert await page.evaluate("pc.connectionState") == "connected"
    assert [event["state"] for event in await page.evaluate("events") if event["type"] == "state"] == ["live", "slate", "live"]


async def test_the_page_can_tell_when_a_picture_was_captured(page: Page, on_air: Any) -> None:
    await watch(page, on_air)
    await asyncio.sleep(1)
    latencies = await page.evaluate(LATENCIES)
    assert len(latencies) > 10
    assert 0 < sorted(latencies)[len(latencies) // 2] < 500
