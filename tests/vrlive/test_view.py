from collections.abc import Iterator
from typing import Any

import pytest

from vrlive.capture.demo.cameras import demo_rig
from vrlive.config import CameraConfig, ChannelConfig
from vrlive.frames import Picture
from vrlive.stitch import plan_stitch
from vrlive.units import Size
from vrlive.view import View

OUT = Size(128, 64)
CALIBRATED = demo_rig().lenses[0].frame
HALF = Size(CALIBRATED.width // 2, CALIBRATED.height // 2)


@pytest.fixture
def view(planned: list[Size]) -> Iterator[View]:
    cameras = tuple(CameraConfig(name=f"cam{index}", url=f"demo:{index}") for index in range(6))
    view = View(ChannelConfig(name="demo", rig="demo", size=OUT, camera=cameras))
    yield view
    view.close()


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[Size]:
    """For each plan that is made, the size of the second camera's frames in it."""
    sizes: list[Size] = []

    def noted(rig: Any, *arguments: Any, **options: Any) -> Any:
        sizes.append(rig.lenses[1].frame)
        return plan_stitch(rig, *arguments, **options)

    monkeypatch.setattr("vrlive.view.plan_stitch", noted)
    return sizes


def test_cameras_that_come_one_by_one_cost_one_plan(view: View, planned: list[Size]) -> None:
    grey = Picture.filled(CALIBRATED, (126, 128, 128))
    out = Picture.filled(OUT)
    for there in range(1, 7):
        view.run([grey] * there + [None] * (6 - there), out, there / 25)
    assert planned == [CALIBRATED]
    assert out.y.min() > 100


def test_a_camera_that_comes_back_with_another_size_is_planned_anew(view: View, planned: list[Size]) -> None:
    large, small = Picture.filled(CALIBRATED, (126, 128, 128)), Picture.filled(HALF, (126, 128, 128))
    out = Picture.filled(OUT)
    view.run([large] * 6, out, 0.0)
    view.run([large, None, *[large] * 4], out, 0.04)
    view.run([large, small, *[large] * 4], out, 0.08)
    view.run([large, small, *[large] * 4], out, 0.12)
    assert planned == [CALIBRATED, HALF]
    assert out.y[32].min() > 100


def test_a_camera_of_another_shape_is_left_out_and_told_of_until_it_fits(view: View, caplog: pytest.LogCaptureFixture) -> None:
    fits, wide = Picture.filled(CALIBRATED, (126, 128, 128)), Picture.filled(Size(96, 48), (235, 128, 128))
    out = Picture.filled(OUT)
    view.run([fits, wide, *[fits] * 4], out, 0.0)
    assert list(view.misfits) == [1]
    assert f"was calibrated in frames of {CALIBRATED}, but input 1 is 96x48" in view.misfits[1]
    assert 100 < out.y.max() < 140  # its neighbours only
    view.run([fits, wide, *[fits] * 3, None], out, 0.04)
    assert caplog.text.count("a camera is left out") == 1
    view.run([fits] * 6, out, 0.08)
    assert view.misfits == {}
    assert out.y.min() > 100


def test_nothing_but_cameras_of_another_shape_is_black(view: View) -> None:
    out = Picture.filled(OUT)
    view.run([Picture.filled(Size(96, 48), (235, 128, 128))] * 6, out, 0.0)
    assert list(view.misfits) == list(range(6))
    assert out.y.max() == 16
