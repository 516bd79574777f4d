"""Live cameras: RTSP from GStreamer's server, RTMP through nginx."""

import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import pairwise
from typing import Any

import numpy as np

from vrlive.capture.camera import CameraState
from vrlive.units import Size

Record = Callable[..., Any]


def test_an_rtsp_camera_is_live_dies_and_comes_back_by_itself(
    record: Record, free_port: int, rtsp_server: Callable[[int], AbstractContextManager[Any]]
) -> None:
    with rtsp_server(free_port):
        cam = record(f"rtsp://127.0.0.1:{free_port}/cam", read_timeout_s=2)
        cam.wait_for_frames(30)
        assert cam.camera.status.size == Size(320, 240)
        assert abs(int(cam.frames[0].picture.y[100, 100]) - 235) <= 2
        steps_s = np.diff([frame.captured_s for frame in cam.frames[10:]])
        assert np.abs(steps_s - 0.04).max() < 0.03
    cam.wait_for_state(CameraState.STALLED)
    assert cam.camera.status.last_fault
    seen = len(cam.frames)
    with rtsp_server(free_port):
        cam.wait_for_state(CameraState.LIVE)
        cam.wait_for_frames(seen + 5)
        assert cam.camera.status.reconnects >= 1
        assert all(a.captured_s < b.captured_s for a, b in pairwise(cam.frames[seen:]))
        cam.camera.close()


def test_a_camera_that_falls_silent_is_stalled_after_its_read_time_out(
    record: Record, free_port: int, rtsp_server: Callable[[int], AbstractContextManager[Any]]
) -> None:
    with rtsp_server(free_port) as server:
        cam = record(f"rtsp://127.0.0.1:{free_port}/cam", read_timeout_s=0.5, open_timeout_s=2)
        cam.wait_for_frames(5)
        server.send_signal(signal.SIGSTOP)
        cam.wait_for_state(CameraState.STALLED)
        cam.wait(lambda: cam.camera.status.last_fault != "")
        server.send_signal(signal.SIGCONT)
        seen = len(cam.frames)
        cam.wait_for_frames(seen + 5)
        assert cam.camera.state is CameraState.LIVE
        cam.camera.close()


def test_an_rtmp_camera_delivers_picture_and_sound_of_one_clock(
    record: Record, rtmp_url: str, published: Callable[[str], AbstractContextManager[None]]
) -> None:
    with published(rtmp_url):
        cam = record(rtmp_url, read_timeout_s=2)
        cam.wait_for_frames(25)
        cam.wait(lambda: len(cam.sounds) > 10)
        assert abs(cam.sounds[-1].captured_s - cam.frames[-1].captured_s) < 0.5
        assert cam.camera.status.size == Size(64, 48)
    cam.wait_for_state(CameraState.STALLED)
    with published(rtmp_url):
        cam.wait_for_state(CameraState.LIVE)
        cam.camera.close()
