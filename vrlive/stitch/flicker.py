"""How a panorama changes between two frames beyond what its sources do: what matching and blending add of their own."""

import numpy as np

from vrlive.stitch.overlap import Array, Floats

BLOCK = 8  # sites both ways: rounding to whole codes, which is no flicker, evens out over so many


def blended(sources: Floats, shares: Floats) -> Array:
    """Luma (height, width) of lenses' lumas (lenses, height, width) in their shares."""
    return np.asarray(np.where(shares > 0, sources * shares, 0).sum(0, dtype=np.float64))


def own_flicker(panorama: tuple[Array, Array], sources: tuple[Array, Array], weights: Array) -> tuple[float, float]:
    """Change of a panorama between two frames, less that of its sources at unchanged gains.

    Parameters
    ----------
    panorama, sources
        Luma (height, width) before and after; of the sources as they are `blended`.
    weights
        (height, 1) area of a pixel, up to a factor.

    Returns
    -------
    The change of mean luma, and the mean change of a place (of 8×8 pixels), both without sign, in codes.
    """
    more = (panorama[1] - panorama[0]) - (sources[1] - sources[0])
    areas = np.broadcast_to(weights, more.shape)
    blocks = _blocks(more * areas) / _blocks(areas)
    return abs(float(np.average(more, weights=areas))), float(np.average(np.abs(blocks), weights=_blocks(areas)))


def _blocks(values: Array) -> Array:
    """Means over blocks; a remainder at the right or at the bottom is left out."""
    height, width = (length // BLOCK for length in values.shape)
    cut = values[: height * BLOCK, : width * BLOCK]
    return np.asarray(cut.reshape(height, BLOCK, width, BLOCK).mean((1, 3)))
