"""Calibrations of cameras as OpenCV and its relatives keep them, into lenses: YAML or JSON with a camera matrix and distortion.

ROS' camera_info files are such, too. Others, among them basalt, give the same numbers by name (fx, fy, cx, cy, …), and lenses that OpenCV
does not know. Their axes are x right, y down, z forward, and pixel centres lie at whole numbers. Where OpenCV gives poses, a point of the
world is at R · point + T before the camera; the world's axes are those of a camera that looks forward.
"""

from collections.abc import Sequence
from dataclasses import astuple
from math import cos, sin
from pathlib import Path

import numpy as np

from vrlive.projection.rig import Array, BrownConrady, Distortion, DoubleSphere, ExtendedUnified, KannalaBrandt, Lens, Model, Rig, turn
from vrlive.rigs.documents import Entry, read_document
from vrlive.units import Size

SUFFIXES = (".yaml", ".yml", ".json")
MAX_CAMERAS, MAX_SIDE_PX, MAX_NAME = 64, 65_535, 255

MATRIX = ("camera_matrix", "K", "k", "cameraMatrix")
COEFFICIENTS = ("distortion_coefficients", "dist_coeffs", "D", "d", "distCoeffs")
SIZES = ("image_size", "resolution", "imageSize")
NAMED = ("parameter", "parameters", "intrinsics")
MODELS = ("distortion_model", "camera_type", "camera_model", "model")
PINHOLE_COUNTS, FISHEYE_COUNTS = (0, 4, 5, 8, 12, 14), (0, 4)

PINHOLE, FISHEYE, DOUBLE_SPHERE, EUCM, UNIFIED = "pinhole", "fisheye", "double-sphere", "eucm", "unified"
KINDS = {
    "pinhole": PINHOLE, "plumb_bob": PINHOLE, "rational_polynomial": PINHOLE, "radtan": PINHOLE, "pinhole-radtan8": PINHOLE,
    "brown-conrady": PINHOLE, "brown_conrady": PINHOLE,
    "fisheye": FISHEYE, "equidistant": FISHEYE, "kb4": FISHEYE, "kannala-brandt": FISHEYE, "kannala_brandt": FISHEYE,
    "ds": DOUBLE_SPHERE, "double-sphere": DOUBLE_SPHERE, "double_sphere": DOUBLE_SPHERE,
    "eucm": EUCM,
    "ucm": UNIFIED,
}  # fmt: skip
TO_OURS = np.diag([1.0, -1.0, -1.0])
CLOSE = 1e-3


def read_opencv(paths: Sequence[Path]) -> Rig:
    """Read calibrations of one or more cameras a file into one rig; each camera is an input.

    Raises
    ------
    RigFileError
        If one cannot be read or holds something that we do not support; file and key are named.
    """
    lenses: list[Lens] = []
    for path in paths:
        cameras, poses = _cameras(read_document(path))
        for place, (camera, pose) in enumerate(zip(cameras, poses, strict=True)):
            if len(lenses) == MAX_CAMERAS:
                raise camera.fault(f"is a camera too many; a rig has {MAX_CAMERAS} at most")
            name = path.stem if len(cameras) == 1 else f"{path.stem} {place}"
            lenses.append(_lens(camera, pose, name, len(lenses)))
    return Rig(tuple(lenses), ", ".join(path.stem for path in paths)[:MAX_NAME], len(lenses))


Pose = tuple[Array, Array]
"""Rotation (3, 3) from the camera's axes to the world's, and the camera's position (3,) in it."""


def _cameras(whole: Entry) -> tuple[list[Entry], list[Pose | None]]:
    if not isinstance(whole.value, dict | list):
        raise whole.fault("holds no camera: camera_matrix is missing")
    calibration = whole.find("value0") or whole
    if calibration.find("intrinsics") and calibration.find("resolution") and not calibration.find(*MATRIX):
        return _basalts(calibration)
    several = whole if isinstance(whole.value, list) else whole.find("cameras")
    cameras = several.parts() if several else [whole]
    if not cameras:
        raise (several or whole).fault("holds no camera")
    return cameras, [_pose(camera) for camera in cameras]


