"""Views of a garment that moves, drawn once and kept for when its motion comes by again. One that stands still has one view."""

from dataclasses import dataclass
from math import floor
from typing import Final

from renderer.layers import Layer
from renderer.light import Light

BYTES: Final = 128 << 20  # of the views of all garments that move together
FEWEST: Final = 8
PER_S: Final = 25.0  # more are not seen
_ANOTHER: Final = 0.1  # views whose light differs more than this are not shown beside one another


@dataclass(frozen=True)
class Dressed:
    """A garment drawn for one eye.

    Attributes
    ----------
    shadow
        On the floor, below all garments.
    layers
        Its shadow on what else it stands on, and the garment; from the bottom up.
    """

    shadow: Layer
    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class View:
    """A garment in one pose.

    Attributes
    ----------
    eyes
        One, or the left and the right.
    look
        What it was drawn as: views of different looks are never mixed.
    """

    eyes: tuple[Dressed, ...]
    look: tuple[str, int]
    light: Light


class Ring:
    """Up to `count` views, evenly over one round of a motion.

    Parameters
    ----------
    closed
        Whether the first follows the last.
    """

    def __init__(self, count: int, *, closed: bool = True) -> None:
        self.count, self._closed = count, closed
        self._views: dict[int, View] = {}

    def phase(self, number: int) -> float:
        """Of a view."""
        return number / (self.count if self._closed else max(self.count - 1, 1))

    def number(self, phase: float) -> int:
        """Of the view that is nearest to a phase."""
        steps = self.count if self._closed else self.count - 1
        return floor(phase * steps + 0.5) % self.count

    def put(self, number: int, view: View) -> None:
        """Keep a view, and forget those that do not go with it any more."""
        aged = {
            id(each.light): each.light.distance(view.light) for each in {id(each.light): each for each in self._views.values()}.values()
        }
        kept = {other: each for other, each in self._views.items() if each.look == view.look and aged[id(each.light)] < _ANOTHER}
        self._views = {**kept, number: view}  # at once: the programme may be looking

    def seen(self, number: int) -> View | None:
        """The view of a number, or the nearest that there is."""
        views = self._views
        if number in views or not views:
            return views.get(number)
        return views[min(views, key=lambda other: self._apart(number, other))]

    def due(self, number: int, look: object, light: Light) -> int | None:
        """The first view from `number` on that is missing, or was drawn as something else or in another light; None if there is none."""
        for ahead in range(self.count):
            at = (number + ahead) % self.count
            view = self._views.get(at)
            if view is None or view.light is not light or view.look != look:
                return at
        return None

    def _apart(self, one: int, other: int) -> int:
        apart = abs(one - other)
        return min(apart, self.count - apart) if self._closed else apart


def count_of(round_s: float, view_bytes: int, room_bytes: int) -> int:
    """How many views of so many bytes make up a round."""
    wanted = floor(round_s * PER_S)
    return max(FEWEST, min(wanted, room_bytes // max(view_bytes, 1)))
