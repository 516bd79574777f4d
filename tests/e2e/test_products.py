"""Products in the room: markers, a card, a bag, a piece in 3D; by hand, by keyboard, on a phone; and the show goes on meanwhile."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import asin, atan2, degrees, hypot
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.e2e.boutique import direct
from tests.e2e.show import Show, running
from tests.e2e.visit import DESKTOP, PHONE, look, picture, screenshot, view, visiting, wait_until, watch

AXE = Path(__file__).parents[2] / "streaming/web/node_modules/axe-core/axe.min.js"
GREY = 128
CHANNEL = """
name = "boutique"
title = "Autumn"
rig = "equirect"
scene = "boutique"
size = "1280x640"
fps = 8
encode = { bitrate_kbps = 2000 }
rendition = []
hls = { enabled = false }
shop_origins = ["SHOP"]
[[camera]]
name = "front"
url = "room.png"
loop = true
"""
SHOP = """<!doctype html><meta charset="utf-8"><title>Shop</title><vr-live channel="boutique"></vr-live>
<script type="module">
  const show = document.querySelector("vr-live");
  const cart = (window.cart = new Map([["COAT-CAM-L", 1], ["A-HAT", 2]]));
  const coat = { product: "coat", price: { amount: 39900, currency: "EUR" }, skus: [{ sku: "COAT-CAM-XS", stock: 0 }] };
  const items = () => [...cart].map(([sku, quantity]) => ({ sku, quantity }));
  const answers = {
    PROVIDE_PRODUCT_DATA: () => ({ products: [coat] }),
    SYNC_CART_STATE: () => ({ items: items() }),
    ADD_TO_CART: ({ item }) => {
      if (item.sku === "COAT-CAM-M") return { ok: false, reason: "sold-out", words: "Somebody bought the <b>last</b> one." };
      cart.set(item.sku, (cart.get(item.sku) ?? 0) + item.quantity);
    },
    UPDATE_ITEM_IN_CART: ({ item }) => { cart.set(item.sku, item.quantity); },
    CHECKOUT: () => ({ url: "https://shop.example/till" }),
  };
  for (const [type, answer] of Object.entries(answers)) {
    show.addEventListener(type, ({ detail }) => {
      if (!window.silent) show.send({ type: "ANSWER", id: detail.id, ok: true, ...answer(detail) });
    });
  }
  await import(new URLSearchParams(location.search).get("show") + "embed.js");
  await customElements.whenDefined("vr-live");
  show.send({ type: "SHOP", handles: Object.keys(answers) });
  window.forget = () => { cart.clear(); show.send({ type: "SYNC_CART_STATE", items: [] }); };
</script>"""
SERVER = '[state]\nfile = "show.sqlite"\n'


class Counter(BaseHTTPRequestHandler):
    """The shop's only page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(SHOP.encode())

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    """A shop at an origin of its own."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Counter) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def boutique(tmp_path_factory: pytest.TempPathFactory, shop: str) -> Iterator[Show]:
    """Seven garments in a grey room, so that what is not grey is a garment."""
    folder = tmp_path_factory.mktemp("boutique")
    Image.new("RGB", (1280, 640), (GREY, GREY, GREY)).save(folder / "room.png")
    (folder / "channel.toml").write_text(CHANNEL.replace("SHOP", shop), "utf-8")
    (folder / "server.toml").write_text(SERVER, "utf-8")
    with running("serve", folder / "channel.toml", "--port", "0") as show:
        show.wait_for("it is live", lambda found: found["state"] == "live", 240, "boutique")
        yield show


@pytest.fixture(scope="module")
def room(browser: Browser, boutique: Show) -> Iterator[Page]:
    """One visitor for all tests that leave no trace; nothing glides."""
    with visiting(browser, reduced_motion="reduce") as page:
        enter(page, boutique)
        yield page


@pytest.fixture
def page(room: Page) -> Iterator[Page]:
    """That visitor, as if just come in."""
    look(room, 0, 0)
    room.locator("#sky").focus()
    yield room
    for _ in range(3):
        room.keyboard.press("Escape")


def enter(page: Page, show: Show) -> None:
    watch(page, f"{show.url}watch/boutique")
    arrived(page)


def arrived(page: Page) -> None:
    wait_until(page, "document.querySelectorAll('.pip').length === 7 && window.vrlive.frames.presented > 1")


def told(show: Show) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{show.url}api/v1/channels/boutique/show", trust_env=False).json()
    return found


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("dialog", name=name, exact=True)


def open_card(page: Page, product: str, name: str) -> Locator:
    """Choose a product in the list."""
    page.get_by_role("button", name="Products", exact=True).click()
    page.get_by_role("button", name=f"Details of {name}").click()
    found = card(page, name)
    expect(found).to_be_visible()
    assert page.locator(f".pip[data-thing={product}]").get_attribute("aria-expanded") == "true"
    return found


def goes_on(page: Page) -> None:
    """The show is still shown, picture by picture."""
    before = page.evaluate("window.vrlive.frames.presented")
    wait_until(page, "window.vrlive.frames.presented > value + 4", before)
    assert page.evaluate("window.vrlive.link") == "playing"


def violations(page: Page) -> list[str]:
    """What axe-core finds to be in the way of somebody, serious or worse."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed (npm ci in streaming/web)")
    page.evaluate(AXE.read_text("utf-8") + ";0")
    found: list[dict[str, Any]] = page.evaluate("axe.run().then((result) => result.violations)")
    return [f"{each['id']}: {[node['html'] for node in each['nodes']]}" for each in found if each["impact"] in {"serious", "critical"}]


