"""One real lens as others wrote it down in four models: they must see the same."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vrlive.projection.lenses import project, unproject
from vrlive.projection.rig import BrownConrady, DoubleSphere, ExtendedUnified, KannalaBrandt, Lens
from vrlive.units import Size

FRAME = Size(752, 480)


def numbers(model: str) -> dict[str, float]:
    """The file's parameters: plain lines of names and numbers."""
    if "VRLIVE_TEST_DATA" not in os.environ:
        pytest.skip("VRLIVE_TEST_DATA is not set: no calibrations")
    text = (Path(os.environ["VRLIVE_TEST_DATA"]) / "camera_models" / f"{model}.yml").read_text("utf-8")
    pairs = (line.split(":") for line in text.splitlines() if line.startswith("  "))
    return {key.strip(): float(value) for key, value in pairs}


def lens(model: str) -> Lens:
    n = numbers(model)
    plain = Lens(model, 0, FRAME, "equidistant", n["fx"], (n["cx"] + 0.5, n["cy"] + 0.5), aspect=n["fy"] / n["fx"])
    match model:
        case "DS":
            return replace(plain, model="double-sphere", distortion=DoubleSphere(n["xi"], n["alpha"]))
        case "EUCM":
            return replace(plain, model="eucm", distortion=ExtendedUnified(n["alpha"], n["beta"]))
        case "KB":
            return replace(plain, distortion=KannalaBrandt(n["k1"], n["k2"], n["k3"], n["k4"]))
    return replace(plain, model="rectilinear", distortion=BrownConrady(n["k1"], n["k2"], n["p1"], n["p2"], n["k3"]))


@pytest.mark.parametrize(("model", "median_px", "largest_px"), [("EUCM", 0.44, 0.54), ("KB", 0.62, 0.99), ("RadTan", 1.06, np.inf)])
def test_pixels_of_the_double_sphere_model_are_where_the_others_see_them(model: str, median_px: float, largest_px: float) -> None:
    x, y = np.meshgrid(np.arange(20, 752, 20) + 0.5, np.arange(20, 480, 20) + 0.5)
    pixels = np.stack([x, y], -1)
    found, valid = project(replace(lens(model), frame=Size(2000, 2000)), unproject(lens("DS"), pixels))
    away = np.linalg.norm(found - pixels, axis=-1)[valid]
    print(f"{model}: median {np.median(away):.3f} px, largest {away.max():.3f} px, of {valid.mean():.1%}")
    assert valid.mean() > 0.95
    assert np.median(away) <= median_px
    assert away.max() <= largest_px
    assert np.percentile(away, 95) <= 2.3
