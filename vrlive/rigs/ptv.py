"""Projects of stitchEm (VideoStitch Studio, Vahana VR), .ptv files, into rigs: JSON.

Their axes are x right, y down, z forward; angles, and the order they are applied in, are ours. Centres are measured from the middle of the
crop. A “fisheye_opt” is a stereographic lens whose focal length is twice ours. Distortion is PanoTools', either of px, or (“meter”) of what
comes before the focal lengths. ``translation`` moves points of the world, turned into the camera's axes, before it. What describes light
is left alone. Source: lib/src/core of stitchEm; held against the points that it matched between the cameras of a rig.
"""

import base64
import binascii
from dataclasses import dataclass
from io import BytesIO
from math import radians
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from vrlive.errors import did_you_mean
from vrlive.projection.lenses import focal
from vrlive.projection.rig import Array, Circle, Lens, MaskPicture, Model, PanoTools, Polynomial, Rectangle, Rig, rotation, turn
from vrlive.rigs.documents import FARTHEST, Entry, read_document
from vrlive.units import Size

SUFFIX = ".ptv"
PROJECTIONS: dict[str, Model] = {
    "rectilinear": "rectilinear",
    "circular_fisheye": "equidistant",
    "ff_fisheye": "equidistant",
    "circular_fisheye_opt": "stereographic",
    "ff_fisheye_opt": "stereographic",
    "equirectangular": "equirectangular",
}
THEIR_UNITS = {"stereographic": 2.0}  # what they call 1 at the axis of a lens is so much of ours
UNKNOWN_DISTORTIONS = ("distort_s1", "distort_s2", "distort_s3", "distort_s4", "distort_tau1", "distort_tau2")
SHORTEST_PX = 0.1
NARROWEST_DEG, WIDEST_DEG = 0.1, {"rectilinear": 179.9, "stereographic": 719.0}
MAX_CAMERAS, MAX_SIDE_PX, MAX_NAME = 64, 65_535, 255
TO_OURS = np.diag([1.0, -1.0, -1.0])
CLOSE = 1e-3


@dataclass(frozen=True, slots=True)
class Area:
    """What of a frame belongs to a lens: middle and size in px, and whether it is all of it."""

    x: float
    y: float
    width: float
    height: float
    whole: bool


def read_ptv(path: Path) -> tuple[Rig, tuple[str, ...]]:
    """Read a .ptv file.

    Returns
    -------
    rig
        Its inputs that have a picture as lenses; those of one reader share an input.
    readers
        The distinct names of what they are read from, in the file's order.

    Raises
    ------
    RigFileError
        If it cannot be read, is not calibrated, or uses something we do not support; file and key are named.
    """
    whole = read_document(path)
    pano = whole.find("pano") or whole
    inputs = [each for each in pano.need("inputs", meaning="the cameras of the project").parts() if _has_picture(each)]
    if not 1 <= len(inputs) <= MAX_CAMERAS:
        raise pano.fault(f"inputs holds {len(inputs)} cameras; a rig has 1 to {MAX_CAMERAS}")
    names = [_reader(each, place) for place, each in enumerate(inputs)]
    readers = tuple(dict.fromkeys(names))
    lenses = [_lens(each, name, readers.index(name)) for each, name in zip(inputs, names, strict=True)]
    rig = Rig(tuple(lenses), path.stem, len(readers))
    return _oriented(rig, pano), readers


def _has_picture(camera: Entry) -> bool:
    shown = camera.find("video_enabled")
    return shown is None or shown.value is not False


def _reader(camera: Entry, place: int) -> str:
    named = camera.find("reader_config", "filename")
    return named.text() if named and isinstance(named.value, str) else f"input {place}"


