from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from renderer.context import Context
from renderer.gltf.model import TEXTURES
from vrlive import resources
from vrlive.errors import RenderUnavailable

SHADERS = sorted(path.name for path in Path(resources.shaders()).iterdir() if path.suffix in {".vert", ".frag"})
FEATURES = (*(f"{name.upper()}_MAP" for name in TEXTURES), "SHEEN", "UNLIT", "MASK", "BLEND")


@pytest.fixture(scope="module", autouse=True)
def _context() -> Iterator[None]:
    context = Context()
    context.make_current()
    yield
    context.close()


@pytest.mark.parametrize("name", SHADERS)
def test_every_shader_compiles(name: str) -> None:
    from renderer.shaders import compile_shader

    assert compile_shader(name) > 0


@pytest.mark.parametrize("number", [0, 1, 2, len(FEATURES)])
def test_garments_compile_with_all_that_materials_need(number: int) -> None:
    """With nothing, with each feature and each pair of them, with everything."""
    from renderer.shaders import compile_shader

    for needs in combinations(FEATURES, number):
        assert compile_shader("garment.frag", needs) > 0


def test_every_include_is_there_and_used() -> None:
    texts = {path: path.read_text("utf-8") for path in Path(resources.shaders()).rglob("*.*")}
    for path in Path(resources.shaders(), "include").iterdir():
        assert any(f'#include "include/{path.name}"' in text for text in texts.values()), path


def test_a_fault_is_told_in_the_driver_s_words(monkeypatch: pytest.MonkeyPatch) -> None:
    from renderer import shaders

    monkeypatch.setattr(shaders, "source", lambda _: "#version 450 core\nvoid main() { nonsense; }\n")
    with pytest.raises(RenderUnavailable, match=r"this OpenGL driver refuses cast\.frag: .*nonsense"):
        shaders.compile_shader("cast.frag")
