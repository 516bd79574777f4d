"""The frame's number on the LED ticker straight ahead.

Two rows of eight square cells of `CELL_DEG`, in yaw and pitch as seen from the rig's centre, the upper row first::

    row 0:   1   n8  n7  n6  n5  n4  n3  n2
    row 1:   n1  n0  c4  c3  c2  c1  c0  0

A lit cell is 1. The number n has nine bits (0…499), the check c is ``30 − n mod 31`` in five: every single wrong bit changes
n by a power of two or c alone and is found. The first cell is always lit and the last always dark: they set the threshold.

To read a picture: average luma over the middle half of every cell (in an equirectangular picture cells are axis-aligned
squares: column ``(yaw/360° + ½)·width``, row ``(½ − pitch/180°)·height``); a cell is lit if its mean lies above the midpoint of
the first and the last cell's; refuse if these two differ by less than `LEAST_CONTRAST` codes, if n > 499, or if c does not fit.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vrlive.capture.demo.layout import DEMO_FPS, DEMO_SECONDS, FULL_TURN_DEG
from vrlive.frames import Picture

COLUMNS: Final = 8
ROWS: Final = 2
CELL_DEG: Final = 2.5
LEFT_YAW_DEG: Final = -10.0
TOP_PITCH_DEG: Final = 2.5
NUMBERS: Final = DEMO_FPS * DEMO_SECONDS
LEAST_CONTRAST: Final = 40.0


def cells(number: int) -> NDArray[np.bool_]:
    """Which cells are lit for a number, (ROWS, COLUMNS)."""
    code = 1 << 15 | number << 6 | (30 - number % 31) << 1
    return np.array([code >> shift & 1 for shift in range(15, -1, -1)], np.bool_).reshape(ROWS, COLUMNS)


def read_barcode(picture: Picture) -> int | None:
    """The number of the demo's frame in an equirectangular picture; None if there is none to be read."""
    means = np.array([[_mean(picture, row, column) for column in range(COLUMNS)] for row in range(ROWS)])
    light, dark = means[0, 0], means[-1, -1]
    if light - dark < LEAST_CONTRAST:
        return None
    code = 0
    for bit in (means > (light + dark) / 2).ravel():
        code = code << 1 | int(bit)
    number, check = code >> 6 & 0x1FF, code >> 1 & 0x1F
    return number if number < NUMBERS and check == 30 - number % 31 else None


def _mean(picture: Picture, row: int, column: int) -> float:
    """Mean luma of the middle half of a cell."""
    width, height = picture.size
    per_degree = width / FULL_TURN_DEG
    x = width / 2 + (LEFT_YAW_DEG + (column + 0.5) * CELL_DEG) * per_degree
    y = height / 2 - (TOP_PITCH_DEG - (row + 0.5) * CELL_DEG) * per_degree
    reach = CELL_DEG * per_degree / 4
    rows = slice(round(y - reach), max(round(y + reach), round(y - reach) + 1))
    columns = slice(round(x - reach), max(round(x + reach), round(x - reach) + 1))
    return float(picture.y[rows, columns].mean())
