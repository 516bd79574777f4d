"""Garments that move: in a picture they are as somebody would have posed them by hand, and they cost no more than their budget."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from renderer.compositor import Compositor
from renderer.metering import RELIGHT_FRAMES
from tests.renderer.boxes import BLUE, RED, write_box, write_nodding
from vrlive.frames import Picture
from vrlive.show.motion import Clip, Sway, Turntable
from vrlive.show.scene import Garment, Scene, read_scene
from vrlive.units import Size

SIZE = Size(1024, 512)
SMALL = Size(512, 256)
FRAME_S = 1 / 25


@pytest.fixture
def composite() -> Iterator[Any]:
    opened: list[Compositor] = []

    def opening(*garments: Garment, patient: bool = True, size: Size = SIZE) -> Compositor:
        opened.append(Compositor(Scene(name="test", garment=garments), size, patient=patient))
        return opened[-1]

    yield opening
    for each in opened:
        each.close()


def seen(compositor: Compositor, time_s: float = 0.0, size: Size = SIZE) -> Picture:
    picture = Picture.filled(size, (120, 120, 140))
    compositor.run(picture, time_s)
    return picture


def assert_alike(one: Picture, other: Picture) -> None:
    for first, second in zip(one.planes, other.planes, strict=True):
        assert np.abs(first.astype(int) - second).max() <= 1


def dress(**more: Any) -> Garment:
    return read_scene("showroom").garment[0].model_copy(update={"position_m": None, "bearing_deg": 32, "distance_m": 2.6, **more})


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """All triangles: which of them a small picture leaves out is chosen by a garment's first pose."""
    monkeypatch.setattr("renderer.figure.simplified", lambda _, triangles, __: triangles)


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize(
    ("motion", "time_s", "turned_deg"),
    [
        (Turntable(kind="turntable", period_s=20), 1000 * 20 + 13, 234),
        (Sway(kind="sway", amplitude_deg=25, period_s=6), 5, -25 * np.sin(np.pi / 3)),
    ],
)
def test_a_picture_shows_it_as_turned_by_hand(composite: Any, motion: Turntable | Sway, time_s: float, turned_deg: float) -> None:
    """Light, shadow and all."""
    moving, still = composite(dress(motion=motion)), composite(dress(turn_deg=turned_deg))
    seen(moving, time_s + 3)  # it comes from another pose
    assert_alike(seen(moving, time_s), seen(still))


@pytest.mark.parametrize("time_s", [0.0, 0.6, 1.0, 3.3])
def test_a_clip_shows_it_as_its_joints_were_posed_by_hand(composite: Any, tmp_path: Path, time_s: float) -> None:
    """A box that nods by 60° in 2 s, at twice its speed, against a file that is bent so at rest."""
    moving = write_nodding(tmp_path / "nodding.glb", 60.0, 2.0)
    share = (time_s * 2 % 2.0) / 2.0
    bent = write_nodding(tmp_path / "bent.glb", 60.0 * share)
    motion = Clip(kind="clip", name="nod", speed=2.0)
    first, second = (
        Garment(name="box", model=model, bearing_deg=-40, distance_m=2.5, turn_deg=30, motion=each)
        for model, each in ((moving, motion), (bent, None))
    )
    compositor = composite(first)
    seen(compositor, time_s + 0.4)
    assert_alike(seen(compositor, time_s), seen(composite(second)))


def test_a_clip_that_does_not_loop_runs_once_and_stays(composite: Any, tmp_path: Path) -> None:
    moving = write_nodding(tmp_path / "nodding.glb", 60.0, 2.0)
    motion = Clip(kind="clip", name="nod", loop=False)
    compositor = composite(Garment(name="box", model=moving, bearing_deg=0, distance_m=2.5, motion=motion))
    first, half, last, later = (seen(compositor, 5000 + after_s) for after_s in (0, 1, 2, 700))
    assert_alike(last, later)
    assert np.abs(first.y.astype(int) - half.y).max() > 20
    assert np.abs(half.y.astype(int) - last.y).max() > 20


def test_on_air_each_frame_has_one_step_of_drawing_and_after_a_round_none(composite: Any, tmp_path: Path) -> None:
    """Two that move and one that stands: they are drawn in turns, and what was drawn is not drawn again."""
    box = write_box(tmp_path / "box.glb", sides={"front": RED, "back": BLUE}, unlit=False)
    motion = Turntable(kind="turntable", period_s=1)
    garments = (
        Garment(name="one", model=box, bearing_deg=0, distance_m=2.5, motion=motion),
        Garment(name="two", model=box, bearing_deg=90, distance_m=2.5, motion=motion),
        Garment(name="three", model=box, bearing_deg=180, distance_m=2.5),
    )
    compositor = composite(*garments, patient=False, size=SMALL)
    seen(compositor, size=SMALL)  # the first picture has them all
    steps, drawn = [0], []
    desk = compositor._desk
    current, paint = desk._current, desk.paint

    def counted(work: Any) -> Any:
        for_real = current(work)
        while True:
            try:
                next(for_real)
            except StopIteration as end:
                return end.value
            steps[0] += 1
            yield

    def noted(name: str, *more: Any) -> Any:
        drawn.append(name)
        return paint(name, *more)

    desk._current, desk.paint = counted, noted
    most = 0
    for number in range(1, 60 * RELIGHT_FRAMES):
        before = steps[0]
        seen(compositor, number * FRAME_S, SMALL)
        most = max(most, steps[0] - before)
        if number % (4 * RELIGHT_FRAMES) == 0 and not drawn:
            break
        if number % (4 * RELIGHT_FRAMES) == 0:
            last, drawn[:] = list(drawn), []
    assert most <= 1
    assert not drawn  # all views are there
    assert {"one", "two"} == set(last) - {"three"}
    rings = [role.ring for role in compositor._cast.roles.values()]
    assert sorted(len(ring._views) for ring in rings) == [1, 25, 25]


def test_on_air_it_ends_up_as_turned_by_hand_too(composite: Any, tmp_path: Path) -> None:
    """Views lie 14.4° apart; at the time of one, it is shown exactly."""
    box = write_box(tmp_path / "box.glb", sides={"front": RED, "back": BLUE})
    motion = Turntable(kind="turntable", period_s=1)
    compositor = composite(Garment(name="box", model=box, bearing_deg=10, distance_m=2.5, motion=motion), patient=False, size=SMALL)
    for number in range(12 * RELIGHT_FRAMES + 8):
        last = seen(compositor, number * FRAME_S, SMALL)
    turned_deg = 7 / 25 * 360
    assert_alike(
        last, seen(composite(Garment(name="box", model=box, bearing_deg=10, distance_m=2.5, turn_deg=turned_deg), size=SMALL), size=SMALL)
    )
