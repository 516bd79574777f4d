from dataclasses import astuple, replace
from math import inf, pi, radians

import numpy as np
import pytest

from vrlive.projection.distortions import first_turning_point
from vrlive.projection.equirect import direction
from vrlive.projection.lenses import focal, inside, max_angle, off_axis, project, unproject
from vrlive.projection.rig import (
    MODELS,
    Array,
    BrownConrady,
    Circle,
    Distortion,
    DoubleSphere,
    ExtendedUnified,
    KannalaBrandt,
    Lens,
    Model,
    PanoTools,
    Plane,
    Polynomial,
    Rectangle,
)
from vrlive.units import Size

FRAME = Size(2000, 1500)
PLAIN = Lens("lens", 0, FRAME, "equidistant", 500.0, (1000.0, 750.0))
PANOTOOLS = PanoTools(a=0.01, b=-0.02, c=0.03, g=4.0, t=-7.0)
FISHEYE = KannalaBrandt(-0.02, 0.003, -0.001, 0.0001)


def everywhere(count: int = 3000) -> Array:
    looking = np.random.default_rng(7).normal(size=(count, 3))
    return np.asarray(looking / np.linalg.norm(looking, axis=-1, keepdims=True))


@pytest.mark.parametrize("model", [model for model in MODELS if model not in {"double-sphere", "eucm"}])
@pytest.mark.parametrize("distortion", [None, PANOTOOLS])
@pytest.mark.parametrize(("position", "distance"), [((0.0, 0.0, 0.0), inf), ((0.05, 0.1, -0.2), 2.0)])
def test_what_is_projected_comes_back(
    model: Model, distortion: Distortion | None, position: tuple[float, float, float], distance: float
) -> None:
    lens = replace(PLAIN, model=model, aspect=1.02, distortion=distortion, yaw=0.3, pitch=-0.2, roll=0.7, position_m=position)
    looking = everywhere()
    xy, valid = project(lens, looking, distance)
    assert valid.sum() > 500
    assert unproject(lens, xy[valid], distance) == pytest.approx(looking[valid], abs=1e-9)


def test_what_a_kannala_brandt_lens_projects_comes_back_past_a_right_angle() -> None:
    lens = replace(PLAIN, distortion=FISHEYE)
    looking = everywhere()
    xy, valid = project(lens, looking)
    assert (looking[valid][:, 2] > 0).sum() > 100
    assert unproject(lens, xy[valid]) == pytest.approx(looking[valid], abs=1e-9)


@pytest.mark.parametrize("model", ["rectilinear", "equidistant", "equisolid", "stereographic", "orthographic", "thoby"])
@pytest.mark.parametrize("distortion", [Polynomial(-0.01, -0.1, 0.02), Polynomial(0.02, -0.05, 0.01, 0.002, -0.003), Polynomial(c2=0.1)])
def test_what_a_polynomial_lens_projects_comes_back(model: Model, distortion: Polynomial) -> None:
    lens = replace(PLAIN, model=model, aspect=1.1, distortion=distortion)
    looking = everywhere()
    xy, valid = project(lens, looking)
    assert valid.sum() > 500
    assert unproject(lens, xy[valid]) == pytest.approx(looking[valid], abs=1e-9)


SPHERES: list[tuple[Model, Distortion, float]] = [
    ("double-sphere", DoubleSphere(-0.24, 0.57), 128.1),
    ("double-sphere", DoubleSphere(0.3, 0.4), 142.4),
    ("eucm", ExtendedUnified(0.59, 1.13), 135.0),
    ("eucm", ExtendedUnified(0.0, 1.0), 90.0),
]


@pytest.mark.parametrize(("model", "numbers", "limit_deg"), SPHERES)
def test_what_lenses_of_spheres_project_comes_back_up_to_their_limit(model: Model, numbers: Distortion, limit_deg: float) -> None:
    lens = replace(
        PLAIN, model=model, distortion=numbers, focal_px=200.0, aspect=1.02, frame=Size(20_000, 20_000), centre_px=(10_000, 10_000)
    )
    assert np.degrees(max_angle(lens)) == pytest.approx(limit_deg, abs=1)
    looking = everywhere()
    xy, valid = project(lens, looking)
    assert unproject(lens, xy[valid]) == pytest.approx(looking[valid], abs=1e-9)
    near = off_axis(lens, looking) < max_angle(lens) - 0.1
    assert valid[near].all()
    assert not project(lens, direction(max_angle(lens) + 0.01, 0.0))[1]


