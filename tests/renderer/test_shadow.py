import numpy as np
import pytest
from numpy.typing import NDArray

from renderer.figure import stand
from renderer.light import SIZE, Light, even_light
from renderer.shadow import DIRECTIONS, TEXELS, light_directions, visibility
from tests.renderer.boxes import write_box
from vrlive.show.scene import Garment

Floats = NDArray[np.float32]

DISTANCE_M, SIDE_M = 3.0, 0.5


@pytest.fixture(scope="module")
def hidden(tmp_path_factory: pytest.TempPathFactory) -> Floats:
    """Hard shadows of a box on the floor, straight ahead."""
    from renderer.context import Context

    box = write_box(tmp_path_factory.mktemp("box") / "box.glb", (SIDE_M, 1.0, SIDE_M))
    figure = stand(Garment(name="box", model=box, bearing_deg=0, distance_m=DISTANCE_M), 1.6)
    context = Context()
    context.make_current()
    from renderer.painter import Painter

    loaded = Painter().load(figure).shades[0].hidden
    context.close()
    assert figure.shadow_reach_m == pytest.approx(REACH_M)
    return loaded


REACH_M = SIDE_M / 2 + 0.8
METRES = (np.arange(TEXELS) + 0.5) / TEXELS * 2 * REACH_M - REACH_M


def lamp(yaw_deg: float, pitch_deg: float) -> Light:
    """A dim room with one lamp."""
    seen = np.full((SIZE.height, SIZE.width, 3), 0.02, np.float32)
    row, column = int((0.5 - pitch_deg / 180) * SIZE.height), int((yaw_deg / 360 + 0.5) * SIZE.width)
    seen[row - 2 : row + 2, column - 2 : column + 2] = 50
    return Light.from_radiance(seen)


def test_directions_come_from_above_and_favour_the_zenith() -> None:
    towards = light_directions()
    np.testing.assert_allclose(np.linalg.norm(towards, axis=1), 1)
    assert (towards[:, 1] > 0).all()
    assert towards[:, 1].mean() == pytest.approx(2 / 3, abs=0.01)  # mean cosine of directions weighted by their cosine


def test_hard_shadows_are_those_of_a_box(hidden: Floats) -> None:
    """Against the shadow's own geometry: a floor point is dark if its ray to the light meets the box."""
    x, z = np.meshgrid(METRES, METRES)
    half = SIDE_M / 2
    for number in range(0, DIRECTIONS, 7):
        towards = light_directions()[number]
        enter, leave = np.zeros_like(x), np.full_like(x, 1.0 / towards[1])
        for place, speed in ((x, towards[0]), (z, towards[2])):
            near, far = sorted(((-half - place) / speed, (half - place) / speed), key=lambda each: float(each.mean()))
            near, far = np.minimum(near, far), np.maximum(near, far)
            enter, leave = np.maximum(enter, near), np.minimum(leave, far)
        assert np.mean((leave > enter) != (hidden[number] > 0.5)) < 0.004  # but for texels that an edge crosses


def test_it_is_darkest_under_the_garment_and_gone_at_the_rim(hidden: Floats) -> None:
    seen = visibility(hidden, even_light())
    assert seen.shape == (TEXELS, TEXELS)
    assert seen.min() >= -1e-5
    assert seen[TEXELS // 2, TEXELS // 2] < 0.01
    beside = seen[TEXELS // 2, np.abs(METRES - SIDE_M / 2 - 0.1).argmin()]
    farther = seen[TEXELS // 2, np.abs(METRES - SIDE_M / 2 - 0.4).argmin()]
    assert 0.2 < beside < farther - 0.1
    rim = np.concatenate([seen[0], seen[-1], seen[:, 0], seen[:, -1]])
    assert rim.min() > 0.999


def test_its_edge_is_soft(hidden: Floats) -> None:
    seen = visibility(hidden, lamp(90, 45))
    assert np.abs(np.diff(seen, axis=1)).max() < 0.25  # the hard shadow's edge would be a step of almost 1
    assert np.abs(np.diff(hidden[0], axis=1)).max() == 1


@pytest.mark.parametrize(
    ("yaw_deg", "darker", "brighter"), [(90, "left", "right"), (-90, "right", "left"), (0, "near", "far"), (180, "far", "near")]
)
def test_it_falls_away_from_the_lamp(hidden: Floats, yaw_deg: float, darker: str, brighter: str) -> None:
    seen = visibility(hidden, lamp(min(yaw_deg, 170), 45))
    middle, low, high = TEXELS // 2, np.abs(METRES + 0.45).argmin(), np.abs(METRES - 0.45).argmin()
    beside = {"left": seen[middle, low], "right": seen[middle, high], "far": seen[low, middle], "near": seen[high, middle]}
    assert beside[darker] < 0.4
    assert beside[brighter] > 0.85


def test_a_small_lamp_is_never_between_the_directions(hidden: Floats) -> None:
    """Moved around the room, it throws a shadow of about the same strength everywhere."""
    strengths = [float((1 - visibility(hidden, lamp(yaw, 50))).sum()) for yaw in range(-160, 161, 16)]
    assert max(strengths) < 1.5 * min(strengths)
