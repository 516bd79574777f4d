from pathlib import Path

import pytest

from vrlive.channels import read_channel
from vrlive.errors import ConfigError


def url_read(folder: Path, url: str) -> str:
    """What a camera of this URL opens."""
    path = folder / "channel.toml"
    path.write_text(f"name = 'x'\nrig = 'equirect'\n[[camera]]\nname = 'a'\nurl = '{url}'\n", "utf-8")
    return read_channel(path).camera[0].url


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("cam.png", "cam.png"),
        ("12:30.mp4", "12:30.mp4"),
        ("sub/a%20b.mp4", "sub/a%20b.mp4"),
        ("file:cam.png", "cam.png"),
        ("file://a%20b.png", "a b.png"),
    ],
)
def test_a_cameras_file_lies_beside_the_channels(tmp_path: Path, url: str, name: str) -> None:
    assert url_read(tmp_path, url) == str(tmp_path / name)


@pytest.mark.parametrize("url", ["/a b.png", "file:/a%20b.png", "file:///a%20b.png", "FILE:///a b.png", "file://localhost/a%20b.png"])
def test_an_absolute_path_and_a_file_url_name_the_same_file(tmp_path: Path, url: str) -> None:
    assert url_read(tmp_path, url) == "/a b.png"


@pytest.mark.parametrize("url", ["rtsp://127.0.0.1/cam", "https://example.org/live.m3u8", "v4l2:/dev/video0", "demo:3"])
def test_what_is_no_file_is_left_as_it_is(tmp_path: Path, url: str) -> None:
    assert url_read(tmp_path, url) == url


def test_recordings_lie_beside_the_channels_file_and_their_folder_is_made(tmp_path: Path) -> None:
    record = "[record]\nenabled = true\nfolder = 'kept/here'\n"
    path = tmp_path / "channel.toml"
    path.write_text(f"name = 'x'\nrig = 'equirect'\n[[camera]]\nname = 'a'\nurl = 'a.mp4'\n{record}", "utf-8")
    assert read_channel(path).record.folder == str(tmp_path / "kept" / "here")
    assert list((tmp_path / "kept" / "here").iterdir()) == []


def test_a_folder_that_cannot_be_recorded_into_is_refused_before_the_show(tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    path = tmp_path / "channel.toml"
    camera = "[[camera]]\nname = 'a'\nurl = 'a.mp4'\n"
    path.write_text(f"name = 'x'\nrig = 'equirect'\n{camera}[record]\nenabled = true\nfolder = 'kept'\n", "utf-8")
    with pytest.raises(ConfigError, match=r"record\.folder: .*kept: cannot be written to"):
        read_channel(path)
    path.write_text(f"name = 'x'\nrig = 'equirect'\n{camera}[record]\nfolder = 'kept'\n", "utf-8")
    assert not read_channel(path).record.enabled
