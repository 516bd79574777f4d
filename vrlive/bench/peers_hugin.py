"""Hugin's programs at the same work: `nona` warps each camera into a TIFF file, `enblend` blends these along seams that it seeks itself."""

import os
import shutil
import subprocess
import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import replace
from math import pi
from pathlib import Path

import numpy as np
from PIL import Image

from vrlive.bench.report import usable_cores
from vrlive.capture.stills import to_rgb
from vrlive.errors import UserError
from vrlive.frames import Picture
from vrlive.projection.rig import Array, Rig
from vrlive.rigs.pto_writer import write_pto
from vrlive.units import Size

PATIENCE_S = 300


class Hugin:
    """Without gains, which it would have to be told. Writing the cameras' pictures does not count."""

    name = "nona and enblend"

    def __init__(self, rig: Rig, size: Size, pictures: Sequence[Picture]) -> None:
        self._size = size
        self._folder = Path(tempfile.mkdtemp(prefix="vrlive-hugin-"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        names = [f"{index}.tif" for index in range(len(pictures))]
        for name, picture in zip(names, pictures, strict=True):
            Image.fromarray(to_rgb(picture)).save(self._folder / name)
        project = self._folder / "rig.pto"
        plain = [replace(lens, position_m=(0.0, 0.0, 0.0), max_angle_rad=pi) for lens in rig.lenses]  # a .pto cannot say these
        write_pto(replace(rig, lenses=tuple(plain)), project, names)
        lines = [line for line in project.read_text("utf-8").splitlines() if line[:2] not in {"p ", "m "}]
        output = f'p f2 w{size.width} h{size.height} v360 E0 R0 n"TIFF_m c:NONE r:CROP"\nm g1 i5 f0 m2 p0.00784314'
        project.write_text("\n".join([output, *lines, ""]), "utf-8")

    def run(self, pictures: Sequence[Picture]) -> None:  # noqa: ARG002 - they are files already
        """Stitch one frame, from and to files.

        Raises
        ------
        UserError
            If a program fails.
        """
        self._do("nona", "-o", "warped", "-m", "TIFF_m", "rig.pto")
        warped = sorted(path.name for path in self._folder.glob("warped*.tif"))
        seams = "--primary-seam-generator=nft"  # its own choice, graph-cut, now and then leaves holes where many lenses overlap
        self._do("enblend", seams, "--wrap=horizontal", f"-f{self._size}", "-o", "panorama.tif", *warped)

    def exact(self, pictures: Sequence[Picture], rows: slice) -> None:
        """RGB, along seams of its own: for its quality see `vrlive bench quality`."""

    def panorama(self) -> Array:
        """The last frame, (height, width, 3) RGB."""
        with Image.open(self._folder / "panorama.tif") as panorama:
            return np.asarray(panorama.convert("RGB"), np.float64)

    def _do(self, *command: str) -> None:
        threads = {"OMP_NUM_THREADS": str(usable_cores()), "OMP_WAIT_POLICY": "passive"}  # else it spins for minutes beside other work
        try:
            done = subprocess.run(
                command, cwd=self._folder, env=os.environ | threads, capture_output=True, text=True, check=False, timeout=PATIENCE_S
            )
        except subprocess.TimeoutExpired:
            raise UserError(f"{command[0]} is not done after {PATIENCE_S} s") from None
        if done.returncode:
            raise UserError(f"{command[0]} failed: {done.stderr.strip()[-300:]}")


def fault() -> str | None:
    """Why they cannot take part, and what to do about it; None: they can."""
    missing = " and ".join(program for program in ("nona", "enblend") if not shutil.which(program))
    return f"the rows of nona and enblend are left out (no {missing}): apt install hugin-tools enblend" if missing else None
