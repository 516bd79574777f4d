"""Rigs levelled by films whose telemetry says how the cameras stand."""

from dataclasses import replace
from math import degrees, pi, radians
from pathlib import Path

import numpy as np
import pytest

from tests.vrlive.capture.telemetry import FRAME, film_with, gravity
from vrlive.errors import InputError
from vrlive.levelling import levelled
from vrlive.projection.rig import Lens, Rig, rotation

FRONT = Lens("front", 0, FRAME, "equidistant", 64 / radians(200), (32, 32))
BACK = replace(FRONT, name="back", input=1, yaw=pi)
HALVES = Rig((FRONT, BACK), "halves", 2)


def film(path: Path, lens: Lens, pitch: float, roll: float, seconds: int = 3) -> Path:
    """What a camera films in a rig that is tilted as a whole: GRAV is gravity along the camera's left, down and forward."""
    right, up, backward = (rotation(0, pitch, roll) @ lens.rotation).T @ (0, 1, 0)
    return film_with(path, [gravity(np.tile([right, up, backward], (30, 1)))] * seconds)


def plain(path: Path) -> Path:
    return film_with(path, [b"no telemetry"])


@pytest.mark.parametrize(("pitch", "roll"), [(0.1, 0.0), (0.0, -0.3), (-0.2, 0.5)])
def test_the_rig_is_turned_as_it_stands(tmp_path: Path, pitch: float, roll: float) -> None:
    found = levelled(HALVES, [plain(tmp_path / "a.mp4"), film(tmp_path / "b.mp4", BACK, pitch, roll)])
    assert found is not None
    for lens, was in zip(found.rig.lenses, HALVES.lenses, strict=True):
        assert lens.rotation == pytest.approx(rotation(0, pitch, roll) @ was.rotation, abs=1e-3)


def test_what_was_done_is_said_in_words(tmp_path: Path) -> None:
    files = [film(tmp_path / "a.mp4", FRONT, radians(3), radians(-1.5)), film(tmp_path / "b.mp4", BACK, radians(3), radians(-1.5))]
    found = levelled(HALVES, files)
    assert found is not None
    assert found.words == "levelled by pitch +3.0°, roll −1.5° (the gravity sensor of a.mp4 and 1 more, ±0.0°)"


def test_cameras_that_differ_a_little_are_averaged(tmp_path: Path) -> None:
    found = levelled(HALVES, [film(tmp_path / "a.mp4", FRONT, 0.0, 0.02), film(tmp_path / "b.mp4", BACK, 0.0, 0.06)])
    assert found is not None
    assert found.rig.lenses[0].roll == pytest.approx(0.04, abs=1e-3)
    assert f"±{degrees(0.04):.1f}°" in found.words


def test_cameras_that_disagree_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.mp4 and .*b\.mp4 disagree by 29° about where down is"):
        levelled(HALVES, [film(tmp_path / "a.mp4", FRONT, 0, 0), film(tmp_path / "b.mp4", BACK, 0, 0.5)])


def test_one_film_of_both_lenses_speaks_for_the_front_lens(tmp_path: Path) -> None:
    both = film(tmp_path / "a.mp4", FRONT, 0.1, 0.2)
    for rig, files in (
        (Rig((replace(BACK, input=0), FRONT), "dual", 1), [both]),
        (HALVES, [both, both]),
        (Rig((BACK, FRONT), "halves", 2), [both, both]),
    ):
        found = levelled(rig, files)
        assert found is not None
        ahead = next(lens for lens in found.rig.lenses if lens.name == "front")
        assert (ahead.pitch, ahead.roll) == pytest.approx((0.1, 0.2), abs=1e-3)


def test_files_without_telemetry_level_nothing(tmp_path: Path) -> None:
    assert levelled(HALVES, [plain(tmp_path / "a.mp4"), tmp_path / "b.png"]) is None
