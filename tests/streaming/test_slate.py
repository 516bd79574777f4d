"""The slate."""

import av
import numpy as np

from streaming.slate import make_slate, slate_picture
from vrlive.config import SMALLEST, EncodeConfig
from vrlive.units import Size

SIZE = Size(960, 480)


def test_every_unit_of_the_slate_can_be_the_first() -> None:
    for unit in make_slate(SIZE, 25, EncodeConfig()):
        assert unit.keyframe
        decoder = av.CodecContext.create("h264", "r")
        [shown] = decoder.decode(av.Packet(unit.data)) + decoder.decode(None)
        assert (shown.width, shown.height) == SIZE


def test_units_played_in_turn_are_told_apart() -> None:
    first, second = make_slate(SIZE, 25, EncodeConfig())
    assert first.data != second.data  # idr_pic_id


def test_the_slate_says_the_same_all_around() -> None:
    y = slate_picture(SIZE).y.astype(int)
    quarter = SIZE.width // 4
    for turn in range(1, 4):
        assert np.abs(np.roll(y, -turn * quarter, axis=1) - y).mean() < 0.05


def test_the_smallest_programme_has_a_slate() -> None:
    assert slate_picture(SMALLEST).size == SMALLEST
    assert len(make_slate(SMALLEST, 25, EncodeConfig())) == 2


def test_the_slate_is_dark_and_legible() -> None:
    y = slate_picture(SIZE).y
    assert np.median(y) < 50
    assert y.max() > 160
