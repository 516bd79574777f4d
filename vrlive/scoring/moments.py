"""The moments that are looked at: of stills the one there is; of footage a few frames in a row, at a few places spread over its length."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from fractions import Fraction
from math import inf
from pathlib import Path
from typing import Final

from vrlive.capture.footage import Footage
from vrlive.capture.stills import is_still, read_picture
from vrlive.errors import InputError
from vrlive.frames import Frame, Picture
from vrlive.offline import Track

MOMENTS: Final = 5
FRAMES: Final = 3  # in a row: two changes from one to the next
SPARE: Final = 2  # frames at the end that may be missing: some kinds of file tell their length so roughly


@dataclass(frozen=True, slots=True)
class Moment:
    """Frames in a row.

    Attributes
    ----------
    time_s
        When the first was taken.
    frames
        One picture for each input, frame by frame.
    truth
        What the first frame should become, if that is known.
    """

    time_s: float
    frames: tuple[tuple[Picture, ...], ...]
    truth: Picture | None


def moments(files: Sequence[Path], truth: Path | None) -> Iterator[tuple[Moment, int]]:
    """Read the moments one after another, each with the number that there will be.

    The first footage among the files is the clock; the others show what they showed at its times.

    Raises
    ------
    InputError
        If a file cannot be read, or ends before the first moment.
    """
    everything = [*files, *([truth] if truth else [])]
    stills = {path: read_picture(path) for path in dict.fromkeys(everything) if is_still(path)}
    films = list(dict.fromkeys(path for path in everything if path not in stills))
    times, periods = _schedule(films, still=all(path in stills for path in files))
    for time_s in times:
        with ExitStack() as opened:
            tracks = {path: Track(path, _shown(path, time_s, stills, opened), periods.get(path, inf)) for path in dict.fromkeys(everything)}
            yield _moment(files, truth, tracks, films), len(times)


def _schedule(films: Sequence[Path], *, still: bool) -> tuple[list[float], dict[Path, float]]:
    """Times to look at, and how long a frame of each film is shown."""
    lengths, periods = [], {}
    for path in films:
        with closing(Footage(path)) as film:
            lengths.append(film.duration_s)
            periods[path] = float(1 / film.fps)
    if still:
        return [0.0], periods
    length, period = min(lengths), periods[films[0]]
    last = length - (FRAMES + SPARE) * period
    count = min(max(int(last / period / FRAMES), 0) + 1, MOMENTS)
    return [last * n / max(count - 1, 1) for n in range(count)], periods


def _shown(path: Path, time_s: float, stills: dict[Path, Picture], opened: ExitStack) -> Iterator[Frame]:
    if path in stills:
        return iter([Frame(stills[path], 0, Fraction(1), 0.0)])
    return opened.enter_context(closing(Footage(path))).after(time_s)


def _moment(files: Sequence[Path], truth: Path | None, tracks: dict[Path, Track], films: Sequence[Path]) -> Moment:
    clock = next((tracks[path] for path in films if path in files), None)
    begins_s = clock.time_s if clock else 0.0
    frames: list[tuple[Picture, ...]] = []
    true = tracks[truth].at(begins_s) if truth else None
    while len(frames) < FRAMES:
        shown = [tracks[path].at(clock.time_s if clock else 0.0) for path in files]
        present = tuple(picture for picture in shown if picture is not None)
        if len(present) < len(files):
            break
        frames.append(present)
        if clock is None or not clock.advance():
            break
    if not frames or (truth and true is None):
        raise InputError(f"{truth if frames else files[0]}: shows nothing at {begins_s:.2f} s, where the others do")
    return Moment(begins_s, tuple(frames), true)
