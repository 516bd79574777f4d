"""What `vrlive stitch` shall show: a projection by its name, its size, and where it looks."""

from dataclasses import dataclass
from math import pi, radians
from typing import Final

from streaming.spherical import Mapping, Stereo
from vrlive.errors import UserError, did_you_mean
from vrlive.projection import outputs
from vrlive.projection.outputs import Output
from vrlive.projection.rig import Eye, Rig
from vrlive.units import SHAPES, Size

PROJECTIONS: Final = ("equirect", "vr180", "cubemap", "eac", "rectilinear")
MAPPINGS: Final = {"equirect": Mapping.EQUIRECT, "vr180": Mapping.HALF_EQUIRECT, "cubemap": Mapping.CUBEMAP}  # no standard marks others
STEP_PX: Final = 32  # a size that we choose is a multiple: whole macroblocks of H.264 both ways
SMALLEST: Final = Size(64, 32)
VIEW: Final = Size(1920, 1080)
WIDEST_DEG: Final = 170.0
EYES_M: Final = 0.064  # from one eye to the other, on average
EYES: Final[tuple[Eye, Eye]] = ("left", "right")


@dataclass(frozen=True, slots=True)
class Showing:
    """What is to be shown.

    Attributes
    ----------
    projection
        One of `PROJECTIONS`.
    size
        Of the picture, of one eye's in stereo; None: what the rig's sharpest lens is worth.
    yaw, pitch, roll, fov
        Where a rectilinear view looks, and how wide it is, in radians.
    """

    projection: str = "equirect"
    size: Size | None = None
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    fov: float = radians(90)

    @classmethod
    def parse(cls, projection: str, size: str | None, view: str | None, fov_deg: float | None) -> "Showing":
        """Read what was typed.

        Raises
        ------
        UserError
            If a value is wrong or does not go with the projection.
        """
        if projection not in PROJECTIONS:
            known = f"known are {', '.join(PROJECTIONS)}"
            raise UserError(f"--projection: there is no “{projection}”; {did_you_mean(projection, PROJECTIONS, known)}")
        if projection != "rectilinear" and (view is not None or fov_deg is not None):
            raise UserError(f"--view and --fov go with --projection rectilinear; {projection} shows all there is")
        yaw, pitch, roll = _angles(view) if view is not None else (0.0, 0.0, 0.0)
        if fov_deg is not None and not 1 <= fov_deg <= WIDEST_DEG:
            raise UserError(f"--fov: {fov_deg:g} is not between 1 and {WIDEST_DEG:g} degrees")
        return cls(projection, _size(projection, size) if size is not None else None, yaw, pitch, roll, radians(fov_deg or 90))

    @property
    def mapping(self) -> Mapping | None:
        """How players are told what it is."""
        return MAPPINGS.get(self.projection)

    def eyes(self, rig: Rig, largest: Size) -> tuple[tuple[Rig, Output], ...]:
        """The rig and its output; for a rig with lenses of both eyes two of them, in the halves of one picture, the left eye on top.

        Raises
        ------
        UserError
            If the picture would be larger than `largest`.
        """
        one = self._output(rig, largest)
        stereo = has_both_eyes(rig)
        whole = Size(one.size.width, one.size.height * (2 if stereo else 1))
        large_enough = whole.width >= SMALLEST.width and whole.height >= SMALLEST.height
        if not large_enough or whole.width > largest.width or whole.width * whole.height > largest.width * largest.height:
            raise UserError(f"--size: a picture of {whole} is not between {SMALLEST} and {largest}, the sizes that files have here")
        return eyes_of(rig, one, stereo=stereo)

    def _output(self, rig: Rig, largest: Size) -> Output:
        size = self.size or own_size(rig, self.projection, largest)
        if self.projection == "rectilinear":
            return outputs.rectilinear(size, self.fov, self.yaw, self.pitch, self.roll)
        return sphere_output(self.projection, size)


def sphere_output(projection: str, size: Size) -> Output:
    """The sphere, or its half, in a picture of one of `vrlive.units.SHAPES`."""
    match projection:
        case "vr180":
            return outputs.vr180(size)
        case "cubemap":
            return outputs.cubemap(size)
        case "eac":
            return outputs.equiangular_cubemap(size)
    return outputs.equirect(size)


def eyes_of(rig: Rig, one: Output, *, stereo: bool) -> tuple[tuple[Rig, Output], ...]:
    """The lenses that make a picture `one`, and it; in stereo those of each eye, with the halves of one picture, the left eye's on top.

    In mono a rig with lenses of both eyes shows what the left one sees.
    """
    if not stereo:
        return ((rig.of_eye("left") if has_both_eyes(rig) else rig, one),)
    return tuple((rig.of_eye(eye), half) for eye, half in zip(EYES, outputs.top_bottom(one, one), strict=True))


def has_both_eyes(rig: Rig) -> bool:
    """Whether a rig has lenses of each eye."""
    return {*EYES} <= {lens.eye for lens in rig.lenses}


def around_px(projection: str, size: Size) -> int:
    """How many px a whole turn along the horizon takes, about."""
    return {"equirect": size.width, "vr180": 2 * size.width}.get(projection, size.width * 4 // 3)


def stereo_of(rig: Rig) -> Stereo:
    """What players are told of a picture of a rig."""
    return Stereo.TOP_BOTTOM if has_both_eyes(rig) else Stereo.MONO


def own_size(rig: Rig, projection: str, largest: Size) -> Size:
    """The size at which the rig's sharpest lens is neither enlarged nor reduced in its middle; at most `largest`."""
    sharpest = max(lens.focal_px * max(1.0, lens.aspect) for lens in rig.lenses if not lens.patch)
    eyes = 2 if has_both_eyes(rig) else 1
    match projection:
        case "rectilinear":
            return VIEW
        case "vr180":
            side = _step(sharpest * pi, largest.height // eyes)
            return Size(side, side)
        case "cubemap" | "eac":
            side = _step(sharpest * (2 if projection == "cubemap" else pi / 2), min(largest.width // 3, largest.height // 2 // eyes))
            return Size(3 * side, 2 * side)
    width = _step(sharpest * 2 * pi, largest.width // eyes)
    return Size(width, width // 2)


def _step(px: float, most: int) -> int:
    return min(max(STEP_PX * round(px / STEP_PX), SMALLEST.width), most // STEP_PX * STEP_PX)


def _size(projection: str, text: str) -> Size:
    try:
        size = Size.parse(text)
        if projection in SHAPES:
            size.check_shape(projection)
    except ValueError as fault:
        raise UserError(f"--size: {fault}") from None
    if size.width % 2 or size.height % 2:
        raise UserError(f"--size: {size} has an odd side; both are even")
    return size


def _angles(view: str) -> tuple[float, float, float]:
    try:
        numbers = [float(part) for part in view.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in {2, 3} or not all(abs(number) <= 360 for number in numbers):
        raise UserError(f"--view: “{view}” is not YAW,PITCH or YAW,PITCH,ROLL in degrees, such as 90,-10")
    yaw, pitch, roll = (*map(radians, numbers), 0.0)[:3]
    return yaw, pitch, roll
