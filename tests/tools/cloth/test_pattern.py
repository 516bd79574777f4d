"""Panels are cut whole, and close along their seams."""

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from tools.cloth.panel import Panel, cut, line, mirrored
from tools.cloth.pattern import Pattern
from tools.make_garment import GARMENTS, garment

BENT = {
    "bottom": line((-10, 0), (0, -2), (10, 0)),
    "right": line((10, 0), (8, 20)),
    "top": line((8, 20), (-8, 20)),
    "left": line((-8, 20), (-10, 0)),
}


def panel(**edges: NDArray[np.float64]) -> Panel:
    return Panel("piece", {**BENT, **edges}, lambda flat: np.column_stack([flat, 0 * flat[:, 0]]))


def test_a_panel_is_cut_whole() -> None:
    piece = panel()
    each = cut(piece, 0.012, dict.fromkeys(BENT, 12))
    a, b, c = (each.points[each.triangles[:, corner]] for corner in range(3))
    areas = ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2
    assert areas.min() > 0
    assert areas.sum() == pytest.approx(piece.area, rel=0.01)


def test_an_edge_has_as_many_pieces_as_it_is_told() -> None:
    each = cut(panel(), 0.02, {"bottom": 7, "right": 5, "top": 6, "left": 4})
    assert [len(points) - 1 for points in each.edges.values()] == [7, 5, 6, 4]
    assert each.edges["left"][-1] == each.edges["bottom"][0]


def test_a_gap_in_an_outline_is_named() -> None:
    with pytest.raises(ValueError, match="panel piece: edge top begins at"):
        panel(top=line((9, 20), (-8, 20)))


def test_an_outline_that_runs_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="clockwise"):
        Panel("piece", {name: points[::-1] for name, points in reversed(BENT.items())}, lambda flat: flat)


def test_a_mirrored_panel_has_the_same_edges() -> None:
    other = mirrored(panel(), "other", lambda flat: flat)
    assert other.area == pytest.approx(panel().area)
    np.testing.assert_allclose(other.edges["right"], (BENT["right"] * [-1, 1])[::-1])


def test_an_edge_is_sewn_once() -> None:
    pieces = [Panel(name, BENT, lambda flat: np.column_stack([flat, 0 * flat[:, 0]])) for name in ("one", "two")]
    with pytest.raises(ValueError, match=r"sewn more than once: one\.left"):
        Pattern(pieces, [("one.left", "two.right"), ("one.left", "two.left")]).sew()


@pytest.mark.parametrize("name", GARMENTS)
def test_a_garment_s_panels_close_along_its_seams(name: str) -> None:
    pattern = garment(name).pattern
    sewn = pattern.sew()
    for way, pairs in ((-1, pattern.seams), (1, pattern.folds)):
        for one, other in pairs:
            np.testing.assert_array_equal(sewn.node[sewn.edge(one)], sewn.node[sewn.edge(other)][::way])


@pytest.mark.parametrize("name", GARMENTS)
def test_seams_are_of_one_length_where_nothing_is_gathered(name: str) -> None:
    """Side, shoulder and leg seams fit; only waists, cuffs and hems are gathered, and sleeve caps have a little ease."""
    pattern = garment(name).pattern
    easy = ("waist", "top", "bottom", "hem", "neck")
    plain = [seam for seam in pattern.seams if not any(edge.split(".")[1].startswith(easy) for edge in seam)]
    assert max((pattern.ease(seam) for seam in plain), default=0.0) < 0.06
    assert max((pattern.ease(seam) for seam in pattern.seams), default=0.0) < 0.5


@pytest.mark.parametrize("name", GARMENTS)
def test_a_garment_is_one_cloth(name: str) -> None:
    """No side of a triangle belongs to more than two of them, and everything hangs together."""
    sewn = garment(name).pattern.sew()
    triangles = sewn.triangles
    sides = Counter(tuple(sorted((int(t[k]), int(t[(k + 1) % 3])))) for t in triangles for k in range(3))
    assert max(sides.values()) == 2
    part = np.arange(len(np.unique(triangles)))
    for _ in range(400):
        least = part[triangles].min(axis=1)
        before = part.copy()
        for corner in range(3):
            np.minimum.at(part, triangles[:, corner], least)
        if (part == before).all():
            break
    assert len(np.unique(part)) == 1
