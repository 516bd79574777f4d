"""Twenty viewers on lines that lose packets, coming and going: what sending again can save is shown, and nothing is left behind."""

import asyncio
import gc
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streaming.access_unit import AccessUnit
from streaming.encoder import VideoEncoder
from tests.streaming.conftest import SIZE
from tests.streaming.watcher import Watcher, come_and_go
from tests.waiting import until
from vrlive.frames import Frame
from vrlive.server_config import Limits

VIEWERS, LASTS_S, STAYS_S = 20, 8.0, (1.5, 5.0)
APART_S = 0.1  # the first ones come one after the other
KEYFRAME_S = 2.0


class Noisy:
    """An encoder with more to do: pictures of several packets."""

    def __init__(self, encoder: VideoEncoder) -> None:
        self._encoder = encoder
        self.request_keyframe = encoder.request_keyframe
        self._noise = np.random.default_rng(1).integers(0, 10, SIZE.width * SIZE.height, dtype=np.uint8)

    def encode(self, frame: Frame) -> AccessUnit | None:
        frame.picture.y[:] -= np.roll(self._noise, int(frame.pts) * 7919).reshape(frame.picture.y.shape)
        return self._encoder.encode(frame)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize(("loss", "fanout"), [(0.01, "fast"), (0.01, "portable"), (0.05, "fast")], indirect=["fanout"])
async def test_every_picture_that_can_be_saved_is_shown(on_air: Any, fanout: Any, loss: float) -> None:
    on_air.whep.limits = Limits(sessions=2 * VIEWERS, connecting_of_one=2 * VIEWERS)
    pushed, push = dict[bytes, int](), on_air.channel.push

    def keep(unit: Any, now_s: float) -> None:
        if unit.kind == "video" and (pushed or unit.keyframe):
            pushed[unit.data.replace(b"\0\0\0\1", b"\0\0\1")] = len(pushed)
        push(unit, now_s)

    on_air.channel.push, on_air.encoder = keep, Noisy(on_air.encoder)
    on_air.encoder.request_keyframe()
    await until(lambda: len(pushed) > 5)
    files, tasks, chance = open_files(), len(asyncio.all_tasks()), random.Random(1)
    watchers: list[Watcher] = []

    async def seat(number: int) -> None:
        await asyncio.sleep(number * APART_S)
        watchers.extend([watcher async for watcher in come_and_go(on_air.url, loss, LASTS_S, chance, STAYS_S)])

    async def renew() -> None:
        """As the engine does on air."""
        while True:
            await asyncio.sleep(KEYFRAME_S)
            on_air.encoder.request_keyframe()

    renewing = asyncio.create_task(renew())
    await asyncio.gather(*(seat(number) for number in range(VIEWERS)))
    renewing.cancel()

    assert len(watchers) > VIEWERS
    for watcher in watchers:
        numbers = [pushed[shown.data] for shown in watcher.shown]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "a picture is missing or broken"
    lost, passed = (sum(getattr(watcher.relay, name) for watcher in watchers) for name in ("lost", "passed"))
    waited_s = np.array([shown.waited_s for watcher in watchers for shown in watcher.shown])
    assert lost / (lost + passed) == pytest.approx(loss, rel=0.5)
    assert sum(watcher.again for watcher in watchers) > 0.5 * loss * passed
    assert on_air.channel.sent.dropped == 0
    median_ms, late_ms = np.percentile(waited_s, [50, 99]) * 1e3
    tries = max(watcher.tries for watcher in watchers)
    print(
        f"{len(watchers)} viewers, {len(waited_s)} pictures, {lost} of {lost + passed} datagrams lost; pictures whole after "
        f"{median_ms:.0f} ms in the median, 99 % within {late_ms:.0f} ms, asked for {tries} times at most"
    )

    await until(lambda: not on_air.whep.sessions)
    gc.collect()
    await until(lambda: len(asyncio.all_tasks()) <= tasks)
    assert on_air.channel.viewers == 0
    assert not fanout._outlets
    assert not fanout._fast_outlets
    await until(lambda: open_files() <= files)
