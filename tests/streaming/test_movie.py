"""What is written to keep, read again."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from streaming.movie import Movie
from streaming.sound_format import AMBISONICS, STEREO
from vrlive.errors import EncodeError
from vrlive.frames import SOUND_RATE_HZ, Picture, Sound
from vrlive.units import Size

SIZE = Size(128, 64)


def sound(seconds: float, at_s: float, level: float = 0.5) -> Sound:
    time_s = np.arange(round(seconds * SOUND_RATE_HZ)) / SOUND_RATE_HZ
    tone = level * np.sin(2 * np.pi * 500 * time_s)
    return Sound(np.stack([tone, -tone], -1).astype(np.float32), at_s)


def loudness(path: Path) -> list[float]:
    """Root mean square of the left channel for each tenth of a second."""
    with av.open(str(path)) as source:
        left = np.concatenate([frame.to_ndarray()[0] for frame in source.decode(audio=0)])
    return [float(np.sqrt(np.mean(piece**2))) for piece in np.array_split(left, round(10 * len(left) / SOUND_RATE_HZ))]


def write(path: Path, times_s: list[float], sounds: list[Sound]) -> Path:
    with Movie(path, SIZE, Fraction(25), sound=STEREO if sounds else None, cameras=2) as movie:
        for number, time_s in enumerate(times_s):
            movie.write(Picture.filled(SIZE, (50 + number, 110, 140)), time_s)
        for each in sounds:
            movie.write_sound(each)
        movie.finish()
    return path


def test_pictures_come_back_at_their_times_in_their_colours(tmp_path: Path) -> None:
    times_s = [0.0, 0.04, 0.05, 0.2, 0.24, 0.28]
    with av.open(str(write(tmp_path / "a.mp4", times_s, []))) as source:
        frames = list(source.decode(video=0))
    assert [frame.time for frame in frames] == pytest.approx(times_s, abs=1e-4)
    planes = frames[3].to_ndarray()
    assert [int(planes[5, 5]), int(planes[70, 5]), int(planes[90, 5])] == pytest.approx([53, 110, 140], abs=1)
    assert (frames[0].colorspace, frames[0].color_range) == (1, 1)


def test_players_can_jump_to_a_picture_at_least_every_two_seconds(tmp_path: Path) -> None:
    with av.open(str(write(tmp_path / "a.mp4", [n / 25 for n in range(120)], []))) as source:
        assert not source.streams.audio
        keys = [float(packet.pts * packet.time_base) for packet in source.demux(video=0) if packet.is_keyframe and packet.pts is not None]
    assert keys[0] == 0
    assert max(np.diff([*keys, 4.8])) <= 2 + 1e-6


def test_a_picture_may_be_padded(tmp_path: Path) -> None:
    wide = Picture.filled(Size(192, 64), (90, 110, 140))
    padded = Picture(wide.y[:, :128], wide.u[:, :64], wide.v[:, :64])
    with Movie(tmp_path / "a.mp4", SIZE, Fraction(25), sound=None, cameras=1) as movie:
        movie.write(padded, 0.0)
        movie.finish()
    with av.open(str(tmp_path / "a.mp4")) as source:
        assert next(source.decode(video=0)).to_ndarray()[:64].mean() == pytest.approx(90, abs=1)


def test_a_gap_in_the_sound_is_silent_and_what_comes_after_is_in_time(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", [n / 25 for n in range(25)], [sound(0.3, 0.0), sound(0.3, 0.7)])
    heard = loudness(path)
    assert min(heard[0], heard[1], heard[8]) > 0.3
    assert max(heard[4:6]) < 0.01


def test_sound_that_overlaps_is_cut_and_jitter_is_let_pass(tmp_path: Path) -> None:
    jitter = [sound(0.1, 0.1 * n + 0.004 * (n % 3)) for n in range(10)]
    with av.open(str(write(tmp_path / "a.mp4", [0.0, 0.9], [*jitter, sound(0.5, 0.5), sound(0.2, 0.9)]))) as source:
        samples = sum(frame.samples for frame in source.decode(audio=0))
    assert samples == pytest.approx(1.1 * SOUND_RATE_HZ, abs=2048)


def test_a_sphere_of_sound_is_read_as_one_by_ffmpeg(tmp_path: Path) -> None:
    """Each channel with a tone of its own comes back at its place: ACN order is kept, and said in SA3D."""
    at_s = np.arange(SOUND_RATE_HZ) / SOUND_RATE_HZ
    tones = np.stack([0.3 * np.sin(2 * np.pi * hz * at_s) for hz in (300, 500, 700, 900)], -1).astype(np.float32)
    with Movie(tmp_path / "a.mp4", SIZE, Fraction(25), sound=AMBISONICS, cameras=1) as movie:
        for number in range(25):
            movie.write(Picture.filled(SIZE), number / 25)
            movie.write_sound(Sound(tones[number * 1920 : (number + 1) * 1920], number / 25))
        movie.finish()
    with av.open(str(tmp_path / "a.mp4")) as source:
        assert source.streams.audio[0].layout.name == "ambisonic 1"
        heard = np.concatenate([frame.to_ndarray().T for frame in source.decode(audio=0)])
    assert len(heard) == pytest.approx(SOUND_RATE_HZ, abs=1000)
    assert np.abs(np.fft.rfft(heard[4800:43200], axis=0)).argmax(axis=0) * 1.25 == pytest.approx([300, 500, 700, 900], abs=2)


def test_a_movie_that_is_not_finished_leaves_nothing(tmp_path: Path) -> None:
    with Movie(tmp_path / "a.mp4", SIZE, Fraction(25), sound=STEREO, cameras=1) as movie:
        movie.write(Picture.filled(SIZE), 0.0)
    assert list(tmp_path.iterdir()) == []


def test_a_size_that_x264_cannot_take_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncodeError, match="40000x20000"):
        Movie(tmp_path / "a.mp4", Size(40000, 20000), Fraction(25), sound=None, cameras=1)
