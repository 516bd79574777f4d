"""Composite: garments laid over the programme picture, lit by it.

A redraw never costs a frame: it is done beside the programme, on a thread of its own, or spread over frames, one small step at each.
A garment that stands still costs its blending only, and one that moves, too, once all of its views are drawn. Until then it is shown in
the nearest view there is.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from renderer.beside import Beside
from renderer.desk import Desk, Patience
from renderer.figure import Figure, arrange, restage, stand_all
from renderer.layers import LAYER_BYTES, Layer, lay_over, make_layer
from renderer.light import PARTS, Floats, Light, even_light, look, radiance_of, with_lamps
from renderer.occlusion import Lenses, covered, hide, read_masks
from renderer.placement import Rectangle
from renderer.ring import BYTES as RING_BYTES
from renderer.ring import Dressed, Ring, View, count_of
from renderer.standing import Role, Shown, Standing, check_known, is_elsewhere, standing_of
from renderer.steps import at_once
from vrlive.errors import RenderUnavailable
from vrlive.frames import Picture
from vrlive.show.motion import repeats, round_s
from vrlive.show.scene import Garment, GarmentTuning, Scene, tuned
from vrlive.units import Size

if TYPE_CHECKING:  # they import OpenGL, which may be missing
    from renderer.painter import Drawn

log = logging.getLogger(__name__)

RELIGHT_FRAMES: Final = 25  # the room's light is measured anew after this many
SMOOTHING: Final = 0.5  # share of the newest measurement in the light
THRESHOLD: Final = 0.02  # garments are redrawn when their light has moved by this much


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
        self._figures = stand_all(scene.garment, scene.floor_m, size)  # the farthest first
        self._standing = {figure.garment.name: standing_of(figure, size) for figure in self._figures}
        self._masks, self._lenses, self._turned = read_masks(scene), lenses or {}, 0
        self._roles = {figure.garment.name: self._role(figure) for figure in self._figures}
        self._asked: deque[str] = deque(self._roles)  # for whom something may have to be drawn, the next first
        self._stale, self._wished = set(self._standing), set[str]()
        self._lock = threading.Lock()  # of what is wanted; held for a moment only
        self._shown: dict[str, Shown] = {}
        self._seen: Floats | None = None  # what the room looks like, and no light was made of yet
        self._looking: Iterator[None] = iter(())
        self._light = self._drawn_light = even_light()
        self._lit = False
        self._time_s = self._began_s = 0.0
        self._frames = self._measured = 0
        self._work, self._working_on = _nothing(), ""
        self._fault = ""
        self._patience = Patience()
        self._desk: Desk | None = None
        self._beside = Beside(self._advance) if beside else None
        try:
            self._on_its_thread(self._open)
        except BaseException:
            self.close()
            raise

    @property
    def garments(self) -> tuple[Standing, ...]:
        """The garments of the scene and where they stand, in the scene's order of distance, the farthest first."""
        return tuple(self._standing.values())

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
        return self._drawn_light

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
        self._began_s = self._began_s if self._lit else time_s
        self._time_s = time_s
        self._room = self._parts(picture)[0]
        if self._beside and self._lit:
            self._look_around()
            self._beside.go_on()
        else:
            self._on_its_thread(self._advance)
        seen = {name: (role, view) for name, role in self._roles.items() if (view := role.ring.seen(self._number(role)))}
        self._shown = {
            name: Shown(view.look[0], role.figure.garment, self._standing[name].garment.visible) for name, (role, view) in seen.items()
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
        check_known(garment, tuple(self._standing), "garment")
        self._want(garment, self._standing[garment].garment.model_copy(update={"variant": variant}))

    def change(self, name: str, tuning: GarmentTuning) -> None:
        """Want a garment otherwise than the scene has it; until that is drawn, it is shown as it was. Any thread may ask.

        Raises
        ------
        UserError
            If there is no such garment or variant; the message lists what there is.
        """
        check_known(name, tuple(self._standing), "garment")
        self._want(name, tuned(next(each for each in self._scene.garment if each.name == name), tuning))

    def _want(self, name: str, garment: Garment) -> None:
        variants = self._standing[name].variants
        if garment.variant is not None:
            check_known(garment.variant, variants, f"variant of {name}")
        with self._lock:
            standing = self._standing[name]
            variant = garment.variant or next(iter(variants), "")
            self._standing[name] = replace(standing, variant=variant, garment=garment)
            if variant == standing.variant and not is_elsewhere(self._roles[name].figure.garment, garment):
                return
            self._stale.add(name)  # it is drawn before all others
            self._wished.add(name)
            self._asked.remove(name)
            self._asked.appendleft(name)
        if self._beside and self._lit:
            self._beside.urgent.set()
            self._beside.go_on()

    def set_lenses(self, lenses: Lenses) -> None:
        """The picture was turned: where occluders hide garments is asked anew."""
        self._lenses = lenses
        if any(occluder.camera for occluder in self._scene.occluder):
            self._turned += 1
            self._stale.update(self._standing)

    def close(self) -> None:
        """Free the OpenGL context and everything drawn."""
        self._roles = {}
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
        for _ in self._desk.load(self._figures):
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
        if self._working_on and self._wished and self._working_on not in self._wished:
            self._work.close()  # somebody waits for another
        return next(self._work, self) is not self or self._begin()

    def _begin(self) -> bool:
        """Find what is to be done next, and begin with it at once: its garments will lie over the picture when the next frame comes."""
        self._working_on = ""
        if not self._lit:
            self._settle()
        elif self._seen is not None:
            self._work = self._relight()
        elif not self._beside and self._is_time_to_measure():
            self._work = self._measure()
        elif name := next((name for name in tuple(self._asked) if self._due(name) is not None), ""):
            with self._lock:
                self._asked.remove(name)
                self._asked.append(name)  # one after the other: none waits longer than all others take
            self._work, self._working_on = self._draw(name), name
        else:
            return False
        next(self._work, None)
        return True

    def _look_around(self) -> None:
        """Measure the light in what the programme shows, while it does; what draws beside it makes use of that."""
        if next(self._looking, self) is self and self._seen is None and self._is_time_to_measure():
            self._looking = self._measure()
            next(self._looking)

    def _is_time_to_measure(self) -> bool:
        return not self._stale and self._frames - self._measured >= RELIGHT_FRAMES

    def _catch_up(self) -> None:
        """All that is to be done, at once: time is no matter."""
        for _ in self._work:
            pass
        if not self._lit:
            self._settle()
        if self._frames - self._measured >= RELIGHT_FRAMES:
            at_once(self._measure())
            at_once(self._relight())
        for name in self._roles:
            if self._due(name) is not None:
                at_once(self._draw(name))

    def _settle(self) -> None:
        """Light and draw all garments at once, for the first picture."""
        self._light = self._drawn_light = Light.from_radiance(radiance_of(self._room))
        self._measured = self._frames
        for name in self._roles:
            at_once(self._draw(name))
        self._lit = True

    def _parts(self, picture: Picture) -> list[Picture]:
        """The picture of each eye."""
        if len(self._eyes_m) == 1:
            return [picture]
        return [picture.part(0, number * self._size.height, self._size) for number in range(2)]

    def _measure(self) -> Generator[None, None, None]:
        """Steps of one frame each: look at the room, a part of it at a time."""
        self._measured = self._frames
        seen = np.zeros_like(self._light.radiance)
        for part in range(PARTS):
            look(self._room, part, seen)
            yield
        self._seen = seen

    def _relight(self) -> Generator[None, None, None]:
        """Make light of what was seen; all garments are stale if it has moved."""
        seen, self._seen = self._seen, None
        assert seen is not None
        yield
        radiance = with_lamps(seen) * SMOOTHING + self._light.radiance * (1 - SMOOTHING)
        self._light = Light.from_radiance(radiance.astype(np.float32))
        if self._drawn_light.distance(self._light) >= THRESHOLD:
            self._drawn_light = self._light
            self._stale.update(self._standing)

    def _role(self, figure: Figure) -> "Role":
        """How a garment is drawn: in how many poses, and which."""
        motion = figure.garment.motion
        if motion is None:
            return Role(figure, Ring(1))
        if self._patient:
            return Role(figure, Ring(1))
        moving = sum(each.garment.motion is not None for each in self._figures)
        places = (*figure.ground_rectangles(self._size), figure.rectangle(self._size))
        view_bytes = sum(place.width * place.height for place in places) * len(self._eyes_m) * LAYER_BYTES
        return Role(figure, Ring(count_of(round_s(motion, figure.clip_s), round(view_bytes), RING_BYTES // moving), closed=repeats(motion)))

    def _number(self, role: Role, ahead_s: float = 0.0) -> int:
        """Which view of a garment is to be seen now, or a little later."""
        return role.ring.number(role.phase(self._time_s + ahead_s, self._began_s))

    def _due(self, name: str) -> int | None:
        """The view of a garment that should be drawn next; None: all are as they should be."""
        role, motion = self._roles[name], self._roles[name].figure.garment.motion
        if is_elsewhere(role.figure.garment, self._standing[name].garment):
            return 0
        if motion is None:
            return 0 if name in self._stale else None
        if self._patient:
            moved = role.drawn != role.phase(self._time_s, self._began_s)
            return 0 if name in self._stale or moved else None
        return role.ring.due(self._number(role, role.takes_s), self._look(name), self._drawn_light)

    def _look(self, name: str) -> tuple[str, int]:
        return self._standing[name].variant, self._turned

    def _draw(self, name: str) -> Generator[None, None, None]:
        """Draw the view of a garment that is due, in steps."""
        assert self._desk is not None
        role, began_s, number = self._roles[name], self._time_s, self._due(name) or 0
        standing, light, look = self._standing[name], self._drawn_light, self._look(name)
        if is_elsewhere(role.figure.garment, standing.garment):
            role = yield from self._set(name, standing.garment)
            number = self._number(role)
        figure = role.figure
        if figure.garment.motion is not None:
            role.drawn = role.phase(began_s, self._began_s) if self._patient else role.ring.phase(number)
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
        role.ring.put(number, View(tuple(eyes), look, light))
        role.takes_s = max(self._time_s - began_s, 0.0)
        if role is not self._roles[name]:
            self._put_on_stage(name, role)
        with self._lock:
            if self._look(name) == look and not is_elsewhere(
                role.figure.garment, self._standing[name].garment
            ):  # nobody has changed it meanwhile
                self._wished.discard(name)
                if light is self._drawn_light:
                    self._stale.discard(name)
            if self._beside and not self._wished:
                self._beside.urgent.clear()

    def _set(self, name: str, garment: Garment) -> Generator[None, None, Role]:
        """Set a garment elsewhere, turn it or move it otherwise: on the device, not yet in the picture."""
        assert self._desk is not None
        figure = restage(self._roles[name].figure, garment, self._size)
        others = [role.figure for other, role in self._roles.items() if other != name]
        figure = next(each for each in arrange([*others, figure]) if each.garment.name == name)
        yield
        yield from self._desk.pose(name, figure)
        return self._role(figure)

    def _put_on_stage(self, name: str, role: Role) -> None:
        """Show a garment in its new place, and let it hide what is behind it there."""
        roles = {**self._roles, name: role}
        standing = standing_of(role.figure, self._size)
        with self._lock:
            now = self._standing[name]
            self._standing[name] = replace(standing, variant=now.variant, garment=now.garment)
            self._roles = {figure.garment.name: roles[figure.garment.name] for figure in arrange([each.figure for each in roles.values()])}

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
        yield from desk.load([role.figure for role in self._roles.values()])
        self._turned += 1  # draw all anew
        self._stale.update(self._standing)
        for name in self._roles if self._lit else ():
            yield from self._draw(name)
        log.warning("OpenGL works again: garments follow the room's light")
        self._fault = ""
        self._patience = Patience()


def _nothing() -> Generator[None, None, None]:
    yield from ()
