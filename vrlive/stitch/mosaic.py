"""A picture of several faces, each stitched by a plan of its own into its part of the picture."""

from collections.abc import Sequence
from math import inf

import numpy as np
from numpy.typing import NDArray

from vrlive.frames import Picture
from vrlive.projection.outputs import Output
from vrlive.projection.rig import Rig
from vrlive.stitch.plan import StitchPlan, plan_stitch
from vrlive.stitch.stitcher import Change, Stitcher


def plan_output(rig: Rig, output: Output, *, feather_rad: float, distance_m: float = inf) -> tuple[StitchPlan, ...]:
    """A plan for each face of an output; parameters are those of `plan_stitch`."""
    return tuple(plan_stitch(rig, placed.face, feather_rad=feather_rad, distance_m=distance_m) for placed in output.faces)


class Mosaic:
    """Stitches a rig to an output, as `Stitcher` does to one face. One thread runs it.

    Parameters
    ----------
    output
        What to show. Parts of the picture that none of its faces covers are left alone.
    plans
        One for each of its faces; see `plan_output`.
    gathering
        As of `Stitcher`.
    """

    def __init__(self, output: Output, plans: Sequence[StitchPlan], *, gathering: bool = False) -> None:
        self.output = output
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

    def prepare(self, plans: Sequence[StitchPlan]) -> list[Change]:
        """All that takes long of a change to other plans for the same lenses and faces; see `Stitcher.prepare`."""
        return [stitcher.prepare(plan) for stitcher, plan in zip(self._stitchers, plans, strict=True)]

    def take(self, changes: Sequence[Change]) -> None:
        """Make it, before the next frame; not while one is stitched."""
        for stitcher, change in zip(self._stitchers, changes, strict=True):
            stitcher.take(change)

    def settle(self) -> None:
        """Wait for plans that are being made, if there are any."""
        for stitcher in self._stitchers:
            stitcher.settle()

    def run(self, pictures: Sequence[Picture | None], out: Picture) -> None:
        """Stitch one frame: a picture for each input, None where there is none, into `out`, which has the output's size."""
        assert out.size == self.output.size, f"{out.size} instead of {self.output.size}"
        for stitcher, placed in zip(self._stitchers, self.output.faces, strict=True):
            stitcher.run(pictures, out.part(placed.left, placed.top, placed.face.size))
