import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vrlive.capture.stills import is_still, read_picture, write_picture
from vrlive.colour import rgb_to_codes
from vrlive.errors import InputError
from vrlive.frames import Picture
from vrlive.units import Size

COLOURS = [(0, 0, 0), (255, 255, 255), (128, 128, 128), (200, 40, 40), (40, 200, 60), (30, 60, 210), (235, 200, 40)]


def codes(rgb: tuple[int, int, int]) -> tuple[int, int, int]:
    y, u, v = (round(float(code)) for code in rgb_to_codes(np.array(rgb) / 255))
    return y, u, v


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg"])
@pytest.mark.parametrize("rgb", COLOURS)
def test_pillow_reads_what_we_write(tmp_path: Path, suffix: str, rgb: tuple[int, int, int]) -> None:
    path = tmp_path / f"patch{suffix}"
    write_picture(Picture.filled(Size(64, 48), codes(rgb)), path, quality=98)
    with Image.open(path) as image:
        seen = np.asarray(image.convert("RGB")).astype(int)
    assert image.size == (64, 48)
    assert np.abs(seen - rgb).max() <= 2


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".tif"])
@pytest.mark.parametrize("rgb", COLOURS)
def test_we_read_what_pillow_writes(tmp_path: Path, suffix: str, rgb: tuple[int, int, int]) -> None:
    path = tmp_path / f"patch{suffix}"
    Image.new("RGB", (64, 48), rgb).save(path, quality=98)
    picture = read_picture(path)
    for plane, truth in zip(picture.planes, rgb_to_codes(np.array(rgb) / 255), strict=True):
        assert np.abs(plane - truth).max() <= 2


@pytest.mark.parametrize(
    ("mode", "white", "suffix"),
    [("L", 255, ".png"), ("L", 255, ".jpg"), ("I;16", 65535, ".png"), ("1", 1, ".png"), ("LA", (255, 255), ".png")],
)
def test_grey_pictures_span_black_to_white_without_colour(tmp_path: Path, mode: str, white: int, suffix: str) -> None:
    for colour, luma in ((white, 235), (0, 16)):
        path = tmp_path / f"grey{suffix}"
        Image.new(mode, (64, 48), colour).save(path)
        picture = read_picture(path)
        assert np.abs(picture.y.astype(int) - luma).max() <= 1
        assert np.abs(picture.u.astype(int) - 128).max() <= 1
        assert np.abs(picture.v.astype(int) - 128).max() <= 1


def test_transparency_and_palettes_are_read_as_their_colours(tmp_path: Path) -> None:
    Image.new("RGBA", (64, 48), (200, 40, 40, 128)).save(tmp_path / "rgba.png")
    Image.new("RGB", (64, 48), (200, 40, 40)).quantize(8).save(tmp_path / "palette.png")
    for name in ("rgba.png", "palette.png"):
        picture = read_picture(tmp_path / name)
        assert max(abs(int(plane[5, 5]) - code) for plane, code in zip(picture.planes, codes((200, 40, 40)), strict=True)) <= 2


def test_odd_pictures_are_cut_to_even(tmp_path: Path) -> None:
    Image.new("RGB", (65, 49)).save(tmp_path / "odd.png")
    assert read_picture(tmp_path / "odd.png").size == Size(64, 48)


def test_a_picture_survives_writing_and_reading(tmp_path: Path) -> None:
    ramp = Picture.filled(Size(256, 64))
    ramp.y[:] = np.linspace(16, 235, 256).astype(np.uint8)
    write_picture(ramp, tmp_path / "ramp.png")
    again = read_picture(tmp_path / "ramp.png")
    assert np.abs(again.y.astype(int) - ramp.y).max() <= 1


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [("none.png", None, "No such file"), ("text.png", b"not a picture", "is not a picture"), ("empty.jpg", b"", "is not a picture")],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes | None, problem: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=problem) as caught:
        read_picture(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)


def test_a_picture_cut_short_is_refused_or_read_but_never_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "short.png"
    Image.effect_noise((200, 200), 60).save(path)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(InputError, match="short"):
        read_picture(path)


def test_a_bomb_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    Image.new("1", (9000, 9000)).save(path)
    with pytest.raises(InputError, match="9000x9000"):
        read_picture(path)


def test_other_kinds_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.png or \.jpg"):
        write_picture(Picture.filled(Size(2, 2)), tmp_path / "a.exr")
    with pytest.raises(InputError, match="cannot be written"):
        write_picture(Picture.filled(Size(2, 2)), tmp_path / "none" / "a.png")


def test_names_tell_stills_from_footage() -> None:
    assert is_still(Path("A.JPG"))
    assert not is_still(Path("a.mp4"))


def test_a_real_panorama_keeps_its_colours(tmp_path: Path) -> None:
    if "VRLIVE_TEST_DATA" not in os.environ:
        pytest.skip("VRLIVE_TEST_DATA does not name the folder of test data")
    path = Path(os.environ["VRLIVE_TEST_DATA"]) / "dual_fisheye_gear360" / "gear360_frame_2560x1280.png"
    write_picture(read_picture(path), tmp_path / "again.png")
    with Image.open(path) as image, Image.open(tmp_path / "again.png") as again:
        shape = (80, 40)
        theirs, ours = (np.asarray(each.convert("RGB").reduce(32)).astype(int) for each in (image, again))
    assert theirs.shape[:2] == shape[::-1]
    assert np.abs(theirs - ours).max() <= 3
