"""Composite: garments laid over the programme picture, lit by it.

Drawing is spread over frames, one small step at each, so that a redraw never costs a frame; a still garment costs its blending only.
"""

import logging
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from renderer.context import Context
from renderer.figure import Figure, stand
from renderer.layers import Layer, lay_over, make_layer
from renderer.light import PARTS, Light, even_light, look, radiance_of, with_lamps
from renderer.occlusion import Lenses, covered, hide, read_masks
from renderer.placement import Rectangle
from vrlive.errors import RenderUnavailable, UserError, did_you_mean
from vrlive.frames import Picture
from vrlive.projection.equirect import angles
from vrlive.show.scene import Scene
from vrlive.units import Size

if TYPE_CHECKING:  # they import OpenGL, which may be missing
    from renderer.painter import Drawn, Loaded

log = logging.getLogger(__name__)

RELIGHT_FRAMES: Final = 25  # the room's light is measured anew after this many
SMOOTHING: Final = 0.5  # share of the newest measurement in the light
RETRY_FRAMES: Final = 50  # after OpenGL was lost it is tried again so many frames later, …
MOST_RETRY_FRAMES: Final = 1600  # … then after twice as many, and so on up to this
THRESHOLD: Final = 0.02  # garments are redrawn when their light has moved by this much


@dataclass(frozen=True)
class Standing:
    """What the API tells of a garment.

    Attributes
    ----------
    yaw_rad, pitch_rad
        Direction to its middle.
    rectangle
        The part of the picture that it covers.
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

    When OpenGL is lost in mid-show, garments stay as they were drawn last, and are brought back as soon as it works again.

    Parameters
    ----------
    size
        Of the picture; of one eye's in stereo.
    eyes_m
        0, or the distance of the eyes: then pictures are top-bottom, the left eye's on top, and twice as high as `size`.
    lenses
        The lenses of each camera by its name, turned as the picture is: for occluders that are declared in a camera's picture.

    Raises
    ------
    RenderUnavailable
        If there is no usable OpenGL; the message says what to install.
    InputError
        If a garment's model cannot be read or drawn.
    """

    def __init__(self, scene: Scene, size: Size, *, eyes_m: float = 0.0, lenses: Lenses | None = None) -> None:
        self._eyes_m = (-eyes_m / 2, eyes_m / 2) if eyes_m else (0.0,)
        self._size, self._scene = size, scene
        self._figures = sorted((stand(garment, scene.floor_m, size) for garment in scene.garment), key=_distance, reverse=True)
        self._standing = {figure.garment.name: _standing(figure, size) for figure in self._figures}  # the farthest first
        self._places = {
            figure.garment.name: [(figure.ground(size, eye_m), figure.rectangle(size, eye_m)) for eye_m in self._eyes_m]
            for figure in self._figures
        }
        self._masks, self._lenses = read_masks(scene), lenses or {}
        self._layers: dict[str, list[tuple[Layer, Layer]]] = {}  # shadow and garment, for each eye
        self._stale = set(self._standing)
        self._light = self._drawn_light = even_light()
        self._lit = False
        self._frames = 0
        self._work: Iterator[None] = iter(())
        self._fault = ""
        self._patience = Patience()
        self._desk: Desk | None = Desk()
        try:
            for _ in self._desk.load(self._figures):
                pass
        except BaseException:
            self._desk.close()
            raise

    @property
    def garments(self) -> tuple[Standing, ...]:
        """The garments of the scene and where they stand, in the scene's order of distance, the farthest first."""
        return tuple(self._standing.values())

    @property
    def fault(self) -> str:
        """Why garments stand still at the moment; empty when all is well."""
        return self._fault

    def run(self, picture: Picture) -> None:
        """Lay the garments over `picture`, in place; measure its light and redraw, a step at a time, where something changed."""
        self._frames += 1
        self._room = self._parts(picture)[0]
        try:
            self._advance()
        except RenderUnavailable as fault:
            self._lose(fault)
        for number, part in enumerate(self._parts(picture)):
            for kind in (0, 1):  # all shadows lie on the floor, below all garments
                for name in self._standing:
                    if name in self._layers:
                        lay_over(part, self._layers[name][number][kind])

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

    def set_lenses(self, lenses: Lenses) -> None:
        """The picture was turned: where occluders hide garments is asked anew."""
        self._lenses = lenses
        if any(occluder.camera for occluder in self._scene.occluder):
            self._stale.update(self._standing)

    def close(self) -> None:
        """Free the OpenGL context and everything drawn."""
        self._layers.clear()
        if self._desk:
            self._desk.close()
            self._desk = None

    def _advance(self) -> None:
        if self._desk is None:
            if not self._patience.is_over(self._frames):
                return
            self._desk = Desk()
            self._work = self._come_back(self._desk)
        if next(self._work, self) is not self:
            return
        if not self._lit:
            self._settle()
        elif self._stale or self._frames % RELIGHT_FRAMES == 0:
            self._work = self._redraw()
            next(self._work, None)  # at once: the garments will lie over the picture when the next frame comes

    def _settle(self) -> None:
        """Light and draw all garments at once, for the first picture."""
        self._light = self._drawn_light = Light.from_radiance(radiance_of(self._room))
        self._stale = set(self._standing)
        for _ in self._draw_stale():
            pass
        self._lit = True

    def _parts(self, picture: Picture) -> list[Picture]:
        """The picture of each eye."""
        if len(self._eyes_m) == 1:
            return [picture]
        return [picture.part(0, number * self._size.height, self._size) for number in range(2)]

    def _redraw(self) -> Iterator[None]:
        """Steps of one frame each: measure the light, mirror it in rough surfaces, draw one garment after the other."""
        if not self._stale:
            seen = np.zeros_like(self._light.radiance)
            for part in range(PARTS):
                look(self._room, part, seen)
                yield
            radiance = with_lamps(seen) * SMOOTHING + self._light.radiance * (1 - SMOOTHING)
            self._light = Light.from_radiance(radiance.astype(np.float32))
            if self._drawn_light.distance(self._light) < THRESHOLD:
                return
            self._drawn_light = self._light
            self._stale.update(self._standing)
            yield
        yield from self._draw_stale()

    def _draw_stale(self) -> Iterator[None]:
        assert self._desk is not None
        while self._stale:
            name = next(iter(self._stale))
            standing, layers = self._standing[name], []
            for ground, place in self._places[name]:
                shadow = yield from self._desk.paint_shadow(name, ground, self._drawn_light)
                below = self._layer(ground, shadow)
                yield
                drawn = yield from self._desk.paint(name, standing.variant, place, self._drawn_light)
                layers.append((below, self._layer(place, drawn)))
                yield
            self._layers[name] = layers
            if self._standing[name] is standing:  # nobody has chosen another variant meanwhile
                self._stale.discard(name)

    def _layer(self, place: Rectangle, drawn: "Drawn") -> Layer:
        for occluder, mask in zip(self._scene.occluder, self._masks, strict=True):
            hide(drawn, covered(occluder, mask, place, self._lenses), occluder.distance_m)
        return make_layer(place, drawn.pixels)

    def _lose(self, fault: RenderUnavailable) -> None:
        """Leave garments as they are, say so once, and try again after a while."""
        if not self._fault:
            log.warning("garments stand still until OpenGL works again: %s", fault)
        self._fault = f"garments stand still: {fault}"
        self._work = iter(())
        self._patience.lengthen(self._frames)
        if self._desk:
            self._desk.close()
            self._desk = None

    def _come_back(self, desk: "Desk") -> Iterator[None]:
        """Bring everything to the device again, and draw it."""
        yield from desk.load(self._figures)
        self._stale.update(self._standing)
        if self._lit:
            yield from self._draw_stale()
        log.warning("OpenGL works again: garments follow the room's light")
        self._fault = ""
        self._patience = Patience()


