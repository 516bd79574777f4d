"""Chromium as a camera, and other people's web clients as cameras and viewers."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright

from tests.checkout import ROOT
from tests.streaming.studio import TOKEN, Studio, studio_on_air
from tests.waiting import until

BUNDLE = ROOT / "streaming/web/node_modules/.cache/witnesses.js"
FAKE_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
CAMERA = "navigator.mediaDevices.getUserMedia({video: {width: 640, height: 480, frameRate: 25}, audio: true})"
PLAIN = f"""
async ([url, token]) => {{
  const media = await {CAMERA};
  const pc = window.pc = new RTCPeerConnection();
  for (const track of media.getTracks()) pc.addTransceiver(track, {{direction: "sendonly", streams: [media]}});
  await pc.setLocalDescription(await pc.createOffer());
  const headers = {{"Content-Type": "application/sdp", Authorization: "Bearer " + token}};
  const reply = await fetch(url, {{method: "POST", headers, body: pc.localDescription.sdp}});
  if (reply.status !== 201) throw new Error(reply.status + " " + await reply.text());
  await pc.setRemoteDescription({{type: "answer", sdp: await reply.text()}});
  window.hangUp = async () => {{ pc.close(); return (await fetch(reply.headers.get("Location"), {{method: "DELETE"}})).status; }};
}}
"""
EYEVINN_CAMERA = f"""
async ([url, token]) => {{
  const {{EyevinnCamera}} = await import("/witnesses.js");
  const camera = new EyevinnCamera({{endpoint: url, opts: {{authkey: token, iceServers: []}}}});
  await camera.setIceServersFromEndpoint();
  await camera.ingest(await {CAMERA});
  window.hangUp = () => camera.destroy();
}}
"""
MEDOOZE_CAMERA = f"""
async ([url, token]) => {{
  const {{MedoozeCamera}} = await import("/witnesses.js");
  const media = await {CAMERA};
  const pc = new RTCPeerConnection({{bundlePolicy: "max-bundle"}});
  for (const track of media.getTracks()) pc.addTransceiver(track, {{direction: "sendonly", streams: [media]}});
  const camera = new MedoozeCamera();
  await camera.publish(pc, url, token);
  window.hangUp = () => camera.stop();
}}
"""
EYEVINN_VIEWER = """
async ([url]) => {
  const {WebRTCPlayer} = await import("/witnesses.js");
  const video = window.video = document.createElement("video");
  video.muted = true; video.autoplay = true;
  document.body.append(video);
  const player = new WebRTCPlayer({video, type: "whep", iceServers: [], statsTypeFilter: "^inbound-rtp"});
  await player.load(new URL(url));
  window.hangUp = () => player.unload();
}
"""
MEDOOZE_VIEWER = """
async ([url]) => {
  const {MedoozeViewer} = await import("/witnesses.js");
  const video = window.video = document.createElement("video");
  video.muted = true; video.autoplay = true;
  document.body.append(video);
  const pc = new RTCPeerConnection({bundlePolicy: "max-bundle"});
  for (const kind of ["audio", "video"]) pc.addTransceiver(kind, {direction: "recvonly"});
  pc.ontrack = (event) => { if (event.track.kind === "video") video.srcObject = event.streams[0]; };
  const viewer = new MedoozeViewer();
  await viewer.view(pc, url);
  window.hangUp = () => viewer.stop();
}
"""
SHOWN = "() => video.getVideoPlaybackQuality().totalVideoFrames"


@pytest.fixture(scope="session")
def bundle() -> Path:
    """Their clients in one file."""
    made = subprocess.run([sys.executable, "hatch_build.py", "witnesses"], cwd=ROOT, capture_output=True, text=True, check=False)
    if "pip install" in made.stderr:
        pytest.skip(made.stderr.strip())
    assert made.returncode == 0, made.stderr
    return BUNDLE


@pytest.fixture
async def page(bundle: Path) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", *FAKE_CAMERA])
        page = await browser.new_page()
        await page.route("**/witnesses.js", lambda route: route.fulfill(path=bundle, content_type="text/javascript"))
        yield page
        await browser.close()


@pytest.fixture
async def studio() -> AsyncIterator[Studio]:
    async with studio_on_air() as studio:
        yield studio


async def begin(page: Page, script: str, url: str) -> None:
    await page.goto("/".join(url.split("/")[:3]) + "/nothing")
    await page.evaluate(script, [url, TOKEN])


@pytest.mark.parametrize("script", [PLAIN, EYEVINN_CAMERA, MEDOOZE_CAMERA], ids=["Chromium", "whip-web-client", "whip-whep"])
async def test_a_browser_publishes(page: Page, studio: Studio, script: str) -> None:
    await begin(page, script, studio.url)
    await studio.wait_for(pictures=40, sounds=40)
    frames = studio.decoded()
    assert len(frames) == len(studio.of("video"))
    assert frames[-1].width / frames[-1].height == pytest.approx(4 / 3, rel=0.02), "a thin line makes it smaller"
    assert frames[-1].to_ndarray(format="rgb24").std() > 20, "the fake camera's green and yellow"
    await page.evaluate("() => hangUp()")
    await until(lambda: not studio.whip.sessions)


async def test_a_browser_sends_as_much_as_the_line_carries(page: Page, studio: Studio) -> None:
    await begin(page, PLAIN, studio.url)
    await studio.wait_for(pictures=30)
    [publisher] = studio.whip.sessions.values()
    assert publisher._video
    await until(lambda: publisher._video and publisher._video.capture_clock.correction_s == 0)  # the clock of this host is believed
    estimates = "async () => [...(await pc.getStats()).values()].find((each) => each.type === 'candidate-pair' && each.nominated)"
    await until_it_is(lambda: available(page, estimates))


async def available(page: Page, script: str) -> bool:
    pair: dict[str, Any] = await page.evaluate(script)
    return bool(pair["availableOutgoingBitrate"] > 1_500_000)


async def until_it_is(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await true():
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("script", [EYEVINN_VIEWER, MEDOOZE_VIEWER], ids=["webrtc-player", "whip-whep"])
async def test_a_player_of_others_shows_the_channel(page: Page, on_air: Any, script: str) -> None:
    await begin(page, script, on_air.url)
    await until_it_is(lambda: page.evaluate(f"() => ({SHOWN})() > 25"))
    assert await page.evaluate("() => [video.videoWidth, video.videoHeight]") == [640, 320]
    await page.evaluate("() => hangUp()")
    await until(lambda: not on_air.whep.sessions)
