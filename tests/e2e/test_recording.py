"""A show is recorded, and whoever is killed, what is on the disk can be played and the recording goes on."""

import os
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from streaming.recordings import Recording, recordings
from streaming.spherical import read_marks
from tests.e2e.show import END_S, Show, running

FPS, SIZE, SECONDS = 25, (256, 128), 4
CHANNEL = f"""
name = "demo"
rig = "equirect"
size = "256x128"
fps = {FPS}
[[camera]]
name = "front"
url = "camera.mp4"
loop = true
[encode]
bitrate_kbps = 400
[record]
enabled = true
keep_free_gb = 0
"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What the camera films: a picture that brightens, and a tone."""
    path = tmp_path_factory.mktemp("clip") / "camera.mp4"
    with av.open(str(path), "w") as out:
        pictures, sound = out.add_stream("libx264", rate=FPS), out.add_stream("aac", rate=48_000, layout="stereo")
        pictures.width, pictures.height, pictures.pix_fmt = *SIZE, "yuv420p"
        for n in range(SECONDS * FPS):
            frame = av.VideoFrame.from_ndarray(np.full((SIZE[1] * 3 // 2, SIZE[0]), 60 + n, np.uint8), "yuv420p")
            frame.pts, frame.time_base = n, Fraction(1, FPS)
            out.mux(pictures.encode(frame))
            tone = (0.2 * np.sin(np.arange(n * 1920, n * 1920 + 1920) * 2 * np.pi * 400 / 48_000)).astype(np.float32)
            piece = av.AudioFrame.from_ndarray(np.stack([tone, tone]), "fltp", "stereo")
            piece.rate, piece.pts, piece.time_base = 48_000, n * 1920, Fraction(1, 48_000)
            out.mux(sound.encode(piece))
        for stream in (pictures, sound):
            out.mux(stream.encode(None))
    return path.read_bytes()


@pytest.fixture
def channel(clip: bytes, tmp_path: Path) -> Path:
    (tmp_path / "camera.mp4").write_bytes(clip)
    (tmp_path / "channel.toml").write_text(CHANNEL, "utf-8")
    return tmp_path / "channel.toml"


def recorded(channel: Path) -> list[Recording]:
    return recordings(channel.parent / "recordings")


def play(path: Path) -> tuple[float, float]:
    """Seconds of pictures and of sound, all of them decoded."""
    lasts = []
    for kind in ("video", "audio"):
        with av.open(str(path)) as source:
            [stream] = source.streams.get(**{kind: 0})
            times = [frame.time or 0.0 for frame in source.decode(stream) if isinstance(frame, av.VideoFrame | av.AudioFrame)]
        assert times == sorted(times)
        assert times[0] < 0.1
        lasts.append(times[-1])
    return lasts[0], lasts[1]


def wait_for_seconds(show: Show, seconds: float) -> dict[str, Any]:
    """Wait until so much is in the file that is being written, and give the channel's state."""
    return show.wait_for(
        f"{seconds:g} s are recorded", lambda state: state["record"]["state"] == "recording" and state["record"]["duration_s"] >= seconds
    )


@pytest.mark.parametrize("kills", [2, pytest.param(10, marks=pytest.mark.soak)])
def test_the_engine_is_killed_again_and_again_and_the_recording_goes_on(channel: Path, kills: int) -> None:
    with running("serve", channel, "--port", "0") as show:
        show.wait_until_live()
        for _ in range(kills):
            before = wait_for_seconds(show, show.state()["record"]["duration_s"] + 2)
            os.kill(before["engine"]["pid"], signal.SIGKILL)
            [file] = recorded(channel)
            pictures_s, sound_s = play(file.path)
            assert pictures_s > before["record"]["duration_s"] - 2.5
            assert sound_s > before["record"]["duration_s"] - 3
            show.wait_for("another engine runs", lambda state: state["engine"]["pid"] not in (None, before["engine"]["pid"]))  # noqa: B023 - it is used at once
            show.wait_until_live()
        last = wait_for_seconds(show, show.state()["record"]["duration_s"] + 2)
    [file] = recorded(channel)
    assert file.path.name == last["record"]["file"]
    assert play(file.path) == pytest.approx((last["record"]["duration_s"], last["record"]["duration_s"]), abs=2)
    assert read_marks(file.path).entry


def test_the_server_is_killed_and_its_file_plays_and_the_next_server_begins_another(channel: Path) -> None:
    with running("serve", channel, "--port", "0") as show:
        show.wait_until_live()
        state = wait_for_seconds(show, 4)
        show.process.kill()
        show.process.wait(END_S)
    [first] = recorded(channel)
    assert min(play(first.path)) > state["record"]["duration_s"] - 2.5
    with running("serve", channel, "--port", "0") as show:
        show.wait_until_live()
        wait_for_seconds(show, 2)
    kept, second = recorded(channel)
    assert kept == first
    assert min(play(second.path)) > 1.5


def test_a_recording_is_listed_and_exported_while_it_goes_on(channel: Path, tmp_path: Path) -> None:
    with running("serve", channel, "--port", "0") as show:
        show.wait_until_live()
        wait_for_seconds(show, 5)
        [file] = recorded(channel)
        out = tmp_path / "show.mp4"
        listed = vrlive("record", "list", channel)
        exported = vrlive("record", "export", file.path, "--out", out, "--from", "1.5", "--to", "0:03.5")
        again = vrlive("record", "export", file.path, "--out", out)
        wait_for_seconds(show, 6)
    assert file.path.name in listed.stdout
    assert exported.returncode == 0
    assert f"wrote {out}, 0:00:02" in exported.stdout
    assert play(out)[0] == pytest.approx(2 - 1 / FPS, abs=0.1)
    assert again.returncode == 2
    assert "is there already" in again.stderr


def vrlive(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "vrlive", *map(str, arguments)], check=False, capture_output=True, text=True, timeout=60)
