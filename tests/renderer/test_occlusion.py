from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from renderer.compositor import Compositor
from renderer.occlusion import covered, read_masks
from renderer.placement import Rectangle
from tests.renderer.boxes import BLUE, RED, write_box
from vrlive.capture.demo.cameras import demo_rig
from vrlive.errors import ConfigError, InputError
from vrlive.frames import Picture
from vrlive.projection.equirect import pixel
from vrlive.projection.lenses import unproject
from vrlive.show.scene import Garment, Occluder, Scene, read_scene
from vrlive.units import Size

SIZE = Size(1024, 512)
COUNTER_M = 2.4


@pytest.fixture
def boxes(tmp_path: Path) -> tuple[Garment, Garment]:
    """A red one before the counter's distance and a blue one behind it, side by side."""
    model = write_box(tmp_path / "box.glb", (0.4, 1.6, 0.4), variants={"rouge": RED, "ink": BLUE})
    near = Garment(name="near", model=model, bearing_deg=-8, distance_m=1.5, variant="rouge")
    far = Garment(name="far", model=model, bearing_deg=14, distance_m=3.0, variant="ink")
    return near, far


def shown(scene: Scene, **more: Any) -> Picture:
    picture = Picture.filled(SIZE, (126, 128, 128))
    compositor = Compositor(scene, SIZE, **more)
    try:
        compositor.run(picture)
    finally:
        compositor.close()
    return picture


def test_it_hides_what_is_behind_it_and_nothing_before_it(boxes: tuple[Garment, Garment]) -> None:
    """The lower half of the panorama is a counter, 2.4 m away."""
    counter = Occluder(name="counter", distance_m=COUNTER_M, rectangle=(0, 0.54, 1, 0.46))
    without, with_it = shown(Scene(name="x", garment=boxes)), shown(Scene(name="x", garment=boxes, occluder=(counter,)))
    rows = slice(round(0.54 * 512), None)
    red, blue = without.v > 200, without.u > 200
    assert red[140:].any()
    assert blue[140:].any()
    assert (with_it.v[red] > 200).all()  # before it
    hidden = with_it.u[round(0.54 * 256) + 1 :]
    assert (hidden[without.u[round(0.54 * 256) + 1 :] > 200] == 128).all()  # behind it
    above = slice(0, round(0.54 * 512) - 1)
    np.testing.assert_array_equal(with_it.y[above], without.y[above])
    far = with_it.y[rows].astype(int)[without.y[rows] != 126]
    assert (far == 126).any()


def test_the_shadow_behind_it_is_hidden_too(boxes: tuple[Garment, Garment]) -> None:
    counter = Occluder(name="counter", distance_m=1.0, rectangle=(0, 0.5, 1, 0.5))
    picture = shown(Scene(name="x", garment=boxes[1:], occluder=(counter,)))
    assert (picture.y[257:] == 126).all()


def test_soft_edges_of_a_mask_hide_in_part(boxes: tuple[Garment, Garment], tmp_path: Path) -> None:
    Image.new("L", (64, 32), 127).save(tmp_path / "mist.png")
    mist = Occluder(name="mist", distance_m=1.0, mask=tmp_path / "mist.png")
    clear, misty = shown(Scene(name="x", garment=boxes[1:])), shown(Scene(name="x", garment=boxes[1:], occluder=(mist,)))
    blue = clear.u > 230
    np.testing.assert_allclose(misty.u[blue].mean(), (clear.u[blue].astype(float).mean() + 128) / 2, atol=1.5)


def test_a_mask_in_a_camera_covers_what_that_camera_sees_there(tmp_path: Path) -> None:
    """A white spot at a pixel of a demo camera, found where that pixel's ray meets the sphere at the occluder's distance."""
    rig = demo_rig()
    lens = rig.lenses[1]
    column, row = 148, 108
    spot = np.array([column + 0.5, row + 0.5]) / 270 * lens.frame
    mask = np.zeros((270, 270), np.uint8)
    mask[row - 3 : row + 4, column - 3 : column + 4] = 255
    Image.fromarray(mask).save(tmp_path / "spot.png")
    occluder = Occluder(name="spot", distance_m=COUNTER_M, camera="b", mask=tmp_path / "spot.png")
    whole = Rectangle(0, 0, SIZE.width, SIZE.height, 0.0, SIZE)
    found = covered(occluder, read_masks(Scene(name="x", occluder=(occluder,)))[0], whole, {"b": [lens]})
    rows, columns = np.nonzero(found > 127)
    x, y = pixel(unproject(lens, spot, COUNTER_M), SIZE)
    assert abs(columns.mean() + 0.5 - x) < 1
    assert abs(rows.mean() + 0.5 - y) < 1
    assert not covered(occluder, mask, whole, {}).any()  # a camera that is left out hides nothing


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("", r"either rectangle = \[left, top, width, height\] or mask"),
        ('rectangle = [0, 0, 1, 1]\nmask = "a.png"', "either rectangle"),
        ("rectangle = [0.5, 0, 0.6, 1]", "goes beyond the picture"),
        ("rectangle = [0, 0, 2, 1]", "rectangle"),
        ('mask = "none.png"', "there is no file"),
    ],
)
def test_a_wrong_occluder_is_refused_in_words(tmp_path: Path, lines: str, words: str) -> None:
    (tmp_path / "scene.toml").write_text(f'name = "x"\n[[occluder]]\nname = "table"\ndistance_m = 2\n{lines}\n', "utf-8")
    with pytest.raises(ConfigError, match=words):
        read_scene(tmp_path)


def test_a_mask_that_is_no_picture_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"mask\.png: is not a picture that can be read"):
        read_masks(Scene(name="x", occluder=(Occluder(name="table", distance_m=1, mask=tmp_path / "mask.png"),)))
