"""OpenCV's own writer makes the files, its own projection says where points must fall."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vrlive.errors import RigFileError
from vrlive.projection.lenses import project, unproject
from vrlive.projection.rig import Array, BrownConrady, KannalaBrandt, Lens
from vrlive.rigs import import_rig, read_rig, read_rig_file, write_rig
from vrlive.units import Size

cv2 = pytest.importorskip("cv2", reason="opencv-python-headless is not installed")

K = np.array([[500.0, 0, 641.2], [0, 490.0, 359.1], [0, 0, 1]])
PINHOLE = np.array([[-0.29, 0.08, 0.0003, -0.00002, 0.01]])
RATIONAL = np.array([[0.4, 0.1, -0.0005, 0.0007, 0.02, 0.7, 0.2, 0.03]])
FISHEYE = np.array([[-0.04], [0.02], [-0.026], [0.0084]])
RVEC, TVEC = np.array([[0.1], [-0.4], [0.2]]), np.array([[0.05], [-0.1], [0.03]])
TO_OPENCV = (1, -1, -1)
FROM_PLAIN: dict[str, Any] = {"camera_matrix": K.tolist(), "dist_coeffs": [0.1, 0, 0, 0, 0], "image_size": [1280, 720]}


def written(path: Path, **values: Any) -> Path:
    """A file by OpenCV's own writer."""
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_WRITE)
    for key, value in values.items():
        storage.write(key, value)
    storage.release()
    return path


def dumped(folder: Path, values: Any) -> Path:
    path = folder / "camera.json"
    path.write_text(json.dumps(values), "utf-8")
    return path


def points() -> Array:
    """In the world's axes, about as far away as a room is large, and before the camera."""
    spots = np.random.default_rng(7).normal((0, 0, -3), 1, (500, 3))
    return np.asarray(spots[spots[:, 2] < -0.5])


def seen(lens: Lens, spots: Array) -> tuple[Array, Array]:
    """Where our lens sees points of the world, each at its own distance; and whether it does."""
    away = np.linalg.norm(spots, axis=-1)
    found = [project(lens, spot / far, float(far)) for spot, far in zip(spots, away, strict=True)]
    return np.array([xy for xy, _ in found]), np.array([valid for _, valid in found])


@pytest.mark.parametrize("suffix", [".yaml", ".yml", ".json"])
@pytest.mark.parametrize("coefficients", [PINHOLE, RATIONAL, np.hstack([RATIONAL, np.zeros((1, 6))])])
def test_a_pinhole_camera_sees_what_opencv_says(tmp_path: Path, suffix: str, coefficients: Array) -> None:
    path = written(
        tmp_path / f"front{suffix}", image_width=1280, image_height=720, camera_matrix=K, distortion_coefficients=coefficients,
        rvec=RVEC, tvec=TVEC, avg_reprojection_error=0.3, calibration_time="Wed Nov 25 2026",
    )  # fmt: skip
    rig = read_rig(path)
    assert (rig.name, rig.inputs, rig.lenses[0].frame) == ("front", 1, Size(1280, 720))
    spots = points()
    xy, valid = seen(rig.lenses[0], spots)
    theirs, _ = cv2.projectPoints(spots * TO_OPENCV, RVEC, TVEC, K, coefficients)
    assert valid.sum() > 100
    assert np.abs(xy[valid] - theirs[valid, 0] - 0.5).max() < 1e-6


@pytest.mark.parametrize("more", [{}, {"distortion_model": "equidistant"}, {"fisheye_model": 1}])
def test_a_fisheye_camera_sees_what_opencv_says(tmp_path: Path, more: dict[str, Any]) -> None:
    rotation, _ = cv2.Rodrigues(RVEC)
    path = written(tmp_path / "left.yaml", image_size=np.array([[1280], [720]]), K=K, D=FISHEYE, R=rotation, T=TVEC, **more)
    lens = read_rig(path).lenses[0]
    assert lens.distortion == KannalaBrandt(*FISHEYE[:, 0].tolist())
    spots = points()
    xy, valid = seen(lens, spots)
    theirs, _ = cv2.fisheye.projectPoints((spots * TO_OPENCV).reshape(-1, 1, 3), RVEC, TVEC, K, FISHEYE)
    assert valid.sum() > 100
    assert np.abs(xy[valid] - theirs[valid, 0] - 0.5).max() < 1e-6


