"""Three instructions of AVX-512 that LLVM does not find by itself, as functions that write IR; only for processors that have them.

Whether they are there is asked of the features that Numba compiles for, so that what is cached for one processor suits it.
"""

from typing import Any, Final

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import config

Value = Any  # of LLVM: llvmlite has no types for checkers
Builder = Any

BITS: Final = 512


def available() -> bool:
    """Whether code is compiled for a processor with AVX-512BW."""
    asked_for = vars(config).get("CPU_FEATURES")
    if asked_for is not None:
        return "+avx512bw" in asked_for.split(",")
    return bool(llvm.get_host_cpu_features().get("avx512bw"))


def sum_of_products(b: Builder, one: Value, other: Value) -> Value:
    """Signed halves of words multiplied, and the two products of each word added (VPMADDWD)."""
    return _call(b, "pmaddw.d", 32, one, other)


def pick(b: Builder, numbers: Value, places: list[int]) -> Value:
    """Bytes of the same sixteen bytes, for places from 128 on zeros (VPSHUFB)."""
    return _call(b, "pshuf.b", 8, numbers, ir.Constant(numbers.type, places))


def narrowed(b: Builder, one: Value, other: Value) -> Value:
    """Numbers of half as many bits, capped: from each sixteen bytes of the one, then of the other (VPACKSSDW, VPACKUSWB).

    Words become signed halves, halves become unsigned bytes.
    """
    words = one.type.element.width == 32
    return _call(b, "packssdw" if words else "packuswb", 16 if words else 8, one, other)


def _call(b: Builder, name: str, width: int, one: Value, other: Value) -> Value:
    name, result = f"llvm.x86.avx512.{name}.{BITS}", ir.VectorType(ir.IntType(width), BITS // width)
    function = b.module.globals.get(name) or ir.Function(b.module, ir.FunctionType(result, [one.type, other.type]), name)
    return b.call(function, [one, other])
