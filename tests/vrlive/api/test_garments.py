"""Models sent to the server: who may, what is kept, and what comes of hostile ones."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from renderer.gltf import read_glb
from tests.renderer.boxes import GREEN, RED, write_box
from tests.streaming.served import served
from tests.waiting import until
from vrlive import resources
from vrlive.api import garments as module
from vrlive.api.control import only_with
from vrlive.api.garments import Garments
from vrlive.api.server import create_app
from vrlive.show.scene import read_scene

TOKEN = "a long token for these tests"
WITH_IT = {"Authorization": f"Bearer {TOKEN}"}
PLACE = "/api/v1/garments"


@pytest.fixture(autouse=True)
def _library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def app_with(garments: Garments) -> httpx.ASGITransport:
    return httpx.ASGITransport(create_app({}, control_token=TOKEN, routers=[garments.router]))


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    shown = resources.garments() / "worn" / resources.GARMENT
    garments = Garments(only_with(TOKEN), lambda path: "stage" if path == shown else None)
    async with httpx.AsyncClient(transport=app_with(garments), base_url="http://vrlive", headers=WITH_IT, timeout=120) as client:
        yield client


@pytest.fixture
def box(tmp_path: Path) -> bytes:
    return write_box(tmp_path / "box.glb", variants={"red": RED, "green": GREEN}).read_bytes()


def kept() -> list[str]:
    folder = resources.garments()
    return sorted(each.name for each in folder.iterdir()) if folder.exists() else []


async def test_a_model_that_is_sent_stands_in_a_scene_by_its_name(client: httpx.AsyncClient, box: bytes, tmp_path: Path) -> None:
    answer = await client.post(f"{PLACE}?name=red-box", content=box, headers={"Content-Type": "model/gltf-binary"})
    assert (answer.status_code, answer.headers["location"]) == (201, f"{PLACE}/red-box")
    said = answer.json()
    assert (said["name"], said["facts"]["variants"], said["facts"]["size_m"], said["findings"]) == (
        "red-box",
        ["red", "green"],
        [0.5, 1.5, 0.5],
        [],
    )
    (tmp_path / "scene.toml").write_text(
        'name = "shop"\n[[garment]]\nname = "it"\nmodel = "red-box"\nbearing_deg = 0\ndistance_m = 2\n', "utf-8"
    )
    assert read_glb(read_scene(tmp_path / "scene.toml").garment[0].model).variants == ("red", "green")
    listed = (await client.get(PLACE)).json()["garments"]
    assert listed == [{"name": "red-box", "source": "API", "facts": said["facts"]}]
    assert (await client.delete(f"{PLACE}/red-box")).status_code == 204
    assert (kept(), (await client.get(PLACE)).json()) == ([], {"garments": []})


async def test_what_is_doubtful_is_told_as_the_command_tells_it(client: httpx.AsyncClient, tmp_path: Path) -> None:
    data = write_box(tmp_path / "box.glb", (50, 160, 50)).read_bytes()
    answer = await client.post(f"{PLACE}?name=box", content=data)
    assert answer.status_code == 422
    assert "is 160 m high, 100× too large: exported in centimetres?" in answer.json()["error"]
    assert kept() == []
    answer = await client.post(f"{PLACE}?name=box&scale=0.01", content=data)
    assert (answer.status_code, answer.json()["facts"]["size_m"]) == (201, [0.5, 1.6, 0.5])
    low = write_box(tmp_path / "low.glb", (0.5, 0.1, 0.5)).read_bytes()
    [finding] = (await client.post(f"{PLACE}?name=low", content=low)).json()["findings"]
    assert "is 0.1 m high" in finding["text"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_without_the_control_token_nothing_is_taken_or_told(client: httpx.AsyncClient, box: bytes, method: str) -> None:
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer wrong"}):
        answer = await client.request(method, f"{PLACE}?name=box", content=box, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"].partition(" ")[0]) == (401, "Bearer")
    assert (await client.delete(f"{PLACE}/box", headers={"Authorization": ""})).status_code == 401
    assert kept() == []


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is not a GLB file"),
        (b"glTF", "is not a GLB file"),
        (b"glTF" + b"\xff" * 2000, "claims glTF version"),
        (b"<script>alert(1)</script>" * 10, "is not a GLB file"),
        (b'{"asset": {"version": "2.0"}, "buffers": [{"uri": "file:///etc/passwd", "byteLength": 9}]}', "export as one GLB"),
        (b'{"asset": {"version": "2.0"}, "nodes": [' + b"[" * 5000, "is not a sound GLB"),
    ],
)
async def test_what_is_no_model_is_refused_and_leaves_nothing(client: httpx.AsyncClient, data: bytes, problem: str) -> None:
    answer = await client.post(f"{PLACE}?name=box", content=data)
    assert answer.status_code == 422
    assert problem in answer.json()["error"]
    assert str(resources.garments()) not in answer.text
    assert kept() == []


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "A", ".hidden", "-a", "a" * 64, "ä", "a\0", "a b", "con.glb", "\u202ea"])
async def test_hostile_names_are_refused(client: httpx.AsyncClient, box: bytes, name: str) -> None:
    answer = await client.post(PLACE, params={"name": name}, content=box)
    assert (answer.status_code, answer.json()["error"].startswith("name: ")) == (422, True)
    assert kept() == []


async def test_a_request_that_makes_no_sense_is_told_so(client: httpx.AsyncClient, box: bytes) -> None:
    assert (await client.post(PLACE, content=box)).json()["error"].startswith("query.name: ")
    for scale in ("0", "-1", "1e9", "nan", "inf"):
        answer = await client.post(f"{PLACE}?name=box&scale={scale}", content=box)
        assert (answer.status_code, answer.json()["error"].startswith("scale: ")) == (422, True)
    form = await client.post(f"{PLACE}?name=box", files={"file": box})
    assert (form.status_code, "model/gltf-binary" in form.json()["error"]) == (415, True)
    assert (await client.put(PLACE)).headers["allow"] == "GET, HEAD, POST"
    assert (await client.get(f"{PLACE}/box")).headers["allow"] == "DELETE"
    assert (await client.delete(f"{PLACE}/box")).status_code == 404
    assert (await client.delete(f"{PLACE}/..%2Fstate")).status_code == 404


async def test_a_garment_is_only_replaced_when_that_is_asked_for(client: httpx.AsyncClient, box: bytes, tmp_path: Path) -> None:
    assert (await client.post(f"{PLACE}?name=box", content=box)).status_code == 201
    other = write_box(tmp_path / "other.glb", (0.4, 1.0, 0.4)).read_bytes()
    answer = await client.post(f"{PLACE}?name=box", content=other)
    assert (answer.status_code, "replace=true" in answer.json()["error"]) == (409, True)
    answer = await client.post(f"{PLACE}?name=box&replace=true", content=other)
    assert (answer.status_code, answer.json()["facts"]["size_m"]) == (201, [0.4, 1.0, 0.4])


async def test_what_is_on_air_is_not_taken_away(client: httpx.AsyncClient, box: bytes) -> None:
    await client.post(f"{PLACE}?name=worn", content=box)
    answer = await client.delete(f"{PLACE}/worn")
    assert (answer.status_code, answer.json()["error"]) == (409, "the channel stage shows worn; take it out of its scene first")
    assert kept() == ["worn"]


async def test_too_much_is_not_read(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1 << 20)
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"\0" * 65536

    answer = await client.post(f"{PLACE}?name=box", content=endless())
    assert (answer.status_code, taken) == (413, 17)
    assert "larger than 1 MiB" in answer.json()["error"]
    told = await client.post(f"{PLACE}?name=box", content=b"", headers={"Content-Length": "9" * 30})
    assert told.status_code == 413
    assert kept() == []


async def test_who_sends_too_slowly_is_given_up(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "UPLOAD_S", 0.2)

    async def slow() -> AsyncIterator[bytes]:
        yield b"glTF"
        await asyncio.sleep(60)

    began_s = time.monotonic()
    answer = await client.post(f"{PLACE}?name=box", content=slow())
    assert (answer.status_code, time.monotonic() - began_s < 30) == (408, True)
    assert kept() == []


async def test_twenty_at_once_are_all_taken_and_two_of_one_name_are_not(box: bytes) -> None:
    app = create_app({}, control_token=TOKEN, routers=[Garments(only_with(TOKEN)).router])
    async with served(app) as address, httpx.AsyncClient(trust_env=False, headers=WITH_IT, timeout=300) as client:
        place = f"{address}{PLACE[1:]}"
        names = [f"box-{n}" for n in range(19)]
        answers = await asyncio.gather(*(client.post(f"{place}?name={name}", content=box) for name in [*names, names[0]]))
        listed = [each["name"] for each in (await client.get(place)).json()["garments"]]
    assert sorted(answer.status_code for answer in answers) == [201] * 19 + [409]
    assert listed == sorted(names)
    assert kept() == sorted(names)


async def test_more_than_there_is_room_for_wait_outside(client: httpx.AsyncClient, box: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "UPLOADS", 2)
    release, begun = asyncio.Event(), 0

    async def held() -> AsyncIterator[bytes]:
        nonlocal begun
        begun += 1
        await release.wait()
        yield box

    sending = [asyncio.create_task(client.post(f"{PLACE}?name=box-{n}", content=held())) for n in range(2)]
    await until(lambda: begun == 2)
    answer = await client.post(f"{PLACE}?name=late", content=box)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    release.set()
    assert [each.status_code for each in await asyncio.gather(*sending)] == [201, 201]


async def test_a_library_that_cannot_be_written_is_no_traceback(client: httpx.AsyncClient, box: bytes, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder", "utf-8")
    answer = await client.post(f"{PLACE}?name=box", content=box)
    assert (answer.status_code, "cannot" in answer.json()["error"]) == (507, True)
    assert (await client.get(PLACE)).json() == {"garments": []}


async def test_openapi_describes_it(client: httpx.AsyncClient) -> None:
    described = (await client.get("/api/openapi.json")).json()
    post = described["paths"][PLACE]["post"]
    assert post["requestBody"]["content"]["model/gltf-binary"]["schema"] == {"type": "string", "format": "binary"}
    assert {"201", "401", "409", "413", "415", "422", "503"} <= set(post["responses"])
    assert {parameter["name"] for parameter in post["parameters"]} == {"name", "scale", "replace"}
