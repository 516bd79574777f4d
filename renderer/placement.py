"""Which rectangle of the equirectangular picture an object covers, and meshes fine enough to be bent onto it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vrlive.errors import InputError
from vrlive.projection.equirect import angles
from vrlive.projection.rig import rotation
from vrlive.units import Size

Array = NDArray[np.float64]

LONGEST_EDGE_RAD: Final = np.radians(2.5)  # longer ones would bend visibly: silhouettes stay true within 0.35 px
_MARGIN_PX: Final = 2
_ROUNDS: Final = 12
_FINEST: Final = 4_000_000  # triangles: four times as many as a model may have


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
        Size of the whole picture.
    """

    column: int
    row: int
    width: int
    height: int
    yaw0_rad: float
    frame: Size

    @property
    def centre_rad(self) -> tuple[float, float]:
        """Yaw, from `yaw0_rad`, and pitch of the middle."""
        yaw = ((self.column + self.width / 2) / self.frame.width - 0.5) * 2 * np.pi - self.yaw0_rad
        return yaw, (0.5 - (self.row + self.height / 2) / self.frame.height) * np.pi

    @property
    def extent_rad(self) -> tuple[float, float]:
        """Half the width and half the height as angles."""
        return self.width / self.frame.width * np.pi, self.height / self.frame.height * np.pi / 2


def cover(points: Array, frame: Size) -> Rectangle:
    """The rectangle that holds `points`, (n, 3) metres in the world frame.

    Raises
    ------
    InputError
        If the object stands around, over or under the rig's centre: it has no rectangle.
    """
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    yaw0 = float(np.arctan2(middle[0], -middle[2]))
    yaw, pitch = angles(points @ rotation(yaw0, 0.0, 0.0))
    if np.hypot(points[:, 0], points[:, 2]).min() < 0.05 or np.ptp(yaw) > np.pi:
        raise InputError("it stands around, over or under the cameras; move it at least its own width away")
    columns = ((yaw + yaw0) / (2 * np.pi) + 0.5) * frame.width
    rows = (0.5 - pitch / np.pi) * frame.height
    left, right = _even(columns.min() - _MARGIN_PX, columns.max() + _MARGIN_PX)
    top, bottom = _even(rows.min() - _MARGIN_PX, rows.max() + _MARGIN_PX)
    top, bottom = max(top, 0), min(bottom, frame.height)
    return Rectangle(left, top, right - left, bottom - top, yaw0, frame)


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
    for _ in range(_ROUNDS):
        edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
        unique, which = np.unique(edges, axis=0, return_inverse=True)
        long = _span(vertices[unique[:, 0], :3], vertices[unique[:, 1], :3]) > LONGEST_EDGE_RAD
        if not long.any():
            break
        if len(triangles) + 3 * np.count_nonzero(long[which.reshape(-1, 3)].any(axis=1)) > _FINEST:
            raise InputError(f"it would be drawn in more than {_FINEST} triangles; decimate it, or move it away from the cameras")
        middles = np.full(len(unique), -1, np.int64)
        middles[long] = len(vertices) + np.arange(long.sum())
        vertices = np.vstack([vertices, (vertices[unique[long, 0]] + vertices[unique[long, 1]]) / 2])
        triangles = _split(triangles.astype(np.int64), middles[which.reshape(-1, 3)]).astype(np.uint32)
    return vertices, triangles


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


def _span(a: NDArray[np.float32], b: NDArray[np.float32]) -> Array:
    """Angle between two points seen from the rig, (n,)."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    return np.asarray(np.arctan2(np.linalg.norm(np.cross(a, b), axis=1), np.sum(a * b, axis=1)))


def _even(low: float, high: float) -> tuple[int, int]:
    return int(np.floor(low / 2)) * 2, int(np.ceil(high / 2)) * 2
