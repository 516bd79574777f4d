"""From a calibrated rig to tables a kernel can follow: which source pixels, in which shares, make each pixel of the panorama.

Of the lenses that see a direction the one whose axis is nearest owns it, angles being measured in each lens' own field of view.
Across the line where ownership changes the shares go over smoothly, and they fade to nothing where a lens' picture ends.

The panorama is cut into tiles of 2 × `TILE_PX` pixels. A tile has an entry for each lens that has a share in it: where the lens sees
each of the tile's sites, and, unless the whole tile is that lens' alone, its share of each. The five sites of a 2×2 block of pixels
are its four luma samples and the one chroma sample in its middle.
"""

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from vrlive.projection import lenses
from vrlive.projection.equirect import directions
from vrlive.projection.rig import Circle, Lens, Rectangle, Rig
from vrlive.stitch import tables
from vrlive.stitch.mesh import Array, lay_mesh
from vrlive.stitch.tables import BLOCKS, SITES, TILE_PX
from vrlive.units import Size

Int32 = NDArray[np.int32]
Uint16 = NDArray[np.uint16]
Uint8 = NDArray[np.uint8]
Tables = tuple[Int32, Int32, Int32, Uint16, Uint16, Uint8, Uint8, Uint8]

NOTHING = -1  # in place of a lens: no lens sees it, it stays black
WHOLE = 0  # the row of shares that are all 1
MIN_FEATHER_RAD = 1e-6
COARSE = Size(240, 120)


@dataclass(frozen=True, slots=True, eq=False)
class StitchPlan:
    """How to stitch one rig to one size: frozen tables, about 10 bytes a pixel.

    Attributes
    ----------
    rig, size, feather_rad, distance_m, missing
        What it was made from.
    first
        (tiles + 1,) int32: the entries of tile t are ``first[t]:first[t + 1]``; tiles go row by row.
    lens, share
        (entries,) int32: the entry's lens or `NOTHING`, and its row of `shares`.
    x, y
        (entries, `SITES`, `BLOCKS`) uint16: the upper left of the four source samples around a site, in samples of its plane.
    fraction_x, fraction_y
        The same shape, uint8: how far the site lies towards the right and the lower ones, in 1/256.
    shares
        (rows, `SITES`, `BLOCKS`) uint8: share of each site in 1/255, summing to 255 over a tile's entries.
        Row `WHOLE` gives all of a tile to its only entry.
    """

    rig: Rig
    size: Size
    feather_rad: float
    distance_m: float
    missing: frozenset[int]
    first: Int32
    lens: Int32
    share: Int32
    x: Uint16
    y: Uint16
    fraction_x: Uint8
    fraction_y: Uint8
    shares: Uint8

    @property
    def passthrough(self) -> bool:
        """Whether the one lens already sends this very panorama."""
        lens = self.rig.lenses[0]
        upright = max(abs(lens.yaw), abs(lens.pitch), abs(lens.roll)) < 1e-9 and not any(lens.position_m)
        whole_sphere = abs(lens.focal_px * 2 * np.pi - lens.frame.width) < 1e-3 and lens.centre_px == (
            lens.frame.width / 2,
            lens.frame.height / 2,
        )
        plain = lens.model == "equirectangular" and lens.distortion is None and lens.crop is None and lens.aspect == 1
        return len(self.rig.lenses) == 1 and lens.frame == self.size and plain and upright and whole_sphere

    @property
    def tables(self) -> Tables:
        """All tables, in the order the kernel takes them."""
        return self.first, self.lens, self.share, self.x, self.y, self.fraction_x, self.fraction_y, self.shares


