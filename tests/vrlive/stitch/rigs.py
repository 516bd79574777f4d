"""Rigs of many kinds, and pictures that their lenses take of one made-up world."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, pi, radians

import numpy as np

from vrlive.capture.demo import demo_rig
from vrlive.colour import from_light, rgb_to_codes
from vrlive.frames import BLACK, Picture
from vrlive.projection.lenses import focal, inside, unproject
from vrlive.projection.rig import Array, Circle, KannalaBrandt, Lens, PanoTools, Rectangle, Rig, Vignetting
from vrlive.rigs import equirect_rig
from vrlive.units import Size

WAVES = 24
SHORTEST_WAVE_RAD = radians(4)


@dataclass(frozen=True, slots=True)
class Case:
    """A rig, and how far its scene is."""

    rig: Rig
    distance_m: float = inf


def dual_fisheye() -> Rig:
    """Two circles of unlike size in one frame, as dual-fisheye cameras write them."""
    frame = Size(320, 160)
    left = Lens("left", 0, frame, "equidistant", 43.5, (80.3, 79.1), crop=Circle(80.3, 79.1, 77), yaw=pi, roll=0.2, pitch=-0.02)
    right = replace(left, name="right", focal_px=44.1, centre_px=(240.8, 80.2), crop=Circle(240.8, 80.2, 78), yaw=0.05, roll=-0.2)
    return Rig((left, right), "dual", 1)


def cube() -> Rig:
    """Six rectilinear cameras, two of them up and down, one upside down."""
    frame = Size(160, 160)
    width = focal("rectilinear", 80, radians(100) / 2)
    turns = [(0, 0, 0), (pi / 2, 0, 0), (pi, 0, pi), (-pi / 2, 0, 0.1), (0, pi / 2, 0), (0, -pi / 2, 0)]
    lenses = [
        Lens(f"face {index}", index, frame, "rectilinear", width, (80, 80), yaw=yaw, pitch=pitch, roll=roll)
        for index, (yaw, pitch, roll) in enumerate(turns)
    ]
    return Rig(tuple(lenses), "cube", 6)


def turned_equirect() -> Rig:
    """A whole panorama from a camera that hangs askew: its ±180° line runs through the picture."""
    rig = equirect_rig(Size(256, 128))
    return replace(rig, lenses=(replace(rig.lenses[0], yaw=0.7, pitch=0.4, roll=-1.1),))


def masked() -> Rig:
    """Fisheyes of which parts are cut off, or hidden by a tripod and by the rig itself."""
    rig = demo_rig(0, 160)
    tripod = ((60.0, 160.0), (80.0, 100.0), (100.0, 160.0))
    bar = ((0.0, 20.0), (40.0, 30.0), (40.0, 50.0), (0.0, 60.0))
    changes = [{"masks": (tripod,)}, {"crop": Rectangle(10, 20, 150, 150)}, {"masks": (tripod, bar)}, {}, {}, {"max_angle_rad": 1.4}]
    return replace(rig, lenses=tuple(replace(lens, **change) for lens, change in zip(rig.lenses, changes, strict=True)))  # type: ignore[arg-type]  # each is a field of Lens


def distorted() -> Rig:
    """Lenses with the distortions of Hugin and of OpenCV, one with pixels that are not square."""
    rig = demo_rig(0, 160)
    hugin = PanoTools(a=0.01, b=-0.03, c=0.02, g=1.5, t=-1.0)
    opencv = KannalaBrandt(0.02, -0.004, 0.001, 0.0)
    changes = [{"distortion": hugin}, {"distortion": opencv}] * 3
    lenses = [replace(lens, **change) for lens, change in zip(rig.lenses, changes, strict=True)]  # type: ignore[arg-type]  # as above
    lenses[0] = replace(lenses[0], aspect=0.97)
    return replace(rig, lenses=tuple(lenses))


def partial() -> Rig:
    """One camera that sees a quarter of the sphere, and one that looks straight up."""
    frame = Size(240, 120)
    wide = Lens("wide", 0, frame, "cylindrical", 90, (120, 60), yaw=3.0)
    up = Lens("up", 1, frame, "stereographic", 60, (120, 60), pitch=pi / 2, max_angle_rad=1.2)
    return Rig((wide, up), "partial", 2)


def patched() -> Rig:
    """Six fisheyes, and a logo that looks up from the floor: a still picture with a circle cut out of it."""
    rig = demo_rig(0, 160)
    frame = Size(64, 64)
    width = focal("rectilinear", 32, radians(30))
    logo = Lens("logo", 6, frame, "rectilinear", width, (32, 32), crop=Circle(32, 32, 30), pitch=-pi / 2, patch=True)
    return Rig((*rig.lenses, logo), "patched", 7)


def vignetted() -> Rig:
    """Fisheyes that lose a stop towards their edges, one of them away from its middle."""
    rig = demo_rig(0, 160)
    loss = [Vignetting(-0.5, -0.3, 0.05, (80, 80)), Vignetting(-0.4, 0, 0, (70, 90)), None] * 2
    return replace(rig, lenses=tuple(replace(lens, vignetting=each) for lens, each in zip(rig.lenses, loss, strict=True)))


def halved() -> Rig:
    """Six fisheyes, of one of which two halves that overlap come as lenses of their own, up to where its model ends."""
    rig = demo_rig(0, 160)
    whole = replace(rig.lenses[0], max_angle_rad=1.3)
    halves = [replace(whole, name=f"half {left}", crop=Rectangle(left, 0, left + 90, 160)) for left in (0, 70)]
    return replace(rig, lenses=(*halves, *rig.lenses[1:]))


CASES = {
    "six fisheyes": Case(demo_rig(0, 160)),
    "six fisheyes that stand apart": Case(demo_rig(0.05, 160), 1.5),
    "two fisheyes in one frame": Case(dual_fisheye()),
    "a cube of rectilinear cameras": Case(cube()),
    "a turned equirect camera": Case(turned_equirect()),
    "an equirect camera": Case(equirect_rig(Size(256, 128))),
    "masks and crops": Case(masked()),
    "distorted lenses": Case(distorted()),
    "part of the sphere": Case(partial()),
    "a logo on the floor": Case(patched()),
    "halves of one picture": Case(halved()),
}


def light(directions: Array, shortest_rad: float = SHORTEST_WAVE_RAD) -> Array:
    """Linear R, G, B in 0.05…0.6 of the made-up world, (..., 3): waves of all directions, up to a finest."""
    chance = np.random.default_rng(7)
    heading = chance.normal(size=(WAVES, 3))
    heading /= np.linalg.norm(heading, axis=1, keepdims=True)
    waves = heading * chance.uniform(2, 2 * pi / shortest_rad, (WAVES, 1))
    strength = chance.normal(size=(WAVES, 3)) / np.sqrt(WAVES)
    swing = np.sin(np.nan_to_num(directions) @ waves.T + chance.uniform(0, 2 * pi, WAVES)) @ strength
    return np.asarray(0.25 * np.exp(np.clip(0.6 * swing, -1.6, 0.85)))


def photograph(rig: Rig, distance_m: float = inf, errors_ev: Array | None = None) -> list[Picture]:
    """What the rig's inputs take of the world, each lens with an exposure error (lenses, 3)."""
    sizes = {lens.input: lens.frame for lens in rig.lenses}
    planes = {index: np.tile(np.array(BLACK, np.float64), (size.height, size.width, 1)) for index, size in sizes.items()}
    for index, lens in enumerate(rig.lenses):
        x, y = np.meshgrid(np.arange(lens.frame.width) + 0.5, np.arange(lens.frame.height) + 0.5)
        places = np.stack([x, y], -1)
        looking = unproject(lens, places, distance_m)
        seen = inside(lens, places) & np.isfinite(looking).all(-1)
        error = (1 if errors_ev is None else 2 ** errors_ev[index]) * loss(lens, places[seen])
        planes[lens.input][seen] = rgb_to_codes(from_light(np.clip(light(looking[seen]) * error, 0, 1)))
    return [to_picture(planes[index]) for index in range(rig.inputs)]


def loss(lens: Lens, places: Array) -> Array | float:
    """Share of the light that is left at px (n, 2): (n, 1)."""
    if lens.vignetting is None:
        return 1.0
    square = (((places - lens.vignetting.centre_px) / (np.hypot(*lens.frame) / 2)) ** 2).sum(-1, keepdims=True)
    return np.asarray(1 + lens.vignetting.b * square + lens.vignetting.c * square**2 + lens.vignetting.d * square**3)


def to_picture(codes: Array) -> Picture:
    """Unrounded codes (height, width, 3) as a picture."""
    height, width, _ = codes.shape
    halved = codes.reshape(height // 2, 2, width // 2, 2, 3).mean((1, 3))
    y, u, v = (np.rint(np.clip(plane, 0, 255)).astype(np.uint8) for plane in (codes[..., 0], halved[..., 1], halved[..., 2]))
    return Picture(np.ascontiguousarray(y), np.ascontiguousarray(u), np.ascontiguousarray(v))


def without(pictures: Sequence[Picture], *lost: int) -> list[Picture | None]:
    """The pictures, some of them lost."""
    return [None if index in lost else picture for index, picture in enumerate(pictures)]
