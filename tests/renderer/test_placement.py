import numpy as np
import pytest
from numpy.typing import NDArray

from renderer.placement import CUBE, LONGEST_EDGE_RAD, cover, subdivide
from vrlive.errors import InputError
from vrlive.projection.equirect import pixel
from vrlive.units import Size

Array = NDArray[np.float64]

FRAME = Size(1920, 960)


def box(yaw_deg: float, distance_m: float = 2.5, half_m: float = 0.3) -> Array:
    """Corners of a box on the floor in a direction, (8, 3)."""
    corners = np.stack(np.meshgrid([-half_m, half_m], [-1.6, 0.0], [-half_m, half_m]), axis=-1).reshape(-1, 3)
    yaw = np.radians(yaw_deg)
    return np.asarray(corners + np.array([distance_m * np.sin(yaw), 0, -distance_m * np.cos(yaw)]))


@pytest.mark.parametrize("yaw_deg", [0, 32, -100, 150])
def test_the_rectangle_fits_the_points_to_the_pixel(yaw_deg: float) -> None:
    points = box(yaw_deg)
    rectangle = cover(points, FRAME)
    x, y = pixel(points, FRAME).T
    for low, high, start, length in (
        (x.min(), x.max(), rectangle.column, rectangle.width),
        (y.min(), y.max(), rectangle.row, rectangle.height),
    ):
        assert start % 2 == length % 2 == 0
        assert 2 <= low - start < 4  # a margin of two pixels, and up to two more to be even
        assert 2 <= start + length - high < 4


def test_an_object_astride_the_seam_has_one_narrow_rectangle() -> None:
    ahead, behind = cover(box(0), FRAME), cover(box(180), FRAME)
    assert abs(behind.width - ahead.width) <= 2
    assert behind.column < FRAME.width < behind.column + behind.width
    assert (behind.row, behind.height) == (ahead.row, ahead.height)


def test_its_middle_and_extent_are_those_of_the_picture() -> None:
    rectangle = cover(box(75), FRAME)
    yaw, pitch = rectangle.centre_rad
    across, up = rectangle.extent_rad
    left = (rectangle.column / FRAME.width - 0.5) * 2 * np.pi
    top = (0.5 - rectangle.row / FRAME.height) * np.pi
    assert yaw + rectangle.yaw0_rad - across == pytest.approx(left)
    assert pitch + up == pytest.approx(top)


@pytest.mark.parametrize(
    ("points", "poles"),
    [
        (box(0, 0.1), {"down"}),
        (box(0, 0.25), {"down"}),
        (-box(30, 0.2), {"up"}),
        (np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]), set()),
        (np.vstack([box(yaw, 0.9) for yaw in range(0, 360, 30)]), set()),
    ],
)
def test_what_is_over_a_pole_or_around_the_viewer_takes_all_columns(points: Array, poles: set[str]) -> None:
    rectangle = cover(points, FRAME)
    assert (rectangle.column, rectangle.width, rectangle.yaw0_rad) == (0, FRAME.width, 0.0)
    assert (rectangle.row == 0) == ("up" in poles)
    assert (rectangle.row + rectangle.height == FRAME.height) == ("down" in poles)
    _, y = pixel(points, FRAME).T
    assert rectangle.row <= max(y.min() - 2, 0)
    assert rectangle.row + rectangle.height >= min(y.max() + 2, FRAME.height)
    towards = points / np.linalg.norm(points, axis=1, keepdims=True)
    faces = {int(np.argmax(-(CUBE @ each)[:, 2])) for each in towards}
    assert faces <= set(rectangle.faces)


def test_faces_of_the_cube_are_turned_not_mirrored() -> None:
    np.testing.assert_allclose(np.linalg.det(CUBE), 1)
    np.testing.assert_allclose(CUBE @ CUBE.transpose(0, 2, 1), np.tile(np.eye(3), (6, 1, 1)))


def wall() -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
    """A flat wall of two triangles, 2 m wide and high, 1.5 m ahead, with one more column that equals x."""
    x, y = np.array([-1, 1, 1, -1], np.float32), np.array([-1, -1, 1, 1], np.float32)
    return np.column_stack([x, y, np.full(4, -1.5, np.float32), x]), np.array([[0, 1, 2], [0, 2, 3]], np.uint32)


def test_no_edge_stays_long_enough_to_bend_visibly() -> None:
    vertices, triangles = subdivide(*wall())
    for first, second in ((0, 1), (1, 2), (2, 0)):
        a, b = (vertices[triangles[:, corner], :3].astype(np.float64) for corner in (first, second))
        cosine = np.sum(a * b, axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
        assert np.degrees(np.arccos(np.clip(cosine, -1, 1))).max() <= np.degrees(LONGEST_EDGE_RAD) + 0.01


def test_a_finer_wall_is_the_same_wall_without_a_crack() -> None:
    vertices, triangles = subdivide(*wall())
    a, b, c = (vertices[triangles[:, corner], :3].astype(np.float64) for corner in range(3))
    normals = np.cross(b - a, c - a)
    assert np.linalg.norm(normals, axis=1).sum() / 2 == pytest.approx(4, rel=1e-5)
    assert (normals[:, 2] > 0).all()  # wound as before
    np.testing.assert_array_equal(vertices[:, 3], vertices[:, 0])  # everything else goes half and half, too
    edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    unique, count = np.unique(edges, axis=0, return_counts=True)
    outer = np.isclose(np.abs(vertices[unique]).max(axis=1)[:, :2], 1).any(axis=1) & (count == 1)
    assert (count[~outer] == 2).all()  # two triangles meet at each inner edge: no vertex lies on an undivided neighbour


def test_what_would_need_too_many_triangles_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("renderer.placement._FINEST", 1000)
    with pytest.raises(InputError, match="more than 1000 triangles; decimate it, or move it away"):
        subdivide(*wall())
