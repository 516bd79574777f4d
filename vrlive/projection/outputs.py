"""What the output shows: one picture made of faces, rectangles over which directions vary smoothly.

Cubemap: layout 0 of `cbmp` (Spherical Video V2 RFC): right, left, up; down, front, back. Equi-angular cubemap: the same faces with equal
angles between columns and rows (Google, “Bringing pixels front and center in VR video”), in the order of FFmpeg's `eac`: left, front,
right as they follow each other; below, turned so that they follow each other too, down, back, up. (FFmpeg's cubemap `c3x2` has up and down
turned by 180°; its `eac` keeps two pixels around each row of faces.)
"""

from dataclasses import dataclass, replace
from math import pi, tan
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrlive.projection.equirect import Array, angles, direction
from vrlive.projection.rig import rotation
from vrlive.units import Size

Projection = Literal["equirect", "rectilinear", "equiangular"]

RIGHT_ANGLE = pi / 2


@dataclass(frozen=True, slots=True)
class Face:
    """A rectangle of the output picture, by default the whole sphere as an equirectangular panorama.

    Attributes
    ----------
    size
        In px, both even.
    projection
        How columns and rows are laid over what it shows.
    across, down
        Angles in radians that its width and its height take in.
    yaw, pitch, roll
        Where it looks, in radians, as a lens would.
    """

    size: Size
    projection: Projection = "equirect"
    across: float = 2 * pi
    down: float = pi
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0

    def looking(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Unit directions (..., 3) of px columns and rows, pixel centres at +0.5; past the borders they go on smoothly."""
        u, v = np.asarray(x, np.float64) / self.size.width - 0.5, 0.5 - np.asarray(y, np.float64) / self.size.height
        match self.projection:
            case "equirect":
                ahead = direction(u * self.across, v * self.down)
            case "rectilinear":
                ahead = _ray(u * 2 * tan(self.across / 2), v * 2 * tan(self.down / 2))
            case "equiangular":
                ahead = _ray(np.tan(u * self.across), np.tan(v * self.down))
        return np.asarray(ahead @ rotation(self.yaw, self.pitch, self.roll).T) if self.yaw or self.pitch or self.roll else ahead

    def pixel(self, directions: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
        """Where directions (..., 3) fall in the face: (..., 2) px as x and y, and whether that is inside of it (...)."""
        ahead = np.asarray(directions, np.float64) @ rotation(self.yaw, self.pitch, self.roll)
        x, y, z = np.moveaxis(ahead, -1, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            match self.projection:
                case "equirect":
                    yaw, pitch = angles(ahead)
                    u, v = yaw / self.across, pitch / self.down
                case "rectilinear":
                    u, v = x / -z / (2 * tan(self.across / 2)), y / -z / (2 * tan(self.down / 2))
                case "equiangular":
                    u, v = np.arctan2(x, -z) / self.across, np.arctan2(y, -z) / self.down
        seen = (np.abs(u) <= 0.5) & (np.abs(v) <= 0.5) & ((z < 0) | (self.projection == "equirect"))
        return np.stack([(u + 0.5) * self.size.width, (0.5 - v) * self.size.height], axis=-1), seen


@dataclass(frozen=True, slots=True)
class Placed:
    """A face, and the px column and row of the output where it begins; both even."""

    face: Face
    left: int
    top: int


@dataclass(frozen=True, slots=True)
class Output:
    """A picture made of faces.

    Attributes
    ----------
    size
        Of the picture, in px.
    faces
        They cover it.
    """

    size: Size
    faces: tuple[Placed, ...]


def equirect(size: Size) -> Output:
    """The whole sphere; width = 2 × height."""
    return _alone(Face(size))


def vr180(size: Size) -> Output:
    """The half of the sphere in front, equirectangular; width = height."""
    return _alone(Face(size, across=pi))


def rectilinear(size: Size, fov: float, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> Output:
    """What a camera sees that looks there, with a horizontal field of view in radians below π."""
    return _alone(Face(size, "rectilinear", fov, 2 * np.arctan(tan(fov / 2) * size.height / size.width), yaw, pitch, roll))


def cubemap(size: Size) -> Output:
    """Six faces of a cube, three across and two down: width / 3 = height / 2, even."""
    poses = ((RIGHT_ANGLE, 0, 0), (-RIGHT_ANGLE, 0, 0), (0, RIGHT_ANGLE, pi), (0, -RIGHT_ANGLE, pi), (0, 0, 0), (pi, 0, 0))
    return _three_by_two(size, "rectilinear", poses)


def equiangular_cubemap(size: Size) -> Output:
    """Six faces of an equi-angular cubemap (EAC), three across and two down: width / 3 = height / 2, even."""
    above = ((-RIGHT_ANGLE, 0, 0), (0, 0, 0), (RIGHT_ANGLE, 0, 0))
    below = ((0, -RIGHT_ANGLE, RIGHT_ANGLE), (pi, 0, -RIGHT_ANGLE), (0, RIGHT_ANGLE, RIGHT_ANGLE))
    return _three_by_two(size, "equiangular", (*above, *below))


def top_bottom(left_eye: Output, right_eye: Output) -> tuple[Output, Output]:
    """Two outputs of one size as the halves of one picture, the left eye on top: each with the faces of its own eye."""
    size = Size(left_eye.size.width, 2 * left_eye.size.height)
    lower = tuple(replace(each, top=each.top + left_eye.size.height) for each in right_eye.faces)
    return Output(size, left_eye.faces), Output(size, lower)


def _alone(face: Face) -> Output:
    return Output(face.size, (Placed(face, 0, 0),))


def _three_by_two(size: Size, projection: Projection, poses: tuple[tuple[float, float, float], ...]) -> Output:
    side = size.height // 2
    assert size == (3 * side, 2 * side), f"{size} is not three faces across and two down"
    assert side % 2 == 0, f"faces of {side} px"
    face = Face(Size(side, side), projection, RIGHT_ANGLE, RIGHT_ANGLE)
    turned = (replace(face, yaw=yaw, pitch=pitch, roll=roll) for yaw, pitch, roll in poses)
    return Output(size, tuple(Placed(each, place % 3 * side, place // 3 * side) for place, each in enumerate(turned)))


def _ray(right: Array, up: Array) -> Array:
    right, up = np.broadcast_arrays(right, up)
    return np.stack([right, up, np.full_like(right, -1.0)], axis=-1) / np.sqrt(right**2 + up**2 + 1)[..., np.newaxis]
