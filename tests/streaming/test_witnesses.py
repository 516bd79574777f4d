"""Other people's WebRTC clients publish to us and watch us: what counts is what comes out at the other end."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.streaming.ffmpeg import ffmpeg
from tests.streaming.gstreamer import PUBLISH, WATCH, gstreamer, hang_up
from tests.streaming.studio import TOKEN, Studio, studio_on_air
from tests.waiting import until


@pytest.fixture
async def studio() -> AsyncIterator[Studio]:
    async with studio_on_air() as studio:
        yield studio


async def test_ffmpeg_publishes(studio: Studio, tmp_path: Path) -> None:
    command = ffmpeg(studio.url, TOKEN, tmp_path, pictures=60)
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert len(studio.decoded()) == len(studio.of("video")) == 60
    assert len(studio.of("audio")) == 120
    await until(lambda: not studio.whip.sessions)


async def test_gstreamer_publishes_with_its_rsa_certificate(studio: Studio) -> None:
    async with gstreamer(PUBLISH, studio.url, TOKEN) as process:
        await studio.wait_for(pictures=50, sounds=50)
        frames = studio.decoded()
        assert len(frames) == len(studio.of("video"))
        assert (frames[0].width, frames[0].height) == (640, 320)
        assert abs(int(frames[-1].to_ndarray(format="yuv420p")[100, 100]) - 235) <= 2
        assert await hang_up(process) == "ended 200"
    await until(lambda: not studio.whip.sessions)


async def test_gstreamer_watches(on_air: Any) -> None:
    seen = {"video/x-raw": 0, "audio/x-raw": 0}
    async with gstreamer(WATCH, on_air.url) as process, asyncio.timeout(20):
        assert process.stdout
        while min(seen.values()) < 25:
            said, what, width, height = (await process.stdout.readline()).decode().split()
            assert said == "decoded"
            assert what == "audio/x-raw" or (width, height) == ("640", "320")
            seen[what] += 1
        assert await hang_up(process) == "ended 200"
    await until(lambda: not on_air.whep.sessions)
