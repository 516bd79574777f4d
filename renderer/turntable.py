"""A garment seen from all sides, or in all moments of an animation: one picture with several views beside each other."""

from pathlib import Path
from typing import Final

import numpy as np

from renderer.compositor import Compositor
from renderer.gltf.lint import Facts
from vrlive.frames import Picture
from vrlive.show.motion import Clip
from vrlive.show.scene import Garment, Scene
from vrlive.units import Size

VIEWS: Final = 8
_FRAME: Final = Size(4096, 2048)
_TALL_RAD: Final = np.radians(34.0)  # angle that a garment's longest side takes in
_STUDIO: Final = (172, 128, 128)  # a light grey room …
_FLOOR: Final = (120, 128, 128)  # … with a darker floor


def turntable(model: Path, facts: Facts, variant: str | None = None, clip: str | None = None) -> Picture:
    """Draw the garment in `model` in a grey studio: from eight sides, its front first, then its left side; or in eight moments of `clip`.

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
        turn = 360.0 * number / VIEWS if clip is None else 0.0
        sine, cosine = np.sin(np.radians(turn)), np.cos(np.radians(turn))
        place = (x * cosine - z * sine, y - facts.size_m[1] / 2, x * sine + z * cosine - distance)
        garment = Garment(
            name="garment", model=model, variant=variant, position_m=place, turn_deg=turn - _bearing_deg(place),
            motion=Clip(kind="clip", name=clip) if clip else None,
        )  # fmt: skip
        moment_s = dict(facts.animations).get(clip or "", 0.0) * number / VIEWS
        view = _seen(Scene(name="studio", floor_m=facts.size_m[1] / 2, garment=(garment,)), side, moment_s)
        sheet.part(number % 4 * side, number // 4 * side, view.size).copy_from(view)
    return sheet


def _bearing_deg(place: tuple[float, float, float]) -> float:
    """By how much the scene turns it to the viewer of its own accord."""
    return float(np.degrees(np.arctan2(place[0], -place[2])))


def _seen(scene: Scene, side: int, moment_s: float) -> Picture:
    picture = Picture.filled(_FRAME, _STUDIO)
    picture.y[_FRAME.height // 2 + side // 2 :] = _FLOOR[0]
    compositor = Compositor(scene, _FRAME, patient=True)
    try:
        compositor.run(picture, moment_s)
    finally:
        compositor.close()
    return picture.part((_FRAME.width - side) // 2, (_FRAME.height - side) // 2, Size(side, side))
