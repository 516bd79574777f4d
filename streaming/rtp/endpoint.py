"""Every place where we reach into aiortc's RTP sender and its transports.

aiortc agrees with the viewer on everything and receives its reports; the packets are ours. So its sender is kept as an address for RTCP and
for what SDP says, and its own work is taken over: `send`, `stop`, and the handling of reports.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from typing import Any, Final

from aiortc import RTCRtpSender
from aiortc.codecs import HEADER_EXTENSIONS, is_rtx
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpSendParameters
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpByePacket,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSourceInfo,
    RtcpSrPacket,
    unpack_remb_fci,
)
from OpenSSL import SSL

from streaming.rtp.fanout import Fanout, Outlet, ntp_time
from streaming.rtp.line import Numbers
from streaming.rtp.path import Keys, Path
from streaming.rtp.ring import PacketRing
from streaming.timeline import Timeline
from vrlive import clock

MID, SEND_TIME, CAPTURE_TIME = (
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
)
CAPTURE_TIME_ID: Final = 14  # the highest of one byte's ids: aiortc counts its own from 1
FIRST_REPORT_S, PICTURE_REPORT_S, SOUND_REPORT_S = 0.5, 1.0, 5.0  # between reports: soon for who has just come, then as libwebrtc does
SPREAD: Final = (0.5, 1.5)  # times that, at random (RFC 3550, section 6.2)
CNAME: Final = 1  # SDES item (RFC 3550, section 6.5.1)
USUAL_ROUND_TRIP_S: Final = 0.05  # until the first report
CIPHERS: Final = b":".join(  # those of aiortc, and their twins
    b"ECDHE-%s-%s" % (signature, cipher)
    for cipher in (b"AES128-GCM-SHA256", b"CHACHA20-POLY1305", b"AES128-SHA", b"AES256-SHA")
    for signature in (b"ECDSA", b"RSA")
)

log = logging.getLogger("streaming.rtp")


def offer_capture_times() -> None:
    """Let aiortc agree on abs-capture-time, of which it knows nothing itself, for all connections of this process."""
    for kind in HEADER_EXTENSIONS.values():
        if all(each.uri != CAPTURE_TIME for each in kind):
            kind.append(RTCRtpHeaderExtensionParameters(id=CAPTURE_TIME_ID, uri=CAPTURE_TIME))


def accept_rsa_certificates() -> None:
    """Let aiortc speak DTLS with who has an RSA certificate, as GStreamer does, for all of this process: alone it knows ECDSA."""
    stock: Callable[..., SSL.Context] = RTCCertificate._create_ssl_context
    if stock.__module__ == __name__:
        return

    def with_rsa(*of: Any, **options: Any) -> SSL.Context:
        context = stock(*of, **options)
        context.set_cipher_list(CIPHERS)
        return context

    RTCCertificate._create_ssl_context = with_rsa  # type: ignore[method-assign]  # aiortc has no other place for it


class MediaSender:
    """Sends one stream to one viewer in the place of an aiortc sender.

    Parameters
    ----------
    sender
        The sender, before it is started.
    fanout, ring, line
        Who sends, of which ring, and the time line of the ring's stamps.
    on_keyframe_request
        Called for PLI and FIR.
    on_start
        Called when the first packet can go out.
    on_loss, on_estimate
        Called with the share of packets that the viewer lost (receiver reports), and the bits a second that it says it can take (REMB).
    """

    def __init__(
        self,
        sender: RTCRtpSender,
        fanout: Fanout,
        ring: PacketRing,
        line: Timeline,
        *,
        on_keyframe_request: Callable[[], None] = lambda: None,
        on_start: Callable[[Outlet], None] = lambda _: None,
        on_loss: Callable[[float], None] = lambda _: None,
        on_estimate: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._sender, self._fanout, self._ring, self._line = sender, fanout, ring, line
        self._on_keyframe_request, self._on_start = on_keyframe_request, on_start
        self._on_loss, self._on_estimate = on_loss, on_estimate
        self.outlet: Outlet | None = None
        self._reports: asyncio.Task[None] | None = None
        self._cname, self._pair = "", None
        self._reported: tuple[int, float] = (0, 0.0)  # middle of the NTP time of our last report, and when it left
        self.round_trip_s = USUAL_ROUND_TRIP_S
        vars(sender).update(send=self._start, stop=self._stop, _handle_rtcp_packet=self._hear)

    def now_on_wire(self) -> tuple[int, float] | None:
        """The RTP time stamp that a frame captured now would have, and now as Unix time; None before anything is out."""
        if self.outlet is None or not self.outlet.line.sent.packets:
            return None
        now_s = clock.now_s()
        stamp = (self.outlet.line.offset + self._line.ticks(now_s - self._line.epoch_s)) & 0xFFFFFFFF
        return stamp, now_s + clock.wall_offset_s()

    async def _start(self, parameters: RTCRtpSendParameters) -> None:
        if self.outlet is not None:
            return
        transport: RTCDtlsTransport = self._sender.transport
        transport._register_rtp_sender(self._sender, parameters)
        self._cname = parameters.rtcp.cname or ""
        self._pair = _pair(transport)
        self.outlet = self._fanout.add(_numbers(self._sender, parameters), path_of(transport), self._ring)
        self._reports = asyncio.get_running_loop().create_task(self._report())
        self._on_start(self.outlet)

    async def _stop(self) -> None:
        if self.outlet is None:
            return
        self._fanout.remove(self.outlet)
        self._sender.transport._unregister_rtp_sender(self._sender)
        if self._reports:
            self._reports.cancel()
            await asyncio.gather(self._reports, return_exceptions=True)
        await self._send([RtcpByePacket(sources=[self._sender._ssrc])])

    async def _report(self) -> None:
        """Tell, now and then, which time stamp is which time (RFC 3550, section 6.4.1)."""
        every_s, longest_s = FIRST_REPORT_S, PICTURE_REPORT_S if self._ring.keyed else SOUND_REPORT_S
        while True:
            self._follow_route()
            if self.outlet and (now := self.now_on_wire()):
                ntp, sent = ntp_time(now[1]), self.outlet.line.sent
                self._reported = (ntp >> 16 & 0xFFFFFFFF, time.monotonic())
                info = RtcpSenderInfo(ntp, now[0], sent.packets & 0xFFFFFFFF, sent.octets & 0xFFFFFFFF)
                chunk = RtcpSourceInfo(ssrc=self._sender._ssrc, items=[(CNAME, self._cname.encode())])
                await self._send([RtcpSrPacket(ssrc=self._sender._ssrc, sender_info=info), RtcpSdesPacket(chunks=[chunk])])
                await asyncio.sleep(every_s * random.uniform(*SPREAD))  # noqa: S311  # spreads reports, keeps no secret
                every_s = min(2 * every_s, longest_s)
            else:
                await asyncio.sleep(0.05)

    def _follow_route(self) -> None:
        """Send where ICE says now: the viewer may have nominated another pair of addresses."""
        pair = _pair(self._sender.transport)
        if self.outlet and pair is not None and pair is not self._pair:
            self._pair = pair
            self._fanout.reroute(self.outlet, path_of(self._sender.transport))

    async def _send(self, packets: list[AnyRtcpPacket]) -> None:
        try:
            await self._sender.transport._send_rtp(b"".join(bytes(packet) for packet in packets))
        except ConnectionError:
            return

    async def _hear(self, packet: AnyRtcpPacket) -> None:
        """Act on what the viewer reports."""
        if self.outlet is None:
            return
        match packet:
            case RtcpRrPacket() | RtcpSrPacket():
                for report in packet.reports:
                    if report.ssrc == self._sender._ssrc:
                        self._hear_report(report.lsr, report.dlsr, report.fraction_lost / 256)
            case RtcpRtpfbPacket(fmt=fmt) if fmt == RTCP_RTPFB_NACK:
                self.outlet.resend(packet.lost, self.round_trip_s)
            case RtcpPsfbPacket(fmt=fmt) if fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
                self._on_keyframe_request()
            case RtcpPsfbPacket(fmt=fmt) if fmt == RTCP_PSFB_APP:
                self._hear_estimate(packet.fci)

    def _hear_report(self, of: int, after: int, lost: float) -> None:
        assert self.outlet
        if after and of == self._reported[0]:  # RFC 3550, section 6.4.1, figure 2
            measured_s = time.monotonic() - self._reported[1] - after / 65536
            self.round_trip_s += (min(max(measured_s, 0.0), 5.0) - self.round_trip_s) / 4
        self.outlet.line.hear_loss(lost)
        self._on_loss(lost)

    def _hear_estimate(self, content: bytes) -> None:
        try:
            bits_s, ssrcs = unpack_remb_fci(content)
        except (ValueError, IndexError):  # draft-alvestrand-rmcat-remb; other application messages are none of ours
            return
        if self._sender._ssrc in ssrcs:
            self._on_estimate(float(bits_s))


def _numbers(sender: RTCRtpSender, parameters: RTCRtpSendParameters) -> Numbers:
    ids = {each.uri: each.id for each in parameters.headerExtensions}
    codec = parameters.codecs[0]
    rtx = next((each for each in parameters.codecs if is_rtx(each) and each.parameters.get("apt") == codec.payloadType), None)
    return Numbers(
        ssrc=sender._ssrc,
        payload_type=codec.payloadType or 0,
        rtx_ssrc=sender._rtx_ssrc if rtx else 0,
        rtx_payload_type=rtx.payloadType or 0 if rtx else 0,
        mid=parameters.muxId,
        mid_id=ids.get(MID, 0),
        send_time_id=ids.get(SEND_TIME, 0),
        capture_time_id=ids.get(CAPTURE_TIME, 0),
    )


def path_of(transport: RTCDtlsTransport) -> Path:
    """The way to the viewer at the other end of a connected transport."""
    pair = _pair(transport)
    datagrams: Any = pair.protocol.transport
    system_socket = datagrams.get_extra_info("socket") if pair.local_candidate.type != "relay" else None
    plain = getattr(system_socket, "_sock", system_socket)  # asyncio hands out a wrapper
    return Path(
        keys=keys_of(transport),
        send=lambda data: datagrams.sendto(data, pair.remote_addr),
        unsent=getattr(carrier_of(datagrams), "get_write_buffer_size", lambda: 0),
        socket=plain,
        address=pair.remote_addr,
    )


def carrier_of(datagrams: Any) -> Any:
    """What datagrams wait in: their own transport, or that to the TURN server."""
    turn = getattr(datagrams, "_TurnTransport__inner_protocol", None)
    return turn.transport if turn else datagrams


def _pair(transport: RTCDtlsTransport) -> Any:
    """The pair of candidates that is in use; None once the connection is closed."""
    return transport.transport._connection._nominated.get(1)


def keys_of(transport: RTCDtlsTransport) -> Keys:
    """Keys for what this end sends, as DTLS-SRTP derives them (RFC 5764, section 4.2)."""
    assert transport._ssl is not None
    name = transport._ssl.get_selected_srtp_profile()
    profile = next(each for each in transport._srtp_profiles if each.openssl_profile == name)
    material = transport._ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (profile.key_length + profile.salt_length))
    return Keys(profile.libsrtp_profile, profile.get_key_and_salt(material, 1 if transport._role == "server" else 0))
