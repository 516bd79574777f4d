"""``vrlive scene``: a showroom looked at without a show; what is wrong with its file, and how it looks in a room."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from math import pi, radians, tan
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from renderer.compositor import Compositor
from renderer.figure import Figure, stand
from renderer.gltf.guard import read_guarded
from renderer.gltf.lint import Facts, facts, lint
from renderer.standing import check_scene
from vrlive import resources
from vrlive.capture.demo.clips import DEMO_FRAMES, fingerprint
from vrlive.capture.demo.views import truth
from vrlive.capture.stills import read_picture, to_rgb, write_picture
from vrlive.errors import ConfigError, InputError, UserError, did_you_mean
from vrlive.exhibits import examine_catalogue
from vrlive.frames import Picture
from vrlive.output import check_output, in_place
from vrlive.projection import outputs
from vrlive.projection.outputs import Output
from vrlive.rigs.read import equirect_rig
from vrlive.show.catalogue import Catalogue
from vrlive.show.motion import Clip
from vrlive.show.scene import Garment, Scene, locate, position, read_scene, read_scene_with_faults
from vrlive.show.staging import relocated, restaged
from vrlive.stitch import Mosaic, plan_output
from vrlive.units import Size

DEMO: Final = "demo"
STUDIO: Final = "studio"
EQUIRECT: Final = Size(3840, 1920)
FLAT: Final = Size(1920, 1080)
LARGEST: Final = Size(8192, 4096)
SMALLEST: Final = Size(128, 64)
FOV_DEG: Final = (1.0, 150.0)

_WALLS: Final = (172, 128, 128)  # a light grey room …
_FLOOR: Final = (120, 128, 128)  # … with a darker floor
_TOUCHING_M: Final = 0.02  # skirts may meet
_ROOM_PX: Final = 1080  # of the cameras that the demo room is named by

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Examined:
    """A scene's file, looked at.

    Attributes
    ----------
    facts
        What is known of it, a line each.
    faults
        Why it cannot go on air; each names the file, the key, the value, and what would be right.
    warnings
        What can, but is hardly meant so.
    """

    path: Path
    facts: tuple[str, ...]
    faults: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class FlatView:
    """Where a flat view looks and how wide it is, in radians."""

    yaw: float
    pitch: float
    fov: float

    @classmethod
    def parse(cls, text: str) -> "FlatView":
        """Read ``YAW,PITCH,FOV`` in degrees.

        Raises
        ------
        UserError
            If it is none.
        """
        try:
            yaw, pitch, fov = (float(part) for part in text.split(","))
        except ValueError:
            yaw = pitch = fov = np.nan
        if not (abs(yaw) <= 360 and abs(pitch) <= 90 and FOV_DEG[0] <= fov <= FOV_DEG[1]):
            bounds = f"pitch within ±90 and a field of view of {FOV_DEG[0]:g} to {FOV_DEG[1]:g}"
            raise UserError(f"--view: “{text}” is not YAW,PITCH,FOV in degrees, such as 30,-10,60; {bounds}")
        return cls(radians(yaw), radians(pitch), radians(fov))


def examine_scene(name_or_path: str | Path) -> Examined:
    """Read a scene and all of its models, and say what it is like and what is wrong with it.

    Raises
    ------
    ConfigError
        If a name is given that no showroom has.
    """
    path = locate(name_or_path)
    scene, found = read_scene_with_faults(path)
    faults = [str(fault) for fault in found]
    if scene is None:
        return Examined(path, (), tuple(faults), ())
    lines = [f"{path}: {scene.title or scene.name}, floor {scene.floor_m:g} m below the cameras"]
    lines.append(f"garments    {len(scene.garment)}")
    warnings: list[str] = []
    figures = []
    missing = {fault.key for fault in found}
    for number, garment in enumerate(scene.garment):
        key = f"garment[{number}]"
        if f"{key}.model" in missing:
            continue
        try:
            figure, told, doubts = _look_at(garment, scene, path, key)
        except UserError as fault:
            faults.append(str(fault))
        else:
            figures.append(figure)
            lines.append(told)
            warnings.extend(doubts)
    warnings.extend(_meetings(figures))
    catalogue, disagreements = examine_catalogue(scene, {each.garment.name: each.model.variants for each in figures})
    faults.extend(map(str, disagreements))
    lines.extend(_goods(catalogue))
    if scene.occluder:
        lines.append(f"occluders   {', '.join(f'{each.name} ({each.distance_m:g} m)' for each in scene.occluder)}")
        try:
            check_scene(scene.model_copy(update={"garment": ()}), EQUIRECT)
        except UserError as fault:
            faults.append(str(ConfigError(path, "occluder", str(fault))))
    return Examined(path, tuple(lines), tuple(faults), tuple(warnings))


def _goods(catalogue: Catalogue) -> Iterator[str]:
    """What can be bought, a line each."""
    if catalogue.product:
        yield f"products    {len(catalogue.product)}"
    for each in catalogue.product:
        sizes = sum(len(variant.size) for variant in each.variant)
        yield f"            {each.id}: {each.name}, {catalogue.price(each)}, {len(each.variant)} variants in {sizes} sizes"


def render_scene(
    scene: str | Path, out: Path, *, room: str, size: str | None, view: str | None, force: bool, progress: Progress, time_s: float = 0.0
) -> str:
    """Draw a showroom into a panorama, or into a flat view of it.

    Parameters
    ----------
    room
        A panorama's file; “demo”: the demo room; “studio”: an even grey room.
    size
        ``WIDTHxHEIGHT`` of the picture.
    view
        ``YAW,PITCH,FOV`` of a flat view, in degrees; None: all of the panorama.
    force
        Whether a file that is there may be overwritten.
    time_s
        Garments that move are drawn as they are then.

    Returns
    -------
    str
        What was written, in words.

    Raises
    ------
    UserError
        If a file or value is wrong.
    RenderUnavailable
        If there is no usable OpenGL.
    """
    given = () if room in (DEMO, STUDIO) else (Path(room),)
    check_output(out, (".png", ".jpg", ".jpeg"), "a scene becomes", given)
    if out.exists() and not force:
        raise InputError(f"{out}: is there already; give another name, or --force to overwrite it")
    flat = FlatView.parse(view) if view else None
    wanted = _size(size, flat)
    sphere = _sphere_for(wanted, flat) if flat else wanted
    staged = read_scene(scene)
    check_scene(staged, sphere)
    picture = room_picture(room, sphere, progress)
    steps = 2 + bool(flat)
    progress(0, steps)
    compositor = Compositor(staged, sphere, patient=True)
    try:
        progress(1, steps)
        compositor.run(picture, time_s)
    finally:
        compositor.close()
    progress(2, steps)
    if flat:
        picture = _shown(picture, outputs.rectilinear(wanted, flat.fov, flat.yaw, flat.pitch))
        progress(3, steps)
    with in_place(out) as unfinished:
        write_picture(picture, unfinished)
    count = len(staged.garment)
    return f"{wanted}, {count} garment{'s' * (count != 1)}"


def save_scene(source: Path, before: Scene, after: Scene, to: Path) -> None:
    """Write a scene whose garments were moved: whole or not at all; the file that was there is kept beside it as ``.bak``.

    Parameters
    ----------
    source, before
        The scene.toml, and what was read from it.
    after
        The scene as it is now.
    to
        The same file or another; paths of models are then written so that they are found from there.

    Raises
    ------
    ConfigError
        If the file holds other garments by now.
    InputError
        If it cannot be read or written.
    """
    here, there = source.resolve().parent, to.resolve().parent

    def path_from(named: str) -> str:
        return Path(os.path.relpath(here / named, there)).as_posix() if (here / named).is_file() else named

    try:
        text = restaged(source.read_text("utf-8"), before, after)
    except OSError as fault:
        raise InputError(f"{source}: cannot be read: {fault.strerror or fault}") from fault
    except ValueError as fault:
        raise ConfigError(source, "garment", "was changed while the preview was open; its garments are others now") from fault
    if here != there:
        text = relocated(text, path_from)
    if to.exists():
        with in_place(to.with_name(f"{to.name}.bak")) as kept:
            shutil.copy2(to, kept)
    with in_place(to) as unfinished:
        unfinished.write_text(text, "utf-8")
        if to.exists():
            shutil.copymode(to, unfinished)


def room_picture(room: str, size: Size, progress: Progress) -> Picture:
    """The panorama to stand in: a file, “demo” or “studio”; in memory of its own.

    Raises
    ------
    InputError
        If the file cannot be read or is no panorama.
    """
    if room == STUDIO:
        studio = Picture.filled(size, _WALLS)
        studio.y[size.height // 2 :] = _FLOOR[0]
        return studio
    path = Path(room)
    if room == DEMO:
        path = demo_room(progress)
    elif not path.suffix and not path.exists():
        raise InputError(f"--room: there is no file {path}; give a panorama's file, “{DEMO}” or “{STUDIO}”")
    picture = read_picture(path)
    if picture.size.width != 2 * picture.size.height:
        raise InputError(f"{path}: {picture.size} is no panorama; one is twice as wide as high")
    return picture if picture.size == size else _shown(picture, outputs.equirect(size))


def demo_room(progress: Progress, size: Size = EQUIRECT) -> Path:
    """A picture of the demo room, made once and kept in the user's cache under all that it was made from.

    Raises
    ------
    InputError
        If the cache cannot be written.
    """
    path = resources.cache() / f"room-{fingerprint(_ROOM_PX, DEMO_FRAMES)}-{size}.png"
    if not path.is_file():
        progress(0, 1)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise InputError(f"{path.parent}: cannot be written: {fault.strerror}; set XDG_CACHE_HOME to a folder that can") from fault
        picture = truth(size, 0.0, samples=1)
        with in_place(path) as unfinished:
            Image.fromarray(to_rgb(picture)).save(unfinished, "PNG", compress_level=3)
        for older in path.parent.glob(f"room-*-{size}.png"):
            if older != path:
                older.unlink(missing_ok=True)
        progress(1, 1)
    return path


def _look_at(garment: Garment, scene: Scene, path: Path, key: str) -> tuple[Figure, str, list[str]]:
    """The garment on its place, what it is like, and what is doubtful about it."""
    try:
        model = read_guarded(garment.model)  # a scene may come from a stranger
        found = facts(model, garment.model.stat().st_size)
    except InputError as fault:
        raise ConfigError(path, f"{key}.model", str(fault)) from fault
    names = [animation.name for animation in model.animations]
    if isinstance(garment.motion, Clip) and garment.motion.name not in names:
        hint = did_you_mean(garment.motion.name, names, f"it has {', '.join(names) or 'none'}")
        raise ConfigError(path, f"{key}.motion.name", f"{garment.model.name} has no animation “{garment.motion.name}”; {hint}")
    if garment.variant and garment.variant not in model.variants:
        hint = did_you_mean(garment.variant, model.variants, f"there is: {', '.join(model.variants) or 'none'}")
        raise ConfigError(path, f"{key}.variant", f"{garment.model.name} has no variant “{garment.variant}”; {hint}")
    try:
        figure = stand(garment, scene.floor_m, EQUIRECT, model)
    except InputError as fault:
        raise ConfigError(path, f"{key}.model", str(fault)) from fault
    doubts = [f"{garment.name}: {finding.text}" for finding in lint(model, found)]
    doubts.extend(_on_floor(figure))
    return figure, _told(figure, found), doubts


def _told(figure: Figure, found: Facts) -> str:
    garment = figure.garment
    width, height, depth = found.size_m
    x, _, z = position(garment, figure.floor_m)
    bearing, away = np.degrees(np.arctan2(x, -z)), np.hypot(x, z)
    pictures = f"{len(found.textures)} texture{'s' * (len(found.textures) != 1)}"
    pictures += f" up to {max(max(each) for each in found.textures)} px" if found.textures else ""
    variants = f", variants {', '.join(found.variants)}" if found.variants else ""
    return (
        f"{garment.name:<11} {width:.2f} x {height:.2f} x {depth:.2f} m, bearing {bearing:.1f}°, {away:.2f} m away, "
        f"{round(figure.bounds[0, 1] + figure.floor_m, 2) + 0.0:+.2f} m from the floor; {found.triangles} triangles, {pictures}{variants}"
    )


def _on_floor(figure: Figure) -> Iterator[str]:
    low = float(figure.bounds[0, 1]) + figure.floor_m
    name = figure.garment.name
    if low < -_TOUCHING_M:
        yield f"{name}: reaches {-low:.2f} m below the floor; raise it by height_m or position_m, or see whether floor_m is right"
    nearest = np.maximum(np.maximum(figure.bounds[0], -figure.bounds[1]), 0)[[0, 2]]
    if not nearest.any():
        yield f"{name}: stands around the cameras; give it a larger distance_m"


def _meetings(figures: list[Figure]) -> Iterator[str]:
    for one, other in combinations(figures, 2):
        shared = np.minimum(one.bounds[1], other.bounds[1]) - np.maximum(one.bounds[0], other.bounds[0])
        if (shared > _TOUCHING_M).all():
            yield f"{one.garment.name} and {other.garment.name} stand in each other, by {min(shared[0], shared[2]):.2f} m"


def _size(text: str | None, flat: FlatView | None) -> Size:
    if text is None:
        return FLAT if flat else EQUIRECT
    try:
        size = Size.parse(text) if flat else Size.parse_equirect(text)
    except ValueError as fault:
        raise UserError(f"--size: {fault}") from None
    if size.width % 2 or size.height % 2:
        raise UserError(f"--size: {size} has an odd side; both are even")
    if not (SMALLEST.width <= size.width <= LARGEST.width and SMALLEST.height <= size.height <= LARGEST.height):
        raise UserError(f"--size: {size} is not between {SMALLEST} and {LARGEST}")
    return size


def _sphere_for(wanted: Size, flat: FlatView) -> Size:
    """A panorama as sharp as the middle of the flat view, of whole macroblocks."""
    width = wanted.width / (2 * tan(flat.fov / 2)) * 2 * pi
    height = min(max(32 * round(width / 64), SMALLEST.height), LARGEST.height)
    return Size(2 * height, height)


def _shown(picture: Picture, output: Output) -> Picture:
    """A panorama turned into what `output` shows of it."""
    shown = Picture.filled(output.size)
    Mosaic(output, plan_output(equirect_rig(picture.size), output, feather_rad=0.0)).run([picture], shown)
    return shown
