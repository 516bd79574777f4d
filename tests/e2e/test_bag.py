"""From a marker to the bag: on a phone, by keyboard alone, and in nobody's way."""

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.axe import assert_open_to_all
from tests.e2e.boutique import arrived, card, enter, goes_on, open_card
from tests.e2e.show import Show
from tests.e2e.visit import PHONE, look, view, visiting


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
        assert_open_to_all(page)

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


def tab_to(page: Page, element: Locator, most: int = 12) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if element.evaluate("(element) => element === document.activeElement"):
            return
    pytest.fail(f"{most} times Tab do not lead to {element}")


def test_a_purchase_by_keyboard_alone(visitor: Page) -> None:
    visitor.keyboard.press("]")
    marker = visitor.get_by_role("button", name="Crêpe dress")
    expect(marker).to_be_focused()
    assert view(visitor)["yawDeg"] == pytest.approx(21.8, abs=0.5)
    visitor.keyboard.press("]")
    visitor.keyboard.press("[")
    expect(marker).to_be_focused()
    visitor.keyboard.press("Enter")
    dress = card(visitor, "Crêpe dress")
    expect(dress).to_be_focused()
    goes_on(visitor)

    add = dress.get_by_role("button", name="Add to bag")
    tab_to(visitor, add)
    visitor.keyboard.press("Enter")
    expect(dress.locator(".said")).to_have_text("Choose a size")
    expect(dress.get_by_role("radio").and_(visitor.locator(":focus"))).to_have_count(1)
    visitor.keyboard.press("Space")
    tab_to(visitor, add)
    visitor.keyboard.press("Enter")
    expect(dress.locator(".said")).to_have_text("Crêpe dress is in your bag.")
    visitor.keyboard.press("Escape")
    expect(dress).to_be_hidden()
    expect(marker).to_be_focused()

    bag_button = visitor.get_by_role("button", name="Bag, 1 thing")
    bag_button.focus()
    visitor.keyboard.press("Enter")
    bag = visitor.get_by_role("dialog", name="Bag")
    expect(bag).to_be_focused()
    expect(bag.get_by_text("Total")).to_be_visible()
    bag.get_by_role("button", name="Check out").press("Enter")
    link = bag.get_by_role("link")
    assert link.get_attribute("rel") == "noopener"
    assert link.get_attribute("target") == "_blank"
    assert "utm_source=vrlive" in (link.get_attribute("href") or "")
    visitor.keyboard.press("Escape")
    expect(bag_button).to_be_focused()

    visitor.reload()
    arrived(visitor)
    visitor.get_by_role("button", name="Bag, 1 thing").click()
    visitor.get_by_role("button", name="Remove Crêpe dress").click()
    expect(visitor.get_by_text("Your bag is empty.")).to_be_visible()


def test_card_and_bag_are_in_nobodys_way(visitor: Page) -> None:
    coat = open_card(visitor, "coat", "Belted wool coat")
    coat.locator(".sizes .option").nth(1).click()
    assert_open_to_all(visitor)
    coat.get_by_role("button", name="Add to bag").click()
    coat.get_by_role("button", name="Open the bag").click()
    expect(visitor.get_by_role("dialog", name="Bag")).to_be_visible()
    assert_open_to_all(visitor)
    visitor.get_by_role("button", name="Remove Belted wool coat").click()
    expect(visitor.get_by_text("Your bag is empty.")).to_be_visible()
