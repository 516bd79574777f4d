"""The sphere of sound for viewers that ask for it: in SDP, and as a real Chromium decodes it."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.async_api import Page, async_playwright

from streaming.offer import read_viewers_offer
from streaming.sound_format import AMBISONICS
from tests.streaming.client import SDP, offer
from tests.streaming.conftest import TONES_HZ
from tests.waiting import until

LINES = f"a=rtpmap:120 multiopus/48000/4\r\na=fmtp:120 {AMBISONICS.sdp_parameters}\r\n"

PLAY = """
async ([url, parameters]) => {
  const pc = window.pc = new RTCPeerConnection();
  pc.addTransceiver("video", {direction: "recvonly"});
  pc.addTransceiver("audio", {direction: "recvonly"});
  const offer = await pc.createOffer();
  const used = new Set([...offer.sdp.matchAll(/a=rtpmap:(\\d+)/g)].map((found) => Number(found[1])));
  const free = [...Array(32).keys()].map((n) => n + 96).concat([...Array(29).keys()].map((n) => n + 35)).find((n) => !used.has(n));
  const sdp = offer.sdp.replace(/(m=audio \\d+ \\S+) ([^\\r]*\\r\\n)/, `$1 ${free} $2`)
    .replace(/(m=audio[^]*?)(a=rtpmap)/, `$1a=rtpmap:${free} multiopus/48000/4\\r\\na=fmtp:${free} ${parameters}\\r\\n$2`);
  const heard = new Promise((done) => { pc.ontrack = (event) => { if (event.track.kind === "audio") done(event.streams[0]); }; });
  await pc.setLocalDescription({type: "offer", sdp});
  const reply = await fetch(url, {method: "POST", headers: {"Content-Type": "application/sdp"}, body: pc.localDescription.sdp});
  if (reply.status !== 201) throw new Error(reply.status + " " + await reply.text());
  window.answer = await reply.text();
  await pc.setRemoteDescription({type: "answer", sdp: window.answer});
  const stream = window.stream = await heard;
  const player = new Audio(); player.srcObject = stream; player.muted = true; player.play();  // without a player nothing is decoded
  return window.answer;
}
"""
CODEC = """
async () => {
  const all = [...(await pc.getStats()).values()];
  const sound = all.find((each) => each.type === "inbound-rtp" && each.kind === "audio");
  const {mimeType, channels} = all.find((each) => each.id === sound.codecId);
  return [mimeType, channels];
}
"""
LISTEN = """
async (samples) => {
  const reader = new MediaStreamTrackProcessor({track: stream.getAudioTracks()[0]}).readable.getReader();
  const heard = [];
  while (!heard.length || heard[0].length < samples) {
    const {value: piece} = await reader.read();
    for (let channel = 0; channel < piece.numberOfChannels; channel++) {
      const plane = new Float32Array(piece.numberOfFrames);
      piece.copyTo(plane, {planeIndex: channel, format: "f32-planar"});
      (heard[channel] ??= []).push(...plane);
    }
    piece.close();
  }
  return heard;
}
"""


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        yield await browser.new_page()
        await browser.close()


async def asking(lines: str = LINES) -> str:
    """A real client's offer with the lines of multiopus in front of its other sound."""
    text = await offer()
    return re.sub(r"(m=audio \d+ \S+)(.*?\r\n)(.*?)(a=rtpmap)", rf"\1 120\2\3{lines}\4", text, count=1, flags=re.DOTALL)


async def test_who_asks_is_found_and_who_does_not_gets_stereo() -> None:
    assert read_viewers_offer(await asking(), ambisonics=True).multiopus == 120
    assert read_viewers_offer(await asking(), ambisonics=False).multiopus is None
    assert read_viewers_offer(await offer(), ambisonics=True).multiopus is None


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("num_streams=4", "num_streams=2"), ("coupled_streams=0", "coupled_streams=2"), ("0,1,2,3", "0,2,1,3"), ("48000/4", "48000/6")],
)
async def test_who_would_put_it_together_in_another_way_gets_stereo(ours: str, theirs: str) -> None:
    read = read_viewers_offer(await asking(LINES.replace(ours, theirs)), ambisonics=True)
    assert read.multiopus is None
    assert read.audio


async def test_the_answer_says_what_is_sent(on_air: Any) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(on_air.url, content=await asking(), headers=SDP)
        plain = await client.post(on_air.url, content=await offer(), headers=SDP)
    [sound] = re.findall(r"m=audio.*?(?=m=|\Z)", answer.text, re.DOTALL)
    assert answer.status_code == 201
    assert sound.splitlines()[0].split()[3:] == ["120"]
    assert LINES in sound
    assert " opus/" not in sound
    assert "multiopus" not in plain.text
    assert " opus/48000/2" in plain.text


async def test_chromium_decodes_the_sphere_of_sound(page: Page, on_air: Any) -> None:
    await page.goto(on_air.url.replace("/whep/demo", "/nothing"))
    answer = await page.evaluate(PLAY, [on_air.url, AMBISONICS.sdp_parameters])
    assert "multiopus/48000/4" in answer
    on_air.ambisonics = True
    await until(lambda: on_air.channel.sent.octets > 100_000)
    heard = np.array(await page.evaluate(LISTEN, 48_000))
    assert await page.evaluate(CODEC) == ["audio/multiopus", 4]
    loudest = np.abs(np.fft.rfft(heard[:, -24_000:] * np.hanning(24_000))).argmax(axis=1) * 2
    assert list(loudest) == pytest.approx(TONES_HZ, abs=2)
