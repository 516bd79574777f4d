"""Top-bottom stereo: each eye's picture against the closed form of omnidirectional stereo."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from renderer.compositor import Compositor
from tests.renderer.boxes import write_disc
from vrlive.frames import Picture
from vrlive.show.scene import Garment, Scene
from vrlive.units import Size

Array = NDArray[np.float64]

EYE = Size(3840, 1920)
APART_M = 0.064


def seen_at(picture: Picture, top: int) -> Array:
    """Middle of what is red in one eye's picture, px, by how far each pixel is from grey."""
    part = picture.part(0, top, EYE)
    red = np.maximum(part.y.astype(float) * -1 + 126, 0)
    columns = red.sum(axis=0)
    turn = np.exp(2j * np.pi * (np.arange(EYE.width) + 0.5) / EYE.width)
    return np.array(
        [np.angle((columns * turn).sum()) / (2 * np.pi) % 1 * EYE.width, np.average(np.arange(EYE.height) + 0.5, weights=red.sum(axis=1))]
    )


@pytest.mark.parametrize(("bearing_deg", "distance_m"), [(0, 1.0), (40, 2.5), (180, 0.6), (-179.5, 2.0)])
def test_disparity_is_that_of_the_closed_form(tmp_path: Path, bearing_deg: float, distance_m: float) -> None:
    """A red disc, at the height of the eyes."""
    garment = Garment(
        name="disc", model=write_disc(tmp_path / "disc.glb", 0.03), bearing_deg=bearing_deg, distance_m=distance_m, height_m=10
    )
    picture = Picture.filled(Size(EYE.width, 2 * EYE.height), (126, 128, 128))
    compositor = Compositor(Scene(name="x", floor_m=10, garment=(garment,)), EYE, eyes_m=APART_M)
    compositor.run(picture)
    compositor.close()
    left, right = seen_at(picture, 0), seen_at(picture, EYE.height)
    disparity = (left[0] - right[0] + EYE.width / 2) % EYE.width - EYE.width / 2
    wanted = 2 * np.arcsin(APART_M / 2 / distance_m) / (2 * np.pi) * EYE.width
    assert abs(disparity - wanted) < 0.1
    middle = (left[0] + right[0]) / 2 if abs(left[0] - right[0]) < EYE.width / 2 else (left[0] + right[0] + EYE.width) / 2 % EYE.width
    at = (bearing_deg / 360 + 0.5) % 1 * EYE.width
    assert abs((middle - at + EYE.width / 2) % EYE.width - EYE.width / 2) < 0.35
    assert abs(left[1] - right[1]) < 0.05


def test_pitch_grows_as_the_eye_comes_nearer(tmp_path: Path) -> None:
    """Seen from an eye that stands R beside, a point at distance d is only √(d² − R²) away along the line of sight."""
    garment = Garment(name="disc", model=write_disc(tmp_path / "disc.glb", 0.01), bearing_deg=20, distance_m=0.5, height_m=9.7)
    picture = Picture.filled(Size(EYE.width, 2 * EYE.height), (126, 128, 128))
    compositor = Compositor(Scene(name="x", floor_m=10, garment=(garment,)), EYE, eyes_m=0.3)
    compositor.run(picture)
    compositor.close()
    wanted = (0.5 - np.arctan2(-0.3, np.sqrt(0.5**2 - 0.15**2)) / np.pi) * EYE.height
    for top in (0, EYE.height):
        assert abs(seen_at(picture, top)[1] - wanted) < 0.6
