"""What real lenses do to plain projections: forward, inverse, and up to where it can be inverted.

Brown–Conrady as OpenCV's pinhole model has it; Kannala–Brandt 2006 as its fisheye model has it; Double Sphere and EUCM after
Usenko, Demmel and Cremers 2018, “The Double Sphere Camera Model”; radii and angles are those of a lens with focal length 1.
"""

from math import acos, atan, inf, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from vrlive.projection.rig import BrownConrady, DoubleSphere, ExtendedUnified, KannalaBrandt, Polynomial

Array = NDArray[np.float64]

NEWTON_STEPS = 50
CLOSE = 1e-9


def first_turning_point(coefficients: tuple[float, ...], step: int) -> float:
    """Smallest x > 0 where ``Σ coefficients[n] · x^(1 + step·n)`` stops rising; infinity if it always does."""
    slope = [(1 + step * n) * value for n, value in enumerate(coefficients)]
    return float(_first_root(slope) ** (1 / step))


def solve_rising(coefficients: tuple[float, ...], step: int, target: Array, limit: float) -> Array:
    """Solve ``Σ coefficients[n] · x^(1 + step·n) = target`` for x in 0…limit, where the left side rises; NaN where there is none."""
    low, high = np.zeros_like(target), np.full_like(target, min(limit, 1e3))
    x = np.clip(target / coefficients[0], low, high)
    for _ in range(NEWTON_STEPS):
        value = x * sum(k * x ** (step * n) for n, k in enumerate(coefficients))
        slope = sum((1 + step * n) * k * x ** (step * n) for n, k in enumerate(coefficients))
        low, high = np.where(value < target, x, low), np.where(value > target, x, high)
        guess = x - (value - target) / np.where(np.abs(slope) > 1e-12, slope, np.nan)
        x = np.where((guess >= low) & (guess <= high), guess, (low + high) / 2)
    value = x * sum(k * x ** (step * n) for n, k in enumerate(coefficients))
    return np.where(np.abs(value - target) <= CLOSE * np.maximum(1.0, target), x, np.nan)


def kannala_brandt(lens: KannalaBrandt) -> tuple[float, ...]:
    """Coefficients of θ, θ³, θ⁵ …: the bent angle, for `first_turning_point` and `solve_rising` with step 2."""
    return 1.0, lens.k1, lens.k2, lens.k3, lens.k4


