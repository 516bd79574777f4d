"""The kernel that makes every frame: fetch, match colours, blend, two rows of the panorama at a time.

All samples are read straight from the decoder's planes by address. A fetch reads the four samples around a site with two 16-bit loads
and packs them into one word; the arithmetic then runs over whole arrays of words, which LLVM turns into SIMD code.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import prange, types
from numba.extending import intrinsic

from vrlive.frames import BLACK
from vrlive.projection.kernels import kernel, parallel_kernel
from vrlive.stitch.tables import BLOCKS, CHROMA, FULL

BANDS = 16  # pieces of the panorama that threads work on, each with scratch of its own
ROWS, U, V = 6, 4, 5  # rows of a tile's values: four of luma, then U and V
ADDRESS_Y, ADDRESS_U, ADDRESS_V, STRIDE_Y, STRIDE_U, STRIDE_V, PLANE_COLUMNS = range(7)

PAIR, LOW_HALF = np.uint32(0xFF00FF), np.uint32(0xFFFF)
ONE, EIGHT, SIXTEEN = np.uint32(256), np.uint32(8), np.uint32(16)
UNIT, QUARTER, SHARE = np.float32(1 / 65536), np.float32(0.25), np.float32(1 / FULL)
BLACK_Y, BLACK_C = np.float32(BLACK[0]), np.float32(BLACK[1])
ZERO, HALF, TOP = np.float32(0), np.float32(0.5), np.float32(255)

Table = Any  # arrays inside kernels; their shapes and types stand beside them


def _load_two(_typing: Any, _address: Any) -> Any:
    """Numba intrinsic: the bytes at an address (uint64) and the next one as a little-endian uint16, aligned or not."""

    def codegen(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.load(builder.inttoptr(arguments[0], ir.IntType(16).as_pointer()), align=1)

    return types.uint16(types.uint64), codegen


_two_samples: Any = intrinsic(_load_two)


@parallel_kernel
def stitch_tiles(
    first: Table,  # the StitchPlan's tables
    lens: Table,
    share: Table,
    x: Table,
    y: Table,
    fraction_x: Table,
    fraction_y: Table,
    shares: Table,
    planes: Table,  # (lenses, PLANE_COLUMNS) uint64: addresses of Y, U and V, bytes from row to row; address 0: no picture
    colours: Table,  # (lenses, 3, 4) float32: matrix from (Y, U, V, 1) to matched Y, U, V
    words: Table,  # scratch: (BANDS, ROWS, BLOCKS) uint32
    values: Table,  # scratch: (BANDS, ROWS, BLOCKS) float32
    sums: Table,  # scratch: the same
    out_y: Table,  # (height, width) uint8
    out_u: Table,  # (height / 2, width / 2) uint8
    out_v: Table,
) -> None:
    """Stitch one frame."""
    rows, blocks_across = out_u.shape
    tiles = (blocks_across + BLOCKS - 1) // BLOCKS
    for band in prange(BANDS):
        word, value, total = words[band], values[band], sums[band]
        for row in range(rows * band // BANDS, rows * (band + 1) // BANDS):
            for column in range(tiles):
                tile = row * tiles + column
                total[:] = 0
                for entry in range(first[tile], first[tile + 1]):
                    source, weight = lens[entry], shares[share[entry]]
                    if source < 0 or planes[source, ADDRESS_Y] == 0:
                        _add_black(weight, total)
                    else:
                        _fetch(planes[source], x[entry], y[entry], word)
                        _interpolate(word, fraction_x[entry], fraction_y[entry], value)
                        _add_matched(value, colours[source], weight, total)
                _store(total, column, out_y[2 * row], out_y[2 * row + 1], out_u[row], out_v[row])


@kernel
def _fetch(plane: Table, x: Table, y: Table, word: Table) -> None:
    """Pack the four samples around each site: upper left, upper right, lower left, lower right from the lowest byte up."""
    base, stride = plane[ADDRESS_Y], plane[STRIDE_Y]
    for site in range(CHROMA):
        for block in range(BLOCKS):
            at = base + np.uint64(y[site, block]) * stride + np.uint64(x[site, block])
            word[site, block] = np.uint32(_two_samples(at)) | (np.uint32(_two_samples(at + stride)) << np.uint32(16))
    for row in range(U, ROWS):
        base, stride = plane[row - U + ADDRESS_U], plane[row - U + STRIDE_U]
        for block in range(BLOCKS):
            at = base + np.uint64(y[CHROMA, block]) * stride + np.uint64(x[CHROMA, block])
            word[row, block] = np.uint32(_two_samples(at)) | (np.uint32(_two_samples(at + stride)) << np.uint32(16))


@kernel
def _interpolate(word: Table, fraction_x: Table, fraction_y: Table, value: Table) -> None:
    """Bilinear values of packed samples. Both rows are mixed sideways at once, in the halves of a word; all of it is exact."""
    for row in range(ROWS):
        site = min(row, CHROMA)
        for block in range(BLOCKS):
            fx, fy = np.uint32(fraction_x[site, block]), np.uint32(fraction_y[site, block])
            left, right = word[row, block] & PAIR, (word[row, block] >> EIGHT) & PAIR
            mixed = np.uint32(np.uint32(left * np.uint32(ONE - fx)) + np.uint32(right * fx))
            upper, lower = mixed & LOW_HALF, mixed >> SIXTEEN
            value[row, block] = np.float32(np.int32(np.uint32(upper * np.uint32(ONE - fy)) + np.uint32(lower * fy))) * UNIT


@kernel
def _add_matched(value: Table, colour: Table, weight: Table, total: Table) -> None:
    """Add a lens' share after matching its colours.

    A luma sample takes the chroma of its block, and the chroma sample the mean of its block's four lumas.
    """
    for site in range(CHROMA):
        for block in range(BLOCKS):
            matched = colour[0, 0] * value[site, block] + colour[0, 1] * value[U, block] + colour[0, 2] * value[V, block] + colour[0, 3]
            total[site, block] += np.float32(weight[site, block]) * matched
    for block in range(BLOCKS):
        luma = QUARTER * (value[0, block] + value[1, block] + value[2, block] + value[3, block])
        u, v, part = value[U, block], value[V, block], np.float32(weight[CHROMA, block])
        total[U, block] += part * (colour[1, 0] * luma + colour[1, 1] * u + colour[1, 2] * v + colour[1, 3])
        total[V, block] += part * (colour[2, 0] * luma + colour[2, 1] * u + colour[2, 2] * v + colour[2, 3])


@kernel
def _add_black(weight: Table, total: Table) -> None:
    """Add the share that no lens has."""
    for row in range(ROWS):
        for block in range(BLOCKS):
            total[row, block] += np.float32(weight[min(row, CHROMA), block]) * (BLACK_Y if row < CHROMA else BLACK_C)


@kernel
def _store(total: Table, column: int, upper: Table, lower: Table, u: Table, v: Table) -> None:
    """Round a tile's sums of value × share and write them to two rows of luma and a row of each chroma plane."""
    start = column * BLOCKS
    for block in range(min(BLOCKS, len(u) - start)):
        upper[2 * (start + block)] = _byte(total[0, block])
        upper[2 * (start + block) + 1] = _byte(total[1, block])
        lower[2 * (start + block)] = _byte(total[2, block])
        lower[2 * (start + block) + 1] = _byte(total[3, block])
        u[start + block] = _byte(total[U, block])
        v[start + block] = _byte(total[V, block])


@kernel
def _byte(total: Any) -> Any:
    return np.uint8(min(max(total * SHARE + HALF, ZERO), TOP))
