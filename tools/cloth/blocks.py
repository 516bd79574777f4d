"""Blocks that patterns are made from: halves of a torso with sleeves, cuffs, stands and collars that fit them.

Sizes in centimetres, as tailors draw.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tools.cloth.body import SHOULDER, WRIST
from tools.cloth.panel import Panel, Place, line, mirrored
from tools.cloth.place import around, behind, other_side, sleeve

Array = NDArray[np.float64]

_AXIS: Final = (WRIST - SHOULDER) / np.linalg.norm(WRIST - SHOULDER)
TORSO_SEAMS: Final = (
    ("front.right", "back.left"),
    ("front.left", "back.right"),
    ("front.shoulder_right", "back.shoulder_left"),
    ("front.shoulder_left", "back.shoulder_right"),
)
SLEEVE_SEAMS: Final = (
    ("left_sleeve.left", "left_sleeve.right"),
    ("right_sleeve.left", "right_sleeve.right"),
    ("front.armhole_right", "left_sleeve.cap_left"),
    ("back.armhole_left", "left_sleeve.cap_right"),
    ("front.armhole_left", "right_sleeve.cap_left"),
    ("back.armhole_right", "right_sleeve.cap_right"),
)
COLLAR_SEAMS: Final = (("stand.bottom_left", "front.neck_right"), ("stand.bottom", "back.neck"), ("stand.bottom_right", "front.neck_left"))


@dataclass(frozen=True)
class Torso:
    """Front and back.

    Attributes
    ----------
    chest, waist, hem
        Half widths of each panel.
    low
        Height of the hem; `tail` is how much higher it is at the sides.
    vee
        Whether the front's neckline goes down straight.
    flat
        Depth of the ring in which it is placed, as a share of its width; arms want to stay outside.
    hip
        Half width at 88 cm, where it is not what waist and hem make it.
    armhole
        Height of the armhole's lowest point.
    shoulder
        Half width, and height of its tip on the front panel.
    neck
        Half width, height at the shoulder, height of the front's and the back's lowest point.
    """

    chest: float
    waist: float
    hem: float
    low: float
    armhole: float = 127.0
    shoulder: tuple[float, float] = (17.0, 145.5)
    neck: tuple[float, float, float, float] = (7.9, 147.6, 138.0, 145.2)
    tail: float = 0.0
    vee: bool = False
    flat: float = 1.0
    hip: float | None = None
    back_rise: float = -1.0
    material: str = "cloth"

    def panels(self) -> list[Panel]:
        """Front and back."""
        heights = [(self.low, self.hem), (107.0, self.waist), (self.armhole, self.chest), (150.0, self.chest)]
        place = around([(y / 100, half / 100) for y, half in heights], flat=self.flat)
        return [
            self._half("front", place, self.neck[2], 0.0),
            self._half("back", behind(place), self.neck[3] + self.back_rise, self.back_rise),
        ]

    def _half(self, name: str, place: Place, neck_low: float, rise: float) -> Panel:
        c, w, h, low, arm = self.chest, self.waist, self.hem, self.low, self.armhole
        (tip_x, tip_y), (neck_x, neck_y) = self.shoulder, self.neck[:2]
        tip_y, neck_y = tip_y + rise, neck_y + rise
        hips = [] if self.hip is None else [((self.hip + h) / 2, (low + self.tail + 88) / 2), (self.hip, 88.0)]
        side = [(h, low + self.tail), *hips, (w, max(107.0, low + self.tail + 8)), (c, arm)]
        hole = [(c, arm), (tip_x + (c - tip_x) * 0.30, arm + 2.6), (tip_x - 1.0, arm + 8.5), (tip_x, tip_y)]
        deep = neck_y - neck_low
        neck = [
            (neck_x, neck_y),
            (neck_x * 0.93, neck_y - deep * 0.42),
            (neck_x * 0.58, neck_y - deep * 0.85),
            (neck_x * 0.2, neck_low + deep * 0.015),
            (0, neck_low),
        ]
        if self.vee and name == "front":
            neck = [neck[0], neck[-1]]
        bottom = [
            (-h, low + self.tail),
            (-h * 0.6, low + self.tail * 0.25),
            (0, low),
            (h * 0.6, low + self.tail * 0.25),
            (h, low + self.tail),
        ]
        flip = [(-x, y) for x, y in reversed(neck)]
        necks = {"neck_right": line(*neck), "neck_left": line(*flip)} if name == "front" else {"neck": line(*neck, *flip[1:])}
        return Panel(
            name,
            {
                "hem": line(*bottom),
                "right": line(*side),
                "armhole_right": line(*hole),
                "shoulder_right": line((tip_x, tip_y), (neck_x, neck_y)),
                **necks,
                "shoulder_left": line((-neck_x, neck_y), (-tip_x, tip_y)),
                "armhole_left": line(*((-x, y) for x, y in reversed(hole))),
                "left": line(*((-x, y) for x, y in reversed(side))),
            },
            place,
            self.material,
        )


def sleeves(torso: Torso, *, wide: float, wrist: float, long: float, material: str = "cloth", ease: float = 1.02) -> list[Panel]:
    """Both sleeves, their caps as high as makes them fit the armholes.

    `wide` and `wrist` are half widths, `long` is the underarm seam's length.
    """
    front, back = torso.panels()
    holes = front.length("armhole_right"), back.length("armhole_left")
    place: Place = around([(0, 1), (1, 1)])
    low, high = 2.0, 30.0
    for _ in range(30):
        cap = (low + high) / 2
        panel = _sleeve(wide, wrist, long, cap, place, material)
        short = panel.length("cap_left") + panel.length("cap_right") < sum(holes) * ease
        low, high = (cap, high) if short else (low, cap)
    tip = SHOULDER + np.array([0.016, 0.035, 0.0])
    place = sleeve(
        tip + _AXIS * cap / 100,
        WRIST + np.array([0.016, 0.035, 0.0]),
        [(-long / 100, wrist / 100), (0, wide / 100), (cap / 100, wide / 100 * 0.8)],
    )
    left = _sleeve(wide, wrist, long, cap, place, material)
    return [left, mirrored(left, "right_sleeve", other_side(place))]


def _sleeve(wide: float, wrist: float, long: float, cap: float, place: Place, material: str) -> Panel:
    right = [(wide, 0), (wide * 0.72, cap * 0.22), (wide * 0.38, cap * 0.80), (0, cap)]
    left = [(-x, y) for x, y in reversed(right)]
    return Panel(
        "left_sleeve",
        {
            "hem": line((-wrist, -long), (wrist, -long)),
            "right": line((wrist, -long), (wide, 0)),
            "cap_right": line(*right),
            "cap_left": line(*left),
            "left": line((-wide, 0), (-wrist, -long)),
        },
        place,
        material,
    )


def cuffs(left: Panel, *, half: float, deep: float, material: str = "cloth") -> tuple[list[Panel], list[tuple[str, str]]]:
    """Bands on the sleeves' ends, and their seams."""
    end = float(left.edges["hem"][0, 1]) * 100
    wide = float(left.edges["hem"][-1, 0]) * 100

    def place(flat: Array) -> Array:
        return left.place(flat * [wide / half, 1.0])

    cuff = Panel(
        "left_cuff",
        {
            "bottom": line((-half, end - deep), (half, end - deep)),
            "right": line((half, end - deep), (half, end)),
            "top": line((half, end), (-half, end)),
            "left": line((-half, end), (-half, end - deep)),
        },
        place,
        material,
    )
    seams = [(f"{side}_cuff.top", f"{side}_sleeve.hem") for side in ("left", "right")]
    seams += [(f"{side}_cuff.left", f"{side}_cuff.right") for side in ("left", "right")]
    return [cuff, mirrored(cuff, "right_cuff", other_side(place))], seams


