"""A real show in processes of its own, and a real browser in front of it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
START_S = 240  # the first start ever renders the demo's clips and compiles the kernels


@dataclass
class Show:
    """A running `vrlive` process, and the address it printed."""

    process: subprocess.Popen[str]
    url: str

    @property
    def api(self) -> httpx.Client:
        """A client for its HTTP interface."""
        return httpx.Client(base_url=self.url, verify=False, timeout=10, trust_env=False)

    def state(self, channel: str = "demo") -> dict[str, Any]:
        """State of a channel."""
        with self.api as api:
            found: dict[str, Any] = api.get(f"/api/v1/channels/{channel}").json()
            return found


@contextmanager
def running(*arguments: str) -> Iterator[Show]:
    """Run ``vrlive`` with `arguments` until the block ends, then end it as an operator would."""
    process = subprocess.Popen([sys.executable, "-m", "vrlive", *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        for line in process.stdout:
            found = re.search(r"https?://[\w.\[\]:-]+/", line)
            if found:
                yield Show(process, found[0])
                break
        else:
            pytest.fail(f"vrlive {' '.join(arguments)} ended without printing an address")
    finally:
        process.terminate()
        try:
            process.wait(20)
        finally:
            process.kill()
            if process.stdout:
                process.stdout.close()


@pytest.fixture(scope="session")
def demo() -> Iterator[Show]:
    """The demo on air, shared by all tests that only watch it."""
    with running("demo", "--port", "0", "--for", "900") as show:
        yield show


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a screen."""
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test on console errors and on requests to foreign origins."""
    context = browser.new_context(viewport={"width": 960, "height": 540}, ignore_https_errors=True)
    page = context.new_page()
    faults: list[str] = []
    origins: set[str] = set()
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: origins.add("/".join(request.url.split("/")[:3])) if request.url.startswith("http") else None)
    yield page
    context.close()
    assert not faults, faults
    assert len(origins) <= 1, f"requests to foreign origins: {origins}"
