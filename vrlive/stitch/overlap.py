"""What each lens of a rig sees of the sphere, laid side by side on one equirectangular grid, and compared where two see the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import inf

import numpy as np
from numpy.typing import NDArray

from vrlive.colour import codes_to_rgb, to_light
from vrlive.frames import Picture
from vrlive.projection import lenses
from vrlive.projection.outputs import Face
from vrlive.projection.rig import Lens, Rig
from vrlive.stitch.photometry import EXPONENT, LUMA_PIVOT, colour_matrices
from vrlive.stitch.reference import brightening, divide, sample
from vrlive.stitch.score import latitude_weights
from vrlive.units import Size

Array = NDArray[np.float64]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

ROWS = 64  # rows looked at at a time, so that a large grid needs little memory
SMALLEST_OVERLAP = 1e-4  # of the sphere: lenses that see less of the same are no pair
DARKEST, BRIGHTEST = 12 / 255, 243 / 255  # outside, codes say little about light
NEAR_SEAM = 0.25  # share of the lesser of two
FEWEST_SAMPLES = 40  # fewer say nothing of an exposure
NEAR_EV = 0.7  # farther from the middle is another thing, not another exposure
ROUNDS = 5
FLAT = 1.0  # variance in codes²: what is as even is no picture to compare


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two lenses that see the same.

    Attributes
    ----------
    first, second
        The lenses.
    overlap
        (height, width) what both see by their calibration, and no patch hides.
    compared
        (height, width) where of that both have all four source pixels around.
    blend
        (height, width) where the panorama is blended of these two; nowhere if they share no seam.
    near
        (height, width) where of that neither has less than a quarter, close to the seam; of lenses that share none, all of `overlap`.
    """

    first: int
    second: int
    overlap: Mask
    compared: Mask
    blend: Mask
    near: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Overlaps:
    """A rig's lenses on a grid of directions.

    Attributes
    ----------
    rig
        What was looked at.
    seen
        (lenses, height, width) what each lens sees.
    shares
        (lenses, height, width) float32 share of each in the panorama.
    weights
        (height, 1) area of a site, up to a factor.
    pairs
        All lenses that overlap, two by two.
    """

    rig: Rig
    seen: Mask
    shares: Floats
    weights: Array
    pairs: tuple[Pair, ...]
    _places: tuple[Floats, ...]  # px (n, 2) of each lens' frame, of the sites that it sees

    @property
    def owner(self) -> NDArray[np.intp]:
        """(height, width) the lens with the largest share, −1 where nothing is seen."""
        return np.where(self.covered, self.shares.argmax(0), -1)

    @property
    def covered(self) -> Mask:
        """(height, width) what any lens sees."""
        return np.asarray(self.shares.sum(0) > 0)

    @property
    def blended(self) -> Mask:
        """(height, width) what is blended of several lenses."""
        return np.asarray((self.shares > 0).sum(0) > 1)

    def share_of_sphere(self, mask: Mask) -> float:
        """Area where `mask` (height, width) is true, 0…1."""
        return float(np.average(mask, weights=np.broadcast_to(self.weights, mask.shape)))

    def codes(self, pictures: Sequence[Picture]) -> Floats:
        """Y, U and V codes (lenses, height, width, 3) that the lenses show, NaN where they see nothing."""
        found = np.full((*self.seen.shape, 3), np.nan, np.float32)
        for index, (lens, places) in enumerate(zip(self.rig.lenses, self._places, strict=True)):
            planes = zip(pictures[lens.input].planes, (1, 2, 2), strict=True)
            found[index, self.seen[index]] = np.stack([sample(plane, places.astype(np.float64), step) for plane, step in planes], -1)
        return found

    def luma(self, codes: Floats, gains_ev: Array) -> Floats:
        """Luma codes (lenses, height, width) of `codes` after exposure gains (lenses, 3), vignetting given back: what is blended."""
        found = np.full(self.seen.shape, np.nan, np.float32)
        for index, matrix in enumerate(colour_matrices(gains_ev)[:, 0]):
            matched = codes[index, self.seen[index]] @ matrix[:3] + matrix[3]
            found[index, self.seen[index]] = LUMA_PIVOT + self._bright(index) * (matched - LUMA_PIVOT)
        return found

    def exposure_ev(self, codes: Floats, pair: Pair) -> Array | None:
        """How much brighter the second lens of a pair is, in R, G and B, in EV, where they meet; None: nothing usable there."""
        places = pair.near & pair.compared
        light = [self._light_ev(codes, index, places) for index in (pair.first, pair.second)]
        apart = light[1] - light[0]
        usable = np.isfinite(apart).all(-1)
        if np.count_nonzero(usable) < FEWEST_SAMPLES:
            return None
        area = np.broadcast_to(self.weights, places.shape)[places][usable]
        return np.array([typical(apart[usable, channel], area) for channel in range(3)])

    def _light_ev(self, codes: Floats, index: int, places: Mask) -> Array:
        """Light (n, 3) of a lens at some places, in EV; NaN where it is too dark or too bright to say."""
        rgb = codes_to_rgb(codes[index, places])
        usable = ((rgb > DARKEST) & (rgb < BRIGHTEST)).all(-1, keepdims=True)
        lost = np.ones(self.seen.shape[1:])
        lost[self.seen[index]] = self._bright(index)
        return np.where(usable, np.log2(np.maximum(to_light(rgb), 1e-6)) + np.log2(lost[places])[:, np.newaxis] / EXPONENT, np.nan)

    def _bright(self, index: int) -> Array | float:
        return brightening(self.rig.lenses[index], self._places[index].astype(np.float64))


