"""Small videos whose brightness tells the number of each frame, a recorder of what a camera delivers, and servers of streams."""

import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from vrlive.capture.camera import Camera, CameraState
from vrlive.clock import now_s
from vrlive.config import CameraConfig
from vrlive.frames import Frame, Picture, Sound
from vrlive.units import Size

FPS = 25
SMALL = Size(64, 48)
PATIENCE_S = 20.0  # a busy machine may be slow, never wrong


def luma(number: int) -> int:
    """Brightness of a clip's frame."""
    return 30 + 8 * (number % 25)


@pytest.fixture
def number_shown() -> Callable[[Picture], int]:
    """Which frame of the clip a picture shows."""
    return lambda picture: round((float(picture.y.mean()) - 30) / 8)


@pytest.fixture
def write_clip(tmp_path: Path) -> Callable[..., Path]:
    """Writes a clip into the test's folder and says where."""

    def write(name: str = "clip.mp4", frames: int = 25, size: Size = SMALL, *, sound: bool = False) -> Path:
        encode_clip(str(tmp_path / name), frames, size, sound=sound)
        return tmp_path / name

    return write


def encode_clip(
    url: str, frames: int, size: Size, *, sound: bool = False, fmt: str | None = None, stop: threading.Event | None = None
) -> None:
    """Write H.264, and a tone of 440 Hz as AAC when asked; in real time when `stop` is given, which ends it."""
    with av.open(url, "w", format=fmt) as out:
        video = out.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "g": "10"} | ({"tune": "zerolatency"} if stop else {}))
        video.width, video.height, video.pix_fmt = size.width, size.height, "yuv420p"
        audio = out.add_stream("aac", rate=48000, layout="stereo") if sound else None
        written = 0
        for number in range(frames):
            if stop and stop.wait(1 / FPS):
                return
            pixels = np.full((size.height * 3 // 2, size.width), 128, np.uint8)
            pixels[: size.height] = luma(number)
            frame = av.VideoFrame.from_ndarray(pixels, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(video.encode(frame))
            while audio and written < (number + 1) * 48000 // FPS:
                tone = np.sin(2 * np.pi * 440 * np.arange(written, written + 1024) / 48000) / 2
                piece = av.AudioFrame.from_ndarray(np.tile(tone.astype(np.float32), (2, 1)), "fltp", "stereo")
                piece.rate, piece.pts, piece.time_base = 48000, written, Fraction(1, 48000)
                written += 1024
                out.mux(audio.encode(piece))
        out.mux(video.encode(None))
        if audio:
            out.mux(audio.encode(None))


class Recorder:
    """A running camera, and all that it delivered with the instants of delivery."""

    def __init__(self, url: Path | str, *, loop: bool = False, epoch_s: float | None = None, **config: float) -> None:
        self.frames: list[Frame] = []
        self.sounds: list[Sound] = []
        self.delivered_s: list[float] = []
        self._arrived = threading.Condition()
        self.epoch_s = now_s() if epoch_s is None else epoch_s
        self.camera = Camera(
            CameraConfig.model_validate({"name": "cam", "url": str(url), "loop": loop, **config}),
            epoch_s=self.epoch_s,
            on_frame=self._on_frame,
            on_sound=self._on_sound,
        )
        self.camera.start()

    def wait(self, until: Callable[[], bool]) -> None:
        """Wait until something holds; looked at whenever a frame comes, and now and then."""
        ends_s = now_s() + PATIENCE_S
        with self._arrived:
            while not until():
                assert now_s() < ends_s, f"waited in vain: {self.camera.status}"
                self._arrived.wait(0.02)

    def wait_for_frames(self, count: int) -> None:
        """Wait until so many frames came in all."""
        self.wait(lambda: len(self.frames) >= count)

    def wait_for_state(self, state: CameraState) -> None:
        """Wait until the camera is in a state."""
        self.wait(lambda: self.camera.state is state)

    def _on_frame(self, frame: Frame) -> None:
        with self._arrived:
            self.delivered_s.append(now_s())
            self.frames.append(frame)
            self._arrived.notify()

    def _on_sound(self, sound: Sound) -> None:
        self.sounds.append(sound)


Record = Callable[..., Recorder]


@pytest.fixture
def record() -> Iterator[Record]:
    """Starts cameras that are closed when the test ends."""
    running: list[Recorder] = []

    def start(url: Path | str, **options: object) -> Recorder:
        running.append(Recorder(url, **options))  # type: ignore[arg-type]  # passed on as they came
        return running[-1]

    yield start
    for each in running:
        each.camera.close()


@pytest.fixture
def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


RTSP_SERVER = """
import sys
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
server = GstRtspServer.RTSPServer(address="127.0.0.1", service=sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory(shared=True)
factory.set_launch(
    "( videotestsrc is-live=true pattern=white ! video/x-raw,width=320,height=240,framerate=25/1 "
    "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! rtph264pay name=pay0 pt=96 config-interval=1 )"
)
server.get_mount_points().add_factory("/cam", factory)
assert server.attach(None)
print("up", flush=True)
GLib.MainLoop().run()
"""


@pytest.fixture(name="rtsp_server")
def _rtsp_server() -> Callable[[int], AbstractContextManager[subprocess.Popen[str]]]:
    """Starts an RTSP server on a port for as long as its context lasts."""
    return rtsp_server


@contextmanager
def rtsp_server(port: int) -> Iterator[subprocess.Popen[str]]:
    """GStreamer's RTSP server in Debian's own Python, with a white camera at /cam."""
    with subprocess.Popen(
        ["/usr/bin/python3", "-c", RTSP_SERVER, str(port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        assert server.stderr
        try:
            if server.stdout.readline() != "up\n":
                pytest.skip(f"no RTSP server here (gir1.2-gst-rtsp-server-1.0): {server.stderr.read().strip()[-200:]}")
            yield server
        finally:
            server.send_signal(signal.SIGCONT)
            server.kill()


NGINX = """
load_module {modules}/ngx_rtmp_module.so;
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
rtmp {{ server {{ listen 127.0.0.1:{port}; application live {{ live on; }} }} }}
"""


@pytest.fixture
def rtmp_url(tmp_path: Path, free_port: int) -> Iterator[str]:
    """nginx's RTMP module, and the address to publish to and play from."""
    modules, nginx = Path("/usr/lib/nginx/modules"), shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None or not (modules / "ngx_rtmp_module.so").exists():
        pytest.skip("no RTMP server here: needs Debian's nginx and libnginx-mod-rtmp")
    (tmp_path / "nginx.conf").write_text(NGINX.format(modules=modules, folder=tmp_path, port=free_port))
    with subprocess.Popen([nginx, "-p", str(tmp_path), "-c", "nginx.conf"], stderr=subprocess.PIPE) as server:
        try:
            _wait_for_port(free_port)
            yield f"rtmp://127.0.0.1:{free_port}/live/cam"
        finally:
            server.kill()


@pytest.fixture(name="published")
def _published() -> Callable[[str], AbstractContextManager[None]]:
    """Publishes a clip for as long as its context lasts."""
    return published


@contextmanager
def published(url: str) -> Iterator[None]:
    """A clip, published over RTMP in real time."""
    stop = threading.Event()
    thread = threading.Thread(target=encode_clip, args=(url, 1000, SMALL), kwargs={"fmt": "flv", "stop": stop, "sound": True})
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _wait_for_port(port: int) -> None:
    ends_s = now_s() + PATIENCE_S
    while now_s() < ends_s:
        with socket.socket() as probe:
            probe.settimeout(0.1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.02)
    raise AssertionError("the server did not start")
