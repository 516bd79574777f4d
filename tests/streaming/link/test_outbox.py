"""What the engine does when delivery reads too slowly."""

from dataclasses import replace

from streaming.access_unit import AccessUnit
from streaming.link.messages import Kind, Message, to_unit
from streaming.link.outbox import SOUND_PACKETS, VIDEO_BYTES, Outbox


def picture(n: int, keyframe: bool = False, size: int = VIDEO_BYTES // 20) -> AccessUnit:
    return AccessUnit("video", bytes(size), n, keyframe, n / 25)


def sound(n: int) -> AccessUnit:
    return AccessUnit("audio", b"sound", n, True, n / 50)


def taken(outbox: Outbox) -> list[Message]:
    found = []
    while message := outbox.take():
        found.append(message)
    return found


def test_units_leave_in_order() -> None:
    outbox = Outbox()
    outbox.put_unit(picture(0, keyframe=True))
    outbox.put_unit(sound(1))
    outbox.put_unit(picture(2))
    assert [to_unit(message).pts for message in taken(outbox)] == [0, 1, 2]


def test_the_oldest_whole_group_goes_first() -> None:
    outbox = Outbox()
    for n in range(25):
        assert outbox.put_unit(picture(n, keyframe=n % 10 == 0))
    assert [to_unit(message).pts for message in taken(outbox)] == list(range(10, 25))
    assert outbox.dropped == 10


def test_a_group_cut_off_is_not_continued() -> None:
    outbox = Outbox()
    whole = [outbox.put_unit(picture(n, keyframe=n == 0)) for n in range(30)]
    assert whole == 20 * [True] + 10 * [False]
    assert outbox.put_unit(picture(30, keyframe=True))
    assert [to_unit(message).pts for message in taken(outbox)] == [30]


def test_sound_is_bounded_by_itself() -> None:
    outbox = Outbox()
    outbox.put_unit(picture(0, keyframe=True))
    for n in range(SOUND_PACKETS + 50):
        outbox.put_unit(sound(n))
    units = [to_unit(message) for message in taken(outbox)]
    assert [unit.pts for unit in units if unit.kind == "audio"] == list(range(50, SOUND_PACKETS + 50))
    assert sum(unit.kind == "video" for unit in units) == 1


def test_of_status_only_the_newest_is_sent() -> None:
    outbox = Outbox()
    for n in range(100):
        outbox.put(Message(Kind.STATUS, {"n": n}))
    assert [message.header for message in taken(outbox)] == [{"n": 99}]


def test_renditions_are_cut_off_and_continued_each_for_itself() -> None:
    outbox = Outbox()
    for n in range(15):
        outbox.put_unit(picture(n, keyframe=n == 0))
        outbox.put_unit(replace(picture(n, keyframe=n == 0), rendition=1))
    kept = [to_unit(message) for message in taken(outbox)]
    assert {unit.rendition for unit in kept} == {1}
    assert not outbox.put_unit(picture(15))
    assert outbox.put_unit(replace(picture(15), rendition=1))
    assert outbox.put_unit(picture(16, keyframe=True))


def test_of_news_of_the_scene_the_newest_of_each_kind_is_sent() -> None:
    outbox = Outbox()
    for n in range(1000):
        outbox.put(Message(Kind.SCENE, {"what": "light", "n": n}, bytes(5000)))
        outbox.put(Message(Kind.SCENE, {"what": "poses", "n": n}))
    assert [message.header for message in taken(outbox)] == [{"what": "light", "n": 999}, {"what": "poses", "n": 999}]
