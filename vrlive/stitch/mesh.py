"""Where the lenses see a face of the panorama, from a few exact projections.

A lens' mapping is smooth, so it is projected exactly only at the nodes of a coarse mesh and interpolated between them by cubics.
Where that is not good to a thousandth of a pixel (the ±180° line of an equirectangular lens, a lens near its limit) the cell's
sites are projected one by one. With each place come the cosines of its angles from the middle of the lens'
picture and from its axis.

For whole cells it is known, too, between what bounds a lens' distance lies, so that most of the picture is given to its lens at once.
"""

from dataclasses import dataclass, replace
from math import inf, log2

import numpy as np
from numpy.typing import NDArray

from vrlive.projection import lenses
from vrlive.projection.outputs import Face
from vrlive.projection.rig import Circle, Lens, Rectangle, Rig

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

CELLS_AROUND = 120  # 3° a cell of a whole panorama: cubics then err by about 1e-4 px
SMALLEST_CELL_PX = 16  # a tile's width
TOLERANCE_PX = 1 / 1024
LARGEST_CELL_RAD = 0.105  # larger cells are not judged by their middles: all their sites are projected
FARTHEST_FRAMES = 4  # farther out than so many frames no neighbour is worth interpolating with
NOWHERE_PX = -1e6  # where the model has no meaning
MARGIN_RAD = 1e-6
REACH_ERROR_RAD = 0.05  # reaches are found on a grid

UNSEEN, SMOOTH = -2, -1  # states of a cell; from 0 on it is exact
X, Y, COSINE, OFF_AXIS, CHANNELS = range(5)


@dataclass(frozen=True, slots=True)
class Mesh:
    """Source coordinates, in px of the lens' whole frame, and cosines of angles from its middle and axis, of all sites of a face.

    Attributes
    ----------
    cell_px
        Side of a square cell in luma pixels of the face, a power of two from 16.
    nodes
        (lenses, rows + 3, columns + 3, CHANNELS) float64: x, y, cosines at the corners of the cells and one ring around.
    state
        (lenses, rows, columns) int32: `UNSEEN`: nothing in the cell is this lens' picture; `SMOOTH`: interpolate; else which element of
        `luma` and `chroma` holds the cell's sites.
    luma, chroma
        (n, cell_px, cell_px, CHANNELS) and (n, cell_px / 2, cell_px / 2, CHANNELS) float64.
    low, high
        (lenses, rows, columns) float64 rad: bounds of the lens' distance (see `vrlive.stitch.plan`) in a cell; `high` is infinite where the
        edge of the lens' picture is near, and for a patch, which has no distance.
    radius
        (rows, columns) float64 rad: no direction from a lens to a point of the cell is farther from the one to its middle.
    span
        (lenses, rows, columns) float64: how many px of the lens' frame the cell extends over, the larger way.
    """

    cell_px: int
    nodes: Array
    state: NDArray[np.int32]
    luma: Array
    chroma: Array
    low: Array
    high: Array
    radius: Array
    span: Array


