"""From a garment's description to its GLB."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
from scipy.spatial import cKDTree

from tools.cloth.body import Body
from tools.cloth.finish import Draped, joined, smoothed, used
from tools.cloth.glb import Material, write_glb
from tools.cloth.mesh import Mesh
from tools.cloth.pattern import Pattern, Sewn
from tools.cloth.props import mannequin
from tools.cloth.solver import FALLING, Cloth, Phase, Pin

_COVERED_M: Final = 0.022


@dataclass(frozen=True)
class Garment:
    """What a maker describes.

    Attributes
    ----------
    pattern
        Panels, seams, fabrics.
    materials
        Looks by name: of the panels' materials, ``thread``, ``button``, and what variants put in their place.
    variants
        Variant to {material: what it becomes}.
    body
        What it is draped over and shown on.
    details
        Stitches, pockets, buttons: what is put on when it hangs.
    pins
        Nodes held while it falls.
    both_sides
        Whether the wrong side of the cloth is seen as much as the right one, and shaded like the brighter of both.
    """

    name: str
    pattern: Pattern
    materials: Mapping[str, Material]
    variants: Mapping[str, Mapping[str, str]]
    body: Body = field(default_factory=Body)
    thickness: float = 0.002
    details: Callable[[Draped], Sequence[Mesh]] = lambda _: ()
    pins: Callable[[Sewn], Sequence[Pin]] = lambda _: ()
    phases: Sequence[Phase] = FALLING
    both_sides: bool = False


STANDS: Mapping[str, Material] = {
    "linen": Material((0.87, 0.84, 0.79), 0.62),
    "wood": Material((0.46, 0.30, 0.18), 0.42),
    "steel": Material((0.62, 0.58, 0.53), 0.34, 1.0),
}


def drape(garment: Garment) -> Draped:
    """Sew it, and let it fall over its body."""
    sewn = garment.pattern.sew()
    cloth = Cloth(sewn)
    cloth.fall(garment.body, garment.phases, garment.pins(sewn))
    return Draped(sewn, smoothed(cloth.points, sewn.triangles), garment.thickness)


def make(garment: Garment, path: Path) -> Draped:
    """Drape it, finish it, and write it with its mannequin, standing on y = 0 over the origin."""
    draped = drape(garment)
    parts = joined([*draped.cloth(), *garment.details(draped), *mannequin(garment.body)])
    parts = [_without_hidden(part, draped) if part.material == "linen" else part for part in parts]
    write_glb(path, parts, {**STANDS, **garment.materials}, garment.variants, both_sides=garment.both_sides)
    return draped


def _without_hidden(part: Mesh, draped: Draped) -> Mesh:
    """The skin without what cloth lies on: where cloth is near, and on all sides."""
    tree = cKDTree(draped.nodes)
    near = np.flatnonzero(tree.query(part.points)[0] < _COVERED_M)
    hidden = np.zeros(len(part.points), np.bool_)
    for i, around in zip(near, tree.query_ball_point(part.points[near], 2.5 * _COVERED_M), strict=True):
        away = draped.nodes[around].mean(axis=0) - part.points[i]
        away -= part.normals[i] * (away @ part.normals[i])
        hidden[i] = np.linalg.norm(away) < 0.4 * _COVERED_M
    kept = part.triangles[~hidden[part.triangles].all(axis=1)]
    return used(replace(part, triangles=kept))
