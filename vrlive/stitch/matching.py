"""What lenses' exposures differ by where they see the same, and the gains that follow from it.

For each pair and channel, the robust mean of ``ln(light_j / light_i)`` over their common samples says what the two gains should differ by.
Least squares over all pairs gives the gains. Pairs that contradict the others (a hand over a part of one lens) count little.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vrlive.projection.kernels import kernel, part_of_kernel

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Table = Any  # arrays inside kernels; their shapes and types stand beside them

FEWEST_SAMPLES: Final = 40  # a pair that has less in common says nothing
MAD_TO_SIGMA: Final = 1.4826
NEAR, NEAREST = 0.5, 0.25  # ln units: farther from the median, then from the median of what is near, is another thing, not an exposure
FEWEST_NEAR: Final = 0.35  # pictures that have nothing in common reach 0.25
FEWEST_AGREE: Final = 0.3  # of all that a lens, or the whole rig, has in common with others
DETAIL: Final = 0.1  # ln units of standard deviation: less is a plain wall …
LEAST_LIKENESS: Final = 0.25  # … and of more, both must know: their correlation
AGREED_EV: Final = 0.02  # pairs that contradict the others by more count less
ROUNDS: Final = 6  # of weighing contradictions
HELD: Final = 1e-6  # weight of "nothing changes", beside the heaviest pair: it decides only what no pair knows


@dataclass(frozen=True, slots=True)
class Pair:
    """Two lenses and the samples both have."""

    first: int
    second: int
    samples: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Matches:
    """What was found between pairs of lenses.

    Attributes
    ----------
    lenses
        (pairs, 2) intp: which.
    differences_ev
        (pairs, 3): by how much the second's light is above the first's.
    agree
        (pairs, 3): samples that say so, more or less; 0: nothing can be said.
    common
        (pairs, 3): samples that could have.
    """

    lenses: NDArray[np.intp]
    differences_ev: Array
    agree: Array
    common: Array

    def among(self, lenses: Mask) -> "Matches":
        """Only those between some of the lenses, given as (lenses,) bool."""
        kept = lenses[self.lenses].all(-1)
        return Matches(self.lenses[kept], self.differences_ev[kept], self.agree[kept], self.common[kept])


def match(light: Array, pairs: Sequence[Pair]) -> Matches:
    """Compare the logarithm of light, (lenses, samples, 3) with NaN where it is not known."""
    found = np.zeros((len(pairs), 3, 3))
    for pair, row in zip(pairs, found, strict=True):
        compare(light[pair.first], light[pair.second], pair.samples, row)
    which = np.array([(pair.first, pair.second) for pair in pairs], np.intp).reshape(-1, 2)
    return Matches(which, found[..., 0] / log(2), found[..., 1], found[..., 2])


def trusted(matches: Matches, lenses: int) -> Mask:
    """Lenses (lenses,) that enough of what they share with others agrees with; none if that is little in the whole rig."""
    agree, common = np.zeros(lenses), np.zeros(lenses)
    for end in range(2):
        np.add.at(agree, matches.lenses[:, end], matches.agree.sum(1))
        np.add.at(common, matches.lenses[:, end], matches.common.sum(1))
    enough = agree.sum() >= FEWEST_AGREE * common.sum()
    return np.asarray((agree > 0) & (agree >= FEWEST_AGREE * common) & enough)


def solve(matches: Matches, known_ev: Array) -> tuple[Array, Mask]:
    """Gains (lenses, 3) in EV and which of them the matches tell of; the others stay as known.

    Found is the smallest change of the known gains that brings the pairs together: its mean is zero, also within each of several groups
    of lenses that have nothing in common. Minimised is the sum of contradictions, not of their squares, but for the smallest.
    """
    count = len(known_ev)
    sides = np.zeros((len(matches.lenses), count))
    rows = np.arange(len(sides))
    sides[rows, matches.lenses[:, 0]], sides[rows, matches.lenses[:, 1]] = 1, -1
    wanted = matches.differences_ev - sides @ known_ev
    change = np.zeros_like(known_ev)
    for _ in range(ROUNDS):
        weights = matches.agree / np.maximum(np.abs(sides @ change - wanted), AGREED_EV)
        normal = np.einsum("pi,pc,pj->cij", sides, weights, sides)
        held = HELD * np.maximum(weights.max(0, initial=0), 1)[:, np.newaxis, np.newaxis] * np.eye(count)
        aim = np.einsum("pi,pc->ci", sides, weights * wanted)
        change = np.linalg.solve(normal + held, aim[..., np.newaxis])[..., 0].T
    told = (np.abs(sides).T @ matches.agree) > 0
    return known_ev + np.where(told, change, 0), told


@kernel
def compare(
    first: Table,  # (samples, 3) float64: ln of light, NaN where unknown
    second: Table,
    samples: Table,  # (n,) intp: which of them
    found: Table,  # out: (3, 3) float64: for each channel the robust mean of second − first, how many agree, of how many
) -> None:
    """Compare two lenses, channel by channel."""
    one, two = np.empty(len(samples)), np.empty(len(samples))
    for channel in range(3):
        count = 0
        for sample in samples:
            if np.isfinite(first[sample, channel]) and np.isfinite(second[sample, channel]):
                one[count], two[count] = first[sample, channel], second[sample, channel]
                count += 1
        found[channel, 0], found[channel, 1], found[channel, 2] = 0.0, 0.0, count
        if count >= FEWEST_SAMPLES and not _strangers(one[:count], two[:count]):
            found[channel, 0], found[channel, 1] = _robust_mean(two[:count] - one[:count])


@part_of_kernel
def _strangers(first: Table, second: Table) -> bool:
    """Whether one shows detail of which the other knows nothing, as of a lens with a hand over it."""
    one, two = first - first.mean(), second - second.mean()
    spread, other = sqrt((one * one).mean()), sqrt((two * two).mean())
    if max(spread, other) < DETAIL:
        return False
    return bool((one * two).mean() < LEAST_LIKENESS * spread * other or min(spread, other) == 0)


@part_of_kernel
def _robust_mean(differences: Table) -> tuple[float, float]:
    """Mean of the differences that agree best, and how many agree more or less; (0, 0) if too few."""
    near = differences[np.abs(differences - np.median(differences)) <= NEAR]
    if len(near) < FEWEST_NEAR * len(differences):
        return 0.0, 0.0
    centre = np.median(near)
    spread = MAD_TO_SIGMA * np.median(np.abs(near - centre))
    inliers = near[np.abs(near - centre) <= min(3 * spread + 1e-3, NEAREST)]
    return inliers.mean(), float(len(near))
