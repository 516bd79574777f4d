"""The ticker's number: written by the room, read back from pictures, refused when a bit is wrong."""

import numpy as np
import pytest

from vrlive.capture.demo import barcode
from vrlive.frames import Picture
from vrlive.units import Size

WHITE, BLACK = 200, 40
FULL = Size(1920, 960)


def drawn(bits: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], size: Size = FULL, light: int = WHITE) -> Picture:
    """A dark picture with the ticker's cells in it."""
    picture = Picture.filled(size, (BLACK, 128, 128))
    per_degree = size.width / 360
    for (row, column), lit in np.ndenumerate(bits):
        left = size.width / 2 + (barcode.LEFT_YAW_DEG + column * barcode.CELL_DEG) * per_degree
        top = size.height / 2 - (barcode.TOP_PITCH_DEG - row * barcode.CELL_DEG) * per_degree
        side = barcode.CELL_DEG * per_degree
        picture.y[round(top) : round(top + side), round(left) : round(left + side)] = light if lit else BLACK
    return picture


@pytest.mark.parametrize("size", [Size(960, 480), Size(1920, 960), Size(3840, 1920)])
def test_every_number_is_read_back(size: Size) -> None:
    for number in range(0, barcode.NUMBERS, 1 if size.width == 960 else 37):
        assert barcode.read_barcode(drawn(barcode.cells(number), size)) == number


def test_numbers_have_codes_of_their_own() -> None:
    assert len({barcode.cells(number).tobytes() for number in range(barcode.NUMBERS)}) == barcode.NUMBERS


@pytest.mark.parametrize("number", [0, 1, 255, 256, 499])
def test_one_wrong_cell_is_found(number: int) -> None:
    for row, column in np.ndindex(barcode.ROWS, barcode.COLUMNS):
        wrong = barcode.cells(number).copy()
        wrong[row, column] ^= True
        assert barcode.read_barcode(drawn(wrong)) is None


def test_a_picture_without_a_ticker_has_no_number() -> None:
    assert barcode.read_barcode(Picture.filled(Size(1920, 960))) is None
    assert barcode.read_barcode(drawn(barcode.cells(7), light=BLACK + 20)) is None, "too little contrast"
