"""A window to look around in a showroom and to put its garments where they belong.

Garments are drawn by the same `Compositor` as on air, on a thread of their own: the window answers meanwhile. While one is carried about it
is drawn by the window itself, in its plain colours; where it is put down, the room's light falls on it again.
"""

import logging
from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from renderer.dresser import Dressed, Dresser
from renderer.gltf.guard import read_all_guarded
from renderer.looking import Look
from renderer.picking import Solid, carried, pick
from renderer.window import open_window
from vrlive.errors import UserError
from vrlive.frames import Picture
from vrlive.show.scene import Garment, Scene, model_matrix
from vrlive.show.staging import moved_to, turned_by, with_garment
from vrlive.units import Size

if TYPE_CHECKING:  # it imports OpenGL, which may be missing
    from renderer.viewport import Ring, Viewport

log = logging.getLogger(__name__)

Array = NDArray[np.float64]

WINDOW: Final = Size(1280, 800)
WAIT_S: Final = 1 / 30  # how often the window looks for a new picture
_STEP: Final = float(np.radians(5))  # an arrow key turns the view by this
_TURN_DEG: Final = 5.0  # Q and E turn a garment by this; a notch of the wheel, too
_CLICK_PX: Final = 4  # a pointer that moved less than this has clicked
_HELP: Final = (
    "drag: look, or carry a garment · wheel, + −: zoom · arrows: look · Q E, Shift+wheel: turn the garment · "
    "Ctrl+S: save · Home: straight ahead · F: full screen · Esc: leave"
)


class Grip(Enum):
    """What the pointer holds while a button is down."""

    NOTHING = auto()
    VIEW = auto()
    GARMENT = auto()


