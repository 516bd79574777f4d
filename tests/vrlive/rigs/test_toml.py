from math import pi, radians
from pathlib import Path

import pytest
from PIL import Image

from vrlive.errors import ConfigError, InputError
from vrlive.projection.lenses import inside
from vrlive.projection.rig import Circle, KannalaBrandt, Lens, PanoTools, Plane, Rectangle, Rig
from vrlive.rigs import read_rig, write_rig
from vrlive.rigs.toml import read_rig_toml
from vrlive.units import Size

MINIMAL = """
[[lens]]
frame = "1000x800"
model = "equidistant"
focal_px = 300
"""


def read(folder: Path, text: str) -> Rig:
    path = folder / "my-rig.toml"
    path.write_text(text, "utf-8")
    return read_rig(path)


def test_what_is_left_out_has_a_sensible_value(tmp_path: Path) -> None:
    rig = read(tmp_path, MINIMAL * 2)
    assert rig.name == "my-rig"
    assert [lens.input for lens in rig.lenses] == [0, 1]
    assert rig.lenses[1] == Lens("lens 1", 1, Size(1000, 800), "equidistant", 300.0, (500.0, 400.0))


def test_the_centre_is_the_middle_of_the_crop(tmp_path: Path) -> None:
    assert read(tmp_path, MINIMAL + "crop_circle_px = [510, 390, 380]").lenses[0].centre_px == (510, 390)
    assert read(tmp_path, MINIMAL + "crop_rect_px = [0, 0, 500, 800]").lenses[0].centre_px == (250, 400)


def test_the_field_of_view_is_across_the_frame_or_the_image_circle(tmp_path: Path) -> None:
    by_view = MINIMAL.replace("focal_px = 300", "fov_deg = 180")
    assert read(tmp_path, by_view).lenses[0].focal_px == pytest.approx(500 / (pi / 2))
    assert read(tmp_path, by_view + "crop_circle_px = [500, 400, 390]").lenses[0].focal_px == pytest.approx(390 / (pi / 2))


def test_angles_are_degrees_in_the_file_and_radians_inside(tmp_path: Path) -> None:
    lens = read(tmp_path, MINIMAL + "yaw_deg = 90\npitch_deg = -10\nroll_deg = 5\nmax_angle_deg = 95").lenses[0]
    assert (lens.yaw, lens.pitch, lens.roll, lens.max_angle_rad) == (radians(90), radians(-10), radians(5), radians(95))


def test_a_rig_comes_back_as_it_was_written(tmp_path: Path) -> None:
    size = Size(2560, 1280)
    rig = Rig(
        (
            Lens("plain", 0, size, "rectilinear", 1234.5678901234567, (1280.0, 640.0)),
            Lens(
                "left, “quoted”\n",
                1,
                size,
                "equisolid",
                388.83,
                (640.1, 639.9),
                1.003,
                PanoTools(0.1, -0.2, 0.3, 4, 5),
                Circle(640.5, 640.25, 672),
                (((1.5, 2.5), (3.0, 4.0), (0.0, 9.0)),),
                radians(179.654960766174),
                radians(-0.982857622498039),
                radians(11.8008389973319),
                (0.03, 0.1, -0.2),
                radians(104.5),
            ),
            Lens("b", 1, size, "equidistant", 1 / 3, (1.0, 2.0), 1.0, KannalaBrandt(1e-3, 2e-9, -3, 4), Rectangle(0, 0, 1280, 1280)),
            Lens("flat", 0, size, "cylindrical", 400.0, (1.0, 2.0), scene=Plane((0.1, 0.2, -0.9)), position_m=(0.1, 0.0, 0.0)),
        ),
        "a rig",
        2,
    )
    path = tmp_path / "rig.toml"
    write_rig(rig, path)
    assert read_rig(path) == rig


def test_any_angle_comes_back_but_for_its_last_bits(tmp_path: Path) -> None:
    lens = Lens("x", 0, Size(100, 80), "equidistant", 30.0, (50.0, 40.0), yaw=1 / 3, pitch=-pi / 7, roll=2.9999999)
    path = tmp_path / "rig.toml"
    write_rig(Rig((lens,), "x", 1), path)
    back = read_rig(path).lenses[0]
    assert (back.yaw, back.pitch, back.roll) == pytest.approx((lens.yaw, lens.pitch, lens.roll), rel=4e-16)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"rig.toml: cannot be written: No such file"):
        write_rig(read(tmp_path, MINIMAL), tmp_path / "nowhere" / "rig.toml")


