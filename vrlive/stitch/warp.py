"""The kernel that makes every frame: fetch, match colours, blend, tile after tile, straight from the decoders' planes."""

from typing import Any

import numpy as np
from numba import prange

from vrlive.projection.kernels import kernel, parallel_kernel
from vrlive.stitch.lanes import ACROSS, DOWN, LANES, ROWS, SITES, add_one, fetch, locate, store_one, store_sums, store_two

BANDS = 32  # pieces of the panorama that threads work on, each with scratch of its own
TILE_WIDTH, TILE_HEIGHT = 2 * ACROSS, 2 * DOWN

# Scratch of a band, in 32-bit elements: offsets, two times words, sums, and a tile for what does not fit into the panorama.
OFFSETS_AT, WORDS_AT, OTHER_WORDS_AT, SUMS_AT, TILE_AT, SCRATCH = np.cumsum(
    [0, SITES * LANES, ROWS * LANES, ROWS * LANES, ROWS * LANES, TILE_WIDTH * TILE_HEIGHT * 3 // 2 // 4], dtype=np.int64
).tolist()

Table = Any  # arrays inside kernels; their shapes and types stand beside them
Address = np.uint64


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
    scratch: Table,  # (BANDS, SCRATCH) uint32
    out_y: Table,  # (height, width) uint8
    out_u: Table,  # (height / 2, width / 2) uint8
    out_v: Table,
) -> None:
    """Stitch one frame."""
    height, width = out_y.shape
    rows, tiles = (height + TILE_HEIGHT - 1) // TILE_HEIGHT, (width + TILE_WIDTH - 1) // TILE_WIDTH
    y_stride, uv_stride = np.uint64(out_y.strides[0]), np.uint64(out_u.strides[0])
    for band in prange(BANDS):
        spare = np.uint64(scratch[band].ctypes.data) + np.uint64(4 * TILE_AT)
        for row in range(rows * band // BANDS, rows * (band + 1) // BANDS):
            whole_row = (row + 1) * TILE_HEIGHT <= height
            for column in range(tiles):
                tile = row * tiles + column
                if whole_row and (column + 1) * TILE_WIDTH <= width:
                    y = np.uint64(out_y.ctypes.data) + np.uint64(row * TILE_HEIGHT) * y_stride + np.uint64(column * TILE_WIDTH)
                    uv = np.uint64(row * DOWN) * uv_stride + np.uint64(column * ACROSS)
                    u, v = np.uint64(out_u.ctypes.data) + uv, np.uint64(out_v.ctypes.data) + uv
                    _stitch_tile(
                        first[tile], count[tile], share[tile], lens, origin, sites, shares, falloff, planes, colours, scratch[band],
                        y, y_stride, u, v, uv_stride,
                    )  # fmt: skip
                else:
                    _stitch_tile(
                        first[tile], count[tile], share[tile], lens, origin, sites, shares, falloff, planes, colours, scratch[band],
                        spare, np.uint64(TILE_WIDTH), spare + np.uint64(TILE_WIDTH * TILE_HEIGHT),
                        spare + np.uint64(TILE_WIDTH * TILE_HEIGHT + LANES), np.uint64(ACROSS),
                    )  # fmt: skip
                    _copy_part(scratch[band], row, column, out_y, out_u, out_v)


@kernel
def _stitch_tile(
    first: int, count: int, share: int, lens: Table, origin: Table, sites: Table, shares: Table, falloff: Table,
    planes: Table, colours: Table, scratch: Table,
    y: Address, y_stride: Address, u: Address, v: Address, uv_stride: Address,
) -> None:  # fmt: skip
    """Make one tile of its entries. The last arguments are addresses of the tile's first samples, and bytes from row to row."""
    at = np.uint64(scratch.ctypes.data)
    offsets, words, other_words, sums = at, at + np.uint64(4 * WORDS_AT), at + np.uint64(4 * OTHER_WORDS_AT), at + np.uint64(4 * SUMS_AT)
    mine, colour, fall = _fetch_entry(first, lens, origin, sites, falloff, planes, colours, offsets, words)
    if count == 1:
        store_one(words, mine, colour, fall, y, y_stride, u, v, uv_stride)
    elif count == 2:
        other, other_colour, other_fall = _fetch_entry(first + 1, lens, origin, sites, falloff, planes, colours, offsets, other_words)
        part = np.uint64(shares[share].ctypes.data)
        store_two(
            words, mine, colour, fall, other_words, other, other_colour, other_fall, part, y, y_stride, u, v, uv_stride
        )  # fmt: skip
    else:
        scratch[SUMS_AT:TILE_AT] = 0
        for entry in range(count):
            if entry:
                mine, colour, fall = _fetch_entry(first + entry, lens, origin, sites, falloff, planes, colours, offsets, words)
            add_one(words, mine, colour, fall, np.uint64(shares[share + entry].ctypes.data), sums)
        store_sums(sums, y, y_stride, u, v, uv_stride)


@kernel
def _fetch_entry(
    entry: int, lens: Table, origin: Table, sites: Table, falloff: Table, planes: Table, colours: Table, offsets: Address, words: Address
) -> tuple[Address, Address, Address]:
    """Fetch an entry's samples; addresses of its sites, its lens' colours and its falloff."""
    source = lens[entry]
    plane, mine = np.uint64(planes[source].ctypes.data), np.uint64(sites[entry].ctypes.data)
    locate(plane, mine, offsets)
    fetch(plane, np.uint64(origin[entry].ctypes.data), offsets, words)
    return mine, np.uint64(colours[source].ctypes.data), np.uint64(falloff[min(entry, len(falloff) - 1)].ctypes.data)


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
