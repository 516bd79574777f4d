"""The engine's talk with delivery, over a real socket."""

import asyncio
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from streaming.link import DeliverySide
from tests.e2e.show import is_running
from tests.waiting import until
from vrlive.clock import now_s
from vrlive.config import CameraConfig, ChannelConfig
from vrlive.engine import Controls, Job, run
from vrlive.units import Size


async def test_a_rig_spoilt_while_on_air_is_reported_by_an_engine_that_lives(tmp_path: Path) -> None:
    channel = ChannelConfig(name="x", size=Size(256, 128), rig=str(tmp_path / "gone.toml"), camera=(CameraConfig(name="a", url="a.mp4"),))
    reports: list[dict[str, Any]] = []
    slates: list[object] = []
    delivery = DeliverySide(on_unit=print, on_status=reports.append, on_slate=slates.append, on_ask=print, on_lost=lambda: None)
    await delivery.start()
    stop = threading.Event()
    engine = asyncio.create_task(
        asyncio.to_thread(run, Job(channel=channel, epoch_s=now_s(), socket=delivery.path), stop, threading.Event())
    )
    await until(lambda: len(reports) > 1 and slates)
    stop.set()
    await engine
    await delivery.close()
    assert reports[-1]["fault"].startswith("no show: the rig's file cannot be used any more")
    assert str(tmp_path) not in str(reports)


def test_a_tuning_that_cannot_be_is_told_of_and_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    for wish in (None, {"yaw_deg": "right"}, {"pitch": 5}, {"distance_m": -1}):
        Controls().take({"do": "tune", "tuning": wish})
    assert caplog.text.count("delivery asks for a tuning that cannot be: 1 faults") == 4


def test_what_the_engine_does_not_know_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    for control in (
        {},
        {"do": "dance"},
        {"do": "keyframe"},
        {"do": "keyframe", "renditions": ["x"]},
        {"do": "renditions", "wanted": [1, "2"]},
    ):
        Controls().take(control)
    assert caplog.text.count("delivery asks for something unknown") == 5


def test_wishes_before_there_is_a_pipeline_are_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    for control in ({"do": "keyframe", "renditions": [1]}, {"do": "renditions", "wanted": [1]}, {"do": "tune", "tuning": {}}):
        Controls().take(control)
    assert not caplog.text


DELIVERY = """
import asyncio, sys
from vrlive.broadcast import Broadcast
from vrlive.config import ChannelConfig

async def deliver():
    async with Broadcast(ChannelConfig.model_validate_json(sys.argv[1])) as broadcast:
        while not broadcast.state().engine.fault:
            await asyncio.sleep(0.05)
        print(broadcast.state().engine.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(deliver())
"""


async def test_when_delivery_is_killed_neither_engine_nor_files_stay(tmp_path: Path) -> None:
    channel = ChannelConfig(name="x", size=Size(256, 128), rig=str(tmp_path / "gone.toml"), camera=(CameraConfig(name="a", url="a.mp4"),))
    command = (sys.executable, "-c", DELIVERY, channel.model_dump_json())
    folder = tmp_path / "tmp"
    folder.mkdir()
    delivery = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env={**os.environ, "TMPDIR": str(folder)})
    assert delivery.stdout is not None
    async with asyncio.timeout(60):
        engine = int(await delivery.stdout.readline())
    assert [path.name for path in folder.glob("vrlive-*/*")] == ["engine"]
    delivery.send_signal(signal.SIGKILL)
    await delivery.wait()
    await until(lambda: not list(folder.iterdir()))
    await until(lambda: not is_running(engine))
