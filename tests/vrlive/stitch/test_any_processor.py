"""The vector code is no one processor's: compiled for the plainest of this family, it gives the same."""

import os
import subprocess
import sys
from pathlib import Path

from tests.checkout import ROOT


def test_the_kernels_are_exact_without_any_extension_of_the_processor(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": str(tmp_path)}
    chosen = "far_apart or hard_and_soft or lose_light"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/vrlive/stitch/test_stitcher.py", "-k", chosen]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "5 passed" in done.stdout or "6 passed" in done.stdout, done.stdout[-300:]