def test_a_pose_says_where_the_camera_is_and_how_it_stands(tmp_path: Path) -> None:
    right = [[0, 0, 1, 0.5], [0, 1, 0, -0.2], [-1, 0, 0, 0.1], [0, 0, 0, 1]]  # x right, y down, z forward
    lens = read_rig(dumped(tmp_path, FROM_PLAIN | {"pose": right})).lenses[0]
    assert -lens.rotation[:, 2] == pytest.approx((1, 0, 0), abs=1e-12)
    assert lens.position_m == pytest.approx((0.5, 0.2, -0.1))


def test_files_of_opencv_4_and_5_are_read(tmp_path: Path) -> None:
    path = written(tmp_path / "old.yaml", image_width=1280, image_height=720, camera_matrix=K, dist_coeffs=PINHOLE)
    first, _, rest = path.read_text("utf-8").partition("\n")
    assert first in {"%YAML:1.0", "%YAML 1.2"}
    rigs = []
    for version in ("%YAML:1.0", "%YAML 1.2"):
        path.write_text(f"{version}\n{rest}", "utf-8")
        rigs.append(read_rig(path))
    assert rigs[0] == rigs[1]


ROS = """
image_width: 640
image_height: 480
camera_name: narrow_stereo
camera_matrix:
  rows: 3
  cols: 3
  data: [438.783367, 0.000000, 305.593336, 0.000000, 437.302876, 243.738352, 0.000000, 0.000000, 1.000000]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [-0.361976, 0.110510, 1e-3, 0.000505, 0.000000]
rectification_matrix:
  rows: 3
  cols: 3
  data: [0.999978, 0.002789, -0.006046, -0.002816, 0.999986, -0.004401, 0.006034, 0.004417, 0.999972]
projection_matrix:
  rows: 3
  cols: 4
  data: [393.653800, 0.000000, 322.797939, 0.000000, 0.000000, 393.653800, 241.090902, 0.000000, 0.000000, 0.000000, 1.000000, 0.000000]
"""


def test_a_file_of_ros_is_read(tmp_path: Path) -> None:
    (tmp_path / "ost.yaml").write_text(ROS, "utf-8")
    lens = read_rig(tmp_path / "ost.yaml").lenses[0]
    assert (lens.name, lens.model, lens.frame) == ("narrow_stereo", "rectilinear", Size(640, 480))
    assert lens.distortion == BrownConrady(-0.361976, 0.11051, 1e-3, 0.000505)
    assert lens.centre_px == pytest.approx((306.093336, 244.238352))
    assert lens.aspect == pytest.approx(437.302876 / 438.783367)


def test_a_message_of_ros_keeps_its_rectification_to_itself(tmp_path: Path) -> None:
    message = {
        "width": 640,
        "height": 480,
        "distortion_model": "plumb_bob",
        "d": [],
        "k": K.ravel().tolist(),
        "r": [0.0] * 9,
        "p": [0.0] * 12,
    }
    lens = read_rig(dumped(tmp_path, message)).lenses[0]
    assert (lens.yaw, lens.pitch, lens.roll, lens.distortion) == (0, 0, 0, None)


def test_several_cameras_of_a_file_are_one_rig(tmp_path: Path) -> None:
    cameras = [FROM_PLAIN, FROM_PLAIN | {"name": "rear", "R": [[-1, 0, 0], [0, 1, 0], [0, 0, -1]], "T": [0, 0, 0]}]
    for values in (cameras, {"cameras": cameras}, {"cameras": {"a": cameras[0], "b": cameras[1]}}):
        rig = read_rig(dumped(tmp_path, values))
        assert [lens.name for lens in rig.lenses] == ["camera 0", "rear"]
        assert [lens.input for lens in rig.lenses] == [0, 1]
        assert -rig.lenses[1].rotation[:, 2] == pytest.approx((0, 0, 1), abs=1e-12)


def test_several_files_are_one_rig(tmp_path: Path) -> None:
    paths = [written(tmp_path / f"{name}.yaml", resolution=np.array([1280, 720]), camera_matrix=K, dist_coeffs=FISHEYE) for name in "ab"]
    rig = import_rig(paths[0], paths[1:])
    assert rig.name == "a, b"
    assert [(lens.name, lens.input) for lens in rig.lenses] == [("a", 0), ("b", 1)]
    write_rig(rig, tmp_path / "rig.toml")
    assert read_rig(tmp_path / "rig.toml").lenses == rig.lenses


