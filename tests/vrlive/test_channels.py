import os
import shutil
from pathlib import Path

import pytest
from PIL import Image

from vrlive.channels import file_marks, read_channel, read_channels
from vrlive.errors import ConfigError
from vrlive.resources import scenes
from vrlive.server_config import read_server


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


def channel_file(path: Path, name: str) -> Path:
    path.write_text(f"name = '{name}'\nrig = 'equirect'\n[[camera]]\nname = 'a'\nurl = 'a.png'\n", "utf-8")
    return path


def test_a_folder_stands_for_its_channel_files_in_order_and_not_for_the_servers_settings(tmp_path: Path) -> None:
    folder = tmp_path / "channels"
    folder.mkdir()
    for name in ("runway", "boutique"):
        channel_file(folder / f"{name}.toml", name)
    (folder / "server.toml").write_text("[limits]\nsessions = 3\n")
    (folder / "notes.txt").write_text("none of ours")
    alone = channel_file(tmp_path / "alone.toml", "alone")
    assert [channel.name for channel in read_channels([alone, folder])] == ["alone", "boutique", "runway"]
    assert read_server(None, [folder]).limits.sessions == 3
    channel_file(folder / "again.toml", "alone")
    with pytest.raises(ConfigError, match=r"again\.toml: name: the channel of .*alone\.toml is called “alone” too"):
        read_channels([alone, folder])


def test_a_folder_without_channel_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is a folder without a channel file; their names end in \.toml"):
        read_channels([tmp_path])


def test_marks_tell_of_each_file_that_a_channel_names(tmp_path: Path) -> None:
    garment = shutil.copy(next(scenes().glob("*/*.glb")), tmp_path / "dress.glb")
    scene = tmp_path / "scene.toml"
    scene.write_text('name = "room"\n[[garment]]\nname = "dress"\nmodel = "dress.glb"\nbearing_deg = 0\ndistance_m = 2\n', "utf-8")
    logo = tmp_path / "logo.png"
    Image.new("RGB", (64, 64)).save(logo)
    path = channel_file(tmp_path / "channel.toml", "x")
    text = path.read_text("utf-8").replace("rig =", "scene = 'scene.toml'\nrig =") + "[stitch.nadir]\npicture = 'logo.png'\n"
    path.write_text(text, "utf-8")
    before = file_marks(read_channel(path))
    assert file_marks(read_channel(path)) == before
    for changed in (garment, scene, logo):
        later_ns = Path(changed).stat().st_mtime_ns + 1_000_000_000
        os.utime(changed, ns=(later_ns, later_ns))
        after = file_marks(read_channel(path))
        assert after != before, changed
        before = after
