"""What the page tells of a visit: before the answer nothing that needs one, after it where the visitor looked."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.show import Show
from tests.e2e.visit import visiting, wait_until, watch

Report = dict[str, Any]
ASKED_AFTER_S = 12.0
LOOKED_S = 3.0


def reports_of(page: Page) -> list[Report]:
    """All that the page tells from now on, as it tells it."""
    reports: list[Report] = []
    page.on("request", lambda request: reports.append(json.loads(request.post_data or "{}")) if request.url.endswith("/insight") else None)
    return reports


@pytest.fixture
def told(page: Page) -> Callable[[], list[Report]]:
    """Wait for the next report, and give all that the page has told so far; then it is forgotten."""
    reports = reports_of(page)

    def hear() -> list[Report]:
        with page.expect_request("**/insight"):
            pass
        found = list(reports)
        reports.clear()
        return found

    return hear


@pytest.fixture(scope="module", autouse=True)
def private(browser: Browser, demo: Show) -> Iterator[tuple[Page, list[Report]]]:
    """A browser that says no, and what its page tells: it watches while the other test does, for both take their time."""
    with visiting(browser) as page:
        page.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })")
        reports = reports_of(page)
        watch(page, demo.url)
        page.evaluate("window.vrlive.pauseSky(true)")
        yield page, reports


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


def test_a_browser_that_says_no_is_not_asked(private: tuple[Page, list[Report]]) -> None:
    page, reports = private
    wait_until(page, "video.currentTime > value", ASKED_AFTER_S + 1)
    assert page.locator(".consent").count() == 0
    if not reports:
        page.wait_for_event("request", lambda request: request.url.endswith("/insight"))
    assert not any(each["consent"] for each in reports)