class Preview:
    """The window.

    Parameters
    ----------
    scene
        The showroom, with its models as paths that can be opened.
    picture
        Gives the room's newest picture, a new object when it has changed; None if there is none yet.
    save
        Writes the scene and says in words where to.

    Raises
    ------
    UserError
        If there is no display, or a model cannot be read.
    RenderUnavailable
        If there is no usable OpenGL.
    """

    def __init__(self, scene: Scene, picture: Callable[[], Picture | None], save: Callable[[Scene], str]) -> None:
        self._picture, self._save = picture, save
        self.scene = self._saved = scene
        models = read_all_guarded({garment.model for garment in scene.garment})
        self._models = {garment.name: models[garment.model] for garment in scene.garment}
        self._solids = {name: Solid.of(model) for name, model in self._models.items()}
        self.look = Look()
        self.chosen = ""
        self._words = "H: help"
        self._grip, self._seized, self._moved_px = Grip.NOTHING, np.zeros(3), 0.0
        self._pointer = (0.0, 0.0)
        self._foot = (0.0, 0.0)
        self._stale = True
        self._leaving = False
        self._shown: Dressed | None = None
        self._given: tuple[Scene, Picture] | None = None
        self._glfw, self._window = open_window(WINDOW)
        self._before_full: tuple[int, int, int, int] | None = None

    def run(self) -> None:
        """Show the window until it is closed."""
        from renderer.viewport import Viewport  # noqa: PLC0415 - imports OpenGL, which is known to be there only now

        glfw, window = self._glfw, self._window
        dresser = Dresser()
        try:
            viewport = Viewport()
            for name, model in self._models.items():
                viewport.load(name, model, self._garment(name).variant or next(iter(model.variants), ""))
            for event, answer in (
                (glfw.set_key_callback, self._on_key),
                (glfw.set_char_callback, self._on_letter),
                (glfw.set_mouse_button_callback, self._on_button),
                (glfw.set_cursor_pos_callback, self._on_pointer),
                (glfw.set_scroll_callback, self._on_wheel),
                (glfw.set_framebuffer_size_callback, self._on_change),
                (glfw.set_window_refresh_callback, self._on_change),
            ):
                event(window, answer)
            while not glfw.window_should_close(window):
                self._follow(dresser, viewport)
                if self._stale:
                    self._stale = False
                    self._draw(viewport)
                glfw.wait_events_timeout(WAIT_S)
        finally:
            dresser.close()
            glfw.terminate()

    @property
    def title(self) -> str:
        """The window's title: where one looks, what is chosen, and what happened last."""
        yaw, pitch, fov = (float(np.degrees(each)) for each in (self.look.yaw, self.look.pitch, self.look.fov))
        parts = [f"vrlive: {self.scene.title or self.scene.name}", f"yaw {yaw:.0f}° pitch {pitch:.0f}° fov {fov:.0f}°"]
        if self.chosen:
            parts.append(_described(self._garment(self.chosen), self.scene.floor_m))
        if self._shown is None or self._shown.scene != self.scene:
            parts.append("drawing …")
        if self.scene != self._saved:
            parts.append("not saved")
        return " — ".join([*parts, self._words] if self._words else parts)

    def _follow(self, dresser: Dresser, viewport: "Viewport") -> None:
        """Have drawn what has changed, and take over what was drawn."""
        picture = self._picture()
        if picture is not None and not (self._grip is Grip.GARMENT and self._moved_px >= _CLICK_PX):
            wanted = (self.scene, picture)
            if self._given is None or self._given[0] != self.scene or self._given[1] is not picture:
                self._given = wanted
                dresser.give(*wanted)
        if dressed := dresser.take():
            viewport.show(dressed.bare, dressed.picture)
            if dressed.fault:
                self._words = dressed.fault
            self._shown, self._stale = dressed, True
            if any(garment.motion for garment in dressed.scene.garment):
                self._given = None  # the room may stand still; they do not

    def _draw(self, viewport: "Viewport") -> None:
        from renderer.viewport import Carried  # noqa: PLC0415 - as above

        glfw, window = self._glfw, self._window
        size = Size(*glfw.get_framebuffer_size(window))
        before = self._shown.scene.garment if self._shown else self.scene.garment
        moving = [now for was, now in zip(before, self.scene.garment, strict=True) if now != was]
        places = self._shown.places if self._shown else {}
        holes = [places[garment.name] for garment in moving if garment.name in places]
        drawn = [Carried(garment.name, model_matrix(garment, self.scene.floor_m)) for garment in moving]
        if size.width and size.height:
            viewport.draw(self.look, size, ring=self._ring(), carried=drawn, holes=holes)
            glfw.swap_buffers(window)
        glfw.set_window_title(window, self.title)

    def _ring(self) -> "Ring | None":
        from renderer.viewport import Ring  # noqa: PLC0415 - as above

        if not self.chosen:
            return None
        matrix = model_matrix(self._garment(self.chosen), self.scene.floor_m)
        bounds = self._solids[self.chosen].bounds
        middle = matrix[:3, :3] @ bounds.mean(axis=0) + matrix[:3, 3]
        radius = float(np.linalg.norm(np.ptp(bounds, axis=0)[[0, 2]])) / 2
        return Ring(float(middle[0]), float(middle[2]), radius, self.scene.floor_m)

    def _on_key(self, _window: Any, key: int, _code: int, action: int, mods: int) -> None:
        glfw = self._glfw
        if action == glfw.RELEASE:
            return
        if key == glfw.KEY_ESCAPE:
            self._leave()
        elif key == glfw.KEY_S and mods & glfw.MOD_CONTROL:
            self._write()
        elif key in (glfw.KEY_Q, glfw.KEY_E):
            self._turn((-1 if key == glfw.KEY_Q else 1) * (_TURN_DEG / 5 if mods & glfw.MOD_SHIFT else _TURN_DEG))
        elif key == glfw.KEY_F:
            self._toggle_full_screen()
        elif key == glfw.KEY_H:
            self._words = "" if self._words == _HELP else _HELP
        else:
            self._look_by_key(key)
        self._stale = True

    def _look_by_key(self, key: int) -> None:
        glfw = self._glfw
        step = _STEP * self.look.fov / Look().fov
        turns = {glfw.KEY_LEFT: (-step, 0), glfw.KEY_RIGHT: (step, 0), glfw.KEY_UP: (0, step), glfw.KEY_DOWN: (0, -step)}
        if key in turns:
            self.look = self.look.turned(*turns[key])
        elif key == glfw.KEY_HOME:
            self.look = Look()

    def _on_letter(self, _window: Any, code: int) -> None:
        """Keys with these signs lie elsewhere on each keyboard."""
        self.look = self.look.zoomed({"+": 1, "=": 1, "-": -1, "−": -1}.get(chr(code), 0))
        self._stale = True

    def _on_button(self, _window: Any, button: int, action: int, _mods: int) -> None:
        glfw = self._glfw
        if button != glfw.MOUSE_BUTTON_LEFT:
            return
        self._stale = True
        if action == glfw.RELEASE:
            if self._grip is Grip.VIEW and self._moved_px < _CLICK_PX:
                self.chosen = ""
            self._grip = Grip.NOTHING
            return
        self._seized, self._moved_px = self._towards(), 0.0
        found = pick(self.scene, self._solids, self._seized)
        self._grip = Grip.GARMENT if found else Grip.VIEW
        if found:
            self.chosen = found
            where = model_matrix(self._garment(found), self.scene.floor_m)[:3, 3]
            self._foot = float(where[0]), float(where[2])

    def _on_pointer(self, _window: Any, x: float, y: float) -> None:
        across, down = x - self._pointer[0], y - self._pointer[1]
        self._pointer = x, y
        if self._grip is Grip.NOTHING:
            return
        self._moved_px += abs(across) + abs(down)
        if self._grip is Grip.VIEW:
            self.look = self.look.dragged(across, down, self._extent)
        elif self._moved_px >= _CLICK_PX:
            there = carried(self._foot, self.scene.floor_m, self._seized, self._towards())
            self._change(moved_to(self._garment(self.chosen), self.scene.floor_m, *there))
        self._stale = True

    def _on_wheel(self, window: Any, across: float, notches: float) -> None:
        glfw = self._glfw
        shift = any(glfw.get_key(window, key) == glfw.PRESS for key in (glfw.KEY_LEFT_SHIFT, glfw.KEY_RIGHT_SHIFT))
        if shift:
            self._turn(_TURN_DEG * (notches or across))  # some systems make Shift and the wheel a wheel across
        else:
            self.look = self.look.zoomed(notches)
        self._stale = True

    def _on_change(self, *_: Any) -> None:
        self._stale = True

    @property
    def _extent(self) -> Size:
        """Of the window, in the units of the pointer."""
        return Size(*self._glfw.get_window_size(self._window))

    def _towards(self) -> Array:
        return self.look.direction_at(*self._pointer, self._extent)

    def _garment(self, name: str) -> Garment:
        return next(garment for garment in self.scene.garment if garment.name == name)

    def _turn(self, degrees: float) -> None:
        if self.chosen:
            self._change(turned_by(self._garment(self.chosen), degrees))
        else:
            self._words = "click a garment first"

    def _change(self, garment: Garment) -> None:
        self.scene = with_garment(self.scene, garment)
        self._leaving, self._words = False, ""

    def _write(self) -> None:
        try:
            self._words = self._save(self.scene)
        except UserError as fault:
            log.warning("not saved: %s", fault)
            self._words = f"not saved: {fault}"
        else:
            self._saved = self.scene

    def _leave(self) -> None:
        """Unsaved changes are asked for once."""
        if self.scene != self._saved and not self._leaving:
            self._leaving, self._words = True, "Esc once more leaves without saving; Ctrl+S saves"
        else:
            self._glfw.set_window_should_close(self._window, True)

    def _toggle_full_screen(self) -> None:
        glfw, window = self._glfw, self._window
        if self._before_full:
            glfw.set_window_monitor(window, None, *self._before_full, glfw.DONT_CARE)
            self._before_full = None
        elif monitor := glfw.get_primary_monitor():
            self._before_full = (*glfw.get_window_pos(window), *glfw.get_window_size(window))
            mode = glfw.get_video_mode(monitor)
            glfw.set_window_monitor(window, monitor, 0, 0, *mode.size, mode.refresh_rate)


def _described(garment: Garment, floor_m: float) -> str:
    x, _, z = model_matrix(garment, floor_m)[:3, 3]
    bearing, away = np.degrees(np.arctan2(x, -z)), np.hypot(x, z)
    return f"{garment.title or garment.name}: bearing {bearing:.1f}°, {away:.2f} m, turn {garment.turn_deg:g}°"