def test_a_picture_is_no_calibration(tmp_path: Path) -> None:
    with pytest.raises(RigFileError, match=r"front.png: only more calibrations can follow camera.json; they end in .yaml or"):
        import_rig(dumped(tmp_path, FROM_PLAIN), [tmp_path / "front.png"])


def test_no_distortion_is_none(tmp_path: Path) -> None:
    assert read_rig(dumped(tmp_path, FROM_PLAIN | {"dist_coeffs": [0] * 5})).lenses[0].distortion is None


def refused(folder: Path, changes: dict[str, Any], problem: str) -> None:
    values = {key: value for key, value in (FROM_PLAIN | changes).items() if value != "left out"}
    with pytest.raises(RigFileError, match=problem):
        read_rig(dumped(folder, values))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"camera_matrix": "left out"}, r"camera\.json: camera_matrix: is missing \(or K, k, cameraMatrix\): the camera's focal"),
        ({"dist_coeffs": "left out"}, r"distortion_coefficients: is missing \(or dist_coeffs.*zeros if it has none"),
        ({"image_size": "left out"}, r"image_size: is missing \(or resolution, imageSize, image_width, image_height\)"),
        ({"camera_matrix": [1, 2, 3]}, "camera_matrix: holds 3 numbers; it must be 9"),
        ({"camera_matrix": "K"}, "camera_matrix: must be a list"),
        ({"camera_matrix": {"rows": 3}}, "camera_matrix: holds 0 numbers"),
        ({"camera_matrix": [[-5, 0, 1], [0, 5, 1], [0, 0, 1]]}, "camera_matrix: must be fx, 0, cx; .* above 0"),
        ({"camera_matrix": [[5, 0, 1], [0, 5, 1], [0, 0, 0.5]]}, "camera_matrix: must be fx, 0, cx"),
        ({"camera_matrix": [[5, 0.1, 1], [0, 5, 1], [0, 0, 1]]}, "camera_matrix: its skew .* is 0.1; only lenses without"),
        ({"camera_matrix": [["x", 0, 1], [0, 5, 1], [0, 0, 1]]}, r"camera_matrix\[0\]\[0\]: must be a number, not “x”"),
        ({"dist_coeffs": [0.1, 0, 0, 0, 0, 0]}, "dist_coeffs: holds 6 numbers; it must be 0, 4, 5, 8, 12 or 14"),
        ({"dist_coeffs": [[1e9, 0, 0, 0, 0]]}, r"dist_coeffs\[0\]\[0\]: is “1000000000.0”; it must be a number of reasonable size"),
        ({"dist_coeffs": [0.1] * 12}, "dist_coeffs: its thin prism and tilt .* not supported"),
        ({"dist_coeffs": [float("nan")] * 5}, r"dist_coeffs\[0\]: is “nan”"),
        ({"dist_coeffs": [None] * 5}, r"dist_coeffs\[0\]: must be a number, not nothing"),
        ({"distortion_model": "fisheye"}, "dist_coeffs: holds 5 numbers; it must be 0 or 4"),
        ({"distortion_model": "fov"}, "distortion_model: “fov” is not a lens that we know; known are pinhole, plumb_bob"),
        ({"distortion_model": ["a"]}, "distortion_model: must be a word"),
        ({"distortion_model": "ds", "dist_coeffs": [0] * 4}, "distortion_model: a double-sphere lens is described by names"),
        ({"xi": 1.2}, "xi: is of OpenCV's omnidirectional model"),
        ({"image_size": [1280]}, "image_size: holds 1 numbers; it must be 2"),
        ({"image_size": [1280.5, 720]}, "image_size: 1280.5 is not a side of a frame"),
        ({"image_size": [1280, 0]}, "image_size: 0 is not a side of a frame"),
        ({"rvec": [0, 0, 0]}, "tvec: is missing: the translation that goes with rvec"),
        ({"T": [0, 0, 0]}, r"R: is missing \(or r\): the rotation"),
        ({"T": [0, 0, 0], "R": [[1, 0, 0], [0, 1, 0], [0, 0, -1]]}, "R: is not a rotation"),
        ({"pose": [[2, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]}, "pose: is not a rotation"),
        ({"cameras": []}, "cameras: holds no camera"),
        ({"cameras": [FROM_PLAIN, {"K": [[1]]}]}, r"cameras\[1\].K: holds 1 numbers"),
        ({"cameras": [FROM_PLAIN] * 65}, r"cameras\[64\]: is a camera too many"),
        ({"cameras": 5}, "cameras: must be a list"),
    ],
)
def test_what_is_not_supported_is_named(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    refused(tmp_path, changes, problem)


BY_NAME = {"fx": 300, "fy": 300, "cx": 320, "cy": 240, "alpha": 0.5, "xi": -0.2}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"fx": 0}, r"parameter\.fx: is 0; it must lie within"),
        ({"cx": None}, r"parameter\.cx: is missing"),
        ({"alpha": 1.02}, r"parameter\.alpha: is 1.02; it must lie within 0…1"),
        ({"xi": -3}, r"parameter\.xi: is -3; it must lie within -1…1"),
    ],
)
def test_a_number_that_no_such_lens_has_is_named(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(RigFileError, match=problem):
        read_rig(dumped(tmp_path, {"image_size": [640, 480], "parameter": BY_NAME | changes}))


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.json", "{", "is not JSON"),
        ("a.json", "5", "holds no camera"),
        ("a.json", "[" * 100_000, "too deep to read"),
        ("a.json", " " * 8_000_001, "larger than 8000 kB"),
        ("a.yaml", "a: [", "is not YAML"),
        ("a.yaml", "", "holds no camera"),
        ("a.yaml", "[" * 10_000, "too deep to read|is not YAML"),
        ("a.yaml", "# " + "x" * 500_000, "larger than 500 kB"),
        ("a.yaml", "a: &big [1, 2]\nb: [*big, *big]", r"\*big points to another place"),
        ("a.yaml", "a: !!python/object/apply:os.getcwd []", "is not YAML: could not determine a constructor"),
        ("a.yaml", "a: 2026-13-45", "is not YAML: month must be in 1..12"),
    ],
)
def test_a_file_that_is_no_calibration_is_refused(tmp_path: Path, name: str, text: str, problem: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(RigFileError, match=problem):
        read_rig_file(tmp_path / name)


def data(folder: str) -> Path:
    if "VRLIVE_TEST_DATA" not in os.environ:
        pytest.skip("VRLIVE_TEST_DATA is not set: no calibrations")
    return Path(os.environ["VRLIVE_TEST_DATA"]) / folder


@pytest.mark.parametrize("name", ["front", "back", "left", "right"])
def test_a_real_fisheye_camera_sees_what_opencv_says(name: str) -> None:
    path = data("rig4_fisheye_car_real") / f"{name}.yaml"
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_READ)
    matrix, coefficients = storage.getNode("camera_matrix").mat(), storage.getNode("dist_coeffs").mat()
    lens = read_rig(path).lenses[0]
    spots = points()
    xy, valid = project(lens, spots / np.linalg.norm(spots, axis=-1, keepdims=True))
    theirs, _ = cv2.fisheye.projectPoints((spots * TO_OPENCV).reshape(-1, 1, 3), np.zeros(3), np.zeros(3), matrix, coefficients)
    assert lens.frame == Size(960, 640)
    assert valid.sum() > 100
    assert np.abs(xy[valid] - theirs[valid, 0] - 0.5).max() < 1e-6


