"""More real cameras: GoPro Fusion in 5K, GoPro MAX, faces of a cube; and that no camera leaves a hole where it sees."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.vrlive.stitch.test_real_footage import FEATHER, SCORED, away_from_seams, data, luma, scaled, seams, step, stitched
from vrlive.capture.stills import read_picture
from vrlive.frames import Picture
from vrlive.projection.equirect import directions
from vrlive.projection.lenses import project
from vrlive.projection.rig import Array, Rig
from vrlive.rigs import preset_rig, read_rig_file
from vrlive.stitch import Stitcher, plan_stitch
from vrlive.stitch.score import ssim, with_global_gain, ws_psnr
from vrlive.units import Size

WHITE = 235


def fusion_5k() -> tuple[Rig, list[Path], Path]:
    folder = data("dual_fisheye_fusion_5k")
    pictures = [folder / f"GP{side}7152_img1.jpg" for side in ("FR", "BK")]
    return read_rig_file(folder / "video-5_2k-mode.txt"), pictures, folder / "reference_fusion2sphere_2048x1024.jpg"


def gopro_max() -> tuple[Rig, list[Path], Path]:
    folder = data("eac_gopro_max_3k")
    pictures = [folder / f"GS018423_1_track{track}.jpg" for track in (0, 5)]
    return preset_rig("gopro-max-3k"), pictures, folder / "STITCHED_GS018423_1.jpg"


def cube() -> tuple[Rig, list[Path], Path]:
    folder = data("equirect_photos")
    pictures = [folder / f"examplepanocube{face}.jpg" for face in range(6)]
    return preset_rig("cubemap-files", Size(1584, 1584)), pictures, folder / "examplepano.jpg"


def orah() -> tuple[Rig, list[Path], Path]:
    path = data("rig_projects_ptv") / "calibration_AQ1610012338_ref.ptv"
    return read_rig_file(path), [], path


Camera = Callable[[], tuple[Rig, list[Path], Path]]


def beside(camera: Camera, size: Size, *, gains: bool = False, rows: int = 0) -> tuple[Rig, Array, Array]:
    """The rig, our panorama moved down by some `rows`, and the reference, both of the size that is scored."""
    rig, pictures, reference = camera()
    ours = np.roll(stitched(rig, [read_picture(path) for path in pictures], size, gains=gains), rows, 0)
    theirs = scaled(luma(reference), SCORED)
    return rig, with_global_gain(scaled(ours, SCORED), theirs), theirs


def test_a_fusion_in_5k_shows_the_scene_of_fusion2sphere() -> None:
    """Their program counts half a pixel otherwise in the lens and in the panorama: its picture lies one row higher."""
    rig, ours, theirs = beside(fusion_5k, Size(3072, 1536), rows=-1)
    mask = away_from_seams(rig, SCORED)
    score = ssim(ours, theirs, mask)
    print(f"Fusion 5K: SSIM {score:.3f}, {ws_psnr(ours, theirs, mask):.1f} dB")
    assert score >= 0.92
    assert ssim(np.roll(ours, 4, 1), theirs, mask) < 0.6


def test_a_fusion_in_5k_has_smaller_steps_at_its_seams() -> None:
    rig, pictures, reference = fusion_5k()
    size = Size(2048, 1024)
    ours = stitched(rig, [read_picture(path) for path in pictures], size)
    at_90_deg = [np.full(size.height, column) for column in (size.width // 4 - 1, 3 * size.width // 4 - 1)]
    assert np.mean([step(ours, seam) for seam in seams(rig, size)]) < np.mean([step(luma(reference), seam) for seam in at_90_deg])


def test_a_gopro_max_shows_the_scene_of_max2sphere() -> None:
    _, ours, theirs = beside(gopro_max, Size(2272, 1136))
    score = ssim(ours, theirs)
    print(f"GoPro MAX 3K: SSIM {score:.3f}, {ws_psnr(ours, theirs):.1f} dB, seams and all")
    assert score >= 0.97
    assert ssim(np.roll(ours, 2, 1), theirs) < 0.9


def steps(picture: Array, yaws_deg: tuple[int, ...]) -> float:
    """Mean step over the columns at these bearings."""
    height, width = picture.shape
    return float(np.mean([step(picture, np.full(height, int((yaw / 360 + 0.5) * width) - 1)) for yaw in yaws_deg]))


BORDERS, JOINTS = (-135, -45, 45, 135), (-90, 90)  # of faces; of the halves of faces, one of each lens of the camera


@pytest.fixture(scope="module")
def max_panoramas() -> tuple[Array, Array]:
    rig, pictures, reference = gopro_max()
    return stitched(rig, [read_picture(path) for path in pictures], Size(2272, 1136), gains=False), luma(reference)


def test_faces_of_a_gopro_max_meet_with_smaller_steps_than_max2spheres(max_panoramas: tuple[Array, Array]) -> None:
    ours, theirs = max_panoramas
    print(f"GoPro MAX 3K, borders of faces: steps of {steps(ours, BORDERS):.2f}, of max2sphere {steps(theirs, BORDERS):.2f}")
    assert steps(ours, BORDERS) < steps(theirs, BORDERS)


def test_halves_of_faces_of_a_gopro_max_meet_with_smaller_steps_than_max2spheres(max_panoramas: tuple[Array, Array]) -> None:
    ours, theirs = max_panoramas
    print(f"GoPro MAX 3K, joints of halves: steps of {steps(ours, JOINTS):.2f}, of max2sphere {steps(theirs, JOINTS):.2f}")
    assert steps(ours, JOINTS) < steps(theirs, JOINTS)


def test_faces_of_a_cube_show_the_panorama_that_they_were_made_of() -> None:
    _, ours, theirs = beside(cube, Size(2560, 1280))
    score = ssim(ours, theirs)
    print(f"cube faces: SSIM {score:.3f}, {ws_psnr(ours, theirs):.1f} dB, seams and all")
    assert score >= 0.98
    assert ws_psnr(ours, theirs) > 36
    assert ssim(np.roll(ours, 2, 1), theirs) < 0.9
    assert steps(ours, BORDERS) < steps(theirs, BORDERS) + 0.5


@pytest.mark.parametrize("camera", [fusion_5k, gopro_max, cube, orah])
def test_nothing_is_uncovered_that_a_lens_sees(camera: Camera) -> None:
    rig, _, _ = camera()
    size = Size(1024, 512)
    out, white = Picture.filled(size), [Picture.filled(rig.lenses[0].frame, (WHITE, 128, 128)) for _ in range(rig.inputs)]
    Stitcher(plan_stitch(rig, size, feather_rad=FEATHER)).run(white, out)
    seen = np.any([project(lens, directions(size))[1] for lens in rig.lenses], axis=0)
    assert seen.mean() > 0.99
    assert (out.y[seen] == WHITE).all()
