"""scene.toml: the garments of a showroom and where they stand.

An object's place is ``position_m`` or ``bearing_deg`` with ``distance_m``; its own turn is ``turn_deg``.
World frame: metres from the rig's centre, +X right, +Y up, −Z forward. Models face +Z and have their origin at the bottom centre.
"""

from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat, model_validator

from vrlive.config import Name
from vrlive.errors import ConfigError, did_you_mean
from vrlive.resources import GARMENT, garments, scenes
from vrlive.show.motion import Motion
from vrlive.toml import Section, read_toml, read_toml_with_faults

Array = NDArray[np.float64]

FILE: Final = "scene.toml"
PRODUCTS: Final = "products.toml"

Metres = Annotated[float, Field(ge=-100, le=100)]

_PLACES = "an object's place is either position_m = [x, y, z], or bearing_deg with distance_m (and height_m)"


class Garment(Section):
    """``[[garment]]``: one object of the showroom."""

    name: Annotated[Name, Field(description="Its name in the API.")]
    title: Annotated[str, Field(max_length=120, description="Shown to people.")] = ""
    model: Annotated[
        Path,
        Field(description="A GLB file, relative to scene.toml, or the name of an imported garment. 1 unit is 1 m, upright, facing +Z."),
    ]
    variant: Annotated[str | None, Field(description="Which of the model's KHR_materials_variants to show first.")] = None
    position_m: Annotated[
        tuple[FiniteFloat, FiniteFloat, FiniteFloat] | None,
        Field(description="Where its origin stands, from the rig's centre: right, up, back. Instead of bearing_deg and distance_m."),
    ] = None
    bearing_deg: Annotated[
        float | None, Field(ge=-360, le=360, description="Direction from the rig, 0 is forward, 90 is right. With distance_m.")
    ] = None
    distance_m: Annotated[float | None, Field(gt=0, le=100, description="Distance from the rig along the floor. With bearing_deg.")] = None
    height_m: Annotated[float, Field(ge=-10, le=10, description="Height of its origin above the floor. With bearing_deg.")] = 0.0
    turn_deg: Annotated[
        float, Field(ge=-360, le=360, description="Its own turn: 0 faces the viewer, positive is clockwise seen from above.")
    ] = 0.0
    visible: Annotated[bool, Field(description="Whether it is shown at first; it can be changed on air.")] = True
    deliver: Annotated[
        Literal["model", "burned"],
        Field(description="model: viewers may have its model, to look at it closely. burned: it is shown in the picture alone."),
    ] = "model"
    motion: Annotated[
        Motion | None, Field(description="How it moves: a turntable, a sway, or an animation of its model. None: it stands still.")
    ] = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        polar = self.bearing_deg is not None or self.distance_m is not None or "height_m" in self.model_fields_set
        if self.position_m is not None and polar:
            raise ValueError(f"two places are given; {_PLACES}")
        if self.position_m is None and (self.bearing_deg is None or self.distance_m is None):
            raise ValueError(f"the place is not complete; {_PLACES}")
        return self


class GarmentTuning(Section):
    """What of a garment can be changed while a show is on air. What is not set stays as the scene has it."""

    variant: Annotated[
        str | None, Field(max_length=200, description="Which of the model's variants it wears. None: the one that the scene says.")
    ] = None
    turn_deg: Annotated[
        float | None, Field(ge=-360, le=360, description="Its own turn: 0 faces the viewer, positive is clockwise. None: as in the scene.")
    ] = None
    position_m: Annotated[
        tuple[Metres, Metres, Metres] | None,
        Field(description="Where its origin stands, from the rig's centre: right, up, back. None: where the scene has it."),
    ] = None
    visible: Annotated[bool | None, Field(description="Whether it is shown. None: as in the scene.")] = None
    motion: Annotated[
        Motion | Literal["none"] | None, Field(description="How it moves; “none”: it stands still. None: as in the scene.")
    ] = None


def tuned(garment: Garment, tuning: GarmentTuning) -> Garment:
    """A garment of the scene, with what was set of a tuning."""
    changes: dict[str, Any] = {key: value for key in tuning.model_fields_set if (value := getattr(tuning, key)) is not None}
    if "position_m" in changes:
        changes |= {"bearing_deg": None, "distance_m": None, "height_m": 0.0}
    if changes.get("motion") == "none":
        changes["motion"] = None
    return garment.model_copy(update=changes)


Share = Annotated[float, Field(ge=0, le=1)]


class Occluder(Section):
    """``[[occluder]]``: something of the room that hides garments behind it."""

    name: Annotated[Name, Field(description="What it is called.")]
    distance_m: Annotated[
        float, Field(gt=0, le=100, description="How far it is from the rig's centre; garments nearer than that stay visible.")
    ]
    camera: Annotated[Name | None, Field(description="The camera whose picture it is marked in. None: the panorama.")] = None
    rectangle: Annotated[
        tuple[Share, Share, Share, Share] | None,
        Field(description="Where it is: left, top, width and height as shares of that picture's width and height. Instead of mask."),
    ] = None
    mask: Annotated[
        Path | None, Field(description="Where it is: a picture as large as that one or smaller, white where it is. Instead of rectangle.")
    ] = None

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        if (self.rectangle is None) == (self.mask is None):
            raise ValueError("where it is must be told by either rectangle = [left, top, width, height] or mask = “picture.png”")
        if self.rectangle is not None and (self.rectangle[0] + self.rectangle[2] > 1 or self.rectangle[1] + self.rectangle[3] > 1):
            raise ValueError("its rectangle goes beyond the picture: left + width and top + height must not exceed 1")
        return self


