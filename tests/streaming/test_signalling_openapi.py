"""What integrators read of WHEP in the API's description."""

from typing import Any

import httpx
import pytest

from streaming.h264 import LEVELS
from streaming.hub import Channel
from streaming.ladder import Rung
from streaming.rtp.fanout import Fanout
from streaming.whep import Whep
from vrlive.api.server import create_app
from vrlive.units import Size


@pytest.fixture
def hub() -> Channel:
    return Channel("demo", LEVELS[0], [Rung(Size(640, 320), 1000)], lambda _: None)


@pytest.fixture
def http(hub: Channel) -> httpx.AsyncClient:
    app = create_app({}, control_token="a token for these tests", routers=[Whep({"demo": hub}, Fanout(fast=False)).router])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://vrlive")


@pytest.fixture
async def described(http: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get("/api/openapi.json")).json()
    return found


def test_an_offer_is_sdp_and_so_is_its_answer(described: dict[str, Any]) -> None:
    watch = described["paths"]["/whep/{channel}"]["post"]
    assert list(watch["requestBody"]["content"]) == ["application/sdp"]
    assert list(watch["responses"]["201"]["content"]) == ["application/sdp"]
    assert {"Location", "ETag"} <= set(watch["responses"]["201"]["headers"])
    assert {"400", "404", "413", "415", "422", "503"} <= set(watch["responses"])


def test_candidates_are_a_fragment_with_the_sessions_tag(described: dict[str, Any]) -> None:
    trickle = described["paths"]["/whep/{channel}/{token}"]["patch"]
    assert list(trickle["requestBody"]["content"]) == ["application/trickle-ice-sdpfrag"]
    assert {each["name"] for each in trickle["parameters"]} == {"channel", "token", "If-Match"}
    assert "content" not in trickle["responses"]["204"]
    assert {"400", "404", "412", "428"} <= set(trickle["responses"])


def test_every_refusal_of_every_operation_has_an_error_in_words(described: dict[str, Any]) -> None:
    for path, operations in described["paths"].items():
        for operation in operations.values():
            refusals = {status: each for status, each in operation["responses"].items() if status[0] in "45"}
            assert refusals, path
            for status, refusal in refusals.items():
                schema = refusal["content"]["application/json"]["schema"]
                schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
                assert schema["required"] == ["error"], (path, status)
    assert "HTTPValidationError" not in described["components"]["schemas"]


async def test_refused_offers_are_counted(hub: Channel, http: httpx.AsyncClient) -> None:
    await http.post("/whep/demo", content="hello", headers={"Content-Type": "application/sdp"})
    await http.post("/whep/demo", json={})
    await http.post("/whep/nowhere")
    await http.get("/whep/demo")
    assert hub.refused == 2
