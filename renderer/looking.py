"""Where one looks in a flat window on the sphere."""

from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from vrlive.projection.rig import rotation
from vrlive.units import Size

Array = NDArray[np.float64]

WIDEST: Final = float(np.radians(120))
NARROWEST: Final = float(np.radians(10))
_NOTCH: Final = 0.9  # a notch of the wheel narrows the view to this share


@dataclass(frozen=True)
class Look:
    """A direction and a horizontal field of view, in radians."""

    yaw: float = 0.0
    pitch: float = 0.0
    fov: float = float(np.radians(90))

    def turned(self, yaw: float, pitch: float) -> Self:
        """Looking farther right and up; never past straight up or down."""
        around = (self.yaw + yaw + np.pi) % (2 * np.pi) - np.pi
        return replace(self, yaw=float(around), pitch=float(np.clip(self.pitch + pitch, -np.pi / 2, np.pi / 2)))

    def zoomed(self, notches: float) -> Self:
        """Closer by some notches of the wheel, or wider."""
        return replace(self, fov=float(np.clip(self.fov * _NOTCH**notches, NARROWEST, WIDEST)))

    @property
    def axes(self) -> Array:
        """Camera to world, (3, 3): right, up and back as columns."""
        return rotation(self.yaw, self.pitch, 0.0)

    def slopes(self, window: Size) -> tuple[float, float]:
        """Tangents of half the field of view, across and down."""
        across = float(np.tan(self.fov / 2))
        return across, across * window.height / window.width

    def direction_at(self, x: float, y: float, window: Size) -> Array:
        """Unit direction (3,) in the world at a place of the window, in px from its top left corner."""
        across, down = self.slopes(window)
        ray = self.axes @ np.array([(2 * x / window.width - 1) * across, (1 - 2 * y / window.height) * down, -1.0])
        return np.asarray(ray / np.linalg.norm(ray))

    def dragged(self, x: float, y: float, window: Size) -> Self:
        """Looking elsewhere after the picture was pulled by some px: what was under the pointer nearly stays there."""
        across, _ = self.slopes(window)
        step = 2 * across / window.width * np.cos(self.fov / 4) ** 2
        return self.turned(-x * step, y * step)