def sphere_radius(lens: DoubleSphere | ExtendedUnified, theta: Array) -> Array:
    """Radius of the angle θ from the axis, in focal lengths."""
    across, ahead = np.sin(theta), np.cos(theta)
    match lens:
        case DoubleSphere(xi, alpha):
            ahead = xi + ahead
            far = np.hypot(across, ahead)
        case ExtendedUnified(alpha, beta):
            far = np.sqrt(beta * across**2 + ahead**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(across / (alpha * far + (1 - alpha) * ahead))


def sphere_angle(lens: DoubleSphere | ExtendedUnified, radius: Array) -> Array:
    """The inverse of `sphere_radius`; NaN past the largest radius."""
    square = radius**2
    with np.errstate(invalid="ignore"):
        match lens:
            case DoubleSphere(xi, alpha):
                z = (1 - alpha**2 * square) / (alpha * np.sqrt(1 - (2 * alpha - 1) * square) + 1 - alpha)
                scale = (z * xi + np.sqrt(z**2 + (1 - xi**2) * square)) / (z**2 + square)
                return np.asarray(np.arctan2(scale * radius, scale * z - xi))
            case ExtendedUnified(alpha, beta):
                z = (1 - beta * alpha**2 * square) / (alpha * np.sqrt(1 - (2 * alpha - 1) * beta * square) + 1 - alpha)
                return np.asarray(np.arctan2(radius, z))


def sphere_limit(lens: DoubleSphere | ExtendedUnified) -> float:
    """Largest angle from the axis in radians that the model can see."""
    alpha = lens.alpha
    w = alpha / (1 - alpha) if alpha <= 0.5 else (1 - alpha) / alpha
    match lens:
        case DoubleSphere(xi, _):
            return acos(max(-1.0, min(1.0, -(w + xi) / sqrt(2 * w * xi + xi**2 + 1))))
        case ExtendedUnified(_, beta):
            return pi / 2 if w == 0 else pi - atan(sqrt(max(1 - w**2, 0) / (w**2 * beta)))


def bend(lens: BrownConrady | Polynomial, u: Array, v: Array) -> tuple[Array, Array]:
    """Where distortion moves undistorted coordinates, in focal lengths."""
    square = u * u + v * v
    radial = _radial(lens, square)
    return (
        u * radial + 2 * lens.p1 * u * v + lens.p2 * (square + 2 * u * u),
        v * radial + lens.p1 * (square + 2 * v * v) + 2 * lens.p2 * u * v,
    )


def unbend(lens: BrownConrady | Polynomial, x: Array, y: Array) -> tuple[Array, Array]:
    """The inverse of `bend` where its radius rises, by Newton's method in two dimensions; NaN where it has none."""
    far = np.hypot(x, y)
    start = _unbent_radius(lens, far)
    scale = np.where(far > 0, start / np.where(far > 0, far, 1.0), 1.0)
    u, v = x * scale, y * scale
    for _ in range(NEWTON_STEPS):
        off_x, off_y = (got - asked for got, asked in zip(bend(lens, u, v), (x, y), strict=True))
        square = u * u + v * v
        radial, slope = _radial(lens, square), 2 * _radial_slope(lens, square)
        xx = radial + slope * u * u + 2 * lens.p1 * v + 6 * lens.p2 * u
        xy = slope * u * v + 2 * lens.p1 * u + 2 * lens.p2 * v
        yy = radial + slope * v * v + 6 * lens.p1 * v + 2 * lens.p2 * u
        area = xx * yy - xy * xy
        with np.errstate(divide="ignore", invalid="ignore"):
            u, v = u - (yy * off_x - xy * off_y) / area, v - (xx * off_y - xy * off_x) / area
    got_x, got_y = bend(lens, u, v)
    good = (np.abs(got_x - x) + np.abs(got_y - y) <= CLOSE * np.maximum(1, far)) & (np.hypot(u, v) <= bend_limit(lens))
    return np.where(good, u, np.nan), np.where(good, v, np.nan)


def bend_limit(lens: BrownConrady | Polynomial) -> float:
    """Undistorted radius up to which the radial part rises: the first root of its derivative or of its denominator."""
    if isinstance(lens, Polynomial):
        return first_turning_point((1.0, lens.c1, lens.c2, lens.c3), step=1)
    above = np.polynomial.Polynomial([1, 0, lens.k1, 0, lens.k2, 0, lens.k3])
    below = np.polynomial.Polynomial([1, 0, lens.k4, 0, lens.k5, 0, lens.k6])
    r = np.polynomial.Polynomial([0, 1])
    falling = (r * above).deriv() * below - r * above * below.deriv()
    return min(_first_root([*falling.coef]), _first_root([*below.coef]))


def _unbent_radius(lens: BrownConrady | Polynomial, far: Array) -> Array:
    """Radius whose radial part alone is `far`, by bisection below the limit."""
    low, high = np.zeros_like(far), np.full_like(far, min(bend_limit(lens), 1e3))
    for _ in range(NEWTON_STEPS):
        middle = (low + high) / 2
        short = middle * _radial(lens, middle**2) < far
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return (low + high) / 2


def _radial(lens: BrownConrady | Polynomial, square: Array) -> Array:
    if isinstance(lens, Polynomial):
        radius = np.sqrt(square)
        return np.asarray(1 + radius * (lens.c1 + radius * (lens.c2 + radius * lens.c3)))
    above = 1 + square * (lens.k1 + square * (lens.k2 + square * lens.k3))
    return np.asarray(above / (1 + square * (lens.k4 + square * (lens.k5 + square * lens.k6))))


def _radial_slope(lens: BrownConrady | Polynomial, square: Array) -> Array:
    """Derivative of the radial factor by the squared radius."""
    if isinstance(lens, Polynomial):
        radius = np.sqrt(square)
        return np.asarray((lens.c1 + radius * (2 * lens.c2 + radius * 3 * lens.c3)) / (2 * np.where(radius > 0, radius, 1.0)))
    above = 1 + square * (lens.k1 + square * (lens.k2 + square * lens.k3))
    below = 1 + square * (lens.k4 + square * (lens.k5 + square * lens.k6))
    above_slope = lens.k1 + square * (2 * lens.k2 + square * 3 * lens.k3)
    below_slope = lens.k4 + square * (2 * lens.k5 + square * 3 * lens.k6)
    return np.asarray((above_slope * below - above * below_slope) / below**2)


def _first_root(rising: list[float]) -> float:
    """Smallest root above 0 of a polynomial whose coefficients are given from the constant up; infinity if it has none."""
    roots = np.roots(rising[::-1])
    real = roots.real[(np.abs(roots.imag) < CLOSE * np.maximum(np.abs(roots), 1.0)) & (roots.real > 0)]
    return float(real.min()) if len(real) else inf
