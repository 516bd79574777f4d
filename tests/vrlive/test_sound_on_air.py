"""The whole way: a file that flashes and clicks at once, `vrlive serve`, and a viewer that follows sender reports (RFC 3550)."""

import asyncio
import contextlib
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtcpSrPacket

from streaming.movie import Movie
from streaming.sound_format import AMBISONICS
from tests.e2e.show import running
from vrlive.frames import SOUND_RATE_HZ, Picture, Sound
from vrlive.units import Size

SIZE, FPS, SECONDS = Size(256, 128), 25, 8
AT_S = 0.48  # in each second
TOKEN = "a-token-for-this-test"
CHANNEL = """
name = "demo"
size = "256x128"
rig = "equirect"
rendition = []
[[camera]]
name = "room"
url = "room.mp4"
loop = true
[record]
enabled = true
keep_free_gb = 0
[[sound]]
camera = "room"
gain_db = -3
format = "ambisonics"
"""


@pytest.fixture
def channel(tmp_path: Path) -> Path:
    """A channel of one camera that flashes in all directions, and clicks on its left."""
    time_s = np.arange(SECONDS * SOUND_RATE_HZ) / SOUND_RATE_HZ % 1 - AT_S
    click = np.where((time_s >= 0) & (time_s < 0.01), 0.8 * np.sin(2 * np.pi * 2000 * time_s) * np.exp(-np.abs(time_s) / 0.003), 0)
    with Movie(tmp_path / "room.mp4", SIZE, Fraction(FPS), sound=AMBISONICS, cameras=1) as movie:
        for number in range(SECONDS * FPS):
            movie.write(Picture.filled(SIZE, (200 if number % FPS == round(AT_S * FPS) else 40, 128, 128)), number / FPS)
        movie.write_sound(Sound((click[:, None] * [1, 1, 0, 0]).astype(np.float32), 0.0))
        movie.finish()
    (tmp_path / "channel.toml").write_text(CHANNEL)
    return tmp_path / "channel.toml"


class Viewer:
    """Decodes what it is sent; by the newest sender report of each stream it tells when that was."""

    def __init__(self) -> None:
        self.peer = RTCPeerConnection()
        self.flashes_s: list[float] = []
        self.clicks_s: list[float] = []
        self.loudest = np.zeros(2)
        self._reports: dict[str, RtcpSrPacket] = {}
        self._mappers: dict[str, Any] = {}  # aiortc counts time stamps from the first that came
        self._lit = False
        self._tasks: list[asyncio.Task[None]] = []
        for kind in ("video", "audio"):
            receiver = self.peer.addTransceiver(kind, direction="recvonly").receiver
            self._spy(receiver, kind)
        self.peer.on("track", lambda track: self._tasks.append(asyncio.ensure_future(self._follow(track))))

    def _spy(self, receiver: Any, kind: str) -> None:
        on_rtcp = receiver._handle_rtcp_packet
        self._mappers[kind] = receiver._RTCRtpReceiver__timestamp_mapper

        async def keep(packet: Any) -> None:
            if isinstance(packet, RtcpSrPacket):
                self._reports[kind] = packet
            await on_rtcp(packet)

        receiver._handle_rtcp_packet = keep

    async def watch(self, url: str) -> None:
        await self.peer.setLocalDescription(await self.peer.createOffer())
        async with httpx.AsyncClient(trust_env=False) as http:
            reply = await http.post(url, content=self.peer.localDescription.sdp, headers={"Content-Type": "application/sdp"})
        assert reply.status_code == 201, reply.text
        answer = re.sub(r"profile-level-id=\w+", "profile-level-id=42e01f", reply.text)
        await self.peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def close(self) -> None:
        await self.peer.close()
        await asyncio.gather(*self._tasks)

    async def _follow(self, track: Any) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                report = self._reports.get(track.kind)
                if report is None or frame.pts is None:
                    continue
                info = report.sender_info
                ticks = (frame.pts + self._mappers[track.kind]._origin - info.rtp_timestamp + 2**31) % 2**32 - 2**31
                self._take(frame, info.ntp_timestamp / 2**32 + ticks * float(frame.time_base))

    def _take(self, frame: Any, time_s: float) -> None:
        if isinstance(frame, av.VideoFrame):
            lit = float(frame.to_ndarray()[: frame.height].mean()) > 120
            self.flashes_s += [time_s] if lit and not self._lit else []
            self._lit = lit
            return
        sound = np.abs(frame.to_ndarray().reshape(-1, 2)) / 32768
        loud = sound.max(axis=1) > 0.15
        if loud.any() and (not self.clicks_s or time_s - self.clicks_s[-1] > 0.1):
            self.clicks_s.append(time_s + int(loud.argmax()) / SOUND_RATE_HZ)
        self.loudest = np.maximum(self.loudest, sound.max(axis=0))

    async def apart_s(self, pairs: int) -> list[float]:
        """By how much each click comes after its flash; forgets those before, and the first: who joins gets the newest group in a burst."""
        self.flashes_s, self.clicks_s, self.loudest = [], [], np.zeros(2)
        async with asyncio.timeout(60):
            while min(len(self.flashes_s), len(self.clicks_s)) < pairs + 2:
                await asyncio.sleep(0.02)
        return [min((click - flash for click in self.clicks_s), key=abs) for flash in self.flashes_s[1 : pairs + 1]]


