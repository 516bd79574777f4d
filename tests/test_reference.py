"""docs/reference says what the code does: every key is described, the schemas are up to date, the examples are accepted."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.schemas import MODELS, schema
from tests.checkout import ROOT
from vrlive.config import ChannelConfig
from vrlive.projection.rig import MODELS as LENS_MODELS
from vrlive.rigs import read_rig
from vrlive.server_config import read_server
from vrlive.show.catalogue import Catalogue
from vrlive.show.scene import read_scene
from vrlive.toml import Section, read_toml

REFERENCE = ROOT / "docs" / "reference"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def sections(model: type[Section]) -> Iterator[type[Section]]:
    """The model and every table below it."""
    yield model
    for field in model.model_fields.values():
        yield from _inside(field.annotation)


def _inside(annotation: Any) -> Iterator[type[Section]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield from sections(annotation)
    for inner in getattr(annotation, "__args__", ()):
        yield from _inside(inner)


def words_in_code(page: str) -> set[str]:
    """Every word of a page's inline code: what it describes, not what its examples use."""
    text = FENCE.sub("", page)
    return {word for code in re.findall(r"`([^`]+)`", text) for word in re.findall(r"\w+", code)}


@pytest.mark.parametrize("name", MODELS)
def test_the_schema_is_the_model_s(name: str) -> None:
    assert (REFERENCE / f"{name}.schema.json").read_text("utf-8") == schema(MODELS[name]), "run scripts/schemas.py"


@pytest.mark.parametrize("name", MODELS)
def test_every_key_is_described(name: str) -> None:
    described = words_in_code((REFERENCE / f"{name}.md").read_text("utf-8"))
    keys = {key for section in sections(MODELS[name]) for key in section.model_fields}
    assert keys - described == set()


@pytest.mark.parametrize("name", MODELS)
def test_no_key_is_described_that_there_is_not(name: str) -> None:
    """First cells of the tables whose head is “key”."""
    keys = {key for section in sections(MODELS[name]) for key in section.model_fields}
    tables = re.findall(r"^\| key \|.*\n\|[-|]+\n((?:\|.*\n)+)", (REFERENCE / f"{name}.md").read_text("utf-8"), re.MULTILINE)
    assert tables
    described = {
        word
        for table in tables
        for row in table.splitlines()
        for word in re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", row.split("|")[1])))
    }
    assert described - keys == set()


@pytest.mark.parametrize("name", MODELS)
def test_every_default_of_a_number_is_the_model_s(name: str) -> None:
    """Rows of the tables for which both the page and the model name a number."""
    defaults = {(key, field.default) for section in sections(MODELS[name]) for key, field in section.model_fields.items()}
    page = (REFERENCE / f"{name}.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| `?([\d.]+)`? \|", page, re.MULTILINE)
    assert rows or not any(isinstance(default, float) for _, default in defaults)
    assert {(key, float(shown)) for key, shown in rows} - defaults == set()


def test_every_lens_model_is_described() -> None:
    page = (REFERENCE / "rig.md").read_text("utf-8")
    assert [model for model in LENS_MODELS if f"| `{model}` |" not in page] == []


def _with_files(path: Path, *names: str) -> Path:
    for name in names:
        (path.parent / name).write_bytes(b"")
    return path


READERS: dict[str, Callable[[Path], object]] = {
    "channel": lambda path: read_toml(path, ChannelConfig),
    "products": lambda path: read_toml(path, Catalogue),
    "rig": read_rig,
    "server": read_server,
    "scene": lambda path: read_scene(_with_files(path, "dress.glb", "coat.glb", "scarf.glb", "desk.png")),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_example_is_accepted(name: str, tmp_path: Path) -> None:
    examples = [text for language, text in FENCE.findall((REFERENCE / f"{name}.md").read_text("utf-8")) if language == "toml"]
    assert examples
    for text in examples:
        path = tmp_path / f"{name}.toml"
        path.write_text(text, "utf-8")
        assert READERS[name](path)
