"""Wide trousers with a waistband, stitched in the thread's colour."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tools.cloth.body import Body
from tools.cloth.finish import Draped
from tools.cloth.garment import Garment
from tools.cloth.glb import Material
from tools.cloth.mesh import Mesh
from tools.cloth.panel import Panel, Place, line, mirrored
from tools.cloth.pattern import Fabric, Pattern
from tools.cloth.place import around, behind, other_side
from tools.cloth.weave import DENIM, HERRINGBONE, TWILL, Weave

Array = NDArray[np.float64]


def trousers() -> Garment:
    """Denim, ecru twill, charcoal herringbone."""
    front_place = _leg(
        line((6, -11.5), (50, -13), (75.5, -15.8), (82, -11.5), (90, -10), (104, -9.5)),
        line((6, 11), (50, 12), (86, 13.4), (97, 11.2), (104, 8)),
    )
    back_place = _leg(
        line((6, -12.5), (50, -15), (74.5, -20.5), (83, -13.5), (92, -11), (105, -8.5)),
        line((6, 12), (50, 13), (86, 15.2), (97, 12.4), (104, 9.5)),
    )
    front = Panel(
        "front_left",
        {
            "hem": line((-11.5, 6), (11, 6)),
            "out": line((11, 6), (12, 50), (13.4, 86), (11.2, 97), (8, 104)),
            "waist": line((8, 104), (-9.5, 104)),
            "rise": line((-9.5, 104), (-10, 90), (-11.5, 82), (-15.8, 75.5)),
            "in": line((-15.8, 75.5), (-13, 50), (-11.5, 6)),
        },
        front_place,
    )
    back = Panel(
        "back_right",
        {
            "hem": line((-12.5, 6), (12, 6)),
            "out": line((12, 6), (13, 50), (15.2, 86), (12.4, 97), (9.5, 104)),
            "waist": line((9.5, 104), (-8.5, 106)),
            "rise": line((-8.5, 106), (-11, 92), (-13.5, 82.5), (-20.5, 74.5)),
            "in": line((-20.5, 74.5), (-15, 50), (-12.5, 6)),
        },
        behind(back_place),
    )
    band_place = around([(1.0, 0.165), (1.2, 0.165)])
    halves = {"bottom_left": line((-16.5, 104), (0, 104)), "bottom_right": line((0, 104), (16.5, 104))}
    rest = {"right": line((16.5, 104), (16.2, 108)), "top": line((16.2, 108), (-16.2, 108)), "left": line((-16.2, 108), (-16.5, 104))}
    panels = [
        front,
        mirrored(front, "front_right", other_side(front_place)),
        back,
        mirrored(back, "back_left", behind(other_side(back_place))),
        Panel("band_front", halves | rest, band_place, "band"),
        Panel("band_back", halves | rest, behind(band_place), "band"),
    ]
    seams = [
        *((f"front_{side}.{edge}", f"back_{side}.{edge}") for side in ("left", "right") for edge in ("out", "in")),
        ("front_left.rise", "front_right.rise"),
        ("back_left.rise", "back_right.rise"),
        ("band_front.bottom_right", "front_left.waist"),
        ("band_front.bottom_left", "front_right.waist"),
        ("band_back.bottom_right", "back_right.waist"),
        ("band_back.bottom_left", "back_left.waist"),
        ("band_front.right", "band_back.left"),
        ("band_front.left", "band_back.right"),
    ]
    fabrics = {
        "cloth": Fabric(weight=0.32, weft=1400, warp=1600, shear=110, bend=3.5e-5, friction=0.4),
        "band": Fabric(weight=0.5, weft=3000, warp=2500, shear=600, bend=4e-4, friction=0.8),
    }
    variants: dict[str, dict[str, str]] = {"denim": {}}
    variants |= {name: {"cloth": name, "band": name, "thread": f"{name} thread"} for name in ("ecru", "herringbone")}
    return Garment(
        "trousers",
        Pattern(panels, seams, fabrics=fabrics, triangles=15000),
        _materials(),
        variants,
        Body(arms=False, legs=True, chest=False),
        thickness=0.0022,
        details=_details,
    )


def _leg(inner: Array, outer: Array) -> Place:
    """In front of the left leg, and further up of the left half of the body; both tables are (height, x)."""

    def place(cloth: Array) -> Array:
        x, y = cloth.T
        low, high = (np.interp(y, table[:, 0], table[:, 1]) for table in (inner, outer))
        share = np.clip((x - low) / (high - low), 0, 1)
        round_leg = np.pi * (1 - share)
        leg = np.column_stack([0.098 + 0.088 * np.cos(round_leg), y, 0.088 * np.sin(round_leg) - 0.005])
        quarter = np.pi / 2 * (1 - share)
        wide = np.interp(y, [0.86, 1.04], [0.185, 0.14])
        hips = np.column_stack([wide * np.cos(quarter), y, 0.72 * wide * np.sin(quarter)])
        blend = np.clip((y - 0.77) / 0.09, 0, 1)[:, None]
        return np.asarray(leg * (1 - blend) + hips * blend)

    return place


def _details(draped: Draped) -> Sequence[Mesh]:
    parts = [
        draped.stitches(f"{half}_{side}", draped.along(f"{half}_{side}", "hem", 0.018))
        for half in ("front", "back")
        for side in ("left", "right")
    ]
    parts += [draped.stitches(f"front_{side}", draped.along(f"front_{side}", "out", 0.005)) for side in ("left", "right")]
    bands = [("band_front", edge) for edge in ("top", "bottom_left", "bottom_right")] + [
        ("band_back", edge) for edge in ("top", "bottom_left", "bottom_right")
    ]
    parts += [draped.stitches(panel, draped.along(panel, edge, 0.004)) for panel, edge in bands]
    fly = line((-6.2, 103.6), (-6.4, 92), (-7.4, 87.5), (-9.6, 85.5))
    parts += [draped.stitches("front_left", fly)]
    for side, flip in (("left", 1.0), ("right", -1.0)):
        slant = line((4.6, 103.8), (8.0, 95), (10.6, 88.5)) * [flip, 1]
        parts += [draped.stitches(f"front_{side}", slant + [0.004 * step * flip, 0]) for step in (0, 1)]
        pocket = line((-4.5, 84), (1.5, 81), (7.5, 84), (7.2, 97), (-4.2, 97)) * [1 if side == "right" else -1, 1]
        pocket = pocket if side == "right" else pocket[::-1]
        parts += [draped.patch(f"back_{side}", pocket, lift=0.0022)]
        inside = pocket.mean(axis=0) + (pocket - pocket.mean(axis=0)) * 0.93
        parts += [draped.stitches(f"back_{side}", inside, closed=True, lift=0.0022)]
        loop = [line((-0.6, 103.7), (0.6, 103.7), (0.6, 108.1), (-0.6, 108.1)) + [x, 0] for x in (-0.09, 0.09)]
        parts += [draped.patch("band_front" if side == "left" else "band_back", each * [1, 1], lift=0.0035, spacing=0.006) for each in loop]
    return [*parts, draped.button("band_front", (0.0, 1.06), 0.0085, 0.002)]


def _materials() -> dict[str, Material]:
    tile = 0.048
    denim, twill, bone = (
        Weave(DENIM, 48, tile, relief=0.35, uneven=0.13),
        Weave(TWILL, 64, tile, relief=0.35),
        Weave(HERRINGBONE, 48, tile, relief=0.4, uneven=0.1),
    )

    def cloth(made: Weave, warp: tuple[float, float, float], weft: tuple[float, float, float], rough: float = 0.88) -> Material:
        return Material(
            (1, 1, 1),
            rough,
            picture=made.colours([warp], [weft]),
            normal=made.normals(),
            tile=tile,
            sheen=(0.22, 0.22, 0.24),
            sheen_roughness=0.6,
            double_sided=True,
        )

    indigo = cloth(denim, (0.09, 0.13, 0.25), (0.40, 0.45, 0.53))
    return {
        "cloth": indigo,
        "band": indigo,
        "ecru": cloth(twill, (0.88, 0.84, 0.75), (0.90, 0.87, 0.80)),
        "herringbone": cloth(bone, (0.20, 0.20, 0.22), (0.46, 0.45, 0.45)),
        "thread": Material((0.80, 0.52, 0.22), 0.6),
        "ecru thread": Material((0.80, 0.75, 0.65), 0.6),
        "herringbone thread": Material((0.22, 0.22, 0.24), 0.6),
        "button": Material((0.62, 0.45, 0.28), 0.35, 1.0),
    }
