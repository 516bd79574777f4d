"""A garment as it is cut and sewn: panels, the seams between them, and what they are cut from; and the one mesh that they become."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tools.cloth.panel import Cut, Panel, cut

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Fabric:
    """How cloth gives way.

    Attributes
    ----------
    weight
        kg/m².
    weft, warp, shear
        Resistance to strain along x, along y, and to a change of the angle between them, N/m.
    bend
        Flexural rigidity, N·m: silk 5e-6, shirting 1e-5, coating 1e-4.
    friction
        On the body: tangent of the angle at which it begins to slide.
    """

    weight: float = 0.15
    weft: float = 800.0
    warp: float = 800.0
    shear: float = 60.0
    bend: float = 1e-5
    friction: float = 0.35


@dataclass(frozen=True)
class Pattern:
    """Panels and seams.

    Attributes
    ----------
    seams
        Pairs of ``panel.edge``, which run against each other. Where one edge is longer, it is gathered.
    folds
        Such pairs that run the same way: the cloth turns over there, and shows its right side again (a collar on its stand).
    fabrics
        For each material of the panels.
    triangles
        About how many the cloth is cut into.
    """

    panels: Sequence[Panel]
    seams: Sequence[tuple[str, str]]
    folds: Sequence[tuple[str, str]] = ()
    fabrics: Mapping[str, Fabric] = field(default_factory=lambda: {"cloth": Fabric()})
    triangles: int = 16000

    @property
    def spacing(self) -> float:
        """Side of a triangle in metres."""
        return float(np.sqrt(sum(panel.area for panel in self.panels) / (0.433 * self.triangles)))

    def ease(self, seam: tuple[str, str]) -> float:
        """How much longer a seam's longer edge is, 0 where both are alike."""
        long, short = sorted((self._length(name) for name in seam), reverse=True)
        return long / short - 1

    def sew(self) -> "Sewn":
        """Cut all panels and join them along their seams."""
        counts = self._counts()
        cuts = {panel.name: cut(panel, self.spacing, counts[panel.name]) for panel in self.panels}
        starts, total = {}, 0
        for name, each in cuts.items():
            starts[name], total = total, total + len(each.points)
        parent = np.arange(total)
        for way, pairs in ((-1, self.seams), (1, self.folds)):
            for one, other in pairs:
                ours, theirs = (_edge(cuts, starts, name) for name in (one, other))
                for a, b in zip(ours, theirs[::way], strict=True):
                    _join(parent, int(a), int(b))
        roots = np.array([_root(parent, each) for each in range(total)])
        _, node = np.unique(roots, return_inverse=True)
        return Sewn(self, cuts, starts, node)

    def _counts(self) -> dict[str, dict[str, int]]:
        """Pieces of each edge; edges that meet at a seam have as many."""
        counts = {panel.name: {edge: self._pieces(panel.length(edge)) for edge in panel.edges} for panel in self.panels}
        joined = [*self.seams, *self.folds]
        for seam in joined:
            pieces = self._pieces(max(self._length(name) for name in seam))
            for name in seam:
                panel, edge = name.split(".")
                counts[panel][edge] = pieces
        used = Counter(name for seam in joined for name in seam)
        if twice := [name for name, times in used.items() if times > 1]:
            raise ValueError(f"sewn more than once: {', '.join(twice)}")
        return counts

    def _pieces(self, length: float) -> int:
        return max(1, round(length / self.spacing))

    def _length(self, name: str) -> float:
        panel, edge = name.split(".")
        return next(each for each in self.panels if each.name == panel).length(edge)


@dataclass(frozen=True)
class Sewn:
    """All panels as one mesh.

    Attributes
    ----------
    cuts
        The panels in triangles.
    starts
        Number of each panel's first point when all panels' points are counted on.
    node
        (points,) which node of the cloth each point of a panel is: points that are sewn together are one.
    """

    pattern: Pattern
    cuts: dict[str, Cut]
    starts: dict[str, int]
    node: Indices

    @property
    def flat(self) -> Array:
        """Places of all points on their panels, (points, 2) metres."""
        return np.vstack([each.points for each in self.cuts.values()])

    @property
    def corners(self) -> Indices:
        """Triangles of points, (m, 3)."""
        return np.vstack([each.triangles + self.starts[name] for name, each in self.cuts.items()])

    @property
    def triangles(self) -> Indices:
        """Triangles of nodes, (m, 3)."""
        return np.asarray(self.node[self.corners])

    @property
    def panel(self) -> Indices:
        """Number of the panel of each triangle, (m,)."""
        return np.repeat(np.arange(len(self.cuts)), [len(each.triangles) for each in self.cuts.values()])

    def placed(self) -> Array:
        """Where the nodes are before the cloth falls, (nodes, 3): in the middle of what is sewn there."""
        points = np.vstack([panel.place(self.cuts[panel.name].points) for panel in self.pattern.panels])
        nodes = np.zeros((self.node.max() + 1, 3))
        np.add.at(nodes, self.node, points)
        return nodes / np.bincount(self.node)[:, None]

    def edge(self, name: str) -> Indices:
        """Points of ``panel.edge``."""
        return _edge(self.cuts, self.starts, name)


def _edge(cuts: Mapping[str, Cut], starts: Mapping[str, int], name: str) -> Indices:
    panel, edge = name.split(".")
    return np.asarray(cuts[panel].edges[edge] + starts[panel])


def _root(parent: Indices, of: int) -> int:
    while parent[of] != of:
        parent[of] = parent[parent[of]]
        of = int(parent[of])
    return of


def _join(parent: Indices, one: int, other: int) -> None:
    parent[_root(parent, one)] = _root(parent, other)
