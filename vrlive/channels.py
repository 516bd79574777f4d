"""A channel's files: channel.toml with the rig, scene and cameras it names, found and checked before anything starts."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from renderer.standing import check_scene
from vrlive.capture.demo.cameras import demo_rig
from vrlive.capture.demo.clips import DEMO_FRAMES, demo_clips
from vrlive.capture.demo.layout import DEMO_FPS
from vrlive.capture.opening import scheme
from vrlive.config import CameraConfig, ChannelConfig, StitchConfig
from vrlive.errors import ConfigError, InputError, UserError
from vrlive.exhibits import read_exhibits
from vrlive.levelling import level_if_told
from vrlive.nadir import NadirPatch, nadir_patch
from vrlive.output import check_folder
from vrlive.projection.rig import Rig
from vrlive.rigs import SPHERES, sphere_rig
from vrlive.rigs.read import read_rig_file
from vrlive.server_config import FILE as SERVER_FILE
from vrlive.show.scene import Scene, read_scene
from vrlive.showing import around_px, has_both_eyes
from vrlive.toml import read_toml
from vrlive.units import Size

DEMO = "demo"
DEMO_DISTANCE_M = 3.5  # where most of the room is
SCHEME = "demo:"
FILE_URL = re.compile(r"file:(//(localhost(?=/))?)?", re.IGNORECASE)
DEMO_URLS = tuple(f"{SCHEME}{index}" for index in range(6))

Progress = Callable[[int, int], None]
FileMarks = frozenset[tuple[Path, int, int]]


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop that all its cameras play in step."""

    frames: int
    fps: float


def demo_channel() -> ChannelConfig:
    """The demo: six synthetic cameras in a showroom, with a garment."""
    cameras = tuple(CameraConfig(name=f"cam{index}", url=url, loop=True) for index, url in enumerate(DEMO_URLS))
    return ChannelConfig(
        name="demo",
        title="Showroom",
        rig=DEMO,
        scene="showroom",
        fps=DEMO_FPS,
        camera=cameras,
        stitch=StitchConfig(distance_m=DEMO_DISTANCE_M),
    )


def read_channel(path: Path) -> ChannelConfig:
    """Read channel.toml; paths in it are relative to it and come back absolute.

    Raises
    ------
    ConfigError
        If the file, its rig, its scene or one of its models has a fault, or the rig needs another number of cameras.
    """
    config = read_toml(path, ChannelConfig)
    names = [camera.name for camera in config.camera]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ConfigError(path, "camera", f"two cameras are called “{twice}”; give each its own name")
    heard = [each.camera for each in config.sound]
    for key, named in (*((f"sound[{n}].camera", camera) for n, camera in enumerate(heard)), ("stitch.anchor", config.stitch.anchor)):
        if named is not None and named not in names:
            raise ConfigError(path, key, f"there is no camera “{named}”; there is {', '.join(names)}")
        if heard.count(str(named)) > 1 and key.startswith("sound"):
            raise ConfigError(path, key, f"the sound of “{named}” is listed twice; give each camera one [[sound]]")
    config = _absolute(config, path.resolve().parent)
    unknown = next((camera.url for camera in config.camera if camera.url.startswith(SCHEME) and camera.url not in DEMO_URLS), None)
    if unknown:
        raise ConfigError(path, "camera", f"there is no {unknown}; there is {DEMO_URLS[0]} … {DEMO_URLS[-1]}")
    with _named(path, "rig"):
        rig = _rig_as_written(config)
    if rig.inputs != len(names):
        raise ConfigError(path, "camera", f"the rig {config.rig} has {rig.inputs} inputs, but {len(names)} cameras are listed")
    config = _with_eyes_of(rig, config, path)
    with _named(path, "stitch.level"):
        calibrated_rig(config)
    if config.stitch.nadir:
        with _named(path, "stitch.nadir.picture"):
            channel_nadir(config)
    if config.record.enabled:
        with _named(path, "record.folder"):
            check_folder(Path(config.record.folder))
    with _named(path, "scene"):
        _check_scene(config, names)
    return config


def read_channels(paths: Sequence[Path]) -> list[ChannelConfig]:
    """Read the files of channels that are on air together, see `read_channel`; a folder stands for all of its ``.toml`` files.

    Raises
    ------
    ConfigError
        If one of them has a fault, two channels have one name, or a folder holds none.
    """
    named: dict[str, Path] = {}
    channels = []
    for path in _channel_files(paths):
        channels.append(read_channel(path))
        name = channels[-1].name
        if name in named:
            raise ConfigError(path, "name", f"the channel of {named[name]} is called “{name}” too; give each its own name")
        named[name] = path
    return channels


def _channel_files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        found = sorted(each for each in path.glob("*.toml") if each.name != SERVER_FILE) if path.is_dir() else [path]
        if not found:
            raise ConfigError(path, "", "is a folder without a channel file; their names end in .toml")
        yield from found


def file_marks(config: ChannelConfig) -> FileMarks:
    """What tells whether a file that the channel names was changed: path, time and length of each that is there."""
    scene = channel_scene(config)
    of_scene = (*(each.model for each in scene.garment), *(each.mask for each in scene.occluder)) if scene else ()
    named = (config.rig, config.scene, config.stitch.nadir and config.stitch.nadir.picture, *of_scene)
    marks = set()
    for path in (Path(name) for name in named if name):
        with suppress(OSError):
            found = path.stat()
            marks.add((path, found.st_mtime_ns, found.st_size))
    return frozenset(marks)


