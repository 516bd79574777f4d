"""Both ways to send, through real sockets, read by somebody else's SRTP and RTP."""

import os
import select
import socket
from collections.abc import Iterator

import pytest
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import HeaderExtensionsMap, RtpPacket, unwrap_rtx
from pylibsrtp import Policy, Session

from streaming.rtp.again import Retransmitter
from streaming.rtp.endpoint import CAPTURE_TIME, MID, SEND_TIME
from streaming.rtp.fanout import Fanout
from streaming.rtp.fast import SEGMENTS, FastLine, FastSender, way
from streaming.rtp.line import Line, Numbers
from streaming.rtp.path import Keys, Path
from streaming.rtp.portable import PortableSender
from streaming.rtp.probe import Probe
from streaming.rtp.ring import PacketRing
from streaming.rtp.selfcheck import find_way
from tests.streaming.rtp.units import picture, pictures
from tests.waiting import until

NUMBERS = Numbers(1234, 102, 5678, 103, "0", 1, 3, 14)
NTP, NTP_OF_ZERO_S = 3_900_000_000 << 32 | 0x8000_0000, 3_899_999_000.0
PROFILES = {
    "AES_CM_128_HMAC_SHA1_80": (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30),
    "AEAD_AES_128_GCM": (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28),
    "AEAD_AES_256_GCM": (Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 44),
}


class Ends:
    """A path, and what comes out at its other end."""

    def __init__(self, profile: str, family: socket.AddressFamily) -> None:
        number, length = PROFILES[profile]
        keys = Keys(number, os.urandom(length))
        host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
        self.here, self.there = (socket.socket(family, socket.SOCK_DGRAM) for _ in range(2))
        for each in (self.here, self.there):
            each.bind((host, 0))
        self.there.settimeout(2)
        address = self.there.getsockname()[:2]
        self.unsent = 0
        self.path = Path(keys, lambda data: self._send(data, address), lambda: self.unsent, self.here, address)
        self._session = Session(Policy(key=keys.master, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=number))
        self._extensions = HeaderExtensionsMap()
        uris = {NUMBERS.mid_id: MID, NUMBERS.send_time_id: SEND_TIME, NUMBERS.capture_time_id: CAPTURE_TIME}
        self._extensions.configure(RTCRtpParameters(headerExtensions=[RTCRtpHeaderExtensionParameters(*each) for each in uris.items()]))

    def _send(self, data: bytes, address: tuple[str, int]) -> None:
        self.here.sendto(data, address)

    def read(self, count: int) -> list[RtpPacket]:
        return [RtpPacket.parse(self._session.unprotect(self.there.recv(2048)), self._extensions) for _ in range(count)]

    def close(self) -> None:
        self.here.close()
        self.there.close()


@pytest.fixture(params=PROFILES)
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    ends = Ends(request.param, socket.AF_INET)
    yield ends
    ends.close()


def send_fast(ends: Ends, line: Line) -> FastLine:
    fast = FastLine(NUMBERS, ends.path)
    first, count = line.due(1.0)
    fast.prepare(line, first, count)
    assert line.ring
    [lost] = FastSender().send(line.ring, [fast.row], NTP, NTP_OF_ZERO_S)
    line.note_sent(count, int(lost))
    return fast


def send_portably(ends: Ends, line: Line) -> None:
    PortableSender(NUMBERS, ends.path).send(line, *line.due(1.0), NTP, NTP_OF_ZERO_S)


def line_on(ring: PacketRing) -> Line:
    line = Line(NUMBERS, sequence=65_533, offset=0xFFFF_FF00)
    line.follow(ring)
    return line


@pytest.mark.parametrize("fast", [True, False], ids=["fast", "portable"])
def test_a_receiver_reads_what_was_meant(ends: Ends, fast: bool) -> None:
    ring = pictures(3, length=4000)
    line = line_on(ring)
    if fast:
        send_fast(ends, line).close()
    else:
        send_portably(ends, line)
    packets = ends.read(ring.head)
    assert [packet.sequence_number for packet in packets] == [(65_533 + n) & 0xFFFF for n in range(ring.head)]
    assert [packet.payload for packet in packets] == [ring.payload(n) for n in range(ring.head)]
    assert [packet.timestamp for packet in packets] == [line.stamp(n) for n in range(ring.head)]
    assert [packet.marker for packet in packets] == [int(ring.last[n]) for n in range(ring.head)]
    assert {(packet.ssrc, packet.payload_type, packet.extensions.mid) for packet in packets} == {(1234, 102, "0")}
    assert {packet.extensions.abs_send_time for packet in packets} == {NTP >> 14 & 0xFFFFFF}
    assert line.sent.packets == ring.head
    assert line.sent.lost == 0


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("capture_time_id", [0, 14])
def test_both_ways_send_the_same_bytes(profile: str, capture_time_id: int) -> None:
    ends = Ends(profile, socket.AF_INET)
    ring = pictures(6, length=3011)
    sent: list[bytes] = []
    path = Path(ends.path.keys, sent.append, lambda: 0, None, ("", 0))
    numbers = Numbers(1234, 102, mid="0", mid_id=1, send_time_id=3, capture_time_id=capture_time_id)
    line = line_on(ring)
    PortableSender(numbers, path).send(line, *line.due(1.0), NTP, NTP_OF_ZERO_S)
    fast, again = FastLine(numbers, ends.path), line_on(ring)
    fast.prepare(again, *again.due(1.0))
    FastSender().send(ring, [fast.row], NTP, NTP_OF_ZERO_S)
    assert [ends.there.recv(2048) for _ in sent] == sent
    fast.close()
    ends.close()


