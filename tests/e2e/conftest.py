"""Shows on air and a browser, shared by all tests that only watch."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.boutique import boutique_in, enter
from tests.e2e.shop import open_shop
from tests.e2e.show import PATIENCE_S, Show, running
from tests.e2e.visit import look, visiting
from vrlive.capture.demo.clips import demo_clips

CHROMIUM = Path("/usr/bin/chromium")
SHARED = ("boutique", "demo")  # in the order in which they are on air


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole shows come last: from the first browser on Playwright runs an event loop, beside which no other test can have one.

    Of these, those come last that share a show, so that no other runs beside it.
    """
    items.sort(
        key=lambda item: (Path(__file__).parent in item.path.parents, [name in getattr(item, "fixturenames", ()) for name in SHARED[::-1]])
    )


@pytest.fixture(scope="session", autouse=True)
def _filmed() -> None:
    """The demo's clips are there: on a new machine it takes minutes to film them."""
    demo_clips()


@pytest.fixture(scope="session")
def air() -> Iterator[ExitStack]:
    """What is on air: one shared show at a time, so that none is held up by another."""
    with ExitStack() as shows:
        yield shows


@pytest.fixture(scope="session")
def demo(air: ExitStack) -> Show:
    """The demo on air, and the boutique no more; who changes what it shows starts their own."""
    air.close()
    show = air.enter_context(running("demo", "--port", "0", "--for", "7200"))
    show.wait_until_live()
    return show


@pytest.fixture(scope="session")
def shop() -> Iterator[str]:
    """The origin of a shop that has the boutique in its page."""
    with open_shop() as origin:
        yield origin


@pytest.fixture(scope="session")
def boutique(air: ExitStack, tmp_path_factory: pytest.TempPathFactory, shop: str) -> Show:
    """The boutique on air; who changes what it sells puts it back."""
    return air.enter_context(boutique_in(tmp_path_factory.mktemp("boutique"), shop))


@pytest.fixture(scope="session")
def launch() -> Iterator[Callable[[Path], Browser]]:
    """Start Debian's Chromium without a screen, by itself or by a command that wraps it."""
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed (apt-get install chromium)")
    expect.set_options(timeout=PATIENCE_S * 1000)
    with sync_playwright() as playwright:
        yield lambda command: playwright.chromium.launch(executable_path=str(command), args=["--no-sandbox", "--disable-dev-shm-usage"])


@pytest.fixture(scope="session")
def browser(launch: Callable[[Path], Browser]) -> Iterator[Browser]:
    """The browser of all tests that need no other."""
    browser = launch(CHROMIUM)
    yield browser
    browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on a desktop that must see no error on its console and ask nothing of another origin."""
    with visiting(browser) as page:
        yield page


@pytest.fixture(scope="module")
def inside(browser: Browser, boutique: Show) -> Iterator[Page]:
    """One visitor of the boutique for all tests of a module that leave no trace; nothing glides."""
    with visiting(browser, reduced_motion="reduce") as page:
        enter(page, boutique)
        yield page


@pytest.fixture
def visitor(inside: Page) -> Iterator[Page]:
    """That visitor, as if just come in."""
    look(inside, 0, 0)
    inside.locator("#sky").focus()
    yield inside
    for _ in range(3):
        inside.keyboard.press("Escape")
