from pathlib import Path

import numpy as np
import pytest

from renderer.detail import PX_PER_TRIANGLE, WITHIN_PX, areas_px, simplified
from renderer.gltf import Floats
from vrlive.projection.equirect import pixel
from vrlive.units import Size

FRAME = Size(3840, 1920)


def ball(distance_m: float, steps: int = 160) -> tuple[Floats, np.ndarray]:
    """A ball of 30 cm straight ahead as a grid of latitudes and longitudes, (n, 14) and (m, 3)."""
    u, v = np.meshgrid(np.linspace(0, 1, steps), np.linspace(0.01, 0.99, steps))
    turn, rise = u.ravel() * 2 * np.pi, (v.ravel() - 0.5) * np.pi
    normal = np.column_stack([np.cos(rise) * np.sin(turn), np.sin(rise), np.cos(rise) * np.cos(turn)])
    vertices = np.zeros((steps * steps, 14), np.float32)
    vertices[:, :3], vertices[:, 3:6], vertices[:, 10:12] = (
        normal * 0.3 - [0, 0, distance_m],
        normal,
        np.column_stack([u.ravel(), v.ravel()]),
    )
    corner = (np.arange(steps - 1)[:, None] * steps + np.arange(steps - 1)).ravel()
    quads = np.column_stack([corner, corner + 1, corner + steps + 1, corner, corner + steps + 1, corner + steps])
    return vertices, quads.reshape(-1, 3).astype(np.uint32)


def test_areas_are_those_of_the_sphere() -> None:
    """A ball covers a disc of its angular radius, from the front and from the back."""
    vertices, triangles = ball(3.0)
    half = np.arcsin(0.3 / 3.0)
    disc = 2 * np.pi * (1 - np.cos(half)) * (FRAME.width / (2 * np.pi)) ** 2
    assert areas_px(vertices[:, :3].astype(float), triangles, FRAME).sum() == pytest.approx(2 * disc, rel=0.02)


@pytest.mark.parametrize("distance_m", [3.0, 6.0, 15.0])
def test_far_away_there_are_fewer_and_the_outline_stays(distance_m: float) -> None:
    vertices, triangles = ball(distance_m)
    fewer = simplified(vertices, triangles, FRAME)
    assert len(fewer) < len(triangles) / 2
    covered = areas_px(vertices[:, :3].astype(float), fewer, FRAME)
    assert covered.sum() / len(fewer) >= PX_PER_TRIANGLE * 0.3  # the error allowed may end it sooner
    used = np.unique(fewer)
    for low in (True, False):
        whole, kept = (
            getattr(pixel(vertices[rows, :3].astype(float), FRAME), "min" if low else "max")(axis=0) for rows in (slice(None), used)
        )
        assert np.abs(whole - kept).max() < 2 * WITHIN_PX


def test_what_is_near_enough_is_left_alone() -> None:
    vertices, triangles = ball(1.0, steps=40)
    assert simplified(vertices, triangles, FRAME) is triangles


def test_the_showroom_s_dress_looks_the_same_in_fewer_triangles(tmp_path: Path) -> None:
    from renderer.compositor import Compositor
    from renderer.figure import stand
    from tests.renderer.test_compositor import grey
    from vrlive.show.scene import read_scene

    scene, size = read_scene("showroom"), Size(1920, 960)
    few, all_of_them = (stand(scene.garment[0], scene.floor_m, each) for each in (size, None))
    assert sum(len(mesh.triangles) for mesh in few.meshes) < 0.6 * sum(len(mesh.triangles) for mesh in all_of_them.meshes)
    pictures = []
    for figures in ([few], [all_of_them]):
        compositor = Compositor(scene, size)
        assert compositor._desk is not None
        for _ in compositor._desk.load(figures):
            pass
        picture = grey(size=size)
        compositor.run(picture)
        compositor.close()
        pictures.append(picture.y.astype(float))
    difference = np.abs(pictures[0] - pictures[1])[pictures[1] != pictures[1][0, 0]]
    assert difference.mean() < 1.5
