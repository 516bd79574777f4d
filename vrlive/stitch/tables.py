"""The kernels behind `vrlive.stitch.plan`: shares and source coordinates of every site, cell after cell of the mesh.

Most cells belong to one lens, as the mesh's bounds tell; only in the others is each site divided among the lenses that come into
question. All sites of a tile are handled together, in loops that LLVM turns into SIMD code.
"""

from typing import Any

import numpy as np
from numba import prange

from vrlive.projection.kernels import parallel_kernel, part_of_kernel
from vrlive.stitch.lanes import ACROSS, CHROMA, DOWN, FULL, LANES, LUMA, SITES, copy_shares, pack
from vrlive.stitch.mesh import CHANNELS, COSINE, OFF_AXIS, UNSEEN, X, Y

TILE_WIDTH, TILE_HEIGHT = 2 * ACROSS, 2 * DOWN
SPOTS = SITES * LANES  # all sites of a tile, row of sites after row of sites
NEAREST_EDGE_RAD = 1e-9
MIDDLE = ACROSS + ACROSS // 2  # the spot in the middle of a tile: upper left luma of a block in the second row
LOOSE = 1.1  # a tile is no wider than its part of a cell, but for this
DARKEST = 1 / 64  # less light than that is not brought back
WINDOW = 256  # an entry's sites lie within so many samples each way

# Columns of `bounds`: what of the frame is the lens' picture, and how its angles are measured.
LEFT, TOP, RIGHT, BOTTOM, CIRCLE_X, CIRCLE_Y, CIRCLE_RADIUS, WIDTH, HEIGHT, FOCAL, MAX_ANGLE, ANGLE_SCALE, PATCH, ASIDE, COLUMNS = range(15)

# Columns of `numbers`: a lens' vignetting.
FALLOFF_B, FALLOFF_C, FALLOFF_D, FALLOFF_X, FALLOFF_Y, PER_UNIT, FALLOFF_COLUMNS = range(7)

Table = Any  # arrays inside kernels; their shapes and types stand beside them


