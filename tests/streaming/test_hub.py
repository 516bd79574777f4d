"""The hub, with lines for viewers but without sockets; time is passed in."""

from dataclasses import dataclass, replace
from itertools import pairwise

import pytest

from streaming.access_unit import AccessUnit
from streaming.h264 import LEVELS
from streaming.hub import SLATE_AFTER_S, Channel, Event
from streaming.ladder import Rung
from streaming.rtp.line import Line, Numbers
from streaming.rtp.ring import PacketRing
from streaming.sound_format import AMBISONICS, FORMATS, STEREO
from streaming.stream import KEYFRAME_PAUSE_S, LINGER_S
from vrlive.units import Size

LATENCY_S = 0.05
RUNGS = (Rung(Size(1920, 960), 6000), Rung(Size(960, 480), 1500))
START_CODE = b"\0\0\0\1"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a viewer was sent of one picture or packet of sound."""

    data: bytes
    stamp: int
    captured_s: float


class Watcher:
    """A viewer without a network: its lines of a channel."""

    def __init__(self, channel: Channel, now_s: float) -> None:
        self.subscription, self.now_s = channel.subscribe(now_s), now_s
        self.pictures, self.sound = (self._line(ring) for ring in (channel.streams[0].ring, channel.sounds[0].ring))

    def _line(self, ring: PacketRing) -> Line:
        line = Line(Numbers(1, 96), offset=0)
        line.follow(ring)
        self.subscription.lines.append(line)
        return line

    def take(self, line: Line) -> list[Seen]:
        """All that waits on a line. What is so small is one packet."""
        taken = list[Seen]()
        while True:
            self.now_s += 1  # no pacing
            first, count = line.due(self.now_s)
            if not count:
                return taken
            assert line.ring
            taken += [
                Seen(line.ring.payload(number), line.stamp(number), float(line.ring.captured_s[number & line.ring.mask]))
                for number in range(first, first + count)
            ]
            line.note_sent(count)

    def seen(self) -> list[Seen]:
        return self.take(self.pictures)


class Studio:
    """A channel, its engine and its clock."""

    def __init__(self) -> None:
        self.requests: list[float] = []
        self.asked: list[int] = []
        self.now_s = 100.0
        self.woken = 0
        self.channel = Channel("demo", LEVELS[0], RUNGS, self._note_request, epoch_s=100.0, wake=self._wake)
        self.slate = tuple(AccessUnit("video", START_CODE + name, 0, True, 0.0) for name in (b"slate A", b"slate B"))

    def _note_request(self, rendition: int) -> None:
        self.requests.append(self.now_s)
        self.asked.append(rendition)

    def _wake(self) -> None:
        self.woken += 1

    def show(self, frames: int, keyframe: bool = False, rendition: int = 0) -> None:
        """The engine sends pictures of a rendition, the first perhaps a keyframe."""
        for n in range(frames):
            self.wait(0.04)
            key = keyframe and n == 0
            data = START_CODE + (b"keyframe" if key else b"picture")
            self.channel.push(AccessUnit("video", data, 0, key, self.now_s - LATENCY_S, rendition), self.now_s)

    def wait(self, seconds: float) -> None:
        """Time passes."""
        end_s = self.now_s + seconds
        while self.now_s < end_s - 1e-9:
            self.now_s = min(end_s, self.now_s + 0.1)
            self.channel.tick(self.now_s)

    def join(self) -> Watcher:
        return Watcher(self.channel, self.now_s)


@pytest.fixture
def studio() -> Studio:
    return Studio()


def test_all_viewers_get_the_same_bytes(studio: Studio) -> None:
    viewers = [studio.join() for _ in range(3)]
    studio.show(5, keyframe=True)
    first, second, third = [viewer.seen() for viewer in viewers]
    assert first == second == third
    assert len(first) == 5
    assert studio.woken >= 5


def test_what_went_out_and_what_was_lost_is_counted_over_viewers_that_left(studio: Studio) -> None:
    first, slow = studio.join(), studio.join()
    studio.show(5, keyframe=True)
    first.seen(), slow.seen()
    studio.channel.unsubscribe(first.subscription, studio.now_s)
    assert studio.channel.sent.octets == 2 * (4 * len(b"picture") + len(b"keyframe"))
    studio.show(60)
    slow.seen()
    assert studio.channel.sent.dropped == slow.subscription.sent.dropped == 60
    studio.channel.unsubscribe(slow.subscription, studio.now_s)
    assert studio.channel.sent.dropped == slow.subscription.sent.dropped


def test_who_joins_gets_the_newest_group_and_costs_no_keyframe(studio: Studio) -> None:
    studio.show(10, keyframe=True)
    studio.show(20, keyframe=True)
    viewer = studio.join()
    studio.show(1)
    assert [picture.data for picture in viewer.seen()] == [b"keyframe"] + 20 * [b"picture"]
    assert studio.requests == []


def test_the_group_is_moved_to_just_before_live(studio: Studio) -> None:
    studio.show(20, keyframe=True)
    viewer = studio.join()
    studio.show(2)
    steps = [after.stamp - before.stamp for before, after in pairwise(viewer.seen())]
    assert steps == 19 * [90] + 2 * [3600]


def test_who_joins_a_group_too_long_to_keep_waits_for_a_keyframe(studio: Studio) -> None:
    studio.show(studio.channel.streams[0].ring.safe + 1, keyframe=True)
    viewer = studio.join()
    assert not viewer.seen()
    assert len(studio.requests) == 1
    studio.show(1, keyframe=True)
    assert len(viewer.seen()) == 1


def test_a_keyframe_is_asked_for_who_had_to_leave_pictures_out(studio: Studio) -> None:
    slow = studio.join()
    studio.show(1, keyframe=True)
    slow.seen()
    studio.show(60)
    assert not slow.seen()
    studio.wait(0.1)
    assert studio.requests
    studio.show(2, keyframe=True)
    assert [picture.data for picture in slow.seen()] == [b"keyframe", b"picture"]


def test_keyframe_requests_keep_their_distance(studio: Studio) -> None:
    studio.show(1, keyframe=True)
    for _ in range(100):
        studio.channel.streams[0].ask_keyframe(studio.now_s)
        studio.wait(0.02)
    assert len(studio.requests) <= 2.0 / KEYFRAME_PAUSE_S + 1
    assert min(after - before for before, after in pairwise(studio.requests)) >= KEYFRAME_PAUSE_S


def test_a_request_that_came_too_early_is_not_forgotten(studio: Studio) -> None:
    studio.channel.streams[0].ask_keyframe(studio.now_s)
    studio.channel.streams[0].ask_keyframe(studio.now_s + 0.1)
    assert len(studio.requests) == 1
    studio.wait(1)
    assert len(studio.requests) == 2


def test_the_slate_plays_when_pictures_stop(studio: Studio) -> None:
    viewer = studio.join()
    studio.show(5, keyframe=True)
    studio.channel.set_slate(studio.slate)
    viewer.seen()
    studio.wait(SLATE_AFTER_S + 1.4)
    assert [slate.data for slate in viewer.seen()] == [b"slate A", b"slate B", b"slate A"]
    assert studio.channel.phase == "slate"


def test_the_slate_plays_at_once_when_the_engine_dies(studio: Studio) -> None:
    viewer = studio.join()
    studio.show(5, keyframe=True)
    studio.channel.set_slate(studio.slate)
    studio.channel.lose_engine(studio.now_s)
    assert [unit.data for unit in viewer.seen()][-1] == b"slate A"


def test_who_joins_during_the_slate_sees_it(studio: Studio) -> None:
    studio.channel.set_slate(studio.slate)
    studio.wait(2)
    assert all(unit.data.startswith(b"slate") for unit in studio.join().seen())


def test_pictures_come_back_at_a_keyframe(studio: Studio) -> None:
    viewer = studio.join()
    studio.channel.set_slate(studio.slate)
    studio.show(5, keyframe=True)
    studio.wait(3)
    viewer.seen()
    studio.show(3)
    assert studio.requests, "a keyframe is needed"
    studio.show(3, keyframe=True)
    assert [unit.data for unit in viewer.seen() if not unit.data.startswith(b"slate")] == [b"keyframe", b"picture", b"picture"]
    assert studio.channel.phase == "live"


def test_stamps_only_go_forward_through_slate_and_restart(studio: Studio) -> None:
    studio.wait(1)
    viewer, stamps = studio.join(), list[int]()
    for _ in range(3):
        studio.show(1, keyframe=True)
        came = viewer.seen()
        studio.channel.set_slate(studio.slate)
        studio.show(29)
        studio.channel.lose_engine(studio.now_s)
        came += viewer.seen()
        studio.wait(2.03)
        for unit in came + viewer.seen():
            assert studio.channel.streams[0].line.captured_s(unit.stamp) == pytest.approx(unit.captured_s, abs=0.002)
            stamps.append(unit.stamp)
    assert stamps == sorted(set(stamps))
    assert len(stamps) > 90


def test_a_viewer_who_left_is_counted_no_more(studio: Studio) -> None:
    viewer = studio.join()
    studio.channel.unsubscribe(viewer.subscription, studio.now_s)
    studio.channel.unsubscribe(viewer.subscription, studio.now_s)
    assert studio.channel.viewers == 0


def test_without_a_source_there_is_silence(studio: Studio) -> None:
    viewer = studio.join()
    studio.wait(2)
    packets = viewer.take(viewer.sound)
    assert packets
    assert len({packet.data for packet in packets}) == 1


def test_sound_replaces_silence(studio: Studio) -> None:
    viewer = studio.join()
    for n in range(20):
        studio.wait(0.02)
        studio.channel.push(AccessUnit("audio", b"sound", n * 960, True, studio.now_s), studio.now_s)
    _silence, *packets = viewer.take(viewer.sound)
    assert [packet.data for packet in packets] == 20 * [b"sound"]
    assert {after.stamp - before.stamp for before, after in pairwise(packets)} == {960}


def test_viewers_hear_of_changes_and_joiners_of_the_newest(studio: Studio) -> None:
    heard: list[Event] = []
    studio.channel.subscribe(studio.now_s, heard.append)
    studio.show(1, keyframe=True)
    studio.channel.set_slate(studio.slate)
    studio.channel.lose_engine(studio.now_s)
    assert [event["state"] for event in heard] == ["live", "slate"]
    assert studio.channel.newest_events() == [{"type": "state", "state": "slate"}]


def test_a_rendition_is_wanted_while_somebody_watches_it_and_a_little_longer(studio: Studio) -> None:
    viewer = studio.join()
    assert studio.channel.wanted(studio.now_s) == []
    studio.channel.change(viewer.subscription, 1, studio.now_s)
    assert studio.channel.wanted(studio.now_s) == [1]
    assert studio.asked == [1]
    studio.channel.unsubscribe(viewer.subscription, studio.now_s)
    assert studio.channel.wanted(studio.now_s + LINGER_S - 1) == [1]
    assert studio.channel.wanted(studio.now_s + LINGER_S + 1) == []


def test_renditions_share_one_time(studio: Studio) -> None:
    studio.show(1, keyframe=True)
    for n in range(2):
        studio.channel.push(AccessUnit("video", START_CODE + b"keyframe", 0, True, studio.now_s, n), studio.now_s)
    newest = [stream.ring.stamps[stream.ring.head - 1 & stream.ring.mask] for stream in studio.channel.streams]
    assert newest[0] == newest[1]


def test_a_smaller_rendition_alone_does_not_make_the_channel_live(studio: Studio) -> None:
    studio.show(3, keyframe=True, rendition=1)
    assert studio.channel.phase == "waiting"
    assert studio.channel.pictures == 0


def test_a_rendition_begins_with_a_keyframe_whatever_the_others_do(studio: Studio) -> None:
    studio.show(3, keyframe=True)
    studio.show(1, rendition=1)
    assert studio.channel.streams[1].ring.head == 0
    assert studio.asked == [1]


def test_what_no_rendition_of_ours_is_goes_nowhere(studio: Studio) -> None:
    studio.show(3, keyframe=True, rendition=7)
    assert [stream.ring.head for stream in studio.channel.streams] == [0, 0]


def test_each_rendition_has_its_slate(studio: Studio) -> None:
    studio.channel.set_slate([*studio.slate, AccessUnit("video", START_CODE + b"small slate", 0, True, 0.0, 1)])
    studio.wait(2)
    assert studio.channel.streams[0].ring.payload(0) == b"slate A"
    assert studio.channel.streams[1].ring.payload(0) == b"small slate"


def twins() -> Channel:
    return Channel("demo", LEVELS[0], [*RUNGS, *(replace(rung, feed="clean") for rung in RUNGS)], lambda _: None, 0.0)


def test_clean_renditions_have_the_slate_of_their_twins() -> None:
    channel = twins()
    channel.set_slate([AccessUnit("video", START_CODE + name, 0, True, 0.0, n) for n, name in enumerate((b"large", b"small"))])
    channel.tick(2)
    assert [stream.ring.payload(0) for stream in channel.streams] == [b"large", b"small", b"large", b"small"]


def test_the_clean_feed_is_offered_while_the_engine_can_encode_any_of_it() -> None:
    channel = twins()
    assert channel.feeds == ["burned", "clean"]
    assert [channel.ladder(feed) for feed in channel.feeds] == [[0, 1], [2, 3]]
    channel.streams[2].offered = False
    assert channel.feeds == ["burned", "clean"]
    channel.change_rungs(RUNGS)
    assert channel.feeds == ["burned"]


def test_what_is_for_one_feed_reaches_its_viewers_alone_and_who_joins_it_later() -> None:
    channel, heard = twins(), list[tuple[str, Event]]()
    channel.subscribe(0.0, lambda event: heard.append(("burned", event)))
    channel.subscribe(0.0, lambda event: heard.append(("clean", event))).feed = "clean"
    everybody, some, newer = {"type": "show", "revision": 7}, {"type": "light", "n": 1}, {"type": "light", "n": 2}
    channel.publish(everybody)
    channel.publish(some, "clean")
    channel.publish(newer, "clean")
    assert heard == [("burned", everybody), ("clean", everybody), ("clean", some), ("clean", newer)]
    assert channel.newest_events() == [everybody]
    assert channel.newest_events("clean") == [newer]


def test_who_is_behind_is_counted_and_who_waits_for_a_keyframe(studio: Studio) -> None:
    def take_all(*viewers: Watcher) -> None:
        for viewer in viewers:
            viewer.seen(), viewer.take(viewer.sound)

    quick, slow = studio.join(), studio.join()
    studio.show(5, keyframe=True)
    take_all(quick, slow)
    studio.show(10)
    take_all(quick)
    assert studio.channel.late == 1
    take_all(slow)
    assert studio.channel.late == 0
    studio.show(quick.pictures.ring.safe + 1 if quick.pictures.ring else 0)
    assert studio.channel.late == 2
    take_all(quick, slow)  # too far behind: a keyframe has to come
    assert studio.channel.late == 2
    studio.show(1, keyframe=True)
    take_all(quick, slow)
    assert studio.channel.late == 0


def test_another_ladder_keeps_the_places_of_those_that_stay(studio: Studio) -> None:
    viewer = studio.channel.subscribe(studio.now_s)
    studio.channel.change(viewer, 1, studio.now_s)
    rings = [stream.ring for stream in studio.channel.streams]
    studio.channel.change_rungs([Rung(Size(1280, 640), 3000), Rung(Size(640, 320), 800), Rung(Size(320, 160), 300)])
    assert [stream.rung.name for stream in studio.channel.streams] == ["1280x640", "640x320", "320x160"]
    assert [stream.ring for stream in studio.channel.streams[:2]] == rings
    assert studio.channel.streams[1].watching == 1
    studio.channel.streams[2].ask_keyframe(studio.now_s)
    assert studio.asked[-1] == 2
    studio.channel.change_rungs([Rung(Size(1280, 640), 3000)])
    assert [stream.rate_bps is None for stream in studio.channel.streams] == [False, True, True]


def test_both_forms_of_sound_go_their_ways_and_each_is_silent_by_itself() -> None:
    channel = Channel("demo", LEVELS[0], RUNGS, lambda _: None, 0.0, sounds=FORMATS)
    for n in range(5):
        channel.push(AccessUnit("audio", b"two", n * 960, True, n / 50, 0), n / 50 + LATENCY_S)
        channel.push(AccessUnit("audio", b"four", n * 960, True, n / 50, 1), n / 50 + LATENCY_S)
        channel.push(AccessUnit("audio", b"nobody knows", n * 960, True, n / 50, 2), n / 50 + LATENCY_S)
    stereo, sphere = (sound.ring for sound in channel.sounds)
    assert [ring.payload(ring.head - 1) for ring in (stereo, sphere)] == [b"two", b"four"]
    assert (stereo.head, sphere.head) == (5, 5)
    channel.push(AccessUnit("audio", b"two", 5 * 960, True, 0.6, 0), 0.6)
    channel.tick(0.8)
    assert [ring.payload(ring.head - 1) for ring in (stereo, sphere)] == [b"two", AMBISONICS.silence]
    channel.tick(1.3)
    assert stereo.payload(stereo.head - 1) == STEREO.silence
