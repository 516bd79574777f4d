"""A viewer that behaves as a browser does on a bad line: it asks for what is missing, and shows pictures whole and in order.

Its ICE, DTLS and SRTP are aiortc's; what comes out of them is its own matter.
"""

import asyncio
import random
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.codecs.h264 import h264_depayload
from aiortc.rtp import (
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    RtpPacket,
)

from tests.streaming.client import SDP
from tests.streaming.relay import Relay, widen

SPS = 7  # a type of NAL unit: with it, a keyframe begins
ASK_EVERY_S, ASK_AGAIN_S = 0.02, 0.05
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

    def __init__(self, relay: Relay | None = None, kept: int | None = None) -> None:
        self.relay = relay
        self.shown = deque[Shown](maxlen=kept)
        self.tries = 0  # that the packet took that was asked for most often
        self.again = self.asked = 0
        self.unplayable = 0  # pictures before the first keyframe
        self.events: list[str] = []
        self.on_shown: Callable[[Shown], None] = lambda _: None
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._receiver: Any = self._peer.addTransceiver("video", direction="recvonly").receiver
        vars(self._receiver).update(_handle_rtp_packet=self._take, _handle_rtcp_packet=self._hear)
        self._packets: dict[int, tuple[RtpPacket, float]] = {}  # by sequence counted on over 16 bits
        self._next = self._highest = -1
        self._expected = self._received = 0
        self._missing: dict[int, tuple[int, float, float]] = {}  # how often it was asked for, when first, when last
        self._round_trip_s = 0.3  # until it is known
        self._ssrc, self._heard = 0, (0, 0.0)
        self._session = ""
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
        self._session = str(httpx.URL(url).join(reply.headers["Location"]))
        answer = re.sub(r"profile-level-id=\w+", "profile-level-id=42e01f", reply.text)
        await self._peer.setRemoteDescription(RTCSessionDescription(self.relay.answer(answer) if self.relay else answer, "answer"))
        async with asyncio.timeout(CONNECT_S):
            while self.state != "connected":
                assert self.state in ("connecting", "new"), self.state
                await asyncio.sleep(0.02)
        self._tasks = [asyncio.create_task(work) for work in (self._ask(), self._report())]

    async def picture(self) -> None:
        """Wait for the first."""
        async with asyncio.timeout(CONNECT_S):
            while not self.shown:
                await asyncio.sleep(0.02)

    async def settle(self) -> None:
        """Wait until all that was sent so far is here and shown."""
        highest = self._highest
        async with asyncio.timeout(CONNECT_S):
            while self._next < highest:
                await asyncio.sleep(0.02)

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:  # over a bad line the server may not hear that the connection is closed
            with suppress(httpx.TransportError):  # it may be gone
                async with httpx.AsyncClient(trust_env=False, timeout=CONNECT_S) as http:
                    await http.delete(self._session)
        await self._peer.close()
        if self.relay:
            self.relay.close()

    async def _take(self, packet: RtpPacket, **_: int) -> None:
        if packet.ssrc != self._ssrc and self._ssrc:
            self.again += 1
            self._keep(int.from_bytes(packet.payload[:2]), packet, packet.payload[2:])  # RFC 4588, section 4
            return
        self._ssrc = packet.ssrc
        self._received += 1
        self._keep(packet.sequence_number, packet, packet.payload)

    def _keep(self, sequence: int, packet: RtpPacket, payload: bytes) -> None:
        now_s = time.monotonic()
        if self._highest < 0:
            self._next, self._highest = sequence + 65536, sequence + 65535
        full = self._highest + ((sequence - self._highest + 32768) % 65536) - 32768
        if full > self._highest:
            self._expected += full - self._highest
            self._missing.update(dict.fromkeys(range(self._highest + 1, full), (0, 0.0, 0.0)))
            self._highest = full
        elif full in self._missing:
            _, asked_s, _ = self._missing.pop(full)
            self._round_trip_s += (now_s - asked_s - self._round_trip_s) / 4 if asked_s else 0.0
        else:
            return
        packet.payload = payload
        self._packets[full] = packet, now_s
        self._show()

    def _show(self) -> None:
        """Show what is whole."""
        end = self._next
        while end in self._packets:
            end += 1
            if self._packets[end - 1][0].marker:
                parts = [self._packets.pop(number) for number in range(self._next, end)]
                self._next = end
                data = b"".join(h264_depayload(packet.payload) for packet, _ in parts).replace(b"\0\0\0\1", b"\0\0\1")
                if self.shown or data[3] & 31 == SPS:
                    self.shown.append(Shown(data, parts[0][0].timestamp, time.monotonic() - min(came_s for _, came_s in parts)))
                    self.on_shown(self.shown[-1])
                else:
                    self.unplayable += 1

    async def _ask(self) -> None:
        """Ask for what is missing; for a keyframe where the very first packets are, of which nobody knows."""
        keyframe_s = 0.0
        while True:
            await asyncio.sleep(ASK_EVERY_S)
            now_s, lost = time.monotonic(), list[int]()
            for number, (tries, first_s, last_s) in self._missing.items():
                if now_s - last_s < max(ASK_AGAIN_S, 1.5 * self._round_trip_s):
                    continue
                self.tries = max(self.tries, tries + 1)
                self._missing[number] = tries + 1, first_s or now_s, now_s
                lost.append(number & 0xFFFF)
            if self.unplayable and not self.shown and now_s - keyframe_s > ASK_AGAIN_S:
                keyframe_s = now_s
                await self._send(RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=1, media_ssrc=self._ssrc))
            if lost:
                self.asked += len(lost)
                await self._send(RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=1, media_ssrc=self._ssrc, lost=lost))

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


async def come_and_go(
    url: str, loss: float, lasts_s: float, chance: random.Random, stays_s: tuple[float, float], kept: int | None = None
) -> AsyncIterator[Watcher]:
    """One seat before a channel: somebody else takes it as soon as it is free. Gives each viewer when it has joined, and lets it stay."""
    now_s = asyncio.get_running_loop().time
    ends_s = now_s() + lasts_s
    while (left_s := ends_s - now_s()) > 0:
        watcher = Watcher(await Relay(loss, seed=chance.getrandbits(32)).open(), kept)
        try:
            await watcher.join(url)
            yield watcher
            await watcher.picture()
            await asyncio.sleep(min(chance.uniform(*stays_s), max(1.0, left_s)))
            await watcher.settle()
        finally:
            await watcher.leave()
