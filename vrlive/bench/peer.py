"""What peers of the stitcher are given, all of them alike: where each lens sees each pixel, in which shares, and one gain a camera."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vrlive.bench.report import usable_cores
from vrlive.bench.works import FEATHER_RAD, Work, exposures_ev
from vrlive.frames import BLACK, Picture
from vrlive.projection import lenses
from vrlive.projection.outputs import Face
from vrlive.projection.rig import Array
from vrlive.stitch.photometry import EXPONENT
from vrlive.stitch.reference import divide, looking_of, sample

STRIP = 32  # rows worked out at a time: a whole panorama of exact numbers would take gigabytes

Float32 = NDArray[np.float32]
Planes = tuple[NDArray[np.uint8], ...]


class Contestant(Protocol):
    """One way to do the work."""

    @property
    def name(self) -> str:
        """As it stands in the table."""

    def run(self, pictures: Sequence[Picture]) -> Planes | None:
        """Stitch one frame; Y, U and V, where it makes these."""

    def exact(self, pictures: Sequence[Picture], rows: slice) -> tuple[Array, ...] | None:
        """Y, U and V that it should give in some rows of luma (an even number, from an even one on), unrounded; None: nobody can say."""


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
    width, height = work.size.width // step, work.size.height // step
    x, y, shares = (np.empty((len(work.rig.lenses), height, width), np.float32) for _ in range(3))

    def fill(top: int) -> None:
        rows = slice(top, min(top + STRIP, height))
        looking = looking_of(Face(work.size), step, rows)
        shares[:, rows] = feathered(work, looking)
        for index, lens in enumerate(work.rig.lenses):
            place = np.nan_to_num(lenses.project(lens, looking)[0], nan=0.0) / step - 0.5
            x[index, rows], y[index, rows] = place[..., 0], place[..., 1]

    with ThreadPoolExecutor(usable_cores()) as pool:
        list(pool.map(fill, range(0, height, STRIP)))
    return Layout(step, x, y, shares)


def feathered(work: Work, looking: Array) -> Array:
    """Shares (lenses, ...) of directions, as our own stitcher divides the world."""
    return divide(work.rig, looking, [True] * len(work.rig.lenses), FEATHER_RAD, np.inf)


def gains(work: Work) -> Array:
    """One factor on codes a camera, (lenses,): what the mean of its three exposures is worth."""
    return np.asarray(2 ** (exposures_ev(work.rig).mean(1) * EXPONENT))


def exact_rows(
    work: Work,
    pictures: Sequence[Picture],
    rows: slice,
    *,
    pivot: tuple[int, int, int],
    factors: Array,
    division: Callable[[Work, Array], Array] = feathered,
) -> tuple[Array, ...]:
    """Y, U and V of a stitcher with one factor a camera, on codes from a pivot, in float64."""
    planes = []
    for index, step in enumerate((1, 2, 2)):
        looking = looking_of(Face(work.size), step, slice(rows.start // step, rows.stop // step))
        shares = division(work, looking)
        total = BLACK[index] * (1 - shares.sum(0))
        for lens, picture, share, factor in zip(work.rig.lenses, pictures, shares, factors, strict=True):
            seen = sample(picture.planes[index], lenses.project(lens, looking)[0], step)
            total += share * (pivot[index] + factor * (seen - pivot[index]))
        planes.append(total)
    return tuple(planes)


def opencv_fault() -> str | None:
    """Why OpenCV cannot take part, and what to do about it; None: it can."""
    try:
        import cv2  # noqa: F401, PLC0415 - a development tool that may be missing
    except ImportError as fault:
        return f"OpenCV's rows are left out ({fault}): pip install opencv-python-headless"
    return None
