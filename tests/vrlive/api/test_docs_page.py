"""The page at /api/docs in a browser, with the endpoints that a show has."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from streaming.rtp.fanout import Fanout
from streaming.whep import Whep
from tests.streaming.served import served
from vrlive import resources
from vrlive.api.server import create_app

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """A server without channels, and where it is."""
    if not resources.pages().is_dir():
        pytest.skip("the web pages are not built (make web)")
    app = create_app({}, control_token="a token for these tests", routers=[Whep({}, Fanout(fast=False)).router])
    async with served(app) as address:
        yield address


@pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (apt-get install chromium)")
async def test_the_page_lists_every_operation_and_type_without_a_fault(address: str) -> None:
    faults: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = await browser.new_page()
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(f"{address}api/docs")
        await page.get_by_role("heading", name="POST /whep/{channel}", exact=True).wait_for()
        headings = await page.get_by_role("heading").all_inner_texts()
        await browser.close()
    assert {"GET /api/v1/channels/{channel}", "DELETE /whep/{channel}/{token}", "ChannelState"} <= set(headings)
    assert faults == []
