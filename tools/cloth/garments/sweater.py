"""A knitted sweater with ribbed hem, cuffs and neck."""

from tools.cloth.blocks import COLLAR_SEAMS, SLEEVE_SEAMS, TORSO_SEAMS, Torso, cuffs, sleeves, stand
from tools.cloth.body import Body
from tools.cloth.garment import Garment
from tools.cloth.glb import Material
from tools.cloth.panel import Panel, line
from tools.cloth.pattern import Fabric, Pattern
from tools.cloth.place import around, behind
from tools.cloth.weave import Colour, Knit, Pixels


def sweater() -> Garment:
    """Lambswool: oat, moss, and sailor's stripes."""
    torso = Torso(chest=27.5, waist=27.0, hem=26.5, low=77.5, armhole=124.5, shoulder=(18.8, 145.0), neck=(8.6, 147.4, 138.5, 145.4))
    arms = sleeves(torso, wide=20.5, wrist=15.0, long=42)
    bands, band_seams = cuffs(arms[0], half=10.5, deep=6.5, material="rib")
    neck = stand(torso, 3.4, material="rib", snug=0.84)
    place = around([(0.70, 0.23), (0.775, 0.265)], flat=0.8)
    hem = Panel(
        "front_band",
        {
            "bottom": line((-23, 70.5), (23, 70.5)),
            "right": line((23, 70.5), (23, 77.5)),
            "top": line((23, 77.5), (-23, 77.5)),
            "left": line((-23, 77.5), (-23, 70.5)),
        },
        place,
        "rib",
    )
    seat = Panel("back_band", hem.edges, behind(place), "rib")
    seams = [
        *TORSO_SEAMS,
        *SLEEVE_SEAMS,
        *band_seams,
        *COLLAR_SEAMS,
        ("stand.left", "stand.right"),
        ("front_band.top", "front.hem"),
        ("back_band.top", "back.hem"),
        ("front_band.right", "back_band.left"),
        ("front_band.left", "back_band.right"),
    ]
    fabrics = {
        "cloth": Fabric(weight=0.34, weft=160, warp=260, shear=50, bend=3.5e-5, friction=0.5),
        "rib": Fabric(weight=0.42, weft=110, warp=500, shear=60, bend=6e-5, friction=0.6),
    }
    pattern = Pattern([*torso.panels(), *arms, *bands, neck, hem, seat], seams, fabrics=fabrics, triangles=15000)
    variants: dict[str, dict[str, str]] = {"oat": {}}
    variants |= {name: {"cloth": name, "rib": f"{name} rib"} for name in ("moss", "sailor")}
    return Garment("sweater", pattern, _materials(), variants, Body(), thickness=0.0035)


def _materials() -> dict[str, Material]:
    tile = 0.09
    knit, rib = Knit(18, 24, tile, relief=0.40), Knit(20, 24, tile, rib=2, relief=0.6)
    cream, navy, moss = (0.86, 0.80, 0.70), (0.13, 0.17, 0.30), (0.33, 0.37, 0.22)
    stripe = [cream] * 8 + [navy] * 4
    plain, ribbed = knit.normals(), rib.normals()

    def wool(made: Knit, normal: Pixels, yarn: list[Colour], sheen: Colour) -> Material:
        return Material(
            (1, 1, 1), 0.95, picture=made.colours(yarn), normal=normal, tile=tile, sheen=sheen, sheen_roughness=0.7, double_sided=True
        )

    return {
        "cloth": wool(knit, plain, [cream], (0.42, 0.40, 0.36)),
        "rib": wool(rib, ribbed, [cream], (0.42, 0.40, 0.36)),
        "moss": wool(knit, plain, [moss], (0.30, 0.32, 0.22)),
        "moss rib": wool(rib, ribbed, [moss], (0.30, 0.32, 0.22)),
        "sailor": wool(knit, plain, stripe, (0.35, 0.35, 0.36)),
        "sailor rib": wool(rib, ribbed, [navy], (0.22, 0.24, 0.32)),
    }
