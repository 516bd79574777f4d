"""The kernels behind `vrlive.stitch.plan`: shares and source coordinates of every site, two rows of pixels at a time."""

from typing import Any

import numpy as np
from numba import prange

from vrlive.projection.kernels import kernel, parallel_kernel

BLOCKS = 16  # 2×2 blocks of pixels in a tile
TILE_PX = 2 * BLOCKS
SITES = 5  # of a block: luma upper left, upper right, lower left, lower right; chroma
CHROMA = 4
FULL = 255  # a share of 1
NEAREST_EDGE_RAD = 1e-9

# Columns of `bounds`: a lens' axis and place, its angles, and what of the frame is its picture.
AXIS_X, AXIS_Y, AXIS_Z, SHIFT_X, SHIFT_Y, SHIFT_Z, MAX_ANGLE, ANGLE_SCALE, FOCAL = range(9)
LEFT, TOP, RIGHT, BOTTOM, CIRCLE_X, CIRCLE_Y, CIRCLE_RADIUS, WIDTH, HEIGHT, PRESENT, COLUMNS = range(9, 20)

# Columns of `sides`: which lens and mask, the first corner, the way to the next, and whether the mask ends with it.
SIDE_LENS, SIDE_MASK, SIDE_X, SIDE_Y, SIDE_DX, SIDE_DY, SIDE_LAST, SIDE_COLUMNS = range(8)
SHORTEST_SIDE_PX = 1e-9

Table = Any  # arrays inside kernels; their shapes and types stand beside them


