"""Exposure and white balance of the cameras, matched live where their pictures overlap.

Where two lenses see the same, what their light differs by says what their gains should (`vrlive.stitch.matching`). As only differences
are seen, the mean of the gains is held (or an anchor lens keeps its exposure). Working with logarithms keeps the solution from sinking
towards black, and trimming keeps out what the lenses see differently: parallax, flare, a hand before one of them. A camera that flickers,
stands still or is being covered is left out until it is steady (`vrlive.stitch.steadiness`) and keeps its gains meanwhile; after a cut of
the scene (`vrlive.stitch.cuts`) the next solution is taken over at once.

Pairs are compared close to their seam. There both lenses look equally far from their axes, so what they lose towards the edges of
their pictures (up to two stops in real fisheyes) is the same, and it is there that a step would show. What a calibration knows of
that loss is given back before.
"""

import threading
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from math import exp, inf, radians

import numpy as np
from numpy.typing import NDArray

from vrlive.colour import codes_to_rgb, to_light
from vrlive.frames import Picture
from vrlive.projection import lenses
from vrlive.projection.kernels import kernel
from vrlive.projection.rig import Lens, Rig
from vrlive.stitch import tables
from vrlive.stitch.cuts import Cuts
from vrlive.stitch.matching import FEWEST_SAMPLES, Pair, match, solve, trusted
from vrlive.stitch.plan import angle_scales
from vrlive.stitch.steadiness import Steadiness
from vrlive.stitch.tables import Table

Array = NDArray[np.float64]

DIRECTIONS = 20_000  # looked at: one every 1.4°
SEAM_RAD = radians(3)  # compared are directions whose angles from the two axes differ by no more …
ENOUGH_SAMPLES = 200  # … or by more, where those are fewer than so many
BOX_PX = 4  # a sample is the mean of so many pixels square
DARKEST, BRIGHTEST = 12 / 255, 243 / 255  # outside, codes say little about light

