"""Parameter files of GoPro Fusion pictures; what they mean is held against fusion2sphere's panoramas in test_real_cameras.py."""

import os
from math import pi, radians
from pathlib import Path

import numpy as np
import pytest

from vrlive.errors import RigFileError
from vrlive.projection.rig import Circle
from vrlive.rigs import read_rig, read_rig_file, write_rig
from vrlive.units import Size

GOOD = """# left/front - 3104 x 3000
RADIUS: 1520
CENTER: 1543 1484
FOV: 190

# right/back - 3104 × 3000
IMAGE: GB075169.JPG
RADIUS: 1534
CENTER: 1536 1500
APERTURE: 188

# recommended output width = 5760 (gives 5760 x 2880)
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "photo-mode.txt"
    path.write_text(text, "utf-8")
    return path


def test_two_fisheyes_look_ahead_and_back(tmp_path: Path) -> None:
    rig = read_rig_file(written(tmp_path, GOOD))
    front, back = rig.lenses
    assert (rig.name, rig.inputs, front.input, back.input) == ("photo-mode", 2, 0, 1)
    assert (front.name, front.yaw, back.name, back.yaw) == ("front", 0, "back", pi)
    assert (front.crop, front.centre_px, front.frame) == (Circle(1543, 1484, 1520), (1543, 1484), Size(3104, 3000))
    assert (back.crop, back.centre_px, back.frame) == (Circle(1536, 1500, 1534), (1536, 1500), Size(3104, 3000))
    assert front.focal_px == pytest.approx(1520 / radians(95))
    assert back.focal_px == pytest.approx(1534 / radians(94))


def test_it_comes_back_from_toml(tmp_path: Path) -> None:
    rig = read_rig_file(written(tmp_path, GOOD + "HFLIP: 1\nROTATEX: 0\n"))
    write_rig(rig, tmp_path / "rig.toml")
    assert read_rig(tmp_path / "rig.toml") == rig


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("FOV: 190", "FOW: 190", "line 4: “FOW: 190” is not a GoPro Fusion parameter; did you mean “FOV”"),
        ("FOV: 190", "hello", "line 4: “hello” is not a GoPro Fusion parameter; known are IMAGE, RADIUS"),
        ("FOV: 190", "", "FOV of the front camera is missing"),
        ("FOV: 190", "FOV: 400", "RADIUS must be above 0 and its FOV within 0.1…360°, not 1520 and 400"),
        ("RADIUS: 1534", "RADIUS: -4", "the back camera's RADIUS must be above 0"),
        ("CENTER: 1536 1500", "CENTER: 1536", "line 9: CENTER must be x and y in px, not “1536”"),
        ("CENTER: 1536 1500", "CENTER: 15361 1500", "the back camera's CENTER 15361 1500 lies outside of its frames, 3104x3000"),
        ("RADIUS: 1534", "RADIUS: nan", "line 8: RADIUS must be a number, not “nan”"),
        ("# left/front - 3104 x 3000", "# left", "the size of the front camera's frames is missing; write it above, such as"),
        ("APERTURE: 188", "FOV: 188\nROTATEY: 2", "line 11: ROTATEY is not supported; it must be 0; turn the lens in the rig.toml"),
        ("APERTURE: 188", "FOV: 188\nHFLIP: -1", "line 11: HFLIP is not supported; it must be 1: mirrored pictures"),
        ("APERTURE: 188", "FOV: 188\nIMAGE:", "describes 3 fisheyes; a GoPro Fusion's parameters are those of two"),
        (GOOD, "", "describes 0 fisheyes"),
        (GOOD, "#" * 100_001, "larger than 100 kB"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(RigFileError, match=problem):
        read_rig_file(written(tmp_path, GOOD.replace(old, new)))


def test_the_parameters_that_ship_with_fusion2sphere_are_read() -> None:
    if "VRLIVE_TEST_DATA" not in os.environ:
        pytest.skip("VRLIVE_TEST_DATA is not set: no parameters of a GoPro Fusion")
    folder = Path(os.environ["VRLIVE_TEST_DATA"])
    small = read_rig_file(folder / "dual_fisheye_fusion_3k" / "video-3k-mode.txt")
    assert [lens.crop for lens in small.lenses] == [Circle(779, 742, 765)] * 2
    large = read_rig_file(folder / "dual_fisheye_fusion_5k" / "video-5_2k-mode.txt")
    assert [lens.frame for lens in large.lenses] == [Size(2704, 2624)] * 2
    assert [lens.crop for lens in large.lenses] == [Circle(1345, 1303, 1335), Circle(1337, 1303, 1338)]


def test_a_damaged_file_is_read_or_refused_but_never_fails_otherwise(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    read = 0
    for _ in range(300):
        damaged = bytearray(GOOD, "utf-8")
        for place in random.integers(0, len(damaged), 2):
            damaged[place] = random.choice(list(b"019-.e: #x\n"))
        path = tmp_path / "damaged.txt"
        path.write_bytes(damaged)
        try:
            rig = read_rig_file(path)
        except RigFileError:
            continue
        read += 1
        write_rig(rig, tmp_path / "rig.toml")
        assert read_rig(tmp_path / "rig.toml").lenses == rig.lenses
    assert 10 < read < 300
