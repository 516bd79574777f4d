"""OpenCV at the same work: as one writes it first, as fast as it can be made, and its own blenders."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vrlive.bench.peer import Layout, Planes, gains, lay_out
from vrlive.bench.works import Work
from vrlive.frames import BLACK, Picture
from vrlive.projection import lenses
from vrlive.projection.outputs import Face
from vrlive.stitch.reference import looking_of

BLOCK_PX = 64  # seams are cut out of the panorama in blocks of so many luma pixels
BANDS = 5

Array = NDArray[Any]


class Naive:
    """Remap every camera to the whole panorama, and add up what each has a share in."""

    name = "OpenCV, naive"
    pivot = BLACK

    def __init__(self, work: Work, layouts: tuple[Layout, Layout]) -> None:
        self._maps = [[_fixed(x, y) for x, y in zip(each.x, each.y, strict=True)] for each in layouts]
        factors = gains(work).astype(np.float32)[:, np.newaxis, np.newaxis]
        self._weights = [each.shares * factors for each in layouts]
        self._rest = [code * (1 - self._weights[min(index, 1)].sum(0)) for index, code in enumerate(BLACK)]

    def run(self, pictures: Sequence[Picture]) -> Planes:
        """Stitch one frame."""
        return tuple(self._plane(index, pictures) for index in range(3))

    def _plane(self, index: int, pictures: Sequence[Picture]) -> Array:
        kind = min(index, 1)
        total = self._rest[index].copy()
        for picture, maps, weight in zip(pictures, self._maps[kind], self._weights[kind], strict=True):
            total += weight * cv2.remap(picture.planes[index], *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(np.clip(total + 0.5, 0, 255).astype(np.uint8))


class Tuned:
    """All cameras side by side in one picture: one remap of the nearest camera, a second one and a blend only in the blocks of seams."""

    name = "OpenCV, tuned"
    pivot = (0, 0, 0)  # gains about nothing are cheaper, if not right for chroma

    def __init__(self, work: Work, layouts: tuple[Layout, Layout]) -> None:
        frames = [lens.frame for lens in work.rig.lenses]
        starts = np.cumsum([0, *(frame.width for frame in frames)])
        height = max(frame.height for frame in frames)
        self._atlas = [np.zeros((height // step, starts[-1] // step), np.uint8) for step in (1, 2, 2)]
        self._parts = [
            [atlas[: f.height // step, s // step : (s + f.width) // step] for atlas, step in zip(self._atlas, (1, 2, 2), strict=True)]
            for f, s in zip(frames, starts[:-1], strict=True)
        ]
        self._kinds = [_Seams(each, starts, frames, gains(work)) for each in layouts]

    def run(self, pictures: Sequence[Picture]) -> Planes:
        """Stitch one frame."""
        for part, picture in zip(self._parts, pictures, strict=True):
            for target, plane in zip(part, picture.planes, strict=True):
                np.copyto(target, plane)
        return tuple(self._kinds[min(index, 1)].run(atlas) for index, atlas in enumerate(self._atlas))


class _Seams:
    """One plane of `Tuned`."""

    def __init__(self, layout: Layout, starts: Array, frames: Sequence[Any], factors: Array) -> None:
        order = np.argsort(-layout.shares, axis=0)[:2]
        first, second = order if len(order) > 1 else (order[0], order[0])
        widths, heights = (np.array([side // layout.step for side in sides]) for sides in zip(*frames, strict=True))
        places = []
        for who in (first, second):
            x, y = (np.take_along_axis(each, who[np.newaxis], 0)[0] for each in (layout.x, layout.y))
            places.append(
                ((np.clip(x, 0, widths[who] - 1) + starts[who] // layout.step).astype(np.float32), np.clip(y, 0, heights[who] - 1))
            )
        self._map = _fixed(*places[0])
        share = np.take_along_axis(layout.shares, first[np.newaxis], 0)[0] * factors[first]
        other = np.take_along_axis(layout.shares, second[np.newaxis], 0)[0] * factors[second]
        self._gain = (share + other).astype(np.float32)  # blendLinear divides by the sum of its weights
        self._blocks: list[Any] = [
            (block, _fixed(*(place[block] for place in places[1])), *(np.ascontiguousarray(w[block], np.float32) for w in (share, other)))
            for block in _runs(other > 0, BLOCK_PX // layout.step)
        ]

    def run(self, atlas: Array) -> Array:
        """The plane."""
        near = cv2.remap(atlas, *self._map, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for block, (across, down), share, other in self._blocks:
            far = cv2.remap(atlas, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            near[block] = cv2.blendLinear(np.ascontiguousarray(near[block]), far, share, other)
        return np.asarray(cv2.multiply(near, self._gain, dtype=cv2.CV_8U))


class Detail:
    """OpenCV's `detail` blenders, which work on 8-bit RGB: every camera is warped, then fed to the blender."""

    def __init__(self, work: Work, layouts: tuple[Layout, Layout], *, multiband: bool) -> None:
        self.name = f"OpenCV detail, {'multi-band' if multiband else 'feather'}"
        self.pivot = None  # RGB is another matter
        self._multiband, self._size, self._factors = multiband, work.size, gains(work)
        self._maps = [_fixed(x, y) for x, y in zip(layouts[0].x, layouts[0].y, strict=True)]
        self._masks = [(share > 0).astype(np.uint8) * 255 for share in layouts[0].shares]
        nearest = layouts[0].shares.argmax(0)
        self._owned = [np.where((nearest == index) & (mask > 0), 255, 0).astype(np.uint8) for index, mask in enumerate(self._masks)]

    def run(self, pictures: Sequence[Picture]) -> None:
        """Stitch one frame, in RGB."""
        blender: Any = cv2.detail.MultiBandBlender() if self._multiband else cv2.detail.FeatherBlender()
        if self._multiband:
            blender.setNumBands(BANDS)
        blender.prepare((0, 0, *self._size))
        masks = self._owned if self._multiband else self._masks
        for picture, maps, mask, factor in zip(pictures, self._maps, masks, self._factors, strict=True):
            rgb = cv2.cvtColor(picture.packed(), cv2.COLOR_YUV2BGR_I420)
            warped = cv2.remap(rgb, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            blender.feed(cv2.convertScaleAbs(warped, alpha=float(factor)).astype(np.int16), mask, (0, 0))
        blender.blend(None, None)


def _fixed(x: Array, y: Array) -> tuple[Array, Array]:
    """Maps in OpenCV's fixed point, which it remaps fastest by."""
    across, down = (np.clip(each, -500, 30_000).astype(np.float32) for each in (x, y))
    return cv2.convertMaps(across, down, cv2.CV_16SC2)


def _runs(wanted: NDArray[np.bool_], block: int) -> list[tuple[slice, slice]]:
    """Rectangles, blocks in runs along rows, that hold all that is wanted."""
    found = []
    for top in range(0, len(wanted), block):
        rows = np.asarray(wanted[top : top + block].any(axis=0))
        columns = np.add.reduceat(rows, np.arange(0, len(rows), block)) > 0
        edges = np.flatnonzero(np.diff(np.concatenate([[False], columns, [False]]).astype(np.int8)))
        found += [(slice(top, top + block), slice(a * block, min(b * block, len(rows)))) for a, b in edges.reshape(-1, 2)]
    return found


def multi_band(work: Work, pictures: Sequence[Array]) -> Array:
    """OpenCV's own way to a panorama: GAIN compensation, then multi-band blending along hard seams. Pictures and result are RGB."""
    layout = lay_out(work, 1)
    maps = [_fixed(x, y) for x, y in zip(layout.x, layout.y, strict=True)]
    how: dict[str, Any] = {"interpolation": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REPLICATE}
    warped = [cv2.remap(picture, *each, **how) for picture, each in zip(pictures, maps, strict=True)]
    sees = [_sees(work, index) for index in range(len(maps))]
    gain: Any = cv2.detail.ExposureCompensator.createDefault(cv2.detail.ExposureCompensator_GAIN)
    umat: Any = cv2.UMat
    gain.feed([(0, 0)] * len(maps), [umat(each) for each in warped], [umat(each) for each in sees])
    blender: Any = cv2.detail.MultiBandBlender()
    blender.setNumBands(BANDS)
    blender.prepare((0, 0, *work.size))
    nearest = layout.shares.argmax(0)
    for index, (picture, mask) in enumerate(zip(warped, sees, strict=True)):
        matched = gain.apply(index, (0, 0), picture, mask)
        owned = np.where((nearest == index) & (layout.shares[index] > 0), 255, 0).astype(np.uint8)
        blender.feed(np.asarray(matched).astype(np.int16), owned, (0, 0))
    panorama, _ = blender.blend(None, None)
    return np.asarray(np.clip(np.asarray(panorama), 0, 255), np.float64)


def _sees(work: Work, index: int) -> Array:
    """Where a lens sees anything, as a mask of OpenCV's."""
    _, valid = lenses.project(work.rig.lenses[index], looking_of(Face(work.size), 1))
    return np.where(valid, 255, 0).astype(np.uint8)
