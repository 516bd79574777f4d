"""A session, watched by aiortc as a client."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
from aiortc import RTCDataChannel, RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription
from aiortc.rtp import RtcpSrPacket, RtpPacket

from tests.waiting import until

SDP = {"Content-Type": "application/sdp"}


class Client:
    """A viewer that keeps every RTP packet and sender report of its video."""

    def __init__(self) -> None:
        self.peer = RTCPeerConnection()
        self.clock: RTCDataChannel = self.peer.createDataChannel("clock")
        self.clock.on("message", lambda message: self.heard.append(json.loads(message)))
        self.heard: list[dict[str, Any]] = []
        self.packets: list[RtpPacket] = []
        self.reports: list[tuple[float, RtcpSrPacket]] = []
        self.receiver: RTCRtpReceiver = self.peer.addTransceiver("video", direction="recvonly").receiver
        self._spy(self.receiver)

    def _spy(self, receiver: Any) -> None:
        on_rtp, on_rtcp = receiver._handle_rtp_packet, receiver._handle_rtcp_packet

        async def keep_rtp(packet: RtpPacket, *rest: Any, **more: Any) -> None:
            self.packets.append(packet)
            await on_rtp(packet, *rest, **more)

        async def keep_rtcp(packet: Any) -> None:
            if isinstance(packet, RtcpSrPacket):
                self.reports.append((time.time(), packet))
            await on_rtcp(packet)

        receiver._handle_rtp_packet, receiver._handle_rtcp_packet = keep_rtp, keep_rtcp

    async def watch(self, url: str) -> None:
        await self.peer.setLocalDescription(await self.peer.createOffer())
        async with httpx.AsyncClient() as http:
            reply = await http.post(url, content=self.peer.localDescription.sdp, headers=SDP)
        assert reply.status_code == 201, reply.text
        answer = re.sub(r"profile-level-id=\w+", "profile-level-id=42e01f", reply.text)
        await self.peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    @property
    def stamps(self) -> list[int]:
        """Time stamp of each picture, in order of arrival."""
        return list(dict.fromkeys(packet.timestamp for packet in self.packets))

    def keyframes(self) -> int:
        """How many sequence parameter sets have come, alone or in an aggregate (RFC 6184, section 5.7)."""
        return sum(packet.payload[0] & 31 == 7 or (packet.payload[0] & 31 == 24 and packet.payload[3] & 31 == 7) for packet in self.packets)


@pytest.fixture
async def client(on_air: Any) -> AsyncIterator[Client]:
    await until(lambda: on_air.encoded > 20)
    client = Client()
    await client.watch(on_air.url)
    yield client
    await client.peer.close()


async def test_a_joiner_gets_the_cached_group_and_then_live(on_air: Any, client: Client) -> None:
    def steps() -> list[int]:
        return [(after - before) & 0xFFFFFFFF for before, after in pairwise(client.stamps)]

    await until(lambda: len(client.stamps) > 30 and sum(steps()[-5:]) / 5 == pytest.approx(3600, rel=0.2))
    assert steps()[:15] == 15 * [90]
    assert client.keyframes() == 1
    assert on_air.keyframes_at == [1]


async def test_a_second_viewer_adds_no_encoding(on_air: Any, client: Client) -> None:
    other = Client()
    await other.watch(on_air.url)
    await until(lambda: len(client.stamps) > 30 and len(other.stamps) > 30)
    assert on_air.channel.viewers == 2
    assert on_air.channel.pictures == on_air.encoded
    assert on_air.keyframes_at == [1]
    assert {packet.ssrc for packet in client.packets}.isdisjoint(packet.ssrc for packet in other.packets)
    await other.peer.close()


async def test_picture_loss_brings_a_keyframe(on_air: Any, client: Client) -> None:
    await until(lambda: client.packets)
    await client.receiver._send_rtcp_pli(client.packets[0].ssrc)
    await until(lambda: client.keyframes() == 2)
    assert len(on_air.keyframes_at) == 2


async def test_sender_reports_tell_the_time_of_capture(on_air: Any, client: Client) -> None:
    await until(lambda: len(client.reports) >= 2)
    on_air.feeding = False
    await asyncio.sleep(0)
    newest = client.stamps[-1]
    for came_s, report in client.reports:
        ntp_s = report.sender_info.ntp_timestamp / 2**32 - 2_208_988_800
        assert came_s - 0.2 < ntp_s <= came_s
        ahead = (newest - report.sender_info.rtp_timestamp + 2**31 & 0xFFFFFFFF) - 2**31
        captured_s = ntp_s + ahead / 90_000
        assert captured_s == pytest.approx(time.time(), abs=0.2)
    (_, first), (_, last) = client.reports[0], client.reports[-1]
    wire_s = ((last.sender_info.rtp_timestamp - first.sender_info.rtp_timestamp) & 0xFFFFFFFF) / 90_000
    assert wire_s == pytest.approx((last.sender_info.ntp_timestamp - first.sender_info.ntp_timestamp) / 2**32, abs=1e-3)


async def test_the_clock_is_told_with_the_capture_time_of_pictures(client: Client) -> None:
    await until(lambda: client.clock.readyState == "open" and len(client.stamps) > 25)
    before_ms = time.time() * 1e3
    client.clock.send(json.dumps({"type": "ping", "t0": 17.5}))
    await until(lambda: any(event["type"] == "pong" for event in client.heard))
    [pong] = [event for event in client.heard if event["type"] == "pong"]
    assert pong["t0"] == 17.5
    assert before_ms - 1 <= pong["t1"] <= pong["t2"] <= time.time() * 1e3 + 1
    age_s = ((pong["video"]["rtp"] - client.stamps[-1] + 2**31 & 0xFFFFFFFF) - 2**31) / pong["video"]["clock_hz"]
    assert abs(age_s) < 0.3, "the newest picture was captured just before the pong"
    assert pong["video"]["captured_ms"] == pytest.approx(pong["t2"], abs=5)


async def test_a_joiner_hears_the_state_of_the_channel(client: Client) -> None:
    await until(lambda: client.heard)
    assert client.heard[0] == {"type": "state", "state": "live"}


NONSENSE: list[bytes | str] = [
    b"\x00" * 100,
    "{",
    "[]",
    "null",
    '{"type": "stop"}',
    '{"type": "ping"}',
    '{"type": "ping", "t0": "x"}',
    '{"type": "ping", "t0": NaN}',
    "[" * 1000,
    "x" * 60_000,
]


async def test_what_makes_no_sense_on_the_data_channel_is_ignored(client: Client) -> None:
    await until(lambda: client.clock.readyState == "open")
    for message in NONSENSE:
        client.clock.send(message)
    client.clock.send('{"type": "ping", "t0": 1}')
    await until(lambda: any(event.get("t0") == 1 for event in client.heard))
    assert sum(event["type"] == "pong" for event in client.heard) == 1


async def test_a_flood_of_pings_is_not_answered(client: Client) -> None:
    await until(lambda: client.clock.readyState == "open")
    for n in range(500):
        client.clock.send(json.dumps({"type": "ping", "t0": n}))
    await until(lambda: client.clock.bufferedAmount == 0)
    await asyncio.sleep(0.3)
    assert 10 < sum(event["type"] == "pong" for event in client.heard) < 60


async def test_a_viewer_that_leaves_is_forgotten(on_air: Any, client: Client) -> None:
    await until(lambda: client.packets)
    await client.peer.close()
    await until(lambda: not on_air.whep.sessions)
    assert on_air.channel.viewers == 0