PINHOLES = [
    BrownConrady(-0.29, 0.08, 0.0003, -0.00002),
    BrownConrady(0.1, -0.05, 0.001, -0.002, 0.01),
    BrownConrady(0.4, 0.1, -0.0005, 0.0007, 0.02, 0.7, 0.2, 0.03),
]


@pytest.mark.parametrize("numbers", PINHOLES)
def test_a_pinhole_lens_is_opencvs(numbers: BrownConrady) -> None:
    cv2 = pytest.importorskip("cv2", reason="opencv-python-headless is not installed")
    lens = replace(PLAIN, model="rectilinear", distortion=numbers, aspect=0.98)
    looking = everywhere()
    xy, valid = project(lens, looking)
    matrix = np.array([[500.0, 0, 999.5], [0, 490.0, 749.5], [0, 0, 1]])  # pixel centres at whole numbers
    theirs, _ = cv2.projectPoints(looking[valid] * (1, -1, -1), np.zeros(3), np.zeros(3), matrix, np.array(astuple(numbers)))
    assert valid.sum() > 300
    assert np.abs(xy[valid] - theirs[:, 0] - 0.5).max() < 1e-6
    assert unproject(lens, xy[valid]) == pytest.approx(looking[valid], abs=1e-8)


def test_a_fisheye_below_a_right_angle_is_opencvs() -> None:
    cv2 = pytest.importorskip("cv2", reason="opencv-python-headless is not installed")
    lens = replace(PLAIN, distortion=FISHEYE, aspect=0.98)
    looking = everywhere()
    xy, valid = project(lens, looking)
    below = valid & (looking[:, 2] < -0.01)
    matrix = np.array([[500.0, 0, 999.5], [0, 490.0, 749.5], [0, 0, 1]])
    points = (looking[below] * (1, -1, -1)).reshape(-1, 1, 3)
    theirs, _ = cv2.fisheye.projectPoints(points, np.zeros(3), np.zeros(3), matrix, np.array(astuple(FISHEYE)))
    assert below.sum() > 500
    assert np.abs(xy[below] - theirs[:, 0] - 0.5).max() < 1e-6


@pytest.mark.parametrize("numbers", PINHOLES)
def test_a_pinhole_lens_ends_where_its_radius_stops_rising(numbers: BrownConrady) -> None:
    lens = replace(PLAIN, model="rectilinear", distortion=numbers, frame=Size(100_000, 1500), centre_px=(50_000, 750))
    angles = np.linspace(0, max_angle(lens) - 1e-3, 500)
    across = project(lens, direction(angles, 0.0))[0][:, 0]
    assert (np.diff(across) > 0).all()


def test_columns_of_an_equiangular_face_are_equal_angles() -> None:
    lens = replace(PLAIN, model="equiangular", focal_px=focal("equiangular", 750, pi / 4), centre_px=(750, 750), frame=Size(1500, 1500))
    xy, valid = project(lens, direction(np.radians([-45, -22.5, 0, 22.5, 44.9]), 0.0))
    assert valid.all()
    assert xy[:, 0] == pytest.approx([0, 375, 750, 1125, 1498.33], abs=0.01)
    assert not project(lens, direction(pi, 0.0))[1]


def test_what_lies_on_a_plane_comes_back() -> None:
    lens = replace(PLAIN, model="rectilinear", position_m=(0.1, 0.2, -0.15), scene=Plane((0.3, 0.0, -0.9)), yaw=0.2)
    looking = everywhere()
    xy, valid = project(lens, looking)
    assert valid.sum() > 100
    assert unproject(lens, xy[valid]) == pytest.approx(looking[valid], abs=1e-9)


def test_the_axis_falls_on_the_centre_and_up_is_up() -> None:
    xy, valid = project(PLAIN, direction([0.0, 0.2, 0.0], [0.0, 0.0, 0.2]))
    assert valid.all()
    assert xy == pytest.approx(np.array([[1000, 750], [1100, 750], [1000, 650]]))


@pytest.mark.parametrize(
    ("model", "radius"),
    [
        ("rectilinear", np.tan(1.0)),
        ("equidistant", 1.0),
        ("equisolid", 2 * np.sin(0.5)),
        ("stereographic", 2 * np.tan(0.5)),
        ("orthographic", np.sin(1.0)),
        ("thoby", 1.47 * np.sin(0.713)),
        ("cylindrical", 1.0),
        ("equirectangular", 1.0),
        ("equiangular", 1.0),
    ],
)
def test_each_model_has_its_radius(model: Model, radius: float) -> None:
    xy, _ = project(replace(PLAIN, model=model), direction(1.0, 0.0))
    assert xy == pytest.approx((1000 + 500 * radius, 750))
    assert focal(model, 500 * radius, 1.0) == pytest.approx(500)