SMOOTHING_S = 1.0
SLEW_EV_S = 0.125
SLEW_EV_FRAME = 0.005  # however few frames a second there are
RETURN = 1 / 240  # of the mean of all gains is taken back at each observation, so that it does not wander off in hours
DEAD_BAND_EV = 0.01
LARGEST_EV = 2.0


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
        angles = [lenses.off_middle(lens, looking, distance_m) * scale for lens, scale in zip(rig.lenses, scales, strict=True)]
        pairs = _pairs([valid & (not lens.patch) for lens, (_, valid) in zip(rig.lenses, seen, strict=True)], angles)
        used = np.unique(np.concatenate([np.zeros(0, np.intp), *(pair.samples for pair in pairs)]))
        self._pairs = [replace(pair, samples=np.searchsorted(used, pair.samples)) for pair in pairs]
        self._places = np.stack([places[used] for places, _ in seen])
        self._lost = np.stack(
            [np.log(_light_left(lens, places + BOX_PX / 2)) for lens, places in zip(rig.lenses, self._places, strict=True)]
        )
        self._codes = np.zeros((*self._places.shape[:2], 3))
        self._cameras = np.array([not lens.patch for lens in rig.lenses])
        self._target = np.zeros((len(rig.lenses), 3)) if gains_ev is None else gains_ev
        self._gains = self._target
        self._met = np.full(self._target.shape, gains_ev is not None)
        self._last_s = -inf
        self._lock = threading.Lock()
        self._cuts, self._steadiness = Cuts(), Steadiness(len(rig.lenses))

    @property
    def gains_ev(self) -> Array:
        """The present correction of each lens: (lenses, 3) log2 of the factor on linear R, G, B."""
        return self._gains

    def observe(self, pictures: Sequence[Picture | None], now_s: float) -> None:
        """Look at one instant's pictures, one for each input of the rig, and set where the gains go from here."""
        light = self._light(pictures)
        brightness = light.mean(-1)
        if self._cuts.look(brightness, now_s):
            self.reset()
        matches = match(light, self._pairs)
        matches = matches.among(trusted(matches, len(light)))
        alone, told = solve(matches, self._target)
        unsteady = self._steadiness.look(np.where(told, alone, np.nan), brightness, now_s)
        target, told = solve(matches.among(~unsteady), self._target)
        target = np.clip(self._anchored(target, told), -LARGEST_EV, LARGEST_EV)
        with self._lock:
            self._gains = np.where(told & ~self._met, target, self._gains)
            self._target = np.where(unsteady[:, np.newaxis], self._gains, target)
        self._met |= told

    def advance(self, now_s: float) -> Array:
        """Move the gains towards where they should be, as far as the time since the last call allows, and return them."""
        elapsed, self._last_s = max(now_s - self._last_s, 0.0), max(now_s, self._last_s)
        most = min(SLEW_EV_S * elapsed, SLEW_EV_FRAME)
        with self._lock:
            off = self._target - self._gains
            move = np.clip(off * (1 - exp(-elapsed / SMOOTHING_S)), -most, most)
            self._gains = self._gains + np.where(np.abs(off) > DEAD_BAND_EV, move, 0)
            return self._gains

    def reset(self) -> None:
        """Forget: the next solution is taken over at once, as after a cut."""
        self._met[:] = False
        self._steadiness.reset()

    def _light(self, pictures: Sequence[Picture | None]) -> Array:
        """Logarithm of the light at each sample: (lenses, samples, 3), NaN where codes do not tell it."""
        unseen = []
        for index, lens in enumerate(self._rig.lenses):
            picture = pictures[lens.input]
            if picture is not None and picture.size == lens.frame:
                _mean_boxes(*picture.planes, self._places[index], self._codes[index])
            else:
                unseen.append(index)
        rgb = codes_to_rgb(self._codes)
        light = np.where((rgb > DARKEST) & (rgb < BRIGHTEST), np.log(np.maximum(to_light(rgb), 1e-6)), np.nan)
        light[unseen] = np.nan
        return np.asarray(light - self._lost[..., np.newaxis])

    def _anchored(self, gains: Array, told: NDArray[np.bool_]) -> Array:
        """Gains shifted to where they are held, a channel at a time: `told` (lenses, 3) says which are new.

        At first their mean is zero. Later most lenses are taken to be right: the median of their changes is zero, so that one camera
        which sets its exposure anew, comes late, or is lost, pulls none of the others.
        """
        gains = gains.copy()
        for channel, (new, met) in enumerate(zip(told.T, self._met.T, strict=True)):
            if self._anchor is not None and new[self._anchor]:
                gains[new, channel] -= gains[self._anchor, channel]
            elif (new & met).any():
                gains[new, channel] -= np.median((gains - self._target)[new & met, channel])
        if self._anchor is None:
            gains[self._cameras] -= gains[self._cameras].mean(0) * RETURN
        return gains


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


def _pairs(seen: list[NDArray[np.bool_]], angles: list[Array]) -> list[Pair]:
    """All pairs of lenses that overlap enough to be compared."""
    found = []
    for first, second in combinations(range(len(seen)), 2):
        samples = np.flatnonzero(seen[first] & seen[second])
        off = np.abs(angles[first][samples] - angles[second][samples])
        count = max(np.count_nonzero(off <= SEAM_RAD), ENOUGH_SAMPLES)
        if len(samples) >= FEWEST_SAMPLES:
            found.append(Pair(first, second, np.sort(samples[np.argsort(off, kind="stable")[:count]])))
    return found


def _light_left(lens: Lens, places: Array) -> Array:
    """Share of the light (samples,) that a lens passes on at px (samples, 2)."""
    loss = lens.vignetting
    if loss is None:
        return np.ones(len(places))
    square = (((places - loss.centre_px) / (np.hypot(*lens.frame) / 2)) ** 2).sum(-1)
    return np.asarray(np.maximum(1 + square * (loss.b + square * (loss.c + square * loss.d)), tables.DARKEST))


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
