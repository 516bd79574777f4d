"""What the page tells of a visit: before the answer nothing that needs one, after it where the visitor looked."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.show import Show
from tests.e2e.visit import wait_until, watch

Report = dict[str, Any]
ASKED_AFTER_S = 12.0
LOOKED_S = 3.0


@pytest.fixture
def told(page: Page) -> Callable[[], list[Report]]:
    """Wait for the next report, and give all that the page has told so far; then it is forgotten."""
    reports: list[Report] = []
    page.on("request", lambda request: reports.append(json.loads(request.post_data or "{}")) if request.url.endswith("/insight") else None)

    def hear() -> list[Report]:
        with page.expect_request("**/insight"):
            pass
        found = list(reports)
        reports.clear()
        return found

    return hear


def stay(page: Page, seconds: float) -> None:
    """Wait until so many seconds more of the show were seen."""
    seen_s = page.evaluate("document.getElementById('video').currentTime")
    wait_until(page, "document.getElementById('video').currentTime > value", seen_s + seconds)


def test_nothing_is_counted_before_the_answer_and_only_what_was_allowed_after_it(
    demo: Show, page: Page, told: Callable[[], list[Report]]
) -> None:
    watch(page, demo.url)
    yes = page.get_by_role("button", name="You may")
    yes.wait_for()
    before = told()
    assert [each["start_s"] > 0 for each in before if each["start_s"] is not None] == [True]
    assert all((each["consent"], each["gaze_s"], each["actions"]) == (False, {}, []) for each in before)
    yes.click()
    assert page.locator(".consent").count() == 0
    page.evaluate("window.vrlive.view = { yawDeg: 95, pitchDeg: 5 }")
    stay(page, LOOKED_S)
    after = [each for each in told() if each["consent"]]
    column, row = int((95 + 180) / 360 * 24), 5
    assert sum(each["gaze_s"].get(str(row * 24 + column), 0) for each in after) >= LOOKED_S / 2
    assert page.evaluate("localStorage.getItem('vrlive.consent')") == "yes"


def test_a_browser_that_says_no_is_not_asked(demo: Show, page: Page, told: Callable[[], list[Report]]) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })")
    watch(page, demo.url)
    stay(page, ASKED_AFTER_S + 1)
    assert page.locator(".consent").count() == 0
    assert not any(each["consent"] for each in told())
