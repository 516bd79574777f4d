"""The show over HTTP: its shape, its files, and who may have them."""

import io
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import numpy as np
import pytest
from PIL import Image

from renderer.gltf import read_glb
from tests.vrlive.api.staged import CLICKS, PLACE, SECRET, WITH_IT, Stage, client_of, config
from vrlive.clicks import PARAMETER
from vrlive.resources import scenes
from vrlive.show.scene import model_matrix, read_scene
from vrlive.showcase import Showcase
from vrlive.tokens import make_token


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


COUNTER = '[[occluder]]\nname = "counter"\ndistance_m = 1.8\nrectangle = [0.4, 0.58, 0.25, 0.2]\n'
DESK = '[[occluder]]\nname = "desk"\ndistance_m = 1.2\nmask = "desk.png"\n'
SHELF = '[[occluder]]\nname = "shelf"\ndistance_m = 2.2\nrectangle = [0, 0, 1, 1]\ncamera = "front"\n'


async def furnish(stage: Stage, *occluders: str) -> None:
    """Put something before the garments."""
    file = stage.folder / "scene.toml"
    file.write_text("".join((file.read_text("utf-8"), *occluders)), "utf-8")
    stage.show = Showcase(config(stage.folder), publish=stage.events.append)
    await stage.show.open()


async def test_the_show_says_what_hides_garments(client: httpx.AsyncClient, stage: Stage) -> None:
    scene = (await client.get(f"{PLACE}/show")).json()["scene"]
    assert (scene["occluders"], scene["occluded"]) == ([], False)
    await furnish(stage, COUNTER)
    scene = (await client.get(f"{PLACE}/show")).json()["scene"]
    assert scene["occluders"] == [{"name": "counter", "distance_m": 1.8, "rectangle": [0.4, 0.58, 0.25, 0.2], "mask": None}]
    assert scene["occluded"] is False


async def test_what_is_marked_in_a_camera_is_told_of_but_not_where_it_is(client: httpx.AsyncClient, stage: Stage) -> None:
    await furnish(stage, COUNTER, SHELF)
    scene = (await client.get(f"{PLACE}/show")).json()["scene"]
    assert ([each["name"] for each in scene["occluders"]], scene["occluded"]) == (["counter"], True)


async def test_a_mask_is_a_small_grey_picture_that_may_be_kept_for_good(client: httpx.AsyncClient, stage: Stage) -> None:
    white = np.zeros((1500, 3000), np.uint8)
    white[750:, 1500:] = 255
    Image.fromarray(white).convert("RGB").save(stage.folder / "desk.png")
    await furnish(stage, DESK)
    [desk] = (await client.get(f"{PLACE}/show")).json()["scene"]["occluders"]
    assert (desk["rectangle"], desk["distance_m"]) == (None, 1.2)
    answer = await client.get(desk["mask"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert (picture.mode, picture.size) == ("L", (2048, 1024))
        small = np.asarray(picture)
    assert small[520:, 1030:].min() == 255
    assert small[:504].max() == 0
    again = await client.get(desk["mask"], headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", answer.headers["etag"])
    Image.new("L", (64, 32), 255).save(stage.folder / "desk.png")
    assert await stage.show.change(config(stage.folder))
    [other] = (await client.get(f"{PLACE}/show")).json()["scene"]["occluders"]
    assert other["mask"] != desk["mask"]
    assert (await client.get(desk["mask"])).status_code == 404
    with Image.open(io.BytesIO((await client.get(other["mask"])).content)) as picture:
        assert picture.size == (64, 32)


async def test_a_mask_that_is_spoilt_on_air_changes_nothing(client: httpx.AsyncClient, stage: Stage) -> None:
    Image.new("L", (64, 32), 255).save(stage.folder / "desk.png")
    await furnish(stage, DESK)
    before = (await client.get(f"{PLACE}/show")).json()["scene"]
    (stage.folder / "desk.png").write_bytes(b"no picture")
    assert not await stage.show.change(config(stage.folder))
    assert (await client.get(f"{PLACE}/show")).json()["scene"] == before
    assert (await client.get(before["occluders"][0]["mask"])).status_code == 200


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
        ("masks/desk.png", 404),
        ("masks/..%2Fdesk.png", 404),
        ("masks/", 404),
        ("pins/coat", 405),
        ("products/coat", 405),
    ],
)
async def test_names_of_strangers_open_nothing(client: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await client.get(f"{PLACE}/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    assert answer.json()["error"]


async def test_where_watching_needs_a_token_so_does_the_show(stage: Stage) -> None:
    Image.new("L", (64, 32), 255).save(stage.folder / "desk.png")
    await furnish(stage, DESK)
    said = stage.show.state()
    assert said.scene
    paths = [f"{PLACE}/show", said.scene.garments[0].model or "", said.products[0].images[0], said.scene.occluders[0].mask or ""]
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
