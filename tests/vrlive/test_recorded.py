"""``vrlive record``, without a show: lists, times, and what is refused."""

import struct
import subprocess
import sys
from pathlib import Path

import av
import pytest

from streaming.export import export
from streaming.fragments import FragmentMuxer
from streaming.spherical import read_marks, sphere_marks
from tests.streaming.broadcasting import FPS, grey, show
from vrlive.errors import InputError, UserError
from vrlive.recorded import export_recording, parse_time

LENGTH_S = 6
NAME = "demo_2026-11-26_21-50-16Z.mp4"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    units = list(show(LENGTH_S, keyframe_s=2))
    muxer = FragmentMuxer(units[0], sphere_marks(cameras=6), longest_s=1)
    path = tmp_path_factory.mktemp("recordings") / NAME
    fragments = [fragment for unit in units for fragment in muxer.write(unit)]
    path.write_bytes(b"".join([muxer.index, *fragments, *muxer.finish()]))
    return path


def lumas(path: Path) -> list[int]:
    with av.open(str(path)) as source:
        return [round(float(frame.to_ndarray()[:64].mean())) for frame in source.decode(video=0)]


def kinds(path: Path) -> list[bytes]:
    """The top-level boxes of a file."""
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        found.append(kind)
        at += size
    return found


def no_progress(done: int, total: int) -> None:
    assert 0 <= done <= total


def test_a_whole_export_holds_every_picture_and_its_index_comes_first(recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "show.mp4"
    words = export_recording(recording, out, None, None, no_progress)
    assert words.startswith("0:00:06, ")
    assert lumas(out) == lumas(recording)
    assert [kind for kind in kinds(out) if kind != b"free"] == [b"ftyp", b"moov", b"mdat"]
    assert bytes(read_marks(out).track[0]) == bytes(read_marks(recording).track[0])
    assert [path.name for path in tmp_path.iterdir()] == ["show.mp4"]


@pytest.mark.parametrize(("begin", "end"), [("0", "1"), ("1.2", "0:00:03.4"), ("2", "4"), ("0:05", None), (None, "5:00")])
def test_a_part_begins_and_ends_at_the_very_picture(recording: Path, tmp_path: Path, begin: str | None, end: str | None) -> None:
    out = tmp_path / "part.mp4"
    export_recording(recording, out, begin, end, no_progress)
    first = round(parse_time("--from", begin or "0") * FPS)
    last = min(LENGTH_S * FPS, round(parse_time("--to", end or "100") * FPS))
    assert lumas(out) == pytest.approx([grey(n) for n in range(first, last)], abs=3)
    with av.open(str(out)) as source:
        sound = [frame.time or 0.0 for frame in source.decode(audio=0)]
    assert sound[0] < 0.05
    assert sound[-1] == pytest.approx((last - first) / FPS, abs=0.1)


def test_a_recording_that_was_cut_off_is_exported_up_to_there(recording: Path, tmp_path: Path) -> None:
    cut = tmp_path / NAME
    whole = recording.read_bytes()
    cut.write_bytes(whole[: whole.rindex(b"mdat") + 700])
    export(cut, tmp_path / "out.mp4", progress=no_progress)
    assert lumas(tmp_path / "out.mp4")[: 4 * FPS] == lumas(recording)[: 4 * FPS]


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0), ("90", 90), ("1:30", 90), ("1:00:00.5", 3600.5), ("90:00", 5400), ("00:00:07", 7), ("3.25", 3.25)]
)
def test_times_may_be_written_in_three_ways(text: str, seconds: float) -> None:
    assert parse_time("--from", text) == seconds


@pytest.mark.parametrize("text", ["", "x", "-1", "1:2:3:4", "1,5", "1e3", "nan", ":30", "1:", "1.2.3"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"--from .*write seconds, MM:SS or HH:MM:SS"):
        parse_time("--from", text)


def test_what_cannot_be_exported_is_refused_and_nothing_is_left(recording: Path, tmp_path: Path) -> None:
    there = tmp_path / "there.mp4"
    there.write_text("precious")
    text = tmp_path / "text.mp4"
    text.write_text("this is not a video, it is a sentence")
    out = tmp_path / "out.mp4"
    refusals: list[tuple[Path, Path, str | None, str | None, str]] = [
        (recording, there, None, None, "is there already"),
        (recording, tmp_path / "out.mov", None, None, "ends in .mp4"),
        (recording, recording, None, None, "is an input too"),
        (tmp_path / "none.mp4", out, None, None, "no such recording"),
        (text, out, None, None, "MP4"),
        (recording, out, "1:00", None, "is 6.0 s long"),
        (recording, out, "3", "3", "must be later than"),
    ]
    for source, target, begin, end, problem in refusals:
        with pytest.raises(UserError, match=problem):
            export_recording(source, target, begin, end, no_progress)
    assert {path.name for path in tmp_path.iterdir()} == {"there.mp4", "text.mp4"}
    assert there.read_text() == "precious"


def vrlive(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "vrlive", *map(str, arguments)], check=False, capture_output=True, text=True, timeout=60)


def test_recordings_are_listed_and_what_is_none_says_so(recording: Path, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(recording.read_bytes())
    (tmp_path / "demo_2026-11-26_21-50-17Z.mp4").write_bytes(b"")
    done = vrlive("record", "list", tmp_path)
    rows = [" ".join(line.split()) for line in done.stdout.splitlines() if "demo_" in line]
    size = f"{recording.stat().st_size / 1e6:.1f}"
    assert rows == [f"{NAME} 2026-11-26 21:50:16 0:00:06 {size}", "demo_2026-11-26_21-50-17Z.mp4 2026-11-26 21:50:17 cannot be read 0.0"]
    missing = vrlive("record", "list", tmp_path / "nowhere")
    assert missing.returncode == 2
    assert "there is no such folder" in missing.stderr


def test_a_file_that_cannot_be_read_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"\0\0\0\x08free" * 10)
    with pytest.raises(InputError, match="no index"):
        export(tmp_path / NAME, tmp_path / "out.mp4", progress=no_progress)
