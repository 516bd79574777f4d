"""Fragmented MP4: read by FFmpeg, whole and cut off anywhere."""

import struct
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from streaming.access_unit import AccessUnit
from streaming.fragments import FragmentMuxer
from streaming.h264 import split_parameter_sets
from streaming.opus import OpusEncoder
from streaming.sound_format import AMBISONICS, STEREO
from streaming.spherical import Box, Marks, read_marks, sphere_marks
from tests.streaming.broadcasting import grey, show
from vrlive.errors import EncodeError
from vrlive.frames import SOUND_RATE_HZ, Sound
from vrlive.units import VIDEO_CLOCK_HZ


def mux(units: list[AccessUnit], marks: Marks = Marks(), longest_s: float | None = None) -> tuple[bytes, list[bytes]]:  # noqa: B008 - it is frozen
    muxer = FragmentMuxer(units[0], marks, longest_s=longest_s)
    fragments = [fragment for unit in units for fragment in muxer.write(unit)]
    return muxer.index, [*fragments, *muxer.finish()]


def pictures(path: Path) -> list[tuple[float, int]]:
    """Time and luma of every picture."""
    with av.open(str(path)) as source:
        return [(frame.time or 0.0, round(float(frame.to_ndarray()[:64].mean()))) for frame in source.decode(video=0)]


def test_pictures_and_sound_come_back_at_their_times(tmp_path: Path) -> None:
    index, fragments = mux(list(show(4)))
    path = tmp_path / "a.mp4"
    path.write_bytes(index + b"".join(fragments))
    found = pictures(path)
    assert [time for time, _ in found] == pytest.approx([n / 25 for n in range(100)], abs=1e-4)
    assert [luma for _, luma in found] == pytest.approx([grey(n) for n in range(100)], abs=3)
    with av.open(str(path)) as source:
        left = np.concatenate([frame.to_ndarray()[0] for frame in source.decode(audio=0)])
    changes = [float(np.sqrt(np.mean(piece**2))) > 0.1 for piece in np.array_split(left, 40)]
    assert changes[:9] + changes[11:19] + changes[21:29] == [True] * 9 + [False] * 8 + [True] * 8
    assert len(left) / 48_000 == pytest.approx(4, abs=0.05)


def test_each_fragment_is_shorter_than_it_may_be_and_begins_with_a_keyframe_where_nothing_else_is_asked_for() -> None:
    units = list(show(6, keyframe_s=2))
    assert len(mux(units)[1]) == 3
    assert len(mux(units, longest_s=1)[1]) == pytest.approx(6, abs=1)


def test_what_the_time_line_begins_with_does_not_matter(tmp_path: Path) -> None:
    for begins_s in (0.5, 90_000.0):
        index, fragments = mux(list(show(1, begins_s=begins_s)))
        (tmp_path / "a.mp4").write_bytes(index + b"".join(fragments))
        assert pictures(tmp_path / "a.mp4")[0][0] == 0


def test_ambisonics_is_kept_as_it_was_encoded_and_read_as_a_sphere_by_ffmpeg(tmp_path: Path) -> None:
    """A tone of its own in each channel, and two packets lost on the way."""
    pictures_ = [unit for unit in show(2) if unit.kind == "video"]
    at_s = np.arange(2 * SOUND_RATE_HZ) / SOUND_RATE_HZ
    tones = np.stack([0.3 * np.sin(2 * np.pi * hz * at_s) for hz in (300, 500, 700, 900)], -1).astype(np.float32)
    start = pictures_[0].pts * SOUND_RATE_HZ // VIDEO_CLOCK_HZ
    packets = [replace(unit, pts=unit.pts + start) for unit in OpusEncoder(AMBISONICS).encode(Sound(tones, 0.0))]
    units = [pictures_[0], *packets[:10], *packets[12:60], *pictures_[1:], *packets[60:]]
    marks = sphere_marks(ambisonics=True)
    muxer = FragmentMuxer(units[0], marks, AMBISONICS)
    fragments = [fragment for unit in units for fragment in muxer.write(unit)]
    (tmp_path / "a.mp4").write_bytes(muxer.index + b"".join([*fragments, *muxer.finish()]))
    assert bytes_of(read_marks(tmp_path / "a.mp4")) == bytes_of(marks)
    with av.open(str(tmp_path / "a.mp4")) as source:
        [audio] = source.streams.audio
        assert (audio.codec_context.name, audio.layout.name) == ("opus", "ambisonic 1")
        read = [packet for packet in source.demux(audio) if packet.size]
        assert [bytes(packet) for packet in read] == [unit.data for unit in units if unit.kind == "audio"]
        assert float((read[-1].pts or 0) * (audio.time_base or 1)) == pytest.approx(1.98, abs=0.001)
        source.seek(0)
        heard = np.concatenate([frame.to_ndarray().T for frame in source.decode(audio)])[24_000:72_000]
    assert np.abs(np.fft.rfft(heard, axis=0)).argmax(axis=0) == pytest.approx([300, 500, 700, 900], abs=2)


