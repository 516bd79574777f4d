"""The repository as git sees it."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def our_files(*patterns: str) -> list[Path]:
    """Files that are committed or about to be (not ignored), relative to ROOT; the test is skipped outside a git checkout."""
    git = ["git", "-c", f"safe.directory={ROOT}"]  # CI may check out as one user and test as another
    listed = subprocess.run(
        [*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip(f"not a git checkout: {listed.stderr.strip()}")
    return sorted({Path(name) for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()})
