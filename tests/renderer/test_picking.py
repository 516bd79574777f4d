from pathlib import Path

import numpy as np
import pytest

from renderer.gltf import read_glb
from renderer.picking import Solid, carried, floor_point, pick
from tests.renderer.boxes import write_box
from vrlive.projection.equirect import direction
from vrlive.show.scene import Garment, Scene

FLOOR_M = 1.6


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """Half a metre wide and deep, 1.5 m high."""
    return write_box(tmp_path / "box.glb")


def shop(box: Path, *places: tuple[float, float]) -> tuple[Scene, dict[str, Solid]]:
    garments = tuple(
        Garment(name=f"box{number}", model=box, bearing_deg=bearing, distance_m=away) for number, (bearing, away) in enumerate(places)
    )
    return Scene(name="shop", floor_m=FLOOR_M, garment=garments), {each.name: Solid.of(read_glb(box)) for each in garments}


def at(yaw_deg: float, pitch_deg: float) -> np.ndarray:
    return direction(np.radians(yaw_deg), np.radians(pitch_deg))


def test_a_garment_is_found_up_to_its_edges(box: Path) -> None:
    scene, solids = shop(box, (30, 2.0))
    edge = np.degrees(np.arctan2(0.25, 1.75))  # of its front, which faces the viewer
    top = np.degrees(np.arctan2(-0.1, 1.75))
    for yaw, pitch, found in [
        (30, -20, True), (30 + edge - 0.1, -20, True), (30 + edge + 0.1, -20, False), (30 - edge + 0.1, -20, True),
        (30 - edge - 0.1, -20, False), (30, top - 0.1, True), (30, 0.5, False), (-150, -20, False), (30, -80, False),
    ]:  # fmt: skip
        assert (pick(scene, solids, at(yaw, pitch)) == "box0") is found, (yaw, pitch)


def test_the_nearest_of_two_is_meant(box: Path) -> None:
    scene, solids = shop(box, (10, 4.0), (10, 2.0))
    assert pick(scene, solids, at(10, -20)) == "box1"
    farther_only = np.degrees(np.arctan2(-0.1, 3.75)) - 0.1  # over the near one's top
    assert pick(scene, solids, at(10, farther_only)) == "box0"


def test_across_the_seam_behind_the_viewer(box: Path) -> None:
    scene, solids = shop(box, (180, 2.0))
    assert pick(scene, solids, at(179, -20)) == pick(scene, solids, at(-179, -20)) == "box0"


def test_nothing_is_found_in_an_empty_scene() -> None:
    assert pick(Scene(name="empty"), {}, at(0, -20)) is None


def test_the_floor_is_met_below_the_horizon_only() -> None:
    assert floor_point(at(90, -45), FLOOR_M) == pytest.approx((FLOOR_M, 0.0))
    assert floor_point(at(0, 0), FLOOR_M) is None
    assert floor_point(at(0, 30), FLOOR_M) is None


def test_the_foot_moves_by_the_angles_of_the_pointer() -> None:
    foot = (0.0, -FLOOR_M)  # 45° below
    assert carried(foot, FLOOR_M, at(0, -20), at(0, -20)) == pytest.approx(foot)
    assert carried(foot, FLOOR_M, at(0, -20), at(90, -20)) == pytest.approx((FLOOR_M, 0.0), abs=1e-9)
    x, z = carried(foot, FLOOR_M, at(0, 5), at(0, 20))
    assert (x, z) == pytest.approx((0.0, -FLOOR_M / np.tan(np.radians(30))))


def test_a_foot_never_leaves_the_floor() -> None:
    x, z = carried((0.0, -3.0), FLOOR_M, at(0, -20), at(0, 80))
    assert 30 < np.hypot(x, z) < 50
    x, z = carried((0.0, -3.0), FLOOR_M, at(0, 80), at(0, -80))
    assert np.hypot(x, z) < 0.1