def stand(torso: Torso, high: float, *, lean: float = 0.35, material: str = "cloth", gap: float = 0.0, snug: float = 1.0) -> Panel:
    """A band that stands on the neckline, open in the middle of the front; `snug` is its top's length as a share of its bottom's."""
    front, back = torso.panels()
    half_back, half_front = back.length("neck") * 50, front.length("neck_right") * 100
    half = half_back + half_front
    top = half * snug - gap
    bow = 0.9
    bottom = [(-half, bow), (-half_back, 0.12), (half_back, 0.12), (half, bow)]
    return Panel(
        "stand",
        {
            "bottom_left": line(*bottom[:2]),
            "bottom": line(bottom[1], (0, 0), bottom[2]),
            "bottom_right": line(*bottom[2:]),
            "right": line((half, bow), (top, high + bow * 0.8)),
            "top": line((top, high + bow * 0.8), (0, high), (-top, high + bow * 0.8)),
            "left": line((-top, high + bow * 0.8), (-half, bow)),
        },
        lambda flat: _ring(flat * [-1, 1], half / 100, 0.0, lean),
        material,
    )


def collar(of: Panel, *, deep: float, point: float, spread: float = 3.0, material: str = "cloth") -> Panel:
    """A collar that is folded over a stand's top: `deep` behind, `point` long in front, its points `spread` beyond its ends."""
    half = of.length("top") * 50
    high = float(of.edges["top"][1, 1])
    tip = (half + spread, -point)

    def place(flat: Array) -> Array:
        down = np.clip(-flat[:, 1], 0, None)
        turned = np.column_stack([-flat[:, 0], high - down * 0.75])
        ring = _ring(turned, half / 100, 0.0, 0.35)
        out = ring - [0.0, 0.0, -0.015]
        out[:, 1] = 0
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        return ring + out * (0.008 + 0.75 * down)[:, None]

    return Panel(
        "collar",
        {
            "bottom": line(
                (-tip[0], tip[1]),
                (-half * 0.6, -deep - (point - deep) * 0.25),
                (0, -deep),
                (half * 0.6, -deep - (point - deep) * 0.25),
                tip,
            ),
            "right": line(tip, (half, 0)),
            "top": line((half, 0), (-half, 0)),
            "left": line((-half, 0), (-tip[0], tip[1])),
        },
        place,
        material,
    )


