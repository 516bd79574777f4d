from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
from fastapi import APIRouter
from prometheus_client.parser import text_string_to_metric_families

from streaming.h264 import LEVELS
from streaming.hub import Channel
from streaming.ladder import Rung
from streaming.rtp.fanout import Fanout
from streaming.whep import Whep
from vrlive.api.models import (
    CameraState,
    ChannelPhase,
    ChannelState,
    DeliveryState,
    EngineState,
    HlsState,
    RecordState,
    RenditionState,
    SoundInputState,
    SoundState,
    StageState,
    StitchState,
)
from vrlive.api.server import create_app
from vrlive.api.show_models import ShowProduct, ShowState
from vrlive.config import SoundTuning, Tuning
from vrlive.errors import UserError
from vrlive.show.scene import GarmentTuning
from vrlive.units import Size


@dataclass
class Window:
    """A show of which the test says what is in it."""

    products: list[ShowProduct] = field(default_factory=list)
    description: str = ""

    def state(self) -> ShowState:
        programme = {"title": "Spring", "description": self.description, "host": "Ada", "brand": "Maison", "starts_unix_s": None}
        return ShowState.model_validate(
            {**programme, "ends_unix_s": None, "revision": 1, "scene": None, "products": self.products, "pins": []}
        )


@dataclass
class Booth:
    """A channel whose state the test sets."""

    name: str
    title: str = "Spring"
    phase: ChannelPhase = "live"
    embed_origins: tuple[str, ...] = ("*",)
    show: Window = field(default_factory=Window)
    tuning: Tuning = field(default_factory=Tuning)
    cameras: list[CameraState] = field(default_factory=lambda: [CameraState(name="front", state="live", frames=7, dropped=3, reconnects=2)])

    heard: SoundTuning = field(default_factory=SoundTuning)
    worn: GarmentTuning = field(default_factory=GarmentTuning)

    @property
    def wishes(self) -> "Booth":
        return self

    @property
    def stitch(self) -> Tuning:
        return self.tuning

    def tune(self, tuning: Tuning) -> None:
        self.tuning = tuning

    def sound(self, camera: str) -> SoundTuning | None:
        return self.heard if camera == "front" else None

    def tune_sound(self, camera: str, tuning: SoundTuning) -> None:
        assert camera == "front"
        self.heard = tuning

    def garment(self, name: str) -> GarmentTuning:
        if name != "coat":
            raise UserError(f"“{name}” is no garment of {self.name}; there is: coat")
        return self.worn

    def tune_garment(self, name: str, tuning: GarmentTuning) -> None:
        if tuning.variant not in (None, "camel"):
            raise UserError(f"variant: “{tuning.variant}” is no variant of {name}; did you mean “camel”?")
        self.worn = tuning

    def state(self) -> ChannelState:
        return ChannelState(
            name=self.name,
            title=self.title,
            state=self.phase,
            size="1920x960",
            fps=25,
            viewers=3,
            keyframes=4,
            engine=EngineState(state="running", restarts=1, dropped=5),
            delivery=DeliveryState(bytes_sent=9000, dropped=6, refused=8),
            cameras=self.cameras,
            stages=[StageState(name="stitch", median_ms=3, p95_ms=4, frames=100, dropped=1, busy_s=0.3)],
            garments=[],
            renditions=[RenditionState(name="1920x960", bitrate_kbps=6000, state="encoding", viewers=3)],
            stitch=StitchState(**self.tuning.model_dump(), in_force=True),
            sound=SoundState(inputs=[SoundInputState(camera="front", **self.heard.model_dump(), level_db=-23.5, drift_ppm=40, missed=9)]),
            record=RecordState(state="recording", file="boutique.mp4", bytes_written=7000, dropped=1),
            hls=HlsState(state="cutting", bytes_sent=5000, dropped=2),
            loop=None,
            now_unix_s=1.0,
        )


@pytest.fixture
def booth() -> Booth:
    return Booth("boutique")


@pytest.fixture
async def client(booth: Booth) -> AsyncIterator[httpx.AsyncClient]:
    whep = Whep({"runway": Channel("runway", LEVELS[0], [Rung(Size(640, 320), 1000)], lambda _: None)}, Fanout(fast=False))
    app = create_app({booth.name: booth, "runway": Booth("runway")}, control_token="a token for these tests", routers=[whep.router])
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


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/nothing", "/api/v1/nothing", "/watch", "/whep"])
async def test_an_unknown_address_is_a_404_that_says_where_the_known_ones_are(client: httpx.AsyncClient, path: str, method: str) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.json()) == (404, {"error": f"there is nothing at {path}; /api/docs lists what there is"})


