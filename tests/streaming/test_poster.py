"""The still of what is on air."""

import io
import time
from collections.abc import AsyncIterator

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from PIL import Image

from streaming.access import Access
from streaming.h264 import LEVELS
from streaming.hub import Channel
from streaming.ladder import Rung
from streaming.poster import Posters
from tests.streaming.broadcasting import SIZE, grey, show
from tests.streaming.client import client_at
from vrlive.server_config import AccessConfig
from vrlive.tokens import make_token

URL = "/api/v1/channels/demo/poster.jpg"
SECRET = "0123456789abcdef" * 2


@pytest.fixture
def hub() -> Channel:
    return Channel("demo", LEVELS[0], [Rung(SIZE, 500)], lambda _: None)


@pytest.fixture
async def http(hub: Channel) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(Posters({"demo": hub}, Access()).router)
    async with client_at("192.0.2.7", app) as client:
        yield client


def on_air(hub: Channel, pictures: int = 30) -> None:
    for unit in list(show(pictures / 25, sound=False)):
        hub.push(unit, 0.0)


async def test_it_is_the_newest_keyframe_and_kept_for_seconds(hub: Channel, http: httpx.AsyncClient) -> None:
    assert (await http.get(URL)).status_code == 204
    on_air(hub)
    answer = await http.get(URL)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "public, max-age=5"
    image = Image.open(io.BytesIO(answer.content))
    assert image.size == (SIZE.width, SIZE.height)
    assert np.asarray(image.convert("L")).mean() == pytest.approx((grey(25) - 16) * 255 / 219, abs=3)
    again = await http.get(URL, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_channel_that_there_is_not_has_none(http: httpx.AsyncClient) -> None:
    answer = await http.get(URL.replace("demo", "nobody"))
    assert answer.status_code == 404
    assert "demo" in answer.json()["error"]


async def test_who_needs_a_token_to_watch_needs_it_for_the_still(hub: Channel) -> None:
    on_air(hub)
    app = FastAPI()
    app.include_router(Posters({"demo": hub}, Access(AccessConfig(watch="token"), SECRET)).router)
    token = make_token(SECRET, "demo", "watch", time.time() + 60)
    async with client_at("192.0.2.7", app) as http:
        refused = await http.get(URL)
        assert refused.status_code == 401
        assert "Bearer" in refused.headers["WWW-Authenticate"]
        for allowed in (await http.get(f"{URL}?access_token={token}"), await http.get(URL, headers={"Authorization": f"Bearer {token}"})):
            assert allowed.status_code == 200
            assert allowed.headers["Cache-Control"] == "private, max-age=5"
