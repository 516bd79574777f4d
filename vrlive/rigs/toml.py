"""rig.toml: our own form of a calibrated rig. Degrees, metres and px of the whole frame; described in docs/reference/rig.md."""

import re
from dataclasses import asdict
from math import degrees, inf, nextafter, pi, radians
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
import tomli_w
from PIL import Image, UnidentifiedImageError
from pydantic import Field, model_validator

from vrlive.config import FrameSize
from vrlive.errors import ConfigError
from vrlive.output import in_place
from vrlive.projection.lenses import focal
from vrlive.projection.rig import (
    BrownConrady,
    Circle,
    Distortion,
    DoubleSphere,
    ExtendedUnified,
    Eye,
    KannalaBrandt,
    Lens,
    MaskPicture,
    Model,
    PanoTools,
    Plane,
    Polynomial,
    Rectangle,
    Rig,
    Vignetting,
)
from vrlive.toml import Section, read_toml
from vrlive.units import Size

MOST_MASK_PX = 8192 * 8192
NEIGHBOURS = 8  # floats either side of a rounded angle that are tried to give back the same radians

Number = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Point = tuple[Number, Number]
Vector = tuple[Number, Number, Number]


OF_SPHERES = ("double-sphere", "eucm")
RADIAL: tuple[Model, ...] = ("rectilinear", "equidistant", "equisolid", "stereographic", "orthographic", "thoby")
DISTORTS: dict[str, Model] = {
    "kannala-brandt": "equidistant",
    "brown-conrady": "rectilinear",
    "double-sphere": "double-sphere",
    "eucm": "eucm",
}  # which models a distortion goes with


class PanoToolsSection(Section):
    """``distortion = {model = "panotools", …}``: the numbers of Hugin and PTGui, apart from d and e, which are in ``centre_px``."""

    model: Literal["panotools"]
    a: Number = 0.0
    b: Number = 0.0
    c: Number = 0.0
    g: Annotated[Number, Field(description="Shear: px that the frame's bottom lies right of its top.")] = 0.0
    t: Annotated[Number, Field(description="Shear: px that the frame's right side lies below its left.")] = 0.0


class KannalaBrandtSection(Section):
    """``distortion = {model = "kannala-brandt", …}``: OpenCV's fisheye numbers, for equidistant lenses."""

    model: Literal["kannala-brandt"]
    k1: Number = 0.0
    k2: Number = 0.0
    k3: Number = 0.0
    k4: Number = 0.0


class BrownConradySection(Section):
    """``distortion = {model = "brown-conrady", …}``: OpenCV's numbers for rectilinear lenses."""

    model: Literal["brown-conrady"]
    k1: Number = 0.0
    k2: Number = 0.0
    p1: Number = 0.0
    p2: Number = 0.0
    k3: Number = 0.0
    k4: Number = 0.0
    k5: Number = 0.0
    k6: Number = 0.0


class PolynomialSection(Section):
    """``distortion = {model = "polynomial", …}``: radial and tangential, before the focal lengths (VideoStitch's in metres)."""

    model: Literal["polynomial"]
    c1: Number = 0.0
    c2: Number = 0.0
    c3: Number = 0.0
    p1: Number = 0.0
    p2: Number = 0.0


class DoubleSphereSection(Section):
    """``distortion = {model = "double-sphere", …}``: the numbers of such a lens."""

    model: Literal["double-sphere"]
    xi: Annotated[float, Field(ge=-1, le=1, description="How far the two spheres are apart.")]
    alpha: Share


class ExtendedUnifiedSection(Section):
    """``distortion = {model = "eucm", …}``: the numbers of such a lens."""

    model: Literal["eucm"]
    alpha: Share
    beta: Annotated[float, Field(gt=0, le=1e3, allow_inf_nan=False, description="Shape of the ellipsoid.")]


DistortionSection = (
    PanoToolsSection | KannalaBrandtSection | BrownConradySection | PolynomialSection | DoubleSphereSection | ExtendedUnifiedSection
)


