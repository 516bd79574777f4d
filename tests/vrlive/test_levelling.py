"""Rigs levelled by films whose telemetry says how the cameras stand."""

from contextlib import closing
from dataclasses import replace
from math import degrees, pi, radians
from pathlib import Path

import numpy as np
import pytest

from tests.vrlive.capture.telemetry import FRAME, film_with, gravity
from vrlive.capture.footage import Footage
from vrlive.channels import calibrated_rig, read_channel
from vrlive.cli import main
from vrlive.errors import ConfigError, InputError
from vrlive.frames import Picture
from vrlive.levelling import levelled
from vrlive.offline import stitch_files
from vrlive.projection.lenses import unproject
from vrlive.projection.rig import Lens, Rig, rotation
from vrlive.rigs import read_rig, write_rig
from vrlive.showing import Showing
from vrlive.units import Size

FRONT = Lens("front", 0, FRAME, "equidistant", 64 / radians(200), (32, 32))
BACK = replace(FRONT, name="back", input=1, yaw=pi)
HALVES = Rig((FRONT, BACK), "halves", 2)


def film(path: Path, lens: Lens, pitch: float, roll: float) -> Path:
    """What a camera films in a rig that is tilted as a whole: GRAV is gravity along the camera's left, down and forward."""
    right, up, backward = (rotation(0, pitch, roll) @ lens.rotation).T @ (0, 1, 0)
    return film_with(path, [gravity(np.tile([right, up, backward], (30, 1)))] * 3, horizon(lens, pitch, roll))


def horizon(lens: Lens, pitch: float, roll: float) -> Picture:
    """What the lens sees of a bright sky above a dark ground in a rig that is tilted as a whole."""
    row, column = np.indices((64, 64)) + 0.5
    looking = np.nan_to_num(unproject(lens, np.stack([column, row], -1))) @ rotation(0, pitch, roll).T
    picture = Picture.filled(FRAME)
    picture.y[:] = np.where(looking[..., 1] > 0, 200, 60)
    return picture


def plain(path: Path) -> Path:
    return film_with(path, [b"no telemetry"])


@pytest.mark.parametrize(("pitch", "roll"), [(0.1, 0.0), (0.0, -0.3), (-0.2, 0.5)])
def test_the_rig_is_turned_as_it_stands(tmp_path: Path, pitch: float, roll: float) -> None:
    found = levelled(HALVES, [plain(tmp_path / "a.mp4"), film(tmp_path / "b.mp4", BACK, pitch, roll)])
    assert found is not None
    for lens, was in zip(found.rig.lenses, HALVES.lenses, strict=True):
        assert lens.rotation == pytest.approx(rotation(0, pitch, roll) @ was.rotation, abs=1e-3)


def test_what_was_done_is_said_in_words(tmp_path: Path) -> None:
    files = [film(tmp_path / "a.mp4", FRONT, radians(3), radians(-1.5)), film(tmp_path / "b.mp4", BACK, radians(3), radians(-1.5))]
    found = levelled(HALVES, files)
    assert found is not None
    assert found.words == "levelled by pitch +3.0°, roll −1.5° (the gravity sensor of a.mp4 and 1 more, ±0.0°)"


def test_cameras_that_differ_a_little_are_averaged(tmp_path: Path) -> None:
    found = levelled(HALVES, [film(tmp_path / "a.mp4", FRONT, 0.0, 0.02), film(tmp_path / "b.mp4", BACK, 0.0, 0.06)])
    assert found is not None
    assert found.rig.lenses[0].roll == pytest.approx(0.04, abs=1e-3)
    assert f"±{degrees(0.04):.1f}°" in found.words


def test_cameras_that_disagree_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.mp4 and .*b\.mp4 disagree by 29° about where down is"):
        levelled(HALVES, [film(tmp_path / "a.mp4", FRONT, 0, 0), film(tmp_path / "b.mp4", BACK, 0, 0.5)])


def test_one_film_of_both_lenses_speaks_for_the_front_lens(tmp_path: Path) -> None:
    both = film(tmp_path / "a.mp4", FRONT, 0.1, 0.2)
    for rig, files in (
        (Rig((replace(BACK, input=0), FRONT), "dual", 1), [both]),
        (HALVES, [both, both]),
        (Rig((BACK, FRONT), "halves", 2), [both, both]),
    ):
        found = levelled(rig, files)
        assert found is not None
        ahead = next(lens for lens in found.rig.lenses if lens.name == "front")
        assert (ahead.pitch, ahead.roll) == pytest.approx((0.1, 0.2), abs=1e-3)


