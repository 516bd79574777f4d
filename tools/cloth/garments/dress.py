"""A dress with a fitted bodice and a flared skirt."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tools.cloth.blocks import flare
from tools.cloth.body import WAIST_M, Body
from tools.cloth.finish import Draped
from tools.cloth.garment import Garment
from tools.cloth.glb import Material
from tools.cloth.mesh import Mesh
from tools.cloth.panel import Panel, line
from tools.cloth.pattern import Fabric, Pattern
from tools.cloth.place import around, behind, cone
from tools.cloth.solver import SEWING, Phase
from tools.cloth.weave import SATIN, Weave

Array = NDArray[np.float64]

_SPREAD: Final = np.radians(128)
_WAIST: Final = 0.335  # of one half of the bodice
_GATHERED: Final = 1.25
_LONG: Final = 0.66
_INNER: Final = _WAIST * _GATHERED / _SPREAD


def dress() -> Garment:
    """Satin-backed crêpe in four colours."""
    bodice = around([(1.075, 0.168), (1.27, 0.222), (1.5, 0.222)])
    skirt = cone(_INNER, _SPREAD, WAIST_M, waist=(0.135, 0.095))
    front = Panel(
        "front",
        {
            "waist": line((-16.75, 107.5), (16.75, 107.5)),
            "right": line((16.75, 107.5), (19.2, 116), (22.2, 127.5)),
            "armhole_right": line((22.2, 127.5), (17.4, 130.5), (14.6, 136), (13.0, 148)),
            "shoulder_right": line((13.0, 148), (9.2, 149)),
            "neck": line((9.2, 149), (8.0, 141), (4.8, 134.5), (0, 132), (-4.8, 134.5), (-8.0, 141), (-9.2, 149)),
            "shoulder_left": line((-9.2, 149), (-13.0, 148)),
            "armhole_left": line((-13.0, 148), (-14.6, 136), (-17.4, 130.5), (-22.2, 127.5)),
            "left": line((-22.2, 127.5), (-19.2, 116), (-16.75, 107.5)),
        },
        bodice,
    )
    back = Panel(
        "back",
        {
            "waist": line((-16.75, 107.5), (16.75, 107.5)),
            "right": line((16.75, 107.5), (18.9, 116), (21.0, 127.5)),
            "armhole_right": line((21.0, 127.5), (17.2, 130.5), (15.0, 136), (13.0, 146)),
            "shoulder_right": line((13.0, 146), (9.2, 147)),
            "neck": line((9.2, 147), (7.4, 141), (0, 137.5), (-7.4, 141), (-9.2, 147)),
            "shoulder_left": line((-9.2, 147), (-13.0, 146)),
            "armhole_left": line((-13.0, 146), (-15.0, 136), (-17.2, 130.5), (-21.0, 127.5)),
            "left": line((-21.0, 127.5), (-18.9, 116), (-16.75, 107.5)),
        },
        behind(bodice),
    )
    panels = [
        front,
        back,
        flare("skirt_front", skirt, radius=_INNER, spread=_SPREAD, long=_LONG),
        flare("skirt_back", behind(skirt), radius=_INNER, spread=_SPREAD, long=_LONG),
    ]
    seams = [
        ("front.right", "back.left"),
        ("front.left", "back.right"),
        ("front.shoulder_right", "back.shoulder_left"),
        ("front.shoulder_left", "back.shoulder_right"),
        ("front.waist", "skirt_front.waist"),
        ("back.waist", "skirt_back.waist"),
        ("skirt_front.right", "skirt_back.left"),
        ("skirt_front.left", "skirt_back.right"),
    ]
    crepe = Fabric(weight=0.17, weft=500, warp=700, shear=25, bend=3.5e-6, friction=0.3)
    return Garment(
        "dress",
        Pattern(panels, seams, fabrics={"cloth": crepe}, triangles=18500),
        _materials(),
        {
            "rouge": {},
            "ink": {"cloth": "ink"},
            "emerald": {"cloth": "emerald"},
            "champagne": {"cloth": "champagne"},
        },
        Body(arms=False),
        thickness=0.0016,
        details=_details,
        phases=(*SEWING, Phase(1.3, 1.0, 1.5), Phase(0.5, 1.0, 6.0), Phase(0.25, 1.0, 20.0)),
    )


def _details(draped: Draped) -> Sequence[Mesh]:
    return [draped.stitches(panel, draped.along(panel, "hem", 0.014)) for panel in ("skirt_front", "skirt_back")]


def _materials() -> dict[str, Material]:
    weave = Weave(SATIN, 80, 0.03, relief=0.22, uneven=0.03)
    normal, white = weave.normals(), weave.colours([(0.97, 0.97, 0.97)])

    def crepe(colour: tuple[float, float, float], sheen: tuple[float, float, float]) -> Material:
        return Material(colour, 0.66, picture=white, normal=normal, tile=0.03, sheen=sheen, sheen_roughness=0.4, double_sided=True)

    return {
        "cloth": crepe((0.66, 0.07, 0.10), (0.55, 0.18, 0.18)),
        "ink": crepe((0.09, 0.13, 0.30), (0.25, 0.30, 0.50)),
        "emerald": crepe((0.03, 0.32, 0.22), (0.20, 0.45, 0.35)),
        "champagne": crepe((0.88, 0.79, 0.66), (0.50, 0.46, 0.40)),
        "thread": Material((0.45, 0.05, 0.07), 0.6),
    }