def test_arrays_are_written_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / "rig.toml"
    write_rig(read(tmp_path, MINIMAL + "crop_circle_px = [500, 400, 380]\nmasks_px = [[[0, 0], [9, 0], [0, 9]]]"), path)
    assert "crop_circle_px = [500.0, 400.0, 380.0]" in path.read_text()
    assert "masks_px = [[[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]]]" in path.read_text()


@pytest.mark.parametrize(
    ("text", "key", "complaint"),
    [
        (MINIMAL + "yaw_dge = 3", "lens[0].yaw_dge", "did you mean “yaw_deg”?"),
        (MINIMAL.replace("equidistant", "fisheye"), "lens[0].model", "equidistant"),
        (MINIMAL.replace("1000x800", "1000"), "lens[0].frame", "WIDTHxHEIGHT"),
        (MINIMAL + "fov_deg = 180", "lens[0]", "either focal_px or fov_deg"),
        (MINIMAL.replace("focal_px = 300", ""), "lens[0]", "either focal_px or fov_deg"),
        (MINIMAL + "pitch_deg = nan", "lens[0].pitch_deg", "finite"),
        (MINIMAL + "crop_circle_px = [1, 2, 0]", "lens[0]", "radius above 0"),
        (MINIMAL + "crop_rect_px = [9, 2, 3, 4]", "lens[0]", "left, top, right, bottom"),
        (MINIMAL + "crop_circle_px = [1, 2, 3]\ncrop_rect_px = [1, 2, 3, 4]", "lens[0]", "either crop_circle_px or crop_rect_px"),
        (MINIMAL + 'distortion = {model = "panotools", k1 = 1}', "lens[0].distortion.k1", "unknown key"),
        (MINIMAL + 'distortion = {model = "brown"}', "lens[0].distortion", "panotools"),
        (MINIMAL.replace("equidistant", "thoby") + 'distortion = {model = "kannala-brandt"}', "lens[0]", "equidistant"),
        (
            MINIMAL.replace("equidistant", "cylindrical") + 'distortion = {model = "polynomial", c1 = 1}',
            "lens[0]",
            "goes with the models rectilinear",
        ),
        (MINIMAL + "input = 2", "", "no lens has input = 0"),
        ('name = "empty"', "lens", "is missing"),
        ("lens = []", "lens", "at least 1"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, text: str, key: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        read(tmp_path, text)
    assert refusal.value.key == key
    assert complaint in str(refusal.value)


def test_a_mask_picture_comes_back_and_cuts_out_what_is_black_or_transparent(tmp_path: Path) -> None:
    black = Image.new("L", (500, 400), 255)
    black.paste(0, (0, 0, 100, 400))
    black.save(tmp_path / "left.png")
    clear = Image.new("RGBA", (100, 80), (0, 0, 0, 255))
    clear.paste((0, 0, 0, 0), (0, 0, 100, 40))
    clear.save(tmp_path / "right.png")
    black.convert("RGBA").save(tmp_path / "opaque.png")
    lens = '[[lens]]\nframe = "1000x800"\nmodel = "equidistant"\nfocal_px = 300\nmask = "{}"\n'
    (tmp_path / "rig.toml").write_text("".join(map(lens.format, ("left.png", "right.png", "opaque.png"))))
    rig = read_rig_toml(tmp_path / "rig.toml")
    assert inside(rig.lenses[0], [[100, 400], [300, 400]]).tolist() == [False, True]
    assert inside(rig.lenses[1], [[500, 100], [500, 700]]).tolist() == [False, True]
    assert rig.lenses[2].mask == rig.lenses[0].mask
    write_rig(rig, tmp_path / "again.toml")
    assert read_rig_toml(tmp_path / "again.toml").lenses == rig.lenses


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("none.png", "cannot be read: No such file"),
        ("rig.toml", "is not a picture"),
        ("black.png", "cuts out all of the picture"),
        ("wide.png", "is 300x100, another shape than the frame, 1000x800"),
    ],
)
def test_a_mask_that_does_not_fit_is_named_with_its_place(tmp_path: Path, name: str, problem: str) -> None:
    Image.new("L", (300, 100)).save(tmp_path / "wide.png")
    Image.new("L", (10, 8)).save(tmp_path / "black.png")
    (tmp_path / "rig.toml").write_text(f'[[lens]]\nframe = "1000x800"\nmodel = "equidistant"\nfocal_px = 300\nmask = "{name}"\n')
    with pytest.raises(ConfigError, match=rf"lens\[0\].mask.*{problem}"):
        read_rig_toml(tmp_path / "rig.toml")
