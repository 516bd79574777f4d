"""Hugin's .pto project files, which other programs write too, into rigs: the geometry of their image (``i``) lines.

PTGui's own projects are another dialect, which is not read: sizes and names stand in comments there (``#-imgfile``).

Their axes are x right, y down, z forward and pixel centres lie at whole numbers; angles and their order are ours. Exposure,
white balance and response are left alone: the stitcher measures exposure and white balance itself.
Mapping: libpano13's, held against its `pano_trafo`; see conventions.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, isfinite, radians, sin
from pathlib import Path

from vrlive.errors import RigFileError
from vrlive.projection.lenses import focal
from vrlive.projection.rig import Circle, Lens, Model, PanoTools, Plane, Polygon, Rectangle, Rig, Vignetting
from vrlive.units import Size

LENS_TYPES: dict[int, Model] = {
    0: "rectilinear",
    1: "cylindrical",
    2: "equidistant",  # circular fisheye
    3: "equidistant",  # full-frame fisheye
    4: "equirectangular",
    8: "orthographic",
    10: "stereographic",
    20: "thoby",
    21: "equisolid",
}
CIRCULAR = (2, 8, 20)  # lens types whose crop is the circle inside the rectangle (Hugin, SrcPanoImage::isCircularCrop)
GEOMETRY = ("w", "h", "f", "v", "y", "p", "r", "a", "b", "c", "d", "e", "g", "t", "TrX", "TrY", "TrZ", "Tpy", "Tpp")
OF_VIGNETTING = ("Va", "Vb", "Vc", "Vd", "Vx", "Vy", "Vm")
REQUIRED = {"w": "width in px", "h": "height in px", "v": "field of view in degrees"}
OF_LIGHT = re.compile(r"E(ev|r|b)?|R[a-e]?|Vf|K[0-2][ab]")
HARMLESS = ("j", "u", "m", "o", "s")  # stack, feather, border, morphing, sampling
CROPS = ("S", "C")
PTGUIS = "#-imgfile"
IS_RADIAL = 1  # the bit of Vm
MASK_CUTS_OUT = 0  # the mask type “exclude region”
MAX_BYTES, MAX_IMAGES, MAX_MASKS, MAX_CORNERS, MAX_SIDE_PX = 8_000_000, 64, 100, 1000, 65_535
FARTHEST = 1e6  # no number of a sane rig is larger
NARROWEST_DEG = 0.1

TOKEN = re.compile(r'[^\s"]*"[^"]*"|\S+')
VARIABLE = re.compile(r'(K\d[ab]|[A-Za-z]+)(?:"([^"]*)"|=(\d{1,4})|([-+.\d][-+.\deE]*(?:,[-+.\deE]+)*))')


@dataclass(frozen=True, slots=True)
class ImageLine:
    """One ``i`` line: its variables, with links followed."""

    number: int
    values: dict[str, float]
    picture: str
    crop: tuple[float, ...]


def read_pto(path: Path) -> tuple[Rig, tuple[str, ...]]:
    """Read a .pto file.

    Returns
    -------
    rig
        Its images as lenses; those of one picture share an input.
    pictures
        The distinct picture names in the file's order: what the inputs stand for.

    Raises
    ------
    RigFileError
        If it cannot be read or uses something we do not support; file, line and variable are named.
    """
    lines = list(enumerate(_read(path), 1))
    images: list[ImageLine] = []
    for number, text in _of_kind("i", lines) or _output_lines(path, lines):
        if len(images) == MAX_IMAGES:
            raise _fault(path, number, f"more than {MAX_IMAGES} images")
        images.append(_image(path, number, text, images))
    if not images:
        raise RigFileError(f"{path}: holds no image (i) line; is it a Hugin project?")
    pictures = tuple(dict.fromkeys(image.picture for image in images))
    masks = _masks(path, lines, len(images))
    lenses = tuple(
        _lens(path, image, f"image {index}", pictures.index(image.picture), masks.get(index, ())) for index, image in enumerate(images)
    )
    return Rig(lenses, path.stem, len(pictures)), pictures


def _read(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as fault:
        raise RigFileError(f"{path}: cannot be read: {fault.strerror}") from fault
    if len(data) > MAX_BYTES:
        raise RigFileError(f"{path}: larger than {MAX_BYTES // 1_000_000} MB; that is no rig")
    return data.decode("utf-8", "replace").splitlines()


def _of_kind(kind: str, lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    return [(number, text[2:]) for number, text in lines if text[:2].rstrip() == kind and text[1:2].isspace()]


def _output_lines(path: Path, lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Lines that some programs write in place of image lines; those of PTGui lack the size of the picture."""
    if number := next((number for number, text in lines if text.startswith(PTGUIS)), None):
        raise _fault(path, number, f"{PTGUIS} is of a project of PTGui's own kind, which is not read; open it in Hugin and save it as .pto")
    return _of_kind("o", lines)


