"""How much of the seams shows in a panorama: steps across them, and detail that blending has cost."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from vrlive.stitch.overlap import Array, Floats, Mask

Owner = NDArray[np.intp]
Pairing = tuple[int, int]


def seam_steps(luma: Array, owner: Owner, weights: Array) -> dict[Pairing, float]:
    """How much more luma changes from one pixel to the next across a seam than just beside it.

    Parameters
    ----------
    luma
        (height, width) of an equirectangular panorama.
    owner
        (height, width) whose pixel each is; −1: nobody's.
    weights
        (height, 1) area of a pixel, up to a factor.

    Returns
    -------
    For each two owners that meet, the smaller first: mean |difference| across their seam minus the mean of the two beside it, in codes;
    a length of seam counts alike everywhere.
    """
    steps: dict[Pairing, list[Array]] = {}
    owners = int(owner.max(initial=0)) + 1
    for differences, crossing, first, second, length in _crossings(luma, owner, weights):
        across = (differences - (np.roll(differences, 1, -1) + np.roll(differences, -1, -1)) / 2)[crossing]
        pairs = (np.minimum(first, second) * owners + np.maximum(first, second))[crossing]
        for pair in np.unique(pairs).tolist():
            steps.setdefault(divmod(pair, owners), []).append(np.stack([across, length[crossing]])[:, pairs == pair])
    return {pair: _mean_step(np.concatenate(found, axis=1)) for pair, found in steps.items()}


def seam_lines(owner: Owner) -> Mask:
    """(height, width) whether a pixel has another owner than the next one right or down."""
    lines = owner != np.roll(owner, -1, 1)
    lines[:-1] |= owner[:-1] != owner[1:]
    return np.asarray(lines)


def detail(luma: Array | Floats) -> Array:
    """Squared steps (height, width) from each pixel to the next one right and down, in codes²; NaN at the rim of what is seen."""
    values = np.asarray(luma, np.float64)
    right, down = np.roll(values, -1, 1) - values, np.zeros_like(values)
    down[:-1] = values[1:] - values[:-1]
    return np.asarray(right**2 + down**2)


def sharpness_ratio(first: Array, second: Array, mask: Mask, weights: Array) -> float | None:
    """Detail of the second over that of the first, as root mean squares where `mask` is true; None where there is none to compare."""
    usable = mask & np.isfinite(first) & np.isfinite(second)
    area = np.broadcast_to(weights, mask.shape)[usable]
    before, after = float((first[usable] * area).sum()), float((second[usable] * area).sum())
    return float(np.sqrt(after / before)) if before > 0 else None


def blended_detail(details: Array, shares: Floats) -> Array:
    """Detail (height, width) of the sources by their shares in the panorama: what a perfect blend would keep."""
    return np.asarray(np.where(shares > 0, details * shares, 0).sum(0))


def _mean_step(found: Array) -> float:
    """Mean of steps, the first row, weighted by length of seam, the second; 0 of a seam without length, as at a pole."""
    steps, lengths = found
    return float((steps * lengths).sum() / max(lengths.sum(), 1e-12))


def _crossings(luma: Array, owner: Owner, weights: Array) -> Iterator[tuple[Array, Mask, Owner, Owner, Array]]:
    """Along rows, then along columns: |difference| to the next pixel, where that is a seam, both owners, and length of seam."""
    nothing_beside = np.zeros(owner.shape, np.bool_)
    length = np.broadcast_to(1.0, owner.shape)
    yield _crossing(luma, owner, nothing_beside, length)
    at_a_pole = np.zeros(owner.T.shape, np.bool_)
    at_a_pole[:, [0, -2, -1]] = True  # the next pixel, or the one beside, lies beyond the pole
    yield _crossing(luma.T, owner.T, at_a_pole, np.broadcast_to(weights, owner.shape).T)


def _crossing(luma: Array, owner: Owner, excluded: Mask, length: Array) -> tuple[Array, Mask, Owner, Owner, Array]:
    following = np.roll(owner, -1, -1)
    crossing = (owner != following) & (owner >= 0) & (following >= 0) & ~excluded
    return np.abs(np.roll(luma, -1, -1) - luma), crossing, owner, following, length