def test_markers_stand_at_their_garments(page: Page, boutique: Show) -> None:
    _, pixels = picture(page)
    height, width = pixels.shape[:2]
    garments = [each for each in told(boutique)["scene"]["garments"] if each["product"]]
    assert len(garments) == 7
    for garment in garments:
        x, y, z = garment["matrix"][12], garment["matrix"][13] + garment["height_m"] / 2, garment["matrix"][14]
        yaw, pitch = degrees(atan2(x, -z)), degrees(asin(y / hypot(x, y, z)))
        assert garment["yaw_deg"] == pytest.approx(yaw, abs=3), garment["name"]
        assert garment["pitch_deg"] == pytest.approx(pitch, abs=3), garment["name"]
        look(page, yaw, pitch)
        dot = page.evaluate(
            """(name) => { const box = document.querySelector(`.pip[data-thing="${name}"]`).getBoundingClientRect();
                return [box.left + 18, (box.top + box.bottom) / 2]; }""",
            garment["product"],
        )
        assert dot == pytest.approx([DESKTOP["width"] / 2, DESKTOP["height"] / 2], abs=30), garment["name"]
        row, column = int((0.5 - garment["pitch_deg"] / 180) * height), int((garment["yaw_deg"] / 360 + 0.5) * width)
        around = pixels[row - 6 : row + 7, column - 6 : column + 7]
        assert np.abs(around - GREY).max() > 25, f"nothing is seen at the marker of {garment['name']}"