@parallel_kernel
def count_entries(
    width: int,
    height: int,
    cell: int,
    nodes: Table,  # the Mesh's arrays: (lenses, rows + 3, columns + 3, 2) float64
    exact: Table,  # (lenses, rows, columns) int32
    luma: Table,  # (n, cell, cell, 2) float64
    chroma: Table,  # (n, cell / 2, cell / 2, 2) float64
    bounds: Table,  # (lenses, COLUMNS) float64
    sides: Table,  # (sides of all masks, SIDE_COLUMNS) float64
    feather: float,
    lens_bits: Table,  # out: (tile rows, tiles) uint64, bit n for lens n, bit `lenses` for nothing
    blended: Table,  # out: (tile rows, tiles) bool: more than one has a share
) -> None:
    """Find which lenses have a share in each tile."""
    lenses, tiles = len(bounds), lens_bits.shape[1]
    headings = _headings(width, 1), _headings(width, 2)
    for row in prange(height // 2):
        shares = np.empty((lenses + 1, 3, width), np.uint8)
        xy = np.empty((lenses, 3, width, 2))
        _weigh_rows(row, width, height, cell, nodes, exact, luma, chroma, bounds, sides, feather, headings, shares, xy)
        for tile in range(tiles):
            bits = np.uint64(0)
            for lens in range(lenses + 1):
                if _has_share(shares[lens], tile, width):
                    bits |= np.uint64(1) << np.uint64(lens)
            lens_bits[row, tile] = bits
            blended[row, tile] = bits & (bits - np.uint64(1)) != 0


@parallel_kernel
def fill_entries(
    width: int,
    height: int,
    cell: int,
    nodes: Table,  # as in count_entries
    exact: Table,
    luma: Table,
    chroma: Table,
    bounds: Table,
    sides: Table,
    feather: float,
    lens_bits: Table,
    blended: Table,
    first: Table,  # (tiles + 1,) int32: the first entry of each tile
    first_share: Table,  # (tiles + 1,) int32: its first row of shares
    entry_lens: Table,  # out: (entries,) int32, filled with −1
    entry_share: Table,  # out: (entries,) int32, filled with the row that gives all of a tile
    x: Table,  # out: (entries, SITES, BLOCKS) uint16
    y: Table,
    fraction_x: Table,  # out: the same shape, uint8
    fraction_y: Table,
    entry_shares: Table,  # out: (rows, SITES, BLOCKS) uint8
) -> None:
    """Write the entries of all tiles."""
    lenses, tiles = len(bounds), lens_bits.shape[1]
    headings = _headings(width, 1), _headings(width, 2)
    for row in prange(height // 2):
        shares = np.empty((lenses + 1, 3, width), np.uint8)
        xy = np.empty((lenses, 3, width, 2))
        _weigh_rows(row, width, height, cell, nodes, exact, luma, chroma, bounds, sides, feather, headings, shares, xy)
        for tile in range(tiles):
            entry, share = first[row * tiles + tile], first_share[row * tiles + tile]
            for lens in range(lenses + 1):
                if not (lens_bits[row, tile] >> np.uint64(lens)) & np.uint64(1):
                    continue
                if lens < lenses:
                    entry_lens[entry] = lens
                    _write_sites(xy[lens], bounds[lens], tile, width, x[entry], y[entry], fraction_x[entry], fraction_y[entry])
                if blended[row, tile]:
                    entry_share[entry] = share
                    _write_shares(shares[lens], tile, width, entry_shares[share])
                    share += 1
                entry += 1


@kernel
def _headings(width: int, step: int) -> Table:
    """Sine and cosine of the yaw of each site in a row: (sites, 2)."""
    heading = np.empty((width // step, 2))
    for i in range(width // step):
        yaw = ((i + 0.5) * step / width - 0.5) * 2 * np.pi
        heading[i, 0], heading[i, 1] = np.sin(yaw), np.cos(yaw)
    return heading


@kernel
def _weigh_rows(
    row: int, width: int, height: int, cell: int, nodes: Table, exact: Table, luma: Table, chroma: Table,
    bounds: Table, sides: Table, feather: float, headings: Table, shares: Table, xy: Table,
) -> None:  # fmt: skip
    """Shares (lenses + 1, 3, width) and source px (lenses, 3, width, 2) of two rows of luma sites and the chroma row between."""
    for k in range(2):
        y = 2 * row + k + 0.5
        _locate_row(y, 1, width, cell, nodes, exact, luma, xy[:, k])
        _share_row(y, 1, width, height, bounds, sides, feather, headings[0], xy[:, k], shares[:, k])
    y = 2 * row + 1.0
    _locate_row(y, 2, width, cell, nodes, exact, chroma, xy[:, 2])
    _share_row(y, 2, width, height, bounds, sides, feather, headings[1], xy[:, 2], shares[:, 2])


@kernel
def _locate_row(y: float, step: int, width: int, cell: int, nodes: Table, exact: Table, sites: Table, xy: Table) -> None:
    """Where each lens sees the sites of the row at `y` px: (lenses, sites, 2)."""
    row = int(y) // cell
    down = np.empty(4)
    _cubic(y / cell - row, down)
    across = np.empty((cell // step, 4))
    for k in range(cell // step):
        _cubic((k + 0.5) * step / cell, across[k])
    line = np.empty((nodes.shape[2], 2))
    for lens in range(len(nodes)):
        for column in range(nodes.shape[2]):
            for axis in range(2):
                total = 0.0
                for tap in range(4):
                    total += down[tap] * nodes[lens, row + tap, column, axis]
                line[column, axis] = total
        for i in range(width // step):
            column, k = i * step // cell, i % (cell // step)
            rough = exact[lens, row, column]
            for axis in range(2):
                if rough >= 0:
                    xy[lens, i, axis] = sites[rough, int(y - row * cell) // step, k, axis]
                else:
                    xy[lens, i, axis] = (
                        across[k, 0] * line[column, axis]
                        + across[k, 1] * line[column + 1, axis]
                        + across[k, 2] * line[column + 2, axis]
                        + across[k, 3] * line[column + 3, axis]
                    )


@kernel
def _cubic(t: float, weights: Table) -> None:
    """Lagrange's weights of the nodes at −1, 0, 1 and 2 for the point `t`."""
    weights[0] = -t * (t - 1) * (t - 2) / 6
    weights[1] = (t + 1) * (t - 1) * (t - 2) / 2
    weights[2] = -(t + 1) * t * (t - 2) / 2
    weights[3] = (t + 1) * t * (t - 1) / 6


@kernel
def _share_row(
    y: float, step: int, width: int, height: int, bounds: Table, sides: Table, feather: float, heading: Table, xy: Table, shares: Table
) -> None:
    """Divide each site of a row among the lenses: (lenses + 1, sites) uint8, the last for nothing; each site sums to 255."""
    lenses = len(bounds)
    cosine, distance, weight = np.empty(lenses), np.empty(lenses), np.empty(lenses)
    pitch = (0.5 - y / height) * np.pi
    up, level = np.sin(pitch), np.cos(pitch)
    narrowest = bounds[:, ANGLE_SCALE].min()
    for i in range(width // step):
        for lens in range(lenses):
            cosine[lens] = _cosine(bounds[lens], level * heading[i, 0], up, -level * heading[i, 1])
        _measure(bounds, sides, feather, narrowest, cosine, xy, i, distance)
        best, second, nearest = np.inf, np.inf, lenses
        for lens in range(lenses):
            if distance[lens] < best:
                best, second, nearest = distance[lens], best, lens
            elif distance[lens] < second:
                second = distance[lens]
        total = 0.0
        for lens in range(lenses):
            weight[lens] = 0.0
            if distance[lens] < np.inf:
                other = second if lens == nearest else best
                t = min(max(0.5 - (distance[lens] - other) / (2 * feather), 0.0), 1.0)
                weight[lens] = t * t * (3 - 2 * t)
                total += weight[lens]
        rest = FULL
        for lens in range(lenses):
            shares[lens, i] = 0
            if weight[lens] > 0 and lens != nearest:
                part = int(FULL * weight[lens] / total + 0.5)
                shares[lens, i] = part
                rest -= part
        shares[lenses, i] = 0
        shares[nearest, i] = rest


@kernel
def _measure(bounds: Table, sides: Table, feather: float, narrowest: float, cosine: Table, xy: Table, site: int, distance: Table) -> None:
    """Distance of a site from each lens; infinite, too, for a lens so much farther than another that it has no share."""
    leading = 0
    for lens in range(1, len(bounds)):
        if cosine[lens] > cosine[leading]:
            leading = lens
    distance[leading] = _distance(bounds[leading], cosine[leading], xy[leading, site], sides, leading, feather)
    least = np.cos(min((distance[leading] + feather) / narrowest, np.pi))
    for lens in range(len(bounds)):
        if cosine[lens] < least:
            distance[lens] = np.inf
        elif lens != leading:
            distance[lens] = _distance(bounds[lens], cosine[lens], xy[lens, site], sides, lens, feather)


@kernel
def _cosine(bound: Table, dx: float, dy: float, dz: float) -> float:
    """Of the angle between a direction and a lens' axis; below −1 for a lens that is missing."""
    if bound[PRESENT] == 0:
        return -2.0
    px, py, pz = dx - bound[SHIFT_X], dy - bound[SHIFT_Y], dz - bound[SHIFT_Z]
    cosine = (px * bound[AXIS_X] + py * bound[AXIS_Y] + pz * bound[AXIS_Z]) / np.sqrt(px * px + py * py + pz * pz)
    return float(min(max(cosine, -1.0), 1.0))


@kernel
def _distance(bound: Table, cosine: float, xy: Table, sides: Table, lens: int, feather: float) -> float:
    """How far a direction is from a lens' axis, as an angle; farther near the end of the lens' picture, infinite beyond it."""
    if bound[PRESENT] == 0:
        return np.inf
    angle = np.arccos(cosine)
    if not angle <= bound[MAX_ANGLE]:
        return np.inf
    x, y = xy[0], xy[1]
    edge_px = min(x - bound[LEFT], bound[RIGHT] - x, y - bound[TOP], bound[BOTTOM] - y, _clearance(sides, lens, x, y))
    if bound[CIRCLE_RADIUS] < np.inf:
        edge_px = min(edge_px, bound[CIRCLE_RADIUS] - np.hypot(x - bound[CIRCLE_X], y - bound[CIRCLE_Y]))
    edge = min(edge_px / bound[FOCAL], bound[MAX_ANGLE] - angle)
    if np.isnan(x + y) or edge < 0:
        return np.inf
    push = feather / 2 / max(edge, NEAREST_EDGE_RAD) - 1
    return float(angle * bound[ANGLE_SCALE] + feather * max(push, 0.0))


@kernel
def _clearance(sides: Table, lens: int, x: float, y: float) -> float:
    """How far, in px, a place in a lens' frame is from the nearest mask; below zero inside one (even-odd rule)."""
    nearest, inside, mask = np.inf, False, -1.0
    for side in sides:
        if side[SIDE_LENS] != lens:
            continue
        if side[SIDE_MASK] != mask:
            mask, inside = side[SIDE_MASK], False
        x0, y0, dx, dy = side[SIDE_X], side[SIDE_Y], side[SIDE_DX], side[SIDE_DY]
        if (y0 > y) != (y0 + dy > y) and x < x0 + (y - y0) / dy * dx:
            inside = not inside
        along = min(max(((x - x0) * dx + (y - y0) * dy) / max(dx * dx + dy * dy, SHORTEST_SIDE_PX), 0.0), 1.0)
        nearest = min(nearest, np.hypot(x - x0 - along * dx, y - y0 - along * dy))
        if side[SIDE_LAST] and inside:
            return -1.0
    return float(nearest)


@kernel
def _has_share(shares: Table, tile: int, width: int) -> bool:
    """Whether a lens' shares (3, width) are above zero anywhere in a tile."""
    for i in range(tile * TILE_PX, min((tile + 1) * TILE_PX, width)):
        if shares[0, i] or shares[1, i]:
            return True
    for i in range(tile * BLOCKS, min((tile + 1) * BLOCKS, width // 2)):
        if shares[2, i]:
            return True
    return False


@kernel
def _write_shares(shares: Table, tile: int, width: int, out: Table) -> None:
    """Copy a tile's part of a lens' shares (3, width) to (SITES, BLOCKS)."""
    for block in range(min(BLOCKS, width // 2 - tile * BLOCKS)):
        column = tile * BLOCKS + block
        for site in range(CHROMA):
            out[site, block] = shares[site // 2, 2 * column + site % 2]
        out[CHROMA, block] = shares[2, column]


@kernel
def _write_sites(xy: Table, bound: Table, tile: int, width: int, x: Table, y: Table, fraction_x: Table, fraction_y: Table) -> None:
    """Turn a tile's part of a lens' source px (3, width, 2) into samples of its planes: (SITES, BLOCKS)."""
    for block in range(min(BLOCKS, width // 2 - tile * BLOCKS)):
        column = tile * BLOCKS + block
        for site in range(SITES):
            step = 2 if site == CHROMA else 1
            place = xy[2, column] if site == CHROMA else xy[site // 2, 2 * column + site % 2]
            fine_x = _fixed(place[0] / step - 0.5, bound[WIDTH] / step)
            fine_y = _fixed(place[1] / step - 0.5, bound[HEIGHT] / step)
            x[site, block], fraction_x[site, block] = fine_x >> 8, fine_x & 255
            y[site, block], fraction_y[site, block] = fine_y >> 8, fine_y & 255


@kernel
def _fixed(place: float, samples: float) -> int:
    """A place along a line of samples in 1/256, between the first and just before the last."""
    if not place > 0:
        return 0
    return int(min(np.rint(place * 256), (samples - 1) * 256 - 1))
