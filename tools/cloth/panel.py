"""Flat panels: closed outlines of named edges, in metres, cut into triangles.

A panel's x runs with the weft and its y with the warp. Its outline runs counter-clockwise seen from the cloth's right side, so that two
edges that are sewn together run against each other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.spatial import Delaunay, cKDTree

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Place = Callable[[Array], Array]

_FINE: Final = 64  # points on a curve that stand for it


@dataclass(frozen=True)
class Panel:
    """One piece of cloth.

    Attributes
    ----------
    edges
        Name to points, (n, 2) metres, in order around the outline: two points are a straight line, more a smooth curve through them.
        Each edge begins where the one before ends.
    place
        Where the panel is before it falls: (n, 2) metres of cloth to (n, 3) metres in the room.
    material
        Name of what it is cut from.
    """

    name: str
    edges: Mapping[str, Array]
    place: Place
    material: str = "cloth"

    def __post_init__(self) -> None:
        ends = [(points[0], points[-1]) for points in self.edges.values()]
        for (_, end), (start, _), name in zip(ends, ends[1:] + ends[:1], [*list(self.edges)[1:], next(iter(self.edges))], strict=True):
            if np.linalg.norm(end - start) > 1e-6:
                raise ValueError(f"panel {self.name}: edge {name} begins at {start}, but the edge before it ends at {end}")
        if _area(self.outline) <= 0:
            raise ValueError(f"panel {self.name}: its outline runs clockwise")

    def length(self, edge: str) -> float:
        """Length of an edge in metres."""
        return float(np.linalg.norm(np.diff(_curve(self.edges[edge]), axis=0), axis=1).sum())

    @cached_property
    def outline(self) -> Array:
        """The whole outline as a fine polygon, (n, 2) metres."""
        return np.vstack([_curve(points)[:-1] for points in self.edges.values()])

    @property
    def area(self) -> float:
        """Square metres of cloth."""
        return _area(self.outline)


@dataclass(frozen=True)
class Cut:
    """A panel cut into triangles.

    Attributes
    ----------
    points
        (n, 2) metres, the outline first.
    triangles
        (m, 3), counter-clockwise.
    edges
        Name to indices of its points, in order, ends included.
    """

    points: Array
    triangles: Indices
    edges: dict[str, Indices]


def cut(panel: Panel, spacing: float, counts: Mapping[str, int]) -> Cut:
    """Cut a panel into triangles with sides of about `spacing` metres; `counts` are the pieces that its edges are divided into."""
    boundary: list[Array] = []
    edges, start = {}, 0
    for name, points in panel.edges.items():
        pieces = counts[name]
        boundary.append(_evenly(_curve(points), pieces)[:-1])
        edges[name] = np.arange(start, start + pieces + 1)
        start += pieces
    edges[next(reversed(edges))][-1] = 0
    rim = np.vstack(boundary)
    inner = _inside(_lattice(rim, spacing), rim)
    far = cKDTree(_dense(rim, spacing / 4)).query(inner)[0] > 0.6 * spacing
    points = np.vstack([rim, inner[far]])
    triangles = Delaunay(points).simplices.astype(np.int64)
    corners = points[triangles]
    signed = _cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    triangles[signed < 0] = triangles[signed < 0][:, ::-1]
    within = _contains(rim, corners.mean(axis=1)) & (np.abs(signed) > 0.02 * spacing**2)
    return Cut(points, triangles[within], edges)


def mirrored(panel: Panel, name: str, place: Place) -> Panel:
    """The same panel for the other side of the body; its edges keep their names."""
    edges = {edge: (points * [-1, 1])[::-1] for edge, points in reversed(list(panel.edges.items()))}
    return Panel(name, edges, place, panel.material)


def line(*points: Sequence[float]) -> Array:
    """Points of an edge given in centimetres, as metres."""
    return np.array(points, np.float64) / 100


def _curve(points: Array) -> Array:
    if len(points) == 2:
        return points
    along = np.append(0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1)))
    return np.asarray(CubicSpline(along, points)(np.linspace(0, along[-1], _FINE)))


def _evenly(curve: Array, pieces: int) -> Array:
    along = np.append(0, np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1)))
    at = np.linspace(0, along[-1], pieces + 1)
    return np.column_stack([np.interp(at, along, curve[:, axis]) for axis in (0, 1)])


def _dense(rim: Array, step: float) -> Array:
    following = np.roll(rim, -1, axis=0)
    parts = int(np.ceil(np.linalg.norm(following - rim, axis=1).max() / step))
    return np.vstack([rim + (following - rim) * (part / parts) for part in range(parts)])


def _lattice(rim: Array, spacing: float) -> Array:
    """Corners of equilateral triangles over the panel, the same for its mirror image."""
    half, low, high = np.abs(rim[:, 0]).max(), rim[:, 1].min(), rim[:, 1].max()
    middle = (rim[:, 0].min() + rim[:, 0].max()) / 2
    rows = np.arange(int((high - low) / (spacing * np.sqrt(3) / 2)) + 1)
    columns = np.arange(-int(2 * half / spacing) - 1, int(2 * half / spacing) + 2)
    x = middle + (columns[None] + 0.5 * (rows[:, None] % 2)) * spacing
    y = low + rows[:, None] * spacing * np.sqrt(3) / 2
    return np.stack(np.broadcast_arrays(x, y), axis=-1).reshape(-1, 2)


def _inside(points: Array, polygon: Array) -> Array:
    return points[_contains(polygon, points)]


def _contains(polygon: Array, points: Array) -> NDArray[np.bool_]:
    """Whether points lie in a polygon, by counting the edges to their right."""
    a, b = polygon, np.roll(polygon, -1, axis=0)
    x, y = points[:, :1], points[:, 1:]
    crosses = (a[:, 1] > y) != (b[:, 1] > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = a[:, 0] + (y - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0])
    return np.asarray((crosses & (x < at)).sum(axis=1) % 2 == 1)


def _area(polygon: Array) -> float:
    return float(_cross(polygon, np.roll(polygon, -1, axis=0)).sum() / 2)


def _cross(a: Array, b: Array) -> Array:
    return np.asarray(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
