"""What a tailor does after sewing: edges turned in, rows of stitches, patches, buttons; and the draped cloth as meshes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.spatial import cKDTree

from tools.cloth.mesh import Mesh, node_normals, not_flat, point_tangents, square, unit
from tools.cloth.panel import Panel, cut
from tools.cloth.pattern import Sewn

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

_COLUMNS: Final = ("points", "normals", "tangents", "cloth", "chart", "unfolded")
_TURNED_M: Final = 0.011  # how far an edge is turned in
_STITCH_M: Final = 0.0030
_PITCH_M: Final = 0.0044
_RIDGE_M: Final = 0.0007  # its height above the cloth
_THREAD_M: Final = 0.0006  # half a thread's width as it looks


@dataclass(frozen=True)
class Draped:
    """A sewn pattern that has fallen.

    Attributes
    ----------
    nodes
        (nodes, 3) metres.
    thickness
        Metres.
    """

    sewn: Sewn
    nodes: Array
    thickness: float

    @cached_property
    def normals(self) -> Array:
        """Unit normals of the nodes, on the right side of the cloth."""
        return node_normals(self.nodes, self.sewn.triangles)

    @cached_property
    def points(self) -> Array:
        """Points of all panels, (points, 3)."""
        return np.asarray(self.nodes[self.sewn.node])

    def cloth(self) -> list[Mesh]:
        """The cloth, one mesh for each material, its free edges turned in."""
        sewn = self.sewn
        normals = self.normals[sewn.node]
        tangents = point_tangents(self.points, sewn.flat, sewn.corners, normals)
        parts = []
        materials = [panel.material for panel in sewn.pattern.panels]
        chart = np.repeat(np.arange(len(materials)), [len(each.points) for each in sewn.cuts.values()])
        rims = self._rims()
        for material in dict.fromkeys(materials):
            ours = np.array([each == material for each in materials])
            triangles = sewn.corners[ours[sewn.panel]]
            whole = Mesh(self.points, normals, tangents, sewn.flat, triangles, material, chart, sewn.flat)
            parts.append(used(whole))
            edges = rims[ours[chart[rims[:, 0]]]]
            if len(edges):
                parts.append(self._turned_in(whole, edges))
        return parts

    def _rims(self) -> Indices:
        """Free edges as pairs of points, the cloth to their left."""
        corners, node = self.sewn.corners, self.sewn.node
        ends = np.concatenate([corners[:, [k, (k + 1) % 3]] for k in range(3)])
        key = np.sort(node[ends], axis=1)
        _, which, times = np.unique(key, axis=0, return_inverse=True, return_counts=True)
        return np.asarray(ends[times[which.ravel()] == 1])

    def _outwards(self, rims: Indices) -> Array:
        """Directions away from the cloth at the nodes of its free edges, in its own plane, (nodes, 3)."""
        node = self.sewn.node[rims]
        along = self.nodes[node[:, 1]] - self.nodes[node[:, 0]]
        out = np.zeros_like(self.nodes)
        for end in (0, 1):
            np.add.at(out, node[:, end], np.cross(along, self.normals[node[:, end]]))
        return unit(out)

    def _turned_in(self, whole: Mesh, edges: Indices) -> Mesh:
        """A round lip along free edges and a strip behind them."""
        used, place = np.unique(edges, return_inverse=True)
        pairs = place.reshape(-1, 2)
        out = self._outwards(self._rims())[self.sewn.node[used]]
        n, p, t = whole.normals[used], whole.points[used], self.thickness
        rows = [
            (p, unit(n + 0.4 * out), 0.0),
            (p + out * t * 0.45 - n * t * 0.2, unit(n + 2 * out), t * 0.5),
            (p + out * t * 0.45 - n * t * 0.8, unit(-n + 2 * out), t),
            (p - n * t, -n, 1.5 * t),
            (p - n * t * 1.2 - out * _TURNED_M, -n, 1.5 * t + _TURNED_M),
        ]
        count = len(used)
        flat_out = _flat_outwards(whole.cloth, edges, used, pairs)
        points = np.vstack([row[0] for row in rows])
        normals = np.vstack([row[1] for row in rows])
        cloth = np.vstack([whole.cloth[used] + flat_out * row[2] for row in rows])
        unfolded = np.vstack([whole.unfolded[used]] * len(rows))
        a, b = pairs.T
        strips = []
        for row in range(len(rows) - 1):
            low, high = row * count, (row + 1) * count
            strips += [np.column_stack([a + low, a + high, b + low]), np.column_stack([b + low, a + high, b + high])]
        tangents = square(np.vstack([whole.tangents[used, :3]] * len(rows)), normals)
        return Mesh(points, normals, tangents, cloth, np.vstack(strips), whole.material, np.tile(whole.chart[used], len(rows)), unfolded)

    def at(self, panel: str, flat: Array) -> tuple[Array, Array, Array]:
        """Where places on a panel, (n, 2) metres, have come to: points, normals and directions of the panel's x, (n, 3) each."""
        corners, weights = self._within(panel, flat)
        normals = self.normals[self.sewn.node]
        tangents = self._tangents
        points, normal, along = (np.einsum("nc,ncd->nd", weights, values[corners]) for values in (self.points, normals, tangents))
        return points, unit(normal), unit(along)

    @cached_property
    def _tangents(self) -> Array:
        normals = self.normals[self.sewn.node]
        return point_tangents(self.points, self.sewn.flat, self.sewn.corners, normals)[:, :3]

    def _within(self, panel: str, flat: Array) -> tuple[Indices, Array]:
        """The triangle in which each place lies, or nearly, and its weights there."""
        each, start = self.sewn.cuts[panel], self.sewn.starts[panel]
        corners = each.points[each.triangles]
        _, near = cKDTree(corners.mean(axis=1)).query(flat, k=min(12, len(corners)))
        a, b, c = (corners[near][:, :, corner] for corner in range(3))
        p = flat[:, None]
        whole = _cross(b - a, c - a)
        weights = np.stack([_cross(b - p, c - p), _cross(c - p, a - p), _cross(a - p, b - p)], axis=-1) / whole[..., None]
        best = np.argmax(weights.min(axis=-1), axis=1)
        rows = np.arange(len(flat))
        found = np.clip(weights[rows, best], 0, None)
        return each.triangles[near[rows, best]] + start, found / found.sum(axis=1, keepdims=True)

    def stitches(self, panel: str, path: Array, *, closed: bool = False, lift: float = 0.0) -> Mesh:
        """A row of stitches along a path on a panel, (n, 2) metres; on a patch, with its `lift`."""
        if closed:
            path = np.vstack([path, path[:1]])
        along = np.append(0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1)))
        begin = np.arange(0, along[-1] - _STITCH_M, _PITCH_M)
        at = np.column_stack([begin, begin + _STITCH_M])
        flat = np.stack([np.interp(at, along, path[:, axis]) for axis in (0, 1)], axis=-1)
        points, normals, tangents = (values.reshape(-1, 2, 3) for values in self.at(panel, flat.reshape(-1, 2)))
        across = unit(np.cross(normals, points[:, 1:] - points[:, :1]))
        points = points + normals * lift
        ridge = points + normals * _RIDGE_M
        left, right = points - across * _THREAD_M, points + across * _THREAD_M
        verts = np.concatenate([ridge, left, right], axis=1)  # (n, 6, 3)
        normal = np.concatenate([normals, unit(normals - across), unit(normals + across)], axis=1).reshape(-1, 3)
        strips = np.array([[0, 2, 1], [1, 2, 3], [0, 1, 4], [1, 5, 4]])
        triangles = (strips[None] + 6 * np.arange(len(begin))[:, None, None]).reshape(-1, 3)
        flats = np.concatenate([flat] * 3, axis=1).reshape(-1, 2)
        chart = np.full(len(flats), self._chart(panel))
        tangent = square(np.concatenate([tangents] * 3, axis=1).reshape(-1, 3), normal)
        return Mesh(verts.reshape(-1, 3), normal, tangent, flats, triangles, "thread", chart, flats)

    def along(self, panel: str, edge: str, inwards: float) -> Array:
        """A path on a panel beside one of its edges, (n, 2) metres."""
        rim = self.sewn.cuts[panel].points[self.sewn.cuts[panel].edges[edge]]
        step = np.gradient(rim, axis=0)
        step /= np.linalg.norm(step, axis=1, keepdims=True)
        return np.asarray(rim + np.column_stack([-step[:, 1], step[:, 0]]) * inwards)

    def patch(self, panel: str, outline: Array, *, lift: float = 0.0018, spacing: float = 0.011, material: str = "") -> Mesh:
        """A flat piece sewn on a panel: its outline on that panel, (n, 2) metres, counter-clockwise."""
        ends = np.roll(outline, -1, axis=0)
        edges = {str(k): np.stack([a, b]) for k, (a, b) in enumerate(zip(outline, ends, strict=True))}
        piece = Panel("patch", edges, lambda flat: flat)
        each = cut(piece, spacing, {name: max(1, round(piece.length(name) / spacing)) for name in edges})
        count = sum(len(edge) - 1 for edge in each.edges.values())
        points, normals, along = self.at(panel, each.points)
        foot = points[:count] - normals[:count] * 0.0004
        points = points + normals * lift
        middle = points.mean(axis=0)
        out = unit(points[:count] - middle - normals[:count] * np.sum((points[:count] - middle) * normals[:count], axis=1, keepdims=True))
        ring = np.arange(count)
        after = (ring + 1) % count
        rows = len(points)
        lip_points = np.vstack([points[:count], foot + out * lift * 0.4])
        lip_normals = np.vstack([unit(normals[:count] + 0.6 * out), unit(0.8 * normals[:count] + out)])
        lip = np.vstack([np.column_stack([ring, ring + count, after]), np.column_stack([after, ring + count, after + count])]) + rows
        normal = np.vstack([normals, lip_normals])
        flat = np.vstack([each.points, each.points[:count], each.points[:count]])
        tangents = square(np.vstack([along, along[:count], along[:count]]), normal)
        material = material or next(one.material for one in self.sewn.pattern.panels if one.name == panel)
        chart = np.full(len(flat), self._chart(panel))
        return Mesh(np.vstack([points, lip_points]), normal, tangents, flat, np.vstack([each.triangles, lip]), material, chart, flat)

    def button(self, panel: str, flat: tuple[float, float], radius: float, lift: float = 0.0015) -> Mesh:
        """A turned button with a rim and four holes' hollow, on a panel."""
        place = np.array([flat])
        point, normal, along = (values[0] for values in self.at(panel, place))
        across = np.cross(normal, along)
        profile = np.array([[0.0, 0.55], [0.3, 0.55], [0.62, 0.6], [0.75, 0.95], [0.88, 1.0], [1.0, 0.7], [1.0, 0.2], [0.85, 0.0]])
        turn = np.linspace(0, 2 * np.pi, 21)[:-1]
        slope = np.gradient(profile, axis=0)
        tilt = np.column_stack([-slope[:, 1] * 0.3, slope[:, 0]])
        tilt /= np.linalg.norm(tilt, axis=1, keepdims=True)
        circle = along[None] * np.cos(turn)[:, None] + across[None] * np.sin(turn)[:, None]
        height = radius * 0.32
        points = point + normal * lift + (profile[:, :1, None] * radius * circle[None] + profile[:, 1:, None] * height * normal)
        normals = unit(tilt[:, :1, None] * circle[None] + tilt[:, 1:, None] * normal).reshape(-1, 3)
        n, count = len(turn), len(profile)
        ring = np.arange(n)
        after = (ring + 1) % n
        strips = [np.column_stack([ring + r * n, ring + (r + 1) * n, after + r * n]) for r in range(count - 1)]
        strips += [np.column_stack([after + r * n, ring + (r + 1) * n, after + (r + 1) * n]) for r in range(count - 1)]
        flats = np.repeat(place, n * count, axis=0)
        tangents = square(np.tile(along, (n * count, 1)), normals)
        chart = np.full(n * count, self._chart(panel))
        return Mesh(
            points.reshape(-1, 3), normals, tangents, flats, not_flat(points.reshape(-1, 3), np.vstack(strips)), "button", chart, flats
        )

    def _chart(self, panel: str) -> int:
        return list(self.sewn.cuts).index(panel)


