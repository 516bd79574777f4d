"""What waits for a viewer."""

from streaming.access_unit import AccessUnit
from streaming.feed import BEHIND_S, VIDEO_BYTES, SoundFeed, VideoFeed


def picture(n: int, keyframe: bool = False, size: int = 100) -> AccessUnit:
    return AccessUnit("video", bytes(size), n * 3600, keyframe, n / 25)


async def test_pictures_leave_in_order() -> None:
    feed = VideoFeed()
    for n in range(5):
        feed.put(picture(n, keyframe=n == 0))
    assert [(await feed.take()).pts for _ in range(5)] == [n * 3600 for n in range(5)]


async def test_nothing_is_shown_before_a_keyframe() -> None:
    feed = VideoFeed()
    for n in range(5):
        feed.put(picture(n, keyframe=n == 3))
    assert (await feed.take()).pts == 3 * 3600


async def test_a_viewer_that_falls_behind_goes_on_at_the_next_keyframe() -> None:
    feed = VideoFeed()
    late = int(BEHIND_S * 25) + 5
    for n in range(late + 10):
        feed.put(picture(n, keyframe=n in (0, late)))
    assert (await feed.take()).pts == late * 3600
    assert feed.dropped == late


async def test_what_waits_is_bounded() -> None:
    feed = VideoFeed()
    for n in range(20):
        feed.put(picture(0, keyframe=n == 0, size=VIDEO_BYTES // 10))
    assert feed.waiting <= 10


async def test_too_much_sound_loses_the_oldest() -> None:
    feed = SoundFeed()
    for n in range(100):
        feed.put(AccessUnit("audio", b"sound", n * 960, True, n / 50))
    assert feed.waiting == 26
    assert (await feed.take()).pts == 74 * 960
