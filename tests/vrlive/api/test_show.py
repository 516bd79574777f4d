"""The show over HTTP: its shape, its files, who may have them, and who may change it."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import numpy as np
import pytest
from PIL import Image

from renderer.gltf import read_glb
from streaming.access import Access
from vrlive.api.control import only_with
from vrlive.api.models import GarmentState
from vrlive.api.server import create_app
from vrlive.api.show import Shows
from vrlive.clicks import PARAMETER, ClickSecret
from vrlive.config import CameraConfig, ChannelConfig, ProgrammeConfig
from vrlive.records import Records
from vrlive.resources import scenes
from vrlive.server_config import AccessConfig
from vrlive.show.scene import model_matrix, read_scene
from vrlive.showcase import Showcase
from vrlive.tokens import make_token

TOKEN = "a long token for these tests"
SECRET = "a secret that signs what viewers may see"
CLICKS = ClickSecret("a secret of thirty-two characters")
WITH_IT = {"Authorization": f"Bearer {TOKEN}"}
PLACE = "/api/v1/channels/stage"
PRODUCTS = """
brand = "Tessellane"
[[product]]
id = "coat"
name = "Coat <b>&amp;"
price = 45900
link = "https://shop.example/coat?colour=camel#top"
images = ["coat.png"]
garment = "coat"
[[product.variant]]
id = "camel"
name = "Camel"
gltf_variant = "camel"
swatch = "#b58a5a"
size = [{ name = "S", sku = "C-S", stock = 3 }, { name = "M", sku = "C-M" }]
[[product]]
id = "dress"
name = "Dress"
price = 28900
currency = "JPY"
garment = "dress"
"""
SCENE = """
name = "stage"
title = "Stage"
[[garment]]
name = "coat"
model = "{scenes}/boutique/coat.glb"
bearing_deg = -22
distance_m = 2.7
turn_deg = 12
[[garment]]
name = "dress"
model = "{scenes}/showroom/dress.glb"
variant = "ink"
deliver = "burned"
position_m = [1, -1.6, -2]
"""


@dataclass
class Stage:
    """A channel whose files lie in a folder."""

    show: Showcase
    folder: Path
    events: list[dict[str, object]]


def config(folder: Path, **programme: str) -> ChannelConfig:
    camera = CameraConfig(name="front", url="none.png")
    told = ProgrammeConfig.model_validate(programme)
    return ChannelConfig(name="stage", title="Spring", rig="equirect", scene=str(folder / "scene.toml"), camera=(camera,), programme=told)


def write(folder: Path, products: str = PRODUCTS) -> None:
    (folder / "products.toml").write_text(products, "utf-8")


@pytest.fixture
async def stage(tmp_path: Path) -> Stage:
    (tmp_path / "scene.toml").write_text(SCENE.format(scenes=scenes()), "utf-8")
    Image.new("RGB", (40, 50), "#b58a5a").save(tmp_path / "coat.png")
    write(tmp_path)
    events: list[dict[str, object]] = []
    stage = Stage(Showcase(config(tmp_path), publish=events.append), tmp_path, events)
    await stage.show.open()
    return stage


def client_of(stage: Stage, *, watch: str = "open") -> httpx.AsyncClient:
    access = Access(AccessConfig.model_validate({"watch": watch}), SECRET)
    shows = Shows({"stage": stage}, access, only_with(TOKEN), CLICKS)
    app = create_app({}, control_token=TOKEN, routers=[shows.router])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://vrlive")


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(stage) as client:
        yield client


async def test_the_show_says_what_stands_where(client: httpx.AsyncClient, stage: Stage) -> None:
    answer = await client.get(f"{PLACE}/show")
    said = answer.json()
    assert (said["title"], said["scene"]["name"], said["scene"]["floor_m"], said["revision"]) == ("Spring", "stage", 1.6, 1)
    coat, dress = said["scene"]["garments"]
    placed = read_scene(stage.folder / "scene.toml").garment[0]
    matrix = np.reshape(coat["matrix"], (4, 4)).T
    np.testing.assert_allclose(matrix, model_matrix(placed, 1.6), atol=1e-6)
    assert (coat["variant"], coat["variants"], coat["product"]) == ("camel", ["camel", "charcoal", "bordeaux"], "coat")
    assert coat["height_m"] == pytest.approx(1.6155, abs=1e-3)
    assert (coat["yaw_deg"], coat["pitch_deg"]) == (pytest.approx(-22, abs=0.5), pytest.approx(-16.3, abs=0.5))
    assert (dress["variant"], dress["deliver"], dress["model"]) == ("ink", "burned", None)


async def test_the_show_says_what_can_be_bought(client: httpx.AsyncClient) -> None:
    said = (await client.get(f"{PLACE}/show")).json()
    coat, dress = said["products"]
    assert (coat["name"], coat["brand"], coat["price"]) == ("Coat <b>&amp;", "Tessellane", {"amount": 45900, "currency": "EUR"})
    assert dress["price"] == {"amount": 28900, "currency": "JPY"}
    assert (dress["link"], dress["images"], dress["variants"], said["pins"]) == (None, [], [], [])
    [camel] = coat["variants"]
    assert camel == {
        "id": "camel",
        "name": "Camel",
        "gltf_variant": "camel",
        "price": None,
        "image": None,
        "swatch": "#b58a5a",
        "sizes": [{"size": "S", "sku": "C-S", "stock": 3}, {"size": "M", "sku": "C-M", "stock": None}],
    }


async def test_links_to_the_shop_are_signed_anew_for_each_who_asks(client: httpx.AsyncClient) -> None:
    links = [(await client.get(f"{PLACE}/show")).json()["products"][0]["link"] for _ in range(2)]
    assert all(link.startswith("https://shop.example/coat?colour=camel&utm_source=vrlive&") and link.endswith("#top") for link in links)
    ids = [parse_qs(urlsplit(link).query)[PARAMETER][0] for link in links]
    assert ids[0] != ids[1]
    assert all(CLICKS.issued_unix_s(each, "stage", "coat") for each in ids)


async def test_who_has_the_show_is_not_sent_it_again(client: httpx.AsyncClient, stage: Stage) -> None:
    first = await client.get(f"{PLACE}/show")
    assert first.headers["cache-control"] == "no-cache"
    for had in (first.headers["etag"], f'"other", W/{first.headers["etag"]}', "*"):
        again = await client.get(f"{PLACE}/show", headers={"If-None-Match": had})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    await stage.show.pin("coat")
    after = await client.get(f"{PLACE}/show", headers={"If-None-Match": first.headers["etag"]})
    assert (after.status_code, after.json()["revision"]) == (200, 2)
    assert after.headers["etag"] != first.headers["etag"]


async def test_a_model_is_the_file_and_may_be_kept_for_good(client: httpx.AsyncClient, tmp_path: Path) -> None:
    address = (await client.get(f"{PLACE}/show")).json()["scene"]["garments"][0]["model"]
    answer = await client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "model/gltf-binary")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.content == (scenes() / "boutique" / "coat.glb").read_bytes()
    (tmp_path / "got.glb").write_bytes(answer.content)
    assert read_glb(tmp_path / "got.glb").variants == ("camel", "charcoal", "bordeaux")
    assert (await client.get(address, headers={"If-None-Match": answer.headers["etag"]})).status_code == 304
    part = await client.get(address, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"glTF")
    assert (await client.get(f"{PLACE}/models/coat.glb")).headers["cache-control"] == "no-cache"
    assert (await client.get(f"{PLACE}/models/coat.glb?v=other")).headers["cache-control"] == "no-cache"
    head = await client.head(address)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(answer.content)))


async def test_a_picture_is_named_by_its_content(client: httpx.AsyncClient, stage: Stage) -> None:
    [address] = (await client.get(f"{PLACE}/show")).json()["products"][0]["images"]
    answer = await client.get(address)
    assert (answer.headers["content-type"], answer.content) == ("image/png", (stage.folder / "coat.png").read_bytes())
    assert "immutable" in answer.headers["cache-control"]
    Image.new("RGB", (40, 60), "red").save(stage.folder / "coat.png")
    assert (await client.get(address)).status_code == 404  # not what was asked for
    await stage.show.change(config(stage.folder))
    [other] = (await client.get(f"{PLACE}/show")).json()["products"][0]["images"]
    assert other != address
    assert (await client.get(other)).content == (stage.folder / "coat.png").read_bytes()


async def test_a_garment_that_is_only_burned_in_is_not_given_away(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{PLACE}/models/dress.glb")
    assert answer.status_code == 403
    assert "in the picture alone" in answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("models/coot.glb", 404),
        ("models/..%2Fscene.glb", 404),
        ("models/..%2F..%2F..%2Fetc%2Fpasswd.glb", 404),
        ("models/coat", 404),
        ("models/%00.glb", 404),
        ("models/" + "a" * 5000 + ".glb", 404),
        ("images/coat.png", 404),
        ("images/..%2Fcoat.png", 404),
        ("images/%E2%80%AE.png", 404),
        ("images/", 404),
        ("pins/coat", 405),
        ("products/coat", 405),
    ],
)
async def test_names_of_strangers_open_nothing(client: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await client.get(f"{PLACE}/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    assert answer.json()["error"]


async def test_where_watching_needs_a_token_so_does_the_show(stage: Stage) -> None:
    said = stage.show.state()
    assert said.scene
    paths = [f"{PLACE}/show", said.scene.garments[0].model or "", said.products[0].images[0]]
    good, other = make_token(SECRET, "stage", "watch", 4e9), make_token(SECRET, "door", "watch", 4e9)
    async with client_of(stage, watch="token") as client:
        for path in paths:
            mark = "&" if "?" in path else "?"
            assert (await client.get(path)).status_code == 401
            assert (await client.get(path, headers=WITH_IT)).status_code == 401  # the control token is none of these
            refused = await client.get(path, headers={"Authorization": f"Bearer {other}"})
            assert (refused.status_code, "insufficient_scope" in refused.headers["www-authenticate"]) == (403, True)
            for answer in (
                await client.get(path, headers={"Authorization": f"Bearer {good}"}),
                await client.get(f"{path}{mark}access_token={good}"),
            ):
                assert answer.status_code == 200
                assert answer.headers["cache-control"].startswith("private, ")


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "pins/coat"), ("DELETE", "pins/coat"), ("PUT", "look"), ("DELETE", "look"), ("PATCH", "products/coat")]
)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}])
async def test_without_the_control_token_nothing_changes(
    client: httpx.AsyncClient, stage: Stage, method: str, path: str, headers: dict[str, str]
) -> None:
    before = stage.show.state()
    answer = await client.request(method, f"{PLACE}/{path}", json={"stock": {"C-S": 0}}, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert stage.show.state() == before


async def test_the_newest_pin_is_last_and_viewers_hear_of_it(client: httpx.AsyncClient, stage: Stage) -> None:
    for product in ("coat", "dress", "coat", "coat"):
        answer = await client.put(f"{PLACE}/pins/{product}", headers=WITH_IT)
        assert answer.status_code == 200
    assert [pin["product"] for pin in answer.json()["pins"]] == ["dress", "coat"]
    assert stage.events == [{"type": "show", "revision": n} for n in (1, 2, 3, 4)]  # the last said nothing new
    gone = await client.delete(f"{PLACE}/pins/coat", headers=WITH_IT)
    assert [pin["product"] for pin in gone.json()["pins"]] == ["dress"]
    assert (await client.delete(f"{PLACE}/pins/coat", headers=WITH_IT)).json()["revision"] == gone.json()["revision"] == 5
    unknown = await client.put(f"{PLACE}/pins/coot", headers=WITH_IT)
    assert (unknown.status_code, unknown.json()["error"]) == (404, "stage sells no “coot”; it sells coat, dress")


async def test_viewers_hear_where_the_host_looks(client: httpx.AsyncClient, stage: Stage) -> None:
    answer = await client.put(f"{PLACE}/look", json={"yaw_deg": 30}, headers=WITH_IT)
    assert (answer.status_code, answer.json()) == (200, {"look": {"yaw_deg": 30, "pitch_deg": 0}})
    assert (await client.delete(f"{PLACE}/look", headers=WITH_IT)).json() == {"look": None}
    looks = [event for event in stage.events if event["type"] == "look"]
    assert looks == [
        {"type": "look", "yaw_deg": 30, "pitch_deg": 0},
        {"type": "look", "yaw_deg": None, "pitch_deg": None},
    ]
    for wrong in ({"yaw_deg": 181}, {"pitch_deg": 3}, {"yaw_deg": "left"}, {"yaw_deg": 3, "roll_deg": 1}, {"yaw_deg": 1e999}):
        refused = await client.put(f"{PLACE}/look", content=json.dumps(wrong), headers=WITH_IT)
        assert refused.status_code == 422
        assert refused.json()["error"]
    assert [event for event in stage.events if event["type"] == "look"] == looks


async def test_price_and_stock_change_on_air_and_the_rest_stays(client: httpx.AsyncClient, stage: Stage) -> None:
    place = f"{PLACE}/products/coat"
    price = {"amount": 39900, "currency": "EUR"}
    answer = await client.patch(place, json={"price": price, "stock": {"C-S": 0}}, headers=WITH_IT)
    assert (answer.status_code, answer.json()["price"]) == (200, price)
    assert [each["stock"] for each in answer.json()["variants"][0]["sizes"]] == [0, None]
    answer = await client.patch(place, json={"stock": {"C-S": None, "C-M": 7}}, headers=WITH_IT)
    assert [each["stock"] for each in answer.json()["variants"][0]["sizes"]] == [None, 7]
    assert answer.json()["price"] == price
    answer = await client.patch(place, json={"price": None}, headers=WITH_IT)
    assert answer.json()["price"] == {"amount": 45900, "currency": "EUR"}
    assert [event["revision"] for event in stage.events] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"price": {"amount": 1, "currency": "USD"}}, "price.currency: coat is sold in EUR, not in USD"),
        ({"price": {"amount": -1, "currency": "EUR"}}, "price.amount: "),
        ({"price": {"amount": 1.5, "currency": "EUR"}}, "price.amount: "),
        ({"price": {"amount": 10**13, "currency": "EUR"}}, "price.amount: "),
        ({"price": {"amount": True, "currency": "EUR"}}, "price.amount: "),
        ({"price": 39900}, "price: "),
        ({"stock": {"C-S": -1}}, "stock.C-S: "),
        ({"stock": {"C-S": 1e300}}, "stock.C-S: "),
        ({"stock": {"C-X": 1}}, "stock: coat has no size of the number “C-X”; did you mean"),
        ({"stock": {"": 1}}, "stock: coat has no size"),
        ({"prices": 1}, "known are price, stock"),
        ([], "an object with any of price, stock"),
    ],
)
async def test_a_change_that_makes_no_sense_is_refused_whole(client: httpx.AsyncClient, stage: Stage, body: object, problem: str) -> None:
    before = stage.show.state()
    answer = await client.patch(f"{PLACE}/products/coat", json=body, headers=WITH_IT)
    assert answer.status_code == 422
    assert problem in answer.json()["error"]
    assert stage.show.state() == before


async def test_the_catalogue_holds_again_once_it_says_something_new(stage: Stage, client: httpx.AsyncClient) -> None:
    await client.patch(f"{PLACE}/products/coat", json={"stock": {"C-S": 1}}, headers=WITH_IT)
    write(stage.folder, PRODUCTS.replace("Dress", "Gown"))
    await stage.show.change(config(stage.folder))
    assert stage.show.state().products[0].variants[0].sizes[0].stock == 1
    write(stage.folder, PRODUCTS.replace("stock = 3", "stock = 30"))
    await stage.show.change(config(stage.folder))
    assert stage.show.state().products[0].variants[0].sizes[0].stock == 30


async def test_programme_and_catalogue_change_while_the_show_goes_on(stage: Stage) -> None:
    await stage.show.change(config(stage.folder))
    assert stage.show.revision == 1  # nothing was new
    await stage.show.change(config(stage.folder, host="Ada", starts="2026-12-01T19:00:00+01:00"))
    state = stage.show.state()
    assert (state.revision, state.host, state.starts_unix_s) == (2, "Ada", 1796148000)
    write(stage.folder, PRODUCTS.replace("price = 45900", "price = 1.5"))
    await stage.show.change(config(stage.folder, host="Ada", starts="2026-12-01T19:00:00+01:00"))
    assert stage.show.state() == state  # a fault leaves what was there


async def test_what_the_engine_says_garments_wear_is_told(stage: Stage) -> None:
    def worn(variant: str) -> list[GarmentState]:
        return [GarmentState(name="coat", title="", variant=variant, variants=[], yaw_deg=0, pitch_deg=0)]

    stage.show.hear(worn("camel"))
    await stage.show.close()
    assert stage.show.revision == 1
    stage.show.hear(worn("bordeaux"))
    stage.show.hear(worn("bordeaux"))
    await stage.show.close()
    state = stage.show.state()
    assert state.scene
    assert (state.revision, state.scene.garments[0].variant) == (2, "bordeaux")


async def test_pins_prices_and_stock_outlive_the_server(stage: Stage, tmp_path: Path) -> None:
    records = Records(tmp_path / "state" / "show.sqlite")
    show = stage.show = Showcase(config(tmp_path), records)
    await show.open()
    async with client_of(stage) as client:
        for product in ("coat", "dress"):
            await client.put(f"{PLACE}/pins/{product}", headers=WITH_IT)
        price = {"amount": 1, "currency": "EUR"}
        await client.patch(f"{PLACE}/products/coat", json={"price": price, "stock": {"C-S": None, "C-M": 2}}, headers=WITH_IT)
    before = show.state()
    records.close()
    again = Records(tmp_path / "state" / "show.sqlite")
    later = Showcase(config(tmp_path), again)
    await later.open()
    after = later.state()
    assert after == before.model_copy(update={"revision": before.revision + 1})
    assert [pin.product for pin in after.pins] == ["coat", "dress"]
    assert [kind for _, _, kind, _ in again.events("stage")] == ["begin", "pin", "pin", "product", "begin"]
    again.close()


async def test_many_changes_at_once_are_all_made_in_some_order(stage: Stage, tmp_path: Path) -> None:
    records = Records(tmp_path / "show.sqlite")
    show = stage.show = Showcase(config(tmp_path), records)
    await show.open()
    async with client_of(stage) as client:
        changes = [client.patch(f"{PLACE}/products/coat", json={"stock": {"C-S": n}}, headers=WITH_IT) for n in range(20)]
        answers = await asyncio.gather(*changes)
    assert {answer.status_code for answer in answers} == {200}
    assert show.revision == 21
    last = records.events("stage")[-1][3]["stock"]["C-S"]
    assert show.state().products[0].variants[0].sizes[0].stock == last
    records.close()


async def test_a_change_that_cannot_be_kept_is_not_made(stage: Stage, tmp_path: Path) -> None:
    records = Records(tmp_path / "show.sqlite")
    show = stage.show = Showcase(config(tmp_path), records)
    await show.open()
    before = show.state()
    with records._engine.connect() as other:
        other.exec_driver_sql("DROP TABLE pin")
        other.commit()
    async with client_of(stage) as client:
        answer = await client.put(f"{PLACE}/pins/coat", headers=WITH_IT)
    assert answer.status_code == 503
    assert "cannot be kept" in answer.json()["error"]
    assert show.state() == before
    records.close()


async def test_a_channel_without_a_scene_shows_its_programme(tmp_path: Path) -> None:
    show = Showcase(config(tmp_path).model_copy(update={"scene": None}))
    await show.open()
    state = show.state()
    assert (state.title, state.scene, state.products, state.pins) == ("Spring", None, [], [])


async def test_openapi_describes_it(client: httpx.AsyncClient) -> None:
    described = (await client.get("/api/openapi.json")).json()
    paths, schemas = described["paths"], described["components"]["schemas"]
    place = "/api/v1/channels/{channel}"
    for path, method in (
        ("/show", "get"),
        ("/models/{garment}.glb", "get"),
        ("/images/{name}", "get"),
        ("/pins/{product}", "put"),
        ("/look", "put"),
    ):
        assert paths[f"{place}{path}"][method]["description"]
    assert paths[f"{place}/show"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/ShowState")
    body = paths[f"{place}/products/{{product}}"]["patch"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(body["properties"]) == {"price", "stock"}
    assert {"ShowState", "ShowProduct", "Money", "Pins"} <= set(schemas)
