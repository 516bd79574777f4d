"""The stitcher once more, slow and plain, in float64: what every fast kernel is held against."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from vrlive.frames import BLACK, Picture
from vrlive.projection import lenses
from vrlive.projection.masks import clearance_map
from vrlive.projection.outputs import Face
from vrlive.projection.rig import Circle, Lens, Rectangle, Rig
from vrlive.stitch.photometry import CHROMA_PIVOT, EXPONENT, LUMA_PIVOT, colour_matrices
from vrlive.stitch.plan import PATCH_EDGE_RAD, angle_scales
from vrlive.stitch.tables import DARKEST

Array = NDArray[np.float64]


def stitch_exactly(
    rig: Rig,
    pictures: Sequence[Picture | None],
    face: Face,
    *,
    feather_rad: float,
    gains_ev: Array,
    distance_m: float = inf,
    rows: slice | None = None,
) -> tuple[Array, Array, Array]:
    """Y, U and V of the face as unrounded float64 codes; the arguments are those of `plan_stitch` and `Stitcher`.

    `rows`: only some rows of luma, an even number, from an even one on.
    """
    luma = looking_of(face, 1, rows)
    chroma = looking_of(face, 2, rows and slice(rows.start // 2, rows.stop // 2))
    present = [pictures[lens.input] is not None for lens in rig.lenses]
    luma_shares = divide(rig, luma, present, feather_rad, distance_m)
    chroma_shares = divide(rig, chroma, present, feather_rad, distance_m)
    y = BLACK[0] * (1 - luma_shares.sum(0))
    uv = np.stack([code * (1 - chroma_shares.sum(0)) for code in BLACK[1:]])
    for index, lens in enumerate(rig.lenses):
        picture, matrix = pictures[lens.input], colour_matrices(gains_ev)[index].astype(np.float64)
        if picture is None:
            continue
        seen = sample(picture.y, lenses.project(lens, luma, distance_m)[0], 1)
        seen_u, seen_v = (sample(plane, lenses.project(lens, chroma, distance_m)[0], 2) for plane in (picture.u, picture.v))
        around = [np.repeat(np.repeat(plane, 2, 0), 2, 1) for plane in (seen_u, seen_v)]
        mean = seen.reshape(len(chroma), 2, -1, 2).mean((1, 3))
        here = [seen, *around], [mean, seen_u, seen_v]
        bright, brighter = (brightening(lens, lenses.project(lens, looking, distance_m)[0]) for looking in (luma, chroma))
        matched = matrix[0, :3] @ np.stack(here[0]).transpose(1, 0, 2) + matrix[0, 3]
        y += luma_shares[index] * (LUMA_PIVOT + bright * (matched - LUMA_PIVOT))
        matched = matrix[1:, :3] @ np.stack(here[1]).transpose(1, 0, 2) + matrix[1:, 3, np.newaxis]
        uv += chroma_shares[index] * (CHROMA_PIVOT + brighter * (matched.transpose(1, 0, 2) - CHROMA_PIVOT))
    return y, *uv


def brightening(lens: Lens, xy: Array) -> Array | float:
    """What gives px (..., 2) of a lens the light back that it lost, as a factor on codes from the pivot."""
    if lens.vignetting is None:
        return 1.0
    away = (xy - lens.vignetting.centre_px) / (np.hypot(*lens.frame) / 2)
    square = np.einsum("...i,...i", away, away)
    left = 1 + lens.vignetting.b * square + lens.vignetting.c * square**2 + lens.vignetting.d * square**3
    return np.asarray(np.maximum(np.nan_to_num(left, nan=1.0), DARKEST) ** -EXPONENT)


def looking_of(face: Face, step: int, rows: slice | None = None) -> Array:
    """Directions (rows, columns, 3) of a face's luma (step 1) or chroma sites (step 2), of all rows of sites or of some."""
    across, down = (np.arange(step / 2, length, step) for length in face.size)
    return face.looking(*np.meshgrid(across, down[rows or slice(None)]))