def shawl(torso: Torso, *, deep: float, behind: float, material: str = "cloth") -> tuple[Panel, list[tuple[str, str]]]:
    """A collar folded outwards over a whole neckline with a straight front, `deep` on the chest and less `behind`; and its folds."""
    front, back = torso.panels()
    down, half_back = front.length("neck_right") * 100, back.length("neck") * 50
    half = down + half_back
    rim = np.vstack([back.place(_edge(back, "neck"))[len(_edge(back, "neck")) // 2 :], front.place(_edge(front, "neck_right"))])
    along = np.append(0, np.cumsum(np.linalg.norm(np.diff(rim, axis=0), axis=1)))
    along *= half / 100 / along[-1]

    def place(flat: Array) -> Array:
        side, reach = -np.sign(flat[:, 0]), np.abs(flat[:, 0])
        at = np.column_stack([np.interp(reach, along, rim[:, axis]) for axis in range(3)])
        share = np.clip(reach / (half / 100), 0, 1)
        stops = [0, half_back / half, 0.75, 1]
        way = np.column_stack(
            [np.interp(share, stops, values) for values in ([0.0, 0.85, 0.9, 0.9], [-0.75, -0.45, 0.15, 0.3], [-1.5, -0.2, 0.1, 0.1])]
        )
        found = (
            at
            + way * np.clip(-flat[:, 1], 0, None)[:, None]
            + np.column_stack([0.5 * way[:, 0], 0 * share + 0.2, np.where(share < 0.3, -1, 1.0)]) * 0.012
        )
        return np.asarray(found * np.column_stack([side, np.ones_like(side), np.ones_like(side)]))

    wide = [(-half, 0), (-half * 0.80, -deep * 0.86), (-half * 0.60, -deep), (-half_back, -behind * 1.08), (0, -behind)]
    bottom = [*wide, *((-x, y) for x, y in reversed(wide[:-1]))]
    panel = Panel(
        "shawl",
        {
            "bottom": line(*bottom),
            "top_right": line((half, 0), (half_back, 0)),
            "top": line((half_back, 0), (-half_back, 0)),
            "top_left": line((-half_back, 0), (-half, 0)),
        },
        place,
        material,
    )
    return panel, [("front.neck_left", "shawl.top_right"), ("back.neck", "shawl.top"), ("front.neck_right", "shawl.top_left")]


def flare(name: str, place: Place, *, radius: float, spread: float, long: float) -> Panel:
    """Half of a skirt, cut from a ring: `radius` of the waist and length in metres, angle in radians."""
    turn = np.linspace(-spread / 2, spread / 2, 25)
    arc = np.column_stack([np.sin(turn), -np.cos(turn)])
    outer = radius + long
    sides = {"right": np.stack([outer * arc[-1], radius * arc[-1]]), "left": np.stack([radius * arc[0], outer * arc[0]])}
    return Panel(name, {"hem": outer * arc, "right": sides["right"], "waist": radius * arc[::-1], "left": sides["left"]}, place)


def _edge(panel: Panel, name: str) -> Array:
    points = panel.edges[name]
    if len(points) > 2:
        return points
    return np.asarray(points[0] + (points[1] - points[0]) * np.linspace(0, 1, 9)[:, None])


def _ring(flat: Array, half: float, lift: float, lean: float) -> Array:
    """Around the neck, x from the middle of the back towards the body's left, y upwards."""
    turn = flat[:, 0] / half * np.pi * 0.96
    radius = np.maximum(half / np.pi - lean * 0.25 * flat[:, 1], 0.062)
    front = 0.5 - 0.5 * np.cos(turn)
    height = 1.462 - 0.062 * front + flat[:, 1] * (1 - 0.3 * front) + lift
    return np.column_stack([radius * np.sin(turn), height, -radius * np.cos(turn) * 1.05 - 0.012 + 0.020 * front])
