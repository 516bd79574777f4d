"""The engine's talk with delivery, over a real socket."""

import asyncio
import threading
from pathlib import Path
from typing import Any

from streaming.link import DeliverySide
from tests.waiting import until
from vrlive.clock import now_s
from vrlive.config import CameraConfig, ChannelConfig
from vrlive.engine import Job, run
from vrlive.units import Size


async def test_a_rig_spoilt_while_on_air_is_reported_by_an_engine_that_lives(tmp_path: Path) -> None:
    channel = ChannelConfig(name="x", size=Size(256, 128), rig=str(tmp_path / "gone.toml"), camera=(CameraConfig(name="a", url="a.mp4"),))
    reports: list[dict[str, Any]] = []
    slates: list[object] = []
    delivery = DeliverySide(on_unit=print, on_status=reports.append, on_slate=slates.append, on_lost=lambda: None)
    await delivery.start()
    stop = threading.Event()
    engine = asyncio.create_task(asyncio.to_thread(run, Job(channel=channel, epoch_s=now_s(), socket=delivery.path), stop))
    await until(lambda: len(reports) > 1 and slates)
    stop.set()
    await engine
    await delivery.close()
    assert reports[-1]["fault"].startswith("no show: the rig's file cannot be used any more")
    assert str(tmp_path) not in str(reports)
