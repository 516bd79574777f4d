"""A shirt with collar, cuffs, a placket and a breast pocket."""

from collections.abc import Sequence

import numpy as np

from tools.cloth.blocks import COLLAR_SEAMS, SLEEVE_SEAMS, TORSO_SEAMS, Torso, collar, cuffs, sleeves, stand
from tools.cloth.body import Body
from tools.cloth.finish import Draped
from tools.cloth.garment import Garment
from tools.cloth.glb import Material
from tools.cloth.mesh import Mesh
from tools.cloth.panel import line
from tools.cloth.pattern import Fabric, Pattern
from tools.cloth.weave import PLAIN, TWILL, Weave


def shirt() -> Garment:
    """Oxford: white, sky, striped, and a check."""
    torso = Torso(chest=26.0, waist=25.0, hem=26.0, low=71.5, armhole=125.5, tail=7.0, shoulder=(17.8, 145.5))
    arms = sleeves(torso, wide=19.0, wrist=14.0, long=42)
    bands, band_seams = cuffs(arms[0], half=10.8, deep=6.5, material="stiff")
    neck = stand(torso, 3.2, material="stiff", snug=0.97)
    leaf = collar(neck, deep=4.6, point=7.2, material="stiff")
    seams = [*TORSO_SEAMS, *SLEEVE_SEAMS, *band_seams, *COLLAR_SEAMS]
    fabrics = {
        "cloth": Fabric(weight=0.14, weft=900, warp=900, shear=60, bend=1.4e-5),
        "stiff": Fabric(weight=0.25, weft=2500, warp=2500, shear=800, bend=3e-4),
    }
    pattern = Pattern([*torso.panels(), *arms, *bands, neck, leaf], seams, [("stand.top", "collar.top")], fabrics, triangles=14000)
    names = {"white": "", "sky": " sky", "stripes": " stripes", "check": " check"}
    variants = {name: {part: part + end for part in ("cloth", "stiff")} if end else {} for name, end in names.items()}
    return Garment("shirt", pattern, _materials(), variants, Body(), thickness=0.0014, details=_details)


def _details(draped: Draped) -> Sequence[Mesh]:
    placket = draped.patch("front", line((-1.7, 72.1), (1.7, 72.1), (1.7, 139.0), (-1.7, 139.0)), lift=0.0014)
    pocket = line((6.5, 118), (12, 116.2), (17.5, 118), (17.5, 131), (6.5, 131))
    parts = [placket, draped.patch("front", pocket, lift=0.0016)]
    rows = [line((x, 72.5), (x, 138.6)) for x in (-1.35, 1.35)]
    parts += [draped.stitches("front", row, lift=0.0014) for row in rows]
    parts += [draped.stitches("front", line((6.8, 130.5), (6.8, 118.3), (12, 116.6), (17.2, 118.3), (17.2, 130.5)), lift=0.0016)]
    parts += [draped.stitches(panel, draped.along(panel, "hem", 0.008)) for panel in ("front", "back")]
    parts += [draped.stitches("collar", draped.along("collar", edge, 0.006)) for edge in ("left", "bottom", "right")]
    parts += [
        draped.stitches(f"{side}_cuff", draped.along(f"{side}_cuff", edge, 0.005))
        for side in ("left", "right")
        for edge in ("top", "bottom")
    ]
    parts += [draped.button("front", (0.0, y), 0.0056, 0.0018) for y in np.arange(0.86, 1.39, 0.088)]
    return parts


def _materials() -> dict[str, Material]:
    tile = 0.048
    oxford = Weave(PLAIN, 64, tile, relief=0.30, uneven=0.05)
    white, sky, navy, wine = (0.96, 0.96, 0.95), (0.60, 0.72, 0.87), (0.16, 0.24, 0.46), (0.50, 0.12, 0.16)
    stripe = ([navy] * 3 + [white] * 13) * 4
    check = [white] * 12 + [navy] * 8 + [white] * 12 + [white] * 12 + [wine] * 4 + [white] * 16
    looks = {
        "": oxford.colours([white]),
        " sky": oxford.colours([sky], [white]),
        " stripes": oxford.colours(stripe, [white]),
        " check": Weave(TWILL, 64, tile, relief=0.30, uneven=0.05).colours(check, check),
    }
    normal = oxford.normals()
    found = {
        part + end: Material(
            (1, 1, 1), 0.85, picture=picture, normal=normal, tile=tile, sheen=(0.25, 0.25, 0.25), sheen_roughness=0.6, double_sided=True
        )
        for end, picture in looks.items()
        for part in ("cloth", "stiff")
    }
    return {**found, "thread": Material((0.93, 0.93, 0.92), 0.7), "button": Material((0.90, 0.88, 0.83), 0.25)}
