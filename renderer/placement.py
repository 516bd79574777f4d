"""Which rectangle of the equirectangular picture an object covers, and meshes fine enough to be bent onto it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vrlive.errors import InputError
from vrlive.projection.equirect import direction
from vrlive.projection.rig import rotation
from vrlive.units import Size

Array = NDArray[np.float64]
Splits = list[NDArray[np.uint32]]

LONGEST_EDGE_RAD: Final = np.radians(2.5)  # longer ones would bend visibly: silhouettes stay true within 0.35 px …
_STEEP: Final = np.radians(60)  # … up to this pitch; beyond it they must be shorter
_STEEPEST: Final = np.radians(75)  # nearer to a pole an object is drawn flat first
_MARGIN_PX: Final = 2
_ROUNDS: Final = 12
_FINEST: Final = 4_000_000  # triangles: four times as many as a model may have

CUBE: Final = np.array(
    [
        [[0, 0, 1], [0, 1, 0], [-1, 0, 0]],  # looks to the right
        [[0, 0, -1], [0, 1, 0], [1, 0, 0]],  # left
        [[1, 0, 0], [0, 0, 1], [0, -1, 0]],  # up
        [[1, 0, 0], [0, 0, -1], [0, 1, 0]],  # down
        [[-1, 0, 0], [0, 1, 0], [0, 0, -1]],  # backward
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],  # forward
    ],
    np.float64,
)
"""Axes of a cube's faces, each as its right, up and back: (6, 3, 3)."""

_NEARLY: Final = 1.2  # a face is drawn if a point lies so much beyond its edges: triangles are narrower than that
TILE_WIDENING: Final = 1.04  # a face is drawn so much wider than 90°, so that neighbours meet inside it


@dataclass(frozen=True)
class Rectangle:
    """A part of the picture, on its grid of pixels.

    Attributes
    ----------
    column, row, width, height
        In px, all even so that chroma has the same edges. `column` counts on past the picture's edge where the object stands astride ±180°.
    yaw0_rad
        Direction from which the object's yaws are measured.
    frame
        Size of the whole picture, of one eye's in stereo.
    eye_m
        0, or in stereo half the distance of the eyes, negative for the left one.
    faces
        Of `CUBE`, that an object over a pole or around the viewer is drawn in; empty for all others, which are drawn straight.
    """

    column: int
    row: int
    width: int
    height: int
    yaw0_rad: float
    frame: Size
    eye_m: float = 0.0
    faces: tuple[int, ...] = ()

    @property
    def centre_rad(self) -> tuple[float, float]:
        """Yaw, from `yaw0_rad`, and pitch of the middle."""
        yaw = ((self.column + self.width / 2) / self.frame.width - 0.5) * 2 * np.pi - self.yaw0_rad
        return yaw, (0.5 - (self.row + self.height / 2) / self.frame.height) * np.pi

    @property
    def extent_rad(self) -> tuple[float, float]:
        """Half the width and half the height as angles."""
        return self.width / self.frame.width * np.pi, self.height / self.frame.height * np.pi / 2


def cover(points: Array, frame: Size, eye_m: float = 0.0) -> Rectangle:
    """The rectangle that holds `points`, (n, 3) metres in the world frame, close enough that no edge between them bends."""
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    yaw0 = float(np.arctan2(middle[0], -middle[2]))
    yaw, pitch = seen_from(points @ rotation(yaw0, 0.0, 0.0), eye_m)
    if np.ptp(yaw) > np.pi or np.abs(pitch).max() > _STEEPEST:
        return _cover_around(points, frame, eye_m)
    columns = ((yaw + yaw0) / (2 * np.pi) + 0.5) * frame.width
    left, right = _even(columns.min() - _MARGIN_PX, columns.max() + _MARGIN_PX)
    top, bottom = _rows(pitch, frame)
    return Rectangle(left, top, right - left, bottom - top, yaw0, frame, eye_m)


def seen_from(points: Array, eye_m: float = 0.0) -> tuple[Array, Array]:
    """Yaw and pitch of points (..., 3) in the picture of an eye (as `Rectangle.eye_m`); for 0 as everybody has them.

    Each column of an omnidirectional stereo picture is seen from where the eye is when it looks there: Ishiguro et al. 1992.
    Points nearer to the vertical axis than the eyes are have no place there; they are taken to be as far away as the eyes.
    """
    x, y, z = np.moveaxis(points, -1, 0)
    away = np.maximum(np.hypot(x, z), abs(eye_m) + 1e-6)
    return np.arctan2(x, -z) - np.arcsin(eye_m / away), np.arctan2(y, np.sqrt(away**2 - eye_m**2))


