"""Decoded frames of any pixel format, range and matrix into the house format of `vrlive.frames`.

A frame that already has it is not copied. Otherwise swscale changes the layout (chroma sampling, bit depth) with its colours left
alone, and one 3×3 matrix on the codes changes range and matrix: swscale's own way through RGB misses by more than two codes.
Only the matrix of BT.2020 is undone: its wider primaries and HDR transfer curves are not mapped.
"""

from functools import lru_cache
from typing import Final

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from vrlive.colour import CHROMA_OFFSET, CHROMA_SPAN, LUMA_OFFSET, LUMA_SPAN, RGB_TO_YCBCR
from vrlive.frames import Picture, Plane
from vrlive.projection.kernels import kernel
from vrlive.units import Size

BT709, FCC, BT470BG, SMPTE170M, SMPTE240M, BT2020_NCL, BT2020_CL = 1, 4, 5, 6, 7, 9, 10  # AVColorSpace, ITU-T H.273 table 4
LIMITED, FULL = int(ColorRange.MPEG), int(ColorRange.JPEG)

LUMA_WEIGHTS: Final = {  # KR and KB, ITU-T H.273 table 4
    BT709: (0.2126, 0.0722),
    FCC: (0.30, 0.11),
    BT470BG: (0.299, 0.114),
    SMPTE170M: (0.299, 0.114),
    SMPTE240M: (0.212, 0.087),
    BT2020_NCL: (0.2627, 0.0593),
    BT2020_CL: (0.2627, 0.0593),
}
SD_SIZE: Final = Size(1024, 576)  # untagged video up to this size is BT.601, above it BT.709: what players do

Affine = tuple[NDArray[np.float32], NDArray[np.float32]]


class Normaliser:
    """Brings one camera's frames into the house format. Used on one thread."""

    def __init__(self) -> None:
        self._scaler = VideoReformatter()
        _warm()

    def run(self, frame: av.VideoFrame) -> Picture:
        """The frame in the house format.

        Parameters
        ----------
        frame
            As decoded. An odd last row or column is cut off.

        Returns
        -------
        Picture
            With memory of its own; or with the decoder's, which it keeps alive, when nothing had to change. Nobody writes to it.
        """
        name = frame.format.name
        if frame.format.is_rgb or name == "pal8":
            return _planes(self._rgb_to_house(frame))
        full_range = _is_full_range(frame)
        if name == "gray":
            picture = _grey(frame)
        elif name in ("yuv420p", "yuvj420p"):
            picture = _planes(frame)
        else:
            picture = _planes(self._relayout(frame, full_range=full_range))
        change = _code_change(_matrix(frame), full_range=full_range)
        return picture if change is None else _recoded(picture, change)

    def _relayout(self, frame: av.VideoFrame, *, full_range: bool) -> av.VideoFrame:
        """8-bit 4:2:0 with the same matrix and range."""
        kept = FULL if full_range else LIMITED
        return self._scaler.reformat(
            frame,
            format="yuvj420p" if full_range else "yuv420p",
            src_colorspace=Colorspace.ITU709,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=kept,
            dst_color_range=kept,
            interpolation=Interpolation.BILINEAR | Interpolation.ACCURATE_RND,
            threads=1,
        )

    def _rgb_to_house(self, frame: av.VideoFrame) -> av.VideoFrame:
        return self._scaler.reformat(
            frame,
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            src_color_range=FULL,
            dst_color_range=LIMITED,
            interpolation=Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INP,
            threads=1,
        )


def _is_full_range(frame: av.VideoFrame) -> bool:
    """As tagged; untagged video is limited, except in JPEG's formats and in grey, which PNG and JPEG write."""
    if frame.format.name.startswith("yuvj"):
        return True
    return frame.color_range == FULL or (frame.color_range != LIMITED and frame.format.name.startswith("gray"))


def _matrix(frame: av.VideoFrame) -> int:
    """The AVColorSpace of the frame, guessed by its size where it is not tagged."""
    if frame.colorspace in LUMA_WEIGHTS:
        return int(frame.colorspace)
    return BT470BG if frame.width <= SD_SIZE.width and frame.height <= SD_SIZE.height else BT709


