"""From a calibrated rig to tables a kernel can follow: which source pixels, in which shares, make each pixel of the panorama.

Of the lenses that see a direction the one the middle of whose picture is nearest owns it, angles being measured in each lens' own field
of view. Across the line where ownership changes the shares go over smoothly, within a band of one width everywhere, which narrows where a
third lens is as near: so no more than two lenses ever share a site. They fade to nothing where a lens' picture ends. A patch
(`Lens.patch`) lies over all of it, with a narrow soft edge.

The panorama is cut into tiles of 16 × 4 pixels. A tile has an entry for each lens that has a share in it: where the lens sees
each of the tile's sites. The five sites of a 2×2 block of pixels are its four luma samples and the one chroma sample in its middle.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf

import numpy as np
from numpy.typing import NDArray

from vrlive.projection import lenses
from vrlive.projection.equirect import directions
from vrlive.projection.masks import clearance_map
from vrlive.projection.outputs import Face
from vrlive.projection.rig import Circle, Lens, Rectangle, Rig
from vrlive.stitch import tables
from vrlive.stitch.lanes import LANES, SITE_BYTES, SITES
from vrlive.stitch.mesh import UNSEEN, Array, Mesh, lay_mesh
from vrlive.stitch.photometry import EXPONENT
from vrlive.units import Size

MIN_FEATHER_RAD = 1e-6
PATCH_EDGE_RAD = np.radians(0.5)  # a patch's edge is as soft as this
COARSE = Size(240, 120)

Tables = tuple[
    NDArray[np.int32],
    NDArray[np.uint16],
    NDArray[np.int32],
    NDArray[np.int16],
    NDArray[np.uint16],
    NDArray[np.uint8],
    NDArray[np.uint8],
    NDArray[np.float32],
]


@dataclass(frozen=True, slots=True, eq=False)
class StitchPlan:
    """How to stitch one rig to one face of the output: frozen tables, about 7 bytes a pixel.

    Attributes
    ----------
    rig, face, feather_rad, distance_m, missing
        What it was made from.
    first, count
        (tiles,) int32 and uint16: the tile's entries are ``first`` and the ``count − 1`` that follow; tiles go row by row.
    share
        (tiles,) int32: the tile's first row of `shares`; a tile with two entries has one row, one with more has one for each.
    lens
        (entries,) int16: the entry's lens; the number of lenses stands for none of them: black.
    origin
        (entries, 4) uint16: x, y of a luma sample and x, y of a chroma sample that the entry's sites are counted from.
    sites
        (entries, SITES, SITE_BYTES) uint8: for 16 blocks, in two rows of eight: steps right and down to the upper left of the four source
        samples around the site, then how far it lies towards the right ones, then towards the lower ones, in 1/256.
    shares
        (rows, SITES, LANES) uint8: share of each site in 1/255. Of two entries, the second has the rest.
    falloff
        (entries or 1, 3) float32: what to multiply light codes by at the entry's first block; the rise a block to the right, a block down.
    nbytes
        Bytes of all tables that are in use.
    """

    rig: Rig
    face: Face
    feather_rad: float
    distance_m: float
    missing: frozenset[int]
    first: NDArray[np.int32]
    count: NDArray[np.uint16]
    share: NDArray[np.int32]
    lens: NDArray[np.int16]
    origin: NDArray[np.uint16]
    sites: NDArray[np.uint8]
    shares: NDArray[np.uint8]
    falloff: NDArray[np.float32]
    nbytes: int

    @property
    def size(self) -> Size:
        """Of the face."""
        return self.face.size

    @property
    def passthrough(self) -> tuple[int, int] | None:
        """Where in the frame of the one lens this very picture already is, as its left column and its top row; None: nowhere."""
        lens = self.rig.lenses[0]
        upright = max(abs(lens.yaw), abs(lens.pitch), abs(lens.roll)) < 1e-9 and not any(lens.position_m)
        whole = Rectangle(0, 0, *lens.frame)
        part = whole if lens.crop is None else lens.crop
        plain = (
            lens.model == "equirectangular"
            and lens.distortion is None
            and not lens.masks
            and lens.mask is None
            and lens.vignetting is None
            and lens.aspect == 1
        )
        if len(self.rig.lenses) > 1 or not plain or not upright or not isinstance(part, Rectangle):
            return None
        left, top = round(part.left_px), round(part.top_px)
        middle = (left + self.size.width / 2, top + self.size.height / 2)
        same = part == Rectangle(left, top, left + self.size.width, top + self.size.height) and lens.centre_px == middle
        across = self.size.width / lens.focal_px
        same_angles = self.face == Face(self.size, across=self.face.across) and abs(self.face.across - across) < 1e-6
        return (left, top) if same and same_angles and left % 2 == 0 and top % 2 == 0 else None

    @property
    def tables(self) -> Tables:
        """All tables, in the order the kernel takes them."""
        return self.first, self.count, self.share, self.lens, self.origin, self.sites, self.shares, self.falloff


def plan_stitch(
    rig: Rig, target: Face | Size, *, feather_rad: float, distance_m: float = inf, missing: frozenset[int] = frozenset()
) -> StitchPlan:
    """Make the tables of a rig for a face of the output.

    Parameters
    ----------
    rig
        The calibrated lenses.
    target
        What part of the world the picture shows, and how; a size: all of it, as an equirectangular panorama.
    feather_rad
        Full width of the blend across a seam; 0 for a hard seam.
    distance_m
        How far the scene is, which matters when the lenses stand apart.
    missing
        Inputs of the rig to do without: the neighbours of their lenses take over what they can see.
    """
    assert rig.lenses, "a rig has at least one lens"
    face = target if isinstance(target, Face) else Face(target)
    size, feather = face.size, max(feather_rad, MIN_FEATHER_RAD)
    reaches = _reaches(rig)
    scales = _scales(rig, reaches)
    mesh = lay_mesh(rig, face, distance_m, reaches, scales, feather, missing)
    entries, shares = _room(mesh, feather)
    tiles = -(-size.height // tables.TILE_HEIGHT) * -(-size.width // tables.TILE_WIDTH)
    first, count, share = np.empty(tiles, np.int32), np.empty(tiles, np.uint16), np.empty(tiles, np.int32)
    lens, origin = np.empty(entries[-1], np.int16), np.empty((entries[-1], 4), np.uint16)
    sites, parts = np.empty((entries[-1], SITES, SITE_BYTES), np.uint8), np.empty((shares[-1], SITES, LANES), np.uint8)
    used = np.empty((len(entries) - 1, 2), np.int64)
    bounds = np.stack([_bounds(each, scale) for each, scale in zip(rig.lenses, scales, strict=True)])
    middles = np.stack([lenses.middle(each) for each in rig.lenses])
    maps, which = _clearances(rig)
    tables.fill_tables(
        *size, mesh.cell_px, mesh.nodes, mesh.state, mesh.luma, mesh.chroma, mesh.low, mesh.high, mesh.radius,
        bounds, middles @ middles.T, maps, which, feather, PATCH_EDGE_RAD, entries[:-1], shares[:-1],
        first, count, share, lens, origin, sites, sites.view(np.uint16), parts, used,
    )  # fmt: skip
    nbytes = sum(each.nbytes for each in (first, count, share))
    nbytes += int(used[:, 0].sum()) * (lens.itemsize + origin[0].nbytes + sites[0].nbytes) + int(used[:, 1].sum()) * parts[0].nbytes
    falloff = _falloff(rig, first, count, lens, origin, sites)
    nbytes += falloff.nbytes
    return StitchPlan(rig, face, feather_rad, distance_m, missing, first, count, share, lens, origin, sites, parts, falloff, nbytes)


def _falloff(
    rig: Rig,
    first: NDArray[np.int32],
    count: NDArray[np.uint16],
    lens: NDArray[np.int16],
    origin: NDArray[np.uint16],
    sites: NDArray[np.uint8],
) -> NDArray[np.float32]:
    """The plan's `falloff`: one row for all if no lens loses light towards its edges."""
    if all(each.vignetting is None for each in rig.lenses):
        return np.array([[1, 0, 0]], np.float32)
    numbers = np.zeros((len(rig.lenses) + 1, tables.FALLOFF_COLUMNS))
    for row, each in zip(numbers, rig.lenses, strict=False):
        if each.vignetting:
            unit = np.hypot(*each.frame) / 2
            row[:] = each.vignetting.b, each.vignetting.c, each.vignetting.d, *each.vignetting.centre_px, 1 / unit**2
    falloff = np.empty((len(lens), 3), np.float32)
    tables.fill_falloff(first, count, lens, origin, sites, numbers, EXPONENT, falloff)
    return falloff