@pytest.mark.parametrize("path", ["/", "/watch/boutique", "/api/v1/channels", "/api/v1/channels/boutique", "/metrics", "/healthz"])
async def test_what_can_only_be_read_says_so(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert answer.json()["error"] == "POST means nothing here; allowed are GET, HEAD"


@pytest.mark.parametrize(
    "path",
    ["/", "/watch/boutique", "/watch/nobody", "/api/v1/channels", "/metrics", "/healthz", "/api/docs", "/api/openapi.json", "/nothing"],
)
async def test_head_is_get_without_the_body(client: httpx.AsyncClient, path: str) -> None:
    got, head = await client.get(path), await client.head(path)
    assert head.status_code == got.status_code
    assert head.headers["content-type"] == got.headers["content-type"]
    assert head.content == b""


async def test_a_server_without_an_authority_of_its_own_says_how_to_get_one(client: httpx.AsyncClient) -> None:
    answer = await client.get("/authority.pem")
    assert answer.status_code == 404
    assert "--tls auto" in answer.json()["error"]


async def test_a_value_of_another_kind_is_refused_by_its_name() -> None:
    router = APIRouter()

    @router.get("/cues")
    def cues(first: int) -> int:
        return first

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app({}, control_token="a token for these tests", routers=[router])), base_url="http://vrlive"
    ) as client:
        answer = await client.get("/cues?first=one")
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("query.first: ")


async def test_an_offer_that_cannot_be_played_is_refused_in_the_same_form(client: httpx.AsyncClient) -> None:
    refused = {
        400: await client.post("/whep/runway", content="hello", headers={"Content-Type": "application/sdp"}),
        404: await client.post("/whep/nowhere"),
        405: await client.put("/whep/runway"),
        415: await client.post("/whep/runway", json={}),
    }
    assert {status: answer.status_code for status, answer in refused.items()} == {status: status for status in refused}
    assert all(len(answer.json()["error"]) > 10 for answer in refused.values())


async def test_metrics_are_what_prometheus_itself_can_read(client: httpx.AsyncClient) -> None:
    page = (await client.get("/metrics")).text
    samples = {(s.name, s.labels["channel"]): s.value for family in text_string_to_metric_families(page) for s in family.samples}
    assert samples["vrlive_viewers", "boutique"] == 3
    assert samples["vrlive_engine_restarts_total", "boutique"] == 1
    assert samples["vrlive_camera_reconnects_total", "runway"] == 2
    assert samples["vrlive_stage_seconds_count", "boutique"] == 100
    assert samples["vrlive_sound_level_dbfs", "boutique"] == -23.5
    assert samples["vrlive_sound_drift_ratio", "boutique"] == pytest.approx(40e-6)
    assert samples["vrlive_sound_missed_total", "runway"] == 9


async def test_metrics_tell_what_was_lost_where_and_what_went_out(client: httpx.AsyncClient) -> None:
    page = (await client.get("/metrics")).text
    samples = {s.name: s.value for family in text_string_to_metric_families(page) for s in family.samples}
    lost = ("stage_dropped", "camera_dropped", "link_dropped", "viewer_dropped", "offers_refused")
    assert [samples[f"vrlive_{each}_total"] for each in lost] == [1, 3, 5, 6, 8]
    assert samples["vrlive_sent_bytes_total"] == 9000


async def test_metrics_tell_of_recordings_and_hls(client: httpx.AsyncClient) -> None:
    page = (await client.get("/metrics")).text
    samples = {sample.name: sample.value for family in text_string_to_metric_families(page) for sample in family.samples if sample.value}
    assert (samples["vrlive_recorded_bytes_total"], samples["vrlive_recording_dropped_total"]) == (7000, 1)
    assert (samples["vrlive_hls_sent_bytes_total"], samples["vrlive_hls_dropped_total"]) == (5000, 2)


async def test_metrics_tell_the_state_of_channels_engines_and_cameras(client: httpx.AsyncClient, booth: Booth) -> None:
    booth.phase, booth.cameras = "degraded", [CameraState(name="front", state="stalled")]
    page = (await client.get("/metrics")).text
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    states = {s.name: s.labels["state"] for s in samples if s.labels["channel"] == "boutique" and "state" in s.labels and s.value}
    assert states == {
        "vrlive_channel_state": "degraded",
        "vrlive_engine_state": "running",
        "vrlive_camera_state": "stalled",
        "vrlive_recording_state": "recording",
        "vrlive_rendition_state": "encoding",
    }


async def test_health_follows_the_channels(client: httpx.AsyncClient, booth: Booth) -> None:
    assert (await client.get("/healthz")).json() == {"status": "on air", "slate": []}
    booth.phase = "slate"
    answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()["slate"]) == (200, ["boutique"])
    booth.phase = "offline"
    answer = await client.get("/healthz")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "boutique" in answer.json()["error"]


async def test_pages_may_load_from_their_own_origin_only(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/channels")
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_foreign_pages_can_neither_frame_ours_nor_send_forms_through_them(client: httpx.AsyncClient) -> None:
    policy = (await client.get("/")).headers["content-security-policy"].split("; ")
    assert {"frame-ancestors 'self'", "form-action 'none'"} <= set(policy)  # default-src covers neither (CSP 3, section 6)


async def test_openapi_describes_the_api(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/api/openapi.json")).json()["paths"]
    assert {"/api/v1/channels", "/api/v1/channels/{channel}", "/metrics", "/healthz"} <= set(paths)
