"""Where garments are seen, against a ray cast through every pixel in float64: no OpenGL, no subdivision, no rectangle."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from renderer.compositor import Compositor
from tests.renderer.boxes import write_disc
from vrlive.frames import Picture
from vrlive.projection.equirect import angles, direction
from vrlive.show.scene import Garment, Scene, model_matrix
from vrlive.units import Size

Array = NDArray[np.float64]

FRAME = Size(3840, 1920)
FLOOR_M = 1.6
FINE = 8  # rays a side, in each pixel


def cast(garment: Garment, radius_m: float) -> tuple[Array, NDArray[np.int64], NDArray[np.int64]]:
    """Share of each pixel near the disc that sees it, with the pixels' columns and rows."""
    matrix = model_matrix(garment, FLOOR_M)
    centre, normal = matrix[:3, 3], matrix[:3, 2]
    yaw, pitch = (float(angle) for angle in angles(centre))
    half = 1.5 * radius_m / float(np.linalg.norm(centre))
    low, high = (0.5 - (pitch + half) / np.pi) * FRAME.height, (0.5 - (pitch - half) / np.pi) * FRAME.height
    rows = np.arange(max(int(low) - 2, 0), min(int(high) + 2, FRAME.height))
    wide = min(half / max(np.cos(abs(pitch) + half), 1e-3), np.pi) if abs(pitch) + half < np.pi / 2 else np.pi
    middle, reach = (yaw / (2 * np.pi) + 0.5) * FRAME.width, int(wide / (2 * np.pi) * FRAME.width) + 2
    columns = np.arange(int(middle) - reach, int(middle) + reach + 1) if wide < np.pi else np.arange(FRAME.width)
    fine_columns = (columns[:, None] + (np.arange(FINE) + 0.5) / FINE).ravel()
    fine_rows = (rows[:, None] + (np.arange(FINE) + 0.5) / FINE).ravel()
    towards = direction(((fine_columns / FRAME.width - 0.5) * 2 * np.pi)[None], ((0.5 - fine_rows / FRAME.height) * np.pi)[:, None])
    away = (centre @ normal) / (towards @ normal)
    hit = (away > 0) & (np.linalg.norm(towards * away[..., None] - centre, axis=-1) < radius_m)
    return hit.reshape(len(rows), FINE, len(columns), FINE).mean(axis=(1, 3)), columns, rows


@pytest.mark.parametrize(
    ("bearing_deg", "distance_m", "height_m", "turn_deg"),
    [
        (0, 2.0, 1.6, 0),
        (180, 2.0, 1.2, 30),  # astride the seam
        (-179.7, 3.0, 0.8, 0),
        (75, 2.0, 4.6, 20),  # 56 degrees up
        (-60, 0.8, 0.1, 0),  # 62 degrees down
        (120, 0.5, 3.2, 0),  # 73 degrees up, drawn straight
        (20, 0.3, 0.05, 0),  # 79 degrees down, drawn flat first
        (179.9, 0.35, 3.8, 0),  # 81 degrees up, astride the seam
    ],
)
def test_a_disc_is_seen_where_rays_meet_it(tmp_path: Path, bearing_deg: float, distance_m: float, height_m: float, turn_deg: float) -> None:
    """Its middle within 0.35 px, and across as far on the sphere where columns crowd; its whole outline besides."""
    radius_m = 0.08
    disc = write_disc(tmp_path / "disc.glb", radius_m, (0.0, 0.0, 0.0))
    garment = Garment(name="disc", model=disc, bearing_deg=bearing_deg, distance_m=distance_m, height_m=height_m, turn_deg=turn_deg)
    wanted, columns, rows = cast(garment, radius_m)
    picture = Picture.filled(FRAME, (235, 128, 128))
    compositor = Compositor(Scene(name="x", floor_m=FLOOR_M, garment=(garment,)), FRAME)
    assert compositor._desk is not None
    compositor._desk._loaded["disc"].shades[0].hidden[:] = 0  # its shadow is left out
    compositor.run(picture)
    compositor.close()
    drawn = (235 - picture.y[rows][:, columns % FRAME.width].astype(float)) / 219
    assert (235 - picture.y.astype(float)).sum() / 219 == pytest.approx(drawn.sum(), abs=0.5)  # nothing of it elsewhere
    squeeze = np.cos((0.5 - (rows + 0.5) / FRAME.height) * np.pi)
    for axis, at, share in ((1, rows + 0.5, np.ones(len(rows))), (0, columns + 0.5, squeeze)):
        middles = [np.average(at, weights=image.sum(axis=axis)) for image in (drawn, wanted)]
        assert abs(middles[0] - middles[1]) * (share.mean() if axis == 0 else 1) < 0.35
    outline = np.abs(drawn - wanted)
    assert outline.max() < 0.75  # a pixel's coverage comes from 2 × 2 samples
    assert outline.sum() / (((wanted > 0) & (wanted < 1)).sum()) < 0.25