def _image(path: Path, number: int, text: str, before: list[ImageLine]) -> ImageLine:
    values: dict[str, float] = {}
    picture = ""
    crop: tuple[float, ...] = ()
    for key, word, link, numbers in _variables(path, number, text):
        if key == "n":
            picture = word or numbers
        elif key in CROPS:
            crop = _crop_numbers(path, number, key, numbers)
        elif key in GEOMETRY or key in OF_VIGNETTING:
            values[key] = _linked(path, number, key, link, before) if link else _number(path, number, key, numbers)
        elif not OF_LIGHT.fullmatch(key) and key not in HARMLESS and (link or word or _number(path, number, key, numbers or "0")):
            raise _fault(path, number, f"the variable {key} is not supported; set it to 0 in Hugin and optimize without it")
    for key, meaning in REQUIRED.items():
        if values.get(key, 0) <= 0:
            raise _fault(path, number, f"{key}, the image's {meaning}, is missing or not above 0")
    return ImageLine(number, values, picture or f"image {len(before)}", crop)


def _variables(path: Path, number: int, text: str) -> Iterator[tuple[str, str, str, str]]:
    """Name, quoted text, link and number of each variable on a line; three of them are empty."""
    for token in TOKEN.findall(text):
        found = VARIABLE.fullmatch(token)
        if not found:
            raise _fault(path, number, f"“{token[:40]}” is not a variable with a number")
        yield found[1], found[2] or "", found[3] or "", found[4] or ""