class VignettingSection(Section):
    """``vignetting = {…}``: linear light is 1 + b r² + c r⁴ + d r⁶ of what it would be; r is 1 half a diagonal away from the centre."""

    b: Number = 0.0
    c: Number = 0.0
    d: Number = 0.0
    centre_px: Annotated[Point | None, Field(description="Where the lens is brightest. Default: middle of the frame.")] = None


class LensSection(Section):
    """``[[lens]]``: one lens."""

    name: Annotated[str, Field(max_length=255, description="Shown to people. Default: lens and its number.")] = ""
    input: Annotated[
        int | None, Field(ge=0, le=63, description="Which INPUT or camera it is in, from 0. Default: as many as lenses stand above.")
    ] = None
    frame: Annotated[FrameSize, Field(description="Size of the whole frame that the px numbers are measured in.")]
    model: Annotated[Model, Field(description="Projection of the lens.")]
    focal_px: Annotated[Positive | None, Field(description="Focal length in px. Either this or fov_deg.")] = None
    fov_deg: Annotated[
        Positive | None,
        Field(le=360, description="Field of view across crop_circle_px, or across the frame's width where there is none, undistorted."),
    ] = None
    aspect: Annotated[Positive, Field(description="Focal length along y divided by that along x.")] = 1.0
    centre_px: Annotated[Point | None, Field(description="The optical axis. Default: middle of the crop, or of the frame.")] = None
    distortion: Annotated[DistortionSection | None, Field(discriminator="model")] = None
    crop_circle_px: Annotated[Vector | None, Field(description="x, y, radius of the image circle.")] = None
    crop_rect_px: Annotated[
        tuple[Number, Number, Number, Number] | None, Field(description="left, top, right, bottom of what belongs to the lens.")
    ] = None
    masks_px: Annotated[
        tuple[Annotated[tuple[Point, ...], Field(min_length=3, max_length=1000)], ...],
        Field(max_length=100, description="Polygons that are cut out, each a list of its corners."),
    ] = ()
    mask: Annotated[
        str | None, Field(description="A picture of the frame's shape, beside this file: what is black or transparent is cut out.")
    ] = None
    vignetting: Annotated[VignettingSection | None, Field(description="How much darker the picture is away from its middle.")] = None
    eye: Annotated[Eye | None, Field(description="Which eye's picture it belongs to in a stereo rig. Default: both.")] = None
    yaw_deg: Annotated[Number, Field(description="Turned right.")] = 0.0
    pitch_deg: Annotated[Number, Field(description="Turned up.")] = 0.0
    roll_deg: Annotated[Number, Field(description="Turned clockwise: the top of the picture tips right.")] = 0.0
    position_m: Annotated[Vector, Field(description="Right, up, backward of the rig's centre.")] = (0.0, 0.0, 0.0)
    max_angle_deg: Annotated[Positive, Field(le=180, description="Farthest usable angle from the optical axis.")] = 180.0
    plane_normal: Annotated[
        Vector | None, Field(description="For flat scenes: the scene is the plane normal · point = 1, position_m in the same measure.")
    ] = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.focal_px is None) == (self.fov_deg is None):
            raise ValueError("give either focal_px or fov_deg")
        if self.crop_circle_px and self.crop_rect_px:
            raise ValueError("give either crop_circle_px or crop_rect_px")
        if self.crop_circle_px and self.crop_circle_px[2] <= 0:
            raise ValueError("crop_circle_px is x, y, radius with a radius above 0")
        if self.crop_rect_px and not (self.crop_rect_px[0] < self.crop_rect_px[2] and self.crop_rect_px[1] < self.crop_rect_px[3]):
            raise ValueError("crop_rect_px is left, top, right, bottom")
        if self.model in ("rectilinear", "orthographic") and (self.fov_deg or 0) > (179.9 if self.model == "rectilinear" else 180):
            raise ValueError(f"a {self.model} lens cannot see {self.fov_deg:g}°")
        if self.distortion and (only := DISTORTS.get(self.distortion.model)) and self.model != only:
            raise ValueError(f'{self.distortion.model} distortion goes with model = "{only}"')
        if isinstance(self.distortion, PolynomialSection) and self.model not in RADIAL:
            raise ValueError(f"polynomial distortion goes with the models {', '.join(RADIAL)}")
        if self.model in OF_SPHERES and (self.distortion is None or not self.focal_px):
            raise ValueError(f'model = "{self.model}" needs its numbers in distortion = {{model = "{self.model}", …}}, and focal_px')
        return self


