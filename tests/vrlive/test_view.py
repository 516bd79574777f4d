import pkgutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from math import radians
from typing import Any

import numpy as np
import pytest

from tests.waiting import PATIENCE_S
from vrlive.capture.demo.cameras import demo_rig
from vrlive.config import CameraConfig, ChannelConfig, StitchConfig, Tuning
from vrlive.frames import Picture
from vrlive.stitch import plan_stitch
from vrlive.units import Size
from vrlive.view import View

OUT = Size(128, 64)
CALIBRATED = demo_rig().lenses[0].frame
HALF = Size(CALIBRATED.width // 2, CALIBRATED.height // 2)


def demo(size: Size = OUT, stitch: StitchConfig | None = None) -> ChannelConfig:
    cameras = tuple(CameraConfig(name=f"cam{index}", url=f"demo:{index}") for index in range(6))
    return ChannelConfig(name="demo", rig="demo", size=size, camera=cameras, stitch=stitch or StitchConfig())


@pytest.fixture
def view(planned: list[Size]) -> Iterator[View]:
    with closing(View(demo())) as view:
        yield view


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
    view.settle()
    view.run([large, small, *[large] * 4], out, 0.12)
    assert planned == [CALIBRATED, HALF]
    assert out.y[32].min() > 100


def test_no_table_is_made_on_the_shows_own_thread(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    makers: list[str] = []

    def noted(*arguments: Any, **options: Any) -> Any:
        makers.append(threading.current_thread().name)
        return plan_stitch(*arguments, **options)

    large, small = Picture.filled(CALIBRATED, (126, 128, 128)), Picture.filled(HALF, (126, 128, 128))
    out = Picture.filled(OUT)
    view.run([large] * 6, out, 0.0)
    monkeypatch.setattr("vrlive.view.plan_stitch", noted)
    view.run([small] * 6, out, 0.04)
    view.settle()
    view.tune(Tuning(roll_deg=3))
    view.settle()
    assert makers == ["plan", "plan"]


def test_a_change_and_a_camera_of_another_size_at_once_both_come_into_force(view: View) -> None:
    large, small = Picture.filled(CALIBRATED, (126, 128, 128)), Picture.filled(HALF, (126, 128, 128))
    out = Picture.filled(OUT)
    view.run([large] * 6, out, 0.0)
    with ThreadPoolExecutor() as operator:
        for turn in range(1, 11):
            cameras = [small if turn % 2 else large] * 6
            asked = operator.submit(view.tune, Tuning(yaw_deg=turn))
            view.run(cameras, out, turn / 25)
            asked.result()
            view.settle()
            view.run(cameras, out, turn / 25)
            assert view.tuning == Tuning(yaw_deg=turn)
            assert out.y[OUT.height // 2].min() > 100


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
    view.settle()
    view.run([fits] * 6, out, 0.12)
    assert view.misfits == {}
    assert out.y.min() > 100


def light_at(out: Picture) -> float:
    """The middle column of what is bright on the horizon."""
    return float(np.flatnonzero(out.y[OUT.height // 2] > 150).mean()) + 0.5


def with_a_light_ahead() -> list[Picture | None]:
    """The first camera, which looks ahead, has a light in the middle of its picture."""
    dark = [Picture.filled(CALIBRATED, (60, 128, 128)) for _ in range(6)]
    middle, reach = CALIBRATED.width // 2, CALIBRATED.width // 40
    dark[0].y[middle - reach : middle + reach, middle - reach : middle + reach] = 235
    return [*dark]


def test_yaw_turns_what_lay_ahead_to_the_right(view: View) -> None:
    pictures, out = with_a_light_ahead(), Picture.filled(OUT)
    view.run(pictures, out, 0.0)
    assert light_at(out) == pytest.approx(OUT.width // 2, abs=1)
    view.tune(Tuning(yaw_deg=45))
    view.settle()
    view.run(pictures, out, 0.04)
    assert light_at(out) == pytest.approx(OUT.width * 5 // 8, abs=1)
    assert view.tuning == Tuning(yaw_deg=45)


def test_a_horizon_that_hangs_to_the_left_is_mended_by_as_much_roll() -> None:
    """Bright sky over dark ground, seen by a camera that leans: the left end of the horizon ahead lies lower, the right end higher."""
    size, lean = Size(256, 128), radians(20)
    yaw = ((np.arange(size.width) + 0.5) / size.width - 0.5) * 2 * np.pi
    pitch = (0.5 - (np.arange(size.height) + 0.5) / size.height) * np.pi
    hanging, out = Picture.filled(size, (60, 128, 128)), Picture.filled(size)
    hanging.y[pitch[:, np.newaxis] > np.arctan(np.tan(lean) * np.sin(yaw))] = 200
    camera = (CameraConfig(name="whole", url="whole.mp4"),)
    with closing(View(ChannelConfig(name="leaning", rig="equirect", size=size, camera=camera))) as view:
        view.run([hanging], out, 0.0)
        left, ahead, right = np.count_nonzero(out.y[:, [64, 128, 192]] > 130, axis=0)
        assert left > ahead + 10 > right + 20
        view.tune(Tuning(roll_deg=20.0))
        view.settle()
        view.run([hanging], out, 0.04)
        assert np.abs(np.count_nonzero(out.y > 130, axis=0) - size.height // 2).max() <= 1


def test_of_a_burst_of_changes_the_newest_wins_and_few_tables_are_made(view: View, planned: list[Size]) -> None:
    pictures, out = with_a_light_ahead(), Picture.filled(OUT)
    view.run(pictures, out, 0.0)
    for number in range(100):
        view.tune(Tuning(yaw_deg=number - 54))
    view.settle()
    view.run(pictures, out, 0.04)
    assert view.tuning == Tuning(yaw_deg=45)
    assert light_at(out) == pytest.approx(OUT.width * 5 // 8, abs=1)
    assert len(planned) < 60


def test_every_frame_is_wholly_of_one_plan() -> None:
    """A show that is turned while it runs: each of its frames is, to the last sample, one that a show at rest would have."""
    size, chance = Size(512, 256), np.random.default_rng(1)
    pictures = [Picture.filled(CALIBRATED, (60, 128, 128)) for _ in range(6)]
    for picture in pictures:
        picture.y[:] = np.repeat(chance.integers(16, 235, (1, CALIBRATED.width)), CALIBRATED.height, axis=0)
    at_rest = {}
    for yaw in (0.0, 40.0, 80.0, 120.0):
        with closing(View(demo(size, StitchConfig(gains=False, yaw_deg=yaw)))) as view:
            out = Picture.filled(size)
            view.run([*pictures], out, 0.0)
            at_rest[yaw] = out.y.tobytes()
    with closing(View(demo(size, StitchConfig(gains=False)))) as view:
        for yaw, wanted in at_rest.items():
            view.tune(Tuning(yaw_deg=yaw))
            for frame in range(100_000):
                view.run([*pictures], out, frame / 25)
                assert out.y.tobytes() in at_rest.values()
                if out.y.tobytes() == wanted:
                    break
            assert out.y.tobytes() == wanted, "the newest is in force"


def test_an_anchor_is_named_by_its_camera() -> None:
    pictures = [Picture.filled(CALIBRATED, (100 + 10 * n, 128, 128)) for n in range(6)]
    with closing(View(demo(stitch=StitchConfig(anchor="cam2")))) as view:
        view.run([*pictures], Picture.filled(OUT), 0.0)
        [eye] = view._eyes
        assert eye.solver
        eye.solver.observe(pictures, 0.04)
        gains = eye.solver.gains_ev.copy()
    assert np.abs(gains[2]).max() == 0
    assert np.abs(np.delete(gains, 2, 0)).min() > 0.05


def test_gains_go_on_over_a_change(view: View) -> None:
    pictures, out = [Picture.filled(CALIBRATED, (100 + 10 * n, 128, 128)) for n in range(6)], Picture.filled(OUT)
    view.run([*pictures], out, 0.0)
    [eye] = view._eyes
    assert eye.solver
    eye.solver.observe(pictures, 0.04)
    view.run([*pictures], out, 0.08)
    before = eye.solver.gains_ev.copy()
    assert np.abs(before).max() > 0.05
    view.tune(Tuning(yaw_deg=10, distance_m=2.0))
    view.settle()
    view.run([*pictures], out, 0.12)
    assert eye.solver.gains_ev == pytest.approx(before, abs=0.01)


def test_a_lost_camera_stays_replaced_over_a_change(view: View) -> None:
    grey, out = Picture.filled(CALIBRATED, (126, 128, 128)), Picture.filled(OUT)
    lost: list[Picture | None] = [None, *[grey] * 5]
    view.run([Picture.filled(CALIBRATED, (235, 128, 128)), *[grey] * 5], out, 0.0)
    view.run(lost, out, 0.04)
    view._eyes[0].mosaic.settle()
    view.run(lost, out, 0.08)
    assert out.y[32].max() < 150
    view.tune(Tuning(yaw_deg=90))
    view.settle()
    view.run(lost, out, 0.12)
    assert out.y[32].max() < 150, "not for one frame the last picture of the lost camera"


@pytest.mark.parametrize("step", ["vrlive.view.plan_stitch", "vrlive.stitch.Mosaic.prepare", "vrlive.view.View._show"])
def test_no_frame_waits_for_a_change(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """The planner stands still within each of its steps, as a thread of low priority may, and frames go on."""
    module, _, name = step.rpartition(".")
    whole = pkgutil.resolve_name(step)
    reached, go_on, waited = threading.Event(), threading.Event(), []

    def held(*arguments: Any, **options: Any) -> Any:
        reached.set()
        waited.append(not go_on.wait(PATIENCE_S))
        return whole(*arguments, **options)

    pictures, out = [Picture.filled(CALIBRATED, (126, 128, 128)) for _ in range(6)], Picture.filled(OUT)
    with closing(View(demo())) as view:
        view.run([*pictures], out, 0.0)
        monkeypatch.setattr(pkgutil.resolve_name(module), name, held)
        view.tune(Tuning(yaw_deg=30, distance_m=2))
        assert reached.wait(PATIENCE_S)
        for frame in range(1, 10):
            view.run([*pictures], out, frame / 10)
        go_on.set()
        view.settle()
        assert not any(waited)
        assert view.tuning == Tuning(yaw_deg=30, distance_m=2)


def test_nothing_but_cameras_of_another_shape_is_black(view: View) -> None:
    out = Picture.filled(OUT)
    view.run([Picture.filled(Size(96, 48), (235, 128, 128))] * 6, out, 0.0)
    assert list(view.misfits) == list(range(6))
    assert out.y.max() == 16
