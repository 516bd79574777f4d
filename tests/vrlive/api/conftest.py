"""A show to ask for, and to direct."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.vrlive.api.staged import SCENE, Stage, client_of, config, write
from vrlive.resources import scenes
from vrlive.showcase import Showcase


@pytest.fixture
async def stage(tmp_path: Path) -> Stage:
    (tmp_path / "scene.toml").write_text(SCENE.format(scenes=scenes()), "utf-8")
    Image.new("RGB", (40, 50), "#b58a5a").save(tmp_path / "coat.png")
    write(tmp_path)
    events: list[dict[str, object]] = []
    stage = Stage(Showcase(config(tmp_path), publish=events.append), tmp_path, events)
    await stage.show.open()
    return stage


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(stage) as client:
        yield client
