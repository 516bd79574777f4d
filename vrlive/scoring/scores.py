"""What is known of a rig and its stitch: numbers with their units in their names, and maps of where they come from."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vrlive.units import Size

Array = NDArray[np.float64]

STITCHEM_ACCEPTS: Final = 0.75


@dataclass(frozen=True, slots=True)
class PairScore:
    """Two lenses where they see the same; means over all moments, None where nothing could be said.

    Attributes
    ----------
    lenses
        Their names.
    overlap_share
        Of the sphere, what both see by their calibration.
    compared_share
        Of that, what was compared.
    ncc
        Normalised cross-correlation of luma, −1…1.
    sharpness_ratio
        Detail of the second lens' picture over that of the first.
    exposure_before_ev, exposure_after_ev
        How much brighter the second is in R, G and B at their seam, as filmed and after gains.
    seam_step_codes
        Step of the panorama's luma across their seam, beyond that beside it.
    seam_apart_codes
        |difference| of their lumas after gains along the seam: what blending has to hide.
    seam_sharpness_ratio
        Detail of the panorama where it is blended of the two, over that of the two themselves.
    flicker_ev
        Root mean square change of their exposure difference from one frame to the next.
    """

    lenses: tuple[str, str]
    overlap_share: float
    compared_share: float
    ncc: float | None = None
    sharpness_ratio: float | None = None
    exposure_before_ev: tuple[float, float, float] | None = None
    exposure_after_ev: tuple[float, float, float] | None = None
    seam_step_codes: float | None = None
    seam_apart_codes: float | None = None
    seam_sharpness_ratio: float | None = None
    flicker_ev: float | None = None


@dataclass(frozen=True, slots=True)
class TruthScore:
    """A panorama against the true one, after one gain a channel for all of it, where any lens sees; worst of all moments.

    `seam_band_psnr_db` is where pictures are blended; None if nowhere.
    """

    ws_psnr_db: float
    ws_ssim: float
    seam_band_psnr_db: float | None


@dataclass(frozen=True, slots=True)
class Scores:
    """All of it; the fields that `PairScore` has too are over all pairs.

    Attributes
    ----------
    rig
        Its name.
    size
        Of the panorama that was measured.
    moments_s
        Times of the footage that were looked at; 0 for stills.
    frames
        How many frames of each camera that are.
    uncovered_share
        Of the sphere, what no lens sees.
    overlap_share, compared_share
        Of the sphere, what at least two lenses see; of that, what was compared.
    ncc
        Mean over all pairs by area.
    stitchem_score
        ½ (1 + NCC) over what exactly two lenses see.
    sharpness_ratio
        Of the pair that differs most, the less sharp picture over the sharper one.
    exposure_before_ev, exposure_after_ev
        Largest difference of any pair in any of R, G, B, without sign.
    seam_step_codes, seam_apart_codes, seam_sharpness_ratio
        Of the worst pair.
    flicker_ev
        Of the worst pair.
    flicker_mean_codes, flicker_local_codes
        Change of the panorama from one frame to the next beyond its sources': of its mean luma, and of places in it.
    pairs
        One by one.
    truth
        If a true panorama was given.
    """

    rig: str
    size: Size
    moments_s: tuple[float, ...]
    frames: int
    uncovered_share: float
    overlap_share: float
    compared_share: float | None
    ncc: float | None
    stitchem_score: float | None
    sharpness_ratio: float | None
    exposure_before_ev: float | None
    exposure_after_ev: float | None
    seam_step_codes: float | None
    seam_apart_codes: float | None
    seam_sharpness_ratio: float | None
    flicker_ev: float | None
    flicker_mean_codes: float | None
    flicker_local_codes: float | None
    pairs: tuple[PairScore, ...]
    truth: TruthScore | None = None

    @property
    def stitchem_accepts(self) -> bool | None:
        """Whether stitchEm would take the calibration: more than 0.75, and nothing uncovered; None if nothing overlaps."""
        return None if self.stitchem_score is None else self.stitchem_score > STITCHEM_ACCEPTS and self.uncovered_share == 0

    def as_json(self) -> dict[str, Any]:
        """All numbers, as JSON can hold them."""
        return asdict(self) | {"size": str(self.size), "stitchem_accepts": self.stitchem_accepts}


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """Where the scores come from, on the pixels of the panorama.

    Attributes
    ----------
    luma
        (height, width) of the panorama, codes.
    wrong
        (height, width) mean |difference| in codes: from the truth if there is one, else between lenses that see the same.
    against_truth
        Which of the two it is.
    covered, seams
        (height, width) what any lens sees; where seams run.
    lenses
        Name of each lens, and the x, y px where its axis points.
    """

    luma: Array
    wrong: Array
    against_truth: bool
    covered: NDArray[np.bool_]
    seams: NDArray[np.bool_]
    lenses: tuple[tuple[str, float, float], ...]


def over_all(pairs: Sequence[PairScore]) -> dict[str, float | None]:
    """What `Scores` says of all pairs together, by its fields' names."""
    return {
        "compared_share": _by_area(pairs, [pair.compared_share for pair in pairs]),
        "ncc": _by_area(pairs, [pair.ncc for pair in pairs]),
        "sharpness_ratio": smallest(min(pair.sharpness_ratio, 1 / pair.sharpness_ratio) for pair in pairs if pair.sharpness_ratio),
        "exposure_before_ev": largest(_most(pair.exposure_before_ev) for pair in pairs),
        "exposure_after_ev": largest(_most(pair.exposure_after_ev) for pair in pairs),
        "seam_step_codes": largest(pair.seam_step_codes for pair in pairs),
        "seam_apart_codes": largest(pair.seam_apart_codes for pair in pairs),
        "seam_sharpness_ratio": smallest(pair.seam_sharpness_ratio for pair in pairs),
        "flicker_ev": largest(pair.flicker_ev for pair in pairs),
    }


def mean(values: Iterable[float | None]) -> float | None:
    """Mean of what is known; None if nothing is."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def largest(values: Iterable[float | None]) -> float | None:
    """Likewise the largest."""
    return max((value for value in values if value is not None), default=None)


def smallest(values: Iterable[float | None]) -> float | None:
    """Likewise the smallest."""
    return min((value for value in values if value is not None), default=None)


def _by_area(pairs: Sequence[PairScore], values: Sequence[float | None]) -> float | None:
    known = [(value, pair.overlap_share) for value, pair in zip(values, pairs, strict=True) if value is not None]
    return float(sum(value * area for value, area in known) / sum(area for _, area in known)) if known else None


def _most(rgb_ev: tuple[float, float, float] | None) -> float | None:
    return None if rgb_ev is None else max(map(abs, rgb_ev))
