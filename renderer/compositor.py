"""Composite: garments laid over the programme picture, lit by it.

Drawing is spread over frames, one small step at each, so that a redraw never costs a frame; a still garment costs its blending only.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from renderer.context import Context
from renderer.figure import Figure, stand
from renderer.layers import Layer, lay_over, make_layer
from renderer.light import Light, even_light, radiance_of
from renderer.placement import Rectangle
from vrlive.errors import UserError, did_you_mean
from vrlive.frames import Picture
from vrlive.projection.equirect import angles
from vrlive.show.scene import Scene
from vrlive.units import Size

log = logging.getLogger(__name__)

RELIGHT_FRAMES: Final = 25  # the room's light is measured anew after this many
SMOOTHING: Final = 0.5  # share of the newest measurement in the light
THRESHOLD: Final = 0.02  # garments are redrawn when their light has moved by this much


@dataclass(frozen=True)
class Standing:
    """What the API tells of a garment.

    Attributes
    ----------
    yaw_rad, pitch_rad
        Direction to its middle.
    rectangle
        The part of the picture that it and its shadow cover.
    """

    name: str
    title: str
    variant: str
    variants: tuple[str, ...]
    yaw_rad: float
    pitch_rad: float
    rectangle: Rectangle


class Compositor:
    """Draws the garments of a scene over pictures of one size. All calls come from one thread.

    Raises
    ------
    RenderUnavailable
        If there is no usable OpenGL; the message says what to install.
    InputError
        If a garment's model cannot be read or drawn.
    """

    def __init__(self, scene: Scene, size: Size) -> None:
        self._context = Context()
        try:
            self._begin(scene, size)
        except BaseException:
            self._context.close()
            raise

    def _begin(self, scene: Scene, size: Size) -> None:
        from renderer.painter import Painter  # noqa: PLC0415 - imports OpenGL, which is known to be there only now

        self._context.make_current()
        self._painter = Painter()
        figures = sorted((stand(garment, scene.floor_m) for garment in scene.garment), key=_distance, reverse=True)
        self._loaded = {figure.garment.name: self._painter.load(figure) for figure in figures}  # the farthest first
        self._standing = {figure.garment.name: _standing(figure, size) for figure in figures}
        self._layers: dict[str, Layer] = {}
        self._stale: set[str] = set()
        self._light = self._drawn_light = even_light()
        self._lit = False
        self._frames = 0
        self._work: Iterator[None] = iter(())

    @property
    def garments(self) -> tuple[Standing, ...]:
        """The garments of the scene and where they stand, in the scene's order of distance, the farthest first."""
        return tuple(self._standing.values())

    def run(self, picture: Picture) -> None:
        """Lay the garments over `picture`, in place; measure its light and redraw, a step at a time, where something changed."""
        if not self._lit:
            self.settle(picture)
        elif next(self._work, self) is self and (self._stale or self._frames % RELIGHT_FRAMES == 0):
            self._work = self._redraw(picture)
            next(self._work, None)  # at once: the garments will lie over the picture when the next frame comes
        self._frames += 1
        for name in self._standing:
            lay_over(picture, self._layers[name])

    def settle(self, picture: Picture) -> None:
        """Light and draw all garments at once, as for the first picture or for a still."""
        self._light = self._drawn_light = Light.from_radiance(radiance_of(picture))
        self._stale = set(self._standing)
        for _ in self._draw_stale():
            pass
        self._lit = True

    def set_variant(self, garment: str, variant: str) -> None:
        """Show another of a garment's variants, from a frame or two later on.

        Raises
        ------
        UserError
            If there is no such garment or variant; the message lists what there is.
        """
        _known(garment, tuple(self._standing), "garment")
        standing = self._standing[garment]
        _known(variant, standing.variants, f"variant of {garment}")
        if variant != standing.variant:
            self._standing[garment] = replace(standing, variant=variant)
            self._stale.add(garment)

    def close(self) -> None:
        """Free the OpenGL context and everything drawn."""
        self._layers.clear()
        self._context.close()

    def _redraw(self, picture: Picture) -> Iterator[None]:
        """Steps of one frame each: measure the light, mirror it in rough surfaces, draw one garment after the other."""
        if not self._stale:
            radiance = radiance_of(picture) * SMOOTHING + self._light.radiance * (1 - SMOOTHING)
            yield
            self._light = Light.from_radiance(radiance.astype(np.float32))
            if self._drawn_light.distance(self._light) < THRESHOLD:
                return
            self._drawn_light = self._light
            self._stale.update(self._standing)
            yield
        yield from self._draw_stale()

    def _draw_stale(self) -> Iterator[None]:
        self._context.make_current()
        while self._stale:
            name = self._stale.pop()
            standing = self._standing[name]
            drawn = yield from self._painter.paint(self._loaded[name], standing.variant, standing.rectangle, self._drawn_light)
            self._layers[name] = make_layer(standing.rectangle, drawn.pixels)
            yield


def check_scene(scene: Scene, size: Size) -> None:
    """Read a scene's models and look whether they can be drawn over pictures of `size`; needs no OpenGL.

    Raises
    ------
    UserError
        If a model cannot be read, has no such variant, or stands where it cannot be drawn.
    """
    for garment in scene.garment:
        _standing(stand(garment, scene.floor_m), size)


def _distance(figure: Figure) -> float:
    return float(np.linalg.norm(figure.bounds.mean(axis=0)))


def _standing(figure: Figure, size: Size) -> Standing:
    garment, variants = figure.garment, figure.model.variants
    variant = garment.variant or (variants[0] if variants else "")
    if garment.variant:
        _known(variant, variants, f"variant of {garment.name}")
    yaw, pitch = angles(figure.bounds.mean(axis=0))
    return Standing(garment.name, garment.title, variant, variants, float(yaw), float(pitch), figure.rectangle(size))


def _known(name: str, names: tuple[str, ...], kind: str) -> None:
    if name not in names:
        hint = did_you_mean(name, names, f"there is: {', '.join(names) or 'none'}")
        raise UserError(f"“{name}” is no {kind}; {hint}")
