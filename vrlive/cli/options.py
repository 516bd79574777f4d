"""Arguments that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

RigFile = Annotated[
    Path, typer.Argument(metavar="RIG", help="A rig.toml, .pto, .ptv, GoPro Fusion .txt, or OpenCV calibration (.yaml, .json).")
]
Server = Annotated[str, typer.Option(help="Where the show is on air.")]
