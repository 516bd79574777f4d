"""The light of the live picture: what falls on a garment from every direction of the room.

Sources: Ramamoorthi & Hanrahan 2001 (irradiance by spherical harmonics of order 2); Karis 2013 (GGX-prefiltered reflections).
Both are linear in the picture, so that they are matrices made once.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vrlive import colour
from vrlive.frames import Picture, Plane
from vrlive.projection.equirect import directions
from vrlive.projection.kernels import kernel
from vrlive.units import Size

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

SIZE: Final = Size(128, 64)  # of the small picture of the room's light
LEVELS: Final = 5  # of reflections, roughness 0, ¼, ½, ¾, 1
_ALBEDO: Final = 0.5  # share of light that the surfaces of a room give back, on average
_WHITE: Final = 1.0  # and the most light there can be: white cloth in it is not whiter than white
_LAMPS: Final = 6  # power of brightness that tells lamps and windows from walls
PARTS: Final = 4  # bands in which a picture is looked at, so that no frame has to spare the time for all of it: about 4 ms each


@dataclass(frozen=True)
class Light:
    """A room's light as the shaders take it.

    Attributes
    ----------
    radiance
        (64, 128, 3) float32 linear light R, G, B by direction, as an equirectangular picture.
    irradiance
        (9, 3) float32 coefficients of the light that falls on a surface, over π.
    reflections
        (64, 128, 3) float32 and each next one half the size: the room mirrored in surfaces of growing roughness.
    """

    radiance: Floats
    irradiance: Floats
    reflections: tuple[Floats, ...]

    @classmethod
    def from_radiance(cls, radiance: Floats) -> "Light":
        """Light of a room that looks like `radiance`, (64, 128, 3) linear."""
        small = _halved(radiance).reshape(-1, 3)
        rough = ((_mirror(level) @ small).reshape(SIZE.height >> level, -1, 3) for level in range(1, LEVELS))
        irradiance = (_harmonics() @ radiance.reshape(-1, 3)).astype(np.float32)
        return cls(radiance, irradiance, (radiance, *rough))

    def distance(self, other: "Light") -> float:
        """How much `other` lights a garment differently: 0.02 is two per cent."""
        return float(np.linalg.norm(self.irradiance - other.irradiance)) / max(float(np.linalg.norm(self.irradiance)), 1e-6)


def radiance_of(picture: Picture) -> Floats:
    """What the room looks like, small and in linear light, (64, 128, 3), lamps and windows brighter than video can show."""
    seen = np.zeros((SIZE.height, SIZE.width, 3), np.float32)
    for part in range(PARTS):
        look(picture, part, seen)
    return with_lamps(seen)


def look(picture: Picture, part: int, seen: Floats) -> None:
    """Take in one of `PARTS` bands of a picture, each of its chroma samples: linear light into `seen`, (64, 128, 3)."""
    rows = SIZE.height // PARTS
    _mean_light(*picture.planes, _decoding(), _to_light(), part * rows, (part + 1) * rows, seen)


def with_lamps(seen: Floats) -> Floats:
    """Give back to the brightest parts of a room, (64, 128, 3), the light that video clipped: inverse tone mapping.

    Surfaces are as bright as the light on them times their albedo; so the mean of what is seen tells how much light there is.
    What is missing to that came from lamps and windows: from what is above about nine tenths of the brightest. All other parts stay as
    they are seen. Brightness is that of the strongest colour: a blue lamp that clips is a lamp, however dark blue is to the eye.
    """
    brightness = seen.max(axis=-1)
    weight = (brightness / max(float(brightness.max()), 1e-6)) ** _LAMPS
    angles = solid_angles(SIZE).reshape(brightness.shape) / (4 * np.pi)
    mean, lamps = float(np.sum(angles * brightness)), float(np.sum(angles * brightness * weight))
    missing = min(mean / _ALBEDO, _WHITE) - mean
    return np.asarray(seen * (1 + max(missing, 0.0) / max(lamps, 1e-9) * weight[..., None]), np.float32)


def even_light(level: float = 0.5) -> Light:
    """The same light from everywhere, until the first picture has been seen."""
    return Light.from_radiance(np.full((SIZE.height, SIZE.width, 3), level, np.float32))


@cache
def _harmonics() -> Array:
    """Small picture to irradiance over π, (9, pixels)."""
    x, y, z = directions(SIZE).reshape(-1, 3).T
    basis = np.array(
        [
            np.full_like(x, 0.282095), 0.488603 * y, 0.488603 * z, 0.488603 * x, 1.092548 * x * y,
            1.092548 * y * z, 0.315392 * (3 * z * z - 1), 1.092548 * x * z, 0.546274 * (x * x - y * y),
        ]
    )  # fmt: skip
    lobe = np.array([1, 2 / 3, 2 / 3, 2 / 3, 1 / 4, 1 / 4, 1 / 4, 1 / 4, 1 / 4])
    return np.asarray(lobe[:, None] * basis * solid_angles(SIZE))


@cache
def _mirror(level: int) -> Floats:
    """Halved small picture to what a surface of roughness ``level / (LEVELS - 1)`` mirrors, (pixels out, pixels in)."""
    source = Size(SIZE.width // 2, SIZE.height // 2)
    target = Size(SIZE.width >> level, SIZE.height >> level)
    out, seen = (directions(size).reshape(-1, 3).astype(np.float32) for size in (target, source))
    cosine = np.clip(out @ seen.T, -1, 1)
    alpha_squared = (level / (LEVELS - 1)) ** 4
    half_squared = (1 + cosine) / 2  # (n·h)² where the view and the mirrored direction are the normal itself
    spread = alpha_squared / (half_squared * (alpha_squared - 1) + 1) ** 2
    weight = spread * np.maximum(cosine, 0) * solid_angles(source).astype(np.float32)
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))


@cache
def solid_angles(size: Size) -> Array:
    """Of an equirectangular picture's pixels, steradians, (height * width,)."""
    edges = np.sin(np.pi / 2 - np.arange(size.height + 1) / size.height * np.pi)
    return np.repeat((edges[:-1] - edges[1:]) * 2 * np.pi / size.width, size.width)


