"""Recording on a thread's own terms: files, limits, faults."""

import errno
import logging
import os
from dataclasses import replace
from pathlib import Path

import av
import pytest

from streaming import recorder
from streaming.access_unit import AccessUnit
from streaming.recorder import Recorder
from streaming.recordings import new_path, recordings
from streaming.spherical import read_marks, sphere_marks
from tests.streaming.broadcasting import FPS, show
from vrlive.config import RecordConfig
from vrlive.units import Size

MARKS = sphere_marks(cameras=6)
PLENTY = 10**15


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is tried again with the next keyframe."""
    monkeypatch.setattr(recorder, "RETRY_S", 0.0)


def config(folder: Path, **limits: object) -> RecordConfig:
    return RecordConfig.model_validate({"enabled": True, "folder": str(folder), **limits})


def record(recorder: Recorder, units: list[AccessUnit]) -> Recorder:
    for unit in units:
        recorder.take(unit)
    return recorder


def pictures(path: Path) -> int:
    with av.open(str(path)) as source:
        return sum(1 for _ in source.decode(video=0))


def test_a_show_is_recorded_from_its_first_keyframe_and_marked_as_a_sphere(tmp_path: Path) -> None:
    units = list(show(3))
    done = record(Recorder("demo", config(tmp_path), MARKS), units[1:])
    assert done.status.phase == "recording"
    assert done.status.duration_s == pytest.approx(2, abs=0.1)
    done.close()
    [found] = recordings(tmp_path)
    assert found.channel == "demo"
    assert found.size_bytes == done.status.bytes_written + index_size(found.path)
    assert pictures(found.path) == 2 * FPS
    assert found.duration_s() == pytest.approx(2, abs=0.05)
    assert [bytes(box) for box in read_marks(found.path).track] == [bytes(box) for box in MARKS.track]


def index_size(path: Path) -> int:
    return path.read_bytes().index(b"moof") - 4


def test_another_file_begins_when_one_is_long_enough_and_none_is_lost(tmp_path: Path) -> None:
    record(Recorder("demo", config(tmp_path, split_min=0.05), MARKS), list(show(8))).close()
    lengths = [pictures(each.path) for each in recordings(tmp_path)]
    assert lengths == [3 * FPS, 3 * FPS, 2 * FPS]


def test_another_file_begins_when_the_encoder_has_other_parameter_sets(tmp_path: Path) -> None:
    before, after = list(show(2)), list(show(2, begins_s=102, size=Size(256, 128)))
    record(Recorder("demo", config(tmp_path), MARKS), before + after).close()
    assert [pictures(each.path) for each in recordings(tmp_path)] == [2 * FPS, 2 * FPS]


def test_the_file_goes_on_when_the_encoder_is_another_alike(tmp_path: Path) -> None:
    """As after an engine's death: the hub's time line goes on after a gap, and begins with a keyframe."""
    record(Recorder("demo", config(tmp_path), MARKS), [*show(2), *show(2, begins_s=105)]).close()
    [found] = recordings(tmp_path)
    assert pictures(found.path) == 4 * FPS
    assert found.duration_s() == pytest.approx(7, abs=0.1)


def slate(seconds: float, begins_s: float) -> list[AccessUnit]:
    return [replace(unit, slate=unit.kind == "video") for unit in show(seconds, begins_s=begins_s)]


def test_the_slate_is_recorded_between_pictures_and_not_before_the_first_nor_after_the_last(tmp_path: Path) -> None:
    units = [*slate(2, 96), *show(2), *slate(3, 102), *show(1, begins_s=105), *slate(12, 106)]
    record(Recorder("demo", config(tmp_path), MARKS), units).close()
    [found] = recordings(tmp_path)
    assert 6 * FPS <= pictures(found.path) <= 11 * FPS, "but for the seconds in which sound might still come"
    assert 6 <= found.duration_s() <= 11


def test_what_comes_after_much_of_the_slate_is_another_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "SLATE_S", 7.0)
    recording = record(Recorder("demo", config(tmp_path, split_min=0.05), MARKS), [*show(2), *slate(9, 102)])
    assert recording.status.phase == "waiting"
    [first] = recordings(tmp_path)
    assert 2 <= first.duration_s() <= 7, "and none begins in the slate"
    record(recording, list(show(2, begins_s=200))).close()
    assert pictures(recordings(tmp_path)[1].path) == 2 * FPS


def test_a_quota_ends_the_recording_and_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    done = record(Recorder("demo", config(tmp_path, quota_gb=0.001), MARKS), heavy(30))
    assert done.status.phase == "full"
    assert "quota of 0.001 GB" in done.status.fault
    [found] = recordings(tmp_path)
    assert 800_000 < found.size_bytes <= 1_000_000
    assert pictures(found.path) > 0
    warned = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert len(warned) == 1
    assert found.path.name in warned[0]
    assert "the show goes on" in warned[0]


def heavy(seconds: int) -> list[AccessUnit]:
    """A show of about 60 kB a second: an SEI of nonsense in each picture (Rec. ITU-T H.264, 7.3.2.3)."""
    filler = b"\0\0\1\x06\x05\xff" + bytes([200, *[0x55] * 455, 0x80]) + b"\0\0\1\x0c" + b"\xff" * 500 + b"\x80"
    return [replace(unit, data=unit.data + filler) if unit.kind == "video" else unit for unit in show(seconds)]


def test_the_oldest_are_dropped_where_that_is_wanted_and_nothing_else_is(tmp_path: Path) -> None:
    (tmp_path / "other_2020-01-01_00-00-00Z.mp4").write_bytes(bytes(900_000))
    (tmp_path / "notes.txt").write_bytes(bytes(900_000))
    (tmp_path / "demo_2020-01-01_00-00-00Z.mp4").write_bytes(bytes(900_000))
    done = record(Recorder("demo", config(tmp_path, quota_gb=0.001, when_full="drop-oldest"), MARKS), heavy(30))
    assert done.status.phase == "recording"
    done.close()
    kept = recordings(tmp_path, "demo")
    assert 700_000 < sum(each.size_bytes for each in kept) <= 1_000_000
    assert len(kept) >= 4
    assert all(each.began.year > 2020 for each in kept)
    assert sum(pictures(each.path) for each in kept) > 6 * FPS
    assert {path.name for path in tmp_path.iterdir()} >= {"other_2020-01-01_00-00-00Z.mp4", "notes.txt"}


def phase_of(recorder: Recorder) -> str:
    """Asked anew: type checkers take it that a status stays as it is."""
    return recorder.status.phase


def test_a_disk_that_runs_low_stops_the_recording_until_there_is_room(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    free = [PLENTY]
    done = Recorder("demo", config(tmp_path, keep_free_gb=1), MARKS, free_bytes=lambda _: free[0])
    record(done, list(show(3)))
    free[0] = 999_000_000
    record(done, list(show(3, begins_s=103)))
    assert phase_of(done) == "full"
    assert "less than 1 GB" in done.status.fault
    free[0] = 1_010_000_000  # a little more is not enough to begin anew
    record(done, list(show(2, begins_s=106)))
    assert phase_of(done) == "full"
    free[0] = PLENTY
    record(done, list(show(2, begins_s=108)))
    assert phase_of(done) == "recording"
    done.close()
    assert [pictures(each.path) for each in recordings(tmp_path)] == [pytest.approx(2 * FPS, abs=FPS), 2 * FPS]
    assert len([each for each in caplog.records if each.levelno == logging.WARNING]) == 1


@pytest.mark.parametrize(
    ("number", "phase"), [(errno.ENOSPC, "full"), (errno.EDQUOT, "full"), (errno.EIO, "failed"), (errno.EROFS, "failed")]
)
def test_a_disk_that_fails_leaves_what_was_there_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, number: int, phase: str
) -> None:
    done = record(Recorder("demo", config(tmp_path), MARKS), list(show(3)))

    def fails(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", fails)
        record(done, list(show(4, begins_s=103)))
        assert done.status.phase == phase
        assert os.strerror(number) in done.status.fault
        assert str(tmp_path) not in done.status.fault
    assert len(caplog.records) == 1
    record(done, list(show(2, begins_s=107)))
    assert done.status.phase == "recording"
    done.close()
    assert [pictures(each.path) for each in recordings(tmp_path)] == [pytest.approx(2 * FPS, abs=FPS), 2 * FPS]


def test_a_folder_that_has_gone_is_made_again(tmp_path: Path) -> None:
    done = record(Recorder("demo", config(tmp_path / "deep" / "down", split_min=0.05), MARKS), list(show(2)))
    [found] = recordings(tmp_path / "deep" / "down")
    found.path.unlink()
    found.path.parent.rmdir()
    record(done, list(show(4, begins_s=102)))
    done.close()
    assert [pictures(each.path) for each in recordings(tmp_path / "deep" / "down")] != []


def test_names_sort_by_time_and_are_never_used_twice(tmp_path: Path) -> None:
    first = new_path(tmp_path, "demo", 1_790_000_000.9)
    assert first.name == "demo_2026-09-21_14-13-20Z.mp4"
    first.touch()
    second = new_path(tmp_path, "demo", 1_790_000_000.9)
    assert second.name == "demo_2026-09-21_14-13-20Z-2.mp4"
    second.touch()
    (tmp_path / "demo-two_2026-09-21_14-13-19Z.mp4").touch()
    for stranger in ("demo_2026-13-41_14-13-20Z.mp4", "demo.mp4", "demo_2026-09-21_14-13-20Z.mov"):
        (tmp_path / stranger).touch()
    assert [each.channel for each in recordings(tmp_path)] == ["demo-two", "demo", "demo"]
    assert [each.path for each in recordings(tmp_path, "demo")] == [first, second]
