"""Where garments are drawn: an OpenGL context with all of them loaded. Drivers may lose it; it is tried again later, and later still."""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Final, TypeVar, cast

from renderer.context import Context
from renderer.figure import Figure
from renderer.light import Light
from renderer.placement import Rectangle

if TYPE_CHECKING:  # they import OpenGL, which may be missing
    from renderer.painter import Drawn, Loaded

T = TypeVar("T")

RETRY_FRAMES: Final = 50  # after OpenGL was lost it is tried again so many frames later, …
MOST_RETRY_FRAMES: Final = 1600  # … then after twice as many, and so on up to this


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

    def pose(self, name: str, figure: Figure) -> Generator[None, None, None]:
        """See `renderer.painter.Painter.pose`."""
        self._loaded[name] = yield from self._current(self.painter.pose(self._loaded[name], figure))

    def paint(self, name: str, variant: str, place: Rectangle, light: Light) -> "Generator[None, None, Drawn]":
        """See `renderer.painter.Painter.paint`."""
        return self._current(self.painter.paint(self._loaded[name], variant, place, light))

    def paint_shadow(self, name: str, ground: int, place: Rectangle, light: Light) -> "Generator[None, None, Drawn]":
        """See `renderer.painter.Painter.paint_shadow`."""
        return self._current(self.painter.paint_shadow(self._loaded[name], ground, place, light))

    def _current(self, steps: Generator[None, None, T]) -> Generator[None, None, T]:
        """Steps between which somebody else may have drawn elsewhere."""
        while True:
            self._context.make_current()
            try:
                next(steps)
            except StopIteration as end:
                return cast("T", end.value)
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
