"""Cameras against real files and real servers on this machine."""

import logging
import socket
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vrlive.capture.camera import CameraState
from vrlive.clock import now_s
from vrlive.frames import Frame, Picture
from vrlive.units import Size

WriteClip = Callable[..., Path]
Record = Callable[..., Any]
NumberShown = Callable[[Picture], int]


def numbers(frames: list[Frame]) -> list[int]:
    return [frame.pts for frame in frames]


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts"])
def test_a_looped_file_plays_on_over_its_end(write_clip: WriteClip, record: Record, number_shown: NumberShown, name: str) -> None:
    cam = record(write_clip(name, frames=10, sound=True), loop=True)
    cam.wait_for_frames(35)
    frames = cam.frames[:35]
    assert all(number_shown(frame.picture) == frame.pts % 10 for frame in frames)
    assert sum(b - a != 1 for a, b in pairwise(numbers(frames))) <= 1
    status = cam.camera.status
    assert (status.state, status.size, status.last_fault) == (CameraState.LIVE, Size(64, 48), "")
    assert status.fps == pytest.approx(25, rel=0.3)


def test_a_frame_is_captured_when_it_is_due(write_clip: WriteClip, record: Record) -> None:
    cam = record(write_clip(frames=10), loop=True)
    cam.wait_for_frames(20)
    for frame, delivered_s in zip(cam.frames, cam.delivered_s, strict=False):
        assert frame.captured_s == pytest.approx(cam.epoch_s + frame.pts / 25, abs=1e-6)
        assert delivered_s >= frame.captured_s - 1e-3


def test_a_looped_file_that_starts_late_joins_in_step(write_clip: WriteClip, record: Record, number_shown: NumberShown) -> None:
    epoch_s = now_s() - 1000.1
    cam = record(write_clip(frames=23), loop=True, epoch_s=epoch_s)
    cam.wait_for_frames(3)
    frame = cam.frames[0]
    assert frame.pts >= 25_000
    assert cam.delivered_s[0] - frame.captured_s < 0.5
    assert number_shown(frame.picture) == frame.pts % 23


def test_two_looped_files_stay_in_step(write_clip: WriteClip, record: Record) -> None:
    epoch_s = now_s()
    cams = [record(write_clip(f"{n}.mp4", frames=10), loop=True, epoch_s=epoch_s) for n in range(2)]
    for cam in cams:
        cam.wait_for_frames(15)
    common = set(numbers(cams[0].frames)) & set(numbers(cams[1].frames))
    assert len(common) >= 8
    instants = [{frame.pts: frame.captured_s for frame in cam.frames} for cam in cams]
    assert all(instants[0][n] == instants[1][n] for n in common)


def test_sound_loops_without_a_gap_in_step_with_the_picture(write_clip: WriteClip, record: Record) -> None:
    cam = record(write_clip(frames=10, sound=True), loop=True)
    cam.wait_for_frames(30)
    cam.camera.close()
    gaps = [b.captured_s - a.captured_s - len(a.samples) / 48000 for a, b in pairwise(cam.sounds)]
    assert np.abs(gaps).max() < 1e-6
    assert cam.sounds[-1].captured_s > cam.epoch_s + 0.9
    assert all(sound.samples.dtype == np.float32 and sound.samples.shape[1] == 2 for sound in cam.sounds)
    loud = np.concatenate([sound.samples for sound in cam.sounds])
    assert 0.3 < np.sqrt(np.mean(loud**2)) < 0.4


def test_a_file_that_is_not_looped_plays_once_and_says_so(write_clip: WriteClip, record: Record) -> None:
    cam = record(write_clip(frames=10), epoch_s=now_s() + 0.3)
    cam.wait_for_state(CameraState.FAILED)
    assert numbers(cam.frames) == list(range(10))
    assert "has ended" in cam.camera.status.last_fault
    assert not cam.camera._thread.join(5)
    assert not cam.camera._thread.is_alive()


