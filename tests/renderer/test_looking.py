import numpy as np
import pytest

from renderer.looking import NARROWEST, WIDEST, Look
from vrlive.projection.equirect import angles
from vrlive.units import Size

WINDOW = Size(1200, 800)


def test_the_middle_of_the_window_is_where_one_looks() -> None:
    yaw, pitch = angles(Look(np.radians(40), np.radians(-25)).direction_at(600, 400, WINDOW))
    assert np.degrees([yaw, pitch]) == pytest.approx([40, -25])


def test_its_edges_are_half_a_field_of_view_away() -> None:
    yaw, pitch = angles(Look().direction_at(1200, 400, WINDOW))
    assert np.degrees([yaw, pitch]) == pytest.approx([45, 0])
    _, pitch = angles(Look().direction_at(600, 0, WINDOW))
    assert np.tan(pitch) == pytest.approx(800 / 1200)


def test_the_view_turns_on_past_the_back_but_not_past_the_poles() -> None:
    look = Look().turned(np.radians(170), 0).turned(np.radians(20), np.radians(120))
    assert np.degrees([look.yaw, look.pitch]) == pytest.approx([-170, 90])


def test_zoom_has_bounds() -> None:
    assert Look().zoomed(1).fov < Look().fov < Look().zoomed(-1).fov
    assert Look().zoomed(100).fov == NARROWEST
    assert Look().zoomed(-100).fov == WIDEST


def test_what_was_seized_stays_near_the_pointer() -> None:
    seized = Look().direction_at(600, 400, WINDOW)
    after = Look().dragged(60, -40, WINDOW).direction_at(660, 360, WINDOW)
    assert np.degrees(np.arccos(seized @ after)) < 1.0
