from pathlib import Path

import pytest

from vrlive.config import ChannelConfig
from vrlive.errors import ConfigError
from vrlive.toml import MAX_BYTES, read_toml
from vrlive.units import Size

WHOLE = 'name = "x"\nrig = "demo"\n[[camera]]\nname = "a"\nurl = "a.mp4"\n'


def read(tmp_path: Path, text: str) -> ChannelConfig:
    path = tmp_path / "channel.toml"
    path.write_text(text, "utf-8")
    return read_toml(path, ChannelConfig)


def test_a_channel_needs_only_a_name_a_rig_and_a_camera(tmp_path: Path) -> None:
    channel = read(tmp_path, WHOLE)
    assert channel.size == Size(1920, 960)
    assert channel.camera[0].url == "a.mp4"


@pytest.mark.parametrize(
    ("text", "key", "sentence"),
    [
        (WHOLE + "lop = true\n", "camera[0].lop", "did you mean “loop”?"),
        ('tittle = "X"\n' + WHOLE, "tittle", "did you mean “title”?"),
        ("zzz = 1\n" + WHOLE, "zzz", "known here: camera, "),
        (WHOLE + "[stitch]\nfeather_dge = 3\n", "stitch.feather_dge", "did you mean “feather_deg”?"),
        (WHOLE + "[stitch]\nfeather_deg = 99\n", "stitch.feather_deg", "less than or equal to 45 (got 99)"),
        ('size = "1920x1080"\n' + WHOLE, "size", "the nearest is 1920x960"),
        ('size = "4x2"\n' + WHOLE, "size", "too small for a programme; the smallest is 128x64"),
        ('name = "x"\nrig = "demo"\n', "camera", "is missing"),
        (WHOLE + '[encode]\npreset = "ultrfast"\n', "encode.preset", "did you mean “ultrafast”?"),
        (WHOLE + 'input_size = "1920x1080"\n', "camera[0]", "are for v4l2: cameras"),
        (
            'shop_origins = ["https://shop.example/cart"]\n' + WHOLE,
            "shop_origins[0]",
            "write scheme and host alone, such as https://shop.example",
        ),
        ('shop_origins = ["*"]\n' + WHOLE, "shop_origins[0]", "“*” is no origin"),
        (WHOLE + "[programme]\nstarts = 2026-12-01T19:00:00\n", "programme.starts", "write 2026-12-01T19:00:00+01:00, or Z"),
        (WHOLE + "[programme]\nstarts = 2026-12-01\n", "programme.starts", "a date, a time and its offset"),
        (WHOLE + "[programme]\nstarts = 19:00:00\n", "programme.starts", "a date, a time and its offset"),
        (WHOLE + "[programme]\nstarts = 1790000000\n", "programme.starts", "a date, a time and its offset"),
        (WHOLE + '[programme]\nstarts = "tonight"\n', "programme.starts", "valid datetime"),
        (
            WHOLE + "[programme]\nstarts = 2026-12-01T19:00:00+01:00\nends = 2026-12-01T18:00:00Z\n",
            "programme",
            "which is not after its start at 2026-12-01T19:00:00+01:00",
        ),
        (WHOLE + "[programme]\nhots = 'A'\n", "programme.hots", "did you mean “host”?"),
        ("name = \n", "", "is not TOML"),
        (WHOLE.replace('"demo"', r'"a\u0000.toml"'), "rig", "must not hold the character U+0000"),
        (WHOLE.replace('"a.mp4"', r'"a\u0000.mp4"'), "camera[0].url", "must not hold the character U+0000"),
    ],
)
def test_a_fault_names_file_key_and_cure(tmp_path: Path, text: str, key: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as fault:
        read(tmp_path, text)
    assert fault.value.key == key
    assert str(tmp_path / "channel.toml") in str(fault.value)
    assert sentence in str(fault.value)


def test_a_missing_file_and_one_that_is_not_text_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_toml(tmp_path / "none.toml", ChannelConfig)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_toml(tmp_path / "binary.toml", ChannelConfig)


def test_what_is_too_deep_too_long_or_too_large_is_refused(tmp_path: Path) -> None:
    for text, sentence in [
        (f"title = {'[' * 5000}{']' * 5000}\n" + WHOLE, "too deep to read"),
        (f"fps = {'1' * 5000}\n" + WHOLE, "a number that is too long"),
        (WHOLE + "#" * MAX_BYTES, "is larger than 8 MB"),
    ]:
        with pytest.raises(ConfigError, match=sentence):
            read(tmp_path, text)