def angle_scales(rig: Rig) -> Array:
    """What to multiply each lens' angles by (lenses,), so that wide and narrow lenses meet where both are equally far into their fields."""
    return _scales(rig, _reaches(rig))


def _scales(rig: Rig, reaches: Array) -> Array:
    """The same of known reaches; a patch does not count."""
    cameras = [reach for reach, lens in zip(reaches, rig.lenses, strict=True) if not lens.patch] or [1.0]
    return np.where(reaches > 0, np.mean(cameras) / np.where(reaches > 0, reaches, 1), 1)


def _reaches(rig: Rig) -> Array:
    """The largest angle in rad from the middle of its picture that each lens sees: (lenses,)."""
    return np.array([_reach(_anywhere(lens)) for lens in rig.lenses])


def _anywhere(lens: Lens) -> Lens:
    """The lens without its name and place: what does not depend on these is worked out once."""
    return replace(lens, name="", input=0, yaw=0.0, pitch=0.0, roll=0.0, position_m=(0.0, 0.0, 0.0))


@lru_cache(maxsize=64)
def _clearance(lens: Lens) -> NDArray[np.float32] | None:
    return clearance_map(lens)


@lru_cache(maxsize=256)
def _reach(lens: Lens) -> float:
    looking = directions(COARSE)
    _, valid = lenses.project(lens, looking)
    return float(lenses.off_middle(lens, looking[valid]).max(initial=0.0))


