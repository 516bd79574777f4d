"""Arguments that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

RigFile = Annotated[
    Path, typer.Argument(metavar="RIG", help="A rig.toml, .pto, .ptv, GoPro Fusion .txt, or OpenCV calibration (.yaml, .json).")
]
