"""A tailor's dummy as horizontal sections: half an ellipse in front, half another one behind."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# height, half width, depth in front, depth behind, all in metres
_SECTIONS: Final = np.array(
    [
        [0.70, 0.150, 0.100, 0.105],
        [0.78, 0.168, 0.110, 0.118],
        [0.86, 0.178, 0.116, 0.128],
        [0.92, 0.174, 0.116, 0.124],
        [0.98, 0.157, 0.108, 0.104],
        [1.04, 0.134, 0.095, 0.084],
        [1.09, 0.124, 0.089, 0.078],
        [1.14, 0.128, 0.094, 0.080],
        [1.20, 0.139, 0.112, 0.086],
        [1.26, 0.149, 0.130, 0.091],
        [1.30, 0.155, 0.128, 0.094],
        [1.34, 0.162, 0.114, 0.096],
        [1.38, 0.168, 0.098, 0.095],
        [1.41, 0.165, 0.084, 0.090],
        [1.435, 0.142, 0.070, 0.081],
        [1.455, 0.100, 0.059, 0.069],
        [1.475, 0.066, 0.053, 0.058],
        [1.50, 0.054, 0.050, 0.052],
        [1.55, 0.050, 0.048, 0.049],
    ]
)

WAIST_M: Final = 1.085
NECK_M: Final = 1.55


def sections(height: Array) -> Array:
    """Half width, depth in front and depth behind at heights, (n,) to (n, 3): a smooth curve through the measured sections."""
    return np.column_stack([_smooth(height, _SECTIONS[:, 0], _SECTIONS[:, column]) for column in (1, 2, 3)])


def skin(turn: Array, height: Array, ease: float = 0.0) -> Array:
    """Points on the dummy, `ease` metres outside it; `turn` 0 is its front (+Z), positive towards its left (+X): (..., 3)."""
    turn, height = np.broadcast_arrays(turn, height)
    width, front, behind = sections(height.ravel()).T.reshape(3, *height.shape) + ease
    return np.stack([width * np.sin(turn), height, np.where(np.cos(turn) > 0, front, behind) * np.cos(turn)], axis=-1)


def _smooth(x: Array, knots: Array, values: Array) -> Array:
    """Cubic Hermite interpolation with the slopes of central differences."""
    slopes = np.gradient(values, knots)
    x = np.clip(x, knots[0], knots[-1])
    at = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, len(knots) - 2)
    span = knots[at + 1] - knots[at]
    t = (x - knots[at]) / span
    rise, bend = values[at + 1] - values[at], t * (1 - t)
    left, right = slopes[at] * span - rise, rise - slopes[at + 1] * span
    return values[at] + t * rise + bend * ((1 - t) * left + t * right)
