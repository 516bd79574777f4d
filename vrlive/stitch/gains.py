"""Exposure and white balance of the cameras, matched live where their pictures overlap.

For each pair of lenses and each of R, G, B, the robust mean of ``ln(light_j / light_i)`` over the directions both see is what the gains
should differ by. Weighted least squares over all pairs gives the gains; as only differences are seen, their mean is held (or an anchor
lens keeps its exposure). Working with logarithms keeps the solution from sinking towards black, and trimming keeps out what the
lenses see differently: parallax, flare, a hand before one of them. A camera that flickers or is being covered is left out until it is
steady (`vrlive.stitch.steadiness`) and keeps its gains meanwhile; after a cut of the scene the next solution is taken over at once.

Pairs are compared close to their seam. There both lenses look equally far from their axes, so what they lose towards the edges of
their pictures (up to two stops in real fisheyes) is the same, and it is there that a step would show.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import exp, inf, log, radians

import numpy as np
from numpy.typing import NDArray

from vrlive.colour import codes_to_rgb, to_light
from vrlive.frames import Picture
from vrlive.projection import lenses
from vrlive.projection.kernels import kernel
from vrlive.projection.rig import Lens, Rig
from vrlive.stitch.plan import angle_scales
from vrlive.stitch.steadiness import Steadiness
from vrlive.stitch.tables import Table
from vrlive.units import Size

Array = NDArray[np.float64]

DIRECTIONS = 20_000  # looked at: one every 1.4°
SEAM_RAD = radians(3)  # compared are directions whose angles from the two axes differ by no more …
ENOUGH_SAMPLES = 200  # … or by more, where those are fewer than so many
BOX_PX = 4  # a sample is the mean of so many pixels square
DARKEST, BRIGHTEST = 12 / 255, 243 / 255  # outside, codes say little about light
FEWEST_SAMPLES = 40  # a pair that overlaps less says nothing
MAD_TO_SIGMA = 1.4826
NEAR, NEAREST = 0.5, 0.25  # ln units: farther from the median, then from the median of what is near, is another thing, not an exposure
FEWEST_NEAR = 0.35  # pictures that have nothing in common reach 0.25
DETAIL = 0.1  # ln units of standard deviation: less is a plain wall …
LEAST_LIKENESS = 0.25  # … and of more, both must know: their correlation
MEAN_WEIGHT = 1e-2  # of "the mean stays", beside the heaviest pair

SMOOTHING_S = 1.0
SLEW_EV_S = 0.125
SLEW_EV_FRAME = 0.005  # however few frames a second there are
RETURN = 1 / 240  # of the mean of all gains is taken back at each observation, so that it does not wander off in hours
DEAD_BAND_EV = 0.01
LARGEST_EV = 2.0


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two lenses and the samples both have."""

    first: int
    second: int
    samples: NDArray[np.intp]


