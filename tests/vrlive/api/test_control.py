"""Who may change a show, and what happens to those who may not."""

import logging
import stat
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.vrlive.api.test_server import Booth
from vrlive.api.control import MAX_BODY_BYTES, control_token
from vrlive.api.server import create_app
from vrlive.config import SoundTuning, Tuning
from vrlive.errors import ServeError
from vrlive.show.scene import GarmentTuning

TOKEN = "a long token for these tests"
WITH_IT = {"Authorization": f"Bearer {TOKEN}"}
PLACE = "/api/v1/channels/boutique/stitch"
SOUND = "/api/v1/channels/boutique/sound"
COAT = "/api/v1/channels/boutique/garments/coat"


@pytest.fixture
def booth() -> Booth:
    return Booth("boutique", tuning=Tuning(yaw_deg=10, distance_m=3))


@pytest.fixture
async def client(booth: Booth) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app({booth.name: booth}, control_token=TOKEN))
    async with httpx.AsyncClient(transport=transport, base_url="http://vrlive") as client:
        yield client


async def test_what_is_sent_changes_and_the_rest_stays(client: httpx.AsyncClient, booth: Booth) -> None:
    answer = await client.patch(PLACE, json={"roll_deg": -2.5}, headers=WITH_IT)
    assert answer.status_code == 200
    assert answer.json() == {"yaw_deg": 10, "pitch_deg": 0, "roll_deg": -2.5, "distance_m": 3, "in_force": True}
    assert booth.tuning == Tuning(yaw_deg=10, roll_deg=-2.5, distance_m=3)


async def test_null_takes_the_scene_for_far_away(client: httpx.AsyncClient, booth: Booth) -> None:
    await client.patch(PLACE, json={"distance_m": None}, headers=WITH_IT)
    assert booth.tuning == Tuning(yaw_deg=10)


async def test_anybody_may_ask_how_it_is(client: httpx.AsyncClient) -> None:
    assert (await client.get(PLACE)).json()["yaw_deg"] == 10
    assert (await client.get("/api/v1/channels/boutique")).json()["stitch"]["distance_m"] == 3


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({}, ""),
        ({"Authorization": "Bearer "}, ""),
        ({"Authorization": f"Bearer {TOKEN}x"}, ""),
        ({"Authorization": f"Bearer {TOKEN[:-1]}"}, ""),
        ({"Authorization": "Bearer \u00e4"}, ""),
        ({"Authorization": f"Basic {TOKEN}"}, ""),
        ({}, f"?token={TOKEN}&access_token={TOKEN}"),
    ],
)
async def test_without_the_token_nothing_changes(
    client: httpx.AsyncClient, booth: Booth, headers: dict[str, str], query: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "vrlive")
    sent = {name: value.encode("utf-8") for name, value in headers.items()}
    answer = await client.patch(PLACE + query, json={"yaw_deg": 90}, headers=sent)  # type: ignore[arg-type]  # bytes are fine
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "token" in answer.json()["error"]
    assert TOKEN not in answer.text + caplog.text
    assert booth.tuning.yaw_deg == 10


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "Invalid JSON"),
        (b"[" * 2000, "recursion"),
        (b"\xff\xfe", "JSON"),
        (b"[1]", "an object with any of yaw_deg, pitch_deg, roll_deg, distance_m"),
        (b'{"yaw": 1}', "known are yaw_deg"),
        (b'{"yaw_deg": 1000}', "yaw_deg: Input should be less than or equal to 360"),
        (b'{"yaw_deg": NaN}', "yaw_deg"),
        (b'{"roll_deg": -Infinity}', "roll_deg"),
        (b'{"pitch_deg": "up"}', "pitch_deg"),
        (b'{"pitch_deg": null}', "pitch_deg"),
        (b'{"distance_m": 0}', "distance_m"),
        (b'{"distance_m": 1e999}', "distance_m"),
    ],
)
async def test_what_is_wrong_is_named(client: httpx.AsyncClient, booth: Booth, body: bytes, problem: str) -> None:
    answer = await client.patch(PLACE, content=body, headers=WITH_IT)
    assert answer.status_code == 422
    assert problem in answer.json()["error"]
    assert booth.tuning == Tuning(yaw_deg=10, distance_m=3)


async def test_a_huge_body_is_not_read(client: httpx.AsyncClient) -> None:
    answer = await client.patch(PLACE, content=b" " * (MAX_BODY_BYTES + 1), headers=WITH_IT)
    assert answer.status_code == 413


async def test_a_camera_s_sound_is_changed_and_the_rest_stays(client: httpx.AsyncClient, booth: Booth) -> None:
    booth.heard = SoundTuning(gain_db=-6, delay_ms=40)
    answer = await client.patch(f"{SOUND}/front", json={"mute": True}, headers=WITH_IT)
    assert answer.status_code == 200
    assert booth.heard == SoundTuning(gain_db=-6, delay_ms=40, mute=True)
    assert answer.json() == (await client.get(SOUND)).json()
    assert answer.json()["inputs"][0]["mute"] is True


