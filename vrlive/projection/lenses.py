"""From directions to pixels and back, for every lens model: the plain NumPy form, the reference of all faster ones.

The angle from the optical axis is ``θ = atan2(hypot(x, y), z)``, good past 90°. Radii: rectilinear tan θ, equidistant θ,
equisolid 2 sin θ/2, stereographic 2 tan θ/2, orthographic sin θ, Thoby 1.47 sin 0.713 θ; times the focal length.
Cylindrical and equirectangular lenses map longitude and latitude about the camera's own upright axis; an equiangular one is a face of a
cube whose columns and rows are as far apart as their angles: atan(x / z), atan(y / z). Double Sphere and EUCM: see `distortions`.
"""

from math import atan, inf, isnan, pi

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vrlive.projection import distortions
from vrlive.projection.distortions import first_turning_point, solve_rising
from vrlive.projection.rig import (
    Array,
    BrownConrady,
    Circle,
    DoubleSphere,
    ExtendedUnified,
    KannalaBrandt,
    Lens,
    Model,
    PanoTools,
    Polygon,
    Polynomial,
    Rectangle,
)

Mask = NDArray[np.bool_]

THOBY_SCALE, THOBY_ANGLE = 1.47, 0.713  # Thoby, “About the various projections of the photographic objective lenses”
NEAREST_TO_HORIZON = 1e-9  # rad: how close tan θ may come to its pole


def project(lens: Lens, directions: ArrayLike, distance_m: float = inf) -> tuple[Array, Mask]:
    """Where a lens sees world directions.

    Parameters
    ----------
    lens
        The lens.
    directions
        (..., 3) unit vectors from the rig's centre, +X right, +Y up, −Z forward.
    distance_m
        Radius of the sphere the scene lies on; the lens' position counts in proportion to it.

    Returns
    -------
    xy
        (..., 2) px in the whole frame, pixel centres at +0.5.
    valid
        (...) whether that is picture: inside the model's range, the crop and the frame.
    """
    points, in_front = _from_lens(lens, np.asarray(directions, np.float64), distance_m)
    camera = points @ lens.rotation
    x, y, theta = _to_plane(lens, camera[..., 0], -camera[..., 1], -camera[..., 2])
    x, y, monotone = _distort(lens, x, y)
    xy = np.stack([x + lens.centre_px[0], y + lens.centre_px[1]], axis=-1)
    return xy, in_front & monotone & (theta <= max_angle(lens)) & inside(lens, xy)


def unproject(lens: Lens, xy: ArrayLike, distance_m: float = inf) -> Array:
    """Which world directions a lens' pixels look to: the inverse of `project`.

    Parameters
    ----------
    lens
        The lens.
    xy
        (..., 2) px in the whole frame, pixel centres at +0.5.
    distance_m
        Radius of the sphere the scene lies on.

    Returns
    -------
    (..., 3) unit directions from the rig's centre; NaN where the lens model has none.
    """
    from_centre = np.asarray(xy, np.float64) - lens.centre_px
    x, y = _undistort(lens, from_centre[..., 0], from_centre[..., 1])
    rays = _from_plane(lens, x, y) * (1.0, -1.0, -1.0)
    return _from_centre(lens, rays @ lens.rotation.T, distance_m)


def off_axis(lens: Lens, directions: ArrayLike, distance_m: float = inf) -> Array:
    """Angles (...) in radians from a lens' axis to what lies in world directions (..., 3), on a sphere of radius `distance_m`."""
    return _angles(lens, axis(lens), directions, distance_m)


def off_middle(lens: Lens, directions: ArrayLike, distance_m: float = inf) -> Array:
    """The same from the middle of a lens' picture."""
    return _angles(lens, middle(lens), directions, distance_m)


def axis(lens: Lens) -> Array:
    """Unit direction (3,) a lens looks in."""
    return np.asarray(-lens.rotation[:, 2])


