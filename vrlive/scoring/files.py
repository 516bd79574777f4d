"""From files to scores, and from scores to a file."""

import json
from collections.abc import Callable, Sequence
from math import inf
from pathlib import Path
from typing import Final

from vrlive.errors import InputError, UserError
from vrlive.frames import Picture
from vrlive.output import check_output, in_place
from vrlive.projection.rig import Rig
from vrlive.rigs import read_rig, rig_pictures
from vrlive.scoring.measure import Measurement
from vrlive.scoring.moments import Moment, moments
from vrlive.scoring.scores import Maps, Scores
from vrlive.showing import EYES, own_size
from vrlive.units import Size

USUAL: Final = Size(2048, 1024)  # measured at most, unless more is asked for
SMALLEST: Final = Size(64, 32)
LARGEST: Final = Size(4096, 2048)
NUMBERS: Final = (".json",)
PICTURES: Final = (".png", ".jpg", ".jpeg")
NEAREST_M: Final = 0.2
FARTHEST_M: Final = 10_000.0

Progress = Callable[[int, int], None]


def score_files(
    rig_file: Path,
    inputs: Sequence[Path],
    *,
    progress: Progress,
    size: str | None = None,
    truth: Path | None = None,
    distance_m: float | None = None,
    eye: str | None = None,
) -> tuple[Scores, Maps]:
    """Score a rig and the panorama that it makes of files.

    Parameters
    ----------
    rig_file
        A rig.toml or .pto file.
    inputs
        One picture or footage for each input of the rig; none: the pictures that a .pto names.
    progress
        Told how many moments of how many are done.
    size
        Of the panorama to measure, as text; None: as sharp as the sharpest lens, at most `USUAL`.
    truth
        The true panorama, a picture or footage of any size.
    distance_m
        How far the scene is taken to be; None: far away.
    eye
        Which eye's panorama, of a stereo rig.

    Raises
    ------
    UserError
        If a file cannot be read or does not fit the rig, or a value is out of bounds.
    """
    wanted = _size(size) if size else None
    if distance_m is not None and not NEAREST_M <= distance_m <= FARTHEST_M:
        raise UserError(f"--distance: {distance_m:g} m is not between {NEAREST_M:g} and {FARTHEST_M:g}; beyond, say “far”")
    files = list(inputs) or list(rig_pictures(rig_file))
    rig = _of_eye(read_rig(rig_file, files), eye)
    measurement: Measurement | None = None
    for done, (moment, total) in enumerate(moments(files, truth), 1):
        if measurement is None:
            progress(0, total)
            fitted = rig.scaled_to([picture.size for picture in moment.frames[0]])
            measurement = Measurement(fitted, wanted or own_size(fitted, "equirect", USUAL), distance_m or inf)
        measurement.add(_checked(moment, truth))
        progress(done, total)
    assert measurement is not None, "there is at least one moment"
    return measurement.scores(), measurement.maps()


def check_outputs(rig_file: Path, inputs: Sequence[Path], truth: Path | None, json_file: Path | None, picture: Path | None) -> None:
    """Refuse, before the work, to write numbers or the picture where they cannot be or would overwrite what they come from.

    Raises
    ------
    UserError
        If so, or if the rig file cannot be read.
    """
    sources = [rig_file, *(inputs or rig_pictures(rig_file)), *([truth] if truth else ())]
    if json_file:
        check_output(json_file, NUMBERS, "numbers become", sources)
    if picture:
        check_output(picture, PICTURES, "the picture becomes", sources)


def write(scores: Scores, path: Path) -> None:
    """Write all numbers as JSON.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    with in_place(path) as unfinished:
        unfinished.write_text(json.dumps(scores.as_json(), indent=2, ensure_ascii=False) + "\n", "utf-8")


def _size(text: str) -> Size:
    try:
        size = Size.parse_equirect(text)
    except ValueError as fault:
        raise UserError(f"--size: {fault}") from None
    if not SMALLEST.width <= size.width <= LARGEST.width:
        raise UserError(f"--size: {size} is not between {SMALLEST} and {LARGEST}, what can be measured")
    return size


def _of_eye(rig: Rig, eye: str | None) -> Rig:
    """The lenses of one eye; of a rig that has one only, all of them."""
    known = [each for each in EYES if any(lens.eye == each for lens in rig.lenses)]
    if eye is None and len(known) > 1:
        raise UserError(f"rig “{rig.name}” has lenses for two eyes, which make a panorama each: say --eye left or --eye right")
    if eye is not None and eye not in known:
        raise UserError(f"--eye: rig “{rig.name}” has no lens for an eye called “{eye}”; it has {' and '.join(known) or 'no eyes'}")
    return next((rig.of_eye(each) for each in known if each == eye), rig)


def _checked(moment: Moment, truth: Path | None) -> Moment:
    if moment.truth and not _equirect(moment.truth):
        raise InputError(f"{truth}: {moment.truth.size} is no panorama of the whole sphere, which is twice as wide as high")
    return moment


def _equirect(picture: Picture) -> bool:
    return picture.size.width == 2 * picture.size.height