def lay_mesh(rig: Rig, face: Face, distance_m: float, reaches: Array, scales: Array, feather_rad: float, missing: frozenset[int]) -> Mesh:
    """Project a rig's lenses onto the mesh of a face.

    Parameters
    ----------
    rig, distance_m, feather_rad, missing
        As of `vrlive.stitch.plan.plan_stitch`.
    face
        The rectangle of the output.
    reaches, scales
        (lenses,) the largest angle in rad that each lens sees, and what each lens' angles are multiplied by.
    """
    size = face.size
    cell = 2 ** max(int(log2(SMALLEST_CELL_PX)), int(log2(max(size.width / CELLS_AROUND, 1))))
    rows, columns = -(-size.height // cell), -(-size.width // cell)
    corners = face.looking(*np.meshgrid(np.arange(-1, columns + 2) * cell, np.arange(-1, rows + 2) * cell))
    middles = face.looking(*np.meshgrid((np.arange(columns) + 0.5) * cell, (np.arange(rows) + 0.5) * cell))
    radius = _radius(corners[1:-1, 1:-1], middles) / (1 - max(_shift(lens, distance_m) for lens in rig.lenses))
    shape = (len(rig.lenses), rows, columns)
    nodes = np.empty((len(rig.lenses), rows + 3, columns + 3, CHANNELS))
    low, high, boxes = np.full(shape, inf), np.full(shape, inf), []
    for index, lens in enumerate(rig.lenses):
        nodes[index, ..., :COSINE], nodes[index, ..., COSINE:] = NOWHERE_PX, _cosines(lens, corners, distance_m)
        if lens.input in missing:
            boxes.append(_box(nodes[index]))
            continue
        angle, off_axis = np.moveaxis(np.arccos(_cosines(lens, middles, distance_m)), -1, 0)
        possible = angle - radius <= reaches[index] + REACH_ERROR_RAD
        wanted = _around(possible)
        nodes[index, wanted, :COSINE] = _source(lens, corners[wanted], distance_m)
        boxes.append(_box(nodes[index]))
        edge_px = np.where(_known(nodes[index]), _edge_px(lens, *boxes[index]), -1)
        edge = np.minimum(edge_px / lens.focal_px, lenses.max_angle(lens) - off_axis - radius)
        low[index] = np.where(possible, -inf if lens.patch else scales[index] * (angle - radius), inf)
        high[index] = np.where(possible & (edge >= feather_rad / 2) & (not lens.patch), scales[index] * (angle + radius), inf)
    state = np.where((low <= high.min(0) + feather_rad) & (low < inf), SMOOTH, UNSEEN).astype(np.int32)
    luma, chroma = [np.zeros((0, cell, cell, CHANNELS))], [np.zeros((0, cell // 2, cell // 2, CHANNELS))]
    for index, lens in enumerate(rig.lenses):
        asked = state[index] == SMOOTH
        spot = np.full((rows, columns, 2), NOWHERE_PX)
        spot[asked] = _source(lens, middles[asked], distance_m)
        state[index, asked & ~(_in_sight(lens, nodes[index], *boxes[index]) | lenses.inside(lens, spot))] = UNSEEN
        rough = np.argwhere((state[index] == SMOOTH) & ~(_smooth(nodes[index], spot) & (radius < LARGEST_CELL_RAD)))
        state[index, rough[:, 0], rough[:, 1]] = np.arange(len(rough)) + sum(map(len, luma))
        luma.append(_sites(lens, face, rough, cell, 1, distance_m))
        chroma.append(_sites(lens, face, rough, cell, 2, distance_m))
    sites = np.concatenate(luma)
    span = np.stack([np.maximum(*np.moveaxis(most - least, -1, 0)) for least, most in boxes])
    span[state >= 0] = np.ptp(sites[..., :COSINE], axis=(1, 2)).max(-1, initial=0.0)[state[state >= 0]]
    return Mesh(cell, nodes, state, sites, np.concatenate(chroma), low, high, radius, span)


def _around(cells: Mask) -> Mask:
    """The nodes (rows + 3, columns + 3) that cells (rows, columns) are interpolated from."""
    found = np.zeros((cells.shape[0] + 3, cells.shape[1] + 3), np.bool_)
    for down in range(4):
        for right in range(4):
            found[down : down + cells.shape[0], right : right + cells.shape[1]] |= cells
    return found


def _radius(corners: Array, middles: Array) -> Array:
    """The largest angle in rad from the middle of each cell to one of its corners: (rows, columns)."""
    cosine = np.full(middles.shape[:2], 1.0)
    for rows in (slice(None, -1), slice(1, None)):
        for columns in (slice(None, -1), slice(1, None)):
            cosine = np.minimum(cosine, np.einsum("ijk,ijk->ij", corners[rows, columns], middles))
    return np.asarray(np.arccos(cosine.clip(-1, 1)) + MARGIN_RAD)


def _shift(lens: Lens, distance_m: float) -> float:
    """How far the lens stands from the rig's centre, as a share of the scene's distance, below 1."""
    return min(float(np.linalg.norm(lens.position_m)) / distance_m, 0.9)


def _cosines(lens: Lens, looking: Array, distance_m: float) -> Array:
    """Cosines (..., 2) of the angles from the middle of a lens' picture and from its axis to what lies in directions (..., 3)."""
    towards = looking - np.asarray(lens.position_m) / distance_m
    both = np.stack([lenses.middle(lens), lenses.axis(lens)], -1)
    return np.asarray((towards @ both / np.sqrt(np.einsum("...i,...i", towards, towards))[..., np.newaxis]).clip(-1, 1))


def _source(lens: Lens, looking: Array, distance_m: float) -> Array:
    """Source px (..., 2), beyond the crop and the frame too; `NOWHERE_PX` where the model has no meaning."""
    unbounded = replace(lens, max_angle_rad=np.pi)
    with np.errstate(invalid="ignore"):
        xy, valid = lenses.project(unbounded, looking, distance_m)
        beyond_model = lenses.inside(unbounded, xy) & ~valid
        near = np.abs(xy - lens.centre_px) <= FARTHEST_FRAMES * max(lens.frame)
        beyond_reach = ~(near[..., 0] & near[..., 1])
    return np.where((beyond_model | beyond_reach)[..., np.newaxis], NOWHERE_PX, xy)


def _smooth(nodes: Array, middles: Array) -> Mask:
    """Cells (rows, columns) that interpolation serves: judged at their middles (rows, columns, 2), where cubics are worst."""
    xy = nodes[..., :COSINE]
    across = (9 * (xy[:, 1:-2] + xy[:, 2:-1]) - xy[:, :-3] - xy[:, 3:]) / 16
    guess = (9 * (across[1:-2] + across[2:-1]) - across[:-3] - across[3:]) / 16
    close = np.abs(guess - middles) < TOLERANCE_PX
    return np.asarray(close[..., 0] & close[..., 1] & _known(nodes))


def _known(nodes: Array) -> Mask:
    """Cells (rows, columns) all of whose nodes are somewhere."""
    return np.asarray(_over_cells((nodes[..., X] != NOWHERE_PX).astype(np.int8), np.minimum) > 0)


def _in_sight(lens: Lens, nodes: Array, least: Array, most: Array) -> Mask:
    """Cells (rows, columns) some of whose sites may be picture, though their middles may not: their nodes lie around parts of it."""
    left, top, right, bottom = _extent(lens)
    near = _over_cells(nodes[..., OFF_AXIS], np.maximum) >= np.cos(lenses.max_angle(lens))
    beside = (least <= (right, bottom)) & (most >= (left, top))
    return np.asarray(beside[..., 0] & beside[..., 1] & near)


def _box(nodes: Array) -> tuple[Array, Array]:
    """Least and greatest x and y, (rows, columns, 2), around each cell; of nodes that are nowhere nothing is said."""
    xy = nodes[..., :COSINE]
    nowhere = xy == NOWHERE_PX
    return _over_cells(np.where(nowhere, inf, xy), np.minimum), _over_cells(np.where(nowhere, -inf, xy), np.maximum)


def _over_cells(nodes: NDArray[np.generic], find: np.ufunc) -> Array:
    """Smallest or greatest of the 4×4 nodes that a cell is interpolated from: (rows, columns, …)."""
    pairs = find(nodes[:, :-1], nodes[:, 1:])
    across = find(pairs[:, :-2], pairs[:, 2:])
    pairs = find(across[:-1], across[1:])
    return np.asarray(find(pairs[:-2], pairs[2:]))


def _edge_px(lens: Lens, least: Array, most: Array) -> Array:
    """How far each cell (rows, columns), with x and y between `least` and `most`, is from the end of the lens' picture at least."""
    left, top, right, bottom = 0.0, 0.0, float(lens.frame.width), float(lens.frame.height)
    if isinstance(lens.crop, Rectangle):
        left, top = max(left, lens.crop.left_px), max(top, lens.crop.top_px)
        right, bottom = min(right, lens.crop.right_px), min(bottom, lens.crop.bottom_px)
    edge = np.minimum(np.minimum(least[..., 0] - left, least[..., 1] - top), np.minimum(right - most[..., 0], bottom - most[..., 1]))
    if isinstance(lens.crop, Circle):
        away = np.maximum(np.abs(least - (lens.crop.x_px, lens.crop.y_px)), np.abs(most - (lens.crop.x_px, lens.crop.y_px)))
        edge = np.minimum(edge, lens.crop.radius_px - np.hypot(away[..., 0], away[..., 1]))
    return np.full_like(edge, -1) if lens.masks or lens.mask else edge


def _extent(lens: Lens) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what belongs to a lens."""
    match lens.crop:
        case Circle(x, y, radius):
            return x - radius, y - radius, x + radius, y + radius
        case Rectangle(left, top, right, bottom):
            return left, top, right, bottom
    return 0, 0, *lens.frame


def _sites(lens: Lens, face: Face, cells: NDArray[np.int_], cell: int, step: int, distance_m: float) -> Array:
    """The luma (step 1) or chroma (step 2) sites of `cells` (n, 2): rows and columns."""
    along = (np.arange(cell // step) + 0.5) * step
    y = cells[:, 0, np.newaxis, np.newaxis] * cell + along[:, np.newaxis]
    x = cells[:, 1, np.newaxis, np.newaxis] * cell + along[np.newaxis, :]
    looking = face.looking(x, y)
    return np.concatenate([_source(lens, looking, distance_m), _cosines(lens, looking, distance_m)], axis=-1)