def _cover_around(points: Array, frame: Size, eye_m: float) -> Rectangle:
    """All columns, and the rows down or up to a pole that is near."""
    yaw, pitch = seen_from(points, eye_m)
    top, bottom = _rows(pitch, frame)
    if pitch.max() > _STEEPEST:
        top = 0
    if pitch.min() < -_STEEPEST:
        bottom = frame.height
    towards = direction(yaw, pitch)
    faces = []
    for face, axes in enumerate(CUBE):
        x, y, z = (towards @ axes.T).T
        if np.any((z < 0) & (np.maximum(np.abs(x), np.abs(y)) < -z * _NEARLY)):
            faces.append(face)
    return Rectangle(0, top, frame.width, bottom - top, 0.0, frame, eye_m, tuple(faces))


def subdivide(vertices: NDArray[np.float32], triangles: NDArray[np.uint32]) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
    """Split edges that span more than `LONGEST_EDGE_RAD` seen from the rig.

    Parameters
    ----------
    vertices
        (n, k); the first three columns are the position in the world frame, all others go half and half.
    triangles
        (m, 3). An edge is split by its own length alone, so that neighbours agree and no crack opens.

    Raises
    ------
    InputError
        If there would be too many.
    """
    triangles, splits = fine_enough([vertices[:, :3]], triangles)
    return halved(vertices, splits), triangles


def halved(vertices: NDArray[np.float32], splits: Splits) -> NDArray[np.float32]:
    """Vertices (n, k) with those added that halve edges, as `fine_enough` found them."""
    for ends in splits:
        vertices = np.vstack([vertices, (vertices[ends[:, 0]] + vertices[ends[:, 1]]) / 2])
    return vertices


def fine_enough(poses: list[NDArray[np.float32]], triangles: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], Splits]:
    """How to split what moves, so that no edge is too long in any of its poses, (n, 3) metres each; otherwise as `subdivide`.

    Returns
    -------
    triangles
        Over the vertices that `halved` makes of those of any pose.
    splits
        In each round the ends of the edges that are halved, (edges, 2).
    """
    splits: Splits = []
    for _ in range(_ROUNDS):
        edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
        unique, which = np.unique(edges, axis=0, return_inverse=True)
        long = np.logical_or.reduce([_is_long(*(at[unique[:, end]].astype(np.float64) for end in (0, 1))) for at in poses])
        if not long.any():
            break
        if len(triangles) + 3 * np.count_nonzero(long[which.reshape(-1, 3)].any(axis=1)) > _FINEST:
            raise InputError(f"it would be drawn in more than {_FINEST} triangles; decimate it, or move it away from the cameras")
        middles = np.full(len(unique), -1, np.int64)
        middles[long] = len(poses[0]) + np.arange(long.sum())
        splits.append(unique[long])
        poses = [halved(at, splits[-1:]) for at in poses]
        triangles = _split(triangles.astype(np.int64), middles[which.reshape(-1, 3)]).astype(np.uint32)
    return triangles, splits


def _split(triangles: NDArray[np.int64], middles: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each triangle by those of its edges ab, bc, ca that have a middle (not −1): into one, two, three or four."""
    number = np.sum(middles >= 0, axis=1)
    whole = triangles[number == 0]
    # turn each triangle so that its pattern of split edges begins at ab
    start = np.where(number == 1, np.argmax(middles >= 0, axis=1), np.where(number == 2, (np.argmin(middles, axis=1) + 1) % 3, 0))
    turn = (start[:, None] + np.arange(3)) % 3
    a, b, c = np.take_along_axis(triangles, turn, 1).T
    ab, bc, ca = np.take_along_axis(middles, turn, 1).T
    one, two, three = number == 1, number == 2, number == 3
    parts = [
        (one, (a, ab, c)), (one, (ab, b, c)),
        (two, (ab, b, bc)), (two, (a, ab, bc)), (two, (a, bc, c)),
        (three, (a, ab, ca)), (three, (ab, b, bc)), (three, (ca, bc, c)), (three, (ab, bc, ca)),
    ]  # fmt: skip
    return np.vstack([whole, *(np.column_stack(corners)[rows] for rows, corners in parts)])


def _is_long(a: Array, b: Array) -> NDArray[np.bool_]:
    """Whether two points (n, 3) are too far apart, seen from the rig, for the line between them to be drawn straight."""
    span = np.arctan2(np.linalg.norm(np.cross(a, b), axis=1), np.sum(a * b, axis=1))
    slope = [np.abs(end[:, 1]) / np.maximum(np.hypot(end[:, 0], end[:, 2]), 1e-9) for end in (a, b)]
    steepness = np.minimum(np.maximum(*slope), np.tan(_STEEPEST)) / np.tan(_STEEP)
    return np.asarray(span > LONGEST_EDGE_RAD / np.sqrt(np.maximum(steepness, 1)))


def _rows(pitch: Array, frame: Size) -> tuple[int, int]:
    rows = (0.5 - pitch / np.pi) * frame.height
    top, bottom = _even(rows.min() - _MARGIN_PX, rows.max() + _MARGIN_PX)
    return max(top, 0), min(bottom, frame.height)


def _even(low: float, high: float) -> tuple[int, int]:
    return int(np.floor(low / 2)) * 2, int(np.ceil(high / 2)) * 2
