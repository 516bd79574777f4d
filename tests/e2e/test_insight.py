"""What the page tells of a visit: before the answer nothing that needs one, after it where the visitor looked."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.show import Show
from tests.e2e.visit import wait_until, watch

Report = dict[str, Any]


@pytest.fixture
def told(page: Page) -> Callable[[], list[Report]]:
    """All that the page has told so far, with what it tells when it is left; then forgotten."""
    reports: list[Report] = []
    page.on("request", lambda request: reports.append(json.loads(request.post_data or "{}")) if request.url.endswith("/insight") else None)

    def leave() -> list[Report]:
        page.evaluate("() => dispatchEvent(new Event('pagehide'))")
        page.wait_for_timeout(200)
        found = list(reports)
        reports.clear()
        return found

    page.clock.install()  # the question comes after a while of watching
    return leave


def test_nothing_is_counted_before_the_answer_and_only_what_was_allowed_after_it(
    demo: Show, page: Page, told: Callable[[], list[Report]]
) -> None:
    watch(page, demo.url)
    page.clock.run_for(13_000)
    before = told()
    assert [each["start_s"] > 0 for each in before if each["start_s"] is not None] == [True]
    assert all((each["consent"], each["gaze_s"], each["actions"]) == (False, {}, []) for each in before)
    page.get_by_role("button", name="You may").click()
    assert page.locator(".consent").count() == 0
    page.evaluate("window.vrlive.view = { yawDeg: 95, pitchDeg: 5 }")
    for _ in range(10):
        page.clock.run_for(500)
        page.evaluate(
            "() => new Promise((seen) => document.getElementById('video').requestVideoFrameCallback(seen))"
        )  # or it seems to stall
    after = told()
    column, row = int((95 + 180) / 360 * 24), 5
    assert all(each["consent"] for each in after)
    assert any(each["gaze_s"].get(str(row * 24 + column), 0) >= 2 for each in after)
    assert page.evaluate("localStorage.getItem('vrlive.consent')") == "yes"


def test_a_browser_that_says_no_is_not_asked(demo: Show, page: Page, told: Callable[[], list[Report]]) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })")
    watch(page, demo.url)
    wait_until(page, "window.vrlive.frames.presented > 0")
    page.clock.run_for(20_000)
    assert page.locator(".consent").count() == 0
    reports = told()
    assert reports
    assert not any(each["consent"] for each in reports)