@pytest.mark.parametrize(
    ("place", "body", "status", "problem"),
    [
        ("front", {"gain_db": 25}, 422, "gain_db: Input should be less than or equal to 24"),
        ("front", {"delay_ms": -501}, 422, "delay_ms"),
        ("front", {"volume": 1}, 422, "known are gain_db, delay_ms, mute"),
        ("back", {"mute": True}, 404, "the sound of “back” is not mixed"),
    ],
)
async def test_what_is_wrong_with_a_sound_is_named(
    client: httpx.AsyncClient, booth: Booth, place: str, body: dict[str, Any], status: int, problem: str
) -> None:
    answer = await client.patch(f"{SOUND}/{place}", json=body, headers=WITH_IT)
    assert answer.status_code == status
    assert problem in answer.json()["error"]
    assert (await client.patch(f"{SOUND}/{place}", json=body)).status_code == 401
    assert booth.heard == SoundTuning()


async def test_sound_is_asked_for_and_changed_at_its_own_places(client: httpx.AsyncClient) -> None:
    for place, method, allowed in ((f"{SOUND}/front", client.get, "PATCH"), (SOUND, client.delete, "GET, HEAD")):
        answer = await method(place)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


async def test_an_unknown_channel_and_another_method_are_refused(client: httpx.AsyncClient) -> None:
    assert (await client.patch("/api/v1/channels/butik/stitch", json={}, headers=WITH_IT)).status_code == 404
    answer = await client.post(PLACE, json={}, headers=WITH_IT)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, PATCH"


async def test_openapi_says_what_may_be_sent(client: httpx.AsyncClient) -> None:
    described: dict[str, Any] = (await client.get("/api/openapi.json")).json()["paths"]["/api/v1/channels/{channel}/stitch"]
    keys = described["patch"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert [*keys] == ["yaw_deg", "pitch_deg", "roll_deg", "distance_m"]
    assert {"200", "401", "404"} <= {*described["patch"]["responses"]}


def test_a_token_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    first, second = (control_token(tmp_path / "state", None) for _ in range(2))
    assert first == second
    assert len(first) > 30
    assert stat.S_IMODE((tmp_path / "state" / "control.token").stat().st_mode) == 0o600


def test_servers_that_start_at_once_keep_one_token(tmp_path: Path) -> None:
    for turn in range(20):
        with ThreadPoolExecutor(8) as starts:
            tokens = set(starts.map(lambda _, folder=tmp_path / str(turn): control_token(folder, None), range(8)))
        assert len(tokens) == 1


def test_a_token_that_others_could_read_is_closed_again(tmp_path: Path) -> None:
    token = control_token(tmp_path, None)
    (tmp_path / "control.token").chmod(0o644)
    assert control_token(tmp_path, None) == token
    assert stat.S_IMODE((tmp_path / "control.token").stat().st_mode) == 0o600


def test_the_environments_token_counts_if_it_is_long_enough(tmp_path: Path) -> None:
    assert control_token(tmp_path, TOKEN.replace(" ", "-")) == TOKEN.replace(" ", "-")
    for weak in ("", "short", "with blanks and long enough", "ümlaut-and-long-enough"):
        with pytest.raises(ServeError, match="VRLIVE_CONTROL_TOKEN must be 16 or more"):
            control_token(tmp_path, weak)
    assert not (tmp_path / "control.token").exists()


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServeError, match=r"control token cannot be kept .* give one in VRLIVE_CONTROL_TOKEN instead"):
        control_token(tmp_path / "file", None)


async def test_a_garment_is_changed_bit_by_bit_and_null_takes_a_change_back(client: httpx.AsyncClient, booth: Booth) -> None:
    for change in ({"variant": "camel", "turn_deg": 30}, {"position_m": [1, -1.6, -2], "visible": False}, {"turn_deg": None}):
        answer = await client.patch(COAT, json=change, headers=WITH_IT)
        assert answer.status_code == 200, answer.text
    assert booth.worn == GarmentTuning(variant="camel", position_m=(1, -1.6, -2), visible=False)


@pytest.mark.parametrize(
    ("place", "change", "status", "says"),
    [
        (COAT, {"variant": "camle"}, 422, "variant: “camle” is no variant of coat; did you mean “camel”?"),
        (COAT, {"turn": 3}, 422, "known are variant, turn_deg, position_m, visible, motion"),
        (COAT, {"position_m": [1, 2]}, 422, "position_m"),
        (COAT, {"position_m": [1, 2, 1e9]}, 422, "position_m"),
        (COAT, {"motion": {"kind": "jump"}}, 422, "motion"),
        (COAT.replace("coat", "cote"), {"turn_deg": 3}, 404, "“cote” is no garment of boutique; there is: coat"),
    ],
)
async def test_what_no_garment_can_be_is_refused(
    client: httpx.AsyncClient, booth: Booth, place: str, change: dict[str, object], status: int, says: str
) -> None:
    answer = await client.patch(place, json=change, headers=WITH_IT)
    assert (answer.status_code, says in answer.json()["error"]) == (status, True), answer.text
    assert booth.worn == GarmentTuning()


async def test_garments_are_changed_with_the_control_token_alone(client: httpx.AsyncClient, booth: Booth) -> None:
    assert (await client.patch(COAT, json={"turn_deg": 3})).status_code == 401
    assert (await client.get(COAT)).headers["allow"] == "PATCH"
    assert booth.worn == GarmentTuning()