def _lens(camera: Entry, name: str, place: int) -> Lens:
    projection = _projection(camera)
    model, circular = PROJECTIONS[projection], projection.startswith("circular")
    frame, geometry = _frame(camera), _geometry(camera)
    area = _area(camera, frame)
    along_x = _focal(geometry, model, area)
    vertical = geometry.find("verticalFocal")
    along_y = _positive(vertical) / THEIR_UNITS.get(model, 1.0) if vertical else along_x
    in_metres = (entry := camera.find("useMeterDistortion")) is not None and entry.value is True
    scale, distortion = _distortion(geometry, model, area, None if in_metres else along_x, along_y / along_x)
    yaw, pitch, roll = (radians(_number(geometry, key)) for key in ("yaw", "pitch", "roll"))
    x, y, z = (-(rotation(yaw, pitch, roll) @ TO_OURS @ _translation(geometry))).tolist()
    return Lens(
        name=Path(name.replace("\\", "/")).stem[:MAX_NAME] or name[:MAX_NAME],
        input=place,
        frame=frame,
        model=model,
        focal_px=along_x * scale,
        centre_px=(area.x + _number(geometry, "center_x"), area.y + _number(geometry, "center_y")),
        aspect=along_y / along_x,
        distortion=distortion,
        crop=_crop(area, circular=circular),
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        position_m=(x + 0.0, y + 0.0, z + 0.0),
        mask=_mask(camera, frame),
    )


def _projection(camera: Entry) -> str:
    entry = camera.need("proj", meaning="the projection of the lens")
    if (word := entry.text()) not in PROJECTIONS:
        known = did_you_mean(word, [*PROJECTIONS], f"known are {', '.join(PROJECTIONS)}")
        raise entry.fault(f"“{word[:40]}” is not a projection that we know; {known}")
    return word


def _frame(camera: Entry) -> Size:
    sides = [camera.need(key, meaning="the size of the frame in px") for key in ("width", "height")]
    for side in sides:
        if not (side.number().is_integer() and 1 <= side.number() <= MAX_SIDE_PX):
            raise side.fault(f"{side.number():g} is not a side of a frame in px")
    return Size(int(sides[0].number()), int(sides[1].number()))


def _area(camera: Entry, frame: Size) -> Area:
    whole = {"crop_left": 0, "crop_right": frame.width, "crop_top": 0, "crop_bottom": frame.height}
    left, right, top, bottom = (entry.number() if (entry := camera.find(key)) else side for key, side in whole.items())
    if left >= right or top >= bottom:
        raise camera.fault("crop_left, crop_right, crop_top and crop_bottom hold no picture")
    is_whole = (left, right, top, bottom) == tuple(whole.values())
    return Area((left + right) / 2, (top + bottom) / 2, right - left, bottom - top, is_whole)


def _geometry(camera: Entry) -> Entry:
    """The table of the calibration, which may be a curve over time that has one point."""
    found = camera.need("geometries", meaning="the project is not calibrated, or older than VideoStitch Studio 2.0")
    geometry = _one_point(found)
    if not isinstance(geometry.value, dict):
        raise geometry.fault("must be a table")
    return geometry


def _one_point(entry: Entry) -> Entry:
    if isinstance(entry.value, list) and entry.value and isinstance(entry.value[-1], list | dict):
        if len(entry.value) != 3:
            raise entry.fault("changes over time; a rig is one pose for all of a show")
        return entry.parts()[-1]
    return entry


def _number(geometry: Entry, key: str) -> float:
    return entry.number() if (entry := geometry.find(key)) else 0.0


def _positive(entry: Entry) -> float:
    if entry.number() < SHORTEST_PX:
        raise entry.fault(f"is {entry.number():g}; it must be {SHORTEST_PX:g} or more")
    return entry.number()


def _focal(geometry: Entry, model: Model, area: Area) -> float:
    """Focal length in px along x, in our measure."""
    unit = THEIR_UNITS.get(model, 1.0)
    if given := geometry.find("horizontalFocal"):
        return _positive(given) / unit
    view = geometry.need("horizontalFov", "horizontalFocal", meaning="the field of view of the lens")
    limit = WIDEST_DEG.get(model, 3600.0)
    if not NARROWEST_DEG <= view.number() <= limit:
        raise view.fault(f"is {view.number():g}; it must lie within {NARROWEST_DEG:g}…{limit:g}°")
    return focal(model, area.width / 2, radians(view.number()) / 2)