def test_sparse_silence_becomes_sound_without_a_gap(tmp_path: Path) -> None:
    """As the hub sends it where there is no sound: 20 ms every 0.4 s."""
    units: list[AccessUnit] = []
    for n, unit in enumerate(show(3, sound=False)):
        units.append(unit)
        if n % 10 == 0:
            units.append(AccessUnit("audio", STEREO.silence, round(unit.pts * 48 / 90), keyframe=True, captured_s=unit.captured_s))
    index, fragments = mux(units)
    (tmp_path / "a.mp4").write_bytes(index + b"".join(fragments))
    with av.open(str(tmp_path / "a.mp4")) as source:
        frames = list(source.decode(audio=0))
    assert {b.pts - a.pts for a, b in pairwise(frames) if a.pts is not None and b.pts is not None} == {1024}
    assert sum(frame.samples for frame in frames) / 48_000 == pytest.approx(2.8, abs=0.05)


def test_the_index_holds_the_parameter_sets_and_the_pictures_do_not(tmp_path: Path) -> None:
    units = list(show(1, sound=False))
    index, fragments = mux(units)
    (tmp_path / "a.mp4").write_bytes(index + b"".join(fragments))
    with av.open(str(tmp_path / "a.mp4")) as source:
        assert source.streams.video[0].codec_context.extradata
        kinds = {kind for packet in source.demux(video=0) for kind in nal_kinds(bytes(packet))}
    assert kinds <= {1, 5, 6}
    assert {5, 1} <= kinds


def nal_kinds(data: bytes) -> list[int]:
    """Of the length-prefixed NAL units of a sample."""
    kinds = []
    while data:
        kinds.append(data[4] & 31)
        data = data[4 + struct.unpack(">I", data[:4])[0] :]
    return kinds


def test_marks_of_pictures_and_sound_are_in_the_index_and_can_be_read(tmp_path: Path) -> None:
    ambisonic = Box(b"SA3D", bytes.fromhex("00 00 00000001 00 00 00000004 00000000 00000001 00000002 00000003"))
    marks = Marks(sphere_marks(cameras=6).entry, sphere_marks(cameras=6).track, [ambisonic])
    index, fragments = mux(list(show(1)), marks)
    path = tmp_path / "a.mp4"
    path.write_bytes(index + b"".join(fragments))
    assert bytes_of(read_marks(path)) == bytes_of(marks)
    with av.open(str(path)) as source:
        found = next(source.decode(video=0)).side_data["SPHERICAL"]  # type: ignore[typeddict-item]  # PyAV's types know fewer kinds
    assert struct.unpack("9i", bytes(found)) == (0,) * 9
    assert len(pictures(path)) == 25


def bytes_of(marks: Marks) -> list[list[bytes]]:
    return [[bytes(box) for box in boxes] for boxes in (marks.entry, marks.track, marks.sound)]


def test_parameter_sets_are_split_off_and_nothing_is_lost() -> None:
    first, second = list(show(0.08, sound=False))
    sets, picture = split_parameter_sets(first.data)
    assert sets + picture == first.data
    assert [each[0] & 31 for each in sets.split(b"\0\0\1")[1:]] == [7, 8]
    assert split_parameter_sets(second.data) == (b"", second.data)
    assert split_parameter_sets(sets) == (sets, b"")
    assert split_parameter_sets(b"") == (b"", b"")


def test_a_keyframe_that_is_none_is_refused() -> None:
    with pytest.raises(EncodeError, match="cannot be put into an MP4"):
        FragmentMuxer(AccessUnit("video", b"\0\0\1\x65nonsense", 0, keyframe=True, captured_s=0.0), Marks())


def test_a_long_gap_in_the_sound_is_left_open_and_the_rest_is_in_time(tmp_path: Path) -> None:
    units = [*show(2), *show(2, begins_s=3700.0)]
    index, fragments = mux(units)
    (tmp_path / "a.mp4").write_bytes(index + b"".join(fragments))
    with av.open(str(tmp_path / "a.mp4")) as source:
        times = [float((frame.pts or 0) * Fraction(1, 48_000)) for frame in source.decode(audio=0)]
    assert max(times) == pytest.approx(3602, abs=0.1)
    assert len(times) == pytest.approx(4 * 48_000 / 1024, abs=4)
