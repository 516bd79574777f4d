"""What peers of the stitcher are given, all of them alike: where each lens sees each pixel, in which shares, and one gain a camera."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vrlive.bench.works import FEATHER_RAD, Work, exposures_ev
from vrlive.frames import Picture
from vrlive.projection import lenses
from vrlive.projection.outputs import Face
from vrlive.projection.rig import Array
from vrlive.stitch.photometry import EXPONENT
from vrlive.stitch.reference import divide, looking_of, sample

STRIP = 32  # rows worked out at a time: a whole panorama of exact numbers would take gigabytes

Float32 = NDArray[np.float32]
Planes = tuple[NDArray[np.uint8], ...]


class Peer(Protocol):
    """Another way to do the same work."""

    @property
    def name(self) -> str:
        """As it stands in the table."""

    @property
    def pivot(self) -> tuple[int, int, int] | None:
        """Codes of Y, U and V that its gains leave where they are; None: it cannot be held against our geometry."""

    def run(self, pictures: Sequence[Picture]) -> Planes | None:
        """Stitch one frame; Y, U and V, where it makes these."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Of one plane, luma (step 1) or chroma (step 2).

    Attributes
    ----------
    x, y
        (lenses, height, width) float32: place among the samples of the lens' plane; its first sample is at 0.
    shares
        (lenses, height, width) float32, summing to 1 where any lens sees.
    """

    step: int
    x: Float32
    y: Float32
    shares: Float32


def lay_out(work: Work, step: int) -> Layout:
    """Exact places and shares of all pixels."""
    count, width, height = len(work.rig.lenses), work.size.width // step, work.size.height // step
    x, y, shares = (np.empty((count, height, width), np.float32) for _ in range(3))
    for top in range(0, height, STRIP):
        looking = looking_of(Face(work.size), step, slice(top, min(top + STRIP, height)))
        shares[:, top : top + STRIP] = divide(work.rig, looking, [True] * count, FEATHER_RAD, np.inf)
        for index, lens in enumerate(work.rig.lenses):
            place = np.nan_to_num(lenses.project(lens, looking)[0], nan=0.0) / step - 0.5
            x[index, top : top + STRIP], y[index, top : top + STRIP] = place[..., 0], place[..., 1]
    return Layout(step, x, y, shares)


def gains(work: Work) -> Array:
    """One factor on codes a camera, (lenses,): what the mean of its three exposures is worth."""
    return np.asarray(2 ** (exposures_ev(work.rig).mean(1) * EXPONENT))


def exact_rows(work: Work, pictures: Sequence[Picture], pivot: tuple[int, int, int], rows: slice) -> tuple[Array, ...]:
    """Y, U and V that a peer should give in some rows of luma (an even number, from an even one on), unrounded; NaN where no lens sees."""
    planes, factors = [], gains(work)
    for index, step in enumerate((1, 2, 2)):
        looking = looking_of(Face(work.size), step, slice(rows.start // step, rows.stop // step))
        shares = divide(work.rig, looking, [True] * len(work.rig.lenses), FEATHER_RAD, np.inf)
        total = np.where(shares.sum(0) > 0.5, 0.0, np.nan)
        for lens, picture, share, factor in zip(work.rig.lenses, pictures, shares, factors, strict=True):
            seen = sample(picture.planes[index], lenses.project(lens, looking)[0], step)
            total += share * (pivot[index] + factor * (seen - pivot[index]))
        planes.append(total)
    return tuple(planes)
