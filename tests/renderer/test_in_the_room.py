"""Garments take on the light of the room that they stand in: the demo's, as its cameras would see it."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from renderer.compositor import Compositor
from renderer.layers import lay_over, make_layer
from renderer.light import Light, even_light, radiance_of
from renderer.steps import at_once
from tests.renderer.boxes import Colour, write_box
from vrlive import colour
from vrlive.capture.demo.views import truth
from vrlive.frames import Picture
from vrlive.show.scene import Garment, Scene, read_scene
from vrlive.units import Size

Array = NDArray[np.float64]

SIZE = Size(1024, 512)
LAMP = (slice(150, 200), slice(60, 120))  # behind the viewer: it shines on the front of the dress


@pytest.fixture(scope="module")
def room() -> Array:
    """The demo room in linear light, (512, 1024, 3)."""
    picture = truth(SIZE, 3.0, samples=1)
    u, v = (np.repeat(np.repeat(plane, 2, 0), 2, 1) for plane in (picture.u, picture.v))
    return np.asarray(colour.to_light(colour.codes_to_rgb(np.dstack([picture.y, u, v])).clip(0, 1)))


def filmed(light: Array) -> Picture:
    """A picture of it."""
    codes = colour.rgb_to_codes(colour.from_light(light.clip(0, 1)))
    half = codes.reshape(SIZE.height // 2, 2, SIZE.width // 2, 2, 3).mean(axis=(1, 3))
    return Picture(*(np.rint(plane).astype(np.uint8) for plane in (codes[..., 0], half[..., 1], half[..., 2])))


@pytest.fixture(scope="module")
def showroom() -> Compositor:
    return Compositor(read_scene("showroom"), SIZE)


def worn(compositor: Compositor, light: Light) -> Array:
    """Mean linear R, G, B of the first garment in a light, where it is opaque."""
    garment = compositor.garments[0]
    assert compositor._desk is not None
    pixels = at_once(compositor._desk.paint(garment.name, garment.variant, garment.rectangle, light)).pixels
    opaque = pixels[(pixels[..., 3] == 255) & (pixels[..., :3].max(axis=-1) > 0)]
    return np.asarray(colour.to_light(opaque[:, :3] / 255).mean(axis=0))


def lab(light: Array) -> Array:
    return np.asarray(cv2.cvtColor(colour.from_light(light).astype(np.float32).reshape(1, 1, 3), cv2.COLOR_RGB2LAB).ravel())


@pytest.mark.parametrize("lamp", [(0.1, 0.2, 1.0), (1.0, 0.25, 0.05), (0.1, 0.9, 0.2)])
def test_a_coloured_lamp_moves_the_garment_s_colour(showroom: Compositor, room: Array, lamp: Colour) -> None:
    lit = room.copy()
    lit[LAMP] = lamp
    before, after = (lab(worn(showroom, Light.from_radiance(radiance_of(filmed(light))))) for light in (room, lit))
    assert np.linalg.norm(after - before) > 5


@pytest.mark.parametrize("exposure", [0.5, 0.25])
def test_it_follows_the_room_s_exposure(showroom: Compositor, room: Array, exposure: float) -> None:
    """Half the light in the picture is half the light on the garment, within 3 %."""
    full, less = (worn(showroom, Light.from_radiance(radiance_of(filmed(room * times)))) for times in (1.0, exposure))
    weights = (colour.KR, colour.KG, colour.KB)
    assert (less @ weights) / (full @ weights) == pytest.approx(exposure, rel=0.03)


def flat_codes(tmp_path: Path, rgb: Colour, light: Light, *, unlit: bool) -> tuple[int, ...]:
    """Y, U, V codes of the front of a box of one colour, in the programme."""
    box = write_box(tmp_path / "box.glb", (1.0, 1.0, 1.0), sides=dict.fromkeys(("front",), rgb), unlit=unlit)
    compositor = Compositor(Scene(name="x", garment=(Garment(name="box", model=box, position_m=(0, -0.5, -2.5)),)), SIZE)
    assert compositor._desk is not None
    place = compositor.garments[0].rectangle
    layer = make_layer(place, at_once(compositor._desk.paint("box", "", place, light)).pixels)
    compositor.close()
    row, column = (SIZE.height // 2 - place.row) // 2, (SIZE.width // 2 - place.column) // 2
    return int(layer.y[2 * row, 2 * column]), int(layer.u[row, column]), int(layer.v[row, column])


FLAT = {"white": (1.0, 1.0, 1.0), "red": (1.0, 0.0, 0.0), "18 % grey": (0.18, 0.18, 0.18)}


@pytest.mark.parametrize("rgb", FLAT.values(), ids=FLAT.keys())
def test_flat_colours_are_those_of_the_file(tmp_path: Path, rgb: Colour) -> None:
    wanted = colour.rgb_to_codes(colour.from_light(rgb))
    assert np.abs(np.array(flat_codes(tmp_path, rgb, even_light(0.7), unlit=True)) - wanted).max() <= 1


@pytest.mark.parametrize("rgb", FLAT.values(), ids=FLAT.keys())
def test_colours_in_neutral_light_are_what_the_surface_returns(tmp_path: Path, rgb: Colour) -> None:
    """glTF's rough dielectric, integrated over the hemisphere here by another way: a grid over it, not samples of GGX."""
    level = 0.7
    once, again = _rough_dielectric(n_dot_v=1.0)
    returned = once + again + np.array(rgb) * (1 - once - again)
    wanted = colour.rgb_to_codes(colour.from_light(returned * level))
    assert np.abs(np.array(flat_codes(tmp_path, rgb, even_light(level), unlit=False)) - wanted).max() <= 1


