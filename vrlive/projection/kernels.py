"""The one way a Numba kernel is compiled here.

Kernels release the GIL, are cached on disk, and trust their callers: public functions check shapes before they call one.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile a kernel that runs on the calling thread."""
    return cast("Function", njit(nogil=True, cache=True, boundscheck=False, error_model="numpy")(function))


def parallel_kernel(function: Function) -> Function:
    """Compile a kernel whose `prange` loops run on all of Numba's threads."""
    return cast("Function", njit(nogil=True, cache=True, boundscheck=False, error_model="numpy", parallel=True)(function))
