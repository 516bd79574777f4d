"""Composite: garments laid over the programme picture, lit by it.

A redraw never costs a frame: it is done beside the programme, on a thread of its own, or spread over frames, one small step at each.
A garment that stands still costs its blending only, and one that moves, too, once all of its views are drawn. Until then it is shown in
the nearest view there is.
"""

import logging
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING

from renderer.beside import Beside
from renderer.cast import Cast
from renderer.desk import Desk, Patience
from renderer.layers import Layer, lay_over, make_layer
from renderer.light import Light
from renderer.metering import LightMeter
from renderer.occlusion import Lenses, covered, hide, read_masks
from renderer.placement import Rectangle
from renderer.ring import Dressed, View
from renderer.standing import Shown, Standing, is_elsewhere
from renderer.steps import at_once
from vrlive.errors import RenderUnavailable
from vrlive.frames import Picture
from vrlive.show.scene import GarmentTuning, Scene
from vrlive.units import Size

if TYPE_CHECKING:  # they import OpenGL, which may be missing
    from renderer.painter import Drawn

log = logging.getLogger(__name__)


class Compositor:
    """Draws the garments of a scene over pictures of one size. All calls come from one thread, but for `change`.

    When OpenGL is lost in mid-show, garments stay as they were drawn last, and are brought back as soon as it works again.

    Parameters
    ----------
    size
        Of the picture; of one eye's in stereo.
    eyes_m
        0, or the distance of the eyes: then pictures are top-bottom, the left eye's on top, and twice as high as `size`.
    lenses
        The lenses of each camera by its name, turned as the picture is: for occluders that are declared in a camera's picture.
    patient
        Whether each picture waits until all that changed for it is drawn: for files. On air none waits.
    beside
        Draw on a thread of its own, at once when something is changed. Otherwise a step at each picture.

    Raises
    ------
    RenderUnavailable
        If there is no usable OpenGL; the message says what to install.
    InputError
        If a garment's model cannot be read or drawn.
    """

    def __init__(
        self, scene: Scene, size: Size, *, eyes_m: float = 0.0, lenses: Lenses | None = None, patient: bool = False, beside: bool = False
    ) -> None:
        self._eyes_m = (-eyes_m / 2, eyes_m / 2) if eyes_m else (0.0,)
        self._size, self._scene, self._patient = size, scene, patient
        self._cast = Cast(scene, size, eyes=len(self._eyes_m), patient=patient)
        self._masks, self._lenses = read_masks(scene), lenses or {}
        self._shown: dict[str, Shown] = {}
        self._meter = LightMeter()
        self._measuring: Iterator[None] = iter(())
        self._lit = False
        self._frames = 0
        self._work, self._working_on = _nothing(), ""
        self._fault = ""
        self._patience = Patience()
        self._desk: Desk | None = None
        self._beside = Beside(self._advance, self._cast.urgent) if beside else None
        try:
            self._on_its_thread(self._open)
        except BaseException:
            self.close()
            raise

    @property
    def garments(self) -> tuple[Standing, ...]:
        """The garments of the scene and where they stand, in the scene's order of distance, the farthest first."""
        return tuple(self._cast.standing.values())

    @property
    def fault(self) -> str:
        """Why garments stand still at the moment; empty when all is well."""
        return self._fault

    @property
    def floor_m(self) -> float:
        """How far the floor lies below the rig's centre."""
        return self._scene.floor_m

    @property
    def light(self) -> Light:
        """What garments are drawn in; another object when it has changed."""
        return self._meter.light

    @property
    def shown(self) -> dict[str, Shown]:
        """The garments as they are in the newest picture, by their names."""
        return self._shown

    def run(self, picture: Picture, time_s: float = 0.0) -> None:
        """Lay the garments over `picture`, in place; measure its light and redraw, a step at a time, where something changed.

        Parameters
        ----------
        time_s
            When the picture was taken: garments that move are where they are then.
        """
        self._frames += 1
        self._cast.time_s = time_s
        if not self._lit:
            self._cast.began_s = time_s
        self._meter.see(self._parts(picture)[0])
        if self._beside and self._lit:
            self._measure_beside()
            self._beside.go_on()
        else:
            self._on_its_thread(self._advance)
        seen = self._cast.seen()
        self._shown = {
            name: Shown(view.look[0], role.figure.garment, self._cast.standing[name].garment.visible) for name, (role, view) in seen.items()
        }
        shown = [view for name, (_, view) in seen.items() if self._shown[name].visible]
        for number, part in enumerate(self._parts(picture)):
            for view in shown:  # shadows on the floor lie below all garments
                lay_over(part, view.eyes[number].shadow)
            for view in shown:
                for layer in view.eyes[number].layers:
                    lay_over(part, layer)

    def set_variant(self, garment: str, variant: str) -> None:
        """Show another of a garment's variants, from a frame or two later on.

        Raises
        ------
        UserError
            If there is no such garment or variant; the message lists what there is.
        """
        self._cast.dress(garment, variant)
        self._see_to_it()

    def change(self, name: str, tuning: GarmentTuning) -> None:
        """Want a garment otherwise than the scene has it; until that is drawn, it is shown as it was. Any thread may ask.

        Raises
        ------
        UserError
            If there is no such garment or variant; the message lists what there is.
        """
        self._cast.change(name, tuning)
        self._see_to_it()

    def _see_to_it(self) -> None:
        """Somebody may wait for something."""
        if self._beside and self._lit:
            self._beside.go_on()

    def set_lenses(self, lenses: Lenses) -> None:
        """The picture was turned: where occluders hide garments is asked anew."""
        self._lenses = lenses
        if any(occluder.camera for occluder in self._scene.occluder):
            self._cast.draw_anew()

    def close(self) -> None:
        """Free the OpenGL context and everything drawn."""
        self._cast.roles = {}
        self._on_its_thread(self._close_desk)
        if self._beside:
            self._beside.close()

    def _on_its_thread(self, work: Callable[[], object]) -> None:
        """Do something where OpenGL is at home, and wait for it."""
        if self._beside:
            self._beside.at_once(work)
        else:
            work()

    def _open(self) -> None:
        self._desk = Desk()
        for _ in self._desk.load(self._cast.figures):
            pass

    def _close_desk(self) -> None:
        if self._desk:
            self._desk.close()
            self._desk = None

    def _advance(self) -> bool:
        """A step of what is to be done; False if there is nothing."""
        try:
            return self._step()
        except RenderUnavailable as fault:
            self._lose(fault)
            return False

    def _step(self) -> bool:
        if self._desk is None:
            if not self._patience.is_over(self._frames):
                return False
            self._desk = Desk()
            self._work, self._working_on = self._come_back(self._desk), ""
        if self._patient:
            self._catch_up()
            return True
        if self._working_on and self._cast.wished and self._working_on not in self._cast.wished:
            self._work.close()  # somebody waits for another
        return next(self._work, self) is not self or self._begin()

    def _begin(self) -> bool:
        """Find what is to be done next, and begin with it at once: its garments will lie over the picture when the next frame comes."""
        self._working_on = ""
        if not self._lit:
            self._settle()
        elif self._meter.has_measured:
            self._work = self._relight()
        elif not self._beside and self._is_time_to_measure():
            self._work = self._meter.measure()
        elif name := self._cast.next_due(self._meter.light):
            self._work, self._working_on = self._draw(name), name
        else:
            return False
        next(self._work, None)
        return True

    def _measure_beside(self) -> None:
        """Measure the light in what the programme shows, while it does; what draws beside it makes use of that."""
        if next(self._measuring, self) is self and not self._meter.has_measured and self._is_time_to_measure():
            self._measuring = self._meter.measure()
            next(self._measuring)

    def _is_time_to_measure(self) -> bool:
        return self._meter.is_due and not self._cast.stale

    def _catch_up(self) -> None:
        """All that is to be done, at once: time is no matter."""
        for _ in self._work:
            pass
        if not self._lit:
            self._settle()
        if self._meter.is_due:
            at_once(self._meter.measure())
            at_once(self._relight())
        for name in self._cast.roles:
            if self._cast.due(name, self._meter.light) is not None:
                at_once(self._draw(name))

    def _settle(self) -> None:
        """Light and draw all garments at once, for the first picture."""
        self._meter.expose()
        for name in self._cast.roles:
            at_once(self._draw(name))
        self._lit = True

    def _parts(self, picture: Picture) -> list[Picture]:
        """The picture of each eye."""
        if len(self._eyes_m) == 1:
            return [picture]
        return [picture.part(0, number * self._size.height, self._size) for number in range(2)]

    def _relight(self) -> Generator[None, None, None]:
        """All garments are stale if the light has moved."""
        if (yield from self._meter.adapt()):
            self._cast.stale.update(self._cast.standing)

    def _draw(self, name: str) -> Generator[None, None, None]:
        """Draw the view of a garment that is due, in steps."""
        assert self._desk is not None
        cast, light = self._cast, self._meter.light
        role, asked_s, number = cast.roles[name], cast.time_s, cast.due(name, light) or 0
        standing, look = cast.standing[name], cast.look(name)
        if is_elsewhere(role.figure.garment, standing.garment):
            role = cast.recast(name, standing.garment)
            yield
            yield from self._desk.pose(name, role.figure)
            number = cast.number(role)
        figure = role.figure
        if figure.garment.motion is not None:
            role.drawn = role.phase(asked_s, cast.began_s) if self._patient else role.ring.phase(number)
            figure = role.figure.posed(role.drawn)
            yield
            yield from self._desk.pose(name, figure)
        eyes = []
        for eye_m in self._eyes_m:
            layers = []
            for ground, place in enumerate(figure.ground_rectangles(self._size, eye_m)):
                shadow = yield from self._desk.paint_shadow(name, ground, place, light)
                layers.append(self._layer(place, shadow))
                yield
            place = figure.rectangle(self._size, eye_m)
            drawn = yield from self._desk.paint(name, standing.variant, place, light)
            layers.append(self._layer(place, drawn))
            eyes.append(Dressed(layers[0], tuple(layers[1:])))
            yield
        view = View(tuple(eyes), look, light)
        role.ring.put(number, view)
        role.takes_s = max(cast.time_s - asked_s, 0.0)
        if role is not cast.roles[name]:
            cast.put_on_stage(name, role)
        cast.drawn(name, view, self._meter.light)

    def _layer(self, place: Rectangle, drawn: "Drawn") -> Layer:
        for occluder, mask in zip(self._scene.occluder, self._masks, strict=True):
            hide(drawn, covered(occluder, mask, place, self._lenses), occluder.distance_m)
        return make_layer(place, drawn.pixels)

    def _lose(self, fault: RenderUnavailable) -> None:
        """Leave garments as they are, say so once, and try again after a while."""
        if not self._fault:
            log.warning("garments stand still until OpenGL works again: %s", fault)
        self._fault = f"garments stand still: {fault}"
        self._work, self._working_on = _nothing(), ""
        self._patience.lengthen(self._frames)
        if self._desk:
            self._desk.close()
            self._desk = None

    def _come_back(self, desk: Desk) -> Generator[None, None, None]:
        """Bring everything to the device again, and draw it."""
        yield from desk.load([role.figure for role in self._cast.roles.values()])
        self._cast.draw_anew()
        for name in self._cast.roles if self._lit else ():
            yield from self._draw(name)
        log.warning("OpenGL works again: garments follow the room's light")
        self._fault = ""
        self._patience = Patience()


def _nothing() -> Generator[None, None, None]:
    yield from ()
