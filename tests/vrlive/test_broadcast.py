"""A channel on air with a real engine: what delivery says of it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from vrlive.api.models import ChannelState
from vrlive.broadcast import Broadcast
from vrlive.config import CameraConfig, ChannelConfig
from vrlive.units import Size

START_S = 120.0  # the first start ever compiles the kernels


async def wait_for(broadcast: Broadcast, holds: Callable[[ChannelState], object]) -> ChannelState:
    """Wait until something holds of the channel's state, and give that state."""
    async with asyncio.timeout(START_S):
        while not holds(state := broadcast.state()):
            await asyncio.sleep(0.05)
    return state


async def test_a_channel_whose_only_camera_is_missing_says_so_and_its_engine_runs(tmp_path: Path) -> None:
    camera = CameraConfig(name="front", url=str(tmp_path / "missing.mp4"))
    config = ChannelConfig(name="empty", rig="equirect", size=Size(256, 128), camera=(camera,))
    async with Broadcast(config) as broadcast:
        state = await wait_for(broadcast, lambda state: state.cameras and state.cameras[0].state == "failed")
    assert "missing.mp4" in state.cameras[0].fault
    assert state.engine.state == "running"
    assert state.state == "connecting"
