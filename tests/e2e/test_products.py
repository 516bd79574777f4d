"""Products in the room: markers at their garments, a list of the same things, and what the host does while one looks."""

from math import asin, atan2, degrees, hypot

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.axe import assert_open_to_all
from tests.e2e.boutique import ROOM, direct, goes_on, open_card, told
from tests.e2e.show import Show
from tests.e2e.visit import DESKTOP, look, picture


def test_markers_stand_at_their_garments(visitor: Page, boutique: Show) -> None:
    _, pixels = picture(visitor)
    height, width = pixels.shape[:2]
    garments = [each for each in told(boutique)["scene"]["garments"] if each["product"]]
    assert len(garments) == 7
    for garment in garments:
        x, y, z = garment["matrix"][12], garment["matrix"][13] + garment["height_m"] / 2, garment["matrix"][14]
        yaw, pitch = degrees(atan2(x, -z)), degrees(asin(y / hypot(x, y, z)))
        assert garment["yaw_deg"] == pytest.approx(yaw, abs=3), garment["name"]
        assert garment["pitch_deg"] == pytest.approx(pitch, abs=3), garment["name"]
        look(visitor, yaw, pitch)
        dot = visitor.evaluate(
            """(name) => { const box = document.querySelector(`.pip[data-thing="${name}"]`).getBoundingClientRect();
                return [box.left + 18, (box.top + box.bottom) / 2]; }""",
            garment["product"],
        )
        assert dot == pytest.approx([DESKTOP["width"] / 2, DESKTOP["height"] / 2], abs=30), garment["name"]
        row, column = int((0.5 - garment["pitch_deg"] / 180) * height), int((garment["yaw_deg"] / 360 + 0.5) * width)
        around, bare = pixels[row - 3 : row + 4, column - 3 : column + 4], ROOM[0, column * ROOM.shape[1] // width]
        assert np.abs(around - bare).max() > 25, f"nothing is seen at the marker of {garment['name']}"


def test_the_list_is_the_same_room(visitor: Page, boutique: Show) -> None:
    visitor.get_by_role("button", name="Products as a list").press("Enter")
    things = visitor.get_by_role("dialog", name="Products")
    names = things.get_by_role("heading", level=3).all_inner_texts()
    assert set(names) == {each["name"] for each in told(boutique)["products"]}
    coat = things.get_by_role("listitem").filter(has_text="Belted wool coat")
    assert "€459 · ahead to the left" in coat.inner_text()
    things.get_by_role("button", name="Look at Belted wool coat").click()
    marker = visitor.locator(".pip[data-thing=coat]").bounding_box()
    assert marker
    free = DESKTOP["width"] - (things.bounding_box() or {"width": 0})["width"]
    assert marker["x"] == pytest.approx(free / 2, abs=20), "it is in the middle of what the list leaves free"
    assert_open_to_all(visitor)


def test_stock_price_and_pins_come_while_one_looks(visitor: Page, boutique: Show) -> None:
    coat = open_card(visitor, "coat", "Belted wool coat")
    assert coat.get_by_role("radio", name="XL Sold out").is_disabled()
    try:
        direct(boutique, "PATCH", "products/coat", {"stock": {"COAT-CAM-S": 1}, "price": {"amount": 39900, "currency": "EUR"}})
        expect(coat.get_by_text("1 left")).to_be_visible()
        expect(coat.get_by_text("€399", exact=True)).to_be_visible()
        direct(boutique, "PUT", "pins/scarf")
        now = visitor.get_by_role("complementary", name="Now")
        expect(now).to_contain_text("Fringed scarf")
        expect(visitor.locator("[aria-live]").filter(has_text="The host is showing: Fringed scarf")).to_have_count(1)
        now.get_by_role("button", name="Hide the note").click()
        expect(now).to_be_hidden()
        goes_on(visitor)
    finally:
        direct(boutique, "PATCH", "products/coat", {"stock": {"COAT-CAM-S": 2}, "price": None})
        direct(boutique, "DELETE", "pins/scarf")