def _room(mesh: Mesh, feather_rad: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each row of cells may write its entries and rows of shares: more than it needs, as memory never written to costs nothing."""
    asked = (mesh.state != UNSEEN) & (mesh.low <= mesh.high.min(0) + feather_rad)
    span = np.where(np.isfinite(mesh.span), mesh.span, tables.SPOTS * tables.WINDOW)
    windows = (span // (tables.WINDOW // 2) + 2) ** 2
    parts = 1 + np.where(asked, np.where(span < tables.WINDOW - 1, 1, np.minimum(windows, tables.SPOTS)), 0).sum(0)
    tiles = (mesh.cell_px // tables.TILE_WIDTH) * (mesh.cell_px // tables.TILE_HEIGHT)
    room = (parts * tiles).sum(1).astype(np.int64)
    return np.concatenate([[0], np.cumsum(room)]), np.concatenate([[0], np.cumsum(room + 1)])


def _bounds(lens: Lens, angle_scale: float) -> Array:
    """One row of the kernels' `bounds`."""
    row = np.zeros(tables.COLUMNS)
    row[tables.LEFT : tables.BOTTOM + 1] = 0, 0, *lens.frame
    row[tables.CIRCLE_RADIUS] = inf
    match lens.crop:
        case Circle(x, y, radius):
            row[tables.CIRCLE_X : tables.CIRCLE_RADIUS + 1] = x, y, radius
        case Rectangle(left, top, right, bottom):
            row[tables.LEFT : tables.BOTTOM + 1] = max(left, 0), max(top, 0), min(right, lens.frame.width), min(bottom, lens.frame.height)
    row[tables.WIDTH : tables.HEIGHT + 1] = lens.frame
    row[tables.FOCAL], row[tables.MAX_ANGLE], row[tables.ANGLE_SCALE] = lens.focal_px, lenses.max_angle(lens), angle_scale
    row[tables.PATCH], row[tables.ASIDE] = lens.patch, not np.array_equal(lenses.middle(lens), lenses.axis(lens))
    return row


def _clearances(rig: Rig) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """The kernels' `clearances` and `clearance`."""
    maps = [_clearance(_anywhere(lens)) for lens in rig.lenses]
    masked = [index for index, each in enumerate(maps) if each is not None]
    shape = np.max([each.shape for each in maps if each is not None] or [(1, 1)], axis=0)
    stacked = np.zeros((len(masked), *shape), np.float32)
    which = np.full(len(maps), -1, np.int32)
    for place, index in enumerate(masked):
        each = maps[index]
        assert each is not None
        stacked[place, : each.shape[0], : each.shape[1]] = each
        which[index] = place
    return stacked, which