def smoothed(nodes: Array, triangles: Indices, passes: int = 2) -> Array:
    """Without the last jitter of the points, and not shrunk (Taubin 1995)."""
    ends = np.concatenate([triangles[:, [k, (k + 1) % 3]] for k in range(3)])
    count = len(nodes)
    both = np.r_[ends, ends[:, ::-1]]
    once = coo_array((np.ones(len(both)), both.T), shape=(count, count)).tocsr()
    once.data[:] = 1
    rim = rim_nodes(triangles)
    valence = np.asarray(once.sum(axis=1)).ravel()
    for _ in range(passes):
        for share in (0.45, -0.47):
            step = (once @ nodes) / valence[:, None] - nodes
            step[rim] = 0
            nodes = nodes + share * step
    return nodes


def joined(parts: Sequence[Mesh]) -> list[Mesh]:
    """Meshes of one material as one."""
    found = []
    for material in dict.fromkeys(part.material for part in parts):
        ours = [part for part in parts if part.material == material]
        starts = np.append(0, np.cumsum([len(part.points) for part in ours]))
        triangles = np.vstack([part.triangles + start for part, start in zip(ours, starts[:-1], strict=True)])
        columns = {name: np.concatenate([getattr(part, name) for part in ours]) for name in _COLUMNS}
        found.append(Mesh(**columns, triangles=triangles, material=material))
    return found


def used(mesh: Mesh) -> Mesh:
    """Only the points that have triangles."""
    kept, triangles = np.unique(mesh.triangles, return_inverse=True)
    return replace(mesh, triangles=triangles.reshape(-1, 3), **{name: getattr(mesh, name)[kept] for name in _COLUMNS})


def _flat_outwards(flat: Array, edges: Indices, used: Indices, pairs: Indices) -> Array:
    along = flat[edges[:, 1]] - flat[edges[:, 0]]
    out = np.zeros((len(used), 2))
    for end in (0, 1):
        np.add.at(out, pairs[:, end], np.column_stack([along[:, 1], -along[:, 0]]))
    return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12))


def rim_nodes(triangles: Indices) -> Indices:
    """Nodes on free edges."""
    ends = np.sort(np.concatenate([triangles[:, [k, (k + 1) % 3]] for k in range(3)]), axis=1)
    edges, times = np.unique(ends, axis=0, return_counts=True)
    return np.unique(edges[times == 1])


def _cross(a: Array, b: Array) -> Array:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])
