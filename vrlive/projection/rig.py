"""The calibrated rig: what every camera sees and where it stands. Numbers only: no pixels, no files.

Radians, metres, and pixels of the whole frame with pixel centres at +0.5. The world is +X right, +Y up, −Z forward;
yaw > 0 turns right, pitch > 0 turns up, roll > 0 turns clockwise (the top of the picture tips right).
"""

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from vrlive.units import Size

Array = NDArray[np.float64]

Model = Literal["rectilinear", "equidistant", "equisolid", "stereographic", "orthographic", "thoby", "cylindrical", "equirectangular"]
MODELS: tuple[Model, ...] = get_args(Model)


@dataclass(frozen=True, slots=True)
class PanoTools:
    """Distortion of Hugin and PTGui: radius r becomes ``r (aρ³ + bρ² + cρ + 1 − a − b − c)``, ρ = r / half the frame's shorter side.

    Then the shear ``x += g/height · y``, ``y += t/width · x``. (Their shift d, e is part of `Lens.centre_px`.)
    """

    a: float = 0.0
    b: float = 0.0
    c: float = 0.0
    g: float = 0.0
    t: float = 0.0


@dataclass(frozen=True, slots=True)
class KannalaBrandt:
    """Distortion of OpenCV's fisheye model: angle θ becomes ``θ (1 + k1 θ² + k2 θ⁴ + k3 θ⁶ + k4 θ⁸)`` before projection."""

    k1: float = 0.0
    k2: float = 0.0
    k3: float = 0.0
    k4: float = 0.0


Distortion = PanoTools | KannalaBrandt


@dataclass(frozen=True, slots=True)
class Circle:
    """The image circle: only what lies inside is picture."""

    x_px: float
    y_px: float
    radius_px: float


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Only what lies inside is picture."""

    left_px: float
    top_px: float
    right_px: float
    bottom_px: float


@dataclass(frozen=True, slots=True)
class Plane:
    """A flat scene: directions meet the plane ``normal · point = 1`` before the lens' position counts (TrX, Tpy of .pto)."""

    normal: tuple[float, float, float] = (0.0, 0.0, -1.0)


@dataclass(frozen=True, slots=True)
class Lens:
    """One lens: its picture's place in a frame, its projection, and its pose.

    Attributes
    ----------
    name
        Shown to people.
    input
        Which of the rig's inputs (cameras, files) the pixels come from, counted from 0. Several lenses may share one.
    frame
        Size of that whole frame in px; every px number here is in its pixels.
    model
        Projection of the undistorted lens.
    focal_px
        Focal length along x; along y it is `focal_px` × `aspect`.
    centre_px
        Where the optical axis meets the frame.
    distortion
        How the real lens differs from `model`.
    crop
        Which part of the frame belongs to this lens; None: all of it.
    yaw, pitch, roll
        Pose in radians. Roll turns the camera first, then pitch, then yaw.
    position_m
        Where the lens stands in the world.
    max_angle_rad
        Farthest usable angle from the optical axis.
    scene
        None: the scene is a sphere around the rig, at the distance given when projecting.
    """

    name: str
    input: int
    frame: Size
    model: Model
    focal_px: float
    centre_px: tuple[float, float]
    aspect: float = 1.0
    distortion: Distortion | None = None
    crop: Circle | Rectangle | None = None
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    position_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    max_angle_rad: float = pi
    scene: Plane | None = None

    @property
    def rotation(self) -> Array:
        """Matrix (3, 3) from the camera's axes (right, up, −forward) to the world's."""
        return rotation(self.yaw, self.pitch, self.roll)


@dataclass(frozen=True, slots=True)
class Rig:
    """All lenses that look at the same instant.

    Attributes
    ----------
    lenses
        At least one.
    name
        Shown to people.
    inputs
        How many inputs the lenses take their pixels from.
    """

    lenses: tuple[Lens, ...]
    name: str
    inputs: int


def rotation(yaw: float, pitch: float, roll: float) -> Array:
    """Matrix (3, 3) from the axes of a camera turned by these angles (radians) to the world's."""
    return _about_y(-yaw) @ _about_x(pitch) @ _about_z(-roll)


def turn(matrix: Array) -> tuple[float, float, float]:
    """Yaw, pitch and roll in radians of a `rotation` matrix (3, 3)."""
    yaw = np.arctan2(-matrix[0, 2], matrix[2, 2])
    pitch = np.arctan2(-matrix[1, 2], np.hypot(matrix[0, 2], matrix[2, 2]))
    level = rotation(float(yaw), float(pitch), 0.0).T @ matrix
    return float(yaw), float(pitch), float(np.arctan2(level[0, 1], level[1, 1]))


def _about_x(angle: float) -> Array:
    return np.array([[1, 0, 0], [0, cos(angle), -sin(angle)], [0, sin(angle), cos(angle)]], np.float64)


def _about_y(angle: float) -> Array:
    return np.array([[cos(angle), 0, sin(angle)], [0, 1, 0], [-sin(angle), 0, cos(angle)]], np.float64)


def _about_z(angle: float) -> Array:
    return np.array([[cos(angle), -sin(angle), 0], [sin(angle), cos(angle), 0], [0, 0, 1]], np.float64)
