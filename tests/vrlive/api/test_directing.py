"""Who directs a show over HTTP: pins, where the host looks, prices and stock; and what of that is kept."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from tests.vrlive.api.staged import PLACE, PRODUCTS, TOKEN, WITH_IT, Stage, client_of, config, write
from vrlive.api.models import GarmentState
from vrlive.records import Records
from vrlive.showcase import Showcase


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
