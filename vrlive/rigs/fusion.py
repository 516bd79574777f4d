"""Parameter files of GoPro Fusion pictures, as fusion2sphere has them, into rigs: a text file of two fisheyes, front and back.

Each is ``IMAGE:``, ``RADIUS:``, ``CENTER:`` x y in px and ``FOV:`` in degrees across that radius' circle. The size of its frame stands in
the comment above, such as ``# left/front - 1568 x 1504``.
"""

import re
from dataclasses import dataclass, field
from math import isfinite, pi, radians
from pathlib import Path

from vrlive.errors import RigFileError, did_you_mean
from vrlive.projection.lenses import focal
from vrlive.projection.rig import Circle, Lens, Rig
from vrlive.units import Size

SUFFIX = ".txt"
NUMBERS = {"RADIUS": 1, "CENTER": 2, "FOV": 1, "APERTURE": 1}
MUST_BE_0 = ("ROTATEX", "ROTATEY", "ROTATEZ")
FLIPS = ("HFLIP", "VFLIP")
KEYS = ("IMAGE", *NUMBERS, *MUST_BE_0, *FLIPS)
SIZE = re.compile(r"(?<!\d)(\d{2,5})\s*[x×]\s*(\d{2,5})(?!\d)")
SIDES = (("front", 0.0), ("back", pi))
MAX_BYTES, FARTHEST, NARROWEST_DEG = 100_000, 1e5, 0.1


@dataclass
class Fisheye:
    """What is said of one of the two."""

    size: Size | None
    values: dict[str, tuple[float, ...]] = field(default_factory=dict)


def read_fusion(path: Path) -> Rig:
    """Read a parameter file; the front camera is input 0, the back camera input 1.

    Raises
    ------
    RigFileError
        If it cannot be read or does not describe two fisheyes; file, line and key are named.
    """
    fisheyes = _fisheyes(path)
    if len(fisheyes) != len(SIDES):
        raise RigFileError(f"{path}: describes {len(fisheyes)} fisheyes; a GoPro Fusion's parameters are those of two, front and back")
    lenses = [_lens(path, place, name, yaw, each) for place, ((name, yaw), each) in enumerate(zip(SIDES, fisheyes, strict=True))]
    return Rig(tuple(lenses), path.stem, len(lenses))


def _fisheyes(path: Path) -> list[Fisheye]:
    found: list[Fisheye] = []
    size: Size | None = None
    for number, line in enumerate(_lines(path), 1):
        if line.startswith("#"):
            sides = SIZE.search(line)
            size = Size(int(sides[1]), int(sides[2])) if sides else size
        elif line:
            key, words = _key(path, number, line)
            if not found or key == "IMAGE" or key in found[-1].values:
                found.append(Fisheye(size))
                size = None
            found[-1].values[key] = () if key == "IMAGE" else _numbers(path, number, key, words)
    return found


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as fault:
        raise RigFileError(f"{path}: cannot be read: {fault.strerror}") from fault
    if len(data) > MAX_BYTES:
        raise RigFileError(f"{path}: larger than {MAX_BYTES // 1000} kB; that is no file of GoPro Fusion parameters")
    return [line.strip() for line in data.decode("utf-8-sig", "replace").splitlines()]


def _key(path: Path, number: int, line: str) -> tuple[str, list[str]]:
    key, colon, rest = line.partition(":")
    if not colon or key not in KEYS:
        known = did_you_mean(key, KEYS, f"known are {', '.join(KEYS)}")
        raise RigFileError(f"{path}, line {number}: “{line[:40]}” is not a GoPro Fusion parameter; {known}")
    return key, rest.split()


def _numbers(path: Path, number: int, key: str, words: list[str]) -> tuple[float, ...]:
    try:
        values = tuple(map(float, words))
    except ValueError:
        values = ()
    count = NUMBERS.get(key, 1)
    if len(values) != count or not all(isfinite(value) and abs(value) < FARTHEST for value in values):
        wanted = "x and y in px" if count == 2 else "a number"
        raise RigFileError(f"{path}, line {number}: {key} must be {wanted}, not “{' '.join(words)[:40]}”")
    if (key in MUST_BE_0 and values[0]) or (key in FLIPS and values[0] < 0):
        right = "0; turn the lens in the rig.toml instead" if key in MUST_BE_0 else "1: mirrored pictures cannot be stitched"
        raise RigFileError(f"{path}, line {number}: {key} is not supported; it must be {right}")
    return values


def _lens(path: Path, place: int, name: str, yaw: float, fisheye: Fisheye) -> Lens:
    values = {"FOV": fisheye.values.get("APERTURE")} | fisheye.values
    if missing := next((key for key in ("RADIUS", "CENTER", "FOV") if not values.get(key)), None):
        raise RigFileError(f"{path}: {missing} of the {name} camera is missing")
    if fisheye.size is None:
        raise RigFileError(f"{path}: the size of the {name} camera's frames is missing; write it above, such as “# {name} - 1568 x 1504”")
    (radius,), (x, y), (view,) = (values[key] or () for key in ("RADIUS", "CENTER", "FOV"))
    if radius <= 0 or not NARROWEST_DEG <= view <= 360:
        right = f"RADIUS must be above 0 and its FOV within {NARROWEST_DEG:g}…360°"
        raise RigFileError(f"{path}: the {name} camera's {right}, not {radius:g} and {view:g}")
    if not (0 <= x <= fisheye.size.width and 0 <= y <= fisheye.size.height):
        raise RigFileError(f"{path}: the {name} camera's CENTER {x:g} {y:g} lies outside of its frames, {fisheye.size}")
    return Lens(
        name=name,
        input=place,
        frame=fisheye.size,
        model="equidistant",
        focal_px=focal("equidistant", radius, radians(view) / 2),
        centre_px=(x, y),
        crop=Circle(x, y, radius),
        yaw=yaw,
    )
