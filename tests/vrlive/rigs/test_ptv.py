"""stitchEm's projects: real rigs, the points it matched between their cameras, and its formulas once more, plainly."""

import base64
import json
import os
from dataclasses import replace
from io import BytesIO
from math import radians
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vrlive.errors import RigFileError
from vrlive.projection.lenses import inside, project, unproject
from vrlive.projection.rig import Array, Circle, Lens, PanoTools, Rectangle, Rig
from vrlive.rigs import read_rig, read_rig_file, summarise, write_rig
from vrlive.rigs.ptv import read_ptv
from vrlive.units import Size

FRAME = Size(1600, 1200)
GEOMETRY: dict[str, Any] = {
    "yaw": 20, "pitch": -10, "roll": 5, "center_x": 12.5, "center_y": -7, "horizontalFocal": 500, "verticalFocal": 510,
    "distort_a": 0.1, "distort_b": -0.3, "distort_c": 0.02,
}  # fmt: skip
CAMERA: dict[str, Any] = {
    "reader_config": "a/front.mp4", "width": 1600, "height": 1200, "proj": "ff_fisheye", "useMeterDistortion": True, "geometries": GEOMETRY,
}  # fmt: skip
DISTANCE_M = 3.0


def written(folder: Path, *cameras: dict[str, Any], **pano: Any) -> Path:
    path = folder / "rig.ptv"
    path.write_text(json.dumps({"pano": {"inputs": cameras, **pano}}), "utf-8")
    return path


