"""A phone held upright, 360 px wide: nothing overflows, everything can be reached by a thumb."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.show import Show
from tests.e2e.visit import PHONE, look, visiting, wait_until, watch

THUMB_PX = 40
BUTTONS = """() => [...document.querySelectorAll("button")]
  .filter((each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .map((each) => {
  const { left, top, right, bottom } = each.getBoundingClientRect();
  const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  return { name: each.getAttribute("aria-label") ?? each.textContent, left, top, right, bottom, reached: each.contains(hit) };
})"""


@pytest.fixture(scope="module")
def upright(browser: Browser, demo: Show) -> Iterator[Page]:
    with visiting(browser, viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2) as page:
        page.add_init_script("localStorage.setItem('vrlive.consent', 'no')")
        watch(page, demo.url)
        wait_until(page, "window.vrlive.channel.garments.length > 0")
        yield page


@pytest.fixture
def phone(upright: Page) -> Page:
    """Looking ahead, where no garment is, with nothing open."""
    upright.keyboard.press("Escape")
    look(upright, 0, 0)
    return upright


def assert_reachable(page: Page) -> list[dict[str, Any]]:
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    buttons: list[dict[str, Any]] = page.evaluate(BUTTONS)
    for each in buttons:
        assert each["name"], each
        assert each["reached"], each
        assert each["left"] >= 0 <= each["top"], each
        assert each["right"] <= PHONE["width"], each
        assert each["bottom"] <= PHONE["height"], each
        assert min(each["right"] - each["left"], each["bottom"] - each["top"]) >= THUMB_PX, each
    return buttons


def test_every_button_has_a_name_and_can_be_reached(phone: Page) -> None:
    names = {each["name"] for each in assert_reachable(phone)}
    assert {"Look ahead", "Pause", "Sound on", "Follow the phone", "Settings", "Full screen"} <= names


def test_a_garment_is_a_button_that_turns_the_view_to_it(phone: Page) -> None:
    garment = phone.evaluate("window.vrlive.channel.garments[0]")
    look(phone, garment["yaw_deg"] - 10, 0)
    names = {each["name"] for each in assert_reachable(phone)}
    assert any(name.startswith(garment["title"]) for name in names)
    phone.locator(f'.pip[data-thing="{garment["name"]}"]').tap()
    wait_until(phone, "Math.abs(window.vrlive.view.yawDeg - value) < 0.01", garment["yaw_deg"])


def test_the_details_fit(phone: Page) -> None:
    phone.get_by_role("button", name="Settings").tap()
    phone.get_by_role("dialog").get_by_role("button", name="Details").tap()
    box = phone.get_by_role("complementary", name="Details").bounding_box()
    assert box
    assert box["x"] >= 0 <= box["y"]
    assert box["x"] + box["width"] <= PHONE["width"]
    assert box["y"] + box["height"] <= PHONE["height"]
    assert_reachable(phone)
    phone.get_by_role("button", name="Close").tap()
    expect(phone.get_by_role("complementary", name="Details")).to_be_hidden()