@parallel_kernel
def fill_tables(
    width: int,
    height: int,
    cell: int,
    nodes: Table,  # the Mesh's arrays: (lenses, rows + 3, columns + 3, CHANNELS) float64
    state: Table,  # (lenses, rows, columns) int32
    luma: Table,  # (n, cell, cell, CHANNELS) float64
    chroma: Table,  # (n, cell / 2, cell / 2, CHANNELS) float64
    low: Table,  # (lenses, rows, columns) float64
    high: Table,
    radius: Table,  # (rows, columns) float64
    bounds: Table,  # (lenses, COLUMNS) float64
    towards: Table,  # (lenses, lenses) float64: cosines between the middles of the lenses' pictures
    clearances: Table,  # (lenses with masks, height, width) float32: as of masks.clearance_map
    clearance: Table,  # (lenses,) int32: which of `clearances` is a lens'; −1 for none
    feather: float,
    patch_edge: float,
    entry_start: Table,  # (rows,) int64: where each row of cells may write its entries …
    share_start: Table,  # … and its rows of shares
    first: Table,  # out: (tiles,) int32: the tile's first entry
    count: Table,  # out: (tiles,) uint16: and how many
    share: Table,  # out: (tiles,) int32: its first row of shares
    entry_lens: Table,  # out: (entries,) int16
    origin: Table,  # out: (entries, 4) uint16
    sites: Table,  # out: (entries, SITES, SITE_BYTES) uint8
    steps: Table,  # the same memory as (entries, SITES, 2 · LANES) uint16
    shares: Table,  # out: (rows, SITES, LANES) uint8
    used: Table,  # out: (rows, 2) int64: entries and rows of shares written by each row of cells
) -> None:
    """Write the entries of all tiles."""
    lenses, rows, columns = state.shape
    tiles = (width + TILE_WIDTH - 1) // TILE_WIDTH
    weights = _weights(cell)
    for row in prange(rows):
        chosen, candidates = np.empty((columns, lenses), np.int64), np.empty(columns, np.int64)
        for column in range(columns):
            candidates[column] = _candidates(low[:, row, column], high[:, row, column], state[:, row, column], feather, chosen[column])
        spots, distance = np.empty((lenses, CHANNELS, SPOTS)), np.empty((lenses, SPOTS))
        best, angles, few = np.empty((3, SPOTS)), np.empty(max(SPOTS, lenses)), np.empty(lenses, np.int64)
        who = np.empty((2, SPOTS), np.int64)
        parts = np.empty((lenses + 1, SPOTS), np.uint8)
        fine = np.empty((2, SPOTS), np.int32)
        entry, row_of_shares = entry_start[row], share_start[row]
        for top in range(0, min(cell, height - row * cell), TILE_HEIGHT):
            for x in range(0, width, TILE_WIDTH):
                column = x // cell
                tile = ((row * cell + top) // TILE_HEIGHT) * tiles + x // TILE_WIDTH
                left = x - column * cell
                tile_weights = weights[top // TILE_HEIGHT, left // TILE_WIDTH]
                found = chosen[column, : candidates[column]]
                if len(found) > 1:
                    spread = radius[row, column] * (TILE_WIDTH / cell) * LOOSE
                    found = _narrow(
                        found, nodes, state, luma, high, bounds, row, column, top, left, tile_weights, spread, feather, angles, few
                    )
                alone = len(found) == 1 and high[found[0], row, column] < np.inf
                for lens in found:
                    channels = COSINE if alone else CHANNELS if bounds[lens, ASIDE] else OFF_AXIS
                    _place(nodes, state, luma, chroma, lens, row, column, top, left, tile_weights, channels, spots)
                if alone:
                    parts[found[0]] = FULL
                else:
                    _measure(found, high[:, row, column], spots, bounds, clearances, clearance, feather, angles, distance)
                    _divide(found, spots, distance, bounds, towards, feather, patch_edge, best, who, parts)
                made = 0
                first[tile], share[tile] = entry, row_of_shares
                for lens in found:
                    if _any(parts, lens):
                        _fix(spots, lens, bounds, fine)
                        made += _write_lens(lens, fine, parts, entry + made, row_of_shares + made, entry_lens, origin, sites, steps, shares)
                if not alone and _any(parts, lenses):
                    fine[:] = 0
                    made += _write_lens(lenses, fine, parts, entry + made, row_of_shares + made, entry_lens, origin, sites, steps, shares)
                count[tile] = made
                entry += made
                row_of_shares += 0 if made == 1 else 1 if made == 2 else made
        used[row, 0], used[row, 1] = entry - entry_start[row], row_of_shares - share_start[row]


@parallel_kernel
def fill_falloff(
    first: Table,  # the StitchPlan's tables
    count: Table,
    lens: Table,
    origin: Table,
    sites: Table,
    numbers: Table,  # (lenses + 1, FALLOFF_COLUMNS) float64
    exponent: float,  # of light in codes
    falloff: Table,  # out: (entries, 3) float32
) -> None:
    """Find what gives a tile the light back that its lens lost: at its first block, and how it changes to the right and down."""
    for tile in prange(len(first)):
        for entry in range(first[tile], first[tile] + count[tile]):
            start = _brightening(entry, 0, numbers[lens[entry]], origin, sites, exponent)
            right = _brightening(entry, ACROSS - 1, numbers[lens[entry]], origin, sites, exponent)
            below = _brightening(entry, ACROSS, numbers[lens[entry]], origin, sites, exponent)
            falloff[entry, 0], falloff[entry, 1], falloff[entry, 2] = start, (right - start) / (ACROSS - 1), below - start


@part_of_kernel
def _brightening(entry: int, lane: int, number: Table, origin: Table, sites: Table, exponent: float) -> float:
    """The factor on codes, less what the black level adds, at an entry's chroma site."""
    x = 2 * (origin[entry, 2] + sites[entry, CHROMA, 2 * lane] + sites[entry, CHROMA, 2 * LANES + lane] / 256.0) + 1 - number[FALLOFF_X]
    y = 2 * (origin[entry, 3] + sites[entry, CHROMA, 2 * lane + 1] + sites[entry, CHROMA, 3 * LANES + lane] / 256.0) + 1 - number[FALLOFF_Y]
    square = (x * x + y * y) * number[PER_UNIT]
    left = 1 + square * (number[FALLOFF_B] + square * (number[FALLOFF_C] + square * number[FALLOFF_D]))
    return float(max(left, DARKEST) ** -exponent)


@part_of_kernel
def _weights(cell: int) -> Table:
    """Weights of a cell's 4×4 nodes at the sites of each of its tiles: (tile rows, tiles, 16, SPOTS), products of Lagrange's cubics."""
    weights = np.empty((cell // TILE_HEIGHT, cell // TILE_WIDTH, 16, SPOTS))
    down, across = np.empty(4), np.empty(4)
    for row in range(cell // TILE_HEIGHT):
        for column in range(cell // TILE_WIDTH):
            for i in range(SPOTS):
                site, lane = i // LANES, i % LANES
                y = row * TILE_HEIGHT + 2 * (lane // ACROSS) + (1.0 if site == CHROMA else site // 2 + 0.5)
                x = column * TILE_WIDTH + 2 * (lane % ACROSS) + (1.0 if site == CHROMA else site % 2 + 0.5)
                _cubic(y / cell, down)
                _cubic(x / cell, across)
                for node in range(16):
                    weights[row, column, node, i] = down[node // 4] * across[node % 4]
    return weights


@part_of_kernel
def _cubic(t: float, weights: Table) -> None:
    """Lagrange's weights of the nodes at −1, 0, 1 and 2 for the point `t`."""
    weights[0] = -t * (t - 1) * (t - 2) / 6
    weights[1] = (t + 1) * (t - 1) * (t - 2) / 2
    weights[2] = -(t + 1) * t * (t - 2) / 2
    weights[3] = (t + 1) * t * (t - 1) / 6


@part_of_kernel
def _candidates(low: Table, high: Table, state: Table, feather: float, chosen: Table) -> int:
    """Find which lenses may have a share in a cell: how many, and in `chosen` which."""
    nearest, found = np.inf, 0
    for lens in range(len(low)):
        nearest = min(nearest, high[lens])
    for lens in range(len(low)):
        if state[lens] != UNSEEN and low[lens] <= nearest + feather:
            chosen[found] = lens
            found += 1
    return found


@part_of_kernel
def _narrow(
    found: Table, nodes: Table, state: Table, luma: Table, high: Table, bounds: Table, row: int, column: int, top: int, left: int,
    weights: Table, spread: float, feather: float, angles: Table, few: Table,
) -> Table:  # fmt: skip
    """Those of a cell's lenses that may have a share in one of its tiles, whose sites all lie within `spread` rad of its middle."""
    nearest, count = np.inf, 0
    for lens in found:
        exact, cosine = state[lens, row, column], 0.0
        if exact >= 0:
            cosine = luma[exact, top + DOWN, left + ACROSS, COSINE]
        else:
            for node in range(16):
                cosine += weights[node, MIDDLE] * nodes[lens, row + node // 4, column + node % 4, COSINE]
        angles[lens] = _arc_cosine(cosine)
        if high[lens, row, column] < np.inf:
            nearest = min(nearest, (angles[lens] + spread) * bounds[lens, ANGLE_SCALE])
    for lens in found:
        if bounds[lens, PATCH] or (angles[lens] - spread) * bounds[lens, ANGLE_SCALE] <= nearest + feather:
            few[count] = lens
            count += 1
    return few[:count]


@part_of_kernel
def _place(
    nodes: Table, state: Table, luma: Table, chroma: Table, lens: int, row: int, column: int, top: int, left: int,
    weights: Table, channels: int, spots: Table,
) -> None:  # fmt: skip
    """Where a lens sees a tile's sites, interpolated between the nodes around its cell: (channels, SPOTS) of `spots`."""
    if state[lens, row, column] >= 0:
        _copy_exact(luma, chroma, state[lens, row, column], top, left, lens, channels, spots)
        return
    for channel in range(channels):
        n00, n01 = nodes[lens, row, column, channel], nodes[lens, row, column + 1, channel]
        n02, n03 = nodes[lens, row, column + 2, channel], nodes[lens, row, column + 3, channel]
        n10, n11 = nodes[lens, row + 1, column, channel], nodes[lens, row + 1, column + 1, channel]
        n12, n13 = nodes[lens, row + 1, column + 2, channel], nodes[lens, row + 1, column + 3, channel]
        n20, n21 = nodes[lens, row + 2, column, channel], nodes[lens, row + 2, column + 1, channel]
        n22, n23 = nodes[lens, row + 2, column + 2, channel], nodes[lens, row + 2, column + 3, channel]
        n30, n31 = nodes[lens, row + 3, column, channel], nodes[lens, row + 3, column + 1, channel]
        n32, n33 = nodes[lens, row + 3, column + 2, channel], nodes[lens, row + 3, column + 3, channel]
        for i in range(SPOTS):
            spots[lens, channel, i] = (
                n00 * weights[0, i] + n01 * weights[1, i] + n02 * weights[2, i] + n03 * weights[3, i]
                + n10 * weights[4, i] + n11 * weights[5, i] + n12 * weights[6, i] + n13 * weights[7, i]
                + n20 * weights[8, i] + n21 * weights[9, i] + n22 * weights[10, i] + n23 * weights[11, i]
                + n30 * weights[12, i] + n31 * weights[13, i] + n32 * weights[14, i] + n33 * weights[15, i]
            )  # fmt: skip


@part_of_kernel
def _copy_exact(luma: Table, chroma: Table, exact: int, top: int, left: int, lens: int, channels: int, spots: Table) -> None:
    """The same in a cell whose sites were projected one by one. `top`, `left`: the tile's place in it."""
    for channel in range(channels):
        for site in range(LUMA):
            for lane in range(LANES):
                y, x = top + 2 * (lane // ACROSS) + site // 2, left + 2 * (lane % ACROSS) + site % 2
                spots[lens, channel, site * LANES + lane] = luma[exact, y, x, channel]
        for lane in range(LANES):
            y, x = top // 2 + lane // ACROSS, left // 2 + lane % ACROSS
            spots[lens, channel, CHROMA * LANES + lane] = chroma[exact, y, x, channel]


@part_of_kernel
def _measure(
    found: Table, clear: Table, spots: Table, bounds: Table, clearances: Table, clearance: Table, feather: float,
    angles: Table, distance: Table,
) -> None:  # fmt: skip
    """How far each site is from the middle of each lens' picture, as an angle: farther near the picture's end, infinite beyond it.

    For a patch, which has no angle: how far each site is inside of its picture; infinite beyond it.
    `clear`: bounds (lenses,) that are finite where a lens' edge is far.
    """
    for lens in found:
        scale = bounds[lens, ANGLE_SCALE]
        for i in range(SPOTS):
            angles[i] = _arc_cosine(spots[lens, COSINE, i])
        if clear[lens] < np.inf:
            for i in range(SPOTS):
                distance[lens, i] = angles[i] * scale
            continue
        _measure_edge(lens, spots, bounds, clearances, clearance, distance)
        for i in range(SPOTS):
            off_axis = _arc_cosine(spots[lens, OFF_AXIS, i]) if bounds[lens, ASIDE] else angles[i]
            distance[lens, i] = min(distance[lens, i], bounds[lens, MAX_ANGLE] - off_axis)
        for i in range(SPOTS):
            edge = distance[lens, i]
            push = max(feather / 2 / max(edge, NEAREST_EDGE_RAD) - 1, 0.0)
            inside = edge if bounds[lens, PATCH] else angles[i] * scale + feather * push
            distance[lens, i] = inside if edge >= 0 else np.inf


@part_of_kernel
def _measure_edge(lens: int, spots: Table, bounds: Table, clearances: Table, clearance: Table, edge: Table) -> None:
    """How far each site is inside of a lens' picture, in rad as near the axis: row `lens` of `edge`."""
    left, top, right, bottom = bounds[lens, LEFT], bounds[lens, TOP], bounds[lens, RIGHT], bounds[lens, BOTTOM]
    for i in range(SPOTS):
        x, y = spots[lens, X, i], spots[lens, Y, i]
        edge[lens, i] = min(x - left, right - x, y - top, bottom - y)
    if bounds[lens, CIRCLE_RADIUS] < np.inf:
        circle_x, circle_y, radius = bounds[lens, CIRCLE_X], bounds[lens, CIRCLE_Y], bounds[lens, CIRCLE_RADIUS]
        for i in range(SPOTS):
            x, y = spots[lens, X, i] - circle_x, spots[lens, Y, i] - circle_y
            edge[lens, i] = min(edge[lens, i], radius - np.sqrt(x * x + y * y))
    if clearance[lens] >= 0:
        _keep_clear(lens, spots, clearances, clearance[lens], edge)
    per_px = 1 / bounds[lens, FOCAL]
    for i in range(SPOTS):
        edge[lens, i] *= per_px


@part_of_kernel
def _keep_clear(lens: int, spots: Table, clearances: Table, which: int, edge: Table) -> None:
    """Take into account how far, in px, places are from what masks cut out."""
    height, width = clearances.shape[1:]
    for i in range(SPOTS):
        x, y = min(max(spots[lens, X, i], 0.0), width - 1.0), min(max(spots[lens, Y, i], 0.0), height - 1.0)
        edge[lens, i] = min(edge[lens, i], clearances[which, int(y), int(x)])


@part_of_kernel
def _arc_cosine(cosine: float) -> float:
    """Within 2e-8 (Abramowitz and Stegun, 4.4.46); no branches."""
    x = abs(min(max(cosine, -1.0), 1.0))
    poly = 0.0066700901 - 0.0012624911 * x
    poly = -0.0170881256 + poly * x
    poly = 0.0308918810 + poly * x
    poly = -0.0501743046 + poly * x
    poly = 0.0889789874 + poly * x
    poly = -0.2145988016 + poly * x
    poly = 1.5707963050 + poly * x
    angle = np.sqrt(1 - x) * poly
    return float(angle if cosine >= 0 else np.pi - angle)


@part_of_kernel
def _divide(
    chosen: Table, spots: Table, distance: Table, bounds: Table, towards: Table, feather: float, patch_edge: float,
    best: Table, who: Table, parts: Table,
) -> None:  # fmt: skip
    """Divide the sites among the lenses: (lenses + 1, SPOTS) uint8, the last for nothing; each site sums to 255."""
    if len(chosen) == 2 and not bounds[chosen[0], PATCH] and not bounds[chosen[1], PATCH]:
        _divide_two(chosen[0], chosen[1], spots, distance, towards, feather, parts)
        return
    lenses = len(bounds)
    best[:] = np.inf
    who[:] = lenses
    for lens in chosen:
        parts[lens] = 0
        if not bounds[lens, PATCH]:
            _rank(lens, distance[lens], best, who)
    for i in range(SPOTS):
        parts[lenses, i] = FULL if who[0, i] == lenses else 0
    for i in range(SPOTS):
        nearest, second = who[0, i], who[1, i]
        if nearest < lenses:
            parts[nearest, i] = FULL
            ahead = best[1, i] - best[0, i]
            if second < lenses and ahead < feather:
                parts[second, i] = _second_share(
                    ahead, best[2, i] - best[0, i], feather,
                    spots[nearest, COSINE, i], spots[second, COSINE, i], towards[nearest, second],
                )  # fmt: skip
                parts[nearest, i] -= parts[second, i]
    for lens in chosen:
        if bounds[lens, PATCH]:
            _lay_over(lens, distance[lens], patch_edge, chosen, parts)


@part_of_kernel
def _divide_two(one: int, two: int, spots: Table, distance: Table, towards: Table, feather: float, parts: Table) -> None:
    """The same for two lenses, which is nearly all of it, in a loop without branches."""
    cosine = towards[one, two]
    for i in range(SPOTS):
        near, far = min(distance[one, i], distance[two, i]), max(distance[one, i], distance[two, i])
        seen = near < np.inf
        second = _second_share(far - near if seen else np.inf, np.inf, feather, spots[one, COSINE, i], spots[two, COSINE, i], cosine)
        first = distance[one, i] <= distance[two, i]
        parts[one, i] = (FULL - second if first else second) if seen else 0
        parts[two, i] = (second if first else FULL - second) if seen else 0
        parts[-1, i] = 0 if seen else FULL


@part_of_kernel
def _rank(lens: int, distance: Table, best: Table, who: Table) -> None:
    """Note a lens' distances among the three smallest so far, and whose the two smallest are."""
    for i in range(SPOTS):
        far, one, two, three = distance[i], best[0, i], best[1, i], best[2, i]
        best[2, i] = min(three, max(two, far))
        best[1, i] = min(two, max(one, far))
        best[0, i] = min(one, far)
        first, second = who[0, i], who[1, i]
        who[1, i] = first if far < one else (lens if far < two else second)
        who[0, i] = lens if far < one else first


@part_of_kernel
def _second_share(ahead: float, third: float, feather: float, cosine: float, other_cosine: float, towards: float) -> int:
    """Share in 1/255 of the second nearest lens: 1/2 on the seam, 0 half a feather away from it or where a third is as near."""
    sines = np.sqrt(max((1 - cosine * cosine) * (1 - other_cosine * other_cosine), 1e-18))
    apart = np.sqrt(min(max(2 - 2 * (towards - cosine * other_cosine) / sines, 0.0), 4.0))
    zone = max(min(feather * apart / 2, third), NEAREST_EDGE_RAD)
    t = max(0.5 - ahead / (2 * zone), 0.0)
    return int(FULL * t * t * (3 - 2 * t) + 0.5)


@part_of_kernel
def _lay_over(patch: int, inside: Table, patch_edge: float, chosen: Table, parts: Table) -> None:
    """Lay a patch over what the other lenses share, softly at its edge."""
    for i in range(SPOTS):
        if inside[i] < np.inf:
            t = min(inside[i] / patch_edge, 1.0)
            part = int(FULL * t * t * (3 - 2 * t) + 0.5)
            rest = FULL - part
            for lens in chosen:
                if lens != patch and rest >= 0:
                    kept = min(parts[lens, i] * (FULL - part) // FULL, rest)
                    parts[lens, i] = kept
                    rest -= kept
            parts[-1, i] = min(parts[-1, i] * (FULL - part) // FULL, rest)
            parts[patch, i] = part + rest - parts[-1, i]


@part_of_kernel
def _any(parts: Table, lens: int) -> bool:
    total = 0
    for i in range(SPOTS):
        total |= parts[lens, i]
    return total != 0


@part_of_kernel
def _fix(spots: Table, lens: int, bounds: Table, fine: Table) -> None:
    """A lens' px as places among the samples of its planes in 1/256: (2, SPOTS), between the first and just before the last."""
    for axis in range(2):
        most = (bounds[lens, WIDTH + axis] - 1) * 256 - 1
        for i in range(CHROMA * LANES):
            fine[axis, i] = np.int32(min(max(spots[lens, axis, i] * 256 - 128, 0.0), most) + 0.5)
        most = (bounds[lens, WIDTH + axis] / 2 - 1) * 256 - 1
        for i in range(CHROMA * LANES, SPOTS):
            fine[axis, i] = np.int32(min(max(spots[lens, axis, i] * 128 - 128, 0.0), most) + 0.5)


@part_of_kernel
def _write_lens(
    lens: int, fine: Table, parts: Table, entry: int, row: int,
    entry_lens: Table, origin: Table, sites: Table, steps: Table, shares: Table,
) -> int:  # fmt: skip
    """Write the entries of one lens in a tile, nearly always one, and their rows of shares; how many."""
    if _window(fine, 0, CHROMA * LANES, entry, 0, origin) and _window(fine, CHROMA * LANES, SPOTS, entry, 2, origin):
        entry_lens[entry] = lens
        pack(_address(fine), _address(origin[entry]), _address(sites[entry]))
        copy_shares(_address(parts[lens]), _address(shares[row]))
        return 1
    made, more = 0, True
    while more:
        entry_lens[entry + made] = lens
        _anchor(fine, parts, lens, 0, CHROMA * LANES, entry + made, 0, origin)
        _anchor(fine, parts, lens, CHROMA * LANES, SPOTS, entry + made, 2, origin)
        pack(_address(fine), _address(origin[entry + made]), _address(sites[entry + made]))
        more = _take_near(fine, parts, lens, entry + made, row + made, origin, steps, shares)
        made += 1
    return made


@part_of_kernel
def _address(array: Table) -> np.uint64:
    return np.uint64(array.ctypes.data)


@part_of_kernel
def _window(fine: Table, start: int, end: int, entry: int, part: int, origin: Table) -> bool:
    """Set the origin left of and above all sites from `start` to `end`; whether a window there holds them all."""
    left, top, right, bottom = fine[0, start], fine[1, start], fine[0, start], fine[1, start]
    for i in range(start, end):
        left, right = min(left, fine[0, i]), max(right, fine[0, i])
        top, bottom = min(top, fine[1, i]), max(bottom, fine[1, i])
    origin[entry, part], origin[entry, part + 1] = left >> 8, top >> 8
    return bool((right >> 8) - (left >> 8) < WINDOW and (bottom >> 8) - (top >> 8) < WINDOW)


@part_of_kernel
def _anchor(fine: Table, parts: Table, lens: int, start: int, end: int, entry: int, part: int, origin: Table) -> None:
    """Set the origin so that the first site that has a share lies in the middle of the window."""
    origin[entry, part], origin[entry, part + 1] = 0, 0
    for i in range(start, end):
        if parts[lens, i]:
            origin[entry, part] = max((fine[0, i] >> 8) - WINDOW // 2, 0)
            origin[entry, part + 1] = max((fine[1, i] >> 8) - WINDOW // 2, 0)
            return


@part_of_kernel
def _take_near(fine: Table, parts: Table, lens: int, entry: int, row: int, origin: Table, steps: Table, shares: Table) -> bool:
    """Give the entry the shares of those sites that lie in its window, and take them out of `parts`; whether some are left."""
    left = 0
    for site in range(SITES):
        x, y = np.int32(origin[entry, 2 * (site // CHROMA)]), np.int32(origin[entry, 2 * (site // CHROMA) + 1])
        for lane in range(LANES):
            i = site * LANES + lane
            right, below = (fine[0, i] >> 8) - x, (fine[1, i] >> 8) - y
            near = 0 <= right < WINDOW and 0 <= below < WINDOW
            shares[row, site, lane] = parts[lens, i] if near else 0
            if near:
                parts[lens, i] = 0
            else:
                steps[entry, site, lane] = 0
                left |= parts[lens, i]
    return left != 0