def divide(rig: Rig, directions: Array, present: Sequence[bool], feather_rad: float, distance_m: float) -> Array:
    """Share of each lens in each direction: (lenses, ...) in 0…1, summing to 1 where any lens sees.

    On the seam between the nearest two lenses each has half; half a feather away the nearer has all. Their distances from the middles of
    the two pictures differ, a feather away from the seam, by as much as the two ways towards the middles part; where a third lens is
    nearly as near, the zone is only so wide that the third begins where the second ends.
    """
    feather = max(feather_rad, 1e-6)
    scales = angle_scales(rig)
    distances = np.full((max(len(rig.lenses), 3), *directions.shape[:-1]), inf)
    for index, (lens, here) in enumerate(zip(rig.lenses, present, strict=True)):
        if here and not lens.patch:
            distances[index] = lens_distance(lens, directions, feather, scales[index], distance_m)
    order = np.argsort(distances, axis=0, kind="stable")[:3]
    first, second, third = np.take_along_axis(distances, order, 0)
    middles = np.stack([lenses.middle(lens) for lens in rig.lenses])
    cosines = np.cos([lenses.off_middle(lens, directions, distance_m) for lens in rig.lenses])
    one, two = (np.minimum(each, len(rig.lenses) - 1)[np.newaxis] for each in order[:2])
    cosine, other = np.take_along_axis(cosines, one, 0)[0], np.take_along_axis(cosines, two, 0)[0]
    sines = np.sqrt(np.maximum((1 - cosine**2) * (1 - other**2), 1e-18))
    parting = np.sqrt(np.clip(2 - 2 * ((middles @ middles.T)[one[0], two[0]] - cosine * other) / sines, 0, 4))
    with np.errstate(invalid="ignore"):
        zone = np.maximum(np.minimum(feather * parting / 2, third - first), 1e-9)
        t = np.where(np.isfinite(second), np.clip(0.5 - (second - first) / (2 * zone), 0, 1), 0)
    share = t * t * (3 - 2 * t)
    shares = np.zeros((len(distances), *first.shape))
    np.put_along_axis(shares, order[:1], np.where(np.isfinite(first), 1 - share, 0)[np.newaxis], 0)
    np.put_along_axis(shares, order[1:2], np.where(np.isfinite(second), share, 0)[np.newaxis], 0)
    for index, (lens, here) in enumerate(zip(rig.lenses, present, strict=True)):
        if here and lens.patch:
            t = np.clip(_inside(lens, directions, distance_m) / PATCH_EDGE_RAD, 0, 1)
            shares *= 1 - t * t * (3 - 2 * t)
            shares[index] = t * t * (3 - 2 * t)
    return shares[: len(rig.lenses)]


def lens_distance(lens: Lens, directions: Array, feather: float, scale: float, distance_m: float) -> Array:
    """How far directions are from the middle of a lens' picture, in rad, pushed out towards the end of its picture and infinite beyond."""
    edge = _inside(lens, directions, distance_m)
    push = feather * np.maximum(feather / 2 / np.maximum(edge, 1e-9) - 1, 0)
    return np.where(edge >= 0, lenses.off_middle(lens, directions, distance_m) * scale + push, inf)


def _inside(lens: Lens, directions: Array, distance_m: float) -> Array:
    """How far directions are inside of a lens' picture, in rad as near its axis; −1 beyond it."""
    xy, valid = lenses.project(replace(lens, masks=(), mask=None), directions, distance_m)
    x, y = xy[..., 0], xy[..., 1]
    edges = [x, lens.frame.width - x, y, lens.frame.height - y]
    match lens.crop:
        case Circle(centre_x, centre_y, radius):
            edges.append(radius - np.hypot(x - centre_x, y - centre_y))
        case Rectangle(left, top, right, bottom):
            edges += [x - left, right - x, y - top, bottom - y]
    clear = clearance_map(lens)
    if clear is not None:
        row, column = (np.clip(np.nan_to_num(at), 0, most - 1).astype(int) for at, most in ((y, lens.frame.height), (x, lens.frame.width)))
        edges.append(clear[row, column])
        valid &= clear[row, column] >= 0
    edge = np.minimum(np.min(edges, axis=0) / lens.focal_px, lenses.max_angle(lens) - lenses.off_axis(lens, directions, distance_m))
    return np.where(valid, edge, -1)


def sample(plane: NDArray[np.uint8], xy: Array, step: int) -> Array:
    """Bilinear samples of a luma (step 1) or chroma (step 2) plane at px of the whole frame; the edge is repeated outwards."""
    height, width = plane.shape
    x = np.clip(np.nan_to_num(xy[..., 0] / step - 0.5), 0, width - 1)
    y = np.clip(np.nan_to_num(xy[..., 1] / step - 0.5), 0, height - 1)
    left, top = np.minimum(x.astype(int), width - 2), np.minimum(y.astype(int), height - 2)
    x, y, values = x - left, y - top, plane.astype(np.float64)
    upper = values[top, left] * (1 - x) + values[top, left + 1] * x
    lower = values[top + 1, left] * (1 - x) + values[top + 1, left + 1] * x
    return np.asarray(upper * (1 - y) + lower * y)
