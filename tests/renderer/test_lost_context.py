"""OpenGL fails in mid-show, as a driver or a graphics card does: the show goes on, and garments come back."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from renderer import desk as module
from renderer.compositor import Compositor
from renderer.context import Context
from renderer.desk import RETRY_FRAMES
from tests.renderer.boxes import BLUE, RED, write_box
from tests.renderer.test_compositor import grey, rgb_at
from vrlive.errors import RenderUnavailable
from vrlive.show.scene import Garment, Scene
from vrlive.units import Size

SIZE = Size(512, 256)


@pytest.fixture
def show(tmp_path: Path) -> Any:
    box = write_box(tmp_path / "box.glb", variants={"rouge": RED, "ink": BLUE})
    compositor = Compositor(Scene(name="x", garment=(Garment(name="box", model=box, bearing_deg=0, distance_m=2.5),)), SIZE)
    yield compositor
    compositor.close()


def seen(show: Compositor) -> list[float]:
    """The box's colour in the next frame."""
    picture = grey(size=SIZE)
    show.run(picture)
    return [float(value) for value in rgb_at(picture, 0, -0.4).round()]


def lose(show: Compositor) -> None:
    """The context is gone, and nobody told us."""
    assert show._desk is not None
    show._desk._context.close()


def test_garments_stay_and_come_back(show: Compositor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    assert seen(show) == list(RED)
    lose(show)
    show.set_variant("box", "ink")  # something has to be drawn
    frames = [seen(show) for _ in range(RETRY_FRAMES // 2)]
    assert all(frame == list(RED) for frame in frames)  # as it was drawn last
    assert "the OpenGL context was lost" in show.fault
    frames = [seen(show) for _ in range(RETRY_FRAMES)]
    assert frames[-1] == list(BLUE)
    assert show.fault == ""
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "garments stand still until OpenGL works again",
        "OpenGL works again",
    ]


def test_a_driver_that_stays_broken_is_tried_less_and_less(
    show: Compositor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    seen(show)
    tried = []

    class Broken(Context):
        def __init__(self) -> None:
            tried.append(show._frames)
            raise RenderUnavailable("no EGL display gives an OpenGL 4.5 core context")

    monkeypatch.setattr(module, "Context", Broken)
    lose(show)
    show.set_variant("box", "ink")
    assert all(seen(show) == list(RED) for _ in range(8 * RETRY_FRAMES))
    assert np.diff(tried).tolist() == [2 * RETRY_FRAMES, 4 * RETRY_FRAMES]
    assert len(caplog.records) == 1  # said once
    monkeypatch.undo()
    for _ in range(8 * RETRY_FRAMES):
        last = seen(show)
    assert last == list(BLUE)


def test_a_context_lost_before_the_first_picture_is_found_again(show: Compositor) -> None:
    lose(show)
    assert seen(show) != list(RED)  # nothing has been drawn yet
    for _ in range(RETRY_FRAMES + 5):
        last = seen(show)
    assert last == list(RED)
