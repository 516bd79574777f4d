"""The hub; time is passed in."""

from itertools import pairwise

import pytest

from streaming.access_unit import AccessUnit
from streaming.h264 import LEVELS
from streaming.hub import KEYFRAME_PAUSE_S, SLATE_AFTER_S, Channel, Event, Subscription

LATENCY_S = 0.05


class Studio:
    """A channel, its engine and its clock."""

    def __init__(self) -> None:
        self.requests: list[float] = []
        self.now_s = 100.0
        self.channel = Channel("demo", LEVELS[0], lambda: self.requests.append(self.now_s), epoch_s=100.0)
        self.slate = tuple(AccessUnit("video", name, 0, True, 0.0) for name in (b"slate A", b"slate B"))

    def show(self, frames: int, keyframe: bool = False) -> None:
        """The engine sends pictures, the first perhaps a keyframe."""
        for n in range(frames):
            self.wait(0.04)
            self.channel.push(AccessUnit("video", b"picture", 0, keyframe and n == 0, self.now_s - LATENCY_S), self.now_s)

    def wait(self, seconds: float) -> None:
        """Time passes."""
        end_s = self.now_s + seconds
        while self.now_s < end_s - 1e-9:
            self.now_s = min(end_s, self.now_s + 0.1)
            self.channel.tick(self.now_s)

    def join(self) -> Subscription:
        return self.channel.subscribe(self.now_s)


@pytest.fixture
def studio() -> Studio:
    return Studio()


async def seen(viewer: Subscription) -> list[AccessUnit]:
    return [await viewer.video.take() for _ in range(viewer.video.waiting)]


async def test_all_viewers_get_the_same_bytes(studio: Studio) -> None:
    viewers = [studio.join() for _ in range(3)]
    studio.show(5, keyframe=True)
    first, second, third = [await seen(viewer) for viewer in viewers]
    assert first == second == third
    assert len(first) == 5


async def test_what_went_out_and_what_was_lost_is_counted_over_viewers_that_left(studio: Studio) -> None:
    first, slow = studio.join(), studio.join()
    studio.show(5, keyframe=True)
    await seen(first)
    studio.channel.unsubscribe(first)
    assert studio.channel.bytes_sent == 5 * len(b"picture")
    studio.show(60)
    assert studio.channel.dropped == slow.dropped > 0
    studio.channel.unsubscribe(slow)
    assert studio.channel.dropped == slow.dropped


async def test_who_joins_gets_the_newest_group_and_costs_no_keyframe(studio: Studio) -> None:
    studio.show(10, keyframe=True)
    studio.show(20, keyframe=True)
    viewer = studio.join()
    studio.show(1)
    pictures = await seen(viewer)
    assert [picture.keyframe for picture in pictures] == [True] + 20 * [False]
    assert studio.requests == []


async def test_the_group_is_moved_to_just_before_live(studio: Studio) -> None:
    studio.show(20, keyframe=True)
    viewer = studio.join()
    studio.show(2)
    stamps = [picture.pts for picture in await seen(viewer)]
    steps = [after - before for before, after in pairwise(stamps)]
    assert steps == 19 * [90] + 2 * [3600]


async def test_who_joins_a_group_too_long_to_keep_waits_for_a_keyframe(studio: Studio) -> None:
    studio.show(1201, keyframe=True)
    viewer = studio.join()
    assert viewer.video.waiting == 0
    assert len(studio.requests) == 1
    studio.show(1, keyframe=True)
    assert viewer.video.waiting == 1


def test_keyframe_requests_keep_their_distance(studio: Studio) -> None:
    studio.show(1, keyframe=True)
    for _ in range(100):
        studio.channel.ask_keyframe(studio.now_s)
        studio.wait(0.02)
    assert len(studio.requests) <= 2.0 / KEYFRAME_PAUSE_S + 1
    assert min(after - before for before, after in pairwise(studio.requests)) >= KEYFRAME_PAUSE_S