def middle(lens: Lens) -> Array:
    """Unit direction (3,) from a lens to the middle of its picture: its axis, unless a rectangle of the frame is all that belongs to it."""
    match lens.crop:
        case Rectangle(left, top, right, bottom):
            xy = (max(left, 0) + min(right, lens.frame.width)) / 2, (max(top, 0) + min(bottom, lens.frame.height)) / 2
            there = unproject(lens, xy)
            return axis(lens) if np.isnan(there).any() else there
    return axis(lens)


def inside(lens: Lens, xy: ArrayLike) -> Mask:
    """Whether pixels (..., 2) lie in the frame and in the lens' crop, outside its masks."""
    x, y = np.moveaxis(np.asarray(xy, np.float64), -1, 0)
    within: Mask = (x >= 0) & (x <= lens.frame.width) & (y >= 0) & (y <= lens.frame.height)
    match lens.crop:
        case Circle(centre_x, centre_y, radius):
            within &= (x - centre_x) ** 2 + (y - centre_y) ** 2 <= radius**2
        case Rectangle(left, top, right, bottom):
            within &= (x >= left) & (x <= right) & (y >= top) & (y <= bottom)
    return within & ~cut_out(lens, x, y)


def cut_out(lens: Lens, x: Array, y: Array) -> Mask:
    """Whether px (...) lie in one of a lens' masks."""
    cut = np.zeros(np.broadcast(x, y).shape, np.bool_)
    for mask in lens.masks:
        cut |= _in_polygon(mask, x, y)
    if lens.mask:
        rows, columns = lens.mask.kept.shape
        row = np.clip(np.nan_to_num(y * (rows / lens.frame.height)), 0, rows - 1).astype(int)
        column = np.clip(np.nan_to_num(x * (columns / lens.frame.width)), 0, columns - 1).astype(int)
        cut |= ~lens.mask.kept[row, column]
    return cut


def focal(model: Model, half_width_px: float, half_angle: float) -> float:
    """Focal length in px of an undistorted lens that sees `half_angle` (radians) from its axis at `half_width_px`."""
    return half_width_px / float(_radius(model, np.array(half_angle)))


def view(model: Model, half_width_px: float, focal_px: float) -> float:
    """The inverse of `focal`: the angle in radians from its axis that is seen at `half_width_px`; NaN if none is."""
    return float(_angle(model, np.array(half_width_px / focal_px)))


def max_angle(lens: Lens) -> float:
    """Farthest angle from the axis in radians that the model, its distortion and `Lens.max_angle_rad` all allow."""
    limit = {"rectilinear": pi / 2, "orthographic": pi / 2, "thoby": pi / 2 / THOBY_ANGLE, "equiangular": pi / 2}.get(lens.model, pi)
    match lens.distortion:
        case KannalaBrandt():
            limit = min(limit, first_turning_point(distortions.kannala_brandt(lens.distortion), step=2))
        case BrownConrady():
            limit = min(limit, atan(distortions.bend_limit(lens.distortion)))
        case Polynomial():
            farthest = float(_angle(lens.model, np.array(distortions.bend_limit(lens.distortion))))
            limit = limit if isnan(farthest) else min(limit, farthest)
        case DoubleSphere() | ExtendedUnified():
            limit = min(limit, distortions.sphere_limit(lens.distortion))
    return min(limit, lens.max_angle_rad)


def max_radius(lens: Lens) -> float:
    """Undistorted radius in px up to which PanoTools distortion rises: beyond, two directions would share a pixel."""
    if not isinstance(lens.distortion, PanoTools):
        return inf
    a, b, c = lens.distortion.a, lens.distortion.b, lens.distortion.c
    return first_turning_point((1 - a - b - c, c, b, a), step=1) * distortion_unit(lens)


def distortion_unit(lens: Lens) -> float:
    """The radius in px that PanoTools distortion calls 1: half the frame's shorter side."""
    return min(lens.frame) / 2


def _angles(lens: Lens, looking: Array, directions: ArrayLike, distance_m: float) -> Array:
    """Angles in radians, as a lens sees them, from one unit direction (3,) to what lies in others (..., 3)."""
    towards = np.asarray(directions, np.float64) - np.asarray(lens.position_m) / distance_m
    return np.asarray(np.arccos(np.clip(towards @ looking / np.linalg.norm(towards, axis=-1), -1, 1)))


