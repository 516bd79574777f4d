"""Rigs of cameras that nobody calibrates, by name: two fisheyes back to back in one frame, faces of cubes, GoPro MAX.

They are what such a camera would be if it were built exactly; a rig of one's own unit is better. Sources: the frames themselves; for the
GoPro MAX, the layout of max2sphere; the order and turn of cube faces: see `vrlive.projection.outputs`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import pi, radians

from vrlive.errors import RigFileError, UserError, did_you_mean
from vrlive.projection import outputs
from vrlive.projection.lenses import focal
from vrlive.projection.outputs import Output
from vrlive.projection.rig import Circle, Lens, Model, Rectangle, Rig
from vrlive.units import Size

RIGHT_ANGLE = pi / 2
WIDEST_DEG = 300.0
SIDES = ("front", "right", "back", "left", "up", "down")
ABOVE, BELOW = ("left", "front", "right"), ("down", "back", "up")


@dataclass(frozen=True, slots=True)
class Preset:
    """A kind of camera.

    Attributes
    ----------
    summary
        Shown to people.
    size
        Of its frames when none is given; others have the same shape, unless `any_shape`.
    make
        From the size of a frame, and the field of view of a fisheye in radians, to lenses.
    fov_deg
        Field of view of its fisheyes when none is given; None: it has none.
    any_shape
        Whether frames may have any shape.
    """

    summary: str
    size: Size
    make: Callable[[Size, float], tuple[Lens, ...]]
    fov_deg: float | None = None
    any_shape: bool = False


def preset_rig(name: str, size: Size | None = None, fov_deg: float | None = None) -> Rig:
    """The rig of a preset for frames of a `size`, with fisheyes of a field of view.

    Raises
    ------
    UserError
        If there is no such preset, or size or field of view do not go with it.
    """
    if name not in PRESETS:
        known = f"known are {', '.join(PRESETS)}"
        raise UserError(f"there is no preset “{name}”; {did_you_mean(name, [*PRESETS], known)}")
    preset = PRESETS[name]
    if fov_deg is not None and (preset.fov_deg is None or not 90 <= fov_deg <= WIDEST_DEG):
        reason = f"must lie within 90…{WIDEST_DEG:g}°" if preset.fov_deg else f"{name} has no fisheye lens"
        raise UserError(f"--fov: {fov_deg:g} is not possible: {reason}")
    view = radians(fov_deg or preset.fov_deg or 0.0)
    frame = size if size and preset.any_shape else preset.size
    lenses = preset.make(frame, view)
    rig = Rig(lenses, name, 1 + max(lens.input for lens in lenses))
    try:
        return rig.scaled_to([size or frame] * rig.inputs)
    except RigFileError:
        raise UserError(f"--size: frames of {name} have the shape of {preset.size}, not of {size}") from None


def _side_by_side(frame: Size, view: float) -> tuple[Lens, ...]:
    """The right one in front, as in FFmpeg's ``dfisheye``."""
    half = frame.width / 2
    return _pair(frame, view, ((half * 3 / 2, frame.height / 2), (half / 2, frame.height / 2)), min(half, frame.height) / 2)


def _stacked(frame: Size, view: float) -> tuple[Lens, ...]:
    half = frame.height / 2
    return _pair(frame, view, ((frame.width / 2, half / 2), (frame.width / 2, half * 3 / 2)), min(half, frame.width) / 2)


def _apart(frame: Size, view: float) -> tuple[Lens, ...]:
    middle = (frame.width / 2, frame.height / 2)
    front, back = _pair(frame, view, (middle, middle), min(frame) / 2)
    return front, replace(back, input=1)


def _theta(frame: Size, view: float) -> tuple[Lens, ...]:
    """Circles as large as they are in frames of 1920×1080, their tops outwards."""
    unit = frame.width / 1920
    middles = ((480 * unit, 480 * unit), (1440 * unit, 480 * unit))
    return _pair(frame, view, middles, 454 * unit, (-RIGHT_ANGLE, RIGHT_ANGLE))


def _pair(
    frame: Size,
    view: float,
    middles: tuple[tuple[float, float], tuple[float, float]],
    radius: float,
    rolls: tuple[float, float] = (0.0, 0.0),
) -> tuple[Lens, Lens]:
    """Two equidistant fisheyes back to back, in front and behind."""
    front, back = (
        Lens(
            name=name,
            input=0,
            frame=frame,
            model="equidistant",
            focal_px=focal("equidistant", radius, view / 2),
            centre_px=(x, y),
            crop=Circle(x, y, radius),
            yaw=yaw,
            roll=roll,
        )
        for name, (x, y), yaw, roll in zip(("front", "back"), middles, (0.0, pi), rolls, strict=True)
    )
    return front, back


def _faces(output: Output, names: tuple[str, ...]) -> tuple[Lens, ...]:
    """The faces of an output of ours, as lenses that see it."""
    return tuple(_face(output.size, name, placed) for name, placed in zip(names, output.faces, strict=True))


