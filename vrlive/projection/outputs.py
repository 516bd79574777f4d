"""What the output shows: rectangles over which directions vary smoothly."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vrlive.projection.equirect import Array, direction
from vrlive.units import Size


@dataclass(frozen=True, slots=True)
class Face:
    """The whole sphere as an equirectangular picture.

    Attributes
    ----------
    size
        In px; width = 2 × height, both even.
    """

    size: Size

    def looking(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Unit directions (..., 3) of px columns and rows, pixel centres at +0.5; past the poles they go on smoothly."""
        across, down = np.asarray(x, np.float64) / self.size.width, np.asarray(y, np.float64) / self.size.height
        return direction((across - 0.5) * (2 * np.pi), (0.5 - down) * np.pi)
