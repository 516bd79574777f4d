"""A rig from whatever file describes it, and which pictures its inputs stand for."""

from collections.abc import Sequence
from dataclasses import replace
from math import pi
from pathlib import Path

from vrlive.errors import InputError, RigFileError
from vrlive.projection.rig import Eye, Lens, Rectangle, Rig
from vrlive.rigs import fusion, opencv, ptv
from vrlive.rigs.fusion import read_fusion
from vrlive.rigs.pto import read_pto
from vrlive.rigs.ptv import read_ptv
from vrlive.rigs.toml import read_rig_toml
from vrlive.units import Size

NAMING_SUFFIXES = (".pto", ptv.SUFFIX)  # of files that name the pictures they were made for
SUFFIXES = (".toml", *NAMING_SUFFIXES, fusion.SUFFIX, *opencv.SUFFIXES)
PTGUI_SUFFIX = ".pts"


SPHERES: dict[str, tuple[float, str]] = {
    "equirect": (2 * pi, "mono"),
    "equirect-top-bottom": (2 * pi, "top-bottom"),
    "equirect-left-right": (2 * pi, "left-right"),
    "vr180": (pi, "mono"),
    "vr180-top-bottom": (pi, "top-bottom"),
    "vr180-left-right": (pi, "left-right"),
}
"""Cameras that need no rig file: the angle that their pictures take in from left to right, and how the eyes share them."""


def read_rig(path: Path, inputs: Sequence[Path] | None = None) -> Rig:
    """Read a rig.toml, or a rig of another program.

    Parameters
    ----------
    path
        The file; its suffix says which kind.
    inputs
        What takes the place of the pictures a .pto or .ptv names, one for each distinct name in its order. None: they must exist.

    Raises
    ------
    ConfigError, RigFileError, InputError
        If the file has a fault, a picture is missing, or `inputs` are not as many as the rig takes.
    """
    rig = read_rig_file(path)
    if inputs is None and path.suffix in NAMING_SUFFIXES:
        rig_pictures(path)
    if inputs is not None and len(inputs) != rig.inputs:
        raise RigFileError(f"{path}: the rig takes {rig.inputs} input{'s' * (rig.inputs != 1)}, but {len(inputs)} are given{_wanted(path)}")
    missing = next((each for each in inputs or () if not each.is_file()), None)
    if missing:
        raise InputError(f"{missing}: there is no such file")
    return rig


def import_rig(path: Path, others: Sequence[Path]) -> Rig:
    """Read what is to become a rig.toml: a rig file (pictures are only counted), or OpenCV calibrations, one camera after the other.

    Raises
    ------
    ConfigError, RigFileError, InputError
        If a file has a fault, is missing, or does not belong to the first.
    """
    if path.suffix not in opencv.SUFFIXES:
        return read_rig(path, others) if others else read_rig_file(path)
    if strange := next((each for each in others if each.suffix not in opencv.SUFFIXES), None):
        raise RigFileError(f"{strange}: only more calibrations can follow {path.name}; they end in {' or '.join(opencv.SUFFIXES)}")
    return opencv.read_opencv([path, *others])


def rig_pictures(path: Path) -> tuple[Path, ...]:
    """The pictures that a .pto or .ptv file itself names, one for each input.

    Raises
    ------
    RigFileError
        If one is missing, or the file is of a kind that names none.
    """
    if not picture_names(path):
        raise RigFileError(f"{path}: names no pictures of its own; give them as inputs")
    pictures = tuple(path.parent / name.replace("\\", "/") for name in picture_names(path))
    for picture in pictures:
        if not picture.is_file():
            raise RigFileError(f"{path}: its picture {picture} does not exist; give the pictures as inputs")
    return pictures


def equirect_rig(size: Size) -> Rig:
    """A camera that already sends equirectangular pictures of this `size`."""
    lens = Lens("equirect", 0, size, "equirectangular", size.width / (2 * pi), (size.width / 2, size.height / 2))
    return Rig((lens,), "equirect", 1)


def sphere_rig(kind: str, height: int) -> Rig:
    """A camera that already sends pictures of the sphere: one of `SPHERES`, with `height` px for one eye."""
    across, packing = SPHERES[kind]
    size = Size(round(height * across / pi), height)
    columns, rows = {"left-right": (2, 1), "top-bottom": (1, 2)}.get(packing, (1, 1))
    frame, focal_px = Size(size.width * columns, size.height * rows), size.width / across
    lenses: list[Lens] = []
    eyes: tuple[Eye, Eye] = ("left", "right")
    for eye, (column, row) in zip(eyes, ((0, 0), (columns - 1, rows - 1)), strict=True):
        left, top = column * size.width, row * size.height
        centre, crop = (left + size.width / 2, top + size.height / 2), Rectangle(left, top, left + size.width, top + size.height)
        lenses.append(Lens(eye, 0, frame, "equirectangular", focal_px, centre, crop=crop, eye=eye))
    if packing == "mono":
        lenses = [replace(lenses[0], name=kind, crop=None, eye=None)]
    return Rig(tuple(lenses), kind, 1)


def read_rig_file(path: Path) -> Rig:
    """Read a rig.toml, or a rig of another program, without asking for its pictures.

    Raises
    ------
    ConfigError, RigFileError
        If the file has a fault.
    """
    match path.suffix:
        case ".toml":
            return read_rig_toml(path)
        case ".pto":
            return read_pto(path)[0]
        case ptv.SUFFIX:
            return read_ptv(path)[0]
        case fusion.SUFFIX:
            return read_fusion(path)
        case suffix if suffix in opencv.SUFFIXES:
            return opencv.read_opencv([path])
        case str(suffix) if suffix == PTGUI_SUFFIX:
            raise RigFileError(f"{path}: projects of PTGui's own kind are not read; open it in Hugin and save it as a .pto")
    raise RigFileError(f"{path}: a rig file ends in {' or '.join(SUFFIXES)}")


def picture_names(path: Path) -> tuple[str, ...]:
    """What a .pto or .ptv file calls its pictures, one for each input; nothing of files that name none.

    Raises
    ------
    RigFileError
        If the file has a fault.
    """
    match path.suffix:
        case ".pto":
            return read_pto(path)[1]
        case ptv.SUFFIX:
            return read_ptv(path)[1]
    return ()


def _wanted(path: Path) -> str:
    return f" (in place of {', '.join(names)})" if (names := picture_names(path)) else ""