def test_a_purchase_by_keyboard_alone(page: Page) -> None:
    page.keyboard.press("]")
    marker = page.get_by_role("button", name="Crêpe dress")
    expect(marker).to_be_focused()
    assert view(page)["yawDeg"] == pytest.approx(21.8, abs=0.5)
    page.keyboard.press("]")
    page.keyboard.press("[")
    expect(marker).to_be_focused()
    page.keyboard.press("Enter")
    dress = card(page, "Crêpe dress")
    expect(dress).to_be_focused()
    goes_on(page)

    add = dress.get_by_role("button", name="Add to bag")
    for _ in range(12):
        page.keyboard.press("Tab")
        if add.evaluate("(element) => element === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(dress.locator(".said")).to_have_text("Choose a size")
    expect(dress.get_by_role("radio").and_(page.locator(":focus"))).to_have_count(1)
    page.keyboard.press("Space")
    for _ in range(6):
        page.keyboard.press("Tab")
        if add.evaluate("(element) => element === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(dress.locator(".said")).to_have_text("Crêpe dress is in your bag.")
    page.keyboard.press("Escape")
    expect(dress).to_be_hidden()
    expect(marker).to_be_focused()

    bag_button = page.get_by_role("button", name="Bag, 1 thing")
    bag_button.focus()
    page.keyboard.press("Enter")
    bag = page.get_by_role("dialog", name="Bag")
    expect(bag).to_be_focused()
    expect(bag.get_by_text("Total")).to_be_visible()
    bag.get_by_role("button", name="Check out").press("Enter")
    link = bag.get_by_role("link")
    assert link.get_attribute("rel") == "noopener"
    assert link.get_attribute("target") == "_blank"
    assert "utm_source=vrlive" in (link.get_attribute("href") or "")
    page.keyboard.press("Escape")
    expect(bag_button).to_be_focused()

    page.reload()
    arrived(page)
    page.get_by_role("button", name="Bag, 1 thing").click()
    page.get_by_role("button", name="Remove Crêpe dress").click()
    expect(page.get_by_text("Your bag is empty.")).to_be_visible()


def test_the_list_is_the_same_room(page: Page, boutique: Show) -> None:
    page.get_by_role("button", name="Products as a list").press("Enter")
    things = page.get_by_role("dialog", name="Products")
    names = things.get_by_role("heading", level=3).all_inner_texts()
    assert set(names) == {each["name"] for each in told(boutique)["products"]}
    coat = things.get_by_role("listitem").filter(has_text="Belted wool coat")
    assert "€459 · ahead to the left" in coat.inner_text()
    things.get_by_role("button", name="Look at Belted wool coat").click()
    marker = page.locator(".pip[data-thing=coat]").bounding_box()
    assert marker
    free = DESKTOP["width"] - (things.bounding_box() or {"width": 0})["width"]
    assert marker["x"] == pytest.approx(free / 2, abs=20), "it is in the middle of what the list leaves free"
    assert violations(page) == []


def test_stock_price_and_pins_come_while_one_looks(page: Page, boutique: Show) -> None:
    coat = open_card(page, "coat", "Belted wool coat")
    assert coat.get_by_role("radio", name="XL Sold out").is_disabled()
    try:
        direct(boutique, "PATCH", "products/coat", {"stock": {"COAT-CAM-S": 1}, "price": {"amount": 39900, "currency": "EUR"}})
        expect(coat.get_by_text("1 left")).to_be_visible()
        expect(coat.get_by_text("€399", exact=True)).to_be_visible()
        direct(boutique, "PUT", "pins/scarf")
        now = page.get_by_role("complementary", name="Now")
        expect(now).to_contain_text("Fringed scarf")
        expect(page.locator("[aria-live]").filter(has_text="The host is showing: Fringed scarf")).to_have_count(1)
        now.get_by_role("button", name="Hide the note").click()
        expect(now).to_be_hidden()
        goes_on(page)
    finally:
        direct(boutique, "PATCH", "products/coat", {"stock": {"COAT-CAM-S": 2}, "price": None})
        direct(boutique, "DELETE", "pins/scarf")


def test_card_and_bag_are_in_nobodys_way(page: Page) -> None:
    coat = open_card(page, "coat", "Belted wool coat")
    coat.locator(".sizes .option").nth(1).click()
    assert violations(page) == []
    coat.get_by_role("button", name="Add to bag").click()
    coat.get_by_role("button", name="Open the bag").click()
    expect(page.get_by_role("dialog", name="Bag")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Remove Belted wool coat").click()
    expect(page.get_by_text("Your bag is empty.")).to_be_visible()


def test_a_piece_is_turned_in_3d_while_the_show_goes_on(page: Page) -> None:
    coat = open_card(page, "coat", "Belted wool coat")
    coat.get_by_role("button", name="View in 3D").click()
    piece = page.locator("section.inspector")
    canvas = piece.get_by_role("application", name="Belted wool coat in 3D")
    wait_until(page, "document.querySelector('.inspector') && !document.querySelector('.inspector.loading')")
    expect(canvas).to_be_focused()
    goes_on(page)
    area = (slice(100, 600), slice(60, 860))
    front = screenshot(page)[area]
    assert (front.max(2) > 140).mean() > 0.02, "no piece is seen"
    canvas.press("ArrowRight")
    canvas.press("ArrowRight")
    canvas.press("ArrowRight")
    wait_changed(page, front, area)
    canvas.press("Home")
    camel = settled(page, area)
    coat.get_by_role("radio", name="Bordeaux").check()
    wait_changed(page, camel, area)
    page.get_by_role("button", name="Real size").click()
    expect(piece.locator(".ruler")).to_have_text("162 cm · 63½ in")
    ruler = piece.locator(".ruler").bounding_box()
    assert ruler
    assert 300 < ruler["height"] < 620
    assert violations(page) == []

    page.evaluate("window.piece = document.querySelector('.inspector canvas').getContext('webgl2')")
    canvas.press("Escape")
    expect(piece).to_have_count(0)
    expect(coat.get_by_role("button", name="View in 3D")).to_be_focused()
    assert page.evaluate("window.piece.isContextLost()"), "the graphics card keeps a piece that nobody sees"
    goes_on(page)


def settled(page: Page, area: tuple[slice, slice]) -> Any:
    """A picture of a part of the window that is the same twice."""
    before = screenshot(page)[area]
    for _ in range(20):
        now = screenshot(page)[area]
        if np.abs(now - before).mean() < 0.2:
            return now
        before = now
    pytest.fail("it never comes to rest")


def wait_changed(page: Page, before: Any, area: tuple[slice, slice]) -> None:
    for _ in range(20):
        if np.abs(screenshot(page)[area] - before).mean() > 1:
            return
    pytest.fail("nothing changed")


def test_a_phone_has_a_sheet_that_is_drawn_down(browser: Browser, boutique: Show) -> None:
    with visiting(browser, viewport=PHONE, has_touch=True, is_mobile=True, reduced_motion="reduce") as page:
        enter(page, boutique)
        look(page, -15, -8)
        page.locator(".pip[data-thing=coat]").tap()
        sheet = card(page, "Belted wool coat")
        box = sheet.bounding_box()
        assert box
        assert (box["x"], box["width"], round(box["y"] + box["height"])) == (0, PHONE["width"], PHONE["height"])
        assert box["height"] <= 0.7 * PHONE["height"], "the show is seen above it"
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        marker = page.locator(".pip[data-thing=coat]").bounding_box()
        assert marker
        assert marker["y"] + marker["height"] < box["y"], "what it is about is seen above it"
        goes_on(page)
        assert violations(page) == []

        hand = page.context.new_cdp_session(page)

        def touch(kind: str, *points: float) -> None:
            hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": 100, "y": y} for y in points]})

        for down, stays in ((60, True), (200, False)):
            y = box["y"] + 15
            touch("touchStart", y)
            for step in range(1, 9):
                page.wait_for_timeout(40)  # as slowly as a hand that does not flick
                touch("touchMove", y + down * step / 8)
            page.wait_for_timeout(40)
            touch("touchEnd")
            assert sheet.is_visible() == stays


def test_what_strangers_write_is_text_and_leads_nowhere(browser: Browser, boutique: Show) -> None:
    name = "<img src=x onerror=document.title='taken'>"
    hostile = told(boutique)
    hostile["products"] = [
        {
            **hostile["products"][0],
            "name": name,
            "description": "<script>document.title = 'taken'</script>",
            "link": "javascript:document.title='taken'",
            "price": {"amount": "<b>0</b>", "currency": "EUR"},
            "images": ["https://elsewhere.example/spy.png"],
        }
    ]

    def answer(route: Route) -> None:
        route.fulfill(body=json.dumps(hostile), content_type="application/json")

    with visiting(browser, reduced_motion="reduce") as page:
        page.route("**/show", answer)
        watch(page, f"{boutique.url}watch/boutique")
        page.get_by_role("button", name="Products", exact=True).click()
        page.get_by_role("button", name=f"Details of {name}").click()
        found = card(page, name)
        expect(found.get_by_role("heading")).to_have_text(name)
        expect(found.get_by_text("Price in the shop")).to_be_visible()
        expect(found.get_by_text("<script>")).to_be_visible()
        assert found.get_by_role("link").count() == 0
        assert found.locator("img, script, b").count() == 0
        assert page.title() == "Autumn"


def test_a_shop_around_the_page_answers_for_its_own_cart(browser: Browser, boutique: Show, shop: str) -> None:
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{shop}/?show={boutique.url}")
        frame = page.locator("vr-live iframe").element_handle().content_frame()
        assert frame
        frame.get_by_role("button", name="Bag, 1 thing").click()
        bag = frame.get_by_role("dialog", name="Bag")
        expect(bag.get_by_role("listitem")).to_contain_text("Camel · L")
        expect(bag.get_by_text("And 2 other things in the shop’s bag.")).to_be_visible()
        expect(bag.locator(".total")).to_contain_text("€399")  # the shop's price

        frame.get_by_role("button", name="Products", exact=True).click()
        frame.get_by_role("button", name="Details of Belted wool coat").click()
        coat = frame.get_by_role("dialog", name="Belted wool coat", exact=True)
        expect(coat.get_by_role("radio", name="XS Sold out")).to_be_disabled()
        add = coat.get_by_role("button", name="Add to bag")
        coat.locator('input[value="COAT-CAM-M"]').check()
        add.click()
        expect(coat.locator(".said")).to_have_text("Somebody bought the <b>last</b> one.")
        coat.locator('input[value="COAT-CAM-S"]').check()
        add.click()
        expect(coat.locator(".said")).to_have_text("Belted wool coat is in your bag.")
        assert page.evaluate("window.cart.get('COAT-CAM-S')") == 1

        coat.get_by_role("button", name="Open the bag").click()
        small = bag.get_by_role("listitem").filter(has_text="Camel · S")
        small.get_by_role("button", name="One more").click()
        expect(small.get_by_role("status")).to_have_text("2")
        assert page.evaluate("window.cart.get('COAT-CAM-S')") == 2
        bag.get_by_role("button", name="Check out").click()
        assert bag.get_by_role("link", name="Go on in the shop").get_attribute("href") == "https://shop.example/till"

        page.evaluate("window.silent = true")
        small.get_by_role("button", name="Remove").click()
        expect(bag.get_by_role("alert")).to_contain_text("The shop does not answer.")
        expect(small).to_have_count(1)
        page.evaluate("window.forget()")
        expect(bag.get_by_text("Your bag is empty.")).to_be_visible()
