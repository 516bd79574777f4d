"""A channel's files: channel.toml with the rig, scene and cameras it names, found and checked before anything starts."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vrlive.capture.demo.clips import DEMO_FPS, DEMO_FRAMES, demo_clips
from vrlive.capture.demo.rig import demo_rig
from vrlive.config import CameraConfig, ChannelConfig, read_toml
from vrlive.errors import ConfigError
from vrlive.projection.rig import Rig
from vrlive.rigs import equirect_rig, read_rig
from vrlive.show.scene import Scene, read_scene
from vrlive.units import Size

DEMO, EQUIRECT = "demo", "equirect"
SCHEME = "demo:"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop that all its cameras play in step."""

    frames: int
    fps: float


def demo_channel(progress: Progress | None = None) -> ChannelConfig:
    """The demo: six synthetic cameras in a showroom, with a garment. Its clips are rendered the first time."""
    demo_clips(progress)
    cameras = tuple(CameraConfig(name=f"cam{i}", url=f"{SCHEME}{i}", loop=True) for i in range(len(demo_rig().lenses)))
    return ChannelConfig(name="demo", title="Showroom", rig=DEMO, scene="showroom", fps=DEMO_FPS, camera=cameras)


def read_channel(path: Path) -> ChannelConfig:
    """Read channel.toml; paths in it are relative to it and come back absolute.

    Raises
    ------
    ConfigError
        If the file, its rig or its scene has a fault, or the rig needs another number of cameras.
    """
    config = read_toml(path, ChannelConfig)
    names = [camera.name for camera in config.camera]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ConfigError(path, "camera", f"two cameras are called “{twice}”; give each its own name")
    if config.audio is not None and config.audio not in names:
        raise ConfigError(path, "audio", f"there is no camera “{config.audio}”; there is {', '.join(names)}")
    config = _absolute(config, path.resolve().parent)
    rig = channel_rig(config, [Size(3840, 1920)] * len(names))
    if rig.inputs != len(names):
        raise ConfigError(path, "camera", f"the rig {config.rig} has {rig.inputs} inputs, but {len(names)} cameras are listed")
    channel_scene(config)
    return config


def channel_rig(config: ChannelConfig, sizes: list[Size]) -> Rig:
    """The channel's rig for cameras that send pictures of these `sizes`.

    Raises
    ------
    UserError
        If the rig file has a fault, or a camera's shape differs from what was calibrated.
    """
    if config.rig == DEMO:
        return demo_rig().scaled_to(sizes)
    if config.rig == EQUIRECT:
        return equirect_rig(sizes[0])
    return read_rig(Path(config.rig), [Path(camera.url) for camera in config.camera])


def channel_scene(config: ChannelConfig) -> Scene | None:
    """The channel's scene, if it has one."""
    return read_scene(config.scene) if config.scene else None


def camera_url(camera: CameraConfig) -> str:
    """What to open for a camera: its URL, or the file that a ``demo:`` URL stands for."""
    if not camera.url.startswith(SCHEME):
        return camera.url
    return str(demo_clips(None).paths[int(camera.url.removeprefix(SCHEME))])


def channel_loop(config: ChannelConfig) -> Loop | None:
    """The loop whose frames carry a barcode, when the channel shows the demo room."""
    demo = any(camera.url.startswith(SCHEME) for camera in config.camera)
    return Loop(DEMO_FRAMES, DEMO_FPS) if demo else None


def _absolute(config: ChannelConfig, folder: Path) -> ChannelConfig:
    def resolve(name: str) -> str:
        return str(folder / name)

    cameras = tuple(camera if ":" in camera.url else camera.model_copy(update={"url": resolve(camera.url)}) for camera in config.camera)
    rig = config.rig if config.rig in (DEMO, EQUIRECT) else resolve(config.rig)
    scene = resolve(config.scene) if config.scene and config.scene.endswith(".toml") else config.scene
    return config.model_copy(update={"camera": cameras, "rig": rig, "scene": scene})