class Scene(Section):
    """All of scene.toml."""

    name: Annotated[Name, Field(description="The scene's name in the API.")]
    title: Annotated[str, Field(max_length=120, description="Shown to people.")] = ""
    floor_m: Annotated[float, Field(ge=0, le=100, description="How far the floor lies below the rig's centre.")] = 1.6
    garment: Annotated[tuple[Garment, ...], Field(max_length=64)] = ()
    occluder: Annotated[tuple[Occluder, ...], Field(max_length=16)] = ()
    products: Annotated[Path | None, Field(description="Its catalogue. None: products.toml beside this file, if there is one.")] = None

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [garment.name for garment in self.garment]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two garments are called “{twice}”; give each a name of its own")
        return self


def read_scene(name_or_path: str | Path) -> Scene:
    """Read a showroom that ships, by its name, or any scene.toml, by its path.

    Returns
    -------
    The scene, with its models and its catalogue as paths that can be opened from anywhere.

    Raises
    ------
    ConfigError
        If there is no such scene, a key or value is wrong, or a model's file is missing.
    """
    path = locate(name_or_path)
    scene = read_toml(path, Scene)
    garments = tuple(_with_model(garment, path, number) for number, garment in enumerate(scene.garment))
    occluders = tuple(_with_mask(occluder, path, number) for number, occluder in enumerate(scene.occluder))
    return scene.model_copy(update={"garment": garments, "occluder": occluders, "products": _products(scene, path)})


def read_scene_with_faults(path: Path) -> tuple[Scene | None, list[ConfigError]]:
    """As `read_scene`, but with all faults instead of an error for the first one.

    Returns
    -------
    Scene or None
        Without occluders whose file is missing, and garments whose file is missing as they are written; None if the text itself has faults.
    list
        The faults.
    """
    scene, faults = read_toml_with_faults(path, Scene)
    if scene is None:
        return None, faults
    garments, occluders = [], []
    for number, garment in enumerate(scene.garment):
        try:
            garments.append(_with_model(garment, path, number))
        except ConfigError as fault:
            faults.append(fault)
            garments.append(garment)
    for number, occluder in enumerate(scene.occluder):
        try:
            occluders.append(_with_mask(occluder, path, number))
        except ConfigError as fault:
            faults.append(fault)
    products = None
    try:
        products = _products(scene, path)
    except ConfigError as fault:
        faults.append(fault)
    return scene.model_copy(update={"garment": tuple(garments), "occluder": tuple(occluders), "products": products}), faults


def shipped() -> list[str]:
    """Names of the showrooms that ship with vrlive."""
    return sorted(folder.parent.name for folder in scenes().glob(f"*/{FILE}"))


def position(garment: Garment, floor_m: float) -> Array:
    """Where the garment's origin stands: (3,) metres in the world frame, with the floor `floor_m` below the rig."""
    if garment.position_m is not None:
        return np.array(garment.position_m)
    assert garment.bearing_deg is not None
    assert garment.distance_m is not None
    bearing = np.radians(garment.bearing_deg)
    return np.array([np.sin(bearing) * garment.distance_m, garment.height_m - floor_m, -np.cos(bearing) * garment.distance_m])


def model_matrix(garment: Garment, floor_m: float, turned_rad: float = 0.0) -> Array:
    """Model to world, (4, 4): the garment set on its place, turned to the viewer, then by its own turn and by `turned_rad` of its motion.

    A model faces +Z, so that one straight ahead faces the viewer unturned; one at another bearing is first turned with it.
    """
    where = position(garment, floor_m)
    clockwise = np.arctan2(where[0], -where[2]) + np.radians(garment.turn_deg) + turned_rad
    cos, sin = np.cos(clockwise), np.sin(clockwise)
    matrix = np.eye(4)
    matrix[:3, :3] = [[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]]
    matrix[:3, 3] = where
    return matrix


def locate(name_or_path: str | Path) -> Path:
    """The scene.toml of a showroom that ships, of a folder, or the path itself.

    Raises
    ------
    ConfigError
        If it is a name, and no showroom that ships has it.
    """
    path = Path(name_or_path)
    if path.suffix or path.parent != Path():
        return path / FILE if path.is_dir() else path
    if path.name in shipped():
        return scenes() / path / FILE
    hint = did_you_mean(path.name, shipped(), f"these ship with vrlive: {', '.join(shipped())}; or give the path of a scene.toml")
    raise ConfigError(path, "", f"is not the name of a showroom; {hint}")


def _with_model(garment: Garment, path: Path, number: int) -> Garment:
    kept = garments() / garment.model / GARMENT
    if not garment.model.suffix and garment.model.parent == Path() and kept.is_file():
        return garment.model_copy(update={"model": kept})
    model = (path.parent / garment.model).resolve()
    if not model.is_file() and not garment.model.suffix:
        raise ConfigError(
            path, f"garment[{number}].model", f"there is neither a file {model} nor a garment “{garment.model}” in the library"
        )
    if not model.is_file():
        raise ConfigError(path, f"garment[{number}].model", f"there is no file {model}")
    return garment.model_copy(update={"model": model})


def _products(scene: Scene, path: Path) -> Path | None:
    found = (path.parent / (scene.products or PRODUCTS)).resolve()
    if found.is_file():
        return found
    if scene.products is not None:
        raise ConfigError(path, "products", f"there is no file {found}")
    return None


def _with_mask(occluder: Occluder, path: Path, number: int) -> Occluder:
    if occluder.mask is None:
        return occluder
    mask = (path.parent / occluder.mask).resolve()
    if not mask.is_file():
        raise ConfigError(path, f"occluder[{number}].mask", f"there is no file {mask}")
    return occluder.model_copy(update={"mask": mask})
