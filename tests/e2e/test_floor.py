"""How soon the demo is seen, and how much later than the least possible."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from statistics import median

import pytest
from playwright.sync_api import Browser

from tests.e2e.show import PATIENCE_S, Show, address_of
from tests.streaming.test_browser import LATENCIES, PLAY

ABOVE_MS = 60.0
SETTLE_MS, LOOKS, LOOK_MS = 6000, 8, 800
FIRST_MS, LOADS = 2000.0, 5  # from following a link to the first picture
TIMES = 5  # as long as joining alone may that take, where the machine is so slow that two seconds are no measure
FIRST_PICTURE = "performance.getEntriesByName('first-picture')[0]?.startTime ?? 0"
TRIES = 6  # what else the machine does must not decide: the calmest counts


@pytest.fixture
def bare() -> Iterator[str]:
    """Where a bare loop of pictures is watched."""
    with subprocess.Popen([sys.executable, "-m", "tests.e2e.bare_loop"], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield address_of(process)
        finally:
            process.kill()


def latency_ms(browser: Browser, url: str) -> float:
    """From the instant that a picture was due to its presentation: the median over some seconds."""
    with closing(browser.new_page()) as page:
        page.goto(f"{url}healthz")
        page.evaluate(PLAY, f"{url}whep/demo")
        page.wait_for_timeout(SETTLE_MS)
        found: list[float] = []
        for _ in range(LOOKS):
            page.wait_for_timeout(LOOK_MS)
            found += page.evaluate(LATENCIES)
    return median(found)


def test_the_demo_is_seen_little_later_than_a_bare_loop(browser: Browser, demo: Show, bare: str) -> None:
    above_ms = []
    for _ in range(TRIES):
        floor_ms, whole_ms = latency_ms(browser, bare), latency_ms(browser, demo.url)
        print(f"glass to glass: {whole_ms:.0f} ms, of which {floor_ms:.0f} ms for a bare loop")
        above_ms.append(whole_ms - floor_ms)
        if above_ms[-1] <= ABOVE_MS:
            return
    pytest.fail(f"above the floor, ms: {above_ms}")


def first_picture_ms(browser: Browser, url: str) -> float:
    """From the start of navigation to the first picture, for somebody who was never here."""
    with closing(browser.new_context()) as context:
        page = context.new_page()
        page.goto(url, wait_until="commit")
        page.wait_for_function(f"() => {FIRST_PICTURE} > 0", timeout=PATIENCE_S * 1000)
        found: float = page.evaluate(FIRST_PICTURE)
    return found


def join_ms(browser: Browser, url: str) -> float:
    """From the offer to the first picture, with nothing around it."""
    with closing(browser.new_context()) as context:
        page = context.new_page()
        page.goto(f"{url}healthz")
        found: float = page.evaluate(PLAY, f"{url}whep/demo")
    return found


def test_who_follows_a_link_sees_the_demo_within_two_seconds(browser: Browser, demo: Show) -> None:
    found_ms = []
    for _ in range(TRIES):
        join, first = (median(each(browser, demo.url) for _ in range(LOADS)) for each in (join_ms, first_picture_ms))
        print(f"first picture: {first:.0f} ms, of which joining takes {join:.0f} ms")
        if first < max(FIRST_MS, TIMES * join):
            return
        found_ms.append((first, join))
    pytest.fail(f"medians of {LOADS} first pictures and of joining alone, ms: {found_ms}")
