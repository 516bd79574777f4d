"""The receiving side of many viewers, in a process of its own: real ICE and DTLS by aiortc, after which packets are only counted.

It reports and asks again as a browser does (RFC 3550 section 6.4.2, RFC 4585 section 6.2.1), and decodes nothing.
"""

import asyncio
import http.client
import socket
import threading
import time
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription, rtcdtlstransport
from aiortc.rtp import RTCP_RTPFB_NACK, AnyRtcpPacket, RtcpReceiverInfo, RtcpRrPacket, RtcpRtpfbPacket, RtcpSrPacket

from streaming.ice import LOOPBACK, offer_only
from vrlive.bench.delivery.counting import (
    AGAIN,
    ARRIVED_NS,
    BASE,
    BYTES,
    HIGHEST,
    PACKETS,
    PICTURE_NS,
    PICTURES,
    REMEMBERED,
    SOUND,
    SSRC,
    STAMP,
    VIDEO,
    Counting,
)
from vrlive.bench.delivery.talk import Message, answer, one_address
from vrlive.errors import UserError

CONNECT_S: Final = 30.0
TOGETHER: Final = 10  # viewers that join at once where it is not joining that is measured
PATIENCE_S: Final = 0.05  # the loop looks so often whether it shall end
REST_S: Final = 0.0005  # between two looks: what comes meanwhile is taken in one go
REPORT_EVERY_S, ASK_EVERY_S = 1.0, 0.02
ASKED_AT_ONCE, TRIES = 128, 3
BUFFER_BYTES: Final = 4 << 20  # a keyframe fits; what is lost shall be lost on the way
SO_RCVBUFFORCE: Final = 33
NTP_MIDDLE: Final = 0xFFFFFFFF


class Sink:
    """All viewers of this process."""

    def __init__(self) -> None:
        self.counting = Counting()
        self.viewers: list[Viewer] = []
        self._loop = asyncio.get_running_loop()
        self._ending = self._beginning = False
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._receive, name="counting", daemon=True)
        self._thread.start()
        self._reporting = [asyncio.create_task(self._report()), asyncio.create_task(self._ask_again())]

    async def watch(self, url: str, count: int, every_s: float = 0.0) -> Message:
        """Join by WHEP: so many viewers, one `every_s`; 0: some at once."""
        if every_s:
            start_s, joins = time.monotonic(), list[asyncio.Task[None]]()
            for n in range(count):
                await asyncio.sleep(max(0.0, start_s + n * every_s - time.monotonic()))
                joins.append(asyncio.create_task(self._add().join(url)))
            await asyncio.gather(*joins)
        else:
            for first in range(0, count, TOGETHER):
                await asyncio.gather(*(self._add().join(url) for _ in range(min(TOGETHER, count - first))))
        await self.pictures()
        return {"joins_ms": [viewer.took_ms() for viewer in self.viewers]}

    async def answer(self, sdp: str) -> Message:
        """Answer somebody's offer with one more viewer."""
        return {"sdp": await self._add().answer(sdp)}

    async def pictures(self) -> Message:
        """Wait until everybody has had a whole picture."""
        async with asyncio.timeout(CONNECT_S):
            while not all(viewer.video[PICTURE_NS] for viewer in self.viewers):  # noqa: ASYNC110 - the counting thread knows no event loop
                await asyncio.sleep(0.01)
        return {}

    async def begin(self) -> Message:
        """Count anew."""
        self._begun.clear()
        self._beginning = True
        await asyncio.to_thread(self._begun.wait)
        return {}

    async def count(self, began_s: float, fps: float, clock_hz: float = 90_000) -> Message:
        """What was counted. The sender's picture n was due at `began_s` + n / `fps`."""
        streams = self.counting.streams[: len(self.viewers)]
        kinds = {"video": VIDEO, "sound": SOUND, "again": AGAIN}
        expected = np.where(streams[:, :, BASE] < 0, 0, streams[:, :, HIGHEST] - streams[:, :, BASE] + 1)
        lost = (expected - streams[:, :, PACKETS])[:, [VIDEO, SOUND]].sum()
        delays_ms = self._delays_ms(began_s, fps, clock_hz)
        return {
            **{name: int(streams[:, kind, PACKETS].sum()) for name, kind in kinds.items()},
            "bytes": int(streams[:, [VIDEO, SOUND], BYTES].sum()),
            "lost_percent": 100 * float(lost) / max(1, int(expected[:, [VIDEO, SOUND]].sum())),
            "pictures": float(self.counting.shown[: len(self.viewers)].mean()),
            "delay_ms": np.percentile(delays_ms, [50, 95, 99]).tolist() if len(delays_ms) else [0.0, 0.0, 0.0],
        }

    async def close(self) -> None:
        """End all sessions."""
        for task in self._reporting:
            task.cancel()
        await asyncio.gather(*self._reporting, return_exceptions=True)
        self._ending = True
        await asyncio.to_thread(self._thread.join)

    def _add(self) -> "Viewer":
        viewer = Viewer(self, len(self.viewers))
        self.viewers.append(viewer)
        return viewer

    def _delays_ms(self, began_s: float, fps: float, clock_hz: float) -> Any:
        """For each picture, from when it was due until the last viewer had the last of it."""
        latest: dict[int, float] = {}
        for viewer in self.viewers:
            shown = self.counting.pictures[viewer.number, : min(PICTURES, self.counting.shown[viewer.number])]
            if not len(shown):
                continue
            steps = (shown[:, STAMP] - shown[0, STAMP] + 0x80000000 & 0xFFFFFFFF) - 0x80000000
            numbers, arrived_s = np.rint(steps * fps / clock_hz).astype(int), shown[:, ARRIVED_NS] * 1e-9 - began_s
            numbers += int(np.floor(arrived_s * fps - numbers).min())  # the least delayed of them came before the next was due
            for number, came_s in zip(numbers.tolist(), arrived_s.tolist(), strict=True):
                latest[number] = max(latest.get(number, 0.0), came_s)
        return np.array([1e3 * (came_s - number / fps) for number, came_s in latest.items()])

    def _receive(self) -> None:
        while not self._ending:
            for number, datagram, address in self.counting.receive(PATIENCE_S):
                self._loop.call_soon_threadsafe(self.viewers[number].take, datagram, address)
            if self._beginning:
                self.counting.begin()
                self._beginning = False
                self._begun.set()
            time.sleep(REST_S)

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(REPORT_EVERY_S)
            for viewer in self.viewers:
                await viewer.report()

    async def _ask_again(self) -> None:
        while True:
            await asyncio.sleep(ASK_EVERY_S)
            for viewer in self.viewers:
                await viewer.ask_again()


