"""The light meter: what light there is in a room, measured in its picture every second or so and smoothed."""

from collections.abc import Generator
from typing import Final

import numpy as np

from renderer.light import PARTS, Floats, Light, even_light, look, radiance_of, with_lamps
from vrlive.frames import Picture

RELIGHT_FRAMES: Final = 25  # the room's light is measured anew after this many
SMOOTHING: Final = 0.5  # share of the newest measurement in the light
THRESHOLD: Final = 0.02  # garments are redrawn when their light has moved by this much


class LightMeter:
    """Measures in steps of one frame each, so that none waits; who draws makes light of that when it is at leisure.

    Attributes
    ----------
    light
        What garments are drawn in; another object when it has changed.
    """

    def __init__(self) -> None:
        self.light = self._newest = even_light()
        self._measured: Floats | None = None
        self._age = 0

    def see(self, room: Picture) -> None:
        """The room as it is in the newest frame."""
        self._room = room
        self._age += 1

    @property
    def is_due(self) -> bool:
        """Whether it is time to measure."""
        return self._age >= RELIGHT_FRAMES

    @property
    def has_measured(self) -> bool:
        """Whether no light was made yet of what was measured last."""
        return self._measured is not None

    def expose(self) -> None:
        """Measure at once, for the first picture."""
        self.light = self._newest = Light.from_radiance(radiance_of(self._room))
        self._age = 0

    def measure(self) -> Generator[None, None, None]:
        """Steps of one frame each: look at the room, a part of it at a time."""
        self._age = 0
        seen = np.zeros_like(self._newest.radiance)
        for part in range(PARTS):
            look(self._room, part, seen)
            yield
        self._measured = seen

    def adapt(self) -> Generator[None, None, bool]:
        """Make light of what was measured; returns whether it has moved so far that garments are to be drawn anew."""
        seen, self._measured = self._measured, None
        assert seen is not None
        yield
        radiance = with_lamps(seen) * SMOOTHING + self._newest.radiance * (1 - SMOOTHING)
        self._newest = Light.from_radiance(radiance.astype(np.float32))
        if self.light.distance(self._newest) < THRESHOLD:
            return False
        self.light = self._newest
        return True
