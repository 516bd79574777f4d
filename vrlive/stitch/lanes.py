"""Sixteen sites at a time: the arithmetic of the stitcher as LLVM vector code, by way of Numba intrinsics.

Numba's own loops over bytes end in code that loads and converts one sample after the other. So the few operations that every pixel
passes through are written as LLVM IR on vectors of `LANES`: no instruction of any one processor; LLVM makes AVX-512, AVX2, SSE or NEON of
it.

There are two ways to fetch samples, and which is faster depends on the processor. `locate` and `fetch` load one site after the other. They
hand on their results through scratch memory, since a processor that reads with one load what several stores have just written (or the
other way about) waits for them: `locate` is called for all sites before `fetch`, and `fetch` before what uses its words. The steps whose
names begin with `gather` load all sites at once, where the processor has an instruction for that, and need no scratch.

Where there is AVX-512, three steps are put together from instructions that LLVM does not find (`avx512`); they take a tenth off a frame.

All arguments are addresses (uint64) unless said otherwise. A vector in memory is `LANES` elements that follow each other.
"""

from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from vrlive.projection.kernels import mark
from vrlive.stitch import avx512
from vrlive.stitch.photometry import CHROMA_PIVOT, LUMA_PIVOT

ACROSS, DOWN = 8, 2  # blocks of 2×2 pixels in a tile
LANES = ACROSS * DOWN
LUMA = 4  # sites of a block: luma upper left, upper right, lower left, lower right; then chroma
SITES = LUMA + 1
CHROMA = LUMA
PLANES = 3
ROWS = LUMA + 2  # of values: four of luma, U, V
SITE_BYTES = 4 * LANES  # of a row of sites: 16-bit offsets, then the fractions of x, then those of y
OFFSET_BYTES = WORD_BYTES = SUM_BYTES = 4 * LANES
ORIGIN_BYTES, COLOUR_BYTES, FALLOFF_BYTES, PLANE_BYTES = 4 * 2, 3 * 4 * 4, 3 * 4, 2 * PLANES * 8
FULL = 255  # a share of 1

WIDE = avx512.available()
BELOW = 1 << 23 if WIDE else 0  # what interpolated values × 65536 are counted from: halves of words are signed there
LONGEST_ROW = 0x7FFF if WIDE else 0xFFFFFFFF  # bytes from row to row, where sites are gathered

I8, I16, I32, I64, F32 = ir.IntType(8), ir.IntType(16), ir.IntType(32), ir.IntType(64), ir.FloatType()
POINTER = ir.PointerType()
HALVES = ir.VectorType(I16, 2 * LANES)

Value = Any  # of LLVM: llvmlite has no types for checkers
Builder = Any


def lanes_of(kind: Value) -> Value:
    """The vector type with `LANES` elements."""
    return ir.VectorType(kind, LANES)


def each(number: float, kind: Value = I32) -> Value:
    """A constant vector of one number."""
    return ir.Constant(lanes_of(kind), [number] * LANES)


