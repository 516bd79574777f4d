"""Every place where we reach into aiortc's RTP receiver, and the check that the places are still there.

aiortc agrees with the camera on everything and decrypts; from there on the packets are ours. So its receiver is kept as an address for RTP
and RTCP, and its own work is taken over: its jitter buffer, and a thread that would decode what the engine decodes.
"""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any, Final

import aiortc
from aiortc import RTCRtpReceiver, RTCRtpTransceiver
from aiortc.codecs import is_rtx
from aiortc.rate import RemoteBitrateEstimator
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpReceiveParameters
from aiortc.rtcrtpreceiver import StreamStatistics
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    RtpPacket,
    pack_remb_fci,
    unwrap_rtx,
)

from streaming.rtp.jitter import WAIT_S, JitterBuffer, Packet
from streaming.rtp.sender_clock import SenderClock
from vrlive import clock

TICK_S: Final = 0.01  # how finely lost packets are asked for again and given up
REPORT_EVERY_S: Final = (0.5, 1.5)  # at random in between (RFC 3550, section 6.2)
KEYFRAME_EVERY_S: Final = 0.5  # at most: a camera far away takes a round trip and an encoder's delay to answer
SILENT_S: Final = 1.0  # a source that is silent for so long may be followed by another

OnPacket = Callable[[Packet, bool], None]


def check_aiortc() -> None:
    """Find out at start, not amid a show, whether this aiortc has what we take over.

    Raises
    ------
    RuntimeError
        If it has not.
    """
    ours = ("receive", "stop", "_handle_rtp_packet", "_handle_rtcp_packet", "_handle_disconnect")
    missing = [name for name in ours if not hasattr(RTCRtpReceiver, name)]
    missing += [name for name in ("_register_rtp_receiver", "_unregister_rtp_receiver", "_send_rtp") if not hasattr(RTCDtlsTransport, name)]
    if missing:
        raise RuntimeError(f"aiortc {aiortc.__version__} has no {', '.join(missing)} any more: streaming/rtp/receiver.py must follow it")


