"""OpenCV's `detail` blenders, which work on 8-bit RGB: every camera is warped, then fed to the blender."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vrlive.bench.peer import Layout, gains, lay_out
from vrlive.bench.report import usable_cores
from vrlive.bench.works import Work
from vrlive.frames import Picture
from vrlive.projection import lenses
from vrlive.projection.outputs import Face
from vrlive.projection.rig import Array
from vrlive.stitch.reference import looking_of

BANDS = 5

cv2.setNumThreads(usable_cores())


class Detail:
    """The same gains as other peers, in shares or bands of the blender's own."""

    def __init__(self, work: Work, layout: Layout, *, multiband: bool) -> None:
        self.name = f"OpenCV detail, {'multi-band' if multiband else 'feather'}"
        self._multiband, self._size, self._factors = multiband, work.size, gains(work)
        self._maps = list(zip(layout.x, layout.y, strict=True))
        self._masks = [(share > 0).astype(np.uint8) * 255 for share in layout.shares]
        nearest = layout.shares.argmax(0)
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

    def exact(self, pictures: Sequence[Picture], rows: slice) -> None:
        """RGB, blended in a way of its own: for its quality see `vrlive bench quality`."""


def multi_band(work: Work, pictures: Sequence[NDArray[np.uint8]]) -> Array:
    """OpenCV's own way to a panorama: GAIN compensation, then multi-band blending along hard seams. Pictures and result are RGB."""
    layout = lay_out(work, 1)
    maps = list(zip(layout.x, layout.y, strict=True))
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
