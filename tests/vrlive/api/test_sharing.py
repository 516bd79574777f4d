"""What other sites read of a channel, as their own parsers would."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from tests.vrlive.api.test_server import Booth, Window
from vrlive.api.server import create_app
from vrlive.api.sharing import Billing, announced, channel_at, head, oembed, structured
from vrlive.api.show_models import ShowProduct, ShowSize, ShowVariant
from vrlive.show.money import Money

SITE = "https://tv.example"
HOSTILE = "</script><script>alert('1')</script>\" onload=\"x & <b>"
PLAIN = Billing("boutique", "Spring", starts_unix_s=1_790_000_000.0, live=True, host="Ada", brand="Maison", image="/poster.jpg")
COAT = ShowProduct(
    id="coat",
    name="Coat",
    brand="Maison",
    description="Of wool.",
    price=Money(amount=45900, currency="EUR"),
    link="https://shop.example/coat",
    images=["/coat.jpg"],
    garment=None,
    variants=[],
)


class Head(HTMLParser):
    """Collects metas, links and scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.metas, self.links, self.scripts = dict[str, str](), dict[str, str](), list[str]()
        self.tags, self._inside, self.title = list[str](), "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {key: value or "" for key, value in attrs}
        self.tags.append(tag)
        self._inside = tag
        if tag == "meta":
            self.metas[found.get("property", found.get("name", ""))] = found.get("content", "")
        elif tag == "link":
            self.links[found["rel"]] = found["href"]

    def handle_data(self, data: str) -> None:
        if self._inside == "script" and data.strip():
            self.scripts.append(data)
        if self._inside == "title":
            self.title += data.strip()


def test_social_networks_find_title_picture_and_player() -> None:
    found = Head(head(PLAIN, SITE)).metas
    assert found["og:title"] == "Spring"
    assert found["og:url"] == "https://tv.example/watch/boutique"
    assert found["og:image"] == "https://tv.example/poster.jpg"
    assert found["og:video"] == found["twitter:player"] == "https://tv.example/embed/boutique"
    assert found["twitter:card"] == "player"


def test_over_plain_http_no_network_is_promised_a_player() -> None:
    found = Head(head(PLAIN, "http://tv.example")).metas  # they embed nothing but https
    assert found["twitter:card"] == "summary_large_image"
    assert "twitter:player" not in found
    assert "og:video:secure_url" not in found


def test_search_engines_find_the_broadcast_and_its_products() -> None:
    broadcast, product = structured(replace(PLAIN, products=(COAT,)), SITE)["@graph"]
    assert (broadcast["@type"], broadcast["isLiveBroadcast"], broadcast["startDate"]) == (
        "BroadcastEvent",
        True,
        "2026-09-21T14:13:20+00:00",
    )
    assert "endDate" not in broadcast
    assert product["offers"]["price"] == "459.00"
    assert product["offers"]["availability"] == "https://schema.org/InStock"


def test_a_product_is_sold_out_when_none_of_its_sizes_is_left() -> None:
    def availability(*stocks: int | None) -> str:
        sizes = [ShowSize(size=str(n), sku=str(n), stock=stock) for n, stock in enumerate(stocks)]
        variant = ShowVariant(id="camel", name="Camel", gltf_variant=None, price=None, image=None, swatch=None, sizes=sizes)
        graph = structured(replace(PLAIN, products=(COAT.model_copy(update={"variants": [variant]}),)), SITE)["@graph"]
        return str(graph[1]["offers"]["availability"])

    assert availability(0, 2).endswith("InStock")
    assert availability(None).endswith("InStock")  # nobody counts
    assert availability(0, 0).endswith("OutOfStock")


async def test_what_is_sold_is_told_to_those_alone_who_may_watch() -> None:
    booths = {"boutique": Booth("boutique", show=Window([COAT]))}
    for public in (True, False):
        app = create_app(booths, control_token="a token for these tests", public=public)
        page = (await ask(app, "/watch/boutique")).text
        assert ("459.00" in page) is public
        assert ("https://tv.example/api/v1/channels/boutique/poster.jpg" in page) is public


