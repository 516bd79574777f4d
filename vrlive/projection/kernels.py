"""The one way a Numba kernel is compiled here.

Kernels release the GIL, are cached on disk, and trust their callers: public functions check shapes before they call one.

Numba compiles called kernels and constants of other modules in, but compiles anew only when the kernel's own file changes: after a
`git pull` a cached kernel may still hold what is long gone. So ours are cached under everything they were made from.
"""

import hashlib
import inspect
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])

_IDENTITY = "__vrlive_identity__"


def kernel(function: Function) -> Function:
    """Compile a kernel that runs on the calling thread."""
    return _compiled(function, parallel=False)


def part_of_kernel(function: Function) -> Function:
    """Compile a piece of a kernel that becomes part of its caller: handing over a dozen arrays takes as long as short work on them."""
    return _compiled(function, parallel=False, forceinline=True)


def parallel_kernel(function: Function) -> Function:
    """Compile a kernel whose `prange` loops run on all of Numba's threads."""
    return _compiled(function, parallel=True)


def mark(made: Any, function: Callable[..., Any]) -> Any:
    """Tell kernels that call `made`, an intrinsic, that its code comes from `function`: when that changes, they are compiled anew."""
    setattr(made, _IDENTITY, _identity(function))
    return made


def _compiled(function: Function, *, parallel: bool, forceinline: bool = False) -> Function:
    dispatcher: Any = njit(nogil=True, boundscheck=False, error_model="numpy", parallel=parallel, forceinline=forceinline)(function)
    identity = _identity(function)
    setattr(dispatcher, _IDENTITY, identity)
    dispatcher.enable_caching()
    index: Any = getattr(dispatcher._cache, "_cache_file", None)  # Numba has no public way to say what a kernel depends on
    assert hasattr(index, "_source_stamp"), "this version of Numba keeps its cache in another way: learn it here"
    index._source_stamp = identity
    return cast("Function", dispatcher)


def _identity(function: Callable[..., Any]) -> str:
    """A digest of the kernel's module, and of the kernels and constants that its module has from elsewhere."""
    digest = hashlib.sha256(_source(function.__module__).encode())
    for name, value in sorted(getattr(function, "__globals__", {}).items()):
        if hasattr(value, _IDENTITY):
            digest.update(f"{name}={getattr(value, _IDENTITY)};".encode())
        elif isinstance(value, np.ndarray):
            digest.update(f"{name}={value.dtype}{value.shape}".encode() + value.tobytes())
        elif isinstance(value, bool | int | float | tuple | np.generic):
            digest.update(f"{name}={value!r};".encode())
    return digest.hexdigest()


@cache
def _source(module: str) -> str:
    return inspect.getsource(sys.modules[module])
