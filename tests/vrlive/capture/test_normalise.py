"""Flat patches in every pixel format, range and matrix, held against the colours they were made of in floating point."""

import gc
from typing import NamedTuple

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from vrlive.capture.normalise import Normaliser
from vrlive.colour import rgb_to_codes
from vrlive.frames import Picture
from vrlive.units import Size

LIMITED, FULL = 1, 2
MATRICES = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087), 9: (0.2627, 0.0593)}
PATCHES = np.array(
    [
        [0, 0, 0],
        [1, 1, 1],
        [0.5, 0.5, 0.5],
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
        [0.8, 0.5, 0.3],
        [0.1, 0.3, 0.6],
        [0.95, 0.9, 0.1],
        [0.2, 0.1, 0.3],
    ]
)
SIZE = Size(64, 48)


class Layout(NamedTuple):
    """How a pixel format keeps its codes."""

    bits: int = 8
    shift: int = 0  # bits below the code


PLANAR = {name: Layout() for name in ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p")} | {
    name: Layout(bits=10) for name in ("yuv420p10le", "yuv422p10le", "yuv444p10le")
}
SEMIPLANAR = {"nv12": Layout(), "p010le": Layout(bits=10, shift=6)}


def encode(rgb: NDArray[np.float64], matrix: int, color_range: int, bits: int) -> NDArray[np.int64]:
    """Y, Cb, Cr codes of R'G'B' by ITU-T H.273, equations 2 to 4 of its section 8.3."""
    red, blue = MATRICES[matrix]
    y = rgb @ [red, 1 - red - blue, blue]
    cb, cr = (rgb[2] - y) / (2 - 2 * blue), (rgb[0] - y) / (2 - 2 * red)
    unit = 2 ** (bits - 8)
    if color_range == FULL:
        codes = np.array([y, cb, cr]) * (2**bits - 1) + np.array([0, 128, 128]) * unit
    else:
        codes = np.array([16 + 219 * y, 128 + 224 * cb, 128 + 224 * cr]) * unit
    rounded: NDArray[np.int64] = np.rint(codes).clip(0, 2**bits - 1).astype(np.int64)
    return rounded


