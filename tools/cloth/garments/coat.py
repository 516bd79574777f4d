"""A belted wrap coat with a shawl collar and patch pockets."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from tools.cloth.blocks import SLEEVE_SEAMS, TORSO_SEAMS, Torso, shawl, sleeves
from tools.cloth.body import Body
from tools.cloth.finish import Draped
from tools.cloth.garment import Garment
from tools.cloth.glb import Material
from tools.cloth.mesh import Mesh
from tools.cloth.panel import Panel, line
from tools.cloth.pattern import Fabric, Pattern
from tools.cloth.place import around, behind
from tools.cloth.solver import LAYERED, Phase
from tools.cloth.weave import HERRINGBONE, TWILL, Colour, Weave

_LOW: Final = 42.0
_POCKET: Final = line((9, 76), (24, 75), (24, 93), (9, 94))


def coat() -> Garment:
    """Wool coating: camel, charcoal herringbone, bordeaux."""
    torso = Torso(chest=28.5, waist=28.0, hem=34.0, low=_LOW, armhole=124, shoulder=(18.8, 146.0), neck=(8.4, 148.2, 116.5, 145.6), vee=True, flat=1.25)
    arms = sleeves(torso, wide=21.5, wrist=15.5, long=43)
    lapels, folds = shawl(torso, deep=10.5, behind=8.0)
    ring = around([(1.0, 0.323), (1.2, 0.323)], flat=1.35)
    edges = {"bottom": line((-19.5, 104), (19.5, 104)), "right": line((19.5, 104), (19.5, 109)),
             "top": line((19.5, 109), (-19.5, 109)), "left": line((-19.5, 109), (-19.5, 104))}  # fmt: skip
    belt = [Panel("belt_front", edges, ring, "belt"), Panel("belt_back", edges, behind(ring), "belt")]
    seams = [*TORSO_SEAMS, *SLEEVE_SEAMS, ("belt_front.right", "belt_back.left"), ("belt_front.left", "belt_back.right")]
    fabrics = {
        "cloth": Fabric(weight=0.42, weft=1300, warp=1300, shear=110, bend=9e-5, friction=0.5),
        "belt": Fabric(weight=0.6, weft=1500, warp=2500, shear=500, bend=3e-4, friction=0.8),
    }
    pattern = Pattern([*torso.panels(), *arms, lapels, *belt], seams, folds, fabrics, triangles=15000)
    variants: dict[str, dict[str, str]] = {"camel": {}}
    variants |= {name: {"cloth": name, "belt": name, "thread": f"{name} thread"} for name in ("charcoal", "bordeaux")}
    phases = (*LAYERED, Phase(0.7, 1.0, 3.0), Phase(0.4, 1.0, 8.0), Phase(0.25, 1.0, 25.0))
    return Garment("coat", pattern, _materials(), variants, Body(), thickness=0.004, details=_details, phases=phases)


def _details(draped: Draped) -> Sequence[Mesh]:
    edge = line((-2, _LOW + 0.3), (7, _LOW + 0.4), (7, 108), (0.4, 116.4), (-2, 116))
    parts = [draped.patch("front", edge, lift=0.003), draped.stitches("front", line((6.4, _LOW + 0.5), (6.4, 107)))]
    for flip in (1, -1):
        pocket = (_POCKET * [flip, 1])[::flip]
        middle = pocket.mean(axis=0)
        parts += [draped.patch("front", pocket, lift=0.0026), draped.stitches("front", middle + (pocket - middle) * 0.94, closed=True)]
        flap = (line((8.7, 89), (24.3, 88), (24.3, 93.4), (8.7, 94.4)) * [flip, 1])[::flip]
        parts += [draped.patch("front", flap, lift=0.0055)]
    parts += [draped.stitches("shawl", draped.along("shawl", "bottom", 0.007))]
    parts += [draped.stitches(panel, draped.along(panel, "hem", 0.03)) for panel in ("front", "back", "left_sleeve", "right_sleeve")]
    frame = line((-2.6, 103.7), (2.6, 103.7), (2.6, 109.3), (-2.6, 109.3))
    inside = line((-1.9, 104.5), (1.9, 104.5), (1.9, 108.5), (-1.9, 108.5))
    parts += [draped.patch("belt_front", frame, lift=0.004, spacing=0.006, material="button")]
    parts += [draped.patch("belt_front", inside, lift=0.0055, spacing=0.006, material="belt")]
    parts += [draped.stitches("belt_front", draped.along("belt_front", each, 0.005)) for each in ("top", "bottom")]
    return [*parts, *(draped.stitches("belt_back", draped.along("belt_back", each, 0.005)) for each in ("top", "bottom"))]


def _materials() -> dict[str, Material]:
    tile = 0.096
    twill, bone = Weave(TWILL, 64, tile, relief=0.28, uneven=0.09), Weave(HERRINGBONE, 64, tile, relief=0.34, uneven=0.10)

    def wool(made: Weave, warp: Colour, weft: Colour, sheen: Colour) -> Material:
        return Material((1, 1, 1), 0.95, picture=made.colours([warp], [weft]), normal=made.normals(), tile=tile, sheen=sheen, sheen_roughness=0.55,
                        double_sided=True)  # fmt: skip

    camel = wool(twill, (0.74, 0.55, 0.36), (0.70, 0.51, 0.33), (0.48, 0.38, 0.28))
    return {
        "cloth": camel, "belt": camel,
        "charcoal": wool(bone, (0.20, 0.20, 0.22), (0.42, 0.41, 0.41), (0.30, 0.30, 0.32)),
        "bordeaux": wool(twill, (0.38, 0.09, 0.13), (0.34, 0.07, 0.11), (0.42, 0.18, 0.20)),
        "thread": Material((0.52, 0.36, 0.22), 0.8), "charcoal thread": Material((0.14, 0.14, 0.15), 0.8), "bordeaux thread": Material((0.24, 0.05, 0.08), 0.8),
        "button": Material((0.45, 0.36, 0.24), 0.3, 1.0),
    }  # fmt: skip
