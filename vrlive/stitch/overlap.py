"""How well lenses agree where several see the same: what `vrlive score` says of a rig and its stitch.

All of it is plain NumPy on a small panorama: nobody waits for it, and it must be right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import inf, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vrlive.colour import codes_to_rgb, to_light
from vrlive.frames import Picture
from vrlive.projection import lenses
from vrlive.projection.outputs import Face
from vrlive.projection.rig import Rig
from vrlive.stitch.reference import divide, looking_of, sample
from vrlive.stitch.score import latitude_weights

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

DARKEST, BRIGHTEST = 12.0, 243.0  # codes outside say little
FEWEST = 40  # pixels: less of an overlap is not judged


@dataclass(frozen=True, slots=True)
class Seen:
    """What all lenses see of a panorama.

    Attributes
    ----------
    luma
        (lenses, height, width) codes, NaN where a lens sees nothing.
    light
        (lenses, height, width) linear light, green's worth of it.
    shares
        (lenses, height, width) of the stitch.
    """

    luma: Array
    light: Array
    shares: Array

    @property
    def sees(self) -> Mask:
        """Whether a lens sees there."""
        return np.isfinite(self.luma)


@dataclass(frozen=True, slots=True)
class PairScore:
    """Two lenses where both see.

    Attributes
    ----------
    first, second
        Their names.
    overlap
        Share of the sphere that both see, 0…1.
    compared
        Share of that in which neither is too dark or too bright to be compared.
    ncc
        Normalised cross-correlation of luma there, −1…1.
    sharpness
        Detail of the less sharp over that of the sharper one, 0…1: blur raises `ncc`.
    exposure_ev
        How much brighter the second is.
    """

    first: str
    second: str
    overlap: float
    compared: float
    ncc: float
    sharpness: float
    exposure_ev: float


def look(rig: Rig, pictures: Sequence[Picture], face: Face, *, feather_rad: float, distance_m: float = inf) -> Seen:
    """Sample all lenses at the pixels of a face. Patches see nothing."""
    looking = looking_of(face, 1)
    luma, light = (np.full((len(rig.lenses), *looking.shape[:2]), np.nan) for _ in range(2))
    for index, lens in enumerate(rig.lenses):
        if lens.patch:
            continue
        picture = pictures[lens.input]
        xy, valid = lenses.project(lens, looking, distance_m)
        codes = np.stack([sample(plane, xy, step) for plane, step in zip(picture.planes, (1, 2, 2), strict=True)], axis=-1)
        luma[index] = np.where(valid, codes[..., 0], np.nan)
        light[index] = np.where(valid, to_light(codes_to_rgb(codes))[..., 1], np.nan)
    return Seen(luma, light, divide(rig, looking, [True] * len(rig.lenses), feather_rad, distance_m))


def score_pairs(rig: Rig, seen: Seen) -> list[PairScore]:
    """All pairs that overlap."""
    weights = _weights(seen)
    found = []
    for first, second in combinations(range(len(rig.lenses)), 2):
        both = seen.sees[first] & seen.sees[second]
        usable = both & _usable(seen.luma[first]) & _usable(seen.luma[second])
        if np.count_nonzero(usable) < FEWEST:
            continue
        one, two = seen.luma[first][usable], seen.luma[second][usable]
        ratio = np.log(np.maximum(seen.light[second][usable], 1e-6) / np.maximum(seen.light[first][usable], 1e-6))
        detail = sorted(_detail(seen.luma[index], usable) for index in (first, second))
        found.append(
            PairScore(
                first=rig.lenses[first].name,
                second=rig.lenses[second].name,
                overlap=float(weights[both].sum()),
                compared=float(weights[usable].sum() / weights[both].sum()),
                ncc=correlation(one, two),
                sharpness=detail[0] / detail[1] if detail[1] > 0 else 1.0,
                exposure_ev=float(np.median(ratio)) / log(2),
            )
        )
    return found


def seen_twice_ncc(seen: Seen) -> float | None:
    """NCC over all pixels that exactly two lenses see, as stitchEm scores a rig; None if there are too few."""
    twice = seen.sees.sum(0) == 2
    low, high = np.nanmin(np.where(twice, seen.luma, np.inf), 0), np.nanmax(np.where(twice, seen.luma, -np.inf), 0)
    usable = twice & (low > DARKEST) & (high < BRIGHTEST)
    if np.count_nonzero(usable) < FEWEST:
        return None
    order = np.argsort(~seen.sees, axis=0, kind="stable")[:2]
    one, two = np.take_along_axis(seen.luma, order, 0)
    return correlation(one[usable], two[usable])


def uncovered(seen: Seen) -> float:
    """Share of the sphere that no lens sees, 0…1."""
    return float(_weights(seen)[~seen.sees.any(0)].sum())


def seam_steps(rig: Rig, seen: Seen, panorama: Array) -> dict[tuple[str, str], float]:
    """Steps of luma over the seam of each pair, in codes: the mean difference of neighbours there, less that of those beside it."""
    owner = np.where(seen.sees.any(0), seen.shares.argmax(0), -1)
    found: dict[tuple[str, str], list[Array]] = {}
    for axis in (0, 1):
        one, two = _neighbours(owner, axis)
        across = np.abs(np.subtract(*_neighbours(panorama, axis)))
        before, after = (np.roll(across, shift, axis) for shift in (1, -1))
        seam = (one != two) & (one >= 0) & (two >= 0)
        for first, second in {tuple(sorted(pair)) for pair in zip(one[seam].tolist(), two[seam].tolist(), strict=True)}:
            here = seam & (np.minimum(one, two) == first) & (np.maximum(one, two) == second)
            excess = across[here] - (before[here] + after[here]) / 2
            found.setdefault((rig.lenses[first].name, rig.lenses[second].name), []).append(excess)
    return {pair: float(np.concatenate(parts).mean()) for pair, parts in found.items()}


def disagreement(seen: Seen) -> Array:
    """Largest difference of luma between lenses that see a pixel (height, width), in codes; NaN where fewer than two do."""
    several = seen.sees.sum(0) > 1
    high = np.max(np.where(seen.sees, seen.luma, -np.inf), 0)
    low = np.min(np.where(seen.sees, seen.luma, np.inf), 0)
    return np.where(several, np.where(several, high, 0) - np.where(several, low, 0), np.nan)


def seam_band(seen: Seen) -> Mask:
    """Pixels that several lenses share."""
    return np.asarray((seen.shares > 0.01).sum(0) > 1)


def correlation(one: Array, two: Array) -> float:
    """Normalised cross-correlation of two lists; 0 if one of them is all alike."""
    if one.std() < 1e-9 or two.std() < 1e-9:
        return 0.0
    return float(np.corrcoef(one, two)[0, 1])


def _weights(seen: Seen) -> Array:
    """Share of the sphere of each pixel."""
    weights = np.broadcast_to(latitude_weights(seen.luma.shape[1]), seen.luma.shape[1:])
    return np.asarray(weights / weights.sum())


def _usable(luma: Array) -> Mask:
    return np.asarray((luma > DARKEST) & (luma < BRIGHTEST))


def _detail(luma: Array, where: Mask) -> float:
    """Mean square of differences to the right neighbour, where both are wanted, after the contrast: independent of exposure."""
    one, two = _neighbours(luma, 1)
    both = where & np.roll(where, -1, 1)
    spread = luma[where].std()
    return float(((one - two)[both] ** 2).mean() / spread**2) if both.any() and spread > 1e-9 else 0.0


def _neighbours(values: NDArray[Any], axis: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Values and those to the right of them or below, around ±180°; the last row below itself."""
    if axis == 1:
        return values, np.roll(values, -1, 1)
    return values, np.concatenate([values[1:], values[-1:]])
