"""Cloth behaves like cloth: it stays outside what it falls on, keeps its size, and falls the same way each time."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from tools.cloth.panel import Panel, line
from tools.cloth.pattern import Fabric, Pattern
from tools.cloth.solver import Cloth, Phase, Pin

Array = NDArray[np.float64]

RADIUS = 0.10
TOP = 0.30
PHASES = (Phase(0.55, 1.0, 1.0), Phase(0.2, 1.0, 10.0))


@dataclass(frozen=True)
class Ball:
    """A ball on a lattice of 8 mm."""

    voxel: float = 0.008
    radius: float = RADIUS

    @property
    def low(self) -> Array:
        return np.full(3, -0.2)

    @property
    def grid(self) -> Array:
        axis = -0.2 + self.voxel * np.arange(51)
        return np.asarray(np.sqrt(axis[:, None, None] ** 2 + axis[None, :, None] ** 2 + axis**2) - self.radius)


def square(*, bend: float = 1e-5) -> Pattern:
    """40 by 40 cm, lying flat 3 cm above the ball."""
    corners = [(-20, -20), (20, -20), (20, 20), (-20, 20)]
    edges = {str(k): line(a, b) for k, (a, b) in enumerate(zip(corners, corners[1:] + corners[:1], strict=True))}
    panel = Panel("square", edges, lambda flat: np.column_stack([flat[:, 0], np.full(len(flat), RADIUS + 0.03), -flat[:, 1]]))
    return Pattern([panel], [], fabrics={"cloth": Fabric(bend=bend)}, triangles=1500)


@pytest.fixture(scope="module")
def fallen() -> Cloth:
    cloth = Cloth(square().sew())
    cloth.fall(Ball(), PHASES)
    return cloth


def test_cloth_lies_on_the_ball_and_not_in_it(fallen: Cloth) -> None:
    distance = np.linalg.norm(fallen.points, axis=1) - RADIUS
    assert distance.min() > 0.001
    assert np.abs(fallen.points[distance < 0.006, 0]).max() > 0.05  # it lies on a good part of it


def test_cloth_hangs_down_around_the_ball(fallen: Cloth) -> None:
    assert fallen.points[:, 1].min() < 0.0
    assert fallen.points[:, 1].max() == pytest.approx(RADIUS, abs=0.01)


def test_cloth_keeps_its_size(fallen: Cloth) -> None:
    stretch = np.abs(fallen.strain())
    assert np.percentile(stretch, 95) < 0.06
    assert stretch.max() < 0.4


def test_cloth_falls_the_same_way_each_time(fallen: Cloth) -> None:
    again = Cloth(square().sew())
    again.fall(Ball(), PHASES)
    np.testing.assert_array_equal(again.points, fallen.points)


def test_layers_keep_apart() -> None:
    """A second sheet that falls on the first does not pass through it."""
    both = square()
    (sheet,) = both.panels
    other = Panel("above", sheet.edges, lambda flat: sheet.place(flat) + [0.0, 0.03, 0.0])
    sewn = Pattern([sheet, other], [], fabrics=both.fabrics, triangles=3000).sew()
    cloth = Cloth(sewn)
    cloth.fall(Ball(), (Phase(0.35, 1.0, 2.0),))
    half = len(cloth.points) // 2
    lower, upper = cloth.points[:half], cloth.points[half:]
    over = upper[np.hypot(upper[:, 0], upper[:, 2]) < 0.07]
    apart, below = cKDTree(lower).query(over)
    assert apart.min() > 0.5 * cloth.gap
    assert (np.linalg.norm(over, axis=1) > np.linalg.norm(lower[below], axis=1)).all()


def test_a_stiffer_cloth_hangs_less() -> None:
    lows = []
    for bend in (1e-6, 5e-3):
        cloth = Cloth(square(bend=bend).sew())
        cloth.fall(Ball(), (Phase(0.35, 1.0, 2.0),))
        lows.append(cloth.points[:, 1].mean())
    assert lows[1] > lows[0] + 0.005


def test_what_is_pinned_stays() -> None:
    sewn = square().sew()
    cloth = Cloth(sewn)
    nodes = sewn.node[sewn.edge("square.0")]
    places = cloth.points[nodes] + [0.0, 0.05, 0.0]
    cloth.fall(Ball(), (Phase(0.1),), (Pin(nodes, places),))
    np.testing.assert_array_equal(cloth.points[nodes], places)
