"""A garment seen from all sides: one picture with several views beside each other."""

from pathlib import Path
from typing import Final

import numpy as np

from renderer.compositor import Compositor
from renderer.gltf.lint import Facts
from vrlive.frames import Picture
from vrlive.show.scene import Garment, Scene
from vrlive.units import Size

VIEWS: Final = 8
_FRAME: Final = Size(4096, 2048)
_TALL_RAD: Final = np.radians(34.0)  # angle that a garment's longest side takes in
_STUDIO: Final = (172, 128, 128)  # a light grey room …
_FLOOR: Final = (120, 128, 128)  # … with a darker floor


def turntable(model: Path, facts: Facts, variant: str | None = None) -> Picture:
    """Draw the garment in `model` from eight sides in a grey studio, its front first, then its left side.

    Returns
    -------
    Two rows of four views.

    Raises
    ------
    RenderUnavailable
        If there is no usable OpenGL.
    InputError
        If the model cannot be read or drawn.
    """
    tall = max(facts.size_m)
    distance = max(tall / (2 * np.tan(_TALL_RAD / 2)), 0.1) + max(facts.size_m[0], facts.size_m[2]) / 2
    x, y, z = facts.origin_m
    side = int(_TALL_RAD * 1.3 / (2 * np.pi) * _FRAME.width) // 4 * 4
    sheet = Picture.filled(Size(side * 4, side * 2), _STUDIO)
    for number in range(VIEWS):
        turn = 360.0 * number / VIEWS
        sine, cosine = np.sin(np.radians(turn)), np.cos(np.radians(turn))
        place = (x * cosine - z * sine, y - facts.size_m[1] / 2, x * sine + z * cosine - distance)
        garment = Garment(name="garment", model=model, variant=variant, position_m=place, turn_deg=turn - _bearing_deg(place))
        view = _seen(Scene(name="studio", floor_m=facts.size_m[1] / 2, garment=(garment,)), side)
        sheet.part(number % 4 * side, number // 4 * side, view.size).copy_from(view)
    return sheet


def _bearing_deg(place: tuple[float, float, float]) -> float:
    """By how much the scene turns it to the viewer of its own accord."""
    return float(np.degrees(np.arctan2(place[0], -place[2])))


def _seen(scene: Scene, side: int) -> Picture:
    picture = Picture.filled(_FRAME, _STUDIO)
    picture.y[_FRAME.height // 2 + side // 2 :] = _FLOOR[0]
    compositor = Compositor(scene, _FRAME)
    try:
        compositor.run(picture)
    finally:
        compositor.close()
    return picture.part((_FRAME.width - side) // 2, (_FRAME.height - side) // 2, Size(side, side))