def halves(*numbers: int) -> Value:
    """A constant vector of `HALVES` that repeats some numbers."""
    return ir.Constant(HALVES, list(numbers) * (2 * LANES // len(numbers)))


def step(write: Callable[..., None], arguments: int) -> Any:
    """Make an intrinsic of a function that writes IR: called with so many uint64, it returns nothing."""

    def typed(*_given: Any) -> Any:
        def codegen(context: Any, builder: Builder, _signature: Any, given: Sequence[Value]) -> Value:
            write(builder, *given)
            return context.get_dummy_value()

        return types.void(*[types.uint64] * arguments), codegen

    names = ["typing", *(f"argument_{number}" for number in range(arguments))]
    typed.__signature__ = Signature([Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names])  # type: ignore[attr-defined]  # Numba asks for it
    return mark(intrinsic(typed), write)


# ------------------------------------------------------------------------------------------------------------------- small words
def at(b: Builder, address: Value, offset: int = 0) -> Value:
    """The pointer to an address."""
    return b.inttoptr(b.add(address, I64(offset)) if offset else address, POINTER)


def load(b: Builder, kind: Value, address: Value, offset: int = 0) -> Value:
    """What lies at an address, aligned or not."""
    return b.load(at(b, address, offset), align=1, typ=kind)


def store(b: Builder, value: Value, address: Value, offset: int = 0) -> None:
    """Write to an address, aligned or not."""
    b.store(value, at(b, address, offset), align=1)


def spread(b: Builder, value: Value) -> Value:
    """The vector that has a scalar in every lane."""
    nothing = ir.Constant(lanes_of(value.type), ir.Undefined)
    return b.shuffle_vector(b.insert_element(nothing, value, I32(0)), nothing, each(0))


def widened(b: Builder, address: Value, offset: int) -> Value:
    """Bytes as 32-bit integers."""
    return b.zext(load(b, lanes_of(I8), address, offset), lanes_of(I32))


def multiply_add(b: Builder, x: Value, y: Value, z: Value) -> Value:
    """The product of the first two plus the third, fused where the processor can."""
    return b.fadd(b.fmul(x, y, flags=("contract",)), z, flags=("contract",))


# ------------------------------------------------------------------------------------------------------------- steps of the plan
def _pack(b: Builder, fine: Value, origin: Value, sites: Value) -> None:
    """Write an entry's rows of sites.

    fine: (2, SITES, LANES) int32: places among samples in 1/256, x and y. origin: as of `fetch`. sites: out, as of `locate`.
    """
    for site in range(SITES):
        steps = []
        for axis in range(2):
            place = load(b, lanes_of(I32), fine, 4 * LANES * (SITES * axis + site))
            start = b.zext(load(b, I16, origin, 2 * (2 * (site // CHROMA) + axis)), I32)
            steps.append(b.sub(b.ashr(place, each(8)), spread(b, start)))
            store(b, b.trunc(place, lanes_of(I8)), sites, site * SITE_BYTES + (2 + axis) * LANES)
        store(b, b.trunc(b.or_(steps[0], b.shl(steps[1], each(8))), lanes_of(I16)), sites, site * SITE_BYTES)


def _copy_shares(b: Builder, source: Value, target: Value) -> None:
    """Copy (SITES, LANES) uint8."""
    for site in range(SITES):
        store(b, load(b, lanes_of(I8), source, site * LANES), target, site * LANES)


# ------------------------------------------------------------------------------------------------------------ steps of every frame
def _locate(b: Builder, planes: Value, sites: Value, offsets: Value) -> None:
    """Turn the 8-bit steps right and down of all rows of sites into offsets in bytes.

    planes: as of `fetch`. sites: (SITES, SITE_BYTES). offsets: out, (SITES, LANES) uint32.
    """
    for site in range(SITES):
        store(b, _offsets(b, planes, sites, site), offsets, site * OFFSET_BYTES)


def _fetch(b: Builder, planes: Value, origin: Value, offsets: Value, words: Value) -> None:
    """Pack the four samples around each site into a word: upper left, upper right, lower left, lower right from the lowest byte up.

    planes: (2, PLANES) uint64: addresses of Y, U, V, then bytes from row to row (those of U and V are the same).
    origin: (4,) uint16: x, y of the luma sample and of the chroma sample that the sites' steps are counted from.
    words: out, (ROWS, LANES) uint32.
    """
    for row in range(ROWS):
        upper, lower = _lines(b, planes, origin, row)
        for lane in range(LANES):
            offset = b.zext(load(b, I32, offsets, min(row, CHROMA) * OFFSET_BYTES + 4 * lane), I64)
            pairs = [b.zext(load(b, I16, b.add(line, offset)), I32) for line in (upper, lower)]
            store(b, b.or_(pairs[0], b.shl(pairs[1], I32(16))), words, row * WORD_BYTES + 4 * lane)


def _store_one(b: Builder, words: Value, sites: Value, colour: Value, falloff: Value, *target: Value) -> None:
    """Write a tile that is one lens' alone; `target` as of `_write`, the others as of `fetch` and `_matched`."""
    _write(b, _matched(b, _fetched(b, words), sites, colour, falloff), target)


def _store_two(
    b: Builder, words: Value, sites: Value, colour: Value, falloff: Value,
    other_words: Value, other_sites: Value, other_colour: Value, other_falloff: Value, shares: Value, *target: Value,
) -> None:  # fmt: skip
    """Write a tile that two lenses share. shares: (SITES, LANES) uint8, of the first; the other has the rest."""
    first = _matched(b, _fetched(b, words), sites, colour, falloff)
    second = _matched(b, _fetched(b, other_words), other_sites, other_colour, other_falloff)
    _write(b, _blended(b, first, second, shares), target)


def _add_one(b: Builder, words: Value, sites: Value, colour: Value, falloff: Value, shares: Value, sums: Value) -> None:
    """Add one lens of many. shares: (SITES, LANES) uint8, of this lens. sums: (ROWS, LANES) float32."""
    _add(b, _matched(b, _fetched(b, words), sites, colour, falloff), shares, sums)


def _clear_sums(b: Builder, sums: Value) -> None:
    """Begin a tile that any number of lenses share."""
    for row in range(ROWS):
        store(b, each(0.0, F32), sums, row * SUM_BYTES)


def _store_sums(b: Builder, sums: Value, *target: Value) -> None:
    """Write a tile that any number of lenses share, after each was added."""
    _write(b, [b.fmul(load(b, lanes_of(F32), sums, row * SUM_BYTES), each(1 / FULL, F32)) for row in range(ROWS)], target)


# ---------------------------------------------------------------------------------------- the same without scratch, by gathering
def _gather_one(b: Builder, planes: Value, origin: Value, sites: Value, colour: Value, falloff: Value, *target: Value) -> None:
    """`fetch` and `store_one`."""
    _write(b, _matched(b, _gathered(b, planes, origin, sites), sites, colour, falloff), target)


def _gather_two(
    b: Builder, planes: Value, origin: Value, sites: Value, colour: Value, falloff: Value,
    other_planes: Value, other_origin: Value, other_sites: Value, other_colour: Value, other_falloff: Value,
    shares: Value, *target: Value,
) -> None:  # fmt: skip
    """`fetch` twice and `store_two`."""
    first = _matched(b, _gathered(b, planes, origin, sites), sites, colour, falloff)
    second = _matched(b, _gathered(b, other_planes, other_origin, other_sites), other_sites, other_colour, other_falloff)
    _write(b, _blended(b, first, second, shares), target)


def _gather_add(
    b: Builder, planes: Value, origin: Value, sites: Value, colour: Value, falloff: Value, shares: Value, sums: Value
) -> None:  # fmt: skip
    """`fetch` and `add_one`."""
    _add(b, _matched(b, _gathered(b, planes, origin, sites), sites, colour, falloff), shares, sums)


# --------------------------------------------------------------------------------------------------------------------- their parts
def _fetched(b: Builder, words: Value) -> list[Value]:
    """What `fetch` has written."""
    return [load(b, lanes_of(I32), words, row * WORD_BYTES) for row in range(ROWS)]


def _gathered(b: Builder, planes: Value, origin: Value, sites: Value) -> list[Value]:
    """What `fetch` would write, by loads of four bytes: from the upper left sample on, and up to the lower right one.

    So nothing is read beyond a plane: the former are not in its last row, the latter not in its first.
    """
    offsets = [(_short_offsets if WIDE else _offsets)(b, planes, sites, site) for site in range(SITES)]
    words = []
    for row in range(ROWS):
        upper, lower = _lines(b, planes, origin, row)
        pairs = [_gather(b, line, offsets[min(row, CHROMA)]) for line in (upper, b.sub(lower, I64(2)))]
        words.append(b.or_(b.and_(pairs[0], each(0xFFFF)), b.and_(pairs[1], each(0xFFFF0000))))
    return words


def _gather(b: Builder, line: Value, offsets: Value) -> Value:
    """Words at offsets from an address."""
    everywhere, every = lanes_of(POINTER), ir.VectorType(ir.IntType(1), LANES)
    name = f"llvm.masked.gather.v{LANES}i32.v{LANES}p0"
    wanted = ir.FunctionType(lanes_of(I32), [everywhere, I32, every, lanes_of(I32)])
    function = b.module.globals.get(name) or ir.Function(b.module, wanted, name)
    pointers = b.gep(at(b, line), [b.sext(offsets, lanes_of(I64))], source_etype=I8)
    pointers.type = everywhere  # llvmlite does not know that an index may be a vector
    return b.call(function, [pointers, I32(1), ir.Constant(every, [1] * LANES), ir.Constant(lanes_of(I32), ir.Undefined)])


def _offsets(b: Builder, planes: Value, sites: Value, site: int) -> Value:
    """Offsets in bytes of a row of sites."""
    stride = b.trunc(load(b, I64, planes, 8 * (PLANES + site // CHROMA)), I32)
    place = b.zext(load(b, lanes_of(I16), sites, site * SITE_BYTES), lanes_of(I32))
    return b.add(place, b.mul(b.lshr(place, each(8)), spread(b, b.sub(stride, I32(256)))))


def _short_offsets(b: Builder, planes: Value, sites: Value, site: int) -> Value:
    """The same, where rows are no longer than `LONGEST_ROW`."""
    stride = b.trunc(load(b, I64, planes, 8 * (PLANES + site // CHROMA)), I16)
    steps = b.zext(load(b, ir.VectorType(I8, 2 * LANES), sites, site * SITE_BYTES), HALVES)
    one, row = ir.Constant(HALVES, [1] * 2 * LANES), b.insert_element(ir.Constant(HALVES, ir.Undefined), stride, I32(0))
    return avx512.sum_of_products(b, steps, _shuffled(b, one, row, [0, 2 * LANES] * LANES))


def _lines(b: Builder, planes: Value, origin: Value, row: int) -> tuple[Value, Value]:
    """Addresses that offsets of a row of values are counted from: of upper and of lower samples."""
    plane = max(row - CHROMA + 1, 0)
    x, y = (b.zext(load(b, I16, origin, 2 * (2 * min(plane, 1) + axis)), I64) for axis in (0, 1))
    stride = load(b, I64, planes, 8 * (PLANES + min(plane, 1)))
    upper = b.add(load(b, I64, planes, 8 * plane), b.add(b.mul(stride, y), x))
    return upper, b.add(upper, stride)


def _blended(b: Builder, first: list[Value], second: list[Value], shares: Value) -> list[Value]:
    """Two lenses' values by the share of the first."""
    blended = []
    for row, (one, two) in enumerate(zip(first, second, strict=True)):
        part = b.fmul(_share(b, shares, row), each(1 / FULL, F32))
        blended.append(multiply_add(b, part, b.fsub(one, two), two))
    return blended


def _add(b: Builder, values: list[Value], shares: Value, sums: Value) -> None:
    for row, value in enumerate(values):
        total = load(b, lanes_of(F32), sums, row * SUM_BYTES)
        store(b, multiply_add(b, _share(b, shares, row), value, total), sums, row * SUM_BYTES)


def _matched(b: Builder, words: list[Value], sites: Value, colour: Value, falloff: Value) -> list[Value]:
    """Y of the four luma sites, U and V, as floats and half a code higher: interpolated, matched in colour, freed of vignetting.

    A luma sample takes the chroma of its block, and the chroma sample the mean of its block's four lumas.

    colour: (3, 4) float32 as of `photometry.kernel_colours`.
    falloff: (3,) float32: what to multiply by at the first block, its rise from block to block to the right, and down.
    """
    values = [_bilinear(b, word, sites, min(row, CHROMA)) for row, word in enumerate(words)]
    matrix = [[spread(b, load(b, F32, colour, 4 * (4 * row + column))) for column in range(4)] for row in range(3)]
    luma, (u, v) = values[:LUMA], values[LUMA:]
    mean = b.fadd(b.fadd(luma[0], luma[1]), b.fadd(luma[2], luma[3]))  # four times the mean: see `kernel_colours`
    around = multiply_add(b, u, matrix[0][1], multiply_add(b, v, matrix[0][2], matrix[0][3]))
    mixed = [multiply_add(b, value, matrix[0][0], around) for value in luma]
    for first, second, third, constant in matrix[1:]:
        mixed.append(multiply_add(b, mean, first, multiply_add(b, u, second, multiply_add(b, v, third, constant))))
    factor = _falloff(b, falloff)
    pivots = [each(LUMA_PIVOT + 0.5, F32)] * LUMA + [each(CHROMA_PIVOT + 0.5, F32)] * 2
    return [multiply_add(b, value, factor, pivot) for value, pivot in zip(mixed, pivots, strict=True)]


def _bilinear(b: Builder, words: Value, sites: Value, site: int) -> Value:
    """Values of packed samples × 65536, less `BELOW`. Both rows are mixed sideways at once, in the halves of a word; all of it is exact."""
    across, down = (_twice(b, sites, site * SITE_BYTES + part * LANES) for part in (2, 3))
    left = b.bitcast(b.and_(words, each(0xFF00FF)), HALVES)
    right = b.bitcast(b.and_(b.lshr(words, each(8)), each(0xFF00FF)), HALVES)
    start = b.shl(left, halves(8))
    if WIDE:
        start = b.xor(start, halves(0x8000))
    mixed = b.add(start, b.mul(b.sub(right, left), across))
    if WIDE:
        shares = b.add(b.xor(down, halves(-1, 0)), halves(257, 0))  # of the upper row 256 less those of the lower
        return b.sitofp(avx512.sum_of_products(b, mixed, shares), lanes_of(F32))
    mixed, down = (b.bitcast(part, lanes_of(I32)) for part in (mixed, down))
    upper, lower = b.and_(mixed, each(0xFFFF)), b.lshr(mixed, each(16))
    return b.sitofp(b.add(b.shl(upper, each(8)), b.mul(b.sub(lower, upper), b.and_(down, each(0xFF)))), lanes_of(F32))


def _twice(b: Builder, address: Value, offset: int) -> Value:
    """Bytes as 16-bit numbers, each in both halves of a word."""
    if WIDE:
        number = load(b, lanes_of(I8), address, offset)
        again = _shuffled(b, number, number, list(range(LANES)) * 4)
        return b.bitcast(avx512.pick(b, again, [place for lane in range(LANES) for place in (lane, 128) * 2]), HALVES)
    number = widened(b, address, offset)
    return b.bitcast(b.or_(number, b.shl(number, each(16))), HALVES)


def _falloff(b: Builder, falloff: Value) -> Value:
    """The factor at each block of a tile."""
    right = ir.Constant(lanes_of(F32), [float(lane % ACROSS) for lane in range(LANES)])
    below = ir.Constant(lanes_of(F32), [float(lane // ACROSS) for lane in range(LANES)])
    first, rise, fall = (spread(b, load(b, F32, falloff, 4 * index)) for index in range(3))
    return multiply_add(b, below, fall, multiply_add(b, right, rise, first))


def _share(b: Builder, shares: Value, row: int) -> Value:
    return b.sitofp(widened(b, shares, min(row, CHROMA) * LANES), lanes_of(F32))


def _write(b: Builder, rows: list[Value], target: Sequence[Value]) -> None:
    """Round values that are half a code too high, and write them as 2·DOWN rows of luma and DOWN rows of U and of V.

    target: address of the tile's first Y, bytes from row to row, addresses of its first U and V, bytes from row to row.
    """
    y, y_stride, u, v, uv_stride = target
    values = [b.fptosi(row, lanes_of(I32)) for row in rows]
    luma, chroma = (_lines_by_packing if WIDE else _lines_of_bytes)(b, values)
    for line, codes in enumerate(luma):
        store(b, codes, b.add(y, b.mul(y_stride, I64(line))))
    for line, pair in enumerate(chroma):
        for codes, start in zip(pair, (u, v), strict=True):
            store(b, codes, b.add(start, b.mul(uv_stride, I64(line))))


def _lines_of_bytes(b: Builder, values: list[Value]) -> tuple[list[Value], list[list[Value]]]:
    """Lines of luma, and of U and V, capped to bytes."""
    codes = [_byte(b, value) for value in values]
    luma = []
    for line in range(2 * DOWN):
        first = line // 2 * ACROSS
        weave = [first + column // 2 + LANES * (column % 2) for column in range(2 * ACROSS)]
        luma.append(_shuffled(b, codes[2 * (line % 2)], codes[2 * (line % 2) + 1], weave))
    parts = [list(range(line * ACROSS, (line + 1) * ACROSS)) for line in range(DOWN)]
    return luma, [[_shuffled(b, code, code, part) for code in codes[CHROMA:]] for part in parts]


def _lines_by_packing(b: Builder, values: list[Value]) -> tuple[list[Value], list[list[Value]]]:
    """The same with instructions that cap and narrow two vectors at once, sixteen bytes of each in turn."""
    upper, lower = (_woven(b, *values[pair : pair + 2]) for pair in (0, 2))
    half = ACROSS  # of the numbers of a line: so many make sixteen bytes
    halves_of_lines = [[place + side * half + row * 2 * half for row in range(4) for place in range(half)] for side in range(2)]
    luma = avx512.narrowed(b, *(_shuffled(b, upper, lower, places) for places in halves_of_lines))
    quarters = [list(range(16 * place, 16 * (place + 1))) for place in (0, 2, 1, 3)]  # rows were: upper, upper, lower, lower
    chroma = avx512.narrowed(b, *values[CHROMA:])
    chroma = b.bitcast(avx512.narrowed(b, chroma, chroma), lanes_of(I32))  # in each sixteen bytes four of U, four of V, and again
    ordered = _shuffled(b, chroma, chroma, [4 * part + plane for plane in range(2) for part in range(4)])
    eights = b.bitcast(ordered, ir.VectorType(I64, 2 * DOWN))
    pairs = [[b.extract_element(eights, I32(DOWN * plane + line)) for plane in range(2)] for line in range(DOWN)]
    return [_shuffled(b, luma, luma, quarter) for quarter in quarters], pairs


def _woven(b: Builder, one: Value, other: Value) -> Value:
    """The lower halves of the words of both, in turn."""
    one, other = (b.bitcast(words, HALVES) for words in (one, b.shl(other, each(16))))
    return _shuffled(b, one, other, [place + 2 * LANES * (place % 2) for place in range(2 * LANES)])


def _shuffled(b: Builder, one: Value, two: Value, places: list[int]) -> Value:
    return b.shuffle_vector(one, two, ir.Constant(ir.VectorType(I32, len(places)), places))


def _byte(b: Builder, value: Value) -> Value:
    value = b.select(b.icmp_signed(">", value, each(0)), value, each(0))
    value = b.select(b.icmp_signed("<", value, each(255)), value, each(255))
    return b.trunc(value, lanes_of(I8))


pack: Any = step(_pack, 3)
copy_shares: Any = step(_copy_shares, 2)
locate: Any = step(_locate, 3)
fetch: Any = step(_fetch, 4)
store_one: Any = step(_store_one, 9)
store_two: Any = step(_store_two, 14)
clear_sums: Any = step(_clear_sums, 1)
add_one: Any = step(_add_one, 6)
gather_one: Any = step(_gather_one, 10)
gather_two: Any = step(_gather_two, 16)
gather_add: Any = step(_gather_add, 7)
store_sums: Any = step(_store_sums, 6)