def _basalts(calibration: Entry) -> tuple[list[Entry], list[Pose | None]]:
    """Cameras of basalt's calibration of a rig with an inertial sensor: the first looks forward and is the rig's centre."""
    cameras = calibration.need("intrinsics", meaning="a list of cameras").parts()
    sizes = calibration.need("resolution", meaning="width and height of each camera's frame").parts()
    places = calibration.need("T_imu_cam", meaning="the pose of each camera").parts()
    if not len(cameras) == len(sizes) == len(places) > 0:
        raise calibration.fault("intrinsics, resolution and T_imu_cam must be lists of one camera after the other")
    complete = [
        Entry(camera.path, camera.where, {**_table(camera), "resolution": size.value}) for camera, size in zip(cameras, sizes, strict=True)
    ]
    poses = [_quaternion_pose(place) for place in places]
    turned, origin = poses[0][0].T, poses[0][1]
    return complete, [(turned @ rotation, turned @ (position - origin)) for rotation, position in poses]


def _table(entry: Entry) -> dict[str, object]:
    if not isinstance(entry.value, dict):
        raise entry.fault("must be a table")
    return entry.value


def _lens(camera: Entry, pose: Pose | None, name: str, place: int) -> Lens:
    matrix = camera.find(*MATRIX)
    named = None if matrix else camera.find(*NAMED)
    if named:
        focal, centre, kind, distortion = _by_name(camera, named)
    else:
        focal, centre = _by_matrix(camera.need(*MATRIX, meaning="the camera's focal lengths and centre"))
        kind, distortion = _by_coefficients(camera)
    yaw, pitch, roll = turn(TO_OURS @ pose[0] @ TO_OURS) if pose else (0.0, 0.0, 0.0)
    x, y, z = (TO_OURS @ pose[1]).tolist() if pose else (0.0, 0.0, 0.0)
    own_name = camera.find("camera_name", "name")
    models: dict[str, Model] = {PINHOLE: "rectilinear", FISHEYE: "equidistant", DOUBLE_SPHERE: "double-sphere"}
    return Lens(
        name=own_name.text()[:MAX_NAME] if own_name else name[:MAX_NAME],
        input=place,
        frame=_frame(camera),
        model=models.get(kind, "eucm"),
        focal_px=focal[0],
        centre_px=(centre[0] + 0.5, centre[1] + 0.5),
        aspect=focal[1] / focal[0],
        distortion=distortion,
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        position_m=(x, y, z),
    )


def _frame(camera: Entry) -> Size:
    """Size of the frame, under whichever name."""
    image = camera.find("image") or camera
    width, height = image.find("image_width", "width"), image.find("image_height", "height")
    if not (width and height):
        both = camera.need(*SIZES, "image_width, image_height", meaning="the size of the frame that was calibrated, in px")
        width, height = (Entry(both.path, both.where, number) for number in both.numbers(2))
    sides = [width.number(), height.number()]
    for side, entry in zip(sides, (width, height), strict=True):
        if not side.is_integer() or not 1 <= side <= MAX_SIDE_PX:
            raise entry.fault(f"{side:g} is not a side of a frame in px")
    return Size(int(sides[0]), int(sides[1]))


Point = tuple[float, float]


def _by_matrix(matrix: Entry) -> tuple[Point, Point]:
    """Focal lengths and centre."""
    fx, skew, cx, below, fy, cy, *last = matrix.numbers(9)
    if min(fx, fy) <= 0 or below or last != [0, 0, 1]:
        raise matrix.fault("must be fx, 0, cx; 0, fy, cy; 0, 0, 1 with fx and fy above 0")
    if abs(skew) > 1e-6 * fx:
        raise matrix.fault(
            f"its skew (first row, second column) is {skew:g}; only lenses without skew are supported: calibrate with it fixed at 0"
        )
    return (fx, fy), (cx, cy)


def _by_coefficients(camera: Entry) -> tuple[str, Distortion | None]:
    """The kind of lens, and its distortion from a list of coefficients, as OpenCV orders them."""
    if camera.find("xi"):
        raise camera.need("xi", meaning="").fault("is of OpenCV's omnidirectional model, which is not supported; calibrate as fisheye")
    entry = camera.need(*COEFFICIENTS, meaning="the lens' distortion; zeros if it has none")
    named, flag = camera.find(*MODELS), camera.find("fisheye_model")
    kind = _kind(named) if named else PINHOLE if flag and not flag.number() else None
    numbers = entry.numbers(*(PINHOLE_COUNTS if kind == PINHOLE else FISHEYE_COUNTS if kind or flag else PINHOLE_COUNTS))
    if kind is None:  # calibrateCamera gives five numbers or more, fisheye::calibrate always four
        kind = FISHEYE if flag or len(numbers) == 4 else PINHOLE
    if kind not in {PINHOLE, FISHEYE}:
        raise (named or entry).fault(f"a {kind} lens is described by names (fx, fy, cx, cy, …), not by a camera matrix")
    if any(numbers[8:]):
        raise entry.fault("its thin prism and tilt (from the ninth number on) are not supported; calibrate without them")
    if not any(numbers):
        return kind, None
    return kind, BrownConrady(*numbers[:8]) if kind == PINHOLE else KannalaBrandt(*numbers)