def _in_polygon(corners: Polygon, x: Array, y: Array) -> Mask:
    """Even-odd rule: a ray to the right crosses the outline an odd number of times."""
    within = np.zeros(x.shape, np.bool_)
    for (x0, y0), (x1, y1) in zip(corners, (*corners[1:], corners[0]), strict=True):
        if y0 != y1:
            within ^= ((y0 > y) != (y1 > y)) & (x < x0 + (y - y0) / (y1 - y0) * (x1 - x0))
    return within


def _from_lens(lens: Lens, directions: Array, distance_m: float) -> tuple[Array, Mask]:
    """Points on the scene (a sphere of radius 1, or the plane) as seen from the lens, and whether the scene is there at all."""
    shift = np.asarray(lens.position_m) / distance_m
    if lens.scene is None:
        return directions - shift, np.ones(directions.shape[:-1], np.bool_)
    towards = directions @ np.asarray(lens.scene.normal)
    in_front = towards > 0
    return directions / np.where(in_front, towards, np.nan)[..., np.newaxis] - lens.position_m, in_front


def _from_centre(lens: Lens, rays: Array, distance_m: float) -> Array:
    """Unit directions from the rig's centre to where a lens' rays meet the scene."""
    if lens.scene is not None:
        normal, position = np.asarray(lens.scene.normal), np.asarray(lens.position_m)
        along = (1 - position @ normal) / (rays @ normal)
        points = position + np.where(along > 0, along, np.nan)[..., np.newaxis] * rays
    else:
        shift = np.asarray(lens.position_m) / distance_m
        towards = rays @ shift
        points = shift + (np.sqrt(towards**2 + 1 - shift @ shift) - towards)[..., np.newaxis] * rays
    return np.asarray(points / np.linalg.norm(points, axis=-1, keepdims=True))


def _to_plane(lens: Lens, x: Array, y: Array, z: Array) -> tuple[Array, Array, Array]:
    """Undistorted px from the centre, and the angle from the axis, of points with x right, y down, z forward."""
    across = np.hypot(x, y)
    theta = np.arctan2(across, z)
    match lens.model:
        case "cylindrical":
            u, v = np.arctan2(x, z), y / np.maximum(np.hypot(x, z), NEAREST_TO_HORIZON)
        case "equirectangular":
            u, v = np.arctan2(x, z), np.arctan2(y, np.hypot(x, z))
        case "equiangular":
            u, v = np.arctan2(x, z), np.arctan2(y, z)
        case _:
            scale = _bent_radius(lens, theta) / np.where(across > 0, across, 1.0)
            u, v = x * scale, y * scale
    if isinstance(lens.distortion, BrownConrady | Polynomial):
        u, v = distortions.bend(lens.distortion, u, v)
    return u * lens.focal_px, v * lens.focal_px * lens.aspect, theta


def _from_plane(lens: Lens, x: Array, y: Array) -> Array:
    """Unit rays (..., 3), x right, y down, z forward, of undistorted px from the centre."""
    u, v = x / lens.focal_px, y / (lens.focal_px * lens.aspect)
    if isinstance(lens.distortion, BrownConrady | Polynomial):
        u, v = distortions.unbend(lens.distortion, u, v)
    match lens.model:
        case "cylindrical":
            longitude, latitude = u, np.arctan(v)
        case "equirectangular":
            longitude, latitude = u, v
        case "equiangular":
            ray = np.stack([np.tan(u), np.tan(v), np.ones_like(u)], axis=-1)
            forward = np.maximum(np.abs(u), np.abs(v)) < pi / 2
            return np.where(forward[..., np.newaxis], ray / np.linalg.norm(ray, axis=-1, keepdims=True), np.nan)
        case _:
            radius = np.hypot(u, v)
            theta = _straight_angle(lens, radius)
            across = np.sin(theta) / np.where(radius > 0, radius, 1.0)
            return np.stack([u * across, v * across, np.cos(theta)], axis=-1)
    flat = np.cos(latitude)
    return np.stack([flat * np.sin(longitude), np.sin(latitude), flat * np.cos(longitude)], axis=-1)


