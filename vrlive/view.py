"""The stitched view of a rig: a plan for the cameras' real picture sizes, and gains solved beside the show.

Whatever takes long happens beside the show: tables for cameras of another size, for a turned horizon, for another distance. The show goes
on with the old ones and takes over the new between two frames.
"""

import logging
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import inf, radians

from vrlive.channels import calibrated_rig, channel_nadir, fitted_rig
from vrlive.config import ChannelConfig, Tuning
from vrlive.errors import RigFileError
from vrlive.frames import Picture
from vrlive.projection.rig import Lens, Rig
from vrlive.showing import eyes_of, sphere_output
from vrlive.stitch import Change, GainSolver, Mosaic, StitchPlan, plan_stitch
from vrlive.tuning import gathers_fast
from vrlive.units import Size
from vrlive.worker import NewestWins

log = logging.getLogger("vrlive.view")

GAINS_EVERY_S = 0.25
BESIDE_THE_SHOW = 5  # niceness of the thread that makes tables, and of those that it makes them with

Pictures = Sequence[Picture | None]
Job = tuple[Rig, Tuning]
Plans = tuple[StitchPlan, ...]
"""Of the faces of one eye's picture."""


class View:
    """Stitches a channel's pictures; follows cameras that change their size, and does without those of another shape.

    The plan for pictures of the calibrated sizes is begun at once, on a thread of its own: cameras are opened meanwhile.

    Attributes
    ----------
    rig
        The channel's, levelled, for pictures of the calibrated sizes.
    misfits
        Why a camera is left out though it delivers, by its position.
    """

    def __init__(self, channel: ChannelConfig) -> None:
        self._stitch, self.rig, self._stereo = channel.stitch, calibrated_rig(channel), channel.stereo
        self._output = sphere_output(channel.picture.projection, channel.size)
        self._patch = channel_nadir(channel)
        self._anchors = {index for index, camera in enumerate(channel.camera) if camera.name == channel.stitch.anchor}
        self._names = [camera.name for camera in channel.camera]
        self._sizes: list[Size | None] = [None] * len(channel.camera)
        self.misfits: dict[int, str] = {}
        self._fitted, self._wanted = self.rig, channel.stitch.tuning
        self._shown: Job | None = None
        self._changed = threading.Condition()  # guards what is wanted and what is shown
        self._changes: deque[list[tuple[Mosaic, Sequence[Change]]]] = deque(maxlen=1)  # a lock would have frames wait for the planner
        self._eyes: tuple[_Eye, ...] = ()  # of the picture; none before the first
        self._solved_s = 0.0
        planner = ThreadPoolExecutor(1, "plan")
        planner.submit(gathers_fast)
        self._first_plan = planner.submit(self._plan_for, self.rig, self._wanted)
        planner.shutdown(wait=False)
        self._gains_worker: NewestWins[tuple[Pictures, float]] = NewestWins("gains", self._solve)
        self._plan_worker: NewestWins[Job] = NewestWins("plan", self._replan, niceness=BESIDE_THE_SHOW)

    @property
    def tuning(self) -> Tuning:
        """What is in force; before the first picture, what the channel begins with."""
        return self._shown[1] if self._shown else self._stitch.tuning

    @property
    def lenses(self) -> dict[str, list[Lens]]:
        """The lenses of each camera by its name, turned as the picture is now."""
        assert self._eyes, "no picture has been stitched yet"
        seen = dict.fromkeys(lens for eye in self._eyes for lens in eye.mosaic.plan.rig.lenses)  # some see for both eyes
        lenses = [lens for lens in seen if not lens.patch]
        return {name: [lens for lens in lenses if lens.input == number] for number, name in enumerate(self._names)}

    def run(self, pictures: Pictures, out: Picture, captured_s: float) -> None:
        """Stitch `pictures`, one for each camera and None for a lost one, into `out`."""
        sizes = [picture.size if picture else known for picture, known in zip(pictures, self._sizes, strict=True)]
        if sizes != self._sizes or not self._eyes:
            self._follow(sizes)
        eyes = self._eyes  # the planner may put others in their place at any time
        if self.misfits:
            pictures = [None if index in self.misfits else picture for index, picture in enumerate(pictures)]
        if self._patch:
            pictures = [*pictures, self._patch.picture]
        if captured_s - self._solved_s > GAINS_EVERY_S and any(eye.solver for eye in eyes):
            self._solved_s = captured_s
            self._gains_worker.give((pictures, captured_s))
        self._change()
        for eye in eyes:
            if eye.solver:
                eye.mosaic.gains_ev = eye.solver.advance(captured_s)
            eye.mosaic.run(pictures, out)

    def tune(self, tuning: Tuning) -> None:
        """Turn the picture, or take the scene for nearer or farther, as soon as tables for that are made; any thread may ask."""
        with self._changed:
            if tuning != self._wanted:
                self._wanted = tuning
                self._begin()

    def settle(self) -> None:
        """Wait until what was asked for, or what cameras have made necessary, is in force."""
        with self._changed:
            self._changed.wait_for(lambda: self._shown == (self._fitted, self._wanted))

    def close(self) -> None:
        """End the workers."""
        self._gains_worker.close()
        self._plan_worker.close()

    def _change(self) -> None:
        """Take over what was made beside the show: all faces of both eyes at once."""
        while self._changes:
            for mosaic, change in self._changes.popleft():
                mosaic.take(change)

    def _follow(self, sizes: list[Size | None]) -> None:
        """Adapt to what sizes the cameras' pictures have; the first time at once, later beside the show."""
        known, self._sizes, self.misfits = self.misfits, sizes, _misfits(self.rig, sizes)
        for fault in sorted(set(self.misfits.values()) - set(known.values())):
            log.warning("a camera is left out: %s", fault)
        rig = fitted_rig(self.rig, [None if index in self.misfits else size for index, size in enumerate(sizes)])
        first = not self._eyes
        if first:
            self._use(self._first_plan.result() if rig == self.rig else self._plan_for(rig, self.tuning))
            self._show((rig, self.tuning))
        with self._changed:
            anew = self.tuning != self._wanted if first else rig != self._fitted
            self._fitted = rig
            if anew:
                self._begin()

    def _begin(self) -> None:
        """Have tables made for what is wanted now. Before there is a picture, the first one waits for that anyhow."""
        if self._eyes:
            self._plan_worker.give((self._fitted, self._wanted))

    def _replan(self, job: Job) -> None:
        """Make tables, on the worker's thread, and hand them over."""
        plans = self._plan_for(*job)
        if all(_frames(plan[0].rig) == _frames(eye.mosaic.plan.rig) for plan, eye in zip(plans, self._eyes, strict=True)):
            self._changes.append([(eye.mosaic, eye.mosaic.prepare(plan)) for plan, eye in zip(plans, self._eyes, strict=True)])
            for plan, eye in zip(plans, self._eyes, strict=True):
                if eye.solver and plan[0].distance_m != (self.tuning.distance_m or inf):
                    eye.solver = self._solver_for(plan[0], eye.solver)
        else:
            self._use(plans)
        self._show(job)

    def _use(self, plans: tuple[Plans, ...]) -> None:
        """Begin anew with lenses of other sizes."""
        known = [eye.solver for eye in self._eyes] or [None] * len(plans)
        outputs = [output for _, output in eyes_of(self.rig, self._output, stereo=self._stereo)]
        self._eyes = tuple(
            _Eye(Mosaic(output, plan, gathering=gathers_fast()), self._solver_for(plan[0], solver))
            for output, plan, solver in zip(outputs, plans, known, strict=True)
        )

    def _show(self, job: Job) -> None:
        with self._changed:
            self._shown = job
            self._changed.notify_all()

    def _solver_for(self, plan: StitchPlan, known: GainSolver | None) -> GainSolver | None:
        if not self._stitch.gains or sum(not lens.patch for lens in plan.rig.lenses) < 2:
            return None
        found = known.gains_ev if known and known.gains_ev.any() else None  # nothing yet: then its first solution counts at once
        anchor = next((index for index, lens in enumerate(plan.rig.lenses) if lens.input in self._anchors), None)  # or its first lens
        return GainSolver(plan.rig, plan.distance_m, anchor=anchor, gains_ev=found)

    def _plan_for(self, rig: Rig, tuning: Tuning) -> tuple[Plans, ...]:
        turned = rig.turned(radians(tuning.yaw_deg), radians(tuning.pitch_deg), radians(tuning.roll_deg))
        feather_rad, distance_m = radians(self._stitch.feather_deg), tuning.distance_m or inf
        shown = self._patch.added_to(turned) if self._patch else turned
        return tuple(
            tuple(plan_stitch(lenses, placed.face, feather_rad=feather_rad, distance_m=distance_m) for placed in output.faces)
            for lenses, output in eyes_of(shown, self._output, stereo=self._stereo)
        )

    def _solve(self, job: tuple[Pictures, float]) -> None:
        for eye in self._eyes:
            if eye.solver:
                eye.solver.observe(*job)


@dataclass(slots=True)
class _Eye:
    """What makes the picture of one eye, and matches the cameras in it; the one of both in mono."""

    mosaic: Mosaic
    solver: GainSolver | None


def _frames(rig: Rig) -> list[Size]:
    """Size of each input's pictures."""
    sizes = {lens.input: lens.frame for lens in rig.lenses}
    return [sizes[index] for index in range(rig.inputs)]


def _misfits(rig: Rig, sizes: Sequence[Size | None]) -> dict[int, str]:
    """What is wrong with each camera whose pictures have another shape than was calibrated."""
    found: dict[int, str] = {}
    for lens in rig.lenses:
        try:
            lens.scaled_to(sizes[lens.input] or lens.frame)
        except RigFileError as fault:
            found[lens.input] = str(fault)
    return found
