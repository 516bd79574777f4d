"""The stitched view of a rig: a plan for the cameras' real picture sizes, and gains solved beside the show."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from math import inf, radians

from vrlive.channels import calibrated_rig, fitted_rig
from vrlive.config import ChannelConfig
from vrlive.errors import RigFileError
from vrlive.frames import Picture
from vrlive.nadir import nadir_patch
from vrlive.projection.rig import Rig
from vrlive.stitch import GainSolver, Stitcher, StitchPlan, plan_stitch
from vrlive.tuning import gathers_fast
from vrlive.units import Size
from vrlive.worker import NewestWins

log = logging.getLogger("vrlive.view")

GAINS_EVERY_S = 0.25

Pictures = Sequence[Picture | None]


class View:
    """Stitches a channel's pictures; follows cameras that change their size, and does without those of another shape.

    The plan for pictures of the calibrated sizes is begun at once, on a thread of its own: cameras are opened meanwhile.

    Attributes
    ----------
    misfits
        Why a camera is left out though it delivers, by its position.
    """

    def __init__(self, channel: ChannelConfig) -> None:
        self._stitch, self._rig = channel.stitch, calibrated_rig(channel)
        self._patch = nadir_patch(channel.stitch.nadir, channel.size) if channel.stitch.nadir else None
        self._sizes: list[Size | None] = [None] * len(channel.camera)
        self.misfits: dict[int, str] = {}
        self._stitcher: Stitcher | None = None
        self._solver: GainSolver | None = None
        self._solved_s = 0.0
        planner = ThreadPoolExecutor(1, "plan")
        planner.submit(gathers_fast)
        self._first_plan = planner.submit(self._plan_for, self._rig, channel.size)
        planner.shutdown(wait=False)
        self._worker: NewestWins[tuple[Pictures, float]] = NewestWins("gains", self._solve)

    def run(self, pictures: Pictures, out: Picture, captured_s: float) -> None:
        """Stitch `pictures`, one for each camera and None for a lost one, into `out`."""
        sizes = [picture.size if picture else known for picture, known in zip(pictures, self._sizes, strict=True)]
        if sizes != self._sizes or self._stitcher is None:
            self._follow(sizes, out.size)
        assert self._stitcher is not None
        if self.misfits:
            pictures = [None if index in self.misfits else picture for index, picture in enumerate(pictures)]
        if self._patch:
            pictures = [*pictures, self._patch.picture]
        if self._solver:
            self._stitcher.gains_ev = self._solver.advance(captured_s)
            if captured_s - self._solved_s > GAINS_EVERY_S:
                self._solved_s = captured_s
                self._worker.give((pictures, captured_s))
        self._stitcher.run(pictures, out)

    def close(self) -> None:
        """End the worker."""
        self._worker.close()

    def _follow(self, sizes: list[Size | None], out: Size) -> None:
        known, self._sizes, self.misfits = self.misfits, sizes, _misfits(self._rig, sizes)
        for fault in sorted(set(self.misfits.values()) - set(known.values())):
            log.warning("a camera is left out: %s", fault)
        rig = fitted_rig(self._rig, [None if index in self.misfits else size for index, size in enumerate(sizes)])
        if self._stitcher and self._stitcher.plan.rig == self._patched(rig):  # a camera came whose size is the calibrated one
            return
        plan = self._first_plan.result() if rig == self._rig else self._plan_for(rig, out)
        self._stitcher = Stitcher(plan, gathering=gathers_fast())
        self._solver = GainSolver(plan) if self._stitch.gains and len(rig.lenses) > 1 else None

    def _plan_for(self, rig: Rig, out: Size) -> StitchPlan:
        stitch = self._stitch
        return plan_stitch(self._patched(rig), out, feather_rad=radians(stitch.feather_deg), distance_m=stitch.distance_m or inf)

    def _patched(self, rig: Rig) -> Rig:
        return self._patch.added_to(rig) if self._patch else rig

    def _solve(self, job: tuple[Pictures, float]) -> None:
        solver = self._solver
        if solver:
            solver.observe(*job)


def _misfits(rig: Rig, sizes: Sequence[Size | None]) -> dict[int, str]:
    """What is wrong with each camera whose pictures have another shape than was calibrated."""
    found: dict[int, str] = {}
    for lens in rig.lenses:
        try:
            lens.scaled_to(sizes[lens.input] or lens.frame)
        except RigFileError as fault:
            found[lens.input] = str(fault)
    return found
