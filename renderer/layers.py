"""Drawn garments as layers, and layers laid over video: premultiplied YUVA 4:2:0, without a round trip through R, G, B.

Luma and chroma are stored as ``code · alpha``, so that ``out = layer + picture · (255 − alpha) / 255`` in each plane.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from renderer.placement import Rectangle
from vrlive import colour
from vrlive.frames import Picture, Plane
from vrlive.projection.kernels import kernel

Pixels = NDArray[np.uint8]

LAYER_BYTES: Final = 2.75  # a pixel: luma and its alpha, and two of chroma and theirs at a quarter


@dataclass(frozen=True)
class Layer:
    """A drawn garment.

    Attributes
    ----------
    rectangle
        Where it lies in the picture.
    y, u, v
        Codes premultiplied with alpha, (height, width) and half of it.
    alpha, alpha_half
        Opacity 0…255 for luma, and its mean over 2 × 2 for chroma.
    """

    rectangle: Rectangle
    y: Plane
    u: Plane
    v: Plane
    alpha: Plane
    alpha_half: Plane


def make_layer(rectangle: Rectangle, pixels: Pixels) -> Layer:
    """Turn gamma-coded premultiplied R, G, B, A, (height, width, 4) uint8, into a layer."""
    full, half = (rectangle.height, rectangle.width), (rectangle.height // 2, rectangle.width // 2)
    assert pixels.shape == (*full, 4)
    layer = Layer(rectangle, *(np.empty(shape, np.uint8) for shape in (full, half, half, full, half)))
    _to_yuva(pixels, _matrix(), layer.y, layer.u, layer.v, layer.alpha, layer.alpha_half)
    return layer


def lay_over(picture: Picture, layer: Layer) -> None:
    """Composite `layer` over `picture` in place, also across the picture's left and right edges."""
    column, row = layer.rectangle.column, layer.rectangle.row
    _over(picture.y, column, row, layer.y, layer.alpha)
    _over(picture.u, column // 2, row // 2, layer.u, layer.alpha_half)
    _over(picture.v, column // 2, row // 2, layer.v, layer.alpha_half)


def _over(plane: Plane, column: int, row: int, codes: Plane, alpha: Plane) -> None:
    """Where the layer leaves the plane on one side it comes back on the other: at most three pieces, none copied."""
    height, width = codes.shape
    across = plane.shape[1]
    done = 0
    while done < width:
        start = (column + done) % across
        piece = min(width - done, across - start)
        target = plane[row : row + height, start : start + piece]
        _blend(target, codes[:, done : done + piece], alpha[:, done : done + piece])
        done += piece


def _matrix() -> NDArray[np.float32]:
    """Gamma-coded R, G, B, A in 0…255 to premultiplied Y, U, V codes, (3, 4)."""
    spans = np.array([colour.LUMA_SPAN, colour.CHROMA_SPAN, colour.CHROMA_SPAN])
    offsets = np.array([colour.LUMA_OFFSET, colour.CHROMA_OFFSET, colour.CHROMA_OFFSET])
    return (np.column_stack([colour.RGB_TO_YCBCR * spans[:, None], offsets]) / 255).astype(np.float32)


@kernel
def _to_yuva(
    pixels: Pixels,  # (height, width, 4)
    matrix: NDArray[np.float32],  # (3, 4)
    y: Plane,  # (height, width)
    u: Plane,  # (height / 2, width / 2)
    v: Plane,
    alpha: Plane,  # (height, width)
    alpha_half: Plane,  # (height / 2, width / 2)
) -> None:
    rows, columns = u.shape
    half = np.float32(0.5)
    for row in range(rows):
        for column in range(columns):
            red = green = blue = opacity = np.float32(0)
            for corner in range(4):
                j, i = 2 * row + corner // 2, 2 * column + corner % 2
                r, g, b, a = (
                    np.float32(pixels[j, i, 0]),
                    np.float32(pixels[j, i, 1]),
                    np.float32(pixels[j, i, 2]),
                    np.float32(pixels[j, i, 3]),
                )
                y[j, i] = np.uint8(matrix[0, 0] * r + matrix[0, 1] * g + matrix[0, 2] * b + matrix[0, 3] * a + half)
                alpha[j, i] = pixels[j, i, 3]
                red, green, blue, opacity = red + r / 4, green + g / 4, blue + b / 4, opacity + a / 4
            u[row, column] = np.uint8(matrix[1, 0] * red + matrix[1, 1] * green + matrix[1, 2] * blue + matrix[1, 3] * opacity + half)
            v[row, column] = np.uint8(matrix[2, 0] * red + matrix[2, 1] * green + matrix[2, 2] * blue + matrix[2, 3] * opacity + half)
            alpha_half[row, column] = np.uint8(opacity + half)


@kernel
def _blend(
    plane: Plane,  # (height, width), changed in place
    codes: Plane,  # (height, width)
    alpha: Plane,  # (height, width)
) -> None:
    height, width = codes.shape
    for row in range(height):
        for column in range(width):
            t = np.uint16(np.uint16(plane[row, column]) * np.uint16(255 - alpha[row, column]) + np.uint16(128))
            plane[row, column] = np.uint8(
                codes[row, column] + np.uint8(np.uint16(t + (t >> np.uint16(8))) >> np.uint16(8))
            )  # t / 255, rounded
