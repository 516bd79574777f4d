"""What the page tells of a visit: before the answer nothing that needs one, after it where the visitor looked."""

import json
from typing import Any

from playwright.sync_api import Page

from tests.e2e.show import Show
from tests.e2e.visit import wait_until, watch

ADDRESS = "**/api/v1/channels/demo/insight"


def told(page: Page) -> dict[str, Any]:
    """The next report: pages also tell when they are hidden, which is not waited for."""
    with page.expect_request(ADDRESS) as request:
        page.evaluate("() => dispatchEvent(new Event('pagehide'))")
    assert request.value.post_data
    found: dict[str, Any] = json.loads(request.value.post_data)
    return found


def test_nothing_is_counted_before_the_answer_and_only_what_was_allowed_after_it(demo: Show, page: Page) -> None:
    page.clock.install()  # the question comes after a while of watching
    watch(page, demo.url)
    page.clock.run_for(13_000)
    first = told(page)
    assert first["start_s"] > 0
    assert (first["consent"], first["gaze_s"], first["actions"]) == (False, {}, [])
    page.get_by_role("button", name="You may").click()
    assert page.locator(".consent").count() == 0
    page.evaluate("window.vrlive.view = { yawDeg: 95, pitchDeg: 5 }")
    page.clock.run_for(6_000)
    second = told(page)
    assert second["consent"]
    column, row = int((95 + 180) / 360 * 24), 5
    assert max(second["gaze_s"], key=second["gaze_s"].get) == str(row * 24 + column)
    assert page.evaluate("localStorage.getItem('vrlive.consent')") == "yes"


def test_a_browser_that_says_no_is_not_asked(demo: Show, page: Page) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })")
    page.clock.install()
    watch(page, demo.url)
    page.clock.run_for(20_000)
    wait_until(page, "window.vrlive.frames.presented > 0")
    assert page.locator(".consent").count() == 0
    assert told(page)["consent"] is False
