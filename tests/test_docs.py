"""The documentation holds together: every link leads somewhere, every page is found from the index."""

import re
from pathlib import Path

import pytest

from tests.checkout import ROOT, our_files

LINK = re.compile(r"\[[^\]]*\]\(<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def links(page: Path) -> list[str]:
    """Targets of the links on a page that point into the repository."""
    text = FENCE.sub("", page.read_text("utf-8"))
    return [target for target in LINK.findall(text) if not re.match(r"[a-z][a-z+.-]*:", target)]


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as the usual renderers make them."""
    headings = re.findall(r"^#+ +(.+?) *#*$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.fixture(scope="module")
def pages() -> list[Path]:
    """Every Markdown page of ours."""
    return [ROOT / name for name in our_files("*.md")]


def test_every_link_leads_somewhere(pages: list[Path]) -> None:
    dead = []
    for page in pages:
        for target in links(page):
            name, _, anchor = target.partition("#")
            place = (page.parent / name).resolve() if name else page
            if not place.exists() or (anchor and place.suffix == ".md" and anchor not in anchors(place)):
                dead.append(f"{page.relative_to(ROOT)} → {target}")
    assert dead == []


def test_every_page_is_found_from_the_index(pages: list[Path]) -> None:
    found: set[Path] = set()
    queue = [ROOT / "docs" / "index.md"]
    while queue:
        page = queue.pop()
        if page in found or page.suffix != ".md" or not page.is_file():
            continue
        found.add(page)
        queue += [(page.parent / target.partition("#")[0]).resolve() for target in links(page)]
    assert {page for page in pages if page.is_relative_to(ROOT / "docs")} - found == set()
