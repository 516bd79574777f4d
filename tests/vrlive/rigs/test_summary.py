from io import StringIO
from math import pi, radians
from pathlib import Path

import pytest
from rich.console import Console

from vrlive.projection.rig import Lens, Rig
from vrlive.rigs import describe_rig, equirect_rig, summarise, write_rig
from vrlive.units import Size


def ring(lenses: int, view_deg: float) -> Rig:
    frame = Size(2000, 2000)
    return Rig(
        tuple(
            Lens(f"cam{i}", i, frame, "equidistant", 400.0, (1000.0, 1000.0), yaw=2 * pi * i / lenses, max_angle_rad=radians(view_deg / 2))
            for i in range(lenses)
        ),
        "ring",
        lenses,
    )


def test_two_half_spheres_cover_the_sphere() -> None:
    found = summarise(ring(2, 180))
    assert found.covered == pytest.approx(1, abs=0.01)
    assert found.seen_twice == pytest.approx(0, abs=0.01)
    assert [lens.share for lens in found.lenses] == pytest.approx([0.5, 0.5], abs=0.01)


def test_wider_lenses_overlap_by_what_they_are_wider() -> None:
    found = summarise(ring(2, 200))
    (overlap,) = found.overlaps
    assert overlap.share == pytest.approx(0.1736, abs=0.01)  # the zone of ±10°: its share is sin 10°
    assert (overlap.first, overlap.second) == ("cam0", "cam1")
    assert found.lenses[0].view == pytest.approx(radians(200), abs=radians(1))


def test_a_ring_of_narrow_lenses_leaves_the_poles_out() -> None:
    found = summarise(ring(6, 90))
    assert found.covered < 0.8
    assert len(found.overlaps) == 6


def test_an_equirect_camera_covers_everything_once() -> None:
    found = summarise(equirect_rig(Size(64, 32)))
    assert found.covered == pytest.approx(1)
    assert found.seen_twice == 0
    assert not found.overlaps


def test_the_description_names_every_lens(tmp_path: Path) -> None:
    path = tmp_path / "ring.toml"
    write_rig(ring(3, 190), path)
    written = StringIO()
    Console(file=written, width=80).print(describe_rig(path))
    assert max(map(len, written.getvalue().splitlines())) <= 80
    assert all(name in written.getvalue() for name in ("cam0", "cam1", "cam2", "% of the sphere is seen"))
