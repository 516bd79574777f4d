"""What a material says is what is seen: alpha modes, sides, texture transforms, samples."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from renderer.compositor import Compositor
from renderer.context import Context
from renderer.desk import Desk
from renderer.light import Light, even_light
from renderer.steps import at_once
from tests.renderer.boxes import FLOAT, UBYTE, USHORT, Blob, glb, write_box
from vrlive import colour
from vrlive.show.scene import Garment, Scene
from vrlive.units import Size

Array = NDArray[np.float64]

SIZE = Size(512, 256)
SQUARE = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float32)
QUARTERS = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)  # red, green; blue, white


def write_panels(
    path: Path, panels: list[tuple[float, dict[str, Any]]], picture: NDArray[np.uint8] | None = None, tint: NDArray[Any] | None = None
) -> Path:
    """Squares of 2 m facing +Z, each at its z with a material of its own; their texture coordinates have v downwards."""
    blob = Blob()
    primitives, more = [], {}
    for number, (z, _) in enumerate(panels):
        attributes = {
            "POSITION": blob.add(SQUARE + np.array([0, 0, z], np.float32), FLOAT),
            "NORMAL": blob.add(np.tile(np.array([0, 0, 1], np.float32), (4, 1)), FLOAT),
            "TEXCOORD_0": blob.add(np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32), FLOAT),
        }
        if tint is not None:
            bytes_only = tint.dtype == np.uint8
            attributes["COLOR_0"] = blob.add(tint, UBYTE if bytes_only else FLOAT, **({"normalized": True} if bytes_only else {}))
        indices = blob.add(np.array([[0], [1], [2], [0], [2], [3]], np.uint16), USHORT)
        primitives.append({"attributes": attributes, "indices": indices, "material": number})
    if picture is not None:
        stream = io.BytesIO()
        Image.fromarray(np.repeat(np.repeat(picture, 32, 0), 32, 1)).save(stream, "PNG")
        more = {"images": [{"bufferView": blob.view(stream.getvalue()), "mimeType": "image/png"}], "textures": [{"source": 0}]}
    materials = [material for _, material in panels]
    content = blob.content(materials=materials, meshes=[{"primitives": primitives}], nodes=[{"mesh": 0}], scenes=[{"nodes": [0]}], **more)
    path.write_bytes(glb(content, blob.data))
    return path


def paint(rgba: tuple[float, ...], **more: Any) -> dict[str, Any]:
    return {"pbrMetallicRoughness": {"baseColorFactor": list(rgba)}, "extensions": {"KHR_materials_unlit": {}}, **more}


def drawn(model: Path, light: Light | None = None, *, turn_deg: float = 0) -> Array:
    """(height, width, 4) gamma-coded, premultiplied, 0…1, of a model 3 m ahead, at the height of the eyes."""
    garment = Garment(name="x", model=model, position_m=(0, 0, -3), turn_deg=turn_deg)
    compositor = Compositor(Scene(name="x", floor_m=20, garment=(garment,)), SIZE)
    assert compositor._desk is not None
    place = compositor.garments[0].rectangle
    pixels = at_once(compositor._desk.paint("x", "", place, light or even_light())).pixels
    compositor.close()
    row, column = SIZE.height // 2 - place.row, SIZE.width // 2 - place.column
    return np.asarray(pixels[row - 24 : row + 24, column - 24 : column + 24] / 255)


def middle(image: Array) -> Array:
    return np.asarray(image[22:26, 22:26].mean(axis=(0, 1)))


@pytest.mark.parametrize("order", [(0.0, 0.5), (0.5, 0.0)])
def test_blended_panels_are_laid_over_each_other_from_back_to_front(tmp_path: Path, order: tuple[float, float]) -> None:
    """Half red before half green, whichever the file names first; in linear light."""
    red, green = (0.8, 0, 0, 0.5), (0, 0.8, 0, 0.5)
    near, far = max(order), min(order)
    panels = [(z, paint(red if z == near else green, alphaMode="BLEND")) for z in order]
    assert near != far
    pixel = middle(drawn(write_panels(tmp_path / "panels.glb", panels)))
    assert pixel[3] == pytest.approx(0.75, abs=0.01)
    light = colour.to_light(pixel[:3] / pixel[3]) * 0.75
    np.testing.assert_allclose(light, [0.4, 0.2, 0], atol=0.01)


def test_what_is_opaque_ignores_alpha_and_hides_what_is_blended_behind_it(tmp_path: Path) -> None:
    panels = [(0.0, paint((0, 1, 0, 0.5), alphaMode="BLEND")), (0.5, paint((1, 0, 0, 0.2)))]
    np.testing.assert_allclose(middle(drawn(write_panels(tmp_path / "panels.glb", panels))), [1, 0, 0, 1], atol=0.01)


@pytest.mark.parametrize(("cutoff", "seen"), [(0.3, 1.0), (0.7, 0.0)])
def test_a_mask_shows_or_hides(tmp_path: Path, cutoff: float, seen: float) -> None:
    panels = [(0.0, paint((1, 1, 1, 0.5), alphaMode="MASK", alphaCutoff=cutoff))]
    np.testing.assert_allclose(middle(drawn(write_panels(tmp_path / "panels.glb", panels))), seen, atol=0.01)


@pytest.mark.parametrize(
    "tint", [np.array([[1, 0.4, 0.2]] * 4, np.float32), np.array([[255, 102, 51, 0]] * 4, np.uint8)], ids=["floats", "bytes"]
)
def test_colours_of_vertices_are_multiplied_with_the_base_colour(tmp_path: Path, tint: NDArray[Any]) -> None:
    """Linear, as glTF 2.0, section 3.9.2, has them; what is opaque ignores their alpha, too."""
    pixel = middle(drawn(write_panels(tmp_path / "panel.glb", [(0.0, paint((0.5, 1, 1, 1)))], tint=tint)))
    np.testing.assert_allclose(colour.to_light(pixel[:3]), [0.5, 0.4, 0.2], atol=0.01)
    assert pixel[3] == 1


def test_colours_of_vertices_blend_from_one_to_the_other(tmp_path: Path) -> None:
    left, right = [1, 0, 0, 1], [0, 0, 0, 1]
    tint = np.array([left, right, right, left], np.float32)
    image = colour.to_light(drawn(write_panels(tmp_path / "panel.glb", [(0.0, paint((1, 1, 1, 1)))], tint=tint))[24, :, 0])
    assert (np.diff(image) < 0).all()
    assert image[24] == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("double_sided", [True, False])
def test_the_back_is_seen_of_what_has_two_sides(tmp_path: Path, double_sided: bool) -> None:
    model = write_panels(tmp_path / "panel.glb", [(0.0, paint((1, 0, 0, 1), doubleSided=double_sided))])
    assert middle(drawn(model, turn_deg=180))[3] == pytest.approx(float(double_sided))


def test_the_back_of_two_sides_is_lit_from_where_it_faces(tmp_path: Path) -> None:
    """Light comes from behind the viewer alone: both faces turn to it and are as bright as each other."""
    room = np.full((64, 128, 3), 0.02, np.float32)
    room[:, :16] = room[:, -16:] = 1.0
    cloth = {"pbrMetallicRoughness": {"metallicFactor": 0.0}, "doubleSided": True}
    model = write_panels(tmp_path / "panel.glb", [(0.0, cloth)])
    front, back = (middle(drawn(model, Light.from_radiance(room), turn_deg=turn)) for turn in (0, 180))
    assert front[0] > 0.3
    np.testing.assert_allclose(front, back, atol=0.01)


@pytest.mark.parametrize(
    ("transform", "corners"),
    [
        ({}, ("red", "green", "blue", "white")),
        ({"offset": [0.5, 0]}, ("green", "red", "white", "blue")),
        ({"offset": [0, 0.5]}, ("blue", "white", "red", "green")),
        ({"scale": [-1, 1]}, ("green", "red", "white", "blue")),
        ({"rotation": np.pi}, ("white", "blue", "green", "red")),
        ({"rotation": np.pi / 2, "offset": [0, 1]}, ("blue", "red", "white", "green")),
    ],
)
def test_texture_transforms_move_the_texture(tmp_path: Path, transform: dict[str, Any], corners: tuple[str, ...]) -> None:
    """Corners from the upper left on, row by row. For a quarter turn: u' = v, v' = 1 − u."""
    colours = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "white": (1, 1, 1)}
    texture = {"index": 0, "extensions": {"KHR_texture_transform": transform}}
    material = {"pbrMetallicRoughness": {"baseColorTexture": texture}, "extensions": {"KHR_materials_unlit": {}}}
    image = drawn(write_panels(tmp_path / "panel.glb", [(0.0, material)], QUARTERS))
    for corner, (row, column) in zip(corners, ((12, 12), (12, 36), (36, 12), (36, 36)), strict=True):
        np.testing.assert_allclose(image[row, column, :3], colours[corner], atol=0.05)


def test_multisampling_shows_the_same(tmp_path: Path) -> None:
    """What graphics cards do and what software does differ at edges alone, and there not by much."""
    from renderer.figure import stand
    from renderer.painter import Painter

    box = write_box(tmp_path / "box.glb", unlit=False)
    figure = stand(Garment(name="x", model=box, bearing_deg=10, distance_m=2, turn_deg=30), 1.6, SIZE)
    place = figure.rectangle(SIZE)
    images = []
    for multisampling in (False, True):
        desk = Desk()
        desk._context.make_current()
        desk.painter = Painter(multisampling=multisampling)
        desk._loaded["x"] = desk.painter.load(figure)
        images.append(at_once(desk.paint("x", "", place, even_light())))
        desk.close()
    difference = np.abs(images[0].pixels.astype(int) - images[1].pixels)
    assert (difference > 2).mean() < 0.06
    assert difference.max() <= 255 * 0.55
    both = (images[0].pixels[..., 3] == 255) & (images[1].pixels[..., 3] == 255)
    np.testing.assert_allclose(images[0].distance_m[both], images[1].distance_m[both], rtol=0.03)


def test_a_context_is_left_usable(tmp_path: Path) -> None:
    """Two desks beside each other do not draw into each other's pictures."""
    model = write_panels(tmp_path / "panel.glb", [(0.0, paint((1, 0, 0, 1)))])
    other = Context()
    other.make_current()
    np.testing.assert_allclose(middle(drawn(model)), [1, 0, 0, 1], atol=0.01)
    other.close()
