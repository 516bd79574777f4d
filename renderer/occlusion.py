"""Things of the room that stand before garments: a table or a counter, declared with its distance, hides what is behind it.

Whether it does is asked at every pixel: where it covers the picture, and the garment or its shadow is farther away. Both stand still, so
that it is asked once, when the garment is drawn, and costs nothing at a frame.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from renderer.placement import Rectangle
from vrlive.errors import InputError
from vrlive.projection.equirect import direction
from vrlive.projection.kernels import kernel
from vrlive.projection.lenses import project
from vrlive.projection.rig import Lens
from vrlive.show.scene import Occluder, Scene

if TYPE_CHECKING:  # it imports OpenGL, which may be missing
    from renderer.painter import Drawn

Plane = NDArray[np.uint8]
Floats = NDArray[np.float32]

Lenses = Mapping[str, Sequence[Lens]]
"""The lenses of each camera, by its name."""

MOST_PX: Final = 64_000_000  # of a mask picture


def read_masks(scene: Scene) -> tuple[Plane | None, ...]:
    """The mask picture of each occluder of a scene, (height, width) of any size, white where it is; None for one that is a rectangle.

    Raises
    ------
    InputError
        If a mask picture cannot be read.
    """
    return tuple(read_mask(each.mask) if each.mask else None for each in scene.occluder)


def read_mask(path: Path) -> Plane:
    """A mask picture, (height, width); InputError as for `read_masks`."""
    try:
        with Image.open(path) as picture:
            if picture.width * picture.height > MOST_PX:
                raise InputError(f"{path}: has more than {MOST_PX // 1_000_000} million pixels; make it smaller")
            return np.array(picture.convert("L"))
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as fault:
        raise InputError(f"{path}: is not a picture that can be read ({fault})") from fault


def covered(occluder: Occluder, mask: Plane | None, rectangle: Rectangle, lenses: Lenses) -> Plane:
    """How far an occluder covers each pixel of a rectangle of the panorama, (height, width) uint8."""
    column, row = (
        np.arange(count) + start + 0.5 for start, count in ((rectangle.column, rectangle.width), (rectangle.row, rectangle.height))
    )
    if occluder.camera is None:
        x, y = np.meshgrid(column / rectangle.frame.width % 1, row / rectangle.frame.height)
        return _looked_up(occluder, mask, x, y)
    yaw, pitch = (column / rectangle.frame.width - 0.5) * 2 * np.pi, (0.5 - row / rectangle.frame.height) * np.pi
    towards = direction(yaw[::2][None], pitch[::2][:, None])
    most = np.zeros(towards.shape[:2], np.uint8)
    for lens in lenses.get(occluder.camera, ()):
        xy, valid = project(lens, towards, occluder.distance_m)
        share = np.where(valid[..., None], xy / (lens.frame.width, lens.frame.height), -1)
        most = np.maximum(most, np.where(valid, _looked_up(occluder, mask, share[..., 0], share[..., 1]), 0))
    return np.asarray(cv2.resize(most, (rectangle.width, rectangle.height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _looked_up(occluder: Occluder, mask: Plane | None, x: NDArray[np.float64], y: NDArray[np.float64]) -> Plane:
    """What covers the picture that it was declared in, at shares 0…1 of its width and height; a panorama goes on across its edges."""
    if mask is None:
        assert occluder.rectangle is not None
        left, top, width, height = occluder.rectangle
        return np.where((x >= left) & (x < left + width) & (y >= top) & (y < top + height), np.uint8(255), np.uint8(0))
    around = occluder.camera is None
    height_px, width_px = mask.shape
    if around:
        mask = np.hstack([mask[:, -1:], mask, mask[:, :1]])
    across, down = ((place - 0.5).astype(np.float32) for place in (x * width_px + int(around), y * height_px))
    return np.asarray(cv2.remap(mask, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def hide(drawn: "Drawn", coverage: Plane, distance_m: float) -> None:
    """Take from `drawn`, in place, what lies farther away than `distance_m` where `coverage` is."""
    _hide(drawn.pixels, drawn.distance_m, coverage, np.float32(distance_m))


@kernel
def _hide(
    pixels: NDArray[np.uint8],  # (height, width, 4)
    away: Floats,  # (height, width)
    coverage: Plane,  # (height, width)
    distance_m: np.float32,
) -> None:
    height, width = coverage.shape
    for row in range(height):
        for column in range(width):
            if coverage[row, column] > 0 and away[row, column] > distance_m:
                left = 255 - int(coverage[row, column])
                for channel in range(4):
                    pixels[row, column, channel] = np.uint8((int(pixels[row, column, channel]) * left + 127) // 255)