def prepare(channels: Sequence[ChannelConfig], progress: Progress | None = None) -> None:
    """Film the demo's clips now if one of the channels shows them: an engine that did so would be silent for minutes."""
    if any(channel_loop(channel) for channel in channels):
        demo_clips(progress)


def calibrated_rig(config: ChannelConfig) -> Rig:
    """The channel's rig, for pictures of the sizes it was calibrated with, levelled if the channel says so.

    Raises
    ------
    UserError
        If the rig file has a fault, or the rig cannot be levelled.
    """
    files = [Path(camera.url) if _is_file(camera.url) else None for camera in config.camera]
    return level_if_told(_rig_as_written(config), files, wanted=config.stitch.level).rig


def _with_eyes_of(rig: Rig, config: ChannelConfig, path: Path) -> ChannelConfig:
    """The channel, mono or stereo as its file says, or else as its rig is."""
    both = has_both_eyes(rig)
    if config.picture.stereo == "top-bottom" and not both:
        raise ConfigError(path, "picture.stereo", f"the rig {config.rig} has no lenses of a left and a right eye")
    picture = config.picture.model_copy(update={"stereo": config.picture.stereo or ("top-bottom" if both else "mono")})
    return config.model_copy(update={"picture": picture})


def _check_scene(config: ChannelConfig, cameras: Sequence[str]) -> None:
    scene = channel_scene(config)
    if scene is None:
        return
    if config.picture.projection != "equirect":
        raise InputError(f"garments stand in equirect pictures; [picture] projection is {config.picture.projection}")
    check_scene(scene, config.size)
    read_exhibits(scene)
    marked = next((each for each in scene.occluder if each.camera is not None and each.camera not in cameras), None)
    if marked:
        raise InputError(f"occluder “{marked.name}” is marked in the camera “{marked.camera}”; there is {', '.join(cameras)}")


def _rig_as_written(config: ChannelConfig) -> Rig:
    if config.rig == DEMO:
        return demo_rig()
    if config.rig in SPHERES:
        return sphere_rig(config.rig, around_px(config.picture.projection, config.size) // 2)
    return read_rig_file(Path(config.rig))


def fitted_rig(rig: Rig, sizes: Sequence[Size | None]) -> Rig:
    """The rig for cameras that send pictures of these `sizes`; where a size is not known yet, the calibrated one stands.

    Raises
    ------
    RigFileError
        If a camera's pictures have another shape than was calibrated.
    """
    calibrated = {lens.input: lens.frame for lens in rig.lenses}
    return rig.scaled_to([size or calibrated[index] for index, size in enumerate(sizes)])


def channel_scene(config: ChannelConfig) -> Scene | None:
    """The channel's scene, if it has one."""
    return read_scene(config.scene) if config.scene else None


def channel_nadir(config: ChannelConfig) -> NadirPatch | None:
    """What lies over the tripod, if anything does.

    Raises
    ------
    InputError
        If its picture cannot be read.
    """
    around = around_px(config.picture.projection, config.size)
    return nadir_patch(config.stitch.nadir, Size(around, around // 2)) if config.stitch.nadir else None


def camera_url(camera: CameraConfig) -> str:
    """What to open for a camera: its URL, or the file that a ``demo:`` URL stands for."""
    if not camera.url.startswith(SCHEME):
        return camera.url
    return str(demo_clips().paths[DEMO_URLS.index(camera.url)])


def channel_loop(config: ChannelConfig) -> Loop | None:
    """The loop whose frames carry a barcode, when the channel shows the demo room."""
    demo = any(camera.url.startswith(SCHEME) for camera in config.camera)
    return Loop(DEMO_FRAMES, DEMO_FPS) if demo else None


@contextmanager
def _named(path: Path, key: str) -> Iterator[None]:
    """Say of a fault in another file where it was asked for."""
    try:
        yield
    except UserError as fault:
        raise ConfigError(path, key, str(fault)) from fault


def _absolute(config: ChannelConfig, folder: Path) -> ChannelConfig:
    def resolve(name: str) -> str:
        return str(folder / name)

    cameras = tuple(
        camera.model_copy(update={"url": resolve(_file_name(camera.url))}) if _is_file(camera.url) else camera for camera in config.camera
    )
    rig = config.rig if config.rig in (DEMO, *SPHERES) else resolve(config.rig)
    scene = resolve(config.scene) if config.scene and config.scene.endswith(".toml") else config.scene
    nadir = config.stitch.nadir
    if nadir and nadir.picture:
        nadir = nadir.model_copy(update={"picture": resolve(nadir.picture)})
    stitch = config.stitch.model_copy(update={"nadir": nadir})
    record = config.record.model_copy(update={"folder": resolve(config.record.folder)})
    return config.model_copy(update={"camera": cameras, "rig": rig, "scene": scene, "stitch": stitch, "record": record})


def _is_file(url: str) -> bool:
    return scheme(url) == "file" and not url.startswith(SCHEME)


def _file_name(url: str) -> str:
    """The path in a ``file:`` URL (RFC 8089); any other text is one already."""
    named = FILE_URL.match(url)
    return unquote(url[named.end() :]).replace("\0", "%00") if named else url