def _bent_radius(lens: Lens, theta: Array) -> Array:
    """Radius, in focal lengths, of the angle `theta` from the axis, distorted where the distortion is one of angles."""
    match lens.distortion:
        case KannalaBrandt():
            bent = theta * sum(k * theta ** (2 * n) for n, k in enumerate(distortions.kannala_brandt(lens.distortion)))
            return _radius(lens.model, bent)
        case DoubleSphere() | ExtendedUnified():
            return distortions.sphere_radius(lens.distortion, theta)
    return _radius(lens.model, theta)


def _straight_angle(lens: Lens, radius: Array) -> Array:
    """The inverse of `_bent_radius`."""
    match lens.distortion:
        case KannalaBrandt():
            bent = _angle(lens.model, radius)
            return solve_rising(distortions.kannala_brandt(lens.distortion), 2, bent, max_angle(lens))
        case DoubleSphere() | ExtendedUnified():
            return distortions.sphere_angle(lens.distortion, radius)
    return _angle(lens.model, radius)


def _radius(model: Model, theta: Array) -> Array:
    """Radius, in focal lengths, of the angle `theta` from the axis."""
    match model:
        case "rectilinear":
            return np.tan(np.minimum(theta, pi / 2 - NEAREST_TO_HORIZON))
        case "equisolid":
            return 2 * np.sin(theta / 2)
        case "stereographic":
            return 2 * np.tan(np.minimum(theta, pi - NEAREST_TO_HORIZON) / 2)
        case "orthographic":
            return np.sin(theta)
        case "thoby":
            return THOBY_SCALE * np.sin(THOBY_ANGLE * theta)
    return theta


def _angle(model: Model, radius: Array) -> Array:
    """The inverse of `_radius`; NaN past the largest radius."""
    with np.errstate(invalid="ignore"):
        match model:
            case "rectilinear":
                return np.arctan(radius)
            case "equisolid":
                return 2 * np.arcsin(radius / 2)
            case "stereographic":
                return 2 * np.arctan(radius / 2)
            case "orthographic":
                return np.arcsin(radius)
            case "thoby":
                return np.arcsin(radius / THOBY_SCALE) / THOBY_ANGLE
    return radius


def _distort(lens: Lens, x: Array, y: Array) -> tuple[Array, Array, Mask]:
    """PanoTools distortion of px from the centre, and where it still rises."""
    if not isinstance(lens.distortion, PanoTools):
        return x, y, np.ones(x.shape, np.bool_)
    a, b, c, g, t = (getattr(lens.distortion, key) for key in "abcgt")
    radius = np.hypot(x, y)
    rho = radius / distortion_unit(lens)
    scale = ((a * rho + b) * rho + c) * rho + 1 - a - b - c
    x, y = x * scale, y * scale
    return x + g / lens.frame.height * y, y + t / lens.frame.width * x, radius <= max_radius(lens)


def _undistort(lens: Lens, x: Array, y: Array) -> tuple[Array, Array]:
    """The inverse of `_distort`; NaN where it has none."""
    if not isinstance(lens.distortion, PanoTools):
        return x, y
    a, b, c, g, t = (getattr(lens.distortion, key) for key in "abcgt")
    shear_x, shear_y = g / lens.frame.height, t / lens.frame.width
    x, y = (x - shear_x * y) / (1 - shear_x * shear_y), (y - shear_y * x) / (1 - shear_x * shear_y)
    distorted, unit = np.hypot(x, y), distortion_unit(lens)
    radius = solve_rising((1 - a - b - c, c, b, a), 1, distorted / unit, max_radius(lens) / unit) * unit
    scale = np.where(distorted > 0, radius / np.where(distorted > 0, distorted, 1.0), 1.0)
    return x * scale, y * scale
