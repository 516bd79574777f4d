import numpy as np
import pytest
from numpy.typing import NDArray

from renderer.layers import lay_over, make_layer
from renderer.placement import Rectangle
from vrlive import colour
from vrlive.frames import Picture
from vrlive.units import Size

Pixels = NDArray[np.uint8]

FRAME = Size(64, 32)


def rectangle(column: int = 10, row: int = 4, width: int = 20, height: int = 12) -> Rectangle:
    return Rectangle(column, row, width, height, 0.0, FRAME)


def premultiplied(place: Rectangle, seed: int = 1) -> Pixels:
    """Any colours with any opacity, (height, width, 4)."""
    generator = np.random.default_rng(seed)
    alpha = generator.integers(0, 256, (place.height, place.width, 1))
    return np.concatenate([generator.integers(0, 256, (place.height, place.width, 3)) * alpha // 255, alpha], axis=-1).astype(np.uint8)


def noise(seed: int = 2) -> Picture:
    generator = np.random.default_rng(seed)
    full, half = (FRAME.height, FRAME.width), (FRAME.height // 2, FRAME.width // 2)
    return Picture(*(generator.integers(16, 236, shape, dtype=np.uint8) for shape in (full, half, half)))


def slow_reference(pixels: Pixels, picture: Picture, place: Rectangle) -> list[NDArray[np.float64]]:
    """Rectangle of Y, U and V as real numbers: averaged premultiplied, converted, laid over the picture."""
    rgba = pixels.astype(np.float64) / 255
    halved = rgba.reshape(place.height // 2, 2, place.width // 2, 2, 4).mean(axis=(1, 3))
    result = []
    for plane, source, scale in zip(range(3), (rgba, halved, halved), (1, 2, 2), strict=True):
        alpha = source[..., 3]
        straight = source[..., :3] / np.where(alpha > 0, alpha, 1)[..., None]
        rows = slice(place.row // scale, (place.row + place.height) // scale)
        columns = slice(place.column // scale, (place.column + place.width) // scale)
        result.append(colour.rgb_to_codes(straight)[..., plane] * alpha + picture.planes[plane][rows, columns] * (1 - alpha))
    return result


@pytest.mark.parametrize(
    ("rgb", "codes"),
    [((255, 255, 255), (235, 128, 128)), ((255, 0, 0), (63, 102, 240)), ((0, 0, 0), (16, 128, 128)), ((0, 0, 255), (32, 240, 118))],
)
def test_pure_colours_come_out_exact(rgb: tuple[int, int, int], codes: tuple[int, int, int]) -> None:
    place, picture = rectangle(), noise()
    lay_over(picture, make_layer(place, np.full((place.height, place.width, 4), (*rgb, 255), np.uint8)))
    for plane, code, scale in zip(picture.planes, codes, (1, 2, 2), strict=True):
        rows = slice(place.row // scale, (place.row + place.height) // scale)
        assert np.unique(plane[rows, place.column // scale : (place.column + place.width) // scale]).tolist() == [code]


def test_nothing_laid_over_changes_nothing() -> None:
    place, picture = rectangle(), noise()
    lay_over(picture, make_layer(place, np.zeros((place.height, place.width, 4), np.uint8)))
    for plane, before in zip(picture.planes, noise().planes, strict=True):
        np.testing.assert_array_equal(plane, before)


def test_every_opacity_agrees_with_the_slow_reference() -> None:
    place, picture = rectangle(), noise()
    pixels = premultiplied(place)
    wanted = slow_reference(pixels, picture, place)
    lay_over(picture, make_layer(place, pixels))
    for plane, real, scale in zip(picture.planes, wanted, (1, 2, 2), strict=True):
        rows = slice(place.row // scale, (place.row + place.height) // scale)
        got = plane[rows, place.column // scale : (place.column + place.width) // scale]
        assert np.abs(got - real).max() <= 1.51  # layer, opacity and sum are rounded, half a code each


def test_blending_rounds_to_the_nearest_code() -> None:
    place = rectangle(0, 0, 64, 32)
    for code in range(16, 236):
        picture = Picture.filled(FRAME, (code, 128, 128))
        pixels = np.zeros((32, 64, 4), np.uint8)
        pixels[..., 3] = (np.arange(32 * 64) % 256).reshape(32, 64)
        layer = make_layer(place, pixels)
        lay_over(picture, layer)
        wanted = layer.y.astype(int) + (code * (255 - pixels[..., 3].astype(int)) * 2 + 255) // 510
        np.testing.assert_array_equal(picture.y, wanted)


def test_outside_its_rectangle_nothing_is_touched() -> None:
    place, picture = rectangle(), noise()
    lay_over(picture, make_layer(place, premultiplied(place)))
    for plane, before, scale in zip(picture.planes, noise().planes, (1, 2, 2), strict=True):
        touched = np.zeros(plane.shape, bool)
        touched[place.row // scale : (place.row + place.height) // scale, place.column // scale : (place.column + place.width) // scale] = (
            True
        )
        np.testing.assert_array_equal(plane[~touched], before[~touched])


@pytest.mark.parametrize("column", [54, -10, 62, 64, -20])
def test_a_layer_goes_on_across_the_edge_of_the_picture(column: int) -> None:
    pixels = premultiplied(rectangle())
    straight, astride = noise(), noise()
    for plane, scale in zip(astride.planes, (1, 2, 2), strict=True):
        plane[:] = np.roll(plane, (column - 10) // scale, axis=1)
    lay_over(straight, make_layer(rectangle(), pixels))
    lay_over(astride, make_layer(rectangle(column), pixels))
    for plane, shifted, scale in zip(straight.planes, astride.planes, (1, 2, 2), strict=True):
        np.testing.assert_array_equal(np.roll(plane, (column - 10) // scale, axis=1), shifted)


def test_colour_at_an_edge_is_mixed_as_far_as_the_garment_covers_it() -> None:
    """One column of red in a block of two by two on white: chroma half way between, and no dark or foreign rim."""
    place, picture = rectangle(), Picture.filled(FRAME, (235, 128, 128))
    pixels = np.zeros((place.height, place.width, 4), np.uint8)
    pixels[:, 1:] = (255, 0, 0, 255)
    lay_over(picture, make_layer(place, pixels))
    row, column = place.row // 2, place.column // 2
    assert (picture.u[row, column], picture.v[row, column]) == (115, 184)
    assert (picture.u[row, column + 1], picture.v[row, column + 1]) == (102, 240)
    assert picture.y[place.row, place.column : place.column + 2].tolist() == [235, 63]
