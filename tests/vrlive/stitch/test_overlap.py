"""Steps at seams, and who disagrees with whom."""

from math import radians

import numpy as np
import pytest

from tests.vrlive.stitch.rigs import dual_fisheye, photograph
from vrlive.frames import Picture
from vrlive.projection.outputs import Face
from vrlive.stitch.overlap import disagreement, look, seam_band, seam_steps, uncovered
from vrlive.units import Size

FACE = Face(Size(256, 128))
RIG = dual_fisheye()


def test_a_step_at_a_seam_is_measured_less_what_the_picture_does_there_anyhow() -> None:
    seen = look(RIG, photograph(RIG), FACE, feather_rad=radians(10))
    slope = np.tile(np.minimum(np.arange(256), 255 - np.arange(256)) * 0.5, (128, 1))
    owner = seen.shares.argmax(0)
    steps = seam_steps(RIG, seen, slope + 20.0 * owner)
    assert [*steps] == [("left", "right")]
    assert steps["left", "right"] == pytest.approx(20, abs=2.5)
    assert seam_steps(RIG, seen, slope)["left", "right"] == pytest.approx(0, abs=0.5)


def test_lenses_disagree_by_what_they_differ() -> None:
    halves = Picture.filled(Size(320, 160), (100, 128, 128))
    halves.y[:, 160:] = 130
    seen = look(RIG, [halves], FACE, feather_rad=radians(10))
    found = disagreement(seen)
    assert np.nanmedian(found) == pytest.approx(30, abs=0.1)
    assert np.isnan(found).mean() > 0.5
    assert 0.02 < seam_band(seen).mean() < 0.2
    assert uncovered(seen) < 0.01