async def test_what_flashes_and_clicks_at_once_is_seen_and_heard_at_once(channel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VRLIVE_CONTROL_TOKEN", TOKEN)
    with running("serve", channel, "--port", "0") as show:
        await asyncio.to_thread(show.wait_until_live)
        viewer = Viewer()
        await viewer.watch(f"{show.url}whep/demo")
        apart_s = await viewer.apart_s(4)
        assert np.abs(apart_s).max() < 0.04
        assert viewer.loudest[0] > 0.3, "the click is on the left"
        assert viewer.loudest[1] < 0.1 * viewer.loudest[0]
        [heard] = (await asyncio.to_thread(show.state))["sound"]["inputs"]
        assert (heard["camera"], heard["channels"], heard["gain_db"], heard["in_force"]) == ("room", 4, -3, True)
        async with httpx.AsyncClient(base_url=show.url, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False) as http:
            assert (await http.patch("api/v1/channels/demo/sound/room", json={"delay_ms": 200})).status_code == 200
            metrics = (await http.get("metrics")).text
        assert 'vrlive_sound_missed_total{camera="room",channel="demo"}' in metrics
        state = await asyncio.to_thread(show.wait_for, "the delay is in force", lambda state: state["sound"]["inputs"][0]["in_force"])
        assert state["sound"]["inputs"][0]["delay_ms"] == 200
        assert await viewer.apart_s(3) == pytest.approx([0.2] * 3, abs=0.04)
        await viewer.close()
    check_recording(next((channel.parent / "recordings").rglob("*.mp4")))


def check_recording(path: Path) -> None:
    """It holds the sphere of sound, in step with its pictures."""
    with av.open(str(path)) as source:
        assert source.streams.audio[0].layout.name == "ambisonic 1"
        found = [(frame.time or 0.0, frame.to_ndarray().reshape(4, -1)) for frame in source.decode(audio=0)]
    sphere = np.concatenate([samples for _, samples in found], axis=1)
    assert np.abs(sphere[1]).max() == pytest.approx(np.abs(sphere[0]).max(), rel=0.1), "from the left: Y is as loud as W"
    assert np.abs(sphere[2:]).max() < 0.1 * np.abs(sphere[0]).max()
    with av.open(str(path)) as source:
        flashes_s = [frame.time for frame in source.decode(video=0) if frame.time and frame.to_ndarray()[: frame.height].mean() > 120]
    clicks_s = [time_s + int(np.abs(samples[0]).argmax()) / SOUND_RATE_HZ for time_s, samples in found if np.abs(samples[0]).max() > 0.3]
    apart_s = [min((click_s - flash_s for click_s in clicks_s), key=abs) for flash_s in flashes_s[1:4]]
    assert apart_s
    assert np.abs(apart_s).max() < 0.04
