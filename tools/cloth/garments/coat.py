"""A belted wrap coat with a shawl collar and patch pockets."""

from collections.abc import Sequence
from typing import Final

from tools.cloth.blocks import SLEEVE_SEAMS, TORSO_SEAMS, Torso, shawl, sleeves
from tools.cloth.body import Body
from tools.cloth.finish import Draped
from tools.cloth.garment import Garment
from tools.cloth.glb import Material
from tools.cloth.mesh import Mesh
from tools.cloth.panel import line
from tools.cloth.pattern import Fabric, Pattern
from tools.cloth.solver import LAYERED, Phase
from tools.cloth.weave import HERRINGBONE, TWILL, Colour, Weave

_LOW: Final = 42.0
_POCKET: Final = line((9.5, 74), (22, 73), (22.5, 92), (10, 93))


def coat() -> Garment:
    """Wool coating: camel, charcoal herringbone, bordeaux."""
    torso = Torso(
        chest=28.0,
        waist=25.4,
        hip=27.8,
        hem=30.5,
        low=_LOW,
        armhole=124,
        shoulder=(18.8, 146.0),
        neck=(8.4, 148.2, 116.5, 145.6),
        vee=True,
        flat=1.25,
    )
    arms = sleeves(torso, wide=21.5, wrist=15.5, long=43)
    lapels, folds = shawl(torso, deep=10.5, behind=8.0)
    seams = [*TORSO_SEAMS, *SLEEVE_SEAMS]
    wool = Fabric(weight=0.42, weft=1300, warp=1300, shear=110, bend=6e-5, friction=0.5)
    pattern = Pattern([*torso.panels(), *arms, lapels], seams, folds, {"cloth": wool}, triangles=12000)
    variants: dict[str, dict[str, str]] = {"camel": {}}
    variants |= {name: {"cloth": name, "thread": f"{name} thread"} for name in ("charcoal", "bordeaux")}
    phases = (*LAYERED, Phase(0.7, 1.0, 3.0), Phase(0.4, 1.0, 8.0), Phase(0.25, 1.0, 25.0))
    return Garment("coat", pattern, _materials(), variants, Body(), thickness=0.004, details=_details, phases=phases)


def _details(draped: Draped) -> Sequence[Mesh]:
    edge = line((-2, _LOW + 0.3), (7, _LOW + 0.4), (7, 108), (0.4, 116.4), (-2, 116))
    parts = [draped.patch("front", edge, lift=0.003), draped.stitches("front", line((6.2, _LOW + 0.5), (6.2, 107)), lift=0.003)]
    for flip in (1, -1):
        pocket = (_POCKET * [flip, 1])[::flip]
        middle = pocket.mean(axis=0)
        parts += [
            draped.patch("front", pocket, lift=0.0016),
            draped.stitches("front", middle + (pocket - middle) * 0.94, closed=True, lift=0.0016),
        ]
        flap = (line((9.4, 87.6), (22.6, 86.6), (22.8, 92.6), (9.7, 93.6)) * [flip, 1])[::flip]
        parts += [draped.patch("front", flap, lift=0.003)]
    parts += [draped.stitches("shawl", draped.along("shawl", "bottom", 0.007))]
    parts += [draped.stitches(panel, draped.along(panel, "hem", 0.03)) for panel in ("front", "back", "left_sleeve", "right_sleeve")]
    for panel in ("front", "back"):
        sides = line((-25.35, 104), (25.35, 104), (25.4, 109), (-25.4, 109))
        parts += [draped.patch(panel, sides, lift=0.004, material="belt")]
        parts += [draped.stitches(panel, line((-25.1, y), (25.1, y)), lift=0.004) for y in (104.5, 108.5)]
    frame, inside = (
        line((3 - x, 106.5 - y), (3 + x, 106.5 - y), (3 + x, 106.5 + y), (3 - x, 106.5 + y)) for x, y in ((2.9, 3.3), (2.1, 2.5))
    )
    parts += [draped.patch("front", frame, lift=0.0065, spacing=0.006, material="button")]
    return [*parts, draped.patch("front", inside, lift=0.0075, spacing=0.006, material="belt")]


def _materials() -> dict[str, Material]:
    tile = 0.096
    twill, bone = Weave(TWILL, 64, tile, relief=0.28, uneven=0.09), Weave(HERRINGBONE, 64, tile, relief=0.34, uneven=0.10)

    def wool(made: Weave, warp: Colour, weft: Colour, sheen: Colour) -> Material:
        return Material(
            (1, 1, 1),
            0.95,
            picture=made.colours([warp], [weft]),
            normal=made.normals(),
            tile=tile,
            sheen=sheen,
            sheen_roughness=0.55,
            double_sided=True,
        )

    camel = wool(twill, (0.74, 0.55, 0.36), (0.70, 0.51, 0.33), (0.48, 0.38, 0.28))
    return {
        "cloth": camel,
        "charcoal": wool(bone, (0.20, 0.20, 0.22), (0.42, 0.41, 0.41), (0.30, 0.30, 0.32)),
        "bordeaux": wool(twill, (0.38, 0.09, 0.13), (0.34, 0.07, 0.11), (0.42, 0.18, 0.20)),
        "belt": Material((0.24, 0.14, 0.09), 0.5),
        "thread": Material((0.52, 0.36, 0.22), 0.8),
        "charcoal thread": Material((0.14, 0.14, 0.15), 0.8),
        "bordeaux thread": Material((0.24, 0.05, 0.08), 0.8),
        "button": Material((0.45, 0.36, 0.24), 0.3, 1.0),
    }