def plan_stitch(rig: Rig, size: Size, *, feather_rad: float, distance_m: float = inf, missing: frozenset[int] = frozenset()) -> StitchPlan:
    """Make the tables of a rig for an equirectangular picture.

    Parameters
    ----------
    rig
        The calibrated lenses.
    size
        Of the panorama: width = 2 × height, both even.
    feather_rad
        Full width of the blend across a seam; 0 for a hard seam.
    distance_m
        How far the scene is, which matters when the lenses stand apart.
    missing
        Inputs of the rig to do without: the neighbours of their lenses take over what they can see.
    """
    assert size == Size.parse_equirect(str(size))
    assert rig.lenses, "a rig has at least one lens"
    mesh = lay_mesh(rig, size, distance_m)
    scales = angle_scales(rig, distance_m)
    bounds = np.stack(
        [_bounds(lens, distance_m, scale, present=lens.input not in missing) for lens, scale in zip(rig.lenses, scales, strict=True)]
    )
    feather = max(feather_rad, MIN_FEATHER_RAD)
    where = (*size, mesh.cell_px, mesh.nodes, mesh.exact, mesh.luma, mesh.chroma, bounds, _sides(rig), feather)
    lens_bits = np.zeros((size.height // 2, -(-size.width // TILE_PX)), np.uint64)
    blended = np.zeros(lens_bits.shape, np.bool_)
    tables.count_entries(*where, lens_bits, blended)
    counts = np.bitwise_count(lens_bits).astype(np.int32)
    first, first_share = _starts(counts), WHOLE + 1 + _starts(counts * blended)
    entries = (int(first[-1]), SITES, BLOCKS)
    plan = StitchPlan(
        rig=rig,
        size=size,
        feather_rad=feather_rad,
        distance_m=distance_m,
        missing=missing,
        first=first,
        lens=np.full(entries[0], NOTHING, np.int32),
        share=np.full(entries[0], WHOLE, np.int32),
        x=np.zeros(entries, np.uint16),
        y=np.zeros(entries, np.uint16),
        fraction_x=np.zeros(entries, np.uint8),
        fraction_y=np.zeros(entries, np.uint8),
        shares=np.full((int(first_share[-1]), SITES, BLOCKS), tables.FULL, np.uint8),
    )
    sites = plan.x, plan.y, plan.fraction_x, plan.fraction_y
    tables.fill_entries(*where, lens_bits, blended, first, first_share, plan.lens, plan.share, *sites, plan.shares)
    return plan


def angle_scales(rig: Rig, distance_m: float) -> Array:
    """What to multiply each lens' angles by (lenses,), so that wide and narrow lenses meet where both are equally far into their fields."""
    looking = directions(COARSE)
    reach = np.empty(len(rig.lenses))
    for index, lens in enumerate(rig.lenses):
        _, valid = lenses.project(lens, looking, distance_m)
        reach[index] = np.arccos((looking[valid] @ -lens.rotation[:, 2]).clip(-1, 1)).max(initial=0)
    return np.where(reach > 0, reach.mean() / np.where(reach > 0, reach, 1), 1)


def _starts(counts: Int32) -> Int32:
    """Where each tile's rows start when tiles follow each other, and where the last ends."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)


def _bounds(lens: Lens, distance_m: float, angle_scale: float, *, present: bool) -> Array:
    """One row of the kernels' `bounds`."""
    row = np.zeros(tables.COLUMNS)
    row[tables.AXIS_X : tables.AXIS_Z + 1] = -lens.rotation[:, 2]
    row[tables.SHIFT_X : tables.SHIFT_Z + 1] = np.asarray(lens.position_m) / distance_m
    row[tables.MAX_ANGLE] = lenses.max_angle(lens)
    row[tables.ANGLE_SCALE] = angle_scale
    row[tables.FOCAL] = lens.focal_px
    row[tables.LEFT : tables.BOTTOM + 1] = 0, 0, *lens.frame
    row[tables.CIRCLE_RADIUS] = inf
    match lens.crop:
        case Circle(x, y, radius):
            row[tables.CIRCLE_X : tables.CIRCLE_RADIUS + 1] = x, y, radius
        case Rectangle(left, top, right, bottom):
            row[tables.LEFT : tables.BOTTOM + 1] = max(left, 0), max(top, 0), min(right, lens.frame.width), min(bottom, lens.frame.height)
    row[tables.WIDTH : tables.HEIGHT + 1] = lens.frame
    row[tables.PRESENT] = present
    return row


def _sides(rig: Rig) -> Array:
    """The kernels' `sides`: of all masks of all lenses."""
    rows = []
    for index, lens in enumerate(rig.lenses):
        for number, mask in enumerate(lens.masks):
            for place, (x, y) in enumerate(mask):
                next_x, next_y = mask[(place + 1) % len(mask)]
                rows.append((index, number, x, y, next_x - x, next_y - y, place == len(mask) - 1))
    return np.array(rows, np.float64).reshape(-1, tables.SIDE_COLUMNS)