def lay_out(rig: Rig, size: Size, *, feather_rad: float, distance_m: float = inf, step: int = 1) -> Overlaps:
    """Find what the lenses of a rig see, on the pixels of a panorama, or on every `step`-th one each way.

    The other arguments are those of `plan_stitch`.
    """
    face = Face(size)
    columns, rows = (np.arange(step // 2, length, step) + 0.5 for length in size)
    bands = [face.looking(*np.meshgrid(columns, rows[top : top + ROWS])) for top in range(0, len(rows), ROWS)]
    present = [True] * len(rig.lenses)
    shares = np.concatenate([divide(rig, band, present, feather_rad, distance_m).astype(np.float32) for band in bands], axis=1)
    found = [_seen(lens, bands, distance_m) for lens in rig.lenses]
    seen, places = np.stack([each for each, _ in found]), tuple(each for _, each in found)
    weights = latitude_weights(size.height)[step // 2 :: step]
    whole = np.stack([_whole(lens, each, at) for lens, each, at in zip(rig.lenses, seen, places, strict=True)])
    return Overlaps(rig, seen, shares, weights, tuple(_pairs(rig, seen, whole, shares, weights)), places)


def ncc(first: Floats, second: Floats, mask: Mask, weights: Array) -> float | None:
    """Normalised cross-correlation of two lumas (height, width) where `mask` is true, by area; None if one of them is even there.

    It is blind to brightness and contrast as a whole.
    """
    area = np.broadcast_to(weights, mask.shape)[mask]
    a, b = (each[mask] - np.average(each[mask], weights=area) for each in (first, second))
    variances = np.average(a * a, weights=area), np.average(b * b, weights=area)
    if min(variances) < FLAT:
        return None
    return float(np.average(a * b, weights=area) / np.sqrt(variances[0] * variances[1]))


def typical(values: Array, weights: Array) -> float:
    """The value (n,) around which most weight lies: a mean of what is near it, for things that lenses see differently are far from it."""
    order = np.argsort(values)
    below = np.cumsum(weights[order])
    centre = float(values[order][np.searchsorted(below, below[-1] / 2)])
    for _ in range(ROUNDS):
        near = np.abs(values - centre) <= NEAR_EV
        centre = float(np.average(values[near], weights=weights[near]))
    return centre


def _seen(lens: Lens, bands: Sequence[Array], distance_m: float) -> tuple[Mask, Floats]:
    """What a lens sees (height, width), and px (n, 2) of its frame there."""
    found = [lenses.project(lens, band, distance_m) for band in bands]
    seen = np.concatenate([valid for _, valid in found])
    return seen, np.concatenate([xy[valid].astype(np.float32) for xy, valid in found])


def _whole(lens: Lens, seen: Mask, places: Floats) -> Mask:
    """Where (height, width) all four source pixels that make a luma sample are picture."""
    whole, upper_left = seen.copy(), np.floor(places - 0.5) + 0.5
    for corner in ((0, 0), (1, 0), (0, 1), (1, 1)):
        whole[seen] &= lenses.inside(lens, upper_left + np.array(corner, np.float32))
    return whole


def _pairs(rig: Rig, seen: Mask, whole: Mask, shares: Floats, weights: Array) -> list[Pair]:
    cameras = [index for index, lens in enumerate(rig.lenses) if not lens.patch]
    free = np.ones(seen.shape[1:], np.bool_)
    for index in set(range(len(rig.lenses))) - set(cameras):
        free &= shares[index] == 0
    total = float(weights.sum()) * seen.shape[2]
    found = []
    for first, second in combinations(cameras, 2):
        overlap = seen[first] & seen[second] & free
        if float((overlap * weights).sum()) < SMALLEST_OVERLAP * total:
            continue
        less = np.minimum(shares[first], shares[second])
        blend, near = overlap & (less > 0), overlap & (less >= NEAR_SEAM)
        found.append(Pair(first, second, overlap, overlap & whole[first] & whole[second], blend, near if near.any() else overlap))
    return found
