"""Chromium as a viewer: what counts is what it decodes."""

import asyncio
from collections.abc import AsyncIterator
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


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield await browser.new_page()
        await browser.close()


async def watch(page: Page, on_air: Any) -> float:
    await page.goto(on_air.url.replace("/whep/demo", "/nothing"))
    return float(await page.evaluate(PLAY, on_air.url))


async def test_a_browser_shows_the_channel(page: Page, on_air: Any) -> None:
    await asyncio.sleep(1)
    joined_ms = await watch(page, on_air)
    await page.wait_for_timeout(3000)
    statistics = await page.evaluate(STATISTICS)
    print(joined_ms, statistics, on_air.keyframes_at)
    print(await page.evaluate("answer"))
    await page.evaluate("clock.send(JSON.stringify({type: 'ping', t0: 5}))")
    await page.wait_for_timeout(300)
    print(await page.evaluate("events"))
    print(await page.evaluate("frames_shown.slice(-3)"), await page.evaluate("performance.timeOrigin"))
    assert 0