def patch(name: str, codes: NDArray[np.int64], layout: Layout, matrix: int, color_range: int, size: Size = SIZE) -> av.VideoFrame:
    frame = av.VideoFrame(size.width, size.height, name)
    kind = np.uint8 if layout.bits == 8 else np.uint16
    values = (codes << layout.shift).astype(kind)
    parts = [values[:1], values[1:]] if name in SEMIPLANAR else [values[:1], values[1:2], values[2:]]
    for plane, part in zip(frame.planes, parts, strict=True):
        plane.update(np.tile(part, plane.buffer_size // part.nbytes).tobytes())
    frame.colorspace, frame.color_range = matrix, color_range
    return frame


def off_by(picture: Picture, rgb: NDArray[np.float64]) -> float:
    """The largest distance of any code from the truth."""
    return max(float(np.abs(plane - truth).max()) for plane, truth in zip(picture.planes, rgb_to_codes(rgb), strict=True))


@pytest.mark.parametrize("color_range", [LIMITED, FULL])
@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize(("name", "layout"), (PLANAR | SEMIPLANAR).items())
def test_patches_come_within_two_codes(name: str, layout: Layout, matrix: int, color_range: int) -> None:
    color_range = FULL if name.startswith("yuvj") else color_range
    normaliser = Normaliser()
    for rgb in PATCHES:
        frame = patch(name, encode(rgb, matrix, color_range, layout.bits), layout, matrix, color_range)
        assert off_by(normaliser.run(frame), rgb) <= 2


@pytest.mark.parametrize("name", ["rgb24", "bgr24", "rgba", "bgra", "rgb0", "rgb48le", "rgba64le"])
def test_packed_rgb_comes_within_two_codes(name: str) -> None:
    order = {"bgr": [2, 1, 0], "rgb": [0, 1, 2]}[name[:3]]
    top = 65535 if "48" in name or "64" in name else 255
    for rgb in PATCHES:
        frame = av.VideoFrame(SIZE.width, SIZE.height, name)
        pixel = np.rint(rgb[order] * top).astype(np.uint16 if top > 255 else np.uint8)
        if "a" in name or name.endswith("0"):
            pixel = np.append(pixel, pixel.dtype.type(top))
        plane = frame.planes[0]
        row = np.resize(pixel, plane.line_size // pixel.itemsize)
        plane.update(np.tile(row, SIZE.height).tobytes())
        assert off_by(Normaliser().run(frame), rgb) <= 2


@pytest.mark.parametrize(("color_range", "black", "white"), [(0, 0, 255), (FULL, 0, 255), (LIMITED, 16, 235)])
def test_grey_is_full_range_unless_tagged_and_stays_grey(color_range: int, black: int, white: int) -> None:
    for code, level in ((black, 0.0), (white, 1.0), (round((black + white) / 2), 0.5)):
        frame = av.VideoFrame(SIZE.width, SIZE.height, "gray")
        frame.planes[0].update(bytes([code]) * frame.planes[0].buffer_size)
        frame.color_range = color_range
        picture = Normaliser().run(frame)
        assert off_by(picture, np.full(3, level)) <= 1
        assert np.unique(picture.u).tolist() == np.unique(picture.v).tolist() == [128]


def test_grey_of_sixteen_bits_keeps_its_level() -> None:
    frame = av.VideoFrame(SIZE.width, SIZE.height, "gray16le")
    frame.planes[0].update(np.full(frame.planes[0].buffer_size // 2, 32768, np.uint16).tobytes())
    assert off_by(Normaliser().run(frame), np.full(3, 0.5)) <= 2


@pytest.mark.parametrize(("size", "matrix"), [(Size(720, 576), 5), (Size(640, 480), 5), (Size(1280, 720), 1), (Size(1080, 1080), 1)])
def test_untagged_video_is_bt601_when_small_and_bt709_when_large(size: Size, matrix: int) -> None:
    rgb = PATCHES[6]
    frame = patch("yuv420p", encode(rgb, matrix, LIMITED, 8), Layout(), 2, 0, size)
    assert off_by(Normaliser().run(frame), rgb) <= 2


def test_every_grey_of_full_range_stays_grey() -> None:
    normaliser = Normaliser()
    for code in range(256):
        picture = normaliser.run(patch("yuvj420p", np.array([code, 128, 128]), Layout(), 5, FULL))
        assert picture.y[0, 0] == round(16 + code * 219 / 255)
        assert (picture.u[0, 0], picture.v[0, 0]) == (128, 128)


def test_a_frame_in_the_house_format_is_not_copied_and_outlives_its_decoder() -> None:
    frame = patch("yuv420p", np.array([90, 100, 150]), Layout(), 1, LIMITED)
    address = frame.planes[0].buffer_ptr
    picture = Normaliser().run(frame)
    del frame
    gc.collect()
    assert picture.y.ctypes.data == address
    assert [np.unique(plane).tolist() for plane in picture.planes] == [[90], [100], [150]]


@pytest.mark.parametrize("name", ["yuv420p", "nv12", "yuv422p", "yuv444p", "yuvj420p"])
def test_odd_sizes_are_cut_to_even(name: str) -> None:
    frame = patch(name, np.array([90, 100, 150]), Layout(), 1, LIMITED, Size(65, 49))
    assert Normaliser().run(frame).size == Size(64, 48)


def test_edges_stay_where_they_are() -> None:
    """A bar of 8 columns, through a change of layout and of matrix."""
    frame = patch("yuv444p", np.array([50, 128, 128]), Layout(), 5, LIMITED)
    luma = np.full((SIZE.height, frame.planes[0].line_size), 50, np.uint8)
    luma[:, 16:24] = 200
    frame.planes[0].update(luma.tobytes())
    row = Normaliser().run(frame).y[10]
    assert np.flatnonzero(row > 125).tolist() == list(range(16, 24))
