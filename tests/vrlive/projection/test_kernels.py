"""A kernel on disk is never older than what it was made from."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CALLEE = """
from numba import types
from numba.extending import intrinsic
from vrlive.projection.kernels import kernel, mark
FACTOR = {factor}

def _same(typing, value):
    return types.float64(types.float64), lambda context, builder, signature, given: builder.fmul(given[0], given[0].type({step}))

same = mark(intrinsic(_same), _same)

@kernel
def scaled(value):
    return {body}
"""
CALLER = """
import sys
from vrlive.projection.kernels import kernel
from callee import FACTOR, same, scaled

@kernel
def doubled(value):
    return _twice(value) + 0 * FACTOR

@kernel
def _twice(value):
    return 2 * same(scaled(value))

print(doubled(21.0), sum(doubled.stats.cache_hits.values()))
"""


def run(folder: Path, body: str, factor: float = 1.0, step: float = 1.0) -> list[str]:
    (folder / "callee.py").write_text(CALLEE.format(body=body, factor=factor, step=step))
    (folder / "caller.py").write_text(CALLER)
    os.utime(folder / "caller.py", (1, 1))  # its own date and size say that nothing changed
    ours = {
        "NUMBA_CACHE_DIR": str(folder / "cache"),
        "PYTHONPATH": os.pathsep.join([str(folder), str(Path.cwd())]),
        "PYTHONDONTWRITEBYTECODE": "1",  # a file rewritten within a second, as long as before, looks unchanged to Python's own cache
    }
    environment = {**os.environ, **ours}
    done = subprocess.run([sys.executable, "caller.py"], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize(
    "changed", [{"body": "3 * value"}, {"body": "FACTOR * value", "factor": 3.0}, {"body": "FACTOR * value", "step": 3.0}]
)
def test_a_kernel_is_compiled_anew_when_one_that_it_calls_an_intrinsic_or_a_constant_changes(
    tmp_path: Path, changed: dict[str, object]
) -> None:
    assert run(tmp_path, "FACTOR * value") == ["42.0", "0"]
    assert run(tmp_path, "FACTOR * value") == ["42.0", "1"], "nothing changed: it comes from the cache"
    assert run(tmp_path, **changed) == ["126.0", "0"]  # type: ignore[arg-type]  # two kinds of values in one table
