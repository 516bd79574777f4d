"""What a headset draws with ease is all that it is given."""

from math import radians

from playwright.sync_api import Browser, Page

from tests.e2e.headset.device import enter, place_of, point_at, press, state, turn_head, wait_for, wearing
from tests.e2e.show import Show
from tests.e2e.visit import wait_until

MOST_CALLS = 60
MOST_TEXTURE_MB = 128  # what a Quest keeps with ease


def test_a_full_boutique_stays_within_what_a_headset_draws_with_a_card_open(browser: Browser, rooms: Show) -> None:
    with wearing(browser) as page:
        page.goto(f"{rooms.url}watch/boutique")
        wait_until(page, "window.vrlive.frames.presented > 1")
        page.evaluate("window.device.fovy = 1.92")  # 110°, the widest that a Quest 3 has
        enter(page)
        wait_for(page, "state.models.length === 10 && state.shown.length === 10")
        point_at(page, "controllers.right", place_of(page, "coat"))
        press(page)
        wait_for(page, "state.card !== null && state.fitted === 'coat'")
        for yaw in (0, 90, -90):
            turn_head(page, radians(yaw))
            assert 0 < state(page)["drawCalls"] <= MOST_CALLS
        assert 0 < state(page)["textureBytes"] < MOST_TEXTURE_MB << 20


def test_a_showroom_stays_within_it_all_around(visit: Page) -> None:
    for yaw in (0, 180):
        turn_head(visit, radians(yaw))
        assert 0 < state(visit)["drawCalls"] <= MOST_CALLS
    assert 0 < state(visit)["textureBytes"] < MOST_TEXTURE_MB << 20
