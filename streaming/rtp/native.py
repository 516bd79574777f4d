"""Calls of C functions from inside Numba kernels, by address: so that the kernels can be cached, which those with ctypes in them cannot.

All arguments are addresses and numbers of 64 bits.
"""

import ctypes
from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from pylibsrtp import _binding

from vrlive.projection.kernels import mark

I8, I32, I64, POINTER = ir.IntType(8), ir.IntType(32), ir.IntType(64), ir.PointerType()

Value = Any  # of LLVM: llvmlite has no types for checkers
Builder = Any


def _returning_int(write: Callable[..., Value], arguments: int) -> Any:
    """Make an intrinsic of a function that writes IR: called with so many int64, it returns an int32."""

    def typed(*_given: Any) -> Any:
        def codegen(_context: Any, builder: Builder, _signature: Any, given: Sequence[Value]) -> Value:
            return write(builder, *given)

        return types.int32(*[types.int64] * arguments), codegen

    names = ["typing", *(f"argument_{number}" for number in range(arguments))]
    typed.__signature__ = Signature([Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names])  # type: ignore[attr-defined]  # Numba asks for it
    return mark(intrinsic(typed), write)


def _call(b: Builder, function: Value, *arguments: Value) -> Value:
    kind = ir.FunctionType(I32, [I64] * len(arguments))
    return b.call(b.inttoptr(function, kind.as_pointer()), arguments)


def _errno(b: Builder, location: Value) -> Value:
    kind = ir.FunctionType(POINTER, [])
    return b.load(b.call(b.inttoptr(location, kind.as_pointer()), []), typ=I32)


def _copy(b: Builder, source: Value, target: Value, length: Value) -> Value:
    copy = b.module.declare_intrinsic("llvm.memcpy", [POINTER, POINTER, I64])
    b.call(copy, [b.inttoptr(target, POINTER), b.inttoptr(source, POINTER), length, ir.Constant(ir.IntType(1), 0)])
    return ir.Constant(I32, 0)


call2 = _returning_int(_call, 3)  # the function's address, and its two arguments
call3 = _returning_int(_call, 4)
call4 = _returning_int(_call, 5)
call5 = _returning_int(_call, 6)
errno = _returning_int(_errno, 1)  # the calling thread's; given is the address of the C library's function that knows where it is
copy = _returning_int(_copy, 3)  # bytes: from, to, how many


def srtp_protect() -> int:
    """Address of libsrtp's ``srtp_protect(session, packet, *length)``.

    Raises
    ------
    AttributeError, TypeError
        If this build of pylibsrtp has it elsewhere.
    """
    return int(_binding.ffi.cast("uintptr_t", _binding.ffi.addressof(_binding.lib, "srtp_protect")))


def srtp_session(session: Any) -> int:
    """Address of the libsrtp session in one of pylibsrtp's."""
    return int(_binding.ffi.cast("uintptr_t", session._srtp[0]))


def c_function(name: str) -> int:
    """Address of a function of the C library.

    Raises
    ------
    OSError
        Where there is none of this name.
    """
    try:
        return ctypes.cast(getattr(ctypes.CDLL(None), name), ctypes.c_void_p).value or 0
    except AttributeError as fault:
        raise OSError(f"this system's C library has no {name}") from fault
