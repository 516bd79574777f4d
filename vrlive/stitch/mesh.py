"""Where the lenses see every site of the panorama, from a few exact projections.

A lens' mapping is smooth, so it is projected exactly only at the nodes of a coarse mesh and interpolated between them by cubics.
Where that is not good to a thousandth of a pixel (the ±180° line of an equirectangular lens, a lens near its limit) the cell's
sites are projected one by one.
"""

from dataclasses import dataclass, replace
from math import log2

import numpy as np
from numpy.typing import NDArray

from vrlive.projection import lenses
from vrlive.projection.equirect import direction
from vrlive.projection.rig import Circle, Lens, Rectangle, Rig
from vrlive.units import Size

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

CELLS_AROUND = 120  # 3° a cell: cubics then err by about 1e-4 px
TOLERANCE_PX = 1 / 1024
FEWEST_AROUND = 60  # larger cells, of panoramas under 240 px, are not judged by their middles: all are projected
FARTHEST_FRAMES = 4  # farther out than so many frames no neighbour is worth interpolating with


@dataclass(frozen=True, slots=True)
class Mesh:
    """Source coordinates, in px of the lens' whole frame, of all sites of an equirectangular picture.

    Attributes
    ----------
    cell_px
        Side of a square cell in luma pixels of the panorama, a power of two from 4.
    nodes
        (lenses, rows + 3, columns + 3, 2) float64: x, y at the corners of the cells and one ring around; NaN where there is none.
    exact
        (lenses, rows, columns) int32: which element of `luma` and `chroma` holds the sites of a cell; −1: interpolate.
    luma, chroma
        (n, cell_px, cell_px, 2) and (n, cell_px / 2, cell_px / 2, 2) float64: exact x, y.
    """

    cell_px: int
    nodes: Array
    exact: NDArray[np.int32]
    luma: Array
    chroma: Array


def lay_mesh(rig: Rig, size: Size, distance_m: float) -> Mesh:
    """Project a rig's lenses onto the mesh of an equirectangular picture of `size`, the scene being `distance_m` away."""
    cell = 2 ** max(2, int(log2(max(size.width / CELLS_AROUND, 4))))
    rows, columns = -(-size.height // cell), -(-size.width // cell)
    corners = _looking(size, np.arange(-1, columns + 2) * cell, np.arange(-1, rows + 2) * cell)
    middles = _looking(size, (np.arange(columns) + 0.5) * cell, (np.arange(rows) + 0.5) * cell)
    nodes = np.stack([_source(lens, corners, distance_m) for lens in rig.lenses])
    exact = np.full((len(rig.lenses), rows, columns), -1, np.int32)
    luma, chroma = [np.zeros((0, cell, cell, 2))], [np.zeros((0, cell // 2, cell // 2, 2))]
    for index, lens in enumerate(rig.lenses):
        rough = np.argwhere(_rough(lens, nodes[index], middles, distance_m, TOLERANCE_PX if columns >= FEWEST_AROUND else 0))
        exact[index, rough[:, 0], rough[:, 1]] = np.arange(len(rough)) + sum(map(len, luma))
        luma.append(_sites(lens, size, rough, cell, 1, distance_m))
        chroma.append(_sites(lens, size, rough, cell, 2, distance_m))
    return Mesh(cell, nodes, exact, np.concatenate(luma), np.concatenate(chroma))


def _looking(size: Size, x: Array | NDArray[np.int_], y: Array | NDArray[np.int_]) -> Array:
    """Directions (…, 3) of px columns and rows; past the poles they go on smoothly."""
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if x.ndim == y.ndim == 1:
        x, y = x[np.newaxis, :], y[:, np.newaxis]
    return direction((x / size.width - 0.5) * (2 * np.pi), (0.5 - y / size.height) * np.pi)


def _source(lens: Lens, looking: Array, distance_m: float) -> Array:
    """Source px (..., 2), beyond the crop and the frame too, NaN where the model has no meaning."""
    unbounded = replace(lens, max_angle_rad=np.pi)
    with np.errstate(invalid="ignore"):
        xy, valid = lenses.project(unbounded, looking, distance_m)
        beyond_model = lenses.inside(unbounded, xy) & ~valid
        beyond_reach = (np.abs(xy - lens.centre_px) > FARTHEST_FRAMES * max(lens.frame)).any(-1)
    return np.where((beyond_model | beyond_reach)[..., np.newaxis], np.nan, xy)


def _rough(lens: Lens, nodes: Array, middles: Array, distance_m: float, tolerance_px: float) -> Mask:
    """Cells (rows, columns) that interpolation cannot serve: judged at their middles, where cubics are worst."""
    with np.errstate(invalid="ignore"):
        xy, valid = lenses.project(lens, middles, distance_m)
        across = (9 * (nodes[:, 1:-2] + nodes[:, 2:-1]) - nodes[:, :-3] - nodes[:, 3:]) / 16
        guess = (9 * (across[1:-2] + across[2:-1]) - across[:-3] - across[3:]) / 16
        good = np.abs(guess - xy).max(-1) < tolerance_px
    return np.asarray(~good & (valid | _in_sight(lens, nodes)))


def _in_sight(lens: Lens, nodes: Array) -> Mask:
    """Cells (rows, columns) some of whose sites may be picture, though their middles may not: their nodes lie around parts of it."""
    low, high = (
        _over_cells(np.where(np.isnan(nodes), other, nodes), find) for other, find in ((np.inf, np.minimum), (-np.inf, np.maximum))
    )
    left, top, right, bottom = _extent(lens)
    return np.asarray(((low <= (right, bottom)) & (high >= (left, top))).all(-1))


def _over_cells(nodes: Array, find: np.ufunc) -> Array:
    """Smallest or greatest of the 4×4 nodes that a cell is interpolated from: (rows, columns, 2)."""
    across = find.reduce([nodes[:, k : nodes.shape[1] - 3 + k] for k in range(4)])
    return np.asarray(find.reduce([across[k : len(across) - 3 + k] for k in range(4)]))


def _extent(lens: Lens) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what belongs to a lens."""
    match lens.crop:
        case Circle(x, y, radius):
            return x - radius, y - radius, x + radius, y + radius
        case Rectangle(left, top, right, bottom):
            return left, top, right, bottom
    return 0, 0, *lens.frame


def _sites(lens: Lens, size: Size, cells: NDArray[np.int_], cell: int, step: int, distance_m: float) -> Array:
    """Exact source px of the luma (step 1) or chroma (step 2) sites of `cells` (n, 2): rows and columns."""
    along = (np.arange(cell // step) + 0.5) * step
    y = cells[:, 0, np.newaxis, np.newaxis] * cell + along[:, np.newaxis]
    x = cells[:, 1, np.newaxis, np.newaxis] * cell + along[np.newaxis, :]
    return _source(lens, _looking(size, x, y), distance_m)