class MediaReceiver:
    """Receives one stream of a camera in the place of an aiortc receiver.

    Parameters
    ----------
    transceiver
        Of the peer connection, before it is connected.
    clock_hz
        Of its time stamps.
    on_packet
        Called with each packet in its order, and whether some before it are lost for good.
    repairs
        Whether lost packets are asked for again, and waited for: of pictures. Sound goes on without.

    Attributes
    ----------
    capture_clock
        Tells when a packet's content was captured.
    """

    def __init__(self, transceiver: RTCRtpTransceiver, clock_hz: int, on_packet: OnPacket, *, repairs: bool) -> None:
        self.capture_clock = SenderClock(clock_hz)
        self._receiver, self._ssrc = transceiver.receiver, transceiver.sender._ssrc
        self._clock_hz, self._on_packet, self._repairs = clock_hz, on_packet, repairs
        self._codecs: dict[int, RTCRtpCodecParameters] = {}
        self._repaired: dict[int, int] = {}  # SSRC of retransmissions, and of what they repeat
        self._source: int | None = None
        self._heard_s = 0.0
        self._statistics = StreamStatistics(clock_hz)
        self._estimator = RemoteBitrateEstimator()
        self._buffer = JitterBuffer(WAIT_S if repairs else 0.0)
        self._last_report = (0, 0.0)  # middle of the NTP time in the camera's last, and when it came
        self._task: asyncio.Task[None] | None = None
        self._keyframe_wanted = False
        self._keyframe_asked_s = 0.0
        vars(self._receiver).update(
            receive=self._start,
            stop=self._stop,
            _handle_rtp_packet=self._take,
            _handle_rtcp_packet=self._hear,
            _handle_disconnect=lambda: None,
        )

    @property
    def lost(self) -> int:
        """Packets that never came."""
        return self._buffer.lost

    def want_keyframe(self, *, wanted: bool = True) -> None:
        """Ask for a keyframe, again and again until it is wanted no more."""
        self._keyframe_wanted = wanted

    async def _start(self, parameters: RTCRtpReceiveParameters) -> None:
        if self._task is not None:
            return
        self._codecs = {codec.payloadType: codec for codec in parameters.codecs if codec.payloadType is not None}
        self._repaired = {each.rtx.ssrc: each.ssrc for each in parameters.encodings if each.rtx}
        self._receiver.transport._register_rtp_receiver(self._receiver, parameters)
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def _stop(self) -> None:
        if self._task is None:
            return
        self._receiver.transport._unregister_rtp_receiver(self._receiver)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _take(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        codec, now_s = self._codecs.get(packet.payload_type), clock.now_s()
        if codec is None:
            return
        await self._estimate(packet, arrival_time_ms)
        if is_rtx(codec):
            original = codec.parameters.get("apt")
            source = self._repaired.get(packet.ssrc, self._source)  # not every offer says which SSRC repairs
            if len(packet.payload) < 2 or not isinstance(original, int) or source is None:
                return
            packet = unwrap_rtx(packet, payload_type=original, ssrc=source)
        elif not self._follow(packet.ssrc, now_s):
            return
        else:
            self._statistics.add(packet)
        if packet.ssrc == self._source:
            stamp = self.capture_clock.unwrapped(packet.timestamp)
            self._buffer.push(packet.sequence_number, stamp, last=bool(packet.marker), payload=packet.payload, now_s=now_s)
            self._hand_on(now_s)

    def _follow(self, ssrc: int, now_s: float) -> bool:
        """Whether this source is the stream's. There is one at a time; an encoder that begins anew may take another."""
        if ssrc != self._source:
            if now_s - self._heard_s < SILENT_S:
                return False
            self._source, self._statistics = ssrc, StreamStatistics(self._clock_hz)
            self._buffer = JitterBuffer(WAIT_S if self._repairs else 0.0)
            self.capture_clock = SenderClock(self._clock_hz)
            self._last_report = (0, 0.0)
        self._heard_s = now_s
        return True

    def _hand_on(self, now_s: float) -> None:
        for packet, broken in self._buffer.take(now_s):
            self._on_packet(packet, broken)

    async def _hear(self, packet: AnyRtcpPacket) -> None:
        if isinstance(packet, RtcpSrPacket) and packet.ssrc == self._source:
            ntp = packet.sender_info.ntp_timestamp
            self._last_report = (ntp >> 16 & 0xFFFFFFFF, time.monotonic())
            self.capture_clock.report(ntp, packet.sender_info.rtp_timestamp)

    async def _run(self) -> None:
        report_s = clock.now_s() + REPORT_EVERY_S[0]
        while True:
            await asyncio.sleep(TICK_S if self._repairs else REPORT_EVERY_S[0])
            now_s = clock.now_s()
            self._hand_on(now_s)
            if self._repairs:
                await self._ask(now_s)
            if now_s >= report_s:
                report_s = now_s + random.uniform(*REPORT_EVERY_S)  # noqa: S311  # spreads reports, keeps no secret
                await self._report()

    async def _ask(self, now_s: float) -> None:
        """For packets that are missing (RFC 4585, section 6.2.1), or for a keyframe (section 6.3.1)."""
        if self._source is None:
            return
        if wanted := self._buffer.wanted(now_s):
            await self._send(RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=self._ssrc, media_ssrc=self._source, lost=sorted(wanted)))
        if self._keyframe_wanted and now_s - self._keyframe_asked_s >= KEYFRAME_EVERY_S:
            self._keyframe_asked_s = now_s
            await self._send(RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=self._ssrc, media_ssrc=self._source))

    async def _report(self) -> None:
        """Say how much of the stream arrives (RFC 3550, section 6.4.2)."""
        if self._source is None or self._statistics.max_seq is None:
            return
        of, came_s = self._last_report
        info = RtcpReceiverInfo(
            ssrc=self._source,
            fraction_lost=self._statistics.fraction_lost,
            packets_lost=self._statistics.packets_lost,
            highest_sequence=self._statistics.cycles + self._statistics.max_seq & 0xFFFFFFFF,
            jitter=self._statistics.jitter,
            lsr=of,
            dlsr=int(min(time.monotonic() - came_s, 65535) * 65536) if of else 0,
        )
        await self._send(RtcpRrPacket(ssrc=self._ssrc, reports=[info]))

    async def _estimate(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        """Tell a browser how much the line carries (draft-alvestrand-rmcat-remb), or it would send as if it were thin."""
        sent = packet.extensions.abs_send_time
        if sent is None or not self._repairs:
            return
        size = len(packet.payload) + packet.padding_size
        estimate: Any = self._estimator.add(arrival_time_ms=arrival_time_ms, abs_send_time=sent, payload_size=size, ssrc=packet.ssrc)
        if estimate is not None:
            await self._send(RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=self._ssrc, media_ssrc=0, fci=pack_remb_fci(*estimate)))

    async def _send(self, packet: AnyRtcpPacket) -> None:
        try:
            await self._receiver.transport._send_rtp(bytes(packet))
        except ConnectionError:
            return
