"""axe-core, which finds what on a page is in the way of somebody who sees, hears or moves otherwise."""

from typing import Final

import pytest
from playwright.sync_api import Page

from tests.checkout import ROOT

AXE: Final = ROOT / "streaming/web/node_modules/axe-core/axe.min.js"
IN_THE_WAY: Final = """async () => (await axe.run()).violations
  .filter(({ impact }) => impact === "serious" || impact === "critical")
  .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(" | ")}`)"""


def assert_open_to_all(page: Page, state: str = "") -> None:
    """It finds nothing serious, or worse."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed (npm ci in streaming/web)")
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE.read_text("utf-8") + ";0")
    found = page.evaluate(IN_THE_WAY)
    assert not found, f"{state}: {found}"