def _halved(image: Floats) -> Floats:
    height, width, _ = image.shape
    return np.asarray(image.reshape(height // 2, 2, width // 2, 2, 3).mean(axis=(1, 3)))


@cache
def _decoding() -> Floats:
    """Codes less their offsets to gamma-coded R, G, B, (3, 3)."""
    spans = np.array([colour.LUMA_SPAN, colour.CHROMA_SPAN, colour.CHROMA_SPAN])
    return np.asarray(colour.YCBCR_TO_RGB / spans, np.float32)


@cache
def _to_light() -> Floats:
    """Gamma-coded 0…1 in 1024 steps to linear light, (1024,)."""
    return colour.to_light(np.linspace(0, 1, 1024)).astype(np.float32)


@kernel
def _mean_light(
    y: Plane,  # (height, width)
    u: Plane,  # (height / 2, width / 2)
    v: Plane,
    decoding: Floats,  # (3, 3)
    to_light: Floats,  # (1024,)
    first: int,  # row of `out`
    last: int,
    out: Floats,  # (64, 128, 3)
) -> None:
    rows, columns, _ = out.shape
    height, width = u.shape
    for row in range(first, last):
        top, bottom = row * height // rows, max((row + 1) * height // rows, row * height // rows + 1)
        for column in range(columns):
            left, right = column * width // columns, max((column + 1) * width // columns, column * width // columns + 1)
            red = green = blue = np.float32(0)
            for j in range(top, bottom):
                for i in range(left, right):
                    luma = np.float32(
                        y[2 * j + ((i ^ j) & 1), 2 * i + (j & 1)]
                    )  # one of its four, in turn: light of their mean is no mean of light
                    a, b, c = luma - np.float32(16), np.float32(u[j, i]) - np.float32(128), np.float32(v[j, i]) - np.float32(128)
                    red += to_light[_step(decoding[0, 0] * a + decoding[0, 1] * b + decoding[0, 2] * c)]
                    green += to_light[_step(decoding[1, 0] * a + decoding[1, 1] * b + decoding[1, 2] * c)]
                    blue += to_light[_step(decoding[2, 0] * a + decoding[2, 1] * b + decoding[2, 2] * c)]
            sites = np.float32((bottom - top) * (right - left))
            out[row, column, 0], out[row, column, 1], out[row, column, 2] = red / sites, green / sites, blue / sites


@kernel
def _step(coded: np.float32) -> int:
    return int(min(max(coded, np.float32(0)), np.float32(1)) * np.float32(1023) + np.float32(0.5))
