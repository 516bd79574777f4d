import numpy as np
import pytest

from vrlive.show.scene import Garment, Scene, position
from vrlive.show.staging import FARTHEST_M, NEAREST_M, moved_to, relocated, restaged, turned_by, with_garment

POLAR = Garment(name="dress", model="dress.glb", bearing_deg=32, distance_m=2.6, turn_deg=10, height_m=0.2)  # type: ignore[arg-type] # as TOML has it
FIXED = Garment(name="coat", model="coat.glb", position_m=(-1.5, -1.2, -2.0))  # type: ignore[arg-type] # as above
SCENE = Scene(name="shop", garment=(POLAR, FIXED))
TEXT = """# Spring
name = "shop" # its name

[[garment]] # the first
name = "dress"
model = "dress.glb"
bearing_deg = 32 # to the right
distance_m = 2.6
turn_deg = 10
height_m = 0.2

# the second
[[garment]]
model = "coat.glb"
name = "coat"
position_m = [-1.5, -1.2, -2.0] # by the wall
"""


def test_a_garment_keeps_the_kind_of_its_place_and_its_height() -> None:
    polar, fixed = moved_to(POLAR, 1.6, 3.0, 0.0), moved_to(FIXED, 1.6, 3.0, 0.0)
    assert (polar.bearing_deg, polar.distance_m, polar.position_m) == (90.0, 3.0, None)
    assert (fixed.bearing_deg, fixed.distance_m) == (None, None)
    np.testing.assert_allclose(position(polar, 1.6), [3, -1.4, 0], atol=1e-9)
    np.testing.assert_allclose(position(fixed, 1.6), [3, -1.2, 0], atol=1e-9)


@pytest.mark.parametrize("garment", [POLAR, FIXED])
@pytest.mark.parametrize(("wanted", "given"), [(0.01, NEAREST_M), (2.0, 2.0), (400.0, FARTHEST_M)])
def test_it_stays_where_it_can_be_seen(garment: Garment, wanted: float, given: float) -> None:
    x, _, z = position(moved_to(garment, 1.6, -wanted * 0.6, wanted * 0.8), 1.6)
    assert np.hypot(x, z) == pytest.approx(given, abs=0.01)
    assert np.arctan2(x, -z) == pytest.approx(np.arctan2(-0.6, -0.8), abs=0.05)


def test_turns_stay_within_half_a_turn() -> None:
    assert turned_by(POLAR, 15).turn_deg == 25
    assert turned_by(POLAR, 175).turn_deg == -175
    assert turned_by(POLAR, -350).turn_deg == 20


def test_only_what_has_moved_is_written_and_every_comment_stays() -> None:
    after = with_garment(SCENE, turned_by(moved_to(POLAR, 1.6, 0.0, -3.25), -10))
    expected = TEXT.replace("= 32 #", "= 0 #").replace("2.6", "3.25").replace("turn_deg = 10", "turn_deg = 0")
    assert restaged(TEXT, SCENE, after) == expected
    assert restaged(TEXT, SCENE, SCENE) == TEXT


def test_a_position_is_written_as_one_and_a_turn_that_was_not_there_is_added() -> None:
    after = with_garment(SCENE, turned_by(moved_to(FIXED, 1.6, 1.0, -2.0), 7.5))
    written = restaged(TEXT, SCENE, after)
    assert "position_m = [1.0, -1.2, -2.0] # by the wall\n" in written
    assert written.endswith("turn_deg = 7.5\n")


@pytest.mark.parametrize("text", ['name = "shop"', TEXT.replace('"coat"', '"cloak"'), "name = ["])
def test_a_file_with_other_garments_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"its garments are others|."):
        restaged(text, SCENE, SCENE)


def test_paths_are_rewritten_for_a_file_elsewhere() -> None:
    text = TEXT + '[[occluder]]\nname = "table"\ndistance_m = 2\nmask = "table.png"\n'
    written = relocated(text, lambda named: f"../{named}")
    assert 'model = "../dress.glb"' in written
    assert 'model = "../coat.glb"' in written
    assert 'mask = "../table.png"' in written
    assert "# by the wall" in written
