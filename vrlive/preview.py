"""``vrlive preview``: a showroom in a window, in front of a still room or of a channel's own cameras."""

import threading
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from vrlive.capture.camera import Camera
from vrlive.channels import camera_url, prepare, read_channel
from vrlive.clock import now_s
from vrlive.config import PUBLISHED, ChannelConfig, PictureConfig
from vrlive.errors import ConfigError, UserError
from vrlive.frames import Frame, Picture
from vrlive.scenery import EQUIRECT, room_picture, save_scene
from vrlive.show.scene import FILE, Scene, locate, read_scene, shipped
from vrlive.showing import around_px
from vrlive.sync import FrameSync
from vrlive.units import Size
from vrlive.view import View

IDLE_S: Final = 0.25
PATIENCE_S: Final = 5.0  # for cameras that have not begun

Progress = Callable[[int, int], None]
Source = Callable[[], Picture | None]


def preview(target: str, *, room: str | None, to: Path | None, progress: Progress) -> None:
    """Open the window, and return when it is closed.

    Parameters
    ----------
    target
        A scene, as `read_scene` takes it, or a channel.toml.
    room
        What a scene stands in, see `vrlive.scenery.room_picture`; None: the demo room.
    to
        The scene.toml to save to; None: the one that was read.

    Raises
    ------
    UserError
        If a file has a fault, or there is no display.
    RenderUnavailable
        If there is no usable OpenGL.
    """
    channel = _channel(target)
    if channel and room is not None:
        raise UserError(f"--room: {target} is a channel, and shows its own cameras; --room goes with a scene")
    if channel and channel.scene is None:
        raise ConfigError(Path(target), "scene", "is missing, and so are garments; name a scene.toml or a showroom that ships")
    named = (channel.scene if channel else None) or target
    path = locate(named)
    scene = read_scene(named)
    target_file = _target(path, named, to)

    def save(after: Scene) -> str:
        nonlocal path, scene
        if target_file is None:
            raise UserError(f"“{named}” ships with vrlive and stays as it is; start with --out FOLDER/{FILE} to save your own")
        save_scene(path, scene, after, target_file)
        if target_file != path:  # from now on that is the file, and the places in it are these
            path = target_file
        scene = after
        return f"saved to {target_file}"

    from renderer.preview import Preview  # noqa: PLC0415 - faults of files are told before a window is looked for

    with _cameras(channel, progress) if channel else _still(room or "demo", progress) as source:
        Preview(scene, source, save).run()


def _channel(target: str) -> ChannelConfig | None:
    """The channel, if the file is one: a channel has cameras, a scene has none."""
    path = Path(target)
    if path.suffix != ".toml" or not path.is_file():
        return None
    try:
        is_channel = "camera" in tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None  # whoever reads it as a scene says what is wrong
    return read_channel(path) if is_channel else None


def _target(path: Path, named: str, to: Path | None) -> Path | None:
    if to is None:
        return None if named in shipped() else path
    if to.suffix != ".toml" or not to.parent.is_dir():
        raise UserError(f"--out: {to} is no .toml file in a folder that is there")
    return to


@contextmanager
def _still(room: str, progress: Progress) -> Iterator[Source]:
    picture = room_picture(room, EQUIRECT, progress)
    yield lambda: picture


@contextmanager
def _cameras(channel: ChannelConfig, progress: Progress) -> Iterator[Source]:
    """A channel's cameras, stitched as on air; its picture is as large as the channel's."""
    published = [camera.name for camera in channel.camera if camera.url == PUBLISHED]
    if published:
        raise UserError(
            f"camera “{published[0]}” is published to a running server; a preview can show cameras with a URL of their own only"
        )
    prepare([channel], progress)
    live = Live(channel)
    with ExitStack() as running:
        running.callback(live.close)
        live.start()
        yield lambda: live.newest


class Live:
    """Capture, sync and stitch of a channel on a thread of its own.

    Attributes
    ----------
    newest
        The newest picture; none is overwritten. None before the first.
    """

    def __init__(self, channel: ChannelConfig) -> None:
        self.newest: Picture | None = None
        around = around_px(channel.picture.projection, channel.size)
        self._size = Size(around, around // 2)
        channel = channel.model_copy(update={"picture": PictureConfig(stereo="mono"), "size": self._size})
        self._arrived = threading.Condition()
        self._stop = threading.Event()
        self._sync = FrameSync(len(channel.camera), 1 / channel.fps, channel.sync.hold_ms / 1e3)
        self._view = View(channel)
        epoch_s = now_s()
        self._cameras = [self._camera(index, channel, epoch_s) for index in range(len(channel.camera))]
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)

    def start(self) -> None:
        """Open the cameras."""
        for camera in self._cameras:
            camera.start()
        self._thread.start()

    def close(self) -> None:
        """End it all."""
        self._stop.set()
        self._thread.join(timeout=10)
        for camera in self._cameras:
            camera.close()
        self._view.close()

    def _camera(self, index: int, channel: ChannelConfig, epoch_s: float) -> Camera:
        config = channel.camera[index].model_copy(update={"url": camera_url(channel.camera[index])})
        return Camera(config, epoch_s=epoch_s, on_frame=lambda frame: self._take_frame(index, frame), on_sound=lambda _: None)

    def _take_frame(self, index: int, frame: Frame) -> None:
        with self._arrived:
            self._sync.push(index, frame)
            self._arrived.notify()

    def _run(self) -> None:
        patient_until_s = now_s() + PATIENCE_S
        while not self._stop.is_set():
            with self._arrived:
                moment = self._sync.take(now_s())
                if moment is None:
                    self._arrived.wait(IDLE_S)
                    continue
            if self.newest is None and None in moment.frames and now_s() < patient_until_s:
                continue  # garments would be lit by the darkness of cameras that are still being opened
            picture = Picture.filled(self._size)
            self._view.run([frame.picture if frame else None for frame in moment.frames], picture, moment.captured_s)
            self.newest = picture