def _face(frame: Size, name: str, placed: outputs.Placed) -> Lens:
    face, left, top = placed.face, placed.left, placed.top
    model: Model = "rectilinear" if face.projection == "rectilinear" else "equiangular"
    half = face.size.width / 2
    return Lens(
        name=name,
        input=0,
        frame=frame,
        model=model,
        focal_px=half if model == "rectilinear" else half / (RIGHT_ANGLE / 2),
        centre_px=(left + half, top + half),
        crop=Rectangle(left, top, left + 2 * half, top + 2 * half),
        yaw=face.yaw,
        pitch=face.pitch,
        roll=face.roll,
    )


def _cube_pictures(frame: Size, _: float) -> tuple[Lens, ...]:
    """Six pictures of six faces, all upright as seen after turning right, or up or down from the front."""
    half = frame.width / 2
    poses = ((0, 0), (RIGHT_ANGLE, 0), (pi, 0), (-RIGHT_ANGLE, 0), (0, RIGHT_ANGLE), (0, -RIGHT_ANGLE))
    return tuple(
        Lens(name, place, frame, "rectilinear", half, (half, half), yaw=yaw, pitch=pitch)
        for place, (name, (yaw, pitch)) in enumerate(zip(SIDES, poses, strict=True))
    )


def _gopro_max(side: int, shared: int) -> Callable[[Size, float], tuple[Lens, ...]]:
    """Two tracks, each a strip of three equi-angular faces; the outer two are `side` px wide and come in halves, one of each lens.

    The halves go on past each other's end by `shared` px either way, so that a whole face is narrower by twice as much.
    """

    def make(frame: Size, _: float) -> tuple[Lens, ...]:
        poses = outputs.equiangular_cubemap(Size(3 * frame.height, 2 * frame.height)).faces
        strips = ((0, ABOVE, poses[:3]), (1, BELOW, poses[3:]))
        return tuple(lens for track, names, faces in strips for lens in _strip(frame, track, names, faces))

    def _strip(frame: Size, track: int, names: tuple[str, ...], faces: tuple[outputs.Placed, ...]) -> list[Lens]:
        left, middle, right = (
            Lens(name, track, frame, "equiangular", 1.0, (0.0, 0.0), yaw=placed.face.yaw, pitch=placed.face.pitch, roll=placed.face.roll)
            for name, placed in zip(names, faces, strict=True)
        )
        whole = _spread(middle, side, frame.width - side, frame.width - 2 * side, frame.width / 2)
        return [*_halves(left, 0), whole, *_halves(right, frame.width - side)]

    def _halves(lens: Lens, start: int) -> tuple[Lens, Lens]:
        middle = start + side / 2
        first = _spread(lens, start, middle, side - 2 * shared, middle - shared)
        second = _spread(lens, middle, start + side, side - 2 * shared, middle + shared)
        return replace(first, name=f"{lens.name} 1"), replace(second, name=f"{lens.name} 2")

    def _spread(lens: Lens, left: float, right: float, width: float, centre: float) -> Lens:
        height = lens.frame.height
        return replace(
            lens,
            focal_px=width / RIGHT_ANGLE,
            aspect=height / width,
            centre_px=(centre, height / 2),
            crop=Rectangle(left, 0, right, height),
        )

    return make


PRESETS: dict[str, Preset] = {
    "dual-fisheye": Preset("two fisheyes back to back, side by side in one frame, front right", Size(2560, 1280), _side_by_side, 195, True),
    "dual-fisheye-stacked": Preset(
        "two fisheyes back to back, one above the other in one frame, front above", Size(1280, 2560), _stacked, 195, True
    ),
    "dual-fisheye-files": Preset("two fisheyes back to back in two inputs, front first", Size(1440, 1440), _apart, 195, True),
    "insta360-air": Preset("Insta360 Air: side by side, front right", Size(1920, 960), _side_by_side, 198),
    "ricoh-theta": Preset("Ricoh Theta S: side by side, front left, tops outwards", Size(1920, 1080), _theta, 192),
    "gopro-max-3k": Preset("GoPro MAX .360 in 3K: its two video tracks", Size(2272, 736), _gopro_max(768, 16)),
    "gopro-max-5.6k": Preset("GoPro MAX .360 in 5.6K: its two video tracks", Size(4096, 1344), _gopro_max(1376, 32)),
    "cubemap": Preset(
        "cube faces in one frame: right, left, up; down, front, back",
        Size(3072, 2048),
        lambda size, _: _faces(outputs.cubemap(size), ("right", "left", "up", "down", "front", "back")),
    ),
    "cubemap-files": Preset(f"six pictures of cube faces: {', '.join(SIDES)}", Size(1024, 1024), _cube_pictures),
    "eac": Preset(
        "equi-angular cubemap in one frame: left, front, right; down, back, up, as FFmpeg's eac",
        Size(3072, 2048),
        lambda size, _: _faces(outputs.equiangular_cubemap(size), (*ABOVE, *BELOW)),
    ),
}