class Viewer:
    """One of them."""

    def __init__(self, sink: Sink, number: int) -> None:
        self.number = number
        self.counting = sink.counting
        self.video = sink.counting.streams[number, VIDEO]
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._protocol: Any = None
        self._began_ns = time.monotonic_ns()
        self._reported = (0, 0)  # expected and received until the last report
        self._heard = (0, 0.0)  # middle of the NTP time of the last sender report, and when it came
        self._asked: dict[int, int] = {}  # how often each missing packet was asked for

    def took_ms(self) -> float:
        """From the wish to watch until the first whole picture."""
        return float(self.video[PICTURE_NS] - self._began_ns) * 1e-6

    async def join(self, url: str) -> None:
        """Join by WHEP."""
        for kind in ("video", "audio"):
            self._peer.addTransceiver(kind, direction="recvonly")
        await self._peer.setLocalDescription(await self._peer.createOffer())
        self._take_socket()
        answer = await asyncio.to_thread(_post, url, self._peer.localDescription.sdp)
        await self._peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await self._connect()

    async def answer(self, sdp: str) -> str:
        """Answer an offer, and connect meanwhile."""
        await self._peer.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        await self._peer.setLocalDescription(await self._peer.createAnswer())
        self._take_socket()
        self._learn_payload_types()
        return str(self._peer.localDescription.sdp)

    async def report(self) -> None:
        """Send a receiver report."""
        expected, received = int(self.video[HIGHEST] - self.video[BASE] + 1), int(self.video[PACKETS])
        if not self.video[SSRC] or self.video[BASE] < 0:
            return
        new, lost = expected - self._reported[0], expected - received
        fraction = max(0, new - (received - self._reported[1]))
        self._reported = expected, received
        after = round((time.monotonic() - self._heard[1]) * 65536) if self._heard[0] else 0
        info = RtcpReceiverInfo(
            ssrc=int(self.video[SSRC]), fraction_lost=min(255, 256 * fraction // new) if new > 0 else 0, packets_lost=max(0, lost),
            highest_sequence=int(self.video[HIGHEST] & 0xFFFFFFFF), jitter=0, lsr=self._heard[0], dlsr=after & 0xFFFFFFFF,
        )  # fmt: skip
        await self._send(RtcpRrPacket(ssrc=1, reports=[info]))

    async def ask_again(self) -> None:
        """Send a NACK for what is missing, some times."""
        base, highest = int(self.video[BASE]), int(self.video[HIGHEST])
        if base < 0 or highest - base + 1 <= int(self.video[PACKETS]) + sum(count >= TRIES for count in self._asked.values()):
            return
        wanted = np.arange(max(base, highest - REMEMBERED // 4), highest + 1)
        missing = wanted[self.counting.seen[self.number, wanted % REMEMBERED] != wanted].tolist()
        asked = [sequence for sequence in missing if self._asked.get(sequence, 0) < TRIES][:ASKED_AT_ONCE]
        for sequence in asked:
            self._asked[sequence] = self._asked.get(sequence, 0) + 1
        if asked:
            lost = [sequence & 0xFFFF for sequence in asked]
            await self._send(RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=1, media_ssrc=int(self.video[SSRC]), lost=lost))

    def take(self, datagram: bytes, address: tuple[str, int]) -> None:
        """STUN, DTLS and RTCP are aiortc's."""
        self._protocol.datagram_received(datagram, address)

    async def _connect(self) -> None:
        self._learn_payload_types()
        async with asyncio.timeout(CONNECT_S):
            while self._peer.connectionState != "connected":
                if self._peer.connectionState in ("failed", "closed"):
                    raise UserError(f"viewer {self.number} could not connect")
                await asyncio.sleep(0.01)

    def _take_socket(self) -> None:
        """Read the socket ourselves from now on."""
        receiver = self._peer.getTransceivers()[0].receiver
        connection = receiver.transport.transport._connection
        [self._protocol] = connection._protocols
        udp: socket.socket = self._protocol.transport.get_extra_info("socket")
        asyncio.get_running_loop()._remove_reader(udp.fileno())  # type: ignore[attr-defined]  # asyncio has no public way to have this only
        with suppress(OSError):
            udp._sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)  # type: ignore[attr-defined]  # asyncio hands out a wrapper
        for each in self._peer.getTransceivers():
            vars(each.receiver).update(_handle_rtcp_packet=self._hear)
        self.counting.add(self.number, udp.fileno())

    def _learn_payload_types(self) -> None:
        kinds = self.counting.kinds[self.number]
        for transceiver in self._peer.getTransceivers():
            for codec in transceiver._codecs:
                again = codec.name.lower() == "rtx"
                kinds[codec.payloadType] = AGAIN if again else VIDEO if transceiver.kind == "video" else SOUND

    async def _hear(self, packet: AnyRtcpPacket) -> None:
        if isinstance(packet, RtcpSrPacket) and packet.ssrc == self.video[SSRC]:
            self._heard = packet.sender_info.ntp_timestamp >> 16 & 0xFFFFFFFF, time.monotonic()

    async def _send(self, packet: AnyRtcpPacket) -> None:
        with suppress(ConnectionError):
            await self._peer.getTransceivers()[0].receiver.transport._send_rtp(bytes(packet))


def only_the_usual_cipher() -> None:
    """Let aiortc agree on what browsers agree on first (RFC 8827, section 6.5), and nothing else."""
    rtcdtlstransport.SRTP_PROFILES[:] = [each for each in rtcdtlstransport.SRTP_PROFILES if b"SHA1_80" in each.openssl_profile.upper()]


def _post(url: str, offer: str) -> str:
    """Ask no proxy for what is on this machine."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or LOOPBACK, parts.port, timeout=CONNECT_S)
    try:
        connection.request("POST", parts.path, offer, {"Content-Type": "application/sdp"})
        response = connection.getresponse()
        text = response.read().decode()
    finally:
        connection.close()
    if response.status != 201:
        raise UserError(f"{url} answered {response.status}: {text[:200]}")
    return text


async def _run() -> None:
    offer_only(one_address())
    only_the_usual_cipher()
    sink = Sink()
    await answer({"watch": sink.watch, "answer": sink.answer, "pictures": sink.pictures, "begin": sink.begin, "count": sink.count})
    await sink.close()


if __name__ == "__main__":
    asyncio.run(_run())
