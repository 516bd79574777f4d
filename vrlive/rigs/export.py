"""A rig file of any kind as Hugin's .pto, with names for its pictures."""

import os
from collections.abc import Sequence
from pathlib import Path

from vrlive.rigs.pto_writer import write_pto
from vrlive.rigs.read import picture_names, read_rig, read_rig_file


def export_rig(path: Path, inputs: Sequence[Path], out: Path) -> tuple[str, ...]:
    """Write the rig of a file as a .pto.

    Parameters
    ----------
    path
        The rig file.
    inputs
        Its pictures, one for each input; none: those that the file names, else pictures that are yet to be put beside `out`.
    out
        The .pto to write.

    Returns
    -------
    The names of pictures that are yet to be put beside it.

    Raises
    ------
    ConfigError, RigFileError, InputError, UserError
        If a file has a fault, pictures are missing, or a .pto cannot say what the rig is.
    """
    rig = read_rig(path, inputs) if inputs else read_rig_file(path)
    given = [*inputs] or [path.parent / name.replace("\\", "/") for name in picture_names(path)]
    made_up = tuple(f"{out.stem}-{place}.jpg" for place in range(rig.inputs)) if not given else ()
    write_pto(rig, out, made_up or [os.path.relpath(picture, out.parent) for picture in given])
    return made_up