class GainSolver:
    """Watches the overlaps and follows the cameras' exposures, smoothly.

    `observe` is meant for a worker, 2–5 times a second (about 5 ms); `advance` for every frame (microseconds). Each may have a thread
    of its own.

    Parameters
    ----------
    rig, distance_m
        What the lenses see, and how far the scene is. How the rig is turned does not matter.
    anchor
        The lens that keeps its exposure; None: the mean of all does.
    gains_ev
        Where to begin: (lenses, 3); None: unknown, and the first solution is taken over at once.
    """

    def __init__(self, rig: Rig, distance_m: float = inf, *, anchor: int | None = None, gains_ev: Array | None = None) -> None:
        self._rig, self._anchor = rig, anchor
        looking = _evenly(DIRECTIONS)
        seen = [_places(lens, looking, distance_m) for lens in rig.lenses]
        scales = angle_scales(rig)
        angles = [lenses.off_axis(lens, looking, distance_m) * scale for lens, scale in zip(rig.lenses, scales, strict=True)]
        pairs = _pairs([valid & (not lens.patch) for lens, (_, valid) in zip(rig.lenses, seen, strict=True)], angles)
        used = np.unique(np.concatenate([np.zeros(0, np.intp), *(pair.samples for pair in pairs)]))
        self._pairs = [replace(pair, samples=np.searchsorted(used, pair.samples)) for pair in pairs]
        self._places = np.stack([places[used] for places, _ in seen])
        self._codes = np.zeros((*self._places.shape[:2], 3))
        self._target = np.zeros((len(rig.lenses), 3)) if gains_ev is None else gains_ev
        self._gains = self._target
        self._solved = self._settled = gains_ev is not None
        self._last_s = -inf
        self._steadiness = Steadiness(len(rig.lenses))

    @property
    def gains_ev(self) -> Array:
        """The present correction of each lens: (lenses, 3) log2 of the factor on linear R, G, B."""
        return self._gains

    def observe(self, pictures: Sequence[Picture | None], now_s: float) -> None:
        """Look at one instant's pictures, one for each input of the rig, and set where the gains go from here."""
        lenses_seen = [lens for lens, each in enumerate(self._rig.lenses) if _fits(pictures[each.input], each.frame)]
        for lens in lenses_seen:
            picture = pictures[self._rig.lenses[lens].input]
            assert picture is not None
            _mean_boxes(*picture.planes, self._places[lens], self._codes[lens])
        rgb = codes_to_rgb(self._codes)
        light = np.where((rgb > DARKEST) & (rgb < BRIGHTEST), np.log(np.maximum(to_light(rgb), 1e-6)), np.nan)
        light[[lens for lens in range(len(light)) if lens not in lenses_seen]] = np.nan
        verdict = self._steadiness.look(light.mean(-1))
        if verdict.cut:
            self.reset()
        believed = {lens for lens in lenses_seen if not verdict.unsteady[lens]}
        pairs = [pair for pair in self._pairs if {pair.first, pair.second} <= believed]
        target = np.stack([self._solve(light[..., channel], pairs, self._target[:, channel]) for channel in range(3)], axis=-1)
        if self._settled and self._anchor is None and believed:
            target[[*believed]] -= target[[*believed]].mean(0) * RETURN
        self._target = np.clip(target, -LARGEST_EV, LARGEST_EV)
        self._solved = self._solved or bool(pairs)
        if not self._settled:
            self.advance(now_s)

    def advance(self, now_s: float) -> Array:
        """Move the gains towards where they should be, as far as the time since the last call allows, and return them."""
        elapsed, self._last_s = max(now_s - self._last_s, 0.0), max(now_s, self._last_s)
        if self._solved and not self._settled:
            self._gains, self._settled = self._target, True
        elif self._settled:
            off = self._target - self._gains
            most = min(SLEW_EV_S * elapsed, SLEW_EV_FRAME)
            move = np.clip(off * (1 - exp(-elapsed / SMOOTHING_S)), -most, most)
            self._gains = self._gains + np.where(np.abs(off) > DEAD_BAND_EV, move, 0)
        return self._gains

    def reset(self) -> None:
        """Forget: the next solution is taken over at once, as after a cut."""
        self._solved = self._settled = False
        self._steadiness.reset()

    def _solve(self, light: Array, pairs: list[_Pair], known_ev: Array) -> Array:
        """Gains of one channel (lenses,) in EV from the logarithm of light, (lenses, samples); `known_ev` where nothing can be said.

        Solved for is the change, and at first its mean is zero. Later most lenses are taken to be right: the median of their changes is
        zero, so that one camera which sets its exposure anew, or is lost, pulls none of the others.
        """
        rows, values = [], []
        for pair in pairs:
            found = _compare(light[pair.first, pair.samples], light[pair.second, pair.samples])
            if found is not None:
                difference, weight = found
                row = np.zeros(len(light))
                row[pair.first], row[pair.second] = weight**0.5, -(weight**0.5)
                rows.append(row)
                values.append(weight**0.5 * difference / log(2) - row @ known_ev)
        if not rows:
            return known_ev
        told = np.any(rows, axis=0)
        system = np.vstack([*rows, MEAN_WEIGHT * np.max(np.abs(rows)) * told])
        gains = known_ev + np.linalg.lstsq(system, np.append(values, 0.0), rcond=None)[0]
        if self._anchor is not None and told[self._anchor]:
            gains -= gains[self._anchor]
        elif self._settled:
            gains -= np.median((gains - known_ev)[told])
        return np.where(told, gains, known_ev)


