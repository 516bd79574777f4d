"""Garments changed on air: drawn beside the programme, which never waits, and seen soon."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from renderer.compositor import Compositor
from tests.renderer.boxes import BLUE, RED, write_box
from tests.renderer.test_compositor import grey, rgb_at
from tests.waiting import crowding
from vrlive.errors import UserError
from vrlive.show.motion import Turntable
from vrlive.show.scene import Garment, GarmentTuning, Scene
from vrlive.units import Size

SIZE = Size(512, 256)
FRAME_S = 0.04
SOON_S = 0.25
RIGHT_M = (2.5, -1.6, 0.0)
PATIENCE_S = 20.0  # a busy machine may be slow, never wrong


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Compositor]:
    """A box straight ahead, with others that are drawn anew all the time beside it."""
    box = write_box(tmp_path / "box.glb", variants={"rouge": RED, "ink": BLUE})
    others = tuple(Garment(name=f"other-{n}", model=box, bearing_deg=60 * n, distance_m=3) for n in range(1, 6))
    scene = Scene(name="x", garment=(Garment(name="box", model=box, bearing_deg=0, distance_m=2.5), *others))
    compositor = Compositor(scene, SIZE, beside=True)
    yield compositor
    compositor.close()


def seen(show: Compositor, yaw_rad: float = 0.0) -> list[float]:
    """The colour of a direction in the next frame."""
    picture = grey(size=SIZE)
    show.run(picture)
    return [float(value) for value in rgb_at(picture, yaw_rad, -0.4).round()]


def until_seen(show: Compositor, colour: tuple[float, float, float], before: list[float], yaw_rad: float = 0.0) -> float:
    """Seconds until a colour is seen, at 25 pictures a second; until then it is what it was."""
    began_s = time.monotonic()
    while (found := seen(show, yaw_rad)) != list(colour):
        assert found == before
        assert time.monotonic() - began_s < PATIENCE_S
        time.sleep(FRAME_S)
    return time.monotonic() - began_s


def test_the_first_picture_has_all_garments(show: Compositor) -> None:
    assert seen(show) == list(RED)
    assert len(show.shown) == 6


def test_another_variant_or_place_is_seen_within_a_quarter_of_a_second(show: Compositor) -> None:
    """The best of several changes, for others may be at work on this machine; others of the scene are drawn at the same time."""
    before, took_s = seen(show), list[float]()
    for variant, colour in [("ink", BLUE), ("rouge", RED)] * 3:
        show._cast.stale.update(show._cast.standing)
        show.change("box", GarmentTuning(variant=variant))
        took_s.append(until_seen(show, colour, before))
        before = list(colour)
    assert min(took_s) < SOON_S * crowding()
    assert show.shown["box"].variant == "rouge"
    took_s.clear()
    for place, yaw in [(RIGHT_M, np.pi / 2), (None, 0.0)] * 3:
        show.change("box", GarmentTuning(position_m=place))
        took_s.append(until_seen(show, RED, seen(show, yaw), yaw))
    assert min(took_s) < SOON_S * crowding()


def test_what_is_moved_leaves_its_place_and_hides_what_is_behind_its_new_one(show: Compositor) -> None:
    """From straight ahead to the front of the other at 60°, which was as far away as all others."""
    ahead = seen(show)
    show.change("box", GarmentTuning(position_m=(1.3, -1.6, -0.75), variant="ink"))
    until_seen(show, BLUE, seen(show, 1.047), 1.047)
    assert seen(show) != ahead
    assert list(show._cast.roles)[-1] == "box"
    assert show.garments[-1].yaw_rad == pytest.approx(1.047, abs=0.01)
    show.change("box", GarmentTuning())
    until_seen(show, RED, seen(show))


def test_what_stood_still_may_be_set_in_motion(show: Compositor) -> None:
    seen(show)
    motion = Turntable(kind="turntable", period_s=20)
    show.change("box", GarmentTuning(motion=motion))
    ends_s = time.monotonic() + PATIENCE_S
    while show.shown["box"].garment.motion != motion:
        assert time.monotonic() < ends_s
        time.sleep(FRAME_S)
        seen(show)


def test_what_is_hidden_is_gone_at_once_and_back_at_once(show: Compositor) -> None:
    seen(show)
    show.change("box", GarmentTuning(visible=False))
    assert seen(show) not in (list(RED), list(BLUE))
    assert not show.shown["box"].visible
    show.change("box", GarmentTuning())
    assert seen(show) == list(RED)


def test_the_programme_never_waits_for_what_is_drawn(show: Compositor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A painter that takes a second holds up no frame."""
    assert show._desk is not None
    before, paint = seen(show), show._desk.paint

    def slowly(*asked: object) -> object:
        time.sleep(1)
        return paint(*asked)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(show._desk, "paint", slowly)
    show.change("box", GarmentTuning(variant="ink"))
    longest_s, began_s = 0.0, time.monotonic()
    while time.monotonic() - began_s < 1:
        frame_s = time.monotonic()
        assert seen(show) == before
        longest_s = max(longest_s, time.monotonic() - frame_s)
        time.sleep(FRAME_S)
    assert longest_s < 0.8, "a frame waited for the painter"
    until_seen(show, BLUE, before)


def test_what_is_changed_before_the_first_picture_is_so_in_it(show: Compositor) -> None:
    show.change("box", GarmentTuning(variant="ink", position_m=RIGHT_M))
    assert seen(show, np.pi / 2) == list(BLUE)


def test_what_cannot_be_is_refused_and_changes_nothing(show: Compositor) -> None:
    seen(show)
    with pytest.raises(UserError, match=r"“inkk” is no variant of box; did you mean “ink”\?"):
        show.change("box", GarmentTuning(variant="inkk"))
    with pytest.raises(UserError, match=r"“bok” is no garment; did you mean “box”\?"):
        show.change("bok", GarmentTuning())
    assert seen(show) == list(RED)
