"""A viewer that behaves as a browser does on a bad line: it asks for what is missing, and shows pictures whole and in order.

Its ICE, DTLS and SRTP are aiortc's; what comes out of them is its own matter.
"""

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.codecs.h264 import h264_depayload
from aiortc.rtp import RTCP_RTPFB_NACK, RtcpReceiverInfo, RtcpRrPacket, RtcpRtpfbPacket, RtcpSrPacket, RtpPacket

from tests.streaming.client import SDP
from tests.streaming.relay import Relay, widen

ASK_EVERY_S, ASK_AGAIN_S, GIVE_UP_S = 0.02, 0.05, 3.0  # a browser would ask for a keyframe by then
REPORT_EVERY_S = 0.5
CONNECT_S = 30.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture that came whole, and that could be shown after all before it."""

    data: bytes  # Annex B, start codes of three bytes
    stamp: int
    waited_s: float  # from its first packet until it could be shown


class Watcher:
    """One viewer, by way of a relay if one is given."""

    def __init__(self, relay: Relay | None = None) -> None:
        self.relay = relay
        self.shown: list[Shown] = []
        self.missed = 0  # packets that did not come, however often they were asked for
        self.again = self.asked = 0
        self.events: list[str] = []
        self.on_shown: Callable[[Shown], None] = lambda _: None
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._receiver: Any = self._peer.addTransceiver("video", direction="recvonly").receiver
        self._sound: Any = self._peer.addTransceiver("audio", direction="recvonly").receiver
        self._receiver._handle_rtp_packet, self._receiver._handle_rtcp_packet = self._take, self._hear
        self._sound._handle_rtp_packet = self._ignore
        self._packets: dict[int, tuple[RtpPacket, float]] = {}  # by sequence counted on over 16 bits
        self._next = self._highest = -1
        self._expected = self._received = 0
        self._asked: dict[int, tuple[float, float]] = {}  # when each missing packet was asked for first and last
        self._ssrc, self._heard = 0, (0, 0.0)
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def state(self) -> str:
        return str(self._peer.connectionState)

    async def join(self, url: str) -> None:
        """Watch by WHEP; over when connected."""
        await self._peer.setLocalDescription(await self._peer.createOffer())
        offer = self._peer.localDescription.sdp
        for protocol in self._receiver.transport.transport._connection._protocols:
            widen(protocol.transport)
        async with httpx.AsyncClient(trust_env=False, timeout=CONNECT_S) as http:
            reply = await http.post(url, content=self.relay.offer(offer) if self.relay else offer, headers=SDP)
        assert reply.status_code == 201, reply.text
        answer = re.sub(r"profile-level-id=\w+", "profile-level-id=42e01f", reply.text)
        await self._peer.setRemoteDescription(RTCSessionDescription(self.relay.answer(answer) if self.relay else answer, "answer"))
        async with asyncio.timeout(CONNECT_S):
            while self.state != "connected":
                assert self.state == "connecting" or self.state == "new", self.state
                await asyncio.sleep(0.02)
        self._tasks = [asyncio.create_task(work) for work in (self._ask(), self._report())]

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._peer.close()
        if self.relay:
            self.relay.close()

    async def _ignore(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        pass

    async def _take(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        if packet.ssrc != self._ssrc and self._ssrc:
            self.again += 1
            self._keep(int.from_bytes(packet.payload[:2]), packet, packet.payload[2:])  # RFC 4588, section 4
            return
        self._ssrc = packet.ssrc
        self._received += 1
        self._keep(packet.sequence_number, packet, packet.payload)

    def _keep(self, sequence: int, packet: RtpPacket, payload: bytes) -> None:
        if self._highest < 0:
            self._highest = self._next = sequence + 65536
        full = self._highest + ((sequence - self._highest + 32768) % 65536) - 32768
        packet.payload = payload
        if full >= self._next:
            self._packets.setdefault(full, (packet, time.monotonic()))
        if full > self._highest:
            self._expected += full - self._highest
            self._highest = full
        self._show()

    def _show(self) -> None:
        """Show what is whole."""
        end = self._next
        while end in self._packets:
            end += 1
            if self._packets[end - 1][0].marker:
                parts = [self._packets.pop(number) for number in range(self._next, end)]
                data = b"".join(h264_depayload(packet.payload) for packet, _ in parts).replace(b"\0\0\0\1", b"\0\0\1")
                self.shown.append(Shown(data, parts[0][0].timestamp, time.monotonic() - min(came_s for _, came_s in parts)))
                self._next = end
                self.on_shown(self.shown[-1])

    async def _ask(self) -> None:
        """Ask for what is missing."""
        while True:
            await asyncio.sleep(ASK_EVERY_S)
            now_s, lost = time.monotonic(), list[int]()
            for number in range(self._next, self._highest):
                first_s, last_s = self._asked.get(number, (now_s, 0.0))
                if number in self._packets or now_s - last_s < ASK_AGAIN_S:
                    continue
                if now_s - first_s > GIVE_UP_S:
                    self.missed += 1
                self._asked[number] = first_s, now_s
                lost.append(number & 0xFFFF)
            if lost:
                self.asked += len(lost)
                await self._send(RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=1, media_ssrc=self._ssrc, lost=lost))
            self._asked = {number: times for number, times in self._asked.items() if number >= self._next}

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(REPORT_EVERY_S)
            fraction = max(0, self._expected - self._received) * 256 // max(1, self._expected)
            after = round((time.monotonic() - self._heard[1]) * 65536) if self._heard[0] else 0
            info = RtcpReceiverInfo(self._ssrc, min(255, fraction), 0, max(0, self._highest), 0, self._heard[0], after)
            self._expected = self._received = 0
            await self._send(RtcpRrPacket(ssrc=1, reports=[info]))

    async def _hear(self, packet: Any) -> None:
        if isinstance(packet, RtcpSrPacket):
            self._heard = packet.sender_info.ntp_timestamp >> 16 & 0xFFFFFFFF, time.monotonic()

    async def _send(self, packet: Any) -> None:
        with suppress(ConnectionError):
            await self._receiver.transport._send_rtp(bytes(packet))
