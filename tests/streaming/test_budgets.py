"""What a first visit may weigh on its way through the network, in kB of gzip (level 9, as caches keep it)."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.checkout import ROOT
from vrlive import resources

VIEWER_KB, STUDIO_KB, EMBED_KB = 64, 60, 3


@pytest.fixture(scope="module")
def built() -> Path:
    """Folder of the pages."""
    pages = resources.pages()
    if not (pages / "manifest.json").is_file():
        pytest.skip("the web pages are not built; run “make web”")
    return pages


def weight_kb(pages: Path, *files: str) -> float:
    """Of all files together, each packed by itself, as they travel."""
    return sum(len(gzip.compress((pages / name).read_bytes(), 9)) for name in files) / 1000


def loaded_first(pages: Path, entry: str) -> list[str]:
    """Files that a page loads before it does anything: itself, its scripts, what these import, their styles; not what comes when needed."""
    manifest: dict[str, Any] = json.loads((pages / "manifest.json").read_text("utf-8"))
    found, waiting = [entry], [entry]
    while waiting:
        chunk = manifest[waiting.pop()]
        found += [chunk["file"], *chunk.get("css", ())]
        waiting += [each for each in chunk.get("imports", ()) if manifest[each]["file"] not in found]
    return sorted(set(found))


@pytest.mark.parametrize(("entry", "most_kb"), [("index.html", VIEWER_KB), ("publish.html", STUDIO_KB), ("docs.html", STUDIO_KB)])
def test_a_page_is_light_at_its_first_load(built: Path, entry: str, most_kb: int) -> None:
    files = loaded_first(built, entry)
    weight = weight_kb(built, *files)
    assert weight <= most_kb, f"{entry} weighs {weight:.1f} kB with {files}"


def test_what_is_promised_of_the_page_is_what_is_guarded() -> None:
    assert f"within {VIEWER_KB} kB" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_embedding_script_is_one_small_file(built: Path) -> None:
    assert weight_kb(built, "embed.js") <= EMBED_KB
    assert "import" not in (built / "embed.js").read_text("utf-8").replace("import.meta", "")