class Desk:
    """An OpenGL context with all garments loaded; what is lost together when a driver fails."""

    def __init__(self) -> None:
        self._context = Context()
        self._loaded: dict[str, Loaded] = {}

    def load(self, figures: list[Figure]) -> Iterator[None]:
        """Bring garments to the device, one a step."""
        from renderer.painter import Painter  # noqa: PLC0415 - imports OpenGL, which is known to be there only now

        self._context.make_current()
        self.painter = Painter()
        for figure in figures:
            yield
            self._context.make_current()
            self._loaded[figure.garment.name] = self.painter.load(figure)

    def paint(self, name: str, variant: str, place: Rectangle, light: Light) -> "Generator[None, None, Drawn]":
        """See `renderer.painter.Painter.paint`."""
        return self._current(self.painter.paint(self._loaded[name], variant, place, light))

    def paint_shadow(self, name: str, place: Rectangle, light: Light) -> "Generator[None, None, Drawn]":
        """See `renderer.painter.Painter.paint_shadow`."""
        return self._current(self.painter.paint_shadow(self._loaded[name], place, light))

    def _current(self, steps: "Generator[None, None, Drawn]") -> "Generator[None, None, Drawn]":
        """Steps between which somebody else may have drawn elsewhere."""
        while True:
            self._context.make_current()
            try:
                next(steps)
            except StopIteration as end:
                return cast("Drawn", end.value)
            yield

    def close(self) -> None:
        """Free it all."""
        self._context.close()


class Patience:
    """How long to wait, in frames, before what failed is tried again: longer each time."""

    def __init__(self) -> None:
        self._wait, self._until = RETRY_FRAMES, 0

    def lengthen(self, now: int) -> None:
        """It has failed at frame `now`."""
        self._until = now + self._wait
        self._wait = min(self._wait * 2, MOST_RETRY_FRAMES)

    def is_over(self, now: int) -> bool:
        """Whether to try."""
        return now >= self._until


def at_once(steps: "Generator[None, None, Drawn]") -> "Drawn":
    """What is painted, without stopping between the steps."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return cast("Drawn", end.value)


def check_scene(scene: Scene, size: Size) -> None:
    """Read a scene's models and look whether they can be drawn over pictures of `size`; needs no OpenGL.

    Raises
    ------
    UserError
        If a model cannot be read, has no such variant, or stands where it cannot be drawn.
    """
    for garment in scene.garment:
        _standing(stand(garment, scene.floor_m, size), size)
    read_masks(scene)


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