@pytest.mark.parametrize("field", ["title", "description", "host", "brand"])
def test_hostile_words_stay_words(field: str) -> None:
    words: dict[str, Any] = {field: HOSTILE}
    billing = replace(PLAIN, products=(COAT.model_copy(update={"name": HOSTILE}),), **words)
    page = Head(announced("<html><head><title>x</title><meta name='a' content='b' /></head><body></body></html>", billing, SITE))
    assert page.tags.count("script") == 1
    assert "b" not in page.tags
    graph = json.loads(page.scripts[0])["@graph"]
    assert graph[1]["name"] == HOSTILE
    if field == "title":
        assert page.metas["og:title"] == page.title == HOSTILE


def test_an_embedded_video_fits_the_room_there_is() -> None:
    def size(wide: int | None, high: int | None) -> tuple[int, int]:
        answer = oembed(PLAIN, SITE, wide, high)
        return answer["width"], answer["height"]

    assert size(None, None) == (960, 540)
    assert size(640, None) == (640, 360)
    assert size(None, 360) == (640, 360)
    assert size(200, 2000) == (200, 240)
    for wide in range(1, 2000, 37):
        for high in range(1, 1200, 41):
            got = size(wide, high)
            assert 0 < got[0] <= wide
            assert 0 < got[1] <= high


def test_addresses_of_ours_name_their_channel() -> None:
    assert channel_at("https://tv.example/watch/boutique?yaw=3#t", SITE) == "boutique"
    assert channel_at("https://tv.example/embed/boutique/", SITE) == "boutique"
    assert channel_at("https://TV.example/", SITE) == ""
    for foreign in (
        "https://tv.example.evil/watch/boutique",
        "https://tv.example@evil/watch/x",
        "javascript:alert(1)",
        "//[",
        "https://tv.example/metrics",
    ):
        assert channel_at(foreign, SITE) is None


@pytest.fixture
def app() -> Any:
    return create_app(
        {"boutique": Booth("boutique", embed_origins=("https://brand.example",)), "runway": Booth("runway")},
        control_token="a token for these tests",
    )


async def ask(app: Any, path: str, **query: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=SITE) as client:
        return await client.get(path, params=query or None)


async def test_the_page_of_a_channel_leads_to_its_oembed(app: Any) -> None:
    page = Head((await ask(app, "/watch/runway")).text)
    assert page.title == page.metas["og:title"] == "Spring"
    answer = await ask(app, page.links["alternate"])
    assert answer.headers["access-control-allow-origin"] == "*"
    assert 'src="https://tv.example/embed/runway"' in answer.json()["html"]


async def test_oembed_refuses_what_it_cannot_answer_and_says_why(app: Any) -> None:
    assert (await ask(app, "/oembed", url=f"{SITE}/watch/nobody")).status_code == 404
    assert (await ask(app, "/oembed", url="https://elsewhere.example/watch/runway")).status_code == 404
    assert (await ask(app, "/oembed", url=f"{SITE}/watch/runway", format="xml")).status_code == 501
    refused = await ask(app, "/oembed", url=f"{SITE}/watch/runway", maxwidth="wide")
    assert refused.status_code == 422
    assert "maxwidth" in refused.json()["error"]


async def test_only_those_whom_the_channel_names_may_frame_it(app: Any) -> None:
    assert "frame-ancestors https://brand.example" in (await ask(app, "/embed/boutique")).headers["content-security-policy"]
    assert "frame-ancestors *" in (await ask(app, "/embed/runway")).headers["content-security-policy"]
    for path in ("/watch/runway", "/", "/embed/nobody"):
        assert (await ask(app, path)).headers["content-security-policy"].endswith("frame-ancestors 'self'")


async def test_the_embedding_script_can_be_loaded_from_other_sites(app: Any) -> None:
    answer = await ask(app, "/embed.js")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-type"].startswith("text/javascript")
