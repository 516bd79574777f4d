from dataclasses import replace
from pathlib import Path

import pytest

from renderer.gltf import Model, read_glb
from renderer.gltf.lint import facts, lint
from tests.renderer.boxes import RED, write_box
from tests.renderer.gltf.torture import write_torture
from vrlive import resources


def box(folder: Path, *size_m: float) -> Model:
    width, height, depth = size_m
    return read_glb(write_box(folder / "box.glb", (width, height, depth)))


def told(model: Model, size: int = 1000) -> list[tuple[str, bool]]:
    return [(finding.text, finding.refused) for finding in lint(model, facts(model, size))]


def test_our_dress_has_no_fault() -> None:
    path = resources.scenes() / "showroom" / "dress.glb"
    assert told(read_glb(path), path.stat().st_size) == []


def test_facts_are_what_the_file_holds(tmp_path: Path) -> None:
    path = write_torture(tmp_path / "torture.glb")
    found = facts(read_glb(path), path.stat().st_size)
    assert found.textures == ((8, 4), (16, 16), (4, 4))
    assert found.materials == ("velvet", "ink", "seam", "lamp", "cut", "patch")
    assert found.variants == ("rouge", "Ink blue")
    assert found.animations == (("sway", 3.0), ("twist", 3.0))
    assert (found.joints, found.morph_targets) == (2, 2)
    assert found.triangles == 7 * 5 * 2 + 8 * 4 * 2 + 3 + 3 + 9 * 9 * 2


def test_facts_measure_the_box(tmp_path: Path) -> None:
    found = facts(box(tmp_path, 0.5, 1.5, 0.25), 1000)
    assert found.size_m == pytest.approx((0.5, 1.5, 0.25))
    assert found.origin_m == (0, 0, 0)


@pytest.mark.parametrize(
    ("height_m", "words"),
    [
        (165.0, "is 165 m high, 100× too large: exported in centimetres? Export it in metres, or import it with --scale 0.01"),
        (1650.0, "is 1650 m high, 1000× too large: exported in millimetres?"),
        (55.0, "is 55 m high, 100× too large: exported in centimetres?"),
        (0.0165, "is 0.0165 m high, 100× too small: exported in hundreds of metres?"),
        (9000.0, "is 9000 m high; export it in metres"),
    ],
)
def test_another_unit_is_refused_with_the_scale_that_mends_it(tmp_path: Path, height_m: float, words: str) -> None:
    [(text, refused)] = told(box(tmp_path, height_m / 3, height_m, height_m / 3))
    assert refused
    assert text.startswith(words)


@pytest.mark.parametrize(("height_m", "warned"), [(0.1, True), (0.19, True), (0.21, False), (2.4, False), (2.6, True)])
def test_an_unusual_height_is_a_warning(tmp_path: Path, height_m: float, warned: bool) -> None:
    findings = told(box(tmp_path, height_m / 2, height_m, height_m / 2))
    assert [refused for _, refused in findings] == [False] * warned


def test_what_lies_or_looks_sideways_is_told_so(tmp_path: Path) -> None:
    assert "lies on its back" in told(box(tmp_path, 0.5, 0.3, 1.6))[0][0]
    assert "does it face sideways" in told(box(tmp_path, 0.3, 1.6, 0.5))[0][0]
    assert told(box(tmp_path, 0.5, 1.6, 0.3)) == []


def test_an_origin_elsewhere_is_told_with_its_place(tmp_path: Path) -> None:
    model = box(tmp_path, 0.5, 1.6, 0.3)
    for part in model.primitives:
        part.vertices[:, :3] += (0.2, -0.8, 0)
    [(text, refused)] = told(model)
    assert not refused
    assert "lies -0.20 m right of it, +0.80 m above it and +0.00 m before it" in text


def test_weight_is_told_and_then_refused(tmp_path: Path) -> None:
    model = box(tmp_path, 0.5, 1.6, 0.3)
    assert told(model, 10_000_000) == []
    assert told(model, 10_100_000) == [("has 10.1 MB; 10 are recommended: make its textures smaller", False)]
    [(text, refused)] = told(model, 15_100_000)
    assert refused
    assert text.startswith("has 15.1 MB; at most 15 are imported")


def test_many_triangles_are_told(tmp_path: Path) -> None:
    model = box(tmp_path, 0.5, 1.6, 0.3)
    part = model.primitives[0]
    crowded = replace(part, triangles=part.triangles.repeat(60_000, axis=0))
    [(text, _)] = told(replace(model, primitives=(crowded, *model.primitives[1:])))
    assert text.startswith("has 120010 triangles; 100000 are recommended")


def test_bare_parts_and_what_is_not_drawn_are_told(tmp_path: Path) -> None:
    model = read_glb(write_box(tmp_path / "box.glb", (0.5, 1.6, 0.3), variants={"a": RED}))
    bare = replace(model.primitives[0], material=len(model.materials) - 1)
    texts = [text for text, _ in told(replace(model, primitives=(bare, *model.primitives[1:]), ignored=("cameras",)))]
    assert texts == [
        "1 of its 6 parts have no material and are drawn as bare white metal: give them one",
        "holds what is not drawn: cameras",
    ]