class RigFile(Section):
    """All of rig.toml."""

    name: Annotated[str, Field(max_length=255, description="Shown to people. Default: the file's name.")] = ""
    lens: Annotated[tuple[LensSection, ...], Field(min_length=1, max_length=64, description="The lenses.")]

    @model_validator(mode="after")
    def _uses_every_input(self) -> Self:
        used = {_input(lens, place) for place, lens in enumerate(self.lens)}
        if missing := set(range(max(used))) - used:
            raise ValueError(f"no lens has input = {min(missing)}, though one has input = {max(used)}")
        return self

    def to_rig(self, path: Path) -> Rig:
        """The rig that this file describes, read from `path`: of its name where it gives none, with mask pictures beside it."""
        lenses = tuple(_lens(section, place, path) for place, section in enumerate(self.lens))
        return Rig(lenses, self.name or path.stem, 1 + max(lens.input for lens in lenses))


def read_rig_toml(path: Path) -> Rig:
    """Read a rig.toml.

    Raises
    ------
    ConfigError
        For the first key or value that is wrong.
    """
    return read_toml(path, RigFile).to_rig(path)


def write_rig(rig: Rig, path: Path) -> None:
    """Write a rig.toml that reads back as the same rig, angles to the last bit or two; mask pictures go beside it.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    names = [f"{path.stem}-mask-{place}.png" if lens.mask else None for place, lens in enumerate(rig.lenses)]
    text = tomli_w.dumps({"name": rig.name, "lens": [_table(lens, name) for lens, name in zip(rig.lenses, names, strict=True)]})
    for lens, name in zip(rig.lenses, names, strict=True):
        if lens.mask and name:
            with in_place(path.with_name(name)) as unfinished:
                Image.fromarray(lens.mask.kept.astype(np.uint8) * 255).save(unfinished, "PNG")
    with in_place(path) as unfinished:
        unfinished.write_text(_arrays_on_one_line(text), "utf-8")


def _input(section: LensSection, place: int) -> int:
    return place if section.input is None else section.input


def _lens(section: LensSection, place: int, path: Path) -> Lens:
    crop = _crop(section)
    return Lens(
        name=section.name or f"lens {place}",
        input=_input(section, place),
        frame=section.frame,
        model=section.model,
        focal_px=section.focal_px or _focal(section),
        centre_px=section.centre_px or _middle(crop, section.frame),
        aspect=section.aspect,
        distortion=_distortion(section.distortion),
        crop=crop,
        masks=section.masks_px,
        mask=_mask(section, place, path),
        vignetting=_vignetting(section.vignetting, section.frame),
        eye=section.eye,
        yaw=radians(section.yaw_deg),
        pitch=radians(section.pitch_deg),
        roll=radians(section.roll_deg),
        position_m=section.position_m,
        max_angle_rad=radians(section.max_angle_deg),
        scene=Plane(section.plane_normal) if section.plane_normal else None,
    )


def _focal(section: LensSection) -> float:
    half_width = section.crop_circle_px[2] if section.crop_circle_px else section.frame.width / 2
    return focal(section.model, half_width, radians(section.fov_deg or 0) / 2)


def _crop(section: LensSection) -> Circle | Rectangle | None:
    if section.crop_circle_px:
        return Circle(*section.crop_circle_px)
    return Rectangle(*section.crop_rect_px) if section.crop_rect_px else None


def _middle(crop: Circle | Rectangle | None, frame: Size) -> tuple[float, float]:
    match crop:
        case Circle(x, y, _):
            return x, y
        case Rectangle(left, top, right, bottom):
            return (left + right) / 2, (top + bottom) / 2
    return frame.width / 2, frame.height / 2


KINDS: dict[str, type[Distortion]] = {
    "panotools": PanoTools,
    "kannala-brandt": KannalaBrandt,
    "brown-conrady": BrownConrady,
    "polynomial": Polynomial,
    "double-sphere": DoubleSphere,
    "eucm": ExtendedUnified,
}


def _distortion(section: DistortionSection | None) -> Distortion | None:
    return KINDS[section.model](**section.model_dump(exclude={"model"})) if section else None


def _mask(section: LensSection, place: int, path: Path) -> MaskPicture | None:
    """Read a mask picture, which lies beside the rig file or where it says."""
    if section.mask is None:
        return None
    key = f"lens[{place}].mask"
    try:
        with Image.open(path.parent / section.mask) as picture:
            width, height = picture.size
            if abs(width * section.frame.height - height * section.frame.width) > max(section.frame.width, section.frame.height):
                raise ConfigError(path, key, f"{section.mask} is {width}x{height}, another shape than the frame, {section.frame}")
            if width * height > MOST_MASK_PX:
                raise ConfigError(path, key, f"{section.mask} has more than {MOST_MASK_PX} pixels")
            opaque = np.asarray(picture.convert("RGBA").getchannel("A")) >= 128
            kept = opaque if not opaque.all() else np.asarray(picture.convert("L")) >= 128
            if not kept.any():
                raise ConfigError(path, key, f"{section.mask} cuts out all of the picture; what belongs to the lens must be white")
            return MaskPicture(kept)
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError) as fault:
        raise ConfigError(path, key, f"{section.mask} is not a picture that can be read") from fault
    except (OSError, ValueError) as fault:
        raise ConfigError(path, key, f"{section.mask} cannot be read: {getattr(fault, 'strerror', None) or fault}") from fault


def _vignetting(section: VignettingSection | None, frame: Size) -> Vignetting | None:
    if section is None:
        return None
    return Vignetting(section.b, section.c, section.d, section.centre_px or (frame.width / 2, frame.height / 2))


def _table(lens: Lens, mask: str | None) -> dict[str, Any]:
    """A lens as TOML, without what is at its default."""
    section = LensSection.model_validate(
        {
            "name": lens.name,
            "input": lens.input,
            "frame": lens.frame,
            "model": lens.model,
            "focal_px": lens.focal_px,
            "aspect": lens.aspect,
            "centre_px": lens.centre_px,
            "distortion": _distortion_section(lens.distortion),
            "crop_circle_px": (lens.crop.x_px, lens.crop.y_px, lens.crop.radius_px) if isinstance(lens.crop, Circle) else None,
            "crop_rect_px": (lens.crop.left_px, lens.crop.top_px, lens.crop.right_px, lens.crop.bottom_px)
            if isinstance(lens.crop, Rectangle)
            else None,
            "masks_px": lens.masks,
            "mask": mask,
            "vignetting": VignettingSection(**asdict(lens.vignetting)) if lens.vignetting else None,
            "eye": lens.eye,
            "yaw_deg": _degrees(lens.yaw),
            "pitch_deg": _degrees(lens.pitch),
            "roll_deg": _degrees(lens.roll),
            "position_m": lens.position_m,
            "max_angle_deg": _degrees(min(lens.max_angle_rad, pi)),
            "plane_normal": lens.scene.normal if lens.scene else None,
        }
    )
    return section.model_dump(exclude_defaults=True)


def _distortion_section(distortion: Distortion | None) -> dict[str, Any] | None:
    if distortion is None:
        return None
    return {"model": next(name for name, kind in KINDS.items() if isinstance(distortion, kind)), **asdict(distortion)}


def _arrays_on_one_line(text: str) -> str:
    """Join the lines of arrays, which alone start with blanks or a bracket: tomli_w escapes line breaks in texts."""
    return re.sub(r",\n +", ", ", re.sub(r",\n *\]", "]", re.sub(r"\[\n +", "[", text)))


def _degrees(angle: float) -> float:
    """The degrees that `radians` turns into exactly `angle`, as short as can be; else the nearest."""
    nearest = degrees(angle)
    lower = higher = nearest
    candidates = [round(nearest, digits) for digits in range(16)] + [nearest]
    for _ in range(NEIGHBOURS):
        lower, higher = nextafter(lower, -inf), nextafter(higher, inf)
        candidates += [lower, higher]
    return next((value for value in candidates if radians(value) == angle), nearest)