@pytest.mark.parametrize("wanted", [None, True])
def test_the_horizon_of_stitched_footage_is_level(tmp_path: Path, wanted: bool | None) -> None:
    write_rig(HALVES, tmp_path / "rig.toml")
    files = [film(tmp_path / "a.mp4", FRONT, 0.2, -0.3), film(tmp_path / "b.mp4", BACK, 0.2, -0.3)]
    said = _stitched(tmp_path, files, wanted)
    assert said.startswith("256x128, 3 frames, 3.0 s; levelled by pitch +11.5°, roll −17.2° (the gravity sensor of a.mp4 and 1 more")
    with closing(Footage(tmp_path / "pano.mp4")) as footage:
        luma = next(iter(footage)).picture.y
    assert luma[:58].min() > 150
    assert luma[70:].max() < 110


def test_it_stays_askew_when_that_is_asked_for(tmp_path: Path) -> None:
    write_rig(HALVES, tmp_path / "rig.toml")
    files = [film(tmp_path / "a.mp4", FRONT, 0.2, -0.3), film(tmp_path / "b.mp4", BACK, 0.2, -0.3)]
    assert _stitched(tmp_path, files, wanted=False) == "256x128, 3 frames, 3.0 s"
    with closing(Footage(tmp_path / "pano.mp4")) as footage:
        assert next(iter(footage)).picture.y[:58].min() < 110


def test_footage_whose_telemetry_cannot_be_used_is_stitched_as_it_is_and_the_reason_said(tmp_path: Path) -> None:
    write_rig(HALVES, tmp_path / "rig.toml")
    files = [film(tmp_path / "a.mp4", FRONT, 0, 0), film(tmp_path / "b.mp4", BACK, 0, 0.5)]
    assert "; not levelled: " in (said := _stitched(tmp_path, files, None))
    assert "disagree" in said
    with pytest.raises(InputError, match="disagree"):
        _stitched(tmp_path, files, wanted=True)


def test_levelling_that_is_asked_for_needs_a_file_that_tells(tmp_path: Path) -> None:
    write_rig(HALVES, tmp_path / "rig.toml")
    with pytest.raises(InputError, match=r"a\.mp4, b\.mp4: does not tell where down is"):
        _stitched(tmp_path, [plain(tmp_path / "a.mp4"), plain(tmp_path / "b.mp4")], wanted=True)


def _stitched(folder: Path, files: list[Path], wanted: bool | None) -> str:
    size, pano = Size(256, 128), folder / "pano.mp4"
    return stitch_files(folder / "rig.toml", files, pano, showing=Showing(size=size), progress=lambda _done, _total: None, level=wanted)


CHANNEL = """
name = "mine"
rig = "rig.toml"
stitch = {level = true}
camera = [{name = "front", url = "a.mp4", loop = true}, {name = "back", url = "rtsp://127.0.0.1/back"}]
"""


def test_a_channel_is_levelled_by_the_files_among_its_cameras(tmp_path: Path) -> None:
    write_rig(HALVES, tmp_path / "rig.toml")
    (tmp_path / "channel.toml").write_text(CHANNEL)
    film(tmp_path / "a.mp4", FRONT, 0.2, -0.3)
    front = calibrated_rig(read_channel(tmp_path / "channel.toml")).lenses[0]
    assert (front.pitch, front.roll) == pytest.approx((0.2, -0.3), abs=1e-3)


def test_a_channel_that_cannot_be_levelled_is_refused(tmp_path: Path) -> None:
    write_rig(HALVES, tmp_path / "rig.toml")
    (tmp_path / "channel.toml").write_text(CHANNEL)
    plain(tmp_path / "a.mp4")
    with pytest.raises(ConfigError, match=r"channel\.toml: stitch\.level: a\.mp4: does not tell where down is"):
        read_channel(tmp_path / "channel.toml")


def test_a_levelled_rig_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    write_rig(HALVES, tmp_path / "rig.toml")
    files = [film(tmp_path / "a.mp4", FRONT, 0.2, -0.3), plain(tmp_path / "b.mp4")]
    monkeypatch.setattr(
        "sys.argv", ["vrlive", "rig", "level", *map(str, (tmp_path / "rig.toml", *files)), "--out", str(tmp_path / "level.toml")]
    )
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert "; levelled by pitch +11.5°, roll −17.2°" in capsys.readouterr().out
    front = read_rig(tmp_path / "level.toml").lenses[0]
    assert (front.pitch, front.roll) == pytest.approx((0.2, -0.3), abs=1e-3)


def test_files_without_telemetry_level_nothing(tmp_path: Path) -> None:
    assert levelled(HALVES, [plain(tmp_path / "a.mp4"), tmp_path / "b.png"]) is None
