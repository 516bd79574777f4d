"""What is published arrives: every picture, at its time, whatever the network loses and whoever comes and goes."""

from collections.abc import AsyncIterator
from itertools import pairwise

import numpy as np
import pytest

from tests.streaming.conftest import FPS, SIZE
from tests.streaming.encoder import publishing
from tests.streaming.studio import Studio, studio_on_air
from tests.waiting import until


@pytest.fixture
async def studio() -> AsyncIterator[Studio]:
    async with studio_on_air() as studio:
        yield studio


def numbers(studio: Studio) -> list[int]:
    """Which pictures came, by the bar that `drawn` moves."""
    found = []
    for frame in studio.decoded():
        row = frame.to_ndarray(format="gray")[20].astype(int)
        found.append(round((np.flatnonzero(row > 200).mean() - 15.5) / 8))
    return found


async def test_every_picture_and_all_sound_arrive_and_nothing_is_decoded_on_the_way(studio: Studio) -> None:
    async with publishing(studio.url):
        await studio.wait_for(pictures=40, sounds=60)
    [first, *_] = studio.of("video")
    assert first.keyframe
    assert (studio.decoded()[0].width, studio.decoded()[0].height) == tuple(SIZE)
    shown = numbers(studio)
    assert all(after == before + 1 for before, after in pairwise(shown))
    assert sum(unit.keyframe for unit in studio.of("video")) <= 2


async def test_pictures_and_sound_have_the_times_of_their_capture(studio: Studio) -> None:
    async with publishing(studio.url) as camera:
        await studio.wait_for(pictures=80)
        steps_s = np.diff([unit.captured_s for unit in studio.of("video")[-40:]])
        assert np.abs(steps_s - 1 / FPS).max() < 0.02
        [publisher] = studio.whip.sessions.values()
        assert publisher._video
        assert publisher._video.capture_clock.correction_s == 0, "the clock of this host is believed"
        assert abs(studio.of("video")[-1].captured_s - studio.of("audio")[-1].captured_s) < 0.2
        assert camera.pictures.sent


async def test_lost_packets_are_asked_for_and_no_picture_is_missed(studio: Studio) -> None:
    async with publishing(studio.url, lose=0.1):
        await studio.wait_for(pictures=60)
        [publisher] = studio.whip.sessions.values()
        assert publisher._video
        assert publisher._video._buffer.recovered > 3
    shown = numbers(studio)
    missed = sum(after - before - 1 for before, after in pairwise(shown))
    assert missed <= 3


async def test_an_engine_that_begins_anew_is_given_a_keyframe(studio: Studio) -> None:
    async with publishing(studio.url) as camera:
        await studio.wait_for(pictures=10)
        studio.takes = False
        await until(lambda: studio.intake.dropped > 3)
        studio.units.clear()
        studio.takes = True
        await studio.wait_for(pictures=5)
        assert studio.of("video")[0].keyframe
        assert camera.pictures.requests >= 1
    studio.decoded()


async def test_who_asks_for_a_keyframe_gets_one(studio: Studio) -> None:
    async with publishing(studio.url):
        await studio.wait_for(pictures=5)
        before = sum(unit.keyframe for unit in studio.of("video"))
        studio.intake.ask_keyframe("front")
        await until(lambda: sum(unit.keyframe for unit in studio.of("video")) > before)


async def test_the_newest_publisher_is_the_camera(studio: Studio) -> None:
    async with publishing(studio.url) as first, publishing(studio.url.replace("front", "left")) as other:
        await studio.wait_for(pictures=20)
        async with publishing(studio.url) as second:
            await until(lambda: first.peer.connectionState == "closed")
            await until(lambda: len(studio.whip.sessions) == 2)
            studio.units.clear()
            await studio.wait_for(pictures=10)
            assert second.peer.connectionState == "connected"
            assert other.peer.connectionState == "connected", "of another camera"


async def test_who_only_knocks_takes_nobodys_place(studio: Studio) -> None:
    async with publishing(studio.url) as first:
        await studio.wait_for(pictures=3)
        stranger = studio.whip._begin(studio.intake, "front", "192.0.2.9", lambda: None)
        await stranger.close()
        studio.units.clear()
        await studio.wait_for(pictures=10)
        assert first.peer.connectionState == "connected"


async def test_a_camera_that_hangs_up_is_gone_at_once(studio: Studio) -> None:
    async with publishing(studio.url):
        await studio.wait_for(pictures=3)
    await until(lambda: not studio.whip.sessions)


async def test_a_camera_that_shall_be_published_no_more_is_hung_up_on(studio: Studio) -> None:
    async with publishing(studio.url) as camera:
        await studio.wait_for(pictures=3)
        studio.intake.cameras = {"front": False}
        await until(lambda: camera.peer.connectionState == "closed")


async def test_a_channel_that_ends_hangs_up_on_its_cameras(studio: Studio) -> None:
    async with publishing(studio.url) as camera:
        await studio.wait_for(pictures=3)
        await studio.whip.end_channel("another")
        assert studio.whip.sessions
        await studio.whip.end_channel("show")
        await until(lambda: camera.peer.connectionState == "closed")
