"""Pictures of real cameras, stitched and held against what other programs made of them."""

import os
from math import radians
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vrlive.capture.stills import read_picture, to_rgb
from vrlive.frames import Picture
from vrlive.projection.equirect import directions
from vrlive.projection.lenses import off_axis
from vrlive.projection.rig import Array, Rig
from vrlive.rigs import read_rig
from vrlive.stitch import GainSolver, Stitcher, plan_stitch
from vrlive.stitch.reference import divide
from vrlive.stitch.score import ssim, with_global_gain, ws_psnr
from vrlive.units import Size

FEATHER = radians(12)
SCORED = Size(1280, 640)
AT_A_SEAM = radians(6)
OVEREXPOSED = 200.0
REC601 = (0.299, 0.587, 0.114)


def data(folder: str) -> Path:
    if "VRLIVE_TEST_DATA" not in os.environ:
        pytest.skip("VRLIVE_TEST_DATA is not set: no pictures of real cameras")
    return Path(os.environ["VRLIVE_TEST_DATA"]) / folder


def stitched(rig: Rig, pictures: list[Picture], size: Size, *, gains: bool = True) -> Array:
    """Luma of the panorama, as of pictures on a screen."""
    plan = plan_stitch(rig, size, feather_rad=FEATHER)
    stitcher, out = Stitcher(plan), Picture.filled(size)
    if gains:
        solver = GainSolver(plan.rig, plan.distance_m)
        solver.observe(pictures, 0.0)
        stitcher.gains_ev = solver.gains_ev
    stitcher.run(pictures, out)
    return np.asarray(to_rgb(out) @ REC601)


def luma(path: Path) -> Array:
    with Image.open(path) as picture:
        return np.asarray(np.asarray(picture.convert("RGB")) @ REC601)


def scaled(picture: Array, size: Size) -> Array:
    return np.asarray(Image.fromarray(picture.astype(np.float32)).resize(size, Image.Resampling.BOX), np.float64)


def away_from_seams(rig: Rig, size: Size) -> Array:
    """Whether a pixel is farther than `AT_A_SEAM` from where two lenses look equally far from their axes."""
    first, second = (off_axis(lens, directions(size)) for lens in rig.lenses)
    return np.asarray(np.abs(first - second) > 2 * AT_A_SEAM)


def seams(rig: Rig, size: Size) -> list[Array]:
    """Columns (height,) left and right, after which the other lens has more of the picture."""
    shares = divide(rig, directions(size), [True, True], FEATHER, np.inf)
    ahead = shares[0] > shares[1]
    changes = ahead[:, 1:] != ahead[:, :-1]
    middle = size.width // 2
    return [np.argmax(changes[:, :middle], axis=1), middle + np.argmax(changes[:, middle:], axis=1)]


def step(picture: Array, after: Array) -> float:
    """Mean |difference| of luma over a seam, minus the same one column beside it, in the middle two thirds of the rows."""
    height, width = picture.shape
    rows = np.arange(height // 6, 5 * height // 6)

    def difference(shift: int) -> float:
        column = after[rows] + shift
        return float(np.abs(picture[rows, (column + 1) % width] - picture[rows, column % width]).mean())

    return difference(0) - (difference(-1) + difference(1)) / 2


@pytest.fixture(scope="module")
def gear() -> tuple[Rig, list[Picture], Path]:
    """A Samsung Gear 360: its Hugin project, one frame of its video, and the folder of the references."""
    folder = data("dual_fisheye_gear360")
    frame = folder / "gear360_frame_2560x1280.png"
    return read_rig(folder / "gear360video2560.pto", [frame]), [read_picture(frame)], folder


def test_a_gear_360_shows_the_scene_of_nona_and_enblend(gear: tuple[Rig, list[Picture], Path]) -> None:
    rig, pictures, folder = gear
    ours = scaled(stitched(rig, pictures, Size(2560, 1280)), SCORED)
    theirs = scaled(luma(folder / "reference_nona_enblend_2560x1280.jpg"), SCORED)
    score = ssim(with_global_gain(ours, theirs), theirs, away_from_seams(rig, SCORED))
    assert score >= 0.98  # asked for are 0.90
    assert ssim(with_global_gain(np.roll(ours, 4, 1), theirs), theirs, away_from_seams(rig, SCORED)) < 0.9


def test_a_gear_360_has_smaller_steps_at_its_seams_than_the_authors_own_stitch(gear: tuple[Rig, list[Picture], Path]) -> None:
    rig, pictures, folder = gear
    size = Size(2048, 1024)
    ours, authors = stitched(rig, pictures, size), luma(folder / "reference_author_blended_2048x1024.jpg")
    at_90_deg = [np.full(size.height, column) for column in (size.width // 4 - 1, 3 * size.width // 4 - 1)]
    our_steps = [step(ours, seam) for seam in seams(rig, size)]
    author_steps = [step(authors, seam) for seam in at_90_deg]
    assert np.mean(our_steps) < np.mean(author_steps)
    assert max(our_steps) < 0.5 * max(author_steps)


@pytest.fixture(scope="module", params=["img1", "img5"])
def fusion(request: pytest.FixtureRequest) -> tuple[Rig, list[Picture], Array]:
    """A GoPro Fusion's two pictures by its parameters, and what fusion2sphere made of them."""
    folder = data("dual_fisheye_fusion_3k")
    files = [folder / f"GP{side}0003_{request.param}.jpg" for side in ("FR", "BK")]
    rig = read_rig(folder / "video-3k-mode.txt", files)
    return rig, [read_picture(file) for file in files], luma(folder / f"STITCHED_GPFR0003_{request.param}.jpg")


def test_a_fusion_shows_the_scene_of_fusion2sphere(fusion: tuple[Rig, list[Picture], Array]) -> None:
    """Their program counts half a pixel otherwise in the lens and in the panorama: its picture lies one row higher."""
    rig, pictures, reference = fusion
    ours = scaled(np.roll(stitched(rig, pictures, Size(3072, 1536), gains=False), -1, 0), SCORED)
    theirs, mask = scaled(reference, SCORED), away_from_seams(rig, SCORED)
    assert ssim(with_global_gain(ours, theirs), theirs, mask) >= 0.98
    assert ws_psnr(with_global_gain(ours, theirs), theirs, mask) >= 36


def test_a_fusions_unlike_exposures_are_matched_where_its_pictures_meet(fusion: tuple[Rig, list[Picture], Array]) -> None:
    """Median |difference| of luma 5° on either side of the seams, where neither side is overexposed."""
    rig, pictures, _ = fusion
    size = Size(1536, 768)
    apart = round(5 / 360 * size.width)
    rows = np.arange(size.height // 6, 5 * size.height // 6)

    def sides(picture: Array) -> Array:
        return np.concatenate([[picture[rows, seam[rows] - apart], picture[rows, seam[rows] + apart]] for seam in seams(rig, size)], axis=1)

    before, after = (sides(stitched(rig, pictures, size, gains=gains)) for gains in (False, True))
    usable = before.max(0) < OVEREXPOSED
    assert np.median(np.abs(np.diff(after[:, usable], axis=0))) < 0.7 * np.median(np.abs(np.diff(before[:, usable], axis=0)))
