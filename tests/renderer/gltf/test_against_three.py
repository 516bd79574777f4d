"""Our reader beside three.js' GLTFLoader, on a file with everything in it: three ways to compress it, the same values."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, Route, sync_playwright

from renderer.gltf import find_animation, posed_vertices, read_glb
from renderer.gltf.model import FIRST_UV, NORMAL, POSITION, SECOND_UV, TANGENT, Material, Model, Slot
from tests.checkout import ROOT
from tests.renderer.gltf.torture import TIMES_S, write_torture

THREE = ROOT / "streaming" / "web" / "node_modules" / "three"
PAGE = Path(__file__).with_name("second_reader.html")
CHROMIUM = Path("/usr/bin/chromium")

Found = tuple[Model, dict[str, Any]]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    if not CHROMIUM.is_file() or not THREE.is_dir():
        pytest.skip("needs Debian's chromium, and three (npm ci in streaming/web)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.fixture(scope="module", params=["", "meshopt", "draco"], ids=["plain", "meshopt", "draco"])
def both(page: Page, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Found:
    """What we read in the file, and what three reads."""
    path = write_torture(tmp_path_factory.mktemp("torture") / "torture.glb", request.param)

    def answer(route: Route) -> None:
        where = route.request.url.split("/", 3)[3]
        files = {"": PAGE, "model.glb": path}
        file = files.get(where, THREE / where.removeprefix("three/"))
        kind = {".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm"}.get(file.suffix, "application/octet-stream")
        route.fulfill(body=file.read_bytes(), content_type=kind) if file.is_file() else route.fulfill(status=404)

    page.route("http://three.test/**", answer)
    page.goto("http://three.test/")
    page.wait_for_function("document.title === 'ready'")
    theirs = page.evaluate("(times) => window.read(times)", list(TIMES_S))
    page.unroute("http://three.test/**")
    return read_glb(path), theirs


def rows(values: list[float], width: int) -> NDArray[np.float64]:
    return np.array(values, np.float64).reshape(-1, width)


def pairs(both: Found) -> Iterator[tuple[Any, dict[str, Any], NDArray[np.float32]]]:
    """Each part as we have it, as they have it, and those of our vertices that were in the file."""
    model, theirs = both
    assert len(model.primitives) == len(theirs["parts"]) == 5
    for ours, part in zip(model.primitives, theirs["parts"], strict=True):
        yield ours, part, ours.vertices[: len(part["positions"]) // 3]


def test_positions_at_rest_are_theirs(both: Found) -> None:
    for _, theirs, vertices in pairs(both):
        np.testing.assert_allclose(vertices[:, POSITION], rows(theirs["positions"], 3), atol=2e-6)


def test_triangles_have_their_corners(both: Found) -> None:
    mirrored = 0
    for number, (ours, theirs, _) in enumerate(pairs(both)):
        if number in (2, 3):
            continue  # those three unrolls, too
        at = rows(theirs["positions"], 3)[theirs["index"]].reshape(-1, 3, 3)
        turned = np.linalg.det(np.array(theirs["matrix"]).reshape(4, 4)[:3, :3]) < 0
        mirrored += turned
        np.testing.assert_allclose(ours.vertices[ours.triangles][..., POSITION], at[:, ::-1] if turned else at, atol=2e-6)
    assert mirrored == 1


def test_strips_and_fans_are_unrolled_as_theirs(both: Found) -> None:
    model, theirs = both
    for ours, part in zip(model.primitives[2:4], theirs["parts"][2:4], strict=True):
        assert from_lowest(ours.triangles) == from_lowest(np.array(part["index"]).reshape(-1, 3))
    assert model.primitives[2].triangles.tolist() == [[0, 1, 2], [1, 3, 2], [2, 3, 4]]  # as section 3.7.2.1 writes it


def from_lowest(triangles: NDArray[Any]) -> list[list[int]]:
    """The same triangles, each from its lowest corner on."""
    return [np.roll(each, -int(np.argmin(each))).tolist() for each in triangles]


def test_normals_and_tangents_of_the_file_are_kept(both: Found) -> None:
    cloth = both[1]["parts"][0]
    shape = both[0].primitives[0].shape
    assert shape is not None
    vertices = shape.vertices
    theirs = rows(cloth["normals"], 3)
    np.testing.assert_allclose(vertices[:, NORMAL], theirs / np.linalg.norm(theirs, axis=1, keepdims=True), atol=1e-6)
    np.testing.assert_allclose(vertices[:, TANGENT], rows(cloth["tangents"], 4), atol=1e-6)


def test_both_sets_of_coordinates_are_theirs(both: Found) -> None:
    for _, theirs, vertices in pairs(both):
        if theirs["uv"]:
            np.testing.assert_allclose(vertices[:, FIRST_UV], rows(theirs["uv"], 2), atol=1e-6)
            np.testing.assert_allclose(vertices[:, SECOND_UV], rows(theirs["uv1"] or theirs["uv"], 2), atol=1e-6)
    assert both[1]["parts"][0]["uv1"]


def test_joints_and_their_shares_are_theirs(both: Found) -> None:
    shape = both[0].primitives[0].shape
    assert shape is not None
    theirs = both[1]["parts"][0]
    np.testing.assert_allclose(shape.weights, rows(theirs["weights"], 4), atol=1e-6)
    used = shape.weights > 0
    np.testing.assert_array_equal(shape.joints[used], rows(theirs["joints"], 4)[used])
    assert both[0].nodes[shape.node].weights.tolist() == theirs["targets"]


def test_missing_tangents_are_those_of_mikktspace(both: Found) -> None:
    model, theirs = both
    checked = 0
    for number in (1, 4):
        part, made = model.primitives[number], rows(theirs["parts"][number]["mikktspace"], 4)
        matrix = np.array(theirs["parts"][number]["matrix"]).reshape(4, 4).T[:3, :3]
        along = made[:, :3] @ matrix.T
        along /= np.linalg.norm(along, axis=1, keepdims=True)
        order = part.triangles[:, ::-1] if np.linalg.det(matrix) < 0 else part.triangles
        ours = part.vertices[order.ravel()][:, TANGENT]
        np.testing.assert_allclose(ours[:, :3], along, atol=2e-3)
        np.testing.assert_array_equal(ours[:, 3], made[:, 3])
        checked += len(set(made[:, 3]))
    assert checked == 3  # one part has both signs


@pytest.mark.parametrize("name", ["sway", "twist"])
def test_animations_put_vertices_where_theirs_do(both: Found, name: str) -> None:
    model, theirs = both
    animation = find_animation(model, name)
    assert animation.duration_s == pytest.approx(theirs["durations"][name])
    moved = 0.0
    for time_s, poses in zip(TIMES_S, theirs["poses"][name], strict=True):
        for vertices, rest, pose in zip(posed_vertices(model, animation, time_s), model.primitives, poses, strict=True):
            expected = rows(pose, 3)
            np.testing.assert_allclose(vertices[: len(expected), POSITION], expected, atol=3e-5, err_msg=f"{name} at {time_s} s")
            moved = max(moved, float(np.abs(vertices - rest.vertices)[:, POSITION].max()))
    assert moved > 0.5


def test_materials_are_theirs(both: Found) -> None:
    model, _ = both
    for ours, theirs, _ in pairs(both):
        compare(model.materials[ours.material], theirs["material"])
    assert [model.materials[part.material].alpha_mode for part in model.primitives] == ["mask", "blend", "opaque", "mask", "opaque"]


def compare(ours: Material, theirs: dict[str, Any]) -> None:
    assert ours.name == theirs["name"]
    np.testing.assert_allclose(ours.base_colour[:3], theirs["color"], atol=1e-6)
    assert ours.base_colour[3] == pytest.approx(theirs["opacity"])
    assert ours.double_sided == theirs["double"]
    assert (ours.alpha_mode == "blend") == theirs["transparent"]
    assert (ours.alpha_cutoff or 0) == pytest.approx(theirs["alphaTest"])
    assert ours.unlit == (theirs["type"] == "MeshBasicMaterial")
    if ours.unlit:
        return
    assert (ours.metallic, ours.roughness) == pytest.approx((theirs["metalness"], theirs["roughness"]))
    np.testing.assert_allclose(ours.emissive, theirs["emissive"], atol=1e-6)
    if ours.sheen_roughness:
        np.testing.assert_allclose(ours.sheen_colour, theirs["sheen"], atol=1e-6)
        assert ours.sheen_roughness == pytest.approx(theirs["sheenRoughness"])
    assert "normal" not in ours.textures or ours.normal_scale == pytest.approx(abs(theirs["normalScale"]))
    assert "occlusion" not in ours.textures or ours.occlusion_strength == pytest.approx(theirs["aoMapIntensity"])
    for name in ("base_colour", "metallic_roughness", "normal", "occlusion", "sheen_colour", "sheen_roughness"):
        compare_texture(ours.textures.get(name), theirs[name])
    compare_texture(ours.textures.get("emissive"), theirs["emissive_map"])


def compare_texture(slot: Slot | None, theirs: dict[str, Any] | None) -> None:
    if slot is None or theirs is None:
        assert slot is None
        assert theirs is None
        return
    assert slot.coordinates == theirs["channel"]
    np.testing.assert_allclose(np.array(slot.transform), np.array(theirs["matrix"]).reshape(3, 3).T[:2], atol=1e-6)
    wraps = {1000: "repeat", 1001: "clamp", 1002: "mirror"}
    assert slot.wrap == (wraps[theirs["wrapS"]], wraps[theirs["wrapT"]])
    assert slot.smooth == (theirs["magFilter"] == 1006)


def test_variants_dress_each_part_as_theirs(both: Found) -> None:
    model, theirs = both
    assert model.variants == ("rouge", "Ink blue")
    for ours, part, _ in pairs(both):
        named = {name: model.materials[number].name for name, number in ours.variants.items()}
        assert named == {model.variants[int(number)]: name for number, name in part["variants"].items()}
    assert theirs["parts"][0]["variants"] == {"0": "velvet", "1": "ink"}


def test_pictures_have_their_sizes(both: Found) -> None:
    assert [image.shape[1::-1] for image in both[0].images] == [(8, 4), (16, 16), (4, 4)]
    velvet = both[1]["parts"][0]["material"]
    assert (velvet["base_colour"]["width"], velvet["base_colour"]["height"]) == (8, 4)
    assert (velvet["normal"]["width"], velvet["normal"]["height"]) == (4, 4)
