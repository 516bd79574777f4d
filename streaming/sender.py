"""Every place where we reach into aiortc's RTP sender, and the check that the places are still there.

aiortc (1.13 … 1.16) sends packets of our own encoder as they are, but keeps to itself: keyframe requests; the random offset between our
time stamps and those on the wire; its sender reports, which take the time of sending for the time of capture; and a history of 128 packets,
less than one keyframe. A sender of our own will take the place of this module.
"""

import logging
from collections.abc import Callable

import aiortc.rtcrtpsender
from aiortc import RTCRtpSender
from aiortc.rtp import AnyRtcpPacket, RtcpSrPacket

from streaming.timeline import Timeline
from vrlive import clock

HISTORY_PACKETS = 2048  # about 3 s at 6 Mbit/s: what may still be asked for again
_UNIX_TO_NTP_S = 2_208_988_800  # 1900 to 1970 (RFC 868)
_RTP_TIMESTAMP = "_RTCRtpSender__rtp_timestamp"  # of the packet sent last
_LAST_REPORT = "_RTCRtpSender__lsr"  # middle 32 bits of the last report's NTP time

log = logging.getLogger("streaming.sender")


def lengthen_history() -> None:
    """Let aiortc keep enough packets to mend a lost keyframe."""
    vars(aiortc.rtcrtpsender)["RTP_HISTORY_SIZE"] = HISTORY_PACKETS


class TrueSender:
    """An aiortc sender whose reports tell the truth: time stamps on the wire against the wall clock at capture (RFC 3550, 6.4.1).

    Parameters
    ----------
    sender
        The sender, before it is started.
    line
        Time line of the stamps that its track hands over.
    on_keyframe_request
        Called for PLI and FIR.
    """

    def __init__(self, sender: RTCRtpSender, line: Timeline, on_keyframe_request: Callable[[], None]) -> None:
        self._sender, self._line = sender, line
        self._offset: int | None = None
        self._send_reports = sender._send_rtcp
        missing = [name for name in (_RTP_TIMESTAMP, _LAST_REPORT, "_send_keyframe") if not hasattr(sender, name)]
        if missing:
            log.error("this version of aiortc lacks %s: no capture times, no keyframes on request", ", ".join(missing))
            return
        vars(sender).update(_send_keyframe=on_keyframe_request, _send_rtcp=self._send_true_reports)

    def note_sent(self, pts: int) -> None:
        """The frame with this time stamp is the last that went out: learn the offset to the wire."""
        on_wire: int = getattr(self._sender, _RTP_TIMESTAMP, 0)
        if on_wire:
            self._offset = (on_wire - pts) & 0xFFFFFFFF

    def now_on_wire(self) -> tuple[int, float] | None:
        """The RTP time stamp that a frame captured now would have, and now as Unix time; None before the first frame is out."""
        if self._offset is None:
            return None
        now_s = clock.now_s()
        stamp = (self._offset + self._line.ticks(now_s - self._line.epoch_s)) & 0xFFFFFFFF
        return stamp, now_s + clock.wall_offset_s()

    async def _send_true_reports(self, packets: list[AnyRtcpPacket]) -> None:
        now = self.now_on_wire()
        for packet in packets:
            if not isinstance(packet, RtcpSrPacket):
                continue
            if now is None:
                return  # nothing sent yet: nothing to report
            packet.sender_info.rtp_timestamp = now[0]
            packet.sender_info.ntp_timestamp = ntp = ntp_time(now[1])
            setattr(self._sender, _LAST_REPORT, ntp >> 16 & 0xFFFFFFFF)
        await self._send_reports(packets)


def ntp_time(unix_s: float) -> int:
    """Unix time as NTP's 32.32 fixed point (RFC 5905, section 6)."""
    return round((unix_s + _UNIX_TO_NTP_S) * 2**32)
