"""The stitcher: one picture a camera in, one panorama out, every frame, by a plan made before."""

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vrlive.frames import BLACK, Picture
from vrlive.projection.rig import Rig
from vrlive.stitch import warp
from vrlive.stitch.lanes import BELOW, LONGEST_ROW, PLANES
from vrlive.stitch.photometry import colour_matrices, kernel_colours
from vrlive.stitch.plan import StitchPlan, plan_stitch
from vrlive.units import Size

BLACK_MARGIN = 64  # a little before a plane's first sample may be read
BLACK_BYTES = 65_536 + 256 + 2 * BLACK_MARGIN  # an entry begins anywhere in a row and reaches 256 samples on

Change = tuple[StitchPlan, StitchPlan | None]
"""Another plan, and the one without what cameras are missing."""


class Stitcher:
    """Runs a plan on pictures, into buffers the caller owns. One thread runs it.

    Parameters
    ----------
    plan
        The plan for the complete rig. When a camera is missing, a plan that lets its neighbours take over is made on a thread of its
        own; until it is there, that camera's last picture stays.
    gathering
        Which of two ways to fetch samples; which is faster depends on the processor (see `vrlive.stitch.lanes`).
    """

    def __init__(self, plan: StitchPlan, *, gathering: bool = False) -> None:
        self._gathering = gathering
        self._missing = frozenset[int]()
        self._coming: Change | None = None
        self.plan = plan
        self._reduced: StitchPlan | None = None
        self._making: threading.Thread | None = None
        self._frames = _frame_sizes(plan.rig)
        self._last: list[Picture | None] = [None] * plan.rig.inputs
        lenses = len(plan.rig.lenses)
        self._black = [np.full(BLACK_BYTES, code, np.uint8) for code in BLACK]
        self._planes = np.zeros((lenses + 1, 2, PLANES), np.uint64)
        self._planes[:, 0] = [plane.ctypes.data + BLACK_MARGIN for plane in self._black]
        self._gains_ev = np.zeros((lenses, 3))
        self._colours = np.empty((lenses + 1, 3, 4), np.float32)
        self._colours[lenses] = kernel_colours(colour_matrices(np.zeros((1, 3))), BELOW)[0]
        self.gains_ev = self._gains_ev
        self._scratch = np.empty((warp.BANDS, warp.SCRATCH), np.uint32)

    @property
    def gains_ev(self) -> NDArray[np.float64]:
        """Exposure correction of each lens: (lenses, 3) float64, log2 of the factor on linear R, G and B."""
        return self._gains_ev

    @gains_ev.setter
    def gains_ev(self, gains_ev: NDArray[np.float64]) -> None:
        assert gains_ev.shape == self._gains_ev.shape, f"gains of shape {gains_ev.shape}"
        self._gains_ev = gains_ev
        self._colours[:-1] = kernel_colours(colour_matrices(gains_ev), BELOW)

    def change(self, plan: StitchPlan) -> None:
        """Take over another plan for the same lenses, turned or at another distance, between two frames.

        Meant for another thread than that of `run`: the plan for what cameras are missing is made here, too.
        """
        self.take(self.prepare(plan))

    def prepare(self, plan: StitchPlan) -> Change:
        """All that takes long of a change."""
        assert _frame_sizes(plan.rig) == self._frames, "another plan for the same lenses"
        missing = self._missing
        return plan, _without(plan, missing) if missing else None

    def take(self, change: Change) -> None:
        """Make a change that was prepared, before the next frame."""
        self._coming = change

    def run(self, pictures: Sequence[Picture | None], out: Picture) -> None:
        """Stitch one frame.

        Parameters
        ----------
        pictures
            One for each input of the rig, of the size the rig says; None where there is none.
        out
            Overwritten; it has the plan's size.
        """
        assert out.size == self.plan.size, f"{out.size} instead of {self.plan.size}"
        coming, self._coming = self._coming, None
        if coming:
            self.plan, self._reduced = coming
        usable = [picture is not None and picture.size == size for picture, size in zip(pictures, self._frames, strict=True)]
        self._last = [new if good else old for new, good, old in zip(pictures, usable, self._last, strict=True)]
        missing = self._missing = frozenset(index for index, good in enumerate(usable) if not good)
        if not any(usable):
            _blacken(out)
        elif (place := self.plan.passthrough) and (picture := pictures[self.plan.rig.lenses[0].input]):
            out.copy_from(picture.part(*place, out.size))
        else:
            self._warp(self._plan_without(missing) or self.plan, out)

    def settle(self) -> None:
        """Wait for a plan that is being made, if there is one."""
        if self._making:
            self._making.join()

    def _plan_without(self, missing: frozenset[int]) -> StitchPlan | None:
        """The plan that does without these inputs; None while it is being made."""
        if not missing:
            return self.plan
        if self._reduced and self._reduced.missing == missing and self._reduced.rig is self.plan.rig:
            return self._reduced
        if not (self._making and self._making.is_alive()):
            self._making = threading.Thread(target=self._reduce, args=(missing,), name="stitch-plan", daemon=True)
            self._making.start()
        return None

    def _reduce(self, missing: frozenset[int]) -> None:
        self._reduced = _without(self.plan, missing)

    def _warp(self, plan: StitchPlan, out: Picture) -> None:
        for lens, row in zip(plan.rig.lenses, self._planes, strict=False):  # the last row stays black
            self._point_at(self._last[lens.input], row)
        gathering = self._gathering and bool(self._planes[:, 1].max() <= LONGEST_ROW)
        warp.stitch_tiles(*plan.tables, self._planes, self._colours, gathering, self._scratch, out.y, out.u, out.v)

    def _point_at(self, picture: Picture | None, row: NDArray[np.uint64]) -> None:
        """Write addresses and strides of a picture, or of black, into a row of the kernel's `planes`."""
        if picture is None:
            row[:] = self._planes[-1]
            return
        assert picture.u.strides == picture.v.strides, "U and V have rows of one length"
        for index, plane in enumerate(picture.planes):
            assert plane.strides[1] == 1, "samples of a row must follow each other"
            row[:, index] = plane.ctypes.data, plane.strides[0]


def _without(plan: StitchPlan, missing: frozenset[int]) -> StitchPlan:
    """The same plan, without some inputs."""
    return plan_stitch(plan.rig, plan.face, feather_rad=plan.feather_rad, distance_m=plan.distance_m, missing=missing)


def _frame_sizes(rig: Rig) -> list[Size | None]:
    """What size each input's pictures have; None for an input that no lens uses."""
    sizes = {lens.input: lens.frame for lens in rig.lenses}
    return [sizes.get(index) for index in range(rig.inputs)]


def _blacken(out: Picture) -> None:
    for plane, code in zip(out.planes, BLACK, strict=True):
        plane.fill(code)
