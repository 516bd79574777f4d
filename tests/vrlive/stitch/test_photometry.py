"""Exposure on Y, U and V against exposure on light."""

import numpy as np
import pytest

from vrlive.colour import codes_to_rgb, from_light, rgb_to_codes, to_light
from vrlive.projection.rig import Array
from vrlive.stitch.photometry import colour_matrices


def applied(gains_ev: tuple[float, float, float], codes: Array) -> Array:
    matrix = colour_matrices(np.array([gains_ev]))[0].astype(np.float64)
    return np.asarray(codes @ matrix[:, :3].T + matrix[:, 3])


COLOURS = np.stack(np.meshgrid(*[np.linspace(0, 0.7, 8)] * 3), -1).reshape(-1, 3)


def test_no_correction_changes_nothing() -> None:
    codes = rgb_to_codes(COLOURS)
    assert np.abs(applied((0, 0, 0), codes) - codes).max() < 1e-4


@pytest.mark.parametrize("gains_ev", [(0.5, 0.5, 0.5), (-0.5, -0.5, -0.5), (0.3, 0.0, -0.2), (-0.35, -0.3, -0.25)])
def test_the_matrix_is_a_factor_on_light(gains_ev: tuple[float, float, float]) -> None:
    exact = rgb_to_codes(from_light(to_light(COLOURS) * 2 ** np.array(gains_ev)))
    error = np.abs(applied(gains_ev, rgb_to_codes(COLOURS)) - exact)
    above_toe = (COLOURS > 0.05).all(-1)
    assert error[above_toe].max() < 0.3
    assert error.max() < 2


@pytest.mark.parametrize("ev", [-2.0, -0.35, 0.35, 2.0])
def test_grey_keeps_no_colour_and_a_red_gain_gives_it_some(ev: float) -> None:
    greys = rgb_to_codes(np.linspace(0, 1, 64)[:, np.newaxis].repeat(3, -1))
    assert np.abs(applied((ev, ev, ev), greys)[:, 1:] - 128).max() < 1e-3
    redder = codes_to_rgb(applied((0.1, 0, 0), greys[32:33]))[0]
    assert redder[0] > redder[1] == pytest.approx(redder[2], abs=1e-6)
