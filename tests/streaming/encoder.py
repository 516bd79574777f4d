"""A WebRTC encoder in this process: aiortc sends what x264 and Opus of ours made, and what the network does to it is ours too."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction
from typing import Any

import av
import httpx
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.rtp import is_rtcp

from streaming.encoder import VideoEncoder
from tests.streaming.client import SDP
from tests.streaming.conftest import CONFIG, FPS, SIZE, drawn
from tests.streaming.studio import BEARER
from vrlive.clock import now_s
from vrlive.frames import Frame


class Pictures(MediaStreamTrack):
    """Pictures drawn and encoded in real time, with one keyframe, and another whenever somebody asks."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._encoder = VideoEncoder(SIZE, FPS, CONFIG)
        self._start_s = now_s()
        self.sent = 0
        self.requests = 0

    async def recv(self) -> "av.Packet[Any]":
        await asyncio.sleep(max(0.0, self._start_s + self.sent / FPS - now_s()))
        unit = self._encoder.encode(Frame(drawn(self.sent), self.sent, Fraction(1, FPS), now_s()))
        assert unit is not None
        packet = av.Packet(unit.data)
        packet.pts, packet.time_base = self.sent, Fraction(1, FPS)
        self.sent += 1
        return packet

    def request_keyframe(self) -> None:
        self.requests += 1
        self._encoder.request_keyframe()


class Tone(MediaStreamTrack):
    """A tone, which aiortc encodes."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._start_s, self._sent = now_s(), 0

    async def recv(self) -> av.AudioFrame:
        await asyncio.sleep(max(0.0, self._start_s + self._sent / 50 - now_s()))
        wave = np.sin(2 * np.pi * 440 * np.arange(self._sent * 960, (self._sent + 1) * 960) / 48_000) * 8000
        frame = av.AudioFrame.from_ndarray(wave.astype(np.int16).repeat(2)[None], "s16", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, self._sent * 960, Fraction(1, 48_000)
        self._sent += 1
        return frame


class Camera:
    """One that publishes."""

    def __init__(self, url: str, lose: float = 0.0) -> None:
        self.url, self._lose, self._luck = url, lose, random.Random(9725)
        self.place = ""
        self.pictures = Pictures()
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))

    async def publish(self) -> None:
        self.peer.addTransceiver(Tone(), direction="sendonly")
        video = self.peer.addTransceiver(self.pictures, direction="sendonly")
        video.setCodecPreferences([each for each in RTCRtpSender.getCapabilities("video").codecs if each.name in ("H264", "rtx")])
        vars(video.sender)["_send_keyframe"] = self.pictures.request_keyframe
        await self.peer.setLocalDescription(await self.peer.createOffer())
        async with httpx.AsyncClient(trust_env=False) as http:
            reply = await http.post(self.url, content=self.peer.localDescription.sdp, headers={**SDP, **BEARER})
        assert reply.status_code == 201, reply.text
        self.place = reply.headers["Location"]
        transport = self.peer.getSenders()[0].transport  # that of the bundle
        stock = transport._send_rtp

        async def send(data: bytes) -> None:
            if is_rtcp(data) or self._luck.random() >= self._lose:
                await stock(data)

        vars(transport)["_send_rtp"] = send
        await self.peer.setRemoteDescription(RTCSessionDescription(reply.text, "answer"))


@asynccontextmanager
async def publishing(url: str, *, lose: float = 0.0) -> AsyncIterator[Camera]:
    """A camera that publishes for as long as the block lasts."""
    camera = Camera(url, lose)
    try:
        await camera.publish()
        yield camera
    finally:
        await camera.peer.close()