def _rough_dielectric(n_dot_v: float) -> tuple[float, float]:
    """Share of even light that GGX of roughness 1 and F0 0.04 mirrors once and more often; Fdez-Agüera 2019."""
    z, turn = (np.arange(2000) + 0.5) / 2000, (np.arange(200) + 0.5) / 200 * 2 * np.pi
    flat = np.sqrt(1 - z**2)[:, None]
    light = np.stack(np.broadcast_arrays(flat * np.cos(turn), flat * np.sin(turn), z[:, None]), -1)
    v = np.array([np.sqrt(1 - n_dot_v**2), 0, n_dot_v])
    h = (light + v) / np.linalg.norm(light + v, axis=-1, keepdims=True)
    fresnel = (1 - h @ v) ** 5
    visible = 0.5 / (z + n_dot_v)[:, None]  # Smith's, for alpha 1
    brdf = visible / np.pi * z[:, None]
    share = 2 * np.pi
    scale, bias = float((brdf * (1 - fresnel)).mean() * share), float((brdf * fresnel).mean() * share)
    once, lost, mean = 0.04 * scale + bias, 1 - scale - bias, 0.04 + 0.96 / 21
    return once, once * mean / (1 - lost * mean) * lost


def test_the_dress_stands_on_the_floor(room: Array) -> None:
    """Its shadow on the demo's floor is at least 8 codes deep where it stands, and has no edge that shows."""
    scene = read_scene("showroom")
    size = Size(1920, 960)
    compositor = Compositor(scene, size)
    floor = Picture.filled(size, (150, 126, 130))
    light = Light.from_radiance(radiance_of(filmed(room)))
    assert compositor._desk is not None
    place = compositor._cast.figures[0].ground_rectangles(size)[0]
    drawn = at_once(compositor._desk.paint_shadow("dress", 0, place, light))
    compositor.close()
    layer = make_layer(place, drawn.pixels)
    lay_over(floor, layer)
    part = floor.y[place.row : place.row + place.height, place.column : place.column + place.width].astype(int)
    assert drawn.pixels[..., :3].max() == 0
    depth = 150 - part
    assert depth.max() >= 30  # beside its foot
    rows = np.arctan2(-scene.floor_m, 2.6 + np.array([-0.45, 0.45]))  # under its hem, from before to behind
    near, far = ((0.5 - pitch / np.pi) * size.height - place.row for pitch in rows)
    assert np.median(depth[round(near) - 1, depth[round(near) - 1] > 0]) >= 2
    under = depth[round(far) : round(near)]
    assert np.median(under[under > 0]) >= 8
    assert depth[[0, -1]].max() <= 1  # gone at the rim
    assert depth[:, [0, -1]].max() <= 1
    assert np.abs(np.diff(depth, axis=1)).max() <= 12  # soft: no step that an eye takes for an edge
