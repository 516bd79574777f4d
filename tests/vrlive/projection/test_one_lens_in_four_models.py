"""One real lens as others wrote it down in four models: they must see the same."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vrlive.projection.lenses import project, unproject
from vrlive.projection.rig import Lens
from vrlive.rigs import read_rig
from vrlive.units import Size


def lens(model: str) -> Lens:
    if "VRLIVE_TEST_DATA" not in os.environ:
        pytest.skip("VRLIVE_TEST_DATA is not set: no calibrations")
    return read_rig(Path(os.environ["VRLIVE_TEST_DATA"]) / "camera_models" / f"{model}.yml").lenses[0]


@pytest.mark.parametrize(("model", "median_px", "largest_px"), [("EUCM", 0.44, 0.54), ("KB", 0.62, 0.99), ("RadTan", 1.06, np.inf)])
def test_pixels_of_the_double_sphere_model_are_where_the_others_see_them(model: str, median_px: float, largest_px: float) -> None:
    x, y = np.meshgrid(np.arange(20, 752, 20) + 0.5, np.arange(20, 480, 20) + 0.5)
    pixels = np.stack([x, y], -1)
    found, valid = project(replace(lens(model), frame=Size(2000, 2000)), unproject(lens("DS"), pixels))
    away = np.linalg.norm(found - pixels, axis=-1)[valid]
    assert lens(model).distortion != lens("DS").distortion
    print(f"{model}: median {np.median(away):.3f} px, largest {away.max():.3f} px, of {valid.mean():.1%}")
    assert valid.mean() > 0.95
    assert np.median(away) <= median_px
    assert away.max() <= largest_px
    assert np.percentile(away, 95) <= 2.3