def test_a_still_picture_is_a_channel_when_looped(tmp_path: Path, record: Record) -> None:
    Image.new("RGB", (64, 48), (255, 255, 255)).save(tmp_path / "white.png")
    cam = record(tmp_path / "white.png", loop=True)
    cam.wait_for_frames(5)
    assert all(int(frame.picture.y[0, 0]) == 235 for frame in cam.frames)
    assert [round((b.captured_s - a.captured_s) * 1e3) % 40 for a, b in pairwise(cam.frames)] == [0] * (len(cam.frames) - 1)


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [("none.mp4", None, "No such file"), ("text.mp4", b"not video", "not video that can be read"), ("none.png", None, "No such file")],
)
def test_an_unreadable_file_fails_with_its_name(
    tmp_path: Path, record: Record, caplog: pytest.LogCaptureFixture, name: str, content: bytes | None, fault: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    cam = record(tmp_path / name, loop=True)
    cam.wait_for_state(CameraState.FAILED)
    assert fault in cam.camera.status.last_fault
    assert name in cam.camera.status.last_fault
    assert str(tmp_path) not in cam.camera.status.last_fault  # viewers read it
    cam.wait(lambda: str(tmp_path / name) in caplog.text)


def test_a_file_that_appears_is_played(write_clip: WriteClip, tmp_path: Path, record: Record) -> None:
    clip = write_clip("later.mp4")
    hidden = clip.rename(tmp_path / "hidden.mp4")
    cam = record(clip, loop=True)
    cam.wait_for_state(CameraState.FAILED)
    hidden.rename(clip)
    cam.wait_for_state(CameraState.LIVE)
    assert cam.camera.status.reconnects >= 1


def test_a_sound_file_holds_no_picture(tmp_path: Path, record: Record) -> None:
    import wave

    with wave.open(str(tmp_path / "tone.wav"), "wb") as out:
        out.setparams((2, 2, 48000, 0, "NONE", ""))
        out.writeframes(bytes(48000))
    cam = record(tmp_path / "tone.wav", loop=True)
    cam.wait_for_state(CameraState.FAILED)
    assert "holds no picture" in cam.camera.status.last_fault


def test_a_listener_that_never_answers_times_out_and_closing_does_not_wait(record: Record) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        cam = record(f"rtsp://127.0.0.1:{port}/cam", open_timeout_s=0.3)
        cam.wait_for_state(CameraState.FAILED)
        assert "no answer within 0.3 s" in cam.camera.status.last_fault
        patient = record(f"rtmp://127.0.0.1:{port}/live/cam", open_timeout_s=30)
        connections = [silent.accept()[0] for _ in range(2)]
        before_s = now_s()
        patient.camera.close()
        for connection in connections:
            connection.close()
        assert now_s() - before_s < 2
        assert patient.camera.state is CameraState.CONNECTING


def test_passwords_are_neither_shown_nor_logged(record: Record, free_port: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    cam = record(f"rtsp://admin:s3cret@127.0.0.1:{free_port}/cam?key=s3cret", open_timeout_s=2)
    cam.wait_for_state(CameraState.FAILED)
    assert f"rtsp://127.0.0.1:{free_port}/…: Connection refused" in cam.camera.status.last_fault
    assert "s3cret" not in str(cam.camera.status)
    assert "s3cret" not in caplog.text


def test_a_playlist_from_the_network_opens_no_file_of_this_machine(write_clip: WriteClip, tmp_path: Path, record: Record) -> None:
    import http.server
    import threading

    clip = write_clip("private.ts")
    (tmp_path / "list.m3u8").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{clip}\n#EXT-X-ENDLIST\n")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(tmp_path))

        def log_message(self, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cam = record(f"http://127.0.0.1:{server.server_port}/list.m3u8", open_timeout_s=3, read_timeout_s=3)
        cam.wait_for_state(CameraState.FAILED)
        server.shutdown()
    assert cam.frames == []


def test_a_local_file_cannot_name_another_protocol(write_clip: WriteClip, record: Record) -> None:
    cam = record(f"concat:{write_clip('a.ts')}", loop=True)
    cam.wait_for_state(CameraState.FAILED)
    assert cam.frames == []
    strange = record("gopher://127.0.0.1/cam")
    strange.wait_for_state(CameraState.FAILED)
    assert "“gopher” is not a kind of address" in strange.camera.status.last_fault


def test_a_file_whose_frames_are_all_damaged_fails_instead_of_spinning(write_clip: WriteClip, record: Record) -> None:
    clip = write_clip()
    content = clip.read_bytes()
    begins = content.index(b"mdat") + 4
    ends = content.find(b"moov", begins) - 4
    clip.write_bytes(content[:begins] + bytes(ends - begins) + content[ends:])
    cam = record(clip, loop=True)
    cam.wait_for_state(CameraState.FAILED)
    assert "clip.mp4" in cam.camera.status.last_fault
    assert cam.frames == []