@lru_cache
def _code_change(matrix: int, *, full_range: bool) -> Affine | None:
    """Factors and offsets (½ added for rounding) from the codes of a matrix and range to house codes; None where they are the same."""
    if matrix == BT709 and not full_range:
        return None
    red, blue = LUMA_WEIGHTS[matrix]
    to_rgb = np.linalg.inv(
        [
            [red, 1 - red - blue, blue],
            [-red / (2 * (1 - blue)), -(1 - red - blue) / (2 * (1 - blue)), 0.5],
            [0.5, -(1 - red - blue) / (2 * (1 - red)), -blue / (2 * (1 - red))],
        ]
    )
    scale, offset = np.array([LUMA_SPAN, CHROMA_SPAN, CHROMA_SPAN]), np.array([LUMA_OFFSET, CHROMA_OFFSET, CHROMA_OFFSET])
    theirs, base = (np.full(3, 255.0), np.array([0.0, CHROMA_OFFSET, CHROMA_OFFSET])) if full_range else (scale, offset)
    factors = scale[:, None] * (RGB_TO_YCBCR @ to_rgb) / theirs
    return factors.astype(np.float32), (offset - factors @ base + 0.5).astype(np.float32)


@lru_cache
def _warm() -> None:
    """Compile the kernel before the first frame needs it: for decoders' memory with padded rows and without."""
    change = _code_change(BT470BG, full_range=True)
    assert change is not None
    whole = Picture.filled(Size(8, 4))
    for picture in (whole, Picture(whole.y[:, :4], whole.u[:, :2], whole.v[:, :2])):
        _recoded(picture, change)


def _recoded(picture: Picture, change: Affine) -> Picture:
    out = Picture(*(np.empty(plane.shape, np.uint8) for plane in picture.planes))
    _recode(*picture.planes, *change, *out.planes)
    return out


def _planes(frame: av.VideoFrame) -> Picture:
    """The memory of a 4:2:0 frame as arrays, which keep it alive."""
    y, u, v = (_plane(plane) for plane in frame.planes)
    height, width = frame.height // 2, frame.width // 2
    return Picture(y[: 2 * height, : 2 * width], u[:height, :width], v[:height, :width])


def _grey(frame: av.VideoFrame) -> Picture:
    height, width = frame.height // 2, frame.width // 2
    neutral = np.full((height, width), int(CHROMA_OFFSET), np.uint8)
    return Picture(_plane(frame.planes[0])[: 2 * height, : 2 * width], neutral, neutral)


def _plane(plane: av.video.plane.VideoPlane) -> Plane:
    return np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, abs(plane.line_size))


@kernel
def _recode(
    y: Plane,  # (height, width) uint8
    u: Plane,  # (height // 2, width // 2) uint8
    v: Plane,
    factors: NDArray[np.float32],  # (3, 3)
    offsets: NDArray[np.float32],  # (3,), with ½ added for rounding
    out_y: Plane,
    out_u: Plane,
    out_v: Plane,
) -> None:
    """Each inner loop does one thing, so that the compiler turns it into vector instructions: five times as fast as one loop."""
    tint = np.empty(y.shape[1], np.float32)  # what chroma adds to the luma of a row
    for row in range(u.shape[0]):
        for column in range(u.shape[1]):
            added = factors[0, 1] * np.float32(u[row, column]) + factors[0, 2] * np.float32(v[row, column]) + offsets[0]
            tint[2 * column] = tint[2 * column + 1] = added
        for line in range(2 * row, 2 * row + 2):
            for column in range(y.shape[1]):
                out_y[line, column] = _code(factors[0, 0] * np.float32(y[line, column]) + tint[column])
        for column in range(u.shape[1]):
            upper = np.int32(y[2 * row, 2 * column]) + np.int32(y[2 * row, 2 * column + 1])
            lower = np.int32(y[2 * row + 1, 2 * column]) + np.int32(y[2 * row + 1, 2 * column + 1])
            luma, cb, cr = np.float32(upper + lower) * np.float32(0.25), np.float32(u[row, column]), np.float32(v[row, column])
            out_u[row, column] = _code(factors[1, 0] * luma + factors[1, 1] * cb + factors[1, 2] * cr + offsets[1])
            out_v[row, column] = _code(factors[2, 0] * luma + factors[2, 1] * cb + factors[2, 2] * cr + offsets[2])


@kernel
def _code(value: np.float32) -> np.uint8:
    return np.uint8(np.int32(min(max(value, np.float32(0)), np.float32(255))))