def camera(geometry: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {**CAMERA, **changes, "geometries": {**GEOMETRY, **(geometry or {})}}


def lens_of(folder: Path, geometry: dict[str, Any] | None = None, **changes: Any) -> Lens:
    return read_ptv(written(folder, camera(geometry, **changes)))[0].lenses[0]


def directions() -> Array:
    looking = np.random.default_rng(1).normal(size=(400, 3))
    return np.asarray(looking / np.linalg.norm(looking, axis=-1, keepdims=True))


def about(axis: int, angle: float) -> Array:
    """A right-handed turn of points."""
    c, s = np.cos(angle), np.sin(angle)
    one, other = [(1, 2), (2, 0), (0, 1)][axis]
    matrix = np.eye(3)
    matrix[one, one] = matrix[other, other] = c
    matrix[one, other], matrix[other, one] = -s, s
    return matrix


def theirs(given: dict[str, Any], looking: Array) -> Array:
    """Px (…, 2) by the formulas of stitchEm's transformStack and transformGeoParams."""
    geometry = given["geometries"]
    turned = about(2, -radians(geometry["roll"])) @ about(0, -radians(geometry["pitch"])) @ about(1, -radians(geometry["yaw"]))
    moved = [geometry.get(f"translation_{key}", 0) for key in "xyz"]
    x, y, z = (DISTANCE_M * (looking * (1, -1, -1)) @ turned.T + moved).T
    far = np.sqrt(x * x + y * y + z * z)
    if given["proj"] == "rectilinear":
        uv = np.stack([x / z, y / z])
    elif given["proj"].endswith("_opt"):
        uv = np.stack([x, y]) / (z + far)
    else:
        uv = np.stack([x, y]) / np.hypot(x, y) * np.arccos(z / far)
    left, right = given.get("crop_left", 0), given.get("crop_right", given["width"])
    top, bottom = given.get("crop_top", 0), given.get("crop_bottom", given["height"])
    focal = np.array([[geometry["horizontalFocal"]], [geometry.get("verticalFocal", geometry["horizontalFocal"])]])
    in_metres = given.get("useMeterDistortion", False)
    unit = 1 if in_metres else min(right - left, bottom - top) / 2
    a, b, c, p1, p2 = (geometry.get(f"distort_{key}", 0) for key in ("a", "b", "c", "p1", "p2"))
    uv = uv if in_metres else uv * focal
    r = np.hypot(*uv)
    u, v = uv
    scale = 1 - a - b - c + c * r / unit + b * (r / unit) ** 2 + a * (r / unit) ** 3
    tangential = [2 * p1 * u * v + p2 * (r * r + 2 * u * u), p1 * (r * r + 2 * v * v) + 2 * p2 * u * v]
    uv = uv * scale + tangential
    uv = uv * focal if in_metres else uv
    centre = np.array([(left + right) / 2 + geometry["center_x"], (top + bottom) / 2 + geometry["center_y"]])
    return np.asarray(uv.T + centre)


CROP: dict[str, Any] = {"crop_left": -100, "crop_right": 1500, "crop_top": 50, "crop_bottom": 1150}


@pytest.mark.parametrize(
    "given",
    [
        camera(),
        camera(proj="circular_fisheye_opt", **CROP),
        camera({"distort_p1": 0.002, "distort_p2": -0.003}, proj="ff_fisheye_opt", **CROP),
        camera({"translation_x": 0.1, "translation_y": -0.2, "translation_z": 0.3}, proj="circular_fisheye"),
        camera(proj="rectilinear"),
        camera({"distort_a": 0, "distort_b": 0, "distort_c": 0}),
        camera(useMeterDistortion=False),
        camera({"verticalFocal": 500, "distort_p1": 2e-6, "distort_p2": -3e-6}, useMeterDistortion=False, **CROP),
        camera({"verticalFocal": 900, "horizontalFocal": 900}, useMeterDistortion=False, proj="ff_fisheye_opt", **CROP),
    ],
)
def test_a_lens_sees_what_stitchem_says(tmp_path: Path, given: dict[str, Any]) -> None:
    lens = read_ptv(written(tmp_path, given))[0].lenses[0]
    looking = directions()
    xy, valid = project(lens, looking, DISTANCE_M)
    assert valid.sum() > 30
    assert xy[valid] == pytest.approx(theirs(given, looking)[valid], abs=1e-6)
    assert unproject(lens, xy[valid], DISTANCE_M) == pytest.approx(looking[valid], abs=1e-6)


def test_a_distortion_comes_back_from_toml(tmp_path: Path) -> None:
    rig = read_rig_file(written(tmp_path, camera(proj="circular_fisheye_opt", **CROP)))
    write_rig(rig, tmp_path / "rig.toml")
    assert read_rig(tmp_path / "rig.toml").lenses == rig.lenses


@pytest.mark.parametrize(("projection", "view"), [("rectilinear", 100), ("circular_fisheye", 190), ("circular_fisheye_opt", 190)])
def test_a_field_of_view_is_that_across_the_crop(tmp_path: Path, projection: str, view: float) -> None:
    upright = {"yaw": 0, "pitch": 0, "roll": 0, "center_x": 0, "distort_a": 0, "distort_b": 0, "distort_c": 0}
    lens = lens_of(tmp_path, {**upright, "horizontalFocal": None, "verticalFocal": None, "horizontalFov": view}, proj=projection, **CROP)
    aside = radians(view / 2)
    xy, _ = project(lens, [np.sin(aside), 0, -np.cos(aside)])
    assert xy[0] == pytest.approx(1500)


def test_crops_have_the_shape_of_the_lens(tmp_path: Path) -> None:
    assert lens_of(tmp_path, proj="circular_fisheye", **CROP).crop == Circle(700, 600, 550)
    assert lens_of(tmp_path, proj="circular_fisheye").crop == Circle(800, 600, 600)
    assert lens_of(tmp_path, **CROP).crop == Rectangle(-100, 50, 1500, 1150)
    assert lens_of(tmp_path).crop is None


def test_distortion_of_px_may_be_pan_tools(tmp_path: Path) -> None:
    assert lens_of(tmp_path, useMeterDistortion=False).distortion == PanoTools(0.1, -0.3, 0.02)


def test_inputs_of_one_reader_are_one_input(tmp_path: Path) -> None:
    names = ("a.mp4", "sub\\b.mp4", "a.mp4")
    sound = {"audio_enabled": True, "video_enabled": False}
    rig, readers = read_ptv(written(tmp_path, *(camera(reader_config=name) for name in names), sound))
    assert readers == ("a.mp4", "sub\\b.mp4")
    assert [(lens.name, lens.input) for lens in rig.lenses] == [("a", 0), ("b", 1), ("a", 0)]
    for name in ("a.mp4", "sub/b.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert read_rig(tmp_path / "rig.ptv").inputs == 2


def test_a_curve_of_one_point_is_a_constant(tmp_path: Path) -> None:
    plain = camera()
    assert read_ptv(written(tmp_path, {**plain, "geometries": [0, 0, plain["geometries"]]}))[0].lenses[0] == lens_of(tmp_path)


def test_an_orientation_turns_the_rig_as_its_cameras_would(tmp_path: Path) -> None:
    """stitchEm's own quaternion of three angles, on a camera that looks ahead, is a camera with these angles."""
    y, p, r = (radians(GEOMETRY[key]) / 2 for key in ("yaw", "pitch", "roll"))
    (cy, sy), (cp, sp), (cr, sr) = ((np.cos(each), np.sin(each)) for each in (y, p, r))
    quaternion = [-cr * cp * cy - sr * sp * sy, cr * cy * sp + sr * cp * sy, cr * cp * sy - sr * cy * sp, -cr * sp * sy + cp * cy * sr]
    ahead = camera({"yaw": 0, "pitch": 0, "roll": 0})
    for pano in ({"global_orientation": quaternion}, {"stabilization": [0, 7, quaternion], "global_orientation": [-1, 0, 0, 0]}):
        turned = read_ptv(written(tmp_path, ahead, **pano))[0].lenses[0]
        assert turned.rotation == pytest.approx(lens_of(tmp_path).rotation, abs=1e-12)


def png(mode: str, size: Size = FRAME) -> str:
    picture = Image.new(mode, size)
    picture.paste(1, (0, 0, size.width // 2, size.height))
    if mode == "P":
        picture.putpalette([0, 0, 0, 255, 255, 255])
    file = BytesIO()
    picture.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def test_a_mask_cuts_out_its_second_colour(tmp_path: Path) -> None:
    assert inside(lens_of(tmp_path, mask_data=png("P")), [[400, 600], [1200, 600]]).tolist() == [False, True]
    assert lens_of(tmp_path, mask_data=png("P"), no_delete_masked_pixels=True).mask is None


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (camera(proj="fisheye"), r"rig.ptv: pano.inputs\[0\].proj: “fisheye” is not a projection that we know; did you mean “ff_fisheye”"),
        (camera(proj=3), r"inputs\[0\].proj: “3” is not a projection that we know; known are rectilinear"),
        ({**CAMERA, "geometries": None}, r"inputs\[0\].geometries: is missing: the project is not calibrated"),
        ({**CAMERA, "geometries": [0, 0, GEOMETRY, 1, 25, GEOMETRY]}, "geometries: changes over time"),
        ({**CAMERA, "geometries": 5}, "geometries: must be a table"),
        (camera(width=0), "width: 0 is not a side of a frame"),
        (camera({"yaw": "x"}), "geometries.yaw: must be a number, not “x”"),
        (camera({"horizontalFocal": 0}), "horizontalFocal: is 0; it must be 0.1 or more"),
        (camera({"horizontalFocal": None}), r"horizontalFov: is missing \(or horizontalFocal\): the field of view"),
        (
            camera({"horizontalFocal": None, "horizontalFov": 190}, proj="rectilinear"),
            "horizontalFov: is 190; it must lie within 0.1…179.9",
        ),
        (camera({"distort_s2": 0.1}), "geometries.distort_s2: is not supported"),
        (camera({"distort_a": 1.5}), "distort_a, distort_b and distort_c add up to 1.22; it must be below 1"),
        (camera(proj="equirectangular"), "distort_a to distort_p2 of an equirectangular picture"),
        (camera(useMeterDistortion=False, **CROP), "horizontalFocal and verticalFocal differ"),
        (camera(crop_left=1700), "crop_left, crop_right, crop_top and crop_bottom hold no picture"),
        (camera(mask_data="?"), "mask_data: is not a PNG"),
        (camera(mask_data=png("L")), "mask_data: must be a picture of 1600x1200 in two colours, not 1600x1200 of kind L"),
        (camera(mask_data=png("P", Size(20, 10))), "mask_data: must be a picture of 1600x1200 in two colours, not 20x10"),
    ],
)
def test_what_is_not_supported_is_named(tmp_path: Path, given: dict[str, Any], problem: str) -> None:
    with pytest.raises(RigFileError, match=problem):
        read_ptv(written(tmp_path, given))


@pytest.mark.parametrize(
    ("pano", "problem"),
    [
        ({"global_orientation": [1, 1, 0, 0]}, "global_orientation: is not a rotation: its length as a quaternion is 1.41421"),
        ({"global_orientation": [1, 0, 0]}, "global_orientation: holds 3 numbers; it must be 4"),
        ({"stabilization": [0, 0, [1, 0, 0, 0], 1, 9, [0, 1, 0, 0]]}, "stabilization: changes over time"),
        ({"inputs": []}, "inputs holds 0 cameras"),
        ({"inputs": None}, "pano.inputs: is missing: the cameras"),
    ],
)
def test_what_is_not_supported_of_a_panorama_is_named(tmp_path: Path, pano: dict[str, Any], problem: str) -> None:
    path = written(tmp_path, camera())
    path.write_text(json.dumps({"pano": {"inputs": [camera()], **pano}}), "utf-8")
    with pytest.raises(RigFileError, match=problem):
        read_ptv(path)


def data(name: str) -> Path:
    if "VRLIVE_TEST_DATA" not in os.environ:
        pytest.skip("VRLIVE_TEST_DATA is not set: no projects of stitchEm")
    return Path(os.environ["VRLIVE_TEST_DATA"]) / "rig_projects_ptv" / name


@pytest.fixture
def orah() -> tuple[Rig, list[dict[str, Any]]]:
    """An Orah 4i, four fisheyes, and the points that stitchEm matched between them, on a sphere of 3 m."""
    path = data("calibration_AQ1610012338_ref.ptv")
    points = json.loads(path.read_text("utf-8"))["pano"]["calibration_control_points"]["matched_control_points"]
    return read_ptv(path)[0], points


def apart(rig: Rig, points: list[dict[str, Any]], distance_m: float = DISTANCE_M) -> tuple[float, float]:
    """Medians of the angle in degrees between the two rays of each pair of points, and of how many px the second camera sees the first."""
    angles, errors = [], []
    for point in points:
        one, other = (rig.lenses[point[f"input_index{place}"]] for place in (0, 1))
        first, second = np.array([point["x0"], point["y0"]]), np.array([point["x1"], point["y1"]])
        ray, its = unproject(one, first, distance_m), unproject(other, second, distance_m)
        angles.append(np.degrees(np.arccos(np.clip(ray @ its, -1, 1))))
        errors.append(np.linalg.norm(project(other, ray, distance_m)[0] - second))
    return float(np.median(angles)), float(np.median(errors))


def test_matched_points_of_an_orah_lie_in_one_direction(orah: tuple[Rig, list[dict[str, Any]]]) -> None:
    rig, points = orah
    angle, px = apart(rig, points)
    print(f"Orah 4i, {len(points)} pairs of points at {DISTANCE_M:g} m: median {angle:.2f}°, {px:.1f} px")
    assert len(points) == 77
    assert angle < 0.2
    assert px < 2.5


def test_any_other_sense_of_an_orahs_numbers_is_worse(orah: tuple[Rig, list[dict[str, Any]]]) -> None:
    rig, points = orah

    def changed(**changes: Any) -> Rig:
        return replace(rig, lenses=tuple(replace(lens, **{key: how(lens) for key, how in changes.items()}) for lens in rig.lenses))

    def mirrored(lens: Lens) -> tuple[float, float]:
        assert isinstance(lens.crop, Circle)
        return 2 * lens.crop.x_px - lens.centre_px[0], 2 * lens.crop.y_px - lens.centre_px[1]

    others = [
        changed(yaw=lambda lens: -lens.yaw),
        changed(pitch=lambda lens: -lens.pitch),
        changed(roll=lambda lens: -lens.roll),
        changed(position_m=lambda lens: tuple(-each for each in lens.position_m)),
        changed(centre_px=mirrored),
        changed(distortion=lambda _: None),
        changed(model=lambda _: "equidistant"),
        changed(aspect=lambda lens: 2 - lens.aspect),
    ]
    best = apart(rig, points)[0]
    assert all(apart(other, points)[0] > 1.1 * best for other in others)
    assert apart(rig, points, np.inf)[0] > 4 * best


@pytest.mark.parametrize(
    ("name", "lenses"), [("calibration_AQ1610012338_ref.ptv", 4), ("calibration_paramotor_ref.ptv", 6), ("ricoh_theta.ptv", 2)]
)
def test_real_rigs_see_all_of_the_sphere(name: str, lenses: int) -> None:
    found = summarise(read_rig_file(data(name)))
    print(f"{name}: {found.covered:.1%} is seen, {found.seen_twice:.1%} twice")
    assert len(found.lenses) == lenses
    assert found.covered > 0.99


def test_a_project_that_is_not_calibrated_says_so() -> None:
    with pytest.raises(RigFileError, match=r"inputs\[0\].geometries: is missing: the project is not calibrated"):
        read_rig_file(data("paramotor_uncalibrated.ptv"))


def test_a_damaged_file_is_read_or_refused_but_never_fails_otherwise(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    path = written(tmp_path, camera({"distort_p1": 1e-3}, proj="circular_fisheye_opt", **CROP), camera(useMeterDistortion=False))
    good, back, read = path.read_bytes(), tmp_path / "rig.toml", 0
    for _ in range(300):
        damaged = bytearray(good)
        for place in random.integers(0, len(damaged), 2):
            damaged[place] = random.choice(list(b'019-.e, "{}[]:ntu'))
        path.write_bytes(damaged)
        try:
            rig, _ = read_ptv(path)
        except RigFileError:
            continue
        read += 1
        write_rig(rig, back)
        assert read_rig(back).lenses[0].focal_px == rig.lenses[0].focal_px
        project(rig.lenses[0], directions()[:50], DISTANCE_M)
    assert 10 < read < 300