def test_ipv6_works(ends: Ends) -> None:
    if not socket.has_ipv6:
        pytest.skip("this host has no IPv6")
    ends = Ends("AES_CM_128_HMAC_SHA1_80", socket.AF_INET6)
    ring = pictures(2)
    send_fast(ends, line_on(ring)).close()
    assert len(ends.read(ring.head)) == ring.head
    ends.close()


def test_where_datagrams_cannot_be_cut_packets_go_one_by_one(ends: Ends) -> None:
    ring = pictures(2, length=9000)
    line = line_on(ring)
    fast = FastLine(NUMBERS, ends.path)
    fast.row[SEGMENTS] = 0
    fast.prepare(line, *line.due(1.0))
    FastSender().send(ring, [fast.row], NTP, NTP_OF_ZERO_S)
    assert [packet.payload for packet in ends.read(ring.head)] == [ring.payload(n) for n in range(ring.head)]
    fast.close()


def test_a_socket_that_takes_no_more_costs_packets_not_time(ends: Ends) -> None:
    ends.here.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    ring = pictures(1, length=50_000)
    line = line_on(ring)
    first, count = line.due(1.0)
    fast = send_fast(ends, line)
    assert line.cursor == first + count
    assert line.sent.packets == count
    fast.close()


def test_a_transport_that_takes_no_more_makes_the_line_wait(ends: Ends) -> None:
    ring = pictures(3)
    line = line_on(ring)
    ends.unsent = 10_000_000
    send_portably(ends, line)
    assert (line.sent.packets, line.waiting) == (0, ring.head)


def test_the_event_loop_may_close_its_socket_at_any_time(ends: Ends) -> None:
    ring = pictures(2)
    line = line_on(ring)
    fast = FastLine(NUMBERS, ends.path)
    ends.here.close()
    fast.prepare(line, *line.due(1.0))
    [lost] = FastSender().send(ring, [fast.row], NTP, NTP_OF_ZERO_S)
    assert lost == 0
    assert len(ends.read(ring.head)) == ring.head
    fast.close()


def test_another_way_to_the_viewer_goes_on_where_the_first_ended(ends: Ends) -> None:
    ring = pictures(2)
    line = line_on(ring)
    fast, sender = send_fast(ends, line), FastSender()
    ends.read(ring.head)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        fast.go(way(Path(ends.path.keys, lambda _: None, lambda: 0, other, ends.path.address)))
        ring.append(picture(2))
        fast.prepare(line, *line.due(2.0))
        sender.send(ring, [fast.row], NTP, NTP_OF_ZERO_S)
        [packet] = ends.read(1)
        assert packet.sequence_number == line.sequence & 0xFFFF
    fast.close()


async def test_a_viewer_that_leaves_while_its_way_changes_stops_nobody_else(ends: Ends) -> None:
    fanout, ring = Fanout(fast=True), pictures(2)
    leaving, staying = (fanout.add(NUMBERS, ends.path, ring) for _ in range(2))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        fanout.reroute(leaving, Path(ends.path.keys, lambda _: None, lambda: 0, other, ends.path.address))
    fanout.start()  # only now is it the thread's turn
    await until(lambda: staying.line.sent.packets == ring.head)
    fanout.remove(leaving)
    fanout.remove(staying)
    await fanout.close()


def test_what_was_lost_is_sent_again_in_a_stream_of_its_own(ends: Ends) -> None:
    ring = pictures(4, length=3000)
    line = line_on(ring)
    send_portably(ends, line)
    sent = ends.read(ring.head)
    again = Retransmitter(NUMBERS, ends.path)
    again.answer(line, [sent[2].sequence_number, sent[7].sequence_number, 77], NTP, 5.0, 0.02)
    for missed, packet in zip((sent[2], sent[7]), ends.read(2), strict=True):
        assert (packet.ssrc, packet.payload_type) == (5678, 103)
        restored = unwrap_rtx(packet, payload_type=102, ssrc=1234)
        assert (restored.sequence_number, restored.timestamp, restored.marker, restored.payload) == (
            missed.sequence_number, missed.timestamp, missed.marker, missed.payload,
        )  # fmt: skip


