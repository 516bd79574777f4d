"""What a rig sees: its lenses, how much of the sphere they cover, and which of them overlap."""

from dataclasses import dataclass
from itertools import combinations
from math import degrees
from pathlib import Path

import numpy as np
from rich.console import Group
from rich.markup import escape
from rich.table import Table

from vrlive.projection.equirect import directions
from vrlive.projection.lenses import off_axis, project
from vrlive.projection.rig import Lens, Rig
from vrlive.rigs.read import read_rig_file
from vrlive.units import Size

GRID = Size(720, 360)  # half a degree


@dataclass(frozen=True, slots=True)
class LensView:
    """What one lens sees: share of the sphere in 0…1, and the angle across all of it in radians."""

    lens: Lens
    share: float
    view: float


@dataclass(frozen=True, slots=True)
class Overlap:
    """What two lenses both see: share of the sphere in 0…1."""

    first: str
    second: str
    share: float


@dataclass(frozen=True, slots=True)
class RigSummary:
    """What a rig sees: shares of the sphere in 0…1, seen by at least one lens and by at least two."""

    covered: float
    seen_twice: float
    lenses: tuple[LensView, ...]
    overlaps: tuple[Overlap, ...]


def summarise(rig: Rig) -> RigSummary:
    """Measure a rig's view on a grid of half a degree."""
    looking = directions(GRID)
    weight = np.sqrt(1 - looking[..., 1] ** 2)
    weight /= weight.sum()
    sees = [project(lens, looking)[1] for lens in rig.lenses]
    times = np.sum(sees, axis=0)
    lenses = tuple(
        LensView(lens, float(weight[seen].sum()), 2 * float(off_axis(lens, looking[seen]).max(initial=0.0)))
        for lens, seen in zip(rig.lenses, sees, strict=True)
    )
    overlaps = (
        Overlap(rig.lenses[i].name, rig.lenses[j].name, float(weight[sees[i] & sees[j]].sum()))
        for i, j in combinations(range(len(sees)), 2)
    )
    return RigSummary(
        covered=float(weight[times > 0].sum()),
        seen_twice=float(weight[times > 1].sum()),
        lenses=lenses,
        overlaps=tuple(overlap for overlap in overlaps if overlap.share > 0),
    )


def describe_rig(path: Path) -> Group:
    """The summary of a rig file, to be printed by rich. Its pictures need not exist."""
    rig = read_rig_file(path)
    found = summarise(rig)
    lenses = _table("lens", "input", "frame", "model", "focal px", "view °", "yaw °", "pitch °", "roll °", "sphere")
    for seen in found.lenses:
        lens = seen.lens
        angles = (f"{degrees(angle):.1f}" for angle in (seen.view, lens.yaw, lens.pitch, lens.roll))
        numbers = (f"{lens.focal_px:.1f}", *angles, f"{100 * seen.share:.1f} %")
        lenses.add_row(escape(lens.name), str(lens.input), str(lens.frame), lens.model, *numbers)
    overlaps = _table("lens", "overlaps", "by")
    for overlap in found.overlaps:
        overlaps.add_row(escape(overlap.first), escape(overlap.second), f"{100 * overlap.share:.1f} %")
    covers = f"{100 * found.covered:.1f} % of the sphere is seen, {100 * found.seen_twice:.1f} % of it by at least two lenses"
    parts = (lenses, "", overlaps, "") if found.overlaps else (lenses, "")
    return Group(f"[bold]{escape(rig.name)}[/]", "", *parts, covers)


def _table(*columns: str) -> Table:
    return Table(*columns, box=None, padding=(0, 1), collapse_padding=True, pad_edge=False)
