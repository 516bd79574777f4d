"""The stitcher once more, slow and plain, in float64: what every fast kernel is held against."""

from collections.abc import Sequence
from math import inf

import numpy as np
from numpy.typing import NDArray

from vrlive.frames import BLACK, Picture
from vrlive.projection import equirect, lenses
from vrlive.projection.rig import Circle, Lens, Polygon, Rectangle, Rig
from vrlive.stitch.photometry import colour_matrices
from vrlive.stitch.plan import angle_scales
from vrlive.units import Size

Array = NDArray[np.float64]


def stitch_exactly(
    rig: Rig, pictures: Sequence[Picture | None], size: Size, *, feather_rad: float, gains_ev: Array, distance_m: float = inf
) -> tuple[Array, Array, Array]:
    """Y, U and V of the panorama as unrounded float64 codes; the arguments are those of `plan_stitch` and `Stitcher`."""
    luma, chroma = equirect.directions(size), equirect.directions(size, chroma=True)
    present = [pictures[lens.input] is not None for lens in rig.lenses]
    luma_shares = divide(rig, luma, present, feather_rad, distance_m)
    chroma_shares = divide(rig, chroma, present, feather_rad, distance_m)
    y = BLACK[0] * (1 - luma_shares.sum(0))
    u, v = (code * (1 - chroma_shares.sum(0)) for code in BLACK[1:])
    for index, lens in enumerate(rig.lenses):
        picture, matrix = pictures[lens.input], colour_matrices(gains_ev)[index].astype(np.float64)
        if picture is None:
            continue
        seen = sample(picture.y, lenses.project(lens, luma, distance_m)[0], 1)
        seen_u, seen_v = (sample(plane, lenses.project(lens, chroma, distance_m)[0], 2) for plane in (picture.u, picture.v))
        around = [np.repeat(np.repeat(plane, 2, 0), 2, 1) for plane in (seen_u, seen_v)]
        mean = seen.reshape(size.height // 2, 2, size.width // 2, 2).mean((1, 3))
        y += luma_shares[index] * (matrix[0, :3] @ np.stack([seen, *around]).transpose(1, 0, 2) + matrix[0, 3])
        u += chroma_shares[index] * (matrix[1, :3] @ np.stack([mean, seen_u, seen_v]).transpose(1, 0, 2) + matrix[1, 3])
        v += chroma_shares[index] * (matrix[2, :3] @ np.stack([mean, seen_u, seen_v]).transpose(1, 0, 2) + matrix[2, 3])
    return y, u, v


def divide(rig: Rig, directions: Array, present: Sequence[bool], feather_rad: float, distance_m: float) -> Array:
    """Share of each lens in each direction: (lenses, ...) in 0…1, summing to 1 where any lens sees."""
    feather = max(feather_rad, 1e-6)
    distances = np.stack(
        [
            lens_distance(lens, directions, feather, scale, distance_m) if here else np.full(directions.shape[:-1], inf)
            for lens, here, scale in zip(rig.lenses, present, angle_scales(rig, distance_m), strict=True)
        ]
    )
    shares = np.zeros(distances.shape)
    for index, mine in enumerate(distances):
        others = np.delete(distances, index, 0).min(0, initial=inf)
        with np.errstate(invalid="ignore"):
            t = np.clip(0.5 - (mine - others) / (2 * feather), 0, 1)
        shares[index] = np.where(np.isfinite(mine), t * t * (3 - 2 * t), 0)
    return np.asarray(shares / np.maximum(shares.sum(0), 1e-12))


def lens_distance(lens: Lens, directions: Array, feather: float, scale: float, distance_m: float) -> Array:
    """How far directions are from a lens' axis, in rad, pushed out towards the end of its picture and infinite beyond."""
    xy, valid = lenses.project(lens, directions, distance_m)
    angle = lenses.off_axis(lens, directions, distance_m)
    x, y = xy[..., 0], xy[..., 1]
    edges = [x, lens.frame.width - x, y, lens.frame.height - y]
    match lens.crop:
        case Circle(centre_x, centre_y, radius):
            edges.append(radius - np.hypot(x - centre_x, y - centre_y))
        case Rectangle(left, top, right, bottom):
            edges += [x - left, right - x, y - top, bottom - y]
    edges += [mask_distance(mask, xy) for mask in lens.masks]
    edge = np.minimum(np.min(edges, axis=0) / lens.focal_px, lenses.max_angle(lens) - angle)
    push = feather * np.maximum(feather / 2 / np.maximum(edge, 1e-9) - 1, 0)
    return np.where(valid, angle * scale + push, inf)


def mask_distance(mask: Polygon, xy: Array) -> Array:
    """Distance in px of places (..., 2) from a polygon's outline."""
    nearest = np.full(xy.shape[:-1], inf)
    for start, end in zip(np.array(mask), np.roll(mask, -1, axis=0), strict=True):
        side = end - start
        along = np.clip((xy - start) @ side / (side @ side), 0, 1)
        nearest = np.minimum(nearest, np.linalg.norm(xy - start - along[..., np.newaxis] * side, axis=-1))
    return nearest


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
