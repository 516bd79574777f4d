"""Measures one moment after another, and sums up.

All is measured on the pixels of the panorama. Pictures much larger than that are halved first, so that nothing is measured on samples of
detail that the panorama cannot show. Gains are those of a show that has settled at each moment.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf, radians
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vrlive.capture.stills import to_rgb
from vrlive.config import StitchConfig
from vrlive.frames import Picture
from vrlive.projection.equirect import pixel
from vrlive.projection.rig import Rig
from vrlive.scoring.moments import Moment
from vrlive.scoring.scores import Maps, PairScore, Scores, TruthScore, mean, over_all, smallest
from vrlive.stitch import GainSolver, Stitcher, plan_stitch
from vrlive.stitch.flicker import blended, own_flicker
from vrlive.stitch.overlap import Array, Pair, lay_out, ncc
from vrlive.stitch.score import ssim, with_global_gain, ws_psnr
from vrlive.stitch.seams import blended_detail, detail, seam_lines, seam_steps, sharpness_ratio
from vrlive.units import Size

COARSE: Final = 4  # flicker is measured on every fourth pixel both ways
REC709: Final = (0.2126, 0.7152, 0.0722)

Notes = dict[str, list[Any]]


@dataclass(slots=True)
class _Sums:
    """What moments have told so far."""

    times_s: list[float] = field(default_factory=list)
    frames: int = 0
    pairs: list[Notes] = field(default_factory=list)
    whole: Notes = field(default_factory=lambda: defaultdict(list))
    apart: Array | float = 0.0
    error: Array | float = 0.0
    luma: Array | None = None


class Measurement:
    """Measures a rig moment by moment.

    Parameters
    ----------
    rig
        For one eye, and for pictures as they are filmed.
    size
        Of the panorama.
    distance_m
        How far the scene is taken to be.
    """

    def __init__(self, rig: Rig, size: Size, distance_m: float = inf) -> None:
        self._halvings, self._used = _halvings(rig, size), {lens.input for lens in rig.lenses}
        self._rig = rig.scaled_to([_halved_size(frame, self._halvings) for frame in _frames(rig)])
        self._size, feather_rad = size, radians(StitchConfig().feather_deg)
        self._grid = lay_out(self._rig, size, feather_rad=feather_rad, distance_m=distance_m)
        self._coarse = lay_out(self._rig, size, feather_rad=feather_rad, distance_m=distance_m, step=COARSE)
        self._stitcher = Stitcher(plan_stitch(self._rig, size, feather_rad=feather_rad, distance_m=distance_m))
        self._solver = GainSolver(self._rig, distance_m)
        self._sums = _Sums(pairs=[defaultdict(list) for _ in self._grid.pairs])

    def add(self, moment: Moment) -> None:
        """Look at one moment."""
        frames = [self._prepared(pictures) for pictures in moment.frames]
        panoramas = []
        self._solver.reset()
        self._solver.observe(frames[0], moment.time_s)
        gains_ev = self._solver.gains_ev
        self._stitcher.gains_ev = gains_ev
        for pictures in frames:
            panorama = Picture.filled(self._size)
            self._stitcher.run(pictures, panorama)
            panoramas.append(panorama)
        self._look(frames[0], gains_ev, panoramas[0])
        self._watch(frames, gains_ev, panoramas)
        if moment.truth:
            self._judge(panoramas[0], moment.truth)
        self._sums.times_s.append(round(moment.time_s, 3))
        self._sums.frames += len(frames)

    def scores(self) -> Scores:
        """What all moments have told."""
        grid, sums = self._grid, self._sums
        pairs = tuple(self._pair_score(pair, notes) for pair, notes in zip(grid.pairs, sums.pairs, strict=True))
        overlap = np.any([np.zeros(grid.covered.shape, np.bool_), *(pair.overlap for pair in grid.pairs)], axis=0)
        exactly_two = mean(sums.whole["exactly_two"])
        return Scores(
            rig=self._rig.name,
            size=self._size,
            moments_s=tuple(sums.times_s),
            frames=sums.frames,
            uncovered_share=grid.share_of_sphere(~grid.covered),
            overlap_share=grid.share_of_sphere(overlap),
            stitchem_score=None if exactly_two is None else (1 + exactly_two) / 2,
            flicker_mean_codes=mean(sums.whole["flicker_mean"]),
            flicker_local_codes=mean(sums.whole["flicker_local"]),
            pairs=pairs,
            truth=self._truth_score(),
            **over_all(pairs),
        )

    def maps(self) -> Maps:
        """Where the scores come from; the panorama is that of the first moment."""
        sums, grid = self._sums, self._grid
        assert sums.luma is not None
        judged = bool(sums.whole["psnr"])
        wrong = np.broadcast_to((sums.error if judged else sums.apart) / len(sums.times_s), sums.luma.shape)
        axes = tuple((lens.name, *pixel(-lens.rotation[:, 2], self._size).tolist()) for lens in self._rig.lenses)
        return Maps(sums.luma, wrong, judged, grid.covered, seam_lines(grid.owner), axes)

    def _prepared(self, pictures: Sequence[Picture]) -> list[Picture]:
        """Pictures halved, but for those that no lens looks at."""
        return [_halved(picture, self._halvings) if index in self._used else picture for index, picture in enumerate(pictures)]

    def _look(self, pictures: list[Picture], gains_ev: Array, panorama: Picture) -> None:
        """Compare the lenses' pictures with each other, and the panorama with them."""
        grid, shown = self._grid, panorama.y.astype(np.float64)
        codes = grid.codes(pictures)
        luma = grid.luma(codes, gains_ev)
        details = np.stack([detail(each) for each in luma])
        sources, made = blended_detail(details, grid.shares), detail(shown)
        steps, lines = seam_steps(shown, grid.owner, grid.weights), seam_lines(grid.owner)
        wrong, two = np.zeros(shown.shape), np.full((2, *shown.shape), np.nan, np.float32)
        twice = grid.seen[[not lens.patch for lens in self._rig.lenses]].sum(0) == 2
        for pair, notes in zip(grid.pairs, self._sums.pairs, strict=True):
            first, second = luma[pair.first], luma[pair.second]
            apart = np.where(pair.compared, np.abs(second - first), 0)
            wrong = np.maximum(wrong, apart)
            exactly = pair.compared & twice
            two[:, exactly] = first[exactly], second[exactly]
            notes["ncc"].append(ncc(first, second, pair.compared, grid.weights))
            notes["sharpness"].append(sharpness_ratio(details[pair.first], details[pair.second], pair.compared, grid.weights))
            notes["before"].append(before := grid.exposure_ev(codes, pair))
            notes["after"].append(None if before is None else before + gains_ev[pair.second] - gains_ev[pair.first])
            notes["step"].append(steps.get((pair.first, pair.second)))
            at_seam = pair.blend & pair.compared & lines
            notes["apart"].append(float(apart[at_seam].mean()) if at_seam.any() else None)
            notes["blend"].append(sharpness_ratio(sources, made, pair.blend, grid.weights))
        known = np.isfinite(two[0])
        self._sums.whole["exactly_two"].append(ncc(two[0], two[1], known, grid.weights) if known.any() else None)
        self._sums.apart = self._sums.apart + wrong
        self._sums.luma = shown if self._sums.luma is None else self._sums.luma

    def _watch(self, frames: list[list[Picture]], gains_ev: Array, panoramas: list[Picture]) -> None:
        """Follow frames in a row."""
        grid, offset = self._coarse, COARSE // 2
        codes = [grid.codes(pictures) for pictures in frames]
        for pair, notes in zip(grid.pairs, self._flickers(), strict=True):
            exposures = [grid.exposure_ev(each, pair) for each in codes]
            notes["flicker"] += [float((b - a).mean()) for a, b in pairwise(exposures) if a is not None and b is not None]
        sources = [blended(grid.luma(each, gains_ev), grid.shares) for each in codes]
        shown = [panorama.y[offset::COARSE, offset::COARSE].astype(np.float64) * grid.covered for panorama in panoramas]
        for panorama, source in zip(pairwise(shown), pairwise(sources), strict=True):
            whole, local = own_flicker(panorama, source, grid.weights)
            self._sums.whole["flicker_mean"].append(whole)
            self._sums.whole["flicker_local"].append(local)

    def _flickers(self) -> list[Notes]:
        """Notes of the coarse grid's pairs; a pair that only one of the grids knows is not noted."""
        known = {(pair.first, pair.second): notes for pair, notes in zip(self._grid.pairs, self._sums.pairs, strict=True)}
        return [known.get((pair.first, pair.second), defaultdict(list)) for pair in self._coarse.pairs]

    def _judge(self, panorama: Picture, truth: Picture) -> None:
        """Hold the panorama against the truth."""
        grid, goal = self._grid, _fitted(to_rgb(truth), self._size)
        matched = with_global_gain(to_rgb(panorama) * grid.covered[..., np.newaxis], goal * grid.covered[..., np.newaxis])
        notes = self._sums.whole
        self._sums.error = self._sums.error + np.abs((matched - goal) @ REC709) * grid.covered
        notes["psnr"].append(ws_psnr(matched, goal, grid.covered))
        notes["ssim"].append(ssim(matched @ REC709, goal @ REC709, grid.covered))
        notes["band"].append(ws_psnr(matched, goal, grid.blended) if grid.blended.any() else None)

    def _truth_score(self) -> TruthScore | None:
        notes = self._sums.whole
        return TruthScore(min(notes["psnr"]), min(notes["ssim"]), smallest(notes["band"])) if notes["psnr"] else None

    def _pair_score(self, pair: Pair, notes: Notes) -> PairScore:
        names = self._rig.lenses[pair.first].name, self._rig.lenses[pair.second].name
        flicker = notes["flicker"]
        area = self._grid.share_of_sphere(pair.overlap)
        return PairScore(
            lenses=names,
            overlap_share=area,
            compared_share=self._grid.share_of_sphere(pair.compared) / area,
            ncc=mean(notes["ncc"]),
            sharpness_ratio=mean(notes["sharpness"]),
            exposure_before_ev=_mean_rgb(notes["before"]),
            exposure_after_ev=_mean_rgb(notes["after"]),
            seam_step_codes=mean(notes["step"]),
            seam_apart_codes=mean(notes["apart"]),
            seam_sharpness_ratio=mean(notes["blend"]),
            flicker_ev=float(np.sqrt(np.mean(np.square(flicker)))) if flicker else None,
        )