@pytest.mark.parametrize(("name", "apart_m"), [("euroc", 0.110), ("tumvi_512", 0.101)])
def test_a_stereo_rig_of_basalt_is_the_same_in_two_models(name: str, apart_m: float) -> None:
    spheres, ellipsoids = (read_rig(data("camera_models") / f"{name}_{model}_calib.json") for model in ("ds", "eucm"))
    assert not any(spheres.lenses[0].position_m)
    assert spheres.lenses[1].position_m == pytest.approx((apart_m, 0, 0), abs=0.002)
    assert -spheres.lenses[1].rotation[:, 2] == pytest.approx((0, 0, -1), abs=0.05)
    for one, other in zip(spheres.lenses, ellipsoids.lenses, strict=True):
        width, height = one.frame
        x, y = np.meshgrid(np.arange(20, width, 20) + 0.5, np.arange(20, height, 20) + 0.5)
        pixels = np.stack([x, y], -1)
        found, valid = project(other, unproject(one, pixels))
        away = np.linalg.norm(found - pixels, axis=-1)[valid]
        print(f"{name}, {one.name}: median {np.median(away):.3f} px, largest {away.max():.3f} px, of {valid.mean():.1%}")
        assert valid.mean() > 0.99
        assert np.median(away) < 0.02
        assert away.max() < 0.6
