"""A rig that stands askew, levelled by what its cameras wrote about gravity beside their pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import degrees, radians
from pathlib import Path
from typing import Final

import numpy as np

from vrlive.capture.gravity import Gravity, angle_between, read_gravity
from vrlive.errors import InputError
from vrlive.projection.horizon import level, up_in_rig
from vrlive.projection.rig import Array, Lens, Rig

DISAGREE_RAD: Final = radians(10)
SENSORS: Final = {"GRAV": "the gravity sensor", "ACCL": "the accelerometer"}


@dataclass(frozen=True, slots=True)
class Levelled:
    """A levelled rig, and what was done, in words."""

    rig: Rig
    words: str


def level_if_told(rig: Rig, files: Sequence[Path | None], *, wanted: bool | None) -> Levelled:
    """A rig as a user wants it: levelled in any case, never, or (None) if a file tells where down is and nothing speaks against it.

    Raises
    ------
    InputError
        If it must be levelled and cannot be.
    """
    if wanted is False:
        return Levelled(rig, "")
    try:
        found = levelled(rig, files)
    except InputError as fault:
        if wanted:
            raise
        return Levelled(rig, f"not levelled: {fault}")
    if found is None and wanted:
        names = ", ".join(path.name for path in files if path) or "a camera that is no file"
        raise InputError(f"{names}: does not tell where down is; a GoPro's own film does, in its GPMF track")
    return found or Levelled(rig, "")


def levelled(rig: Rig, files: Sequence[Path | None]) -> Levelled | None:
    """Turn a rig so that up in its cameras' telemetry is up in the panorama; what lies ahead keeps its bearing.

    Parameters
    ----------
    rig
        Calibrated. A file's telemetry is in the axes of its lens that looks most nearly ahead, the front lens of a 360° camera.
    files
        One for each input, None where there is none. Those that tell nothing of gravity do not count; one that is two inputs counts once.

    Returns
    -------
    Levelled or None
        None if no file tells where down is.

    Raises
    ------
    InputError
        If one does, but the camera moved, its telemetry is damaged, or two cameras disagree.
    """
    known = [(path, _sensing(rig, files, path), found) for path in dict.fromkeys(files) if path and (found := read_gravity(path))]
    if not known:
        return None
    ups = [up_in_rig(lens, gravity.up) for _, lens, gravity in known]
    up = np.sum(ups, axis=0)
    for (path, _, _), each in zip(known, ups, strict=True):
        apart = angle_between(ups[0], each)
        if apart > DISAGREE_RAD:
            raise InputError(
                f"{known[0][0]} and {path} disagree by {degrees(apart):.0f}° about where down is: do they stand as the rig says?"
            )
    pitch, roll = level(up)
    return Levelled(rig.turned(0.0, pitch, roll), _words(pitch, roll, known[0][0], [gravity for _, _, gravity in known], ups))


def _sensing(rig: Rig, files: Sequence[Path | None], path: Path) -> Lens:
    """The lens whose axes a file's telemetry is in."""
    return max((lens for lens in rig.lenses if files[lens.input] == path), key=lambda lens: float(lens.rotation[2, 2]))


def _words(pitch: float, roll: float, first: Path, known: Sequence[Gravity], ups: Sequence[Array]) -> str:
    """Such as: levelled by pitch +3.1°, roll −0.4° (the accelerometer of front.mp4, ±0.3°)."""
    others = f" and {len(known) - 1} more" if len(known) > 1 else ""
    unsure = max([gravity.spread_rad for gravity in known] + [angle_between(ups[0], each) for each in ups])
    turn = f"pitch {degrees(pitch):+z.1f}°, roll {degrees(roll):+z.1f}°".replace("-", "−")
    return f"levelled by {turn} ({SENSORS[known[0].source]} of {first.name}{others}, ±{degrees(unsure):.1f}°)"
