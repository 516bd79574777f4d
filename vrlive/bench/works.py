"""What the stitchers are measured on: two rigs, and pictures that their lenses take of a drawn world full of detail."""

from dataclasses import dataclass
from functools import lru_cache
from math import pi, radians

import numpy as np

from vrlive.frames import Picture
from vrlive.projection.lenses import unproject
from vrlive.projection.rig import Array, Circle, Lens, Rig
from vrlive.units import Size

NOISE_CODES = 2.0
FEATHER_RAD = radians(12)


@dataclass(frozen=True, slots=True)
class Work:
    """A rig to be stitched to a size."""

    rig: Rig
    size: Size

    @property
    def name(self) -> str:
        """As it stands in the table."""
        return f"{self.rig.name} to {self.size}"


def dual() -> Rig:
    """Two 200° fisheyes back to back, circles of 1440 px."""
    focal_px = 720 / radians(100)
    frame, centre = Size(1440, 1440), (720.0, 720.0)
    lenses = [
        Lens(name, i, frame, "equidistant", focal_px, centre, crop=Circle(720, 720, 720), yaw=i * pi)
        for i, name in enumerate(("front", "back"))
    ]
    return Rig(tuple(lenses), "dual fisheye", 2)


def six() -> Rig:
    """Six 1080p fisheyes in a ring, mounted upright: 160° high, 90° wide; slightly askew, as real ones are."""
    focal_px = 1920 / radians(160)
    lenses = [
        Lens(f"camera {i}", i, Size(1080, 1920), "equidistant", focal_px, (540.0, 960.0), yaw=i * pi / 3 + 0.01, roll=0.01 * (i - 2))
        for i in range(6)
    ]
    return Rig(tuple(lenses), "six 1080p", 6)


def exposures_ev(rig: Rig) -> Array:
    """What the lenses' exposures differ by: (lenses, 3), of R, G and B."""
    return np.random.default_rng(4).uniform(-0.3, 0.3, (len(rig.lenses), 3))


def world(looking: Array) -> Array:
    """Y, U and V in 0…1 of directions (..., 3): waves from broad to fine, and edges."""
    x, y, z = np.moveaxis(np.nan_to_num(looking), -1, 0)
    yaw, pitch = np.arctan2(x, -z), np.arcsin(np.clip(y, -1, 1))
    luma = 0.5 + 0.2 * np.sin(9 * x + 3 * y) + 0.12 * np.sin(60 * y + 20 * z) + 0.05 * np.sin(180 * z + 150 * x)
    luma = luma + 0.1 * np.sign(np.sin(24 * yaw) * np.sin(24 * pitch))
    return np.stack([luma, 0.5 + 0.3 * np.sin(5 * x + 7 * z), 0.5 + 0.3 * np.cos(6 * y - 4 * x)], axis=-1)


@lru_cache(maxsize=2)
def photograph(rig: Rig) -> tuple[Picture, ...]:
    """What the rig's cameras see of the world, with noise, one for each input; seconds for a rig not seen before."""
    chance = np.random.default_rng(1)
    return tuple(_photograph(lens, chance) for lens in rig.lenses)


def _photograph(lens: Lens, chance: np.random.Generator) -> Picture:
    codes = [
        16 + 219 * _seen(lens, 1)[..., 0] + chance.normal(0, NOISE_CODES, (lens.frame.height, lens.frame.width)),
        *(16 + 224 * np.moveaxis(_seen(lens, 2)[..., 1:], -1, 0)),
    ]
    y, u, v = (np.clip(np.rint(plane), 0, 255).astype(np.uint8) for plane in codes)
    return Picture(y, u, v)


def _seen(lens: Lens, step: int) -> Array:
    x, y = np.meshgrid(np.arange(step / 2, lens.frame.width, step), np.arange(step / 2, lens.frame.height, step))
    return world(unproject(lens, np.stack([x, y], -1)))
