"""A file that the user asked for: refused before the work if it cannot be written, and then written whole or not at all."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from vrlive.errors import InputError


def check_output(out: Path, suffixes: Sequence[str], origin: str, inputs: Sequence[Path] = ()) -> None:
    """Refuse to write to `out` what it cannot hold, or what would overwrite an input.

    Parameters
    ----------
    out
        The file to write.
    suffixes
        What it may end in.
    origin
        What becomes the file, with its verb: ``pictures become``.
    inputs
        Files that it is made from.

    Raises
    ------
    InputError
        If it has another suffix, lies in no folder, is a folder or one of the `inputs`.
    """
    if out.suffix.lower() not in suffixes:
        raise InputError(f"{out}: {origin} a file that ends in {' or '.join(suffixes)}")
    if not out.parent.is_dir():
        raise InputError(f"{out}: there is no folder {out.parent} to write it to")
    if out.is_dir():
        raise InputError(f"{out}: is a folder; give the name of a file")
    if any(path.exists() and out.exists() and path.samefile(out) for path in inputs):
        raise InputError(f"{out}: is an input too; give another name to what is written")


def check_folder(folder: Path) -> None:
    """Refuse a folder that cannot be written into; one that is not there is made.

    Raises
    ------
    InputError
        Saying why not.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as fault:
        raise InputError(f"{folder}: cannot be written to: {fault.strerror or fault}") from fault


@contextmanager
def in_place(out: Path) -> Iterator[Path]:
    """A path to write to, in a folder of its own beside `out`; what was written there takes its place in the end.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as folder:
            unfinished = Path(folder) / out.name
            yield unfinished
            unfinished.replace(out)
    except OSError as fault:
        raise InputError(f"{out}: cannot be written: {fault.strerror or fault}") from fault