def _number(path: Path, number: int, key: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise _fault(path, number, f"{key} must be a number, not “{text[:40]}”") from None
    if not isfinite(value) or abs(value) > FARTHEST:
        raise _fault(path, number, f"{key} is {text[:40]}; it must be a number of reasonable size")
    return value


def _crop_numbers(path: Path, number: int, key: str, text: str) -> tuple[float, ...]:
    crop = tuple(_number(path, number, key, part) for part in text.split(","))
    if len(crop) != 4:
        raise _fault(path, number, f"{key} must be left,right,top,bottom")
    left, right, top, bottom = crop
    if not any(crop):
        return ()
    if left >= right or top >= bottom:
        raise _fault(path, number, f"{key}{text[:60]} holds no picture; it must be left,right,top,bottom")
    return crop


def _linked(path: Path, number: int, key: str, link: str, before: list[ImageLine]) -> float:
    if int(link) >= len(before):
        raise _fault(path, number, f"{key}={link} must name an image above this one; there are {len(before)}")
    return before[int(link)].values.get(key, 0.0)


def _lens(path: Path, image: ImageLine, name: str, place: int, masks: tuple[Polygon, ...]) -> Lens:
    value = dict.fromkeys(GEOMETRY, 0.0) | image.values
    frame = Size(int(value["w"]), int(value["h"]))
    if not (value["w"].is_integer() and value["h"].is_integer()) or max(frame) > MAX_SIDE_PX:
        raise _fault(path, image.number, f"w{value['w']:g} h{value['h']:g} is not a picture's size in px")
    kind = int(value["f"])
    if not value["f"].is_integer() or kind not in LENS_TYPES:
        raise _fault(path, image.number, f"lens type f{value['f']:g} is not supported; f may be {', '.join(map(str, LENS_TYPES))}")
    distortion = PanoTools(*(value[key] for key in "abcgt"))
    return Lens(
        name=name,
        input=place,
        frame=frame,
        model=LENS_TYPES[kind],
        focal_px=_focal(path, image.number, kind, frame, value["v"]),
        centre_px=_centre(path, image.number, frame, value),
        distortion=distortion if distortion != PanoTools() else None,
        crop=_crop(kind, image.crop),
        masks=masks,
        yaw=radians(value["y"]),
        pitch=radians(value["p"]),
        roll=radians(value["r"]),
        position_m=(value["TrX"], 0.0 - value["TrY"], value["TrZ"]),
        scene=_plane(path, image.number, value),
        vignetting=_vignetting(path, image.number, frame, image.values),
    )


def widest_deg(kind: int) -> float:
    """The largest field of view in degrees that an image of a lens type may have."""
    return {0: 179.9, 8: 180.0, 10: 719.0, 20: 720 / 1.426}.get(kind, 3600.0)


def _focal(path: Path, number: int, kind: int, frame: Size, view_deg: float) -> float:
    """Focal length in px from the field of view over the whole image's width."""
    limit = widest_deg(kind)
    if not NARROWEST_DEG <= view_deg <= limit:
        raise _fault(path, number, f"v{view_deg:g} is not within {NARROWEST_DEG:g}…{limit:g}°, as a lens of type f{kind} must be")
    return focal(LENS_TYPES[kind], frame.width / 2, radians(view_deg) / 2)


def _centre(path: Path, number: int, frame: Size, value: dict[str, float]) -> tuple[float, float]:
    """Where the axis falls: their d and e come before the shear, which therefore moves them."""
    x = value["d"] + value["g"] / frame.height * value["e"]
    y = value["e"] + value["t"] / frame.width * value["d"]
    if max(abs(x), abs(y)) > FARTHEST / 2:
        raise _fault(path, number, f"d, e, g and t put the centre of the lens at {x:g}, {y:g} px from the middle of the picture")
    return frame.width / 2 + x, frame.height / 2 + y


def _crop(kind: int, crop: tuple[float, ...]) -> Circle | Rectangle | None:
    if not crop:
        return None
    left, right, top, bottom = crop
    if kind in CIRCULAR:
        return Circle((left + right) / 2, (top + bottom) / 2, min(right - left, bottom - top) / 2)
    return Rectangle(left, top, right, bottom)


def _plane(path: Path, number: int, value: dict[str, float]) -> Plane | None:
    """The flat scene of a moved camera (mosaic mode), turned by Tpy or Tpp."""
    yaw, pitch = radians(value["Tpy"]), radians(value["Tpp"])
    if yaw and pitch:
        raise _fault(path, number, "Tpy and Tpp are both set; only one at a time is supported")
    if not (value["TrX"] or value["TrY"] or value["TrZ"]):
        return None
    return Plane((sin(yaw), sin(pitch), -cos(yaw) * cos(pitch)))


def _vignetting(path: Path, number: int, frame: Size, values: dict[str, float]) -> Vignetting | None:
    """Radial vignetting; a flat field, which Vm would say, is a picture and left alone."""
    a, b, c, d, x, y = (values.get(f"V{key}", 0.0) for key in "abcdxy")
    if not (b or c or d) or not int(values.get("Vm", IS_RADIAL)) & IS_RADIAL:
        return None
    a = a or 1.0
    if a < 0 or max(map(abs, (b, c, d))) / a > FARTHEST:
        raise _fault(path, number, f"Va{a:g} is the light in the middle of the image; it must be above 0")
    return Vignetting(b / a, c / a, d / a, (frame.width / 2 + x, frame.height / 2 + y))


def _masks(path: Path, lines: list[tuple[int, str]], images: int) -> dict[int, tuple[Polygon, ...]]:
    """What mask (``k``) lines cut out of each image."""
    masks: dict[int, tuple[Polygon, ...]] = {}
    for number, text in _of_kind("k", lines):
        variables = {key: (word, numbers) for key, word, _, numbers in _variables(path, number, text)}
        image = _number(path, number, "i", variables.get("i", ("", ""))[1])
        kind = _number(path, number, "t", variables.get("t", ("", "0"))[1])
        if image not in range(images):
            raise _fault(path, number, f"the mask is for image {image:g}, but there are {images}")
        if kind != MASK_CUTS_OUT:
            raise _fault(path, number, f"masks of type t{kind:g} are not supported; draw it as an exclude region (t0) in Hugin")
        corners = [_number(path, number, "p", part) + 0.5 for part in variables.get("p", ("", ""))[0].split()]
        if len(corners) % 2 or not 6 <= len(corners) <= 2 * MAX_CORNERS:
            raise _fault(path, number, f"a mask has 3 to {MAX_CORNERS} corners, each two numbers")
        masks[int(image)] = (*masks.get(int(image), ()), tuple(zip(corners[::2], corners[1::2], strict=True)))
        if len(masks[int(image)]) > MAX_MASKS:
            raise _fault(path, number, f"image {image:g} has more than {MAX_MASKS} masks")
    return masks


def _fault(path: Path, number: int, problem: str) -> RigFileError:
    return RigFileError(f"{path}, line {number}: {problem}")
