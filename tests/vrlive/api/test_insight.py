"""What pages tell, as strangers would send it, and what an operator may read."""

import io
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.vrlive.api.test_server import Booth
from vrlive.api.control import only_with
from vrlive.api.insight import REPORTS_AT_ONCE, Insight, Report, painted
from vrlive.api.server import create_app
from vrlive.show.audience import FEWEST
from vrlive.show.gaze import BINS, bin_of

TOKEN = "a token for these tests"
ADDRESS = "/api/v1/channels/boutique/insight"
READER = {"Authorization": f"Bearer {TOKEN}"}
AHEAD = bin_of(0.0, 0.0)


def visit(number: int) -> str:
    return f"{number:016x}"


def report(number: int = 0, **values: Any) -> dict[str, Any]:
    return {"visit": visit(number), **values}


def agreed(number: int = 0, **values: Any) -> dict[str, Any]:
    return report(number, consent=True, played_s=15, gaze_s={str(AHEAD): 15}, **values)


@pytest.fixture
def client() -> httpx.AsyncClient:
    async def red(_: str) -> bytes:
        written = io.BytesIO()
        Image.new("RGB", (128, 64), (200, 30, 30)).save(written, "PNG")
        return written.getvalue()

    app = create_app({"boutique": Booth("boutique")}, control_token=TOKEN, picture=red)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://vrlive")


async def test_sums_are_what_was_told(client: httpx.AsyncClient) -> None:
    for number in range(FEWEST):
        told = agreed(
            number, start_s=0.8, latency_s=0.09, stalls=1, rendition="1920x960", actions=[{"name": "view_item", "product": "coat"}]
        )
        assert (await client.post(ADDRESS, json=told)).status_code == 204
    state = (await client.get(ADDRESS, headers=READER)).json()
    assert state["played_s"] == state["watched_s"]["1920x960"] == 15 * FEWEST
    assert state["stalls"] == state["consents"] == FEWEST
    assert state["start"]["counts"][2] == state["latency"]["counts"][1] == FEWEST
    assert state["gaze"]["seconds"][AHEAD] == 15 * FEWEST
    assert state["actions"] == [{"name": "view_item", "product": "coat", "count": FEWEST}]


async def test_sums_of_few_are_kept_back(client: httpx.AsyncClient) -> None:
    for number in range(FEWEST - 1):
        await client.post(ADDRESS, json=agreed(number))
    state = (await client.get(ADDRESS, headers=READER)).json()
    assert state["gaze"] is None
    assert state["actions"] is None
    refused = await client.get(f"{ADDRESS}/heatmap.png", headers=READER)
    assert (refused.status_code, str(FEWEST) in refused.json()["error"]) == (409, True)


async def test_one_visitor_is_not_many(client: httpx.AsyncClient) -> None:
    for _ in range(FEWEST):
        await client.post(ADDRESS, json=agreed())
    assert (await client.get(ADDRESS, headers=READER)).json()["consents"] == 1


async def test_without_consent_nobody_is_followed(client: httpx.AsyncClient) -> None:
    assert (await client.post(ADDRESS, json=report(played_s=15))).status_code == 204
    for told in (report(gaze_s={"3": 1}), report(actions=[{"name": "share"}])):
        refused = await client.post(ADDRESS, json=told)
        assert refused.status_code == 422
        assert refused.json()["error"].startswith("consent: ")


@pytest.mark.parametrize(
    "told",
    [
        {},
        report(visit="me"),
        report(played_s=-1),
        report(played_s=1e9),
        report(played_s="NaN"),
        agreed(rendition="x" * 65),
        report(consent=True, gaze_s={str(BINS): 1}),
        report(consent=True, gaze_s={"-1": 1}),
        report(consent=True, actions=[{"name": "DROP TABLE"}]),
        report(consent=True, actions=[{"name": "share"}] * 51),
        report(address="10.0.0.1"),
    ],
)
async def test_what_no_page_of_ours_would_send_is_refused_by_its_key(client: httpx.AsyncClient, told: dict[str, Any]) -> None:
    refused = await client.post(ADDRESS, json=told)
    assert refused.status_code == 422
    assert ": " in refused.json()["error"]


async def test_a_report_that_does_not_end_is_cut_off(client: httpx.AsyncClient) -> None:
    assert (await client.post(ADDRESS, content=b"[" * 10_000)).status_code == 413
    assert (await client.post(ADDRESS, content=b"[" * 5_000)).status_code == 422


async def test_one_address_cannot_send_more_than_its_visitors_would(client: httpx.AsyncClient) -> None:
    answers = [(await client.post(ADDRESS, json=report(number))).status_code for number in range(int(REPORTS_AT_ONCE) + 20)]
    assert set(answers) == {204, 429}


async def test_only_the_operator_may_read(client: httpx.AsyncClient) -> None:
    for address in (ADDRESS, f"{ADDRESS}/heatmap.png"):
        assert (await client.get(address)).status_code == 401
    assert (await client.get("/api/v1/channels/other/insight", headers=READER)).status_code == 404
    assert (await client.post("/api/v1/channels/other/insight", json=report())).status_code == 404


async def test_the_heat_map_glows_where_heads_were_turned_over_the_picture(client: httpx.AsyncClient) -> None:
    for number in range(FEWEST):
        await client.post(ADDRESS, json=agreed(number))
    answer = await client.get(f"{ADDRESS}/heatmap.png", headers=READER)
    picture = np.asarray(Image.open(io.BytesIO(answer.content)), np.float64)
    height, width = picture.shape[:2]
    ahead, behind = picture[height // 2 - 10, width // 2 + 20], picture[height // 2, 5]
    assert ahead[0] > ahead[2] + 100  # red
    assert np.ptp(behind) < 3  # the room, without its colours
    assert behind[0] == pytest.approx(0.6 * (0.299 * 200 + 0.587 * 30 + 0.114 * 30), abs=3)


def at(now_s: Callable[[], float]) -> Insight:
    return Insight({"boutique": Booth("boutique")}, only_with(TOKEN), now=now_s)


def test_nobody_adds_more_seconds_than_have_passed() -> None:
    now_s = 0.0
    insight = at(lambda: now_s)
    told = Report(visit=visit(1), consent=True, played_s=60, gaze_s={AHEAD: 60})
    for _ in range(100):
        insight.take("boutique", told)
        now_s += 0.1
    assert insight.audiences["boutique"].gaze_s.sum() == pytest.approx(60 + 99 * 0.1)
    assert insight.audiences["boutique"].quality.played_s == pytest.approx(60 + 99 * 0.1)


def test_names_that_strangers_invent_do_not_fill_the_memory() -> None:
    insight = at(lambda: 0.0)
    for number in range(5000):
        actions = [{"name": "view_item", "product": f"p{number}"}]
        insight.take("boutique", Report.model_validate(report(number, consent=True, rendition=f"r{number}", actions=actions)))
    audience = insight.audiences["boutique"]
    assert len(audience.actions) <= 1001
    assert len(audience.quality.watched_s) <= 1001
    assert sum(audience.actions.values()) == 5000


def test_of_a_picture_for_two_eyes_the_left_ones_lies_under_the_map() -> None:
    picture, written = Image.new("RGB", (64, 64), (250, 250, 250)), io.BytesIO()
    picture.paste((10, 10, 10), (0, 32, 64, 64))
    picture.save(written, "PNG")
    found = np.asarray(Image.open(io.BytesIO(painted(np.zeros((8, 16)), written.getvalue(), stereo=True))), np.float64)
    assert found.min() == pytest.approx(0.6 * 250, abs=1)
