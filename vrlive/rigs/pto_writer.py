"""Rigs as Hugin's .pto project files: the inverse of `vrlive.rigs.pto`, for what Hugin can say."""

from collections.abc import Sequence
from math import asin, ceil, degrees, isclose, pi
from pathlib import Path

from vrlive.errors import UserError
from vrlive.output import in_place
from vrlive.projection.lenses import view
from vrlive.projection.rig import Circle, Lens, PanoTools, Rectangle, Rig
from vrlive.rigs.pto import CIRCULAR, LENS_TYPES, NARROWEST_DEG, widest_deg

HEAD = """# written by vrlive rig export
p f2 w{width} h{height} v360 E0 R0 n"TIFF_m c:LZW r:CROP"
m g1 i0 f0 m2 p0.00784314

"""
RESPONSE = "Ra0 Rb0 Rc0 Rd0 Re0 Eev0 Er1 Eb1"
LARGEST_PX = 32_768
CLOSE = 1e-9


def write_pto(rig: Rig, path: Path, pictures: Sequence[str]) -> None:
    """Write a .pto that Hugin's programs, and `read_pto`, read as the same rig. Crops are rounded to whole px, as Hugin has them.

    Parameters
    ----------
    rig
        What to write.
    path
        The file.
    pictures
        What Hugin shall call the picture of each input.

    Raises
    ------
    UserError
        If a lens has what a .pto cannot say; lens and key are named.
    InputError
        If the file cannot be written.
    """
    assert len(pictures) == rig.inputs, f"{len(pictures)} pictures for {rig.inputs} inputs"
    if strange := next((name for name in pictures if '"' in name or "\n" in name), None):
        raise UserError(f"{strange}: a picture whose name holds a quote or a line break cannot be named in a .pto; rename it")
    images = "".join(f'i {_image(lens, path)} n"{pictures[lens.input]}"\n' for lens in rig.lenses)
    masks = "".join(f"k i{place} t0 {_corners(mask)}\n" for place, lens in enumerate(rig.lenses) for mask in lens.masks)
    height = min(round(pi * max(lens.focal_px for lens in rig.lenses) / 2) * 2, LARGEST_PX // 2)
    with in_place(path) as unfinished:
        unfinished.write_text(HEAD.format(width=2 * height, height=height) + images + masks, "utf-8")


def _image(lens: Lens, path: Path) -> str:
    """The variables of an ``i`` line, but for the name."""
    _refuse_the_unsayable(lens, path)
    kind = _kind(lens, path)
    distortion = lens.distortion if isinstance(lens.distortion, PanoTools) else PanoTools()
    d, e = _shift(lens, distortion)
    normal = lens.scene.normal if lens.scene else (0.0, 0.0, -1.0)
    x, y, z = lens.position_m
    values = {
        "w": lens.frame.width,
        "h": lens.frame.height,
        "f": kind,
        "v": _view_deg(lens, kind, path),
        "y": degrees(lens.yaw),
        "p": degrees(lens.pitch),
        "r": degrees(lens.roll),
        "TrX": x,
        "TrY": -y,
        "TrZ": z,
        "Tpy": degrees(asin(normal[0])),
        "Tpp": degrees(asin(normal[1])),
        "j": 0,
        **{key: getattr(distortion, key) for key in "abc"},
        "d": d,
        "e": e,
        "g": distortion.g,
        "t": distortion.t,
        **_vignetting(lens),
    }
    return " ".join([*(f"{key}{value + 0}" for key, value in values.items()), RESPONSE, *_crop(lens)])


def _refuse_the_unsayable(lens: Lens, path: Path) -> None:
    """What a .pto cannot say, as the key of rig.toml that says it."""
    moved, normal = any(lens.position_m), lens.scene.normal if lens.scene else (0.0, 0.0, -1.0)
    unsayable = {
        "aspect": lens.aspect != 1,
        "distortion": lens.distortion is not None and not isinstance(lens.distortion, PanoTools),
        "eye": lens.eye is not None,
        "mask": lens.mask is not None,
        "max_angle_deg": lens.max_angle_rad < pi,
        "patch": lens.patch,
        "position_m": moved and lens.scene is None,
        "plane_normal": lens.scene is not None and not (moved and _is_turned_once(normal)),
    }
    if key := next((key for key, is_so in unsayable.items() if is_so), None):
        raise _fault(lens, path, key, "cannot be said in a .pto")


def _is_turned_once(normal: tuple[float, float, float]) -> bool:
    return isclose(sum(each * each for each in normal), 1, abs_tol=CLOSE) and normal[2] < 0 and 0 in normal[:2]


def _kind(lens: Lens, path: Path) -> int:
    """The lens type whose crop has the shape of this one."""
    kinds = [kind for kind, model in LENS_TYPES.items() if model == lens.model]
    if not kinds:
        raise _fault(lens, path, "model", f"“{lens.model}” cannot be said in a .pto")
    if lens.crop is None:
        return kinds[-1]
    fitting = [kind for kind in kinds if (kind in CIRCULAR) == isinstance(lens.crop, Circle)]
    if not fitting:
        key, other = ("crop_circle_px", "rectangle") if isinstance(lens.crop, Circle) else ("crop_rect_px", "circle")
        raise _fault(lens, path, key, f"cannot be said in a .pto: the crop of a lens of model “{lens.model}” is a {other}")
    return fitting[0]


def _view_deg(lens: Lens, kind: int, path: Path) -> float:
    found = 2 * degrees(view(lens.model, lens.frame.width / 2, lens.focal_px))
    if not NARROWEST_DEG <= found <= widest_deg(kind):  # nor if there is none
        raise _fault(
            lens, path, "focal_px", "cannot be said in a .pto: no ray of such a lens would reach the sides of the frame; crop the pictures"
        )
    return found


def _shift(lens: Lens, distortion: PanoTools) -> tuple[float, float]:
    """Their d and e, which the shear moves after they have moved the centre."""
    x, y = lens.centre_px[0] - lens.frame.width / 2, lens.centre_px[1] - lens.frame.height / 2
    shear_x, shear_y = distortion.g / lens.frame.height, distortion.t / lens.frame.width
    return (x - shear_x * y) / (1 - shear_x * shear_y), (y - shear_y * x) / (1 - shear_x * shear_y)


def _vignetting(lens: Lens) -> dict[str, float]:
    found = lens.vignetting
    if found is None:
        return {"Va": 1, "Vb": 0, "Vc": 0, "Vd": 0, "Vx": 0, "Vy": 0, "Vm": 5}
    x, y = found.centre_px[0] - lens.frame.width / 2, found.centre_px[1] - lens.frame.height / 2
    return {"Va": 1, "Vb": found.b, "Vc": found.c, "Vd": found.d, "Vx": x, "Vy": y, "Vm": 5}


def _crop(lens: Lens) -> list[str]:
    match lens.crop:
        case Circle(x, y, radius):
            edges = *_around(x, radius), *_around(y, radius)
        case Rectangle(left, top, right, bottom):
            edges = round(left), round(right), round(top), round(bottom)
        case None:
            return []
    return [f"S{','.join(map(str, edges))}"]


def _around(middle: float, radius: float) -> tuple[int, int]:
    """Whole px that lie around a middle to half a px: Hugin's circle is the largest in its rectangle, round its middle."""
    twice, width = round(2 * middle), ceil(2 * radius - CLOSE)
    width += (width - twice) % 2
    return (twice - width) // 2, (twice + width) // 2


def _corners(mask: Sequence[tuple[float, float]]) -> str:
    return f'p"{" ".join(f"{x - 0.5} {y - 0.5}" for x, y in mask)}"'


def _fault(lens: Lens, path: Path, key: str, problem: str) -> UserError:
    return UserError(f"{path}: lens “{lens.name}”: {key} {problem}")
