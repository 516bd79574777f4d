from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from vrlive.api.models import CameraState, ChannelPhase, ChannelState, EngineState, StageState
from vrlive.api.server import create_app


@dataclass
class Booth:
    """A channel whose state the test sets."""

    name: str
    title: str = "Spring"
    phase: ChannelPhase = "live"
    cameras: list[CameraState] = field(default_factory=lambda: [CameraState(name="front", state="live", frames=7, reconnects=2)])

    def state(self) -> ChannelState:
        return ChannelState(
            name=self.name,
            title=self.title,
            state=self.phase,
            size="1920x960",
            fps=25,
            viewers=3,
            keyframes=4,
            engine=EngineState(state="running", restarts=1),
            cameras=self.cameras,
            stages=[StageState(name="stitch", median_ms=3, p95_ms=4, frames=100, dropped=1, busy_s=0.3)],
            garments=[],
            loop=None,
            now_unix_s=1.0,
        )


@pytest.fixture
def booth() -> Booth:
    return Booth("boutique")


@pytest.fixture
async def client(booth: Booth) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app({booth.name: booth, "runway": Booth("runway")})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://vrlive") as client:
        yield client


async def test_channels_are_listed_in_their_order(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/channels")
    assert [each["name"] for each in answer.json()["channels"]] == ["boutique", "runway"]


async def test_a_channels_state_shows_cameras_and_stages(client: httpx.AsyncClient) -> None:
    state = (await client.get("/api/v1/channels/boutique")).json()
    assert state["cameras"][0]["name"] == "front"
    assert state["stages"][0]["median_ms"] == 3
    assert state["loop"] is None


async def test_an_unknown_channel_is_a_404_that_names_those_there_are(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/channels/butik")
    assert answer.status_code == 404
    assert "boutique, runway" in answer.json()["error"]


@pytest.mark.parametrize("path", ["/nothing", "/api/v1/nothing", "/authority.pem"])
async def test_every_refusal_is_json(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]


async def test_metrics_are_what_prometheus_itself_can_read(client: httpx.AsyncClient) -> None:
    page = (await client.get("/metrics")).text
    samples = {(s.name, s.labels["channel"]): s.value for family in text_string_to_metric_families(page) for s in family.samples}
    assert samples["vrlive_viewers", "boutique"] == 3
    assert samples["vrlive_engine_restarts_total", "boutique"] == 1
    assert samples["vrlive_camera_reconnects_total", "runway"] == 2
    assert samples["vrlive_stage_seconds_count", "boutique"] == 100


async def test_health_follows_the_channels(client: httpx.AsyncClient, booth: Booth) -> None:
    assert (await client.get("/healthz")).status_code == 200
    booth.phase = "offline"
    answer = await client.get("/healthz")
    assert answer.status_code == 503
    assert "boutique" in answer.json()["error"]


async def test_pages_may_load_from_their_own_origin_only(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/channels")
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_openapi_describes_the_api(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/api/openapi.json")).json()["paths"]
    assert {"/api/v1/channels", "/api/v1/channels/{channel}", "/metrics", "/healthz"} <= set(paths)
