"""A picture of several faces, each stitched by a plan of its own into its part of the picture."""

from collections.abc import Sequence
from math import inf

import numpy as np
from numpy.typing import NDArray

from vrlive.frames import Picture
from vrlive.projection.outputs import Output
from vrlive.projection.rig import Rig
from vrlive.stitch.plan import StitchPlan, plan_stitch
from vrlive.stitch.stitcher import Stitcher


class Mosaic:
    """Stitches a rig to an output, as `Stitcher` does to one face. One thread runs it.

    Parameters
    ----------
    rig, feather_rad, distance_m
        As of `plan_stitch`.
    gathering
        As of `Stitcher`.
    output
        What to show. Parts of the picture that none of its faces covers are left alone.
    """

    def __init__(self, rig: Rig, output: Output, *, feather_rad: float, distance_m: float = inf, gathering: bool = False) -> None:
        self.output = output
        plans = [plan_stitch(rig, placed.face, feather_rad=feather_rad, distance_m=distance_m) for placed in output.faces]
        self._stitchers = [Stitcher(plan, gathering=gathering) for plan in plans]

    @property
    def plan(self) -> StitchPlan:
        """The plan of the first face: of the rig and its distance, which are the same for all."""
        return self._stitchers[0].plan

    @property
    def gains_ev(self) -> NDArray[np.float64]:
        """Exposure correction of each lens, as of `Stitcher`."""
        return self._stitchers[0].gains_ev

    @gains_ev.setter
    def gains_ev(self, gains_ev: NDArray[np.float64]) -> None:
        for stitcher in self._stitchers:
            stitcher.gains_ev = gains_ev

    def run(self, pictures: Sequence[Picture | None], out: Picture) -> None:
        """Stitch one frame: a picture for each input, None where there is none, into `out`, which has the output's size."""
        assert out.size == self.output.size, f"{out.size} instead of {self.output.size}"
        for stitcher, placed in zip(self._stitchers, self.output.faces, strict=True):
            stitcher.run(pictures, out.part(placed.left, placed.top, placed.face.size))
