"""OpenCV at the same work: as one writes it first, and as fast as it can be made.

Maps are floats: since OpenCV 5 it remaps by them faster than by fixed-point ones, and more exactly.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from math import gcd
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vrlive.bench.peer import Layout, Planes, exact_rows, gains
from vrlive.bench.report import usable_cores
from vrlive.bench.works import Work
from vrlive.frames import BLACK, Picture
from vrlive.projection.rig import Array

BLOCK_PX = 32  # seams are cut out of the panorama in squares of so many luma pixels
SPARE_PX = 4  # black columns at the right of all cameras, for what none of them sees

Numbers = NDArray[Any]

cv2.setNumThreads(usable_cores())


class Naive:
    """Remap every camera to the whole panorama, and add up what each has a share in."""

    name = "OpenCV, naive"

    def __init__(self, work: Work, layouts: tuple[Layout, Layout]) -> None:
        self._work = work
        self._maps = [list(zip(each.x, each.y, strict=True)) for each in layouts]
        factors = gains(work).astype(np.float32)[:, np.newaxis, np.newaxis]
        self._weights = [each.shares * factors for each in layouts]
        self._rest = [code * (1 - self._weights[min(index, 1)].sum(0)) for index, code in enumerate(BLACK)]

    def run(self, pictures: Sequence[Picture]) -> Planes:
        """Stitch one frame."""
        return tuple(self._plane(index, pictures) for index in range(3))

    def exact(self, pictures: Sequence[Picture], rows: slice) -> tuple[Array, ...]:
        """With gains about black and grey."""
        return exact_rows(self._work, pictures, rows, pivot=BLACK, factors=gains(self._work))

    def _plane(self, index: int, pictures: Sequence[Picture]) -> Numbers:
        kind = min(index, 1)
        total = self._rest[index].copy()
        for picture, maps, weight in zip(pictures, self._maps[kind], self._weights[kind], strict=True):
            total += weight * cv2.remap(picture.planes[index], *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(np.clip(total + 0.5, 0, 255).astype(np.uint8))


class Tuned:
    """All cameras side by side in one picture, with their gains, and one remap of the nearest camera.

    Squares on seams, packed in an array of their own, are remapped once more, of the next camera, and blended.
    """

    name = "OpenCV, tuned"

    def __init__(self, work: Work, layouts: tuple[Layout, Layout]) -> None:
        self._work, self._factors = work, gains(work).tolist()
        frames = [lens.frame for lens in work.rig.lenses]
        starts = np.cumsum([0, *(frame.width for frame in frames)])
        height = max(frame.height for frame in frames)
        self._atlas = [
            np.full((height // step, (starts[-1] + SPARE_PX) // step), code, np.uint8) for step, code in zip((1, 2, 2), BLACK, strict=True)
        ]
        self._parts = [
            [atlas[: f.height // step, s // step : (s + f.width) // step] for atlas, step in zip(self._atlas, (1, 2, 2), strict=True)]
            for f, s in zip(frames, starts[:-1], strict=True)
        ]
        luma, chroma = (_Seams(each, starts, frames) for each in layouts)
        self._kinds = luma, chroma, chroma
        self._out = [np.empty(each.shape, np.uint8) for each in self._kinds]
        self._pool = ThreadPoolExecutor(usable_cores())

    def run(self, pictures: Sequence[Picture]) -> Planes:
        """Stitch one frame."""
        list(self._pool.map(_expose, self._parts, pictures, self._factors))
        return tuple(kind.run(atlas, out) for kind, atlas, out in zip(self._kinds, self._atlas, self._out, strict=True))

    def exact(self, pictures: Sequence[Picture], rows: slice) -> tuple[Array, ...]:
        """With gains about nothing, which is cheaper, if not right for chroma."""
        return exact_rows(self._work, pictures, rows, pivot=(0, 0, 0), factors=gains(self._work))


def _expose(part: Sequence[Numbers], picture: Picture, factor: float) -> None:
    """Put a camera's planes into the atlas."""
    for target, plane in zip(part, picture.planes, strict=True):
        cv2.convertScaleAbs(plane, target, alpha=factor)


class _Seams:
    """One plane of `Tuned`."""

    def __init__(self, layout: Layout, starts: Numbers, frames: Sequence[Any]) -> None:
        first, second = _nearest_two(layout.shares)
        near, far = (_in_atlas(layout, who, starts, frames) for who in (first, second))
        share, other = (np.take_along_axis(layout.shares, who[np.newaxis], 0)[0] for who in (first, second))
        unseen = share == 0
        near[0][unseen], near[1][unseen], share[unseen] = (starts[-1] + SPARE_PX / 2) / layout.step - 0.5, 0, 1
        self.shape = share.shape
        block = gcd(BLOCK_PX // layout.step, *self.shape)
        self._squares = self.shape[0] // block, block, self.shape[1] // block, block
        self._rows, self._columns = np.nonzero(other.reshape(self._squares).any((1, 3)))
        self._near, self._far = near, (self._pack(far[0]), self._pack(far[1]))
        self._shares = self._pack(share), self._pack(other)

    def run(self, atlas: Numbers, out: Numbers) -> Numbers:
        """The plane, made in `out`."""
        cv2.remap(atlas, *self._near, cv2.INTER_LINEAR, dst=out, borderMode=cv2.BORDER_REPLICATE)
        if len(self._rows):
            far = cv2.remap(atlas, *self._far, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            blended = cv2.blendLinear(self._pack(out), far, *self._shares)
            block = self._squares[1]
            out.reshape(self._squares)[self._rows, :, self._columns] = blended.reshape(-1, block, block)
        return out

    def _pack(self, plane: Numbers) -> Numbers:
        """The squares on seams: one a row."""
        return np.ascontiguousarray(plane.reshape(self._squares)[self._rows, :, self._columns].reshape(len(self._rows), -1))


def _nearest_two(shares: Numbers) -> tuple[Numbers, Numbers]:
    """Which lens has the largest share of each pixel, and which the next largest: (height, width) each."""
    first = shares.argmax(0)
    rest = shares.copy()
    np.put_along_axis(rest, first[np.newaxis], -1, 0)
    return first, rest.argmax(0)


def _in_atlas(layout: Layout, who: Numbers, starts: Numbers, frames: Sequence[Any]) -> tuple[Numbers, Numbers]:
    """Where in the atlas (x, y) a lens of its own sees each pixel; never between two cameras."""
    widths, heights = (np.array([side // layout.step for side in sides], np.float32) for sides in zip(*frames, strict=True))
    x, y = (np.take_along_axis(each, who[np.newaxis], 0)[0] for each in (layout.x, layout.y))
    left = (starts // layout.step).astype(np.float32)
    return np.clip(x, 0, widths[who] - 1) + left[who], np.clip(y, 0, heights[who] - 1)