def test_the_same_packet_is_not_sent_again_within_half_a_round_trip(ends: Ends) -> None:
    line = line_on(pictures(4))
    send_portably(ends, line)
    again = Retransmitter(NUMBERS, ends.path)
    for now_s in (5.0, 5.01, 5.09, 5.11):
        again.answer(line, [65_533], NTP, now_s, 0.2)
    assert (line.sent.missed, line.sent.resent, line.sent.denied) == (4, 2, 0)


def test_who_asks_for_everything_again_and_again_does_not_get_it(ends: Ends) -> None:
    ring = pictures(200, length=1100, capacity=1024)
    line = line_on(ring)
    for now_s in range(1, 20):
        PortableSender(NUMBERS, Path(ends.path.keys, lambda _: None, lambda: 0, None, ("", 0))).send(line, *line.due(now_s), NTP, 0.0)
    sent: list[bytes] = []
    again = Retransmitter(NUMBERS, Path(ends.path.keys, sent.append, lambda: 0, None, ("", 0)))
    for n in range(100):
        again.answer(line, [(line.sequence - k) & 0xFFFF for k in range(1, 100)], NTP, 50 + n / 50, 0.01)
    assert 50 < len(sent) < 400
    assert line.sent.denied > 1000
    assert (line.sent.resent, line.sent.resent_octets) == (len(sent), sum(map(len, sent)))


def test_without_rtx_there_is_nothing_to_send_again(ends: Ends) -> None:
    line = line_on(pictures(1))
    send_portably(ends, line)
    again = Retransmitter(Numbers(1234, 102), ends.path)
    again.answer(line, [65_533], NTP, 5.0, 0.02)
    assert line.sent.resent == 0


def test_a_thin_line_is_not_sent_again_what_the_keyframe_after_it_made_needless(ends: Ends) -> None:
    line, other = line_on(pictures(4)), pictures(4)
    send_portably(ends, line)
    before = line.sequence - 1 & 0xFFFF
    line.change_to(other)
    send_portably(ends, line)
    assert line.ring is other
    again = Retransmitter(NUMBERS, ends.path)
    again.answer(line, [before], NTP, 5.0, 0.02)
    assert (line.sent.resent, line.sent.denied) == (1, 0)
    line.limit_bytes_s = 1e5
    again.answer(line, [before, line.sequence - 1 & 0xFFFF], NTP, 6.0, 0.02)
    assert (line.sent.resent, line.sent.denied) == (2, 1)


def test_a_probe_fills_up_what_a_line_is_sent_with_packets_that_were_sent(ends: Ends) -> None:
    ring = pictures(1, length=1100)
    line = line_on(ring)
    send_portably(ends, line)
    sent = {packet.sequence_number: packet.payload for packet in ends.read(ring.head)}
    probe = Probe(line, Retransmitter(NUMBERS, ends.path), 0.0)
    probe.octets_s, octets = 50_000, 0
    for n in range(1, 101):
        before = line.sent.octets
        if n % 10 == 0:
            ring.append(picture(n, 1100))
            line.note_sent(line.due(n)[1])
        probe.step(NTP, n / 100)
        octets += line.sent.octets - before
    probed = 0
    while select.select([ends.there], [], [], 0.1)[0]:
        [packet] = ends.read(1)
        restored = unwrap_rtx(packet, payload_type=102, ssrc=1234)
        assert packet.ssrc == 5678
        assert sent.get(restored.sequence_number, restored.payload) == restored.payload
        probed += len(restored.payload)
    assert octets + probed == pytest.approx(50_000, rel=0.1)
    assert line.sent.probed_octets > probed
    assert (line.sent.missed, line.sent.resent) == (0, 0)


def test_a_line_that_is_late_is_not_probed(ends: Ends) -> None:
    ring = pictures(20)
    line = line_on(ring)
    probe = Probe(line, Retransmitter(NUMBERS, ends.path), 0.0)
    probe.octets_s = 50_000
    assert line.late
    probe.step(NTP, 1.0)
    assert line.sent.probed_octets == 0


def test_the_time_of_capture_is_said_with_the_last_packet_of_a_picture(ends: Ends) -> None:
    ring = PacketRing("video", 90_000, 64)
    ring.append(picture(50, 3000, keyframe=True))
    sent: list[bytes] = []
    path = Path(ends.path.keys, sent.append, lambda: 0, None, ("", 0))
    line = line_on(ring)
    PortableSender(NUMBERS, path).send(line, *line.due(1.0), NTP, NTP_OF_ZERO_S)
    last = sent[-1]
    block = last[12 : 12 + 4 + 4 * int.from_bytes(last[14:16])]
    assert int.from_bytes(block[-8:]) / 2**32 == pytest.approx(50 / 25 + NTP_OF_ZERO_S, abs=1e-6)


def test_this_machine_sends_the_fast_way() -> None:
    way = find_way()
    assert way.fast, way.words
