"""The cast: the garments of a show in their roles, what is wished of them, and who is to be drawn next."""

import threading
from collections import deque
from dataclasses import replace

from renderer.figure import Figure, arrange, restage, stand_all
from renderer.layers import LAYER_BYTES
from renderer.light import Light
from renderer.ring import BYTES, Ring, View, count_of
from renderer.standing import Role, check_known, is_elsewhere, standing_of
from vrlive.show.motion import repeats, round_s
from vrlive.show.scene import Garment, GarmentTuning, Scene, tuned
from vrlive.units import Size


class Cast:
    """Those who stand in a scene. `want` and `change` may be called from any thread, all else from the one that draws or shows.

    Attributes
    ----------
    figures
        As the scene has them, the farthest first.
    standing
        What is told of them.
    roles
        How they are drawn, the farthest first.
    stale
        Those whose views are not as they should be.
    wished
        Those for whom somebody waits.
    urgent
        Set while there are such.
    """

    def __init__(self, scene: Scene, size: Size, *, eyes: int, patient: bool) -> None:
        self._scene, self._size, self._eyes, self._patient = scene, size, eyes, patient
        self.figures = stand_all(scene.garment, scene.floor_m, size)
        self.standing = {figure.garment.name: standing_of(figure, size) for figure in self.figures}
        self.roles = {figure.garment.name: self._role(figure) for figure in self.figures}
        self.stale, self.wished, self.urgent = set(self.standing), set[str](), threading.Event()
        self.time_s = self.began_s = 0.0
        self._asked: deque[str] = deque(self.roles)  # for whom something may have to be drawn, the next first
        self._anew = 0
        self._lock = threading.Lock()  # of what is wanted; held for a moment only

    def change(self, name: str, tuning: GarmentTuning) -> None:
        """Want a garment otherwise than the scene has it."""
        check_known(name, tuple(self.standing), "garment")
        self.want(name, tuned(next(each for each in self._scene.garment if each.name == name), tuning))

    def dress(self, name: str, variant: str) -> None:
        """Want another variant of a garment."""
        check_known(name, tuple(self.standing), "garment")
        self.want(name, self.standing[name].garment.model_copy(update={"variant": variant}))

    def want(self, name: str, garment: Garment) -> None:
        """Want it like this; it is drawn before all others, if it has to be."""
        variants = self.standing[name].variants
        if garment.variant is not None:
            check_known(garment.variant, variants, f"variant of {name}")
        with self._lock:
            standing = self.standing[name]
            variant = garment.variant or next(iter(variants), "")
            self.standing[name] = replace(standing, variant=variant, garment=garment)
            if variant == standing.variant and not is_elsewhere(self.roles[name].figure.garment, garment):
                return
            self.stale.add(name)
            self.wished.add(name)
            self.urgent.set()
            self._asked.remove(name)
            self._asked.appendleft(name)

    def draw_anew(self) -> None:
        """Nothing that was drawn goes with what will be."""
        self._anew += 1
        self.stale.update(self.standing)

    def look(self, name: str) -> tuple[str, int]:
        """What a garment is to be drawn as; see `View.look`."""
        return self.standing[name].variant, self._anew

    def due(self, name: str, light: Light) -> int | None:
        """The view of a garment that should be drawn next; None: all are as they should be."""
        role, motion = self.roles[name], self.roles[name].figure.garment.motion
        if is_elsewhere(role.figure.garment, self.standing[name].garment):
            return 0
        if motion is None:
            return 0 if name in self.stale else None
        if self._patient:
            moved = role.drawn != role.phase(self.time_s, self.began_s)
            return 0 if name in self.stale or moved else None
        return role.ring.due(self.number(role, role.takes_s), self.look(name), light)

    def next_due(self, light: Light) -> str:
        """A garment that should be drawn, or none; one after the other: none waits longer than all others take."""
        name = next((name for name in tuple(self._asked) if self.due(name, light) is not None), "")
        if name:
            with self._lock:
                self._asked.remove(name)
                self._asked.append(name)
        return name

    def number(self, role: Role, ahead_s: float = 0.0) -> int:
        """Which view of a garment is to be seen now, or a little later."""
        return role.ring.number(role.phase(self.time_s + ahead_s, self.began_s))

    def seen(self) -> dict[str, tuple[Role, View]]:
        """The views that are to be seen now, as far as they are drawn, the farthest first."""
        return {name: (role, view) for name, role in self.roles.items() if (view := role.ring.seen(self.number(role)))}

    def recast(self, name: str, garment: Garment) -> Role:
        """The role of a garment that stands elsewhere, is turned, or moves otherwise: not yet on the stage."""
        figure = restage(self.roles[name].figure, garment, self._size)
        others = [role.figure for other, role in self.roles.items() if other != name]
        return self._role(next(each for each in arrange([*others, figure]) if each.garment.name == name))

    def put_on_stage(self, name: str, role: Role) -> None:
        """Show a garment in its new place, and let it hide what is behind it there."""
        roles = {**self.roles, name: role}
        standing = standing_of(role.figure, self._size)
        with self._lock:
            now = self.standing[name]
            self.standing[name] = replace(standing, variant=now.variant, garment=now.garment)
            self.roles = {figure.garment.name: roles[figure.garment.name] for figure in arrange([each.figure for each in roles.values()])}

    def drawn(self, name: str, view: View, light: Light) -> None:
        """A view was drawn; `light` is what there is by now."""
        with self._lock:
            if self.look(name) == view.look and not is_elsewhere(self.roles[name].figure.garment, self.standing[name].garment):
                self.wished.discard(name)  # nobody has changed it meanwhile
                if view.light is light:
                    self.stale.discard(name)
            if not self.wished:
                self.urgent.clear()

    def _role(self, figure: Figure) -> Role:
        """How a garment is drawn: in how many poses, and which."""
        motion = figure.garment.motion
        if motion is None or self._patient:
            return Role(figure, Ring(1))
        moving = sum(each.garment.motion is not None for each in self.standing.values())
        places = (*figure.ground_rectangles(self._size), figure.rectangle(self._size))
        view_bytes = sum(place.width * place.height for place in places) * self._eyes * LAYER_BYTES
        count = count_of(round_s(motion, figure.clip_s), round(view_bytes), BYTES // max(moving, 1))
        return Role(figure, Ring(count, closed=repeats(motion)))
