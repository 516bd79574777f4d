"""Many lenses in, one equirectangular picture out."""

from vrlive.stitch.gains import GainSolver
from vrlive.stitch.mosaic import Mosaic, plan_output
from vrlive.stitch.plan import StitchPlan, plan_stitch
from vrlive.stitch.stitcher import Change, Stitcher

__all__ = ["Change", "GainSolver", "Mosaic", "StitchPlan", "Stitcher", "plan_output", "plan_stitch"]