def _by_name(camera: Entry, table: Entry) -> tuple[Point, Point, str, Distortion | None]:
    """Focal lengths, centre, kind of lens and distortion from numbers that have names."""

    def number(name: str, low: float = -1e6, high: float = 1e6) -> float:
        entry = table.need(name, meaning="one of the lens' numbers")
        value = entry.number()
        if not low <= value <= high:
            raise entry.fault(f"is {value:g}; it must lie within {low:g}…{high:g}")
        return value

    least = 1e-9
    named = camera.find(*MODELS)
    kind = _kind(named) if named else _guessed(table)
    focal, centre = (number("fx", least), number("fy", least)), (number("cx"), number("cy"))
    distortion: Distortion
    match kind:
        case "double-sphere":
            distortion = DoubleSphere(number("xi", -1, 1), number("alpha", 0, 1))
        case "eucm":
            distortion = ExtendedUnified(number("alpha", 0, 1), number("beta", least, 1e3))
        case "unified":
            distortion = ExtendedUnified(number("alpha", 0, 1), 1.0)
        case "fisheye":
            distortion = KannalaBrandt(*(number(f"k{n}") for n in range(1, 5)))
        case _:
            names = ("k1", "k2", "p1", "p2", "k3", "k4", "k5", "k6")
            distortion = BrownConrady(*(number(name) if table.find(name) else 0.0 for name in names))
    plain = kind in {PINHOLE, FISHEYE} and not any(astuple(distortion))
    return focal, centre, kind, None if plain else distortion


def _guessed(table: Entry) -> str:
    """The kind of lens that numbers of these names belong to."""
    if table.find("alpha"):
        return DOUBLE_SPHERE if table.find("xi") else EUCM if table.find("beta") else UNIFIED
    return FISHEYE if table.find("k4") and not table.find("p1") else PINHOLE


def _kind(named: Entry) -> str:
    kind = KINDS.get(named.text().lower())
    if kind is None:
        raise named.fault(f"“{named.text()[:40]}” is not a lens that we know; known are {', '.join(KINDS)}")
    return kind


def _pose(camera: Entry) -> Pose | None:
    """Where the file says that the camera stands; a rotation alone is ROS' rectification, which a picture does not have."""
    if (pose := camera.find("pose")) is not None:
        numbers = np.array(pose.numbers(12, 16))[:12].reshape(3, 4)
        return _checked(pose, numbers[:, :3]), numbers[:, 3]
    if (axis := camera.find("rvec")) is not None:
        moved = camera.need("tvec", meaning="the translation that goes with rvec")
        return _inverse(_of_axis(np.array(axis.numbers(3))), moved)
    if (moves := camera.find("T", "t")) is not None:
        turned = camera.need("R", "r", meaning="the rotation that goes with T")
        return _inverse(_checked(turned, np.array(turned.numbers(9)).reshape(3, 3)), moves)
    return None


def _inverse(matrix: Array, moved: Entry) -> Pose:
    """The pose of a camera that sees a point of the world at matrix · point + moved."""
    return matrix.T, -matrix.T @ np.array(moved.numbers(3))


def _checked(entry: Entry, matrix: Array) -> Array:
    if np.abs(matrix @ matrix.T - np.eye(3)).max() > CLOSE or np.linalg.det(matrix) < 0:
        raise entry.fault("is not a rotation: its rows must be at right angles, of length 1, and right-handed")
    return matrix


def _of_axis(vector: Array) -> Array:
    """The rotation about a vector by its length in radians (Rodrigues)."""
    angle = float(np.linalg.norm(vector))
    x, y, z = vector / (angle or 1.0)
    across = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + sin(angle) * across + (1 - cos(angle)) * (across @ across))


def _quaternion_pose(place: Entry) -> Pose:
    x, y, z, w = (place.need(name, meaning="part of a quaternion").number() for name in ("qx", "qy", "qz", "qw"))
    if abs(x * x + y * y + z * z + w * w - 1) > CLOSE:
        raise place.fault("qx, qy, qz, qw are not a rotation: their squares must add up to 1")
    position = [place.need(name, meaning="part of a position").number() for name in ("px", "py", "pz")]
    across = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + 2 * (w * across + across @ across), np.array(position)