def test_a_request_that_came_too_early_is_not_forgotten(studio: Studio) -> None:
    studio.channel.ask_keyframe(studio.now_s)
    studio.channel.ask_keyframe(studio.now_s + 0.1)
    assert len(studio.requests) == 1
    studio.wait(1)
    assert len(studio.requests) == 2


async def test_the_slate_plays_when_pictures_stop(studio: Studio) -> None:
    viewer = studio.join()
    studio.show(5, keyframe=True)
    studio.channel.set_slate(studio.slate)
    await seen(viewer)
    studio.wait(SLATE_AFTER_S + 1.4)
    assert [slate.data for slate in await seen(viewer)] == [b"slate A", b"slate B", b"slate A"]
    assert studio.channel.phase == "slate"


async def test_the_slate_plays_at_once_when_the_engine_dies(studio: Studio) -> None:
    viewer = studio.join()
    studio.show(5, keyframe=True)
    studio.channel.set_slate(studio.slate)
    studio.channel.lose_engine(studio.now_s)
    assert [unit.data for unit in await seen(viewer)][-1] == b"slate A"


async def test_who_joins_during_the_slate_sees_it(studio: Studio) -> None:
    studio.channel.set_slate(studio.slate)
    studio.wait(2)
    assert all(unit.data.startswith(b"slate") for unit in await seen(studio.join()))


async def test_pictures_come_back_at_a_keyframe(studio: Studio) -> None:
    viewer = studio.join()
    studio.channel.set_slate(studio.slate)
    studio.show(5, keyframe=True)
    studio.wait(3)
    await seen(viewer)
    studio.show(3)
    assert studio.requests, "a keyframe is needed"
    studio.show(3, keyframe=True)
    assert [unit.keyframe for unit in await seen(viewer) if unit.data == b"picture"] == [True, False, False]
    assert studio.channel.phase == "live"


async def test_stamps_only_go_forward_through_slate_and_restart(studio: Studio) -> None:
    viewer = studio.join()
    studio.channel.set_slate(studio.slate)
    for _ in range(3):
        studio.show(30, keyframe=True)
        studio.channel.lose_engine(studio.now_s)
        studio.wait(2.03)
    units = await seen(viewer)
    stamps = [unit.pts for unit in units]
    assert stamps == sorted(set(stamps))
    for unit in units:
        assert studio.channel.video_line.captured_s(unit.pts) == pytest.approx(unit.captured_s, abs=0.002)


async def test_a_viewer_who_left_gets_no_more(studio: Studio) -> None:
    viewer = studio.join()
    studio.channel.unsubscribe(viewer)
    studio.channel.unsubscribe(viewer)
    studio.show(5, keyframe=True)
    assert viewer.video.waiting == 0
    assert studio.channel.viewers == 0


async def test_without_a_source_there_is_silence(studio: Studio) -> None:
    viewer = studio.join()
    studio.wait(2)
    packets = [await viewer.sound.take() for _ in range(viewer.sound.waiting)]
    assert packets
    assert len({packet.data for packet in packets}) == 1


async def test_sound_replaces_silence(studio: Studio) -> None:
    viewer = studio.join()
    for n in range(20):
        studio.wait(0.02)
        studio.channel.push(AccessUnit("audio", b"sound", n * 960, True, studio.now_s), studio.now_s)
    _silence, *packets = [await viewer.sound.take() for _ in range(viewer.sound.waiting)]
    assert [packet.data for packet in packets] == 20 * [b"sound"]
    assert {after.pts - before.pts for before, after in pairwise(packets)} == {960}


def test_viewers_hear_of_changes_and_joiners_of_the_newest(studio: Studio) -> None:
    heard: list[Event] = []
    studio.channel.subscribe(studio.now_s, heard.append)
    studio.show(1, keyframe=True)
    studio.channel.set_slate(studio.slate)
    studio.channel.lose_engine(studio.now_s)
    assert [event["state"] for event in heard] == ["live", "slate"]
    assert studio.channel.newest_events() == [{"type": "state", "state": "slate"}]