def _evenly(count: int) -> Array:
    """Unit directions (count, 3) that stand for equal areas: a spiral from pole to pole, each a golden section of a turn on."""
    turn = np.arange(count) * np.pi * (1 + 5**0.5)
    up = 1 - (2 * np.arange(count) + 1) / count
    level = np.sqrt(1 - up**2)
    return np.stack([level * np.sin(turn), up, -level * np.cos(turn)], axis=-1)


def _places(lens: Lens, looking: Array, distance_m: float) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Upper left pixel (samples, 2) of each sample's box in a lens' frame, on even pixels, and which of them are picture."""
    xy, valid = lenses.project(lens, looking, distance_m)
    corner = 2 * np.round((np.where(valid[:, np.newaxis], xy, 0) - BOX_PX / 2) / 2)
    for offset in ((0, 0), (BOX_PX, 0), (0, BOX_PX), (BOX_PX, BOX_PX)):
        valid &= lenses.inside(lens, corner + offset)
    return np.where(valid[:, np.newaxis], corner, 0).astype(np.int32), valid


def _pairs(seen: list[NDArray[np.bool_]], angles: list[Array]) -> list[_Pair]:
    """All pairs of lenses that overlap enough to be compared."""
    found = []
    for first, second in combinations(range(len(seen)), 2):
        samples = np.flatnonzero(seen[first] & seen[second])
        off = np.abs(angles[first][samples] - angles[second][samples])
        count = max(np.count_nonzero(off <= SEAM_RAD), ENOUGH_SAMPLES)
        if len(samples) >= FEWEST_SAMPLES:
            found.append(_Pair(first, second, np.sort(samples[np.argsort(off, kind="stable")[:count]])))
    return found


def _fits(picture: Picture | None, frame: Size) -> bool:
    return picture is not None and picture.size == frame


def _compare(first: Array, second: Array) -> tuple[float, float] | None:
    """Robust mean of what the logarithms of light differ by, (samples,) with NaN where unusable, and its weight; None if too few agree."""
    both = np.isfinite(first + second)
    if np.count_nonzero(both) < FEWEST_SAMPLES or _strangers(first[both], second[both]):
        return None
    usable = second[both] - first[both]
    near = usable[np.abs(usable - np.median(usable)) <= NEAR]
    if len(near) < FEWEST_NEAR * len(usable):
        return None
    centre = np.median(near)
    spread = MAD_TO_SIGMA * float(np.median(np.abs(near - centre)))
    inliers = near[np.abs(near - centre) <= min(3 * spread + 1e-3, NEAREST)]
    return float(inliers.mean()), float(len(inliers))


def _strangers(first: Array, second: Array) -> bool:
    """Whether one shows detail of which the other knows nothing, as of a lens with a hand over it."""
    spread = first.std(), second.std()
    if max(spread) < DETAIL or min(spread) == 0:
        return bool(max(spread) >= DETAIL)
    return bool(np.corrcoef(first, second)[0, 1] < LEAST_LIKENESS)


@kernel
def _mean_boxes(y: Table, u: Table, v: Table, places: Table, codes: Table) -> None:
    """Mean Y, U, V codes (samples, 3) float64 of the boxes at `places` (samples, 2) int32 of a picture's planes."""
    for sample in range(len(places)):
        left, top = places[sample, 0], places[sample, 1]
        luma = 0
        for row in range(BOX_PX):
            for column in range(BOX_PX):
                luma += y[top + row, left + column]
        blue, red = 0, 0
        for row in range(BOX_PX // 2):
            for column in range(BOX_PX // 2):
                blue += u[top // 2 + row, left // 2 + column]
                red += v[top // 2 + row, left // 2 + column]
        codes[sample, 0] = luma / BOX_PX**2
        codes[sample, 1] = 4 * blue / BOX_PX**2
        codes[sample, 2] = 4 * red / BOX_PX**2
