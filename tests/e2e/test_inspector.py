"""A piece by itself, in 3D: turned by hand, in its colours, beside a ruler; and the show goes on meanwhile."""

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.e2e.axe import assert_open_to_all
from tests.e2e.boutique import goes_on, open_card
from tests.e2e.visit import screenshot, wait_until

WIDE, NARROW = (ViewportSize(width=width, height=720) for width in (1280, 800))  # the card stays beside the piece, or under it


def test_a_piece_is_turned_in_3d_while_the_show_goes_on(visitor: Page) -> None:
    coat = open_card(visitor, "coat", "Belted wool coat")
    coat.get_by_role("button", name="View in 3D").click()
    piece = visitor.locator("section.inspector")
    canvas = piece.get_by_role("application", name="Belted wool coat in 3D")
    wait_until(visitor, "document.querySelector('.inspector') && !document.querySelector('.inspector.loading')")
    expect(canvas).to_be_focused()
    goes_on(visitor)
    area = (slice(100, 600), slice(60, 860))
    front = screenshot(visitor)[area]
    assert (front.max(2) > 140).mean() > 0.02, "no piece is seen"
    canvas.press("ArrowRight")
    canvas.press("ArrowRight")
    canvas.press("ArrowRight")
    wait_changed(visitor, front, area)
    canvas.press("Home")
    camel = settled(visitor, area)
    coat.get_by_role("radio", name="Bordeaux").check()
    wait_changed(visitor, camel, area)
    visitor.get_by_role("button", name="Real size").click()
    expect(piece.locator(".ruler")).to_have_text("162 cm · 63½ in")
    ruler = piece.locator(".ruler").bounding_box()
    assert ruler
    assert 300 < ruler["height"] < 620
    assert_open_to_all(visitor)

    visitor.evaluate("window.piece = document.querySelector('.inspector canvas').getContext('webgl2')")
    canvas.press("Escape")
    expect(piece).to_have_count(0)
    expect(coat.get_by_role("button", name="View in 3D")).to_be_focused()
    assert visitor.evaluate("window.piece.isContextLost()"), "the graphics card keeps a piece that nobody sees"
    goes_on(visitor)


def test_the_focus_stays_before_the_room_while_a_piece_is_there(visitor: Page) -> None:
    coat = open_card(visitor, "coat", "Belted wool coat")
    coat.get_by_role("button", name="View in 3D").click()
    piece = visitor.get_by_role("application", name="Belted wool coat in 3D")
    expect(piece).to_be_focused()
    assert tabbed(visitor) == {"inspector", "sheet"}, "what lies behind the piece can be reached"
    coat.get_by_role("button", name="Close").press("Escape")
    expect(coat).to_be_hidden()
    expect(piece).to_be_focused()
    assert tabbed(visitor) == {"inspector"}
    piece.press("Escape")
    expect(visitor.locator("#sky")).to_be_focused()
    assert visitor.locator("#stage > [inert]").count() == 0

    open_card(visitor, "coat", "Belted wool coat").get_by_role("button", name="View in 3D").click()
    visitor.set_viewport_size(NARROW)
    try:
        expect(piece).to_be_focused()
        visitor.wait_for_function("() => document.querySelector('.sheet:not([hidden])').inert")
        assert tabbed(visitor) == {"inspector"}, "the card under the piece can be reached"
    finally:
        visitor.set_viewport_size(WIDE)


def tabbed(page: Page) -> set[str]:
    """Which parts of the page hold what Tab leads to, once around."""
    found = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        found.add(page.evaluate("document.activeElement.closest('#stage > *')?.className.split(' ')[0] ?? null"))
    return found - {None}  # the browser's own


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
