"""The kernel that makes every frame: fetch, match colours, blend, tile after tile, straight from the decoders' planes."""

from typing import Any

import numpy as np
from numba import prange

from vrlive.projection.kernels import kernel, parallel_kernel
from vrlive.stitch.lanes import (
    ACROSS,
    COLOUR_BYTES,
    DOWN,
    FALLOFF_BYTES,
    LANES,
    ORIGIN_BYTES,
    PLANE_BYTES,
    ROWS,
    SITE_BYTES,
    SITES,
    add_one,
    clear_sums,
    fetch,
    gather_add,
    gather_one,
    gather_two,
    locate,
    store_one,
    store_sums,
    store_two,
)

BANDS = 32  # pieces of the panorama that threads work on, each with scratch of its own
TILE_WIDTH, TILE_HEIGHT = 2 * ACROSS, 2 * DOWN

# Scratch of a band, in 32-bit elements: offsets, two times words, sums, and a tile for what does not fit into the panorama.
OFFSETS_AT, WORDS_AT, OTHER_WORDS_AT, SUMS_AT, TILE_AT, SCRATCH = np.cumsum(
    [0, SITES * LANES, ROWS * LANES, ROWS * LANES, ROWS * LANES, TILE_WIDTH * TILE_HEIGHT * 3 // 2 // 4], dtype=np.int64
).tolist()

Table = Any  # arrays inside kernels; their shapes and types stand beside them
Address = np.uint64
Addresses = tuple[np.uint64, ...]


@parallel_kernel
def stitch_tiles(
    first: Table,  # the StitchPlan's tables
    count: Table,
    share: Table,
    lens: Table,
    origin: Table,
    sites: Table,
    shares: Table,
    falloff: Table,
    planes: Table,  # (lenses + 1, 2, PLANES) uint64: addresses of Y, U, V; bytes from row to row. The last is a black picture
    colours: Table,  # (lenses + 1, 3, 4) float32: as of photometry.kernel_colours
    gathering: bool,  # which way to fetch samples: see lanes
    scratch: Table,  # (BANDS, SCRATCH) uint32
    out_y: Table,  # (height, width) uint8
    out_u: Table,  # (height / 2, width / 2) uint8
    out_v: Table,
) -> None:
    """Stitch one frame."""
    height, width = out_y.shape
    rows, tiles = (height + TILE_HEIGHT - 1) // TILE_HEIGHT, (width + TILE_WIDTH - 1) // TILE_WIDTH
    entries = _address(origin), _address(sites), _address(falloff), np.uint64(FALLOFF_BYTES if len(falloff) > 1 else 0)
    sources = _address(planes), _address(colours)
    y_stride, uv_stride = np.uint64(out_y.strides[0]), np.uint64(out_u.strides[0])
    for band in prange(BANDS):
        mine = _address(scratch) + np.uint64(band * 4 * SCRATCH)
        spare = mine + np.uint64(4 * TILE_AT)
        for row in range(rows * band // BANDS, rows * (band + 1) // BANDS):
            y, uv = np.uint64(row * TILE_HEIGHT) * y_stride, np.uint64(row * DOWN) * uv_stride
            whole = width // TILE_WIDTH if (row + 1) * TILE_HEIGHT <= height else 0
            for column in range(tiles):
                tile = row * tiles + column
                part = _address(shares) + np.uint64(share[tile] * SITES * LANES)
                if column < whole:
                    across = np.uint64(column * ACROSS)
                    target = _address(out_y) + y + across + across, _address(out_u) + uv + across, _address(out_v) + uv + across
                    _stitch_tile(first[tile], count[tile], lens, part, entries, sources, gathering, mine, target, y_stride, uv_stride)
                else:
                    target = spare, spare + np.uint64(TILE_WIDTH * TILE_HEIGHT), spare + np.uint64(TILE_WIDTH * TILE_HEIGHT + LANES)
                    strides = np.uint64(TILE_WIDTH), np.uint64(ACROSS)
                    _stitch_tile(first[tile], count[tile], lens, part, entries, sources, gathering, mine, target, strides[0], strides[1])
                    _copy_part(scratch[band], row, column, out_y, out_u, out_v)


@kernel
def _address(array: Table) -> Address:
    return np.uint64(array.ctypes.data)


@kernel
def _stitch_tile(
    first: int, count: int, lens: Table, shares: Address, entries: Addresses, sources: Addresses, gathering: bool, scratch: Address,
    target: Addresses, y_stride: Address, uv_stride: Address,
) -> None:  # fmt: skip
    """Make one tile of its entries. All arrays but one are handed on as addresses, which is much faster; target: of Y, U, V."""
    offsets, words = scratch, scratch + np.uint64(4 * WORDS_AT)
    other_words, sums = scratch + np.uint64(4 * OTHER_WORDS_AT), scratch + np.uint64(4 * SUMS_AT)
    y, u, v = target
    origin, sites, colour, fall, plane = _look_up(first, lens[first], entries, sources)
    if count == 1 and gathering:
        gather_one(plane, origin, sites, colour, fall, y, y_stride, u, v, uv_stride)
    elif count == 1:
        locate(plane, sites, offsets)
        fetch(plane, origin, offsets, words)
        store_one(words, sites, colour, fall, y, y_stride, u, v, uv_stride)
    elif count == 2:
        origin2, sites2, colour2, fall2, plane2 = _look_up(first + 1, lens[first + 1], entries, sources)
        if gathering:
            gather_two(
                plane, origin, sites, colour, fall, plane2, origin2, sites2, colour2, fall2, shares, y, y_stride, u, v, uv_stride
            )  # fmt: skip
        else:
            locate(plane, sites, offsets)
            fetch(plane, origin, offsets, words)
            locate(plane2, sites2, offsets)
            fetch(plane2, origin2, offsets, other_words)
            store_two(words, sites, colour, fall, other_words, sites2, colour2, fall2, shares, y, y_stride, u, v, uv_stride)
    else:
        clear_sums(sums)
        for entry in range(count):
            origin, sites, colour, fall, plane = _look_up(first + entry, lens[first + entry], entries, sources)
            part = shares + np.uint64(entry * SITES * LANES)
            if gathering:
                gather_add(plane, origin, sites, colour, fall, part, sums)
            else:
                locate(plane, sites, offsets)
                fetch(plane, origin, offsets, words)
                add_one(words, sites, colour, fall, part, sums)
        store_sums(sums, y, y_stride, u, v, uv_stride)


@kernel
def _look_up(entry: int, lens: int, entries: Addresses, sources: Addresses) -> Addresses:
    """Addresses of an entry's origin, its sites, its lens' colours, its falloff, and its lens' planes."""
    origin, sites, falloff, falloff_step = entries
    planes, colours = sources
    return (
        origin + np.uint64(entry * ORIGIN_BYTES),
        sites + np.uint64(entry * SITES * SITE_BYTES),
        colours + np.uint64(lens * COLOUR_BYTES),
        falloff + np.uint64(entry) * falloff_step,
        planes + np.uint64(lens * PLANE_BYTES),
    )


@kernel
def _copy_part(scratch: Table, row: int, column: int, out_y: Table, out_u: Table, out_v: Table) -> None:
    """Copy of a tile in scratch memory what lies inside the panorama."""
    codes = scratch[TILE_AT:].view(np.uint8)
    for line in range(min(TILE_HEIGHT, len(out_y) - row * TILE_HEIGHT)):
        for place in range(min(TILE_WIDTH, out_y.shape[1] - column * TILE_WIDTH)):
            out_y[row * TILE_HEIGHT + line, column * TILE_WIDTH + place] = codes[line * TILE_WIDTH + place]
    start = TILE_WIDTH * TILE_HEIGHT
    for line in range(min(DOWN, len(out_u) - row * DOWN)):
        for place in range(min(ACROSS, out_u.shape[1] - column * ACROSS)):
            out_u[row * DOWN + line, column * ACROSS + place] = codes[start + line * ACROSS + place]
            out_v[row * DOWN + line, column * ACROSS + place] = codes[start + LANES + line * ACROSS + place]