def _mean_rgb(notes: list[Array | None]) -> tuple[float, float, float] | None:
    known = [note for note in notes if note is not None]
    if not known:
        return None
    red, green, blue = np.mean(known, axis=0).tolist()
    return red, green, blue


def _frames(rig: Rig) -> list[Size]:
    sizes = {lens.input: lens.frame for lens in rig.lenses}
    return [sizes.get(index, Size(2, 2)) for index in range(rig.inputs)]


def _halvings(rig: Rig, size: Size) -> int:
    """How often pictures are halved: until the sharpest lens is less than twice as sharp as the panorama, as far as sides stay even."""
    sharpest, times = max(lens.focal_px for lens in rig.lenses if not lens.patch), 0
    sides = [side for lens in rig.lenses for side in lens.frame]
    while sharpest / 2**times >= 2 * size.width / (2 * np.pi) and all(side % 2 ** (times + 2) == 0 for side in sides):
        times += 1
    return times


def _halved_size(size: Size, times: int) -> Size:
    return Size(size.width >> times, size.height >> times)


def _halved(picture: Picture, times: int) -> Picture:
    """A picture of half the size, so many times."""
    for _ in range(times):
        picture = Picture(*(_half(plane) for plane in picture.planes))
    return picture


def _half(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = plane.shape
    sums = plane.reshape(height // 2, 2, width // 2, 2).sum((1, 3), dtype=np.uint16)
    return np.asarray((sums + 2) // 4, np.uint8)


def _fitted(rgb: NDArray[np.uint8], size: Size) -> Array:
    """A panorama (height, width, 3) of another size; of a larger one, each pixel is the mean of what it covers."""
    if rgb.shape[:2] == (size.height, size.width):
        return rgb.astype(np.float64)
    smaller = size.width < rgb.shape[1]
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BOX if smaller else Image.Resampling.BICUBIC), np.float64)
