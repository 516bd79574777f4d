"""How good a panorama is, in numbers that respect the sphere: every pixel counts by the area it covers."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

PEAK = 255.0
SSIM_C1, SSIM_C2 = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2  # Wang et al. 2004, “Image quality assessment”
SSIM_BOX_PX = 9


def latitude_weights(height: int) -> Array:
    """Weight of each row of an equirectangular picture, (height, 1): the cosine of its latitude (WS-PSNR, JVET-D0040)."""
    return np.asarray(np.cos((np.arange(height) + 0.5 - height / 2) * np.pi / height)[:, np.newaxis])


def ws_psnr(image: ArrayLike, truth: ArrayLike, mask: ArrayLike = True) -> float:
    """WS-PSNR in dB of 8-bit values, (height, width) or (height, width, channels), where `mask` (height, width) is true."""
    error = (np.asarray(image, np.float64) - np.asarray(truth, np.float64)) ** 2
    if error.ndim == 3:
        error = error.mean(-1)
    weights = latitude_weights(len(error)) * np.broadcast_to(mask, error.shape)
    return float(10 * np.log10(PEAK**2 * weights.sum() / max((error * weights).sum(), 1e-12)))


def with_global_gain(image: ArrayLike, truth: ArrayLike) -> Array:
    """`image` times the one factor (a channel) that brings it closest to `truth`, clipped to 8 bits."""
    picture, goal = np.asarray(image, np.float64), np.asarray(truth, np.float64)
    weights = latitude_weights(len(picture)).reshape(-1, *[1] * (picture.ndim - 1))
    gain = (picture * goal * weights).sum((0, 1)) / np.maximum((picture**2 * weights).sum((0, 1)), 1e-12)
    return np.asarray(np.clip(picture * gain, 0, PEAK))


def ssim(image: ArrayLike, truth: ArrayLike, mask: ArrayLike = True) -> float:
    """Mean SSIM of luma (height, width) over 9×9 boxes, weighted by the cosine of latitude, where `mask` is true."""
    a, b = np.asarray(image, np.float64), np.asarray(truth, np.float64)
    mean_a, mean_b = _box(a), _box(b)
    var_a, var_b, cov = _box(a * a) - mean_a**2, _box(b * b) - mean_b**2, _box(a * b) - mean_a * mean_b
    quality = (2 * mean_a * mean_b + SSIM_C1) * (2 * cov + SSIM_C2) / ((mean_a**2 + mean_b**2 + SSIM_C1) * (var_a + var_b + SSIM_C2))
    weights = latitude_weights(len(a)) * np.broadcast_to(mask, a.shape)
    return float((quality * weights).sum() / weights.sum())


def _box(values: Array) -> Array:
    """Means over boxes of `SSIM_BOX_PX`; the picture goes on around ±180° and is mirrored at the poles."""
    half = SSIM_BOX_PX // 2
    padded = np.pad(np.pad(values, ((half, half), (0, 0)), mode="symmetric"), ((0, 0), (half, half)), mode="wrap")
    sums = np.pad(padded, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    total = sums[SSIM_BOX_PX:, SSIM_BOX_PX:] - sums[:-SSIM_BOX_PX, SSIM_BOX_PX:] - sums[SSIM_BOX_PX:, :-SSIM_BOX_PX]
    return np.asarray((total + sums[:-SSIM_BOX_PX, :-SSIM_BOX_PX]) / SSIM_BOX_PX**2)
