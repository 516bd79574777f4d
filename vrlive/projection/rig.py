"""The calibrated rig: what every camera sees and where it stands. Numbers only: no pixels, no files.

Radians, metres, and pixels of the whole frame with pixel centres at +0.5. The world is +X right, +Y up, −Z forward;
yaw > 0 turns right, pitch > 0 turns up, roll > 0 turns clockwise (the top of the picture tips right).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from math import cos, pi, sin
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from vrlive.errors import RigFileError
from vrlive.units import Size

Array = NDArray[np.float64]

Model = Literal[
    "rectilinear",
    "equidistant",
    "equisolid",
    "stereographic",
    "orthographic",
    "thoby",
    "cylindrical",
    "equirectangular",
    "equiangular",
    "double-sphere",
    "eucm",
]
Eye = Literal["left", "right"]
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


@dataclass(frozen=True, slots=True)
class Vignetting:
    """How much darker a lens' picture is away from its middle: linear light is ``1 + b r² + c r⁴ + d r⁶`` of what it would be.

    r is 1 half a diagonal of the frame away from `centre_px` (Hugin's Vb, Vc, Vd for Va = 1).
    """

    b: float
    c: float
    d: float
    centre_px: tuple[float, float]


@dataclass(frozen=True, slots=True)
class BrownConrady:
    """Distortion of OpenCV's pinhole model, of rectilinear lenses: radial k1–k6 (k4–k6 below the line), tangential p1, p2."""

    k1: float = 0.0
    k2: float = 0.0
    p1: float = 0.0
    p2: float = 0.0
    k3: float = 0.0
    k4: float = 0.0
    k5: float = 0.0
    k6: float = 0.0


@dataclass(frozen=True, slots=True)
class Polynomial:
    """Distortion of VideoStitch and Vahana VR: radius r, in focal lengths, becomes ``r (1 + c1 r + c2 r² + c3 r³)``; p1, p2 are OpenCV's.

    Unlike `PanoTools` it comes before the focal lengths, which may differ along x and y.
    """

    c1: float = 0.0
    c2: float = 0.0
    c3: float = 0.0
    p1: float = 0.0
    p2: float = 0.0


@dataclass(frozen=True, slots=True)
class DoubleSphere:
    """The numbers of a double-sphere lens: how far apart the two spheres are, and how far the pinhole is from the second."""

    xi: float
    alpha: float


@dataclass(frozen=True, slots=True)
class ExtendedUnified:
    """The numbers of an EUCM lens: an ellipsoid's shape, and how far the pinhole is from its middle."""

    alpha: float
    beta: float


Distortion = PanoTools | KannalaBrandt | BrownConrady | Polynomial | DoubleSphere | ExtendedUnified


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


Polygon = tuple[tuple[float, float], ...]
"""Corners in px of a part of the frame that is not picture."""


@dataclass(frozen=True, slots=True, eq=False)
class MaskPicture:
    """What of a frame is picture, as a picture of the frame's shape but of any size.

    Attributes
    ----------
    kept
        (height, width) bool: false where something is cut out. It is copied, and cannot be written to.
    """

    kept: NDArray[np.bool_]
    _digest: bytes = field(init=False, repr=False)  # a picture is hashed once, and not for every table that is made of it

    def __post_init__(self) -> None:
        kept = np.array(self.kept, np.bool_, order="C")
        kept.flags.writeable = False
        object.__setattr__(self, "kept", kept)
        object.__setattr__(self, "_digest", blake2b(repr(kept.shape).encode() + np.packbits(kept).tobytes()).digest())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MaskPicture) and self._digest == other._digest

    def __hash__(self) -> int:
        return hash(self._digest)


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
        How the real lens differs from `model`; for the models double-sphere and eucm: their numbers, without which they mean nothing.
    crop
        Which part of the frame belongs to this lens; None: all of it.
    masks
        Parts that are cut out of it, such as a tripod or the camera's own rim.
    yaw, pitch, roll
        Pose in radians. Roll turns the camera first, then pitch, then yaw.
    position_m
        Where the lens stands in the world.
    max_angle_rad
        Farthest usable angle from the optical axis.
    eye
        Which eye's picture it belongs to in a stereo rig; None: to both.
    scene
        None: the scene is a sphere around the rig, at the distance given when projecting.
    vignetting
        How much light it loses towards its edges; None: that is not known, or not worth a word.
    patch
        Whether it is a picture laid over all other lenses where it sees, such as a logo over the tripod, and no camera.
    mask
        What `masks` are, as a picture.
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
    masks: tuple[Polygon, ...] = ()
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    position_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    max_angle_rad: float = pi
    scene: Plane | None = None
    eye: Eye | None = None
    vignetting: Vignetting | None = None
    patch: bool = False
    mask: MaskPicture | None = None

    @property
    def rotation(self) -> Array:
        """Matrix (3, 3) from the camera's axes (right, up, −forward) to the world's."""
        return rotation(self.yaw, self.pitch, self.roll)

    def scaled_to(self, frame: Size) -> "Lens":
        """The same lens in a frame of another size but the same shape.

        Raises
        ------
        RigFileError
            If the shapes differ by more than the rounding to whole pixels.
        """
        if frame == self.frame:
            return self
        if abs(frame.width * self.frame.height - frame.height * self.frame.width) > max(self.frame):
            raise RigFileError(
                f"lens “{self.name}” was calibrated in frames of {self.frame}, but input {self.input} is {frame}, another shape;"
                f" give pictures of {self.frame} or of the same aspect ratio"
            )
        x, y = frame.width / self.frame.width, frame.height / self.frame.height
        return replace(
            self,
            frame=frame,
            focal_px=self.focal_px * x,
            aspect=self.aspect * (y / x),
            centre_px=(self.centre_px[0] * x, self.centre_px[1] * y),
            distortion=_scaled_distortion(self.distortion, x, y),
            crop=_scaled_crop(self.crop, x, y),
            masks=tuple(tuple((at_x * x, at_y * y) for at_x, at_y in mask) for mask in self.masks),
            vignetting=_scaled_vignetting(self.vignetting, x, y),
        )


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

    def of_eye(self, eye: Eye) -> "Rig":
        """The lenses that make the picture of one eye: its own, and those of both."""
        return replace(self, lenses=tuple(lens for lens in self.lenses if lens.eye in {None, eye}))

    def scaled_to(self, sizes: Sequence[Size]) -> "Rig":
        """The same rig for inputs whose pictures have these `sizes`, one for each input.

        Raises
        ------
        RigFileError
            If there are not as many as inputs, or one has another shape than was calibrated.
        """
        if len(sizes) != self.inputs:
            raise RigFileError(f"rig “{self.name}” takes {self.inputs} input{'s' * (self.inputs != 1)}, but {len(sizes)} are given")
        return replace(self, lenses=tuple(lens.scaled_to(sizes[lens.input]) for lens in self.lenses))

    def turned(self, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> "Rig":
        """The whole rig turned about its centre by these angles in radians: roll first, then pitch, then yaw."""
        matrix = rotation(yaw, pitch, roll)
        return replace(self, lenses=tuple(_turned(lens, matrix) for lens in self.lenses))


def rotation(yaw: float, pitch: float, roll: float) -> Array:
    """Matrix (3, 3) from the axes of a camera turned by these angles (radians) to the world's."""
    return _about_y(-yaw) @ _about_x(pitch) @ _about_z(-roll)


def turn(matrix: Array) -> tuple[float, float, float]:
    """Yaw, pitch and roll in radians of a `rotation` matrix (3, 3)."""
    yaw = np.arctan2(-matrix[0, 2], matrix[2, 2])
    pitch = np.arctan2(-matrix[1, 2], np.hypot(matrix[0, 2], matrix[2, 2]))
    level = rotation(float(yaw), float(pitch), 0.0).T @ matrix
    return float(yaw), float(pitch), float(np.arctan2(level[0, 1], level[1, 1]))


def _turned(lens: Lens, matrix: Array) -> Lens:
    yaw, pitch, roll = turn(matrix @ lens.rotation)
    scene = Plane(_turned_vector(lens.scene.normal, matrix)) if lens.scene else None
    return replace(lens, yaw=yaw, pitch=pitch, roll=roll, position_m=_turned_vector(lens.position_m, matrix), scene=scene)


def _turned_vector(vector: tuple[float, float, float], matrix: Array) -> tuple[float, float, float]:
    x, y, z = (matrix @ vector).tolist()
    return x, y, z


def _scaled_crop(crop: Circle | Rectangle | None, x: float, y: float) -> Circle | Rectangle | None:
    match crop:
        case Circle():
            return Circle(crop.x_px * x, crop.y_px * y, crop.radius_px * x)
        case Rectangle():
            return Rectangle(crop.left_px * x, crop.top_px * y, crop.right_px * x, crop.bottom_px * y)
    return None


def _scaled_vignetting(vignetting: Vignetting | None, x: float, y: float) -> Vignetting | None:
    return replace(vignetting, centre_px=(vignetting.centre_px[0] * x, vignetting.centre_px[1] * y)) if vignetting else None


def _scaled_distortion(distortion: Distortion | None, x: float, y: float) -> Distortion | None:
    """Only the shear is in px."""
    if isinstance(distortion, PanoTools):
        return replace(distortion, g=distortion.g * x, t=distortion.t * y)
    return distortion


def _about_x(angle: float) -> Array:
    return np.array([[1, 0, 0], [0, cos(angle), -sin(angle)], [0, sin(angle), cos(angle)]], np.float64)


def _about_y(angle: float) -> Array:
    return np.array([[cos(angle), 0, sin(angle)], [0, 1, 0], [-sin(angle), 0, cos(angle)]], np.float64)


def _about_z(angle: float) -> Array:
    return np.array([[cos(angle), -sin(angle), 0], [sin(angle), cos(angle), 0], [0, 0, 1]], np.float64)
