"""A half-circle skirt with a waistband, in tartans."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from tools.cloth.blocks import flare
from tools.cloth.body import Body
from tools.cloth.finish import Draped
from tools.cloth.garment import Garment
from tools.cloth.glb import Material
from tools.cloth.mesh import Mesh
from tools.cloth.panel import Panel, line
from tools.cloth.pattern import Fabric, Pattern
from tools.cloth.place import around, behind, cone
from tools.cloth.weave import TWILL, Colour, Weave

_SPREAD: Final = np.radians(112)
_INNER: Final = 0.345 * 1.12 / _SPREAD
_LONG: Final = 0.70


def skirt() -> Garment:
    """Worsted in three tartans."""
    place = cone(_INNER, _SPREAD, 1.05, waist=(0.14, 0.10), slope_deg=58)
    band = around([(1.0, 0.168), (1.2, 0.166)])
    edges = {
        "bottom": line((-17.2, 105), (17.2, 105)),
        "right": line((17.2, 105), (16.9, 109)),
        "top": line((16.9, 109), (-16.9, 109)),
        "left": line((-16.9, 109), (-17.2, 105)),
    }
    panels = [
        flare("front", place, radius=_INNER, spread=_SPREAD, long=_LONG),
        flare("back", behind(place), radius=_INNER, spread=_SPREAD, long=_LONG),
        Panel("band_front", edges, band, "band"),
        Panel("band_back", edges, behind(band), "band"),
    ]
    seams = [
        ("front.right", "back.left"),
        ("front.left", "back.right"),
        ("band_front.right", "band_back.left"),
        ("band_front.left", "band_back.right"),
        ("band_front.bottom", "front.waist"),
        ("band_back.bottom", "back.waist"),
    ]
    fabrics = {
        "cloth": Fabric(weight=0.26, weft=900, warp=900, shear=45, bend=1.6e-5, friction=0.35),
        "band": Fabric(weight=0.4, weft=3000, warp=2500, shear=600, bend=4e-4, friction=0.9),
    }
    variants: dict[str, dict[str, str]] = {"camel": {}}
    variants |= {name: {"cloth": name, "band": name} for name in ("forest", "rose")}
    return Garment(
        "skirt",
        Pattern(panels, seams, fabrics=fabrics, triangles=17000),
        _materials(),
        variants,
        Body(arms=False, chest=False),
        thickness=0.002,
        details=_details,
    )


def _details(draped: Draped) -> Sequence[Mesh]:
    rows = [("band_front", "top"), ("band_front", "bottom"), ("band_back", "top"), ("band_back", "bottom")]
    return [draped.stitches(panel, draped.along(panel, edge, 0.004)) for panel, edge in rows]


def _materials() -> dict[str, Material]:
    tile, threads = 0.132, 128
    weave = Weave(TWILL, threads, tile, relief=0.35, uneven=0.06, pixels=1024)
    normal = weave.normals()

    def tartan(ground: Colour, second: Colour, fine: Colour, bright: Colour) -> Material:
        half = [ground] * 26 + [second] * 16 + [fine] * 2 + [second] * 4 + [ground] * 12 + [bright] * 4
        sett = half + half[::-1]
        return Material(
            (1, 1, 1),
            0.9,
            picture=weave.colours(sett),
            normal=normal,
            tile=tile,
            sheen=(0.28, 0.26, 0.24),
            sheen_roughness=0.6,
            double_sided=True,
        )

    camel = tartan((0.74, 0.60, 0.43), (0.16, 0.14, 0.13), (0.90, 0.87, 0.80), (0.62, 0.14, 0.12))
    return {
        "cloth": camel,
        "band": camel,
        "forest": tartan((0.10, 0.26, 0.19), (0.08, 0.12, 0.24), (0.86, 0.74, 0.32), (0.66, 0.13, 0.13)),
        "rose": tartan((0.80, 0.62, 0.60), (0.40, 0.36, 0.38), (0.95, 0.93, 0.90), (0.50, 0.18, 0.26)),
        "thread": Material((0.30, 0.25, 0.2), 0.7),
    }
