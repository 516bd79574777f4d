import numpy as np
import pytest

from vrlive.projection.equirect import angles, direction, directions, pixel
from vrlive.units import Size

SIZE = Size(64, 32)


def test_the_middle_looks_forward() -> None:
    looking = directions(SIZE)
    middle = looking[15:17, 31:33].mean(axis=(0, 1))
    assert middle / np.linalg.norm(middle) == pytest.approx((0, 0, -1), abs=1e-12)


def test_right_is_yaw_and_up_is_pitch() -> None:
    assert direction(np.pi / 2, 0.0) == pytest.approx((1, 0, 0), abs=1e-12)
    assert direction(0.0, np.pi / 2) == pytest.approx((0, 1, 0), abs=1e-12)


def test_the_left_edge_looks_backward_and_the_top_row_up() -> None:
    yaw, pitch = angles(directions(SIZE))
    assert yaw[:, 0] == pytest.approx(-np.pi + np.pi / SIZE.width)
    assert pitch[0] == pytest.approx(np.pi / 2 - np.pi / SIZE.height / 2)


def test_chroma_sites_lie_in_the_middle_of_their_block() -> None:
    luma = directions(SIZE)
    blocks = luma.reshape(16, 2, 32, 2, 3).mean(axis=(1, 3))
    blocks /= np.linalg.norm(blocks, axis=-1, keepdims=True)
    assert directions(SIZE, chroma=True)[4:12] == pytest.approx(blocks[4:12], abs=1e-3)
    assert directions(SIZE, chroma=True).shape == (16, 32, 3)


def test_pixels_come_back_from_their_directions() -> None:
    column, row = np.meshgrid(np.arange(64) + 0.5, np.arange(32) + 0.5)
    assert pixel(directions(SIZE), SIZE) == pytest.approx(np.stack([column, row], axis=-1), abs=1e-10)


def test_angles_do_not_depend_on_length() -> None:
    yaw, pitch = angles(7.5 * direction([0.3, -3.0], [0.2, -1.5]))
    assert yaw == pytest.approx([0.3, -3.0])
    assert pitch == pytest.approx([0.2, -1.5])