@pytest.mark.parametrize(("model", "limit"), [("rectilinear", 90), ("orthographic", 90), ("equidistant", 180), ("thoby", 126.227)])
def test_a_model_ends_where_it_has_no_meaning(model: Model, limit: float) -> None:
    assert max_angle(replace(PLAIN, model=model)) == pytest.approx(radians(limit), abs=1e-5)
    behind = direction(radians(limit) + 0.01, 0.0) if limit < 180 else direction(pi, 0.0)
    assert bool(project(replace(PLAIN, model=model, frame=Size(20_000, 2000), centre_px=(10_000, 1000)), behind)[1]) == (limit == 180)


def test_kannala_brandt_is_right_past_a_right_angle() -> None:
    theta = radians(95)
    k1, k2, k3, k4 = FISHEYE.k1, FISHEYE.k2, FISHEYE.k3, FISHEYE.k4
    bent = theta * (1 + k1 * theta**2 + k2 * theta**4 + k3 * theta**6 + k4 * theta**8)
    xy, valid = project(replace(PLAIN, distortion=FISHEYE), direction(theta, 0.0))
    assert valid
    assert xy == pytest.approx((1000 + 500 * bent, 750))


def test_a_fisheye_ends_where_its_polynomial_stops_rising() -> None:
    lens = replace(PLAIN, distortion=KannalaBrandt(k1=-0.2))
    assert max_angle(lens) == pytest.approx(np.sqrt(1 / 0.6))
    _, valid = project(lens, direction([1.28, 1.30], 0.0))
    assert valid.tolist() == [True, False]


def test_panotools_distortion_ends_where_two_directions_would_share_a_pixel() -> None:
    lens = replace(PLAIN, distortion=PanoTools(b=-0.2))
    turn = np.sqrt(1.2 / 0.6) * 750 / 500
    _, valid = project(lens, direction([turn - 0.01, turn + 0.01], 0.0))
    assert valid.tolist() == [True, False]


def test_a_rising_polynomial_never_turns() -> None:
    assert first_turning_point((1.0, 0.1, 0.2), step=1) == inf


def test_only_the_crop_less_its_masks_is_picture() -> None:
    triangle = ((900.0, 700.0), (1100.0, 700.0), (1000.0, 900.0))
    points = np.array([[1000.0, 750.0], [1000.0, 650.0], [1600.0, 750.0], [1000.0, 1600.0]])
    assert inside(PLAIN, points).tolist() == [True, True, True, False]
    assert inside(replace(PLAIN, crop=Circle(1000, 750, 500)), points).tolist() == [True, True, False, False]
    assert inside(replace(PLAIN, crop=Rectangle(500, 700, 1500, 900)), points).tolist() == [True, False, False, False]
    assert inside(replace(PLAIN, masks=(triangle,)), points).tolist() == [False, True, True, False]


def test_the_farthest_angle_is_kept() -> None:
    _, valid = project(replace(PLAIN, max_angle_rad=radians(80)), direction(np.radians([79, 81]), 0.0))
    assert valid.tolist() == [True, False]


def test_a_lens_off_the_centre_sees_near_things_elsewhere() -> None:
    lens = replace(PLAIN, position_m=(0.1, 0.0, 0.0))
    far, _ = project(lens, direction(0.0, 0.0))
    near, _ = project(lens, direction(0.0, 0.0), distance_m=1.0)
    assert far[0] == pytest.approx(1000)
    assert near[0] == pytest.approx(1000 - 500 * np.arctan(0.1))


def test_an_equidistant_lens_shows_how_far_off_its_axis_a_thing_is() -> None:
    lens = replace(PLAIN, frame=Size(4000, 4000), centre_px=(2000.0, 2000.0), yaw=0.3, pitch=-0.2, position_m=(0.05, 0.1, -0.2))
    xy, valid = project(lens, everywhere(), distance_m=2.0)
    assert valid.all()
    assert off_axis(lens, everywhere(), distance_m=2.0) == pytest.approx(np.linalg.norm(xy - lens.centre_px, axis=-1) / lens.focal_px)


def test_pixels_no_ray_reaches_have_no_direction() -> None:
    assert np.isnan(unproject(replace(PLAIN, model="orthographic"), (1600, 750))).all()
    assert np.isnan(unproject(replace(PLAIN, distortion=KannalaBrandt(k1=-0.2)), (1900, 750))).all()
