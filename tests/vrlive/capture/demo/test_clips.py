"""The demo's clips as files: what FFmpeg finds in them."""

import resource
import signal
from pathlib import Path

import av
import numpy as np
import pytest

from vrlive import resources
from vrlive.capture.demo.clips import DEMO_FRAMES, demo_clips
from vrlive.capture.demo.filming import sound_track, write_clip
from vrlive.capture.demo.layout import CAMERAS, DEMO_FPS, DEMO_SECONDS, FLASH_PERIOD_S
from vrlive.errors import InputError
from vrlive.frames import SOUND_RATE_HZ, Picture
from vrlive.units import Size

SMALL = Size(64, 64)
SHORT = {"size_px": 64, "frames": 3}


def grey(number: int) -> Picture:
    return Picture.filled(SMALL, (40 + 5 * number, 120, 140))


def test_a_clip_says_what_its_colours_are_and_keeps_them(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", (grey(n) for n in range(30)))
    with av.open(str(tmp_path / "clip.mp4")) as file:
        video = file.streams.video[0]
        assert (video.frames, float(video.average_rate or 0), video.codec_context.pix_fmt) == (30, DEMO_FPS, "yuv420p")
        frames = list(file.decode(video))
    assert {(frame.colorspace, frame.color_range) for frame in frames} == {(1, 1)}, "BT.709, limited"
    for number, frame in enumerate(frames):
        planes = frame.to_ndarray()
        assert np.abs(planes[:64].astype(int) - (40 + 5 * number)).max() <= 1
        assert np.abs(planes[64:80].astype(int) - 120).max() <= 1


def test_there_is_a_click_at_each_flash_and_silence_between(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", (grey(0) for _ in range(DEMO_FRAMES)), sound_track())
    with av.open(str(tmp_path / "clip.mp4")) as file:
        pieces = [(float((piece.pts or 0) * (piece.time_base or 1)), piece.to_ndarray()[0] / 32768) for piece in file.decode(audio=0)]
    assert pieces[0][0] == 0, "the sound begins with the picture"
    sound = np.concatenate([samples for _, samples in pieces])
    assert len(sound) == DEMO_SECONDS * SOUND_RATE_HZ
    loud = np.flatnonzero(np.abs(sound) > 0.1) / SOUND_RATE_HZ
    begins = loud[np.flatnonzero(np.diff(loud, prepend=-1) > 0.5)]
    assert begins == pytest.approx(np.arange(0, DEMO_SECONDS, FLASH_PERIOD_S), abs=0.001)


def test_the_cache_is_filled_once_and_seen_only_when_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (resources.cache() / "demo-older").mkdir(parents=True)
    told: list[tuple[int, int]] = []
    found = demo_clips(lambda done, total: told.append((done, total)), **SHORT)
    assert told == [(n, 3 * CAMERAS) for n in range(3 * CAMERAS + 1)]
    assert [path.name for path in found.paths] == [f"camera-{n}.mp4" for n in range(CAMERAS)]
    assert [path.name for path in resources.cache().iterdir()] == [found.paths[0].parent.name], "nothing half made, nothing old"
    assert demo_clips(lambda _done, _total: pytest.fail("it was filmed before"), **SHORT) == found
    for index, path in enumerate(found.paths):
        with av.open(str(path)) as file:
            assert (file.streams.video[0].frames, bool(file.streams.audio)) == (3, index == 0)


def test_filming_that_is_broken_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def stop(done: int, _total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demo_clips(stop, **SHORT)
    assert list(resources.cache().iterdir()) == []


def test_a_full_disk_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the filming process is told by the system reaches the user; here it may not write more than a little."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(InputError, match="cannot be written: File too large; set XDG_CACHE_HOME"):
            demo_clips(None, **SHORT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(resources.cache().iterdir()) == []


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vrlive").write_text("a file where the folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(InputError, match=r"demo's clips cannot be written: .*XDG_CACHE_HOME"):
        demo_clips()