def _distortion(
    geometry: Entry, model: Model, area: Area, focal_px: float | None, aspect: float
) -> tuple[float, PanoTools | Polynomial | None]:
    """What the focal length is multiplied by at the axis, and the rest of the distortion; it is one of px if `focal_px` is given."""
    a, b, c, p1, p2 = (_number(geometry, f"distort_{key}") for key in ("a", "b", "c", "p1", "p2"))
    if strange := next((entry for key in UNKNOWN_DISTORTIONS if (entry := geometry.find(key)) and entry.number()), None):
        raise strange.fault("is not supported; calibrate without thin prism and tilt")
    if not (a or b or c or p1 or p2):
        return 1.0, None
    at_axis = 1 - a - b - c
    if at_axis <= 0:
        raise geometry.fault(f"distort_a, distort_b and distort_c add up to {a + b + c:g}; it must be below 1")
    if model == "equirectangular":
        raise geometry.fault("distort_a to distort_p2 of an equirectangular picture are not supported; they must be 0")
    radial = tangential = THEIR_UNITS.get(model, 1.0)
    if focal_px:
        if aspect != 1:
            if area.whole and not (p1 or p2):
                return 1.0, PanoTools(a, b, c)
            raise geometry.fault("horizontalFocal and verticalFocal differ, which goes with a crop only if useMeterDistortion is true")
        radial, tangential = min(area.width, area.height) / 2 / focal_px, 1 / focal_px
    numbers = (c / radial, b / radial**2, a / radial**3, p1 / tangential, p2 / tangential)
    if max(map(abs, numbers)) > FARTHEST * at_axis:
        raise geometry.fault("distort_a to distort_p2 are not those of a lens, with these focal lengths and this crop")
    return at_axis, Polynomial(*(number / at_axis for number in numbers))


def _crop(area: Area, *, circular: bool) -> Circle | Rectangle | None:
    if circular:
        return Circle(area.x, area.y, min(area.width, area.height) / 2)
    half_width, half_height = area.width / 2, area.height / 2
    return None if area.whole else Rectangle(area.x - half_width, area.y - half_height, area.x + half_width, area.y + half_height)


def _translation(geometry: Entry) -> Array:
    """All three numbers, or none: metres in the camera's axes."""
    entries = [geometry.find(f"translation_{key}") for key in "xyz"]
    return np.array([entry.number() for entry in entries if entry]) if all(entries) else np.zeros(3)


def _mask(camera: Entry, frame: Size) -> MaskPicture | None:
    """A PNG as text, of two colours; the second is cut out."""
    entry, kept_all = camera.find("mask_data"), camera.find("no_delete_masked_pixels")
    if entry is None or not entry.text() or (kept_all and kept_all.value is True):
        return None
    try:
        with Image.open(BytesIO(base64.b64decode(entry.text(), validate=True))) as picture:
            if Size(*picture.size) != frame or picture.mode != "P":
                shape = f"{picture.size[0]}x{picture.size[1]} of kind {picture.mode}"
                raise entry.fault(f"must be a picture of {frame} in two colours, not {shape}")
            kept = np.asarray(picture) == 0
    except (binascii.Error, UnidentifiedImageError, OSError, SyntaxError, ValueError) as fault:
        raise entry.fault("is not a PNG that can be read; draw the mask anew, or leave it empty") from fault
    if not kept.any():
        raise entry.fault("cuts out all of the picture")
    return MaskPicture(kept)


def _oriented(rig: Rig, pano: Entry) -> Rig:
    """The rig as the project turns its panorama: quaternions, real part first, which turn what is looked at before the cameras do."""
    matrix = np.eye(3)
    for key in ("stabilization", "global_orientation"):
        if found := pano.find(key):
            matrix = matrix @ _matrix(_one_point(found))
    return rig if np.allclose(matrix, np.eye(3), atol=1e-12) else rig.turned(*turn(TO_OURS @ matrix.T @ TO_OURS))


def _matrix(entry: Entry) -> Array:
    w, x, y, z = entry.numbers(4)
    length = (w * w + x * x + y * y + z * z) ** 0.5
    if abs(length - 1) > CLOSE:
        raise entry.fault(f"is not a rotation: its length as a quaternion is {length:g}, not 1")
    w, x, y, z = w / length, x / length, y / length, z / length
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
