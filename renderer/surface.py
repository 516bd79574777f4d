"""What surfaces return of even light, tabulated once: the shaders look it up.

Sources: glTF 2.0, appendix B.3 (GGX, height-correlated Smith visibility); Karis 2013, "Real Shading in Unreal Engine 4" (the split sum);
KHR_materials_sheen with Estevez & Kulla 2017, "Production Friendly Microfacet Sheen BRDF" (Charlie), Neubelt & Pettineo's visibility.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

SIDE: Final = 32  # entries by n·v and by roughness; the shaders interpolate
_SAMPLES: Final = 1024


@cache
def shares() -> Floats:
    """Scale and bias of F0 for GGX, and the share that Charlie sheen returns: (32, 32, 3) by roughness and n·v, at +½ of each step."""
    at = (np.arange(SIDE) + 0.5) / SIDE
    return np.stack([np.column_stack([*_ggx(roughness, at), _charlie(roughness, at)]) for roughness in at]).astype(np.float32)


def _ggx(roughness: float, n_dot_v: Array) -> tuple[Array, Array]:
    """Scale and bias for each n·v, by half-vectors spread as GGX has them."""
    u, turn = _spread()
    alpha = roughness**2
    cos = np.sqrt((1 - u) / (1 + (alpha**2 - 1) * u))
    sin = np.sqrt(1 - cos**2)
    v = n_dot_v[:, None]
    v_dot_h = np.sqrt(1 - v**2) * sin * np.cos(turn) + v * cos
    n_dot_l = 2 * v_dot_h * cos - v
    lit = (n_dot_l > 0) & (v_dot_h > 0)
    n_dot_l = np.where(lit, n_dot_l, 1.0)
    smith = n_dot_l * np.sqrt(v**2 * (1 - alpha**2) + alpha**2) + v * np.sqrt(n_dot_l**2 * (1 - alpha**2) + alpha**2)
    weight = np.where(lit, 2 * n_dot_l * v_dot_h / cos / smith, 0.0)
    fresnel = (1 - np.clip(v_dot_h, 0, 1)) ** 5
    return (weight * (1 - fresnel)).mean(axis=1), (weight * fresnel).mean(axis=1)


def _charlie(roughness: float, n_dot_v: Array) -> Array:
    """Share for each n·v, by light from all over the hemisphere."""
    n_dot_l, turn = _spread()
    v, inverse = n_dot_v[:, None], 1 / roughness**2
    half = np.stack(
        np.broadcast_arrays(np.sqrt(1 - n_dot_l**2) * np.cos(turn) + np.sqrt(1 - v**2), np.sqrt(1 - n_dot_l**2) * np.sin(turn), n_dot_l + v)
    )
    sin_squared = np.clip(1 - (half[2] / np.linalg.norm(half, axis=0)) ** 2, 1e-9, 1)
    fibres = (2 + inverse) * sin_squared ** (inverse / 2) / (2 * np.pi)
    visible = 1 / (4 * (n_dot_l + v - n_dot_l * v))
    return np.asarray(np.minimum((fibres * visible * n_dot_l).mean(axis=1) * 2 * np.pi, 1.0))


def _spread() -> tuple[Array, Array]:
    """Numbers 0…1 and angles 0…2π that cover both evenly: a golden-ratio sequence."""
    number = np.arange(_SAMPLES) + 0.5
    return number / _SAMPLES, number * np.pi * (3 - np.sqrt(5))
