from dataclasses import replace
from math import inf, pi, radians

import numpy as np
import pytest

from vrlive.projection.equirect import direction
from vrlive.projection.lenses import first_turning_point, focal, inside, max_angle, off_axis, project, unproject
from vrlive.projection.rig import MODELS, Array, Circle, Distortion, KannalaBrandt, Lens, Model, PanoTools, Plane, Rectangle
from vrlive.units import Size

FRAME = Size(2000, 1500)
PLAIN = Lens("lens", 0, FRAME, "equidistant", 500.0, (1000.0, 750.0))
PANOTOOLS = PanoTools(a=0.01, b=-0.02, c=0.03, g=4.0, t=-7.0)
FISHEYE = KannalaBrandt(-0.02, 0.003, -0.001, 0.0001)


def everywhere(count: int = 3000) -> Array:
    looking = np.random.default_rng(7).normal(size=(count, 3))
    return np.asarray(looking / np.linalg.norm(looking, axis=-1, keepdims=True))


@pytest.mark.parametrize("model", MODELS)
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
