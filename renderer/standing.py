"""Garments as they stand in the show: what is told of them, how each is drawn, and whether a scene can be shown at all."""

from dataclasses import dataclass
from typing import NamedTuple

from renderer.figure import Figure, stand_all
from renderer.occlusion import read_masks
from renderer.placement import Rectangle
from renderer.ring import Ring
from vrlive.errors import UserError, did_you_mean
from vrlive.projection.equirect import angles
from vrlive.show.motion import phase
from vrlive.show.scene import Garment, Scene
from vrlive.units import Size


@dataclass(frozen=True)
class Standing:
    """What the API tells of a garment.

    Attributes
    ----------
    yaw_rad, pitch_rad
        Direction to its middle.
    rectangle
        The part of the picture that it covers.
    garment
        How it is placed, and whether it is shown.
    """

    name: str
    title: str
    variant: str
    variants: tuple[str, ...]
    yaw_rad: float
    pitch_rad: float
    rectangle: Rectangle
    garment: Garment


class Shown(NamedTuple):
    """A garment in a picture: its variant, how it is placed, and whether it is to be seen at all."""

    variant: str
    garment: Garment
    visible: bool


@dataclass
class Role:
    """A garment in the show.

    Attributes
    ----------
    figure
        In the first phase of its motion.
    ring
        Its views as far as they are drawn.
    drawn
        The phase that was drawn last.
    takes_s
        How long drawing a view takes beside everything else.
    """

    figure: Figure
    ring: Ring
    drawn: float = -1.0
    takes_s: float = 0.0

    def phase(self, time_s: float, began_s: float) -> float:
        """Where in its motion it is; 0 for what stands still."""
        motion = self.figure.garment.motion
        return phase(motion, time_s, self.figure.clip_s, began_s) if motion else 0.0


def check_scene(scene: Scene, size: Size) -> None:
    """Read a scene's models and look whether they can be drawn over pictures of `size`; needs no OpenGL.

    Raises
    ------
    UserError
        If a model cannot be read, has no such variant, or stands where it cannot be drawn.
    """
    for figure in stand_all(scene.garment, scene.floor_m, size):
        standing_of(figure, size)
    read_masks(scene)


def spoilt_of(scene: Scene, size: Size) -> dict[str, UserError]:
    """The garments of a scene that cannot be drawn, by their names, and why."""
    found = {}
    for garment in scene.garment:
        try:
            check_scene(scene.model_copy(update={"garment": (garment,)}), size)
        except UserError as fault:
            found[garment.name] = fault
    return found


def standing_of(figure: Figure, size: Size) -> Standing:
    """A garment of the scene, before anything was changed.

    Raises
    ------
    UserError
        If its model has no such variant, or it stands where it cannot be drawn.
    """
    garment, variants = figure.garment, figure.model.variants
    variant = garment.variant or (variants[0] if variants else "")
    if garment.variant:
        check_known(variant, variants, f"variant of {garment.name}")
    yaw, pitch = angles(figure.bounds.mean(axis=0))
    return Standing(garment.name, garment.title, variant, variants, float(yaw), float(pitch), figure.rectangle(size), garment)


def check_known(name: str, names: tuple[str, ...], kind: str) -> None:
    """UserError, with what was meant, unless `name` is one of `names`."""
    if name not in names:
        hint = did_you_mean(name, names, f"there is: {', '.join(names) or 'none'}")
        raise UserError(f"“{name}” is no {kind}; {hint}")


def is_elsewhere(one: Garment, other: Garment) -> bool:
    """Whether a garment stands or moves otherwise in one of two ways to show it."""
    return one.model_copy(update={"variant": other.variant, "visible": other.visible}) != other
