"""``vrlive stitch``: pictures or footage that were shot before into one panorama, picture by picture, as well as we can.

Footage follows the clock of the first video among the inputs; the others show what they showed at that time. All of it depends on the
files alone, never on how fast this machine is: the same files make the same panorama.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from fractions import Fraction
from math import inf, radians
from pathlib import Path
from typing import Final

import numpy as np

from renderer.compositor import Compositor
from streaming.movie import Movie
from streaming.sound_format import AMBISONICS, STEREO
from vrlive.capture.footage import Footage
from vrlive.capture.soundtrack import Soundtrack
from vrlive.capture.stills import is_still, read_picture, write_picture
from vrlive.config import NadirConfig, StitchConfig
from vrlive.errors import InputError, UserError
from vrlive.frames import Frame, Picture, Sound
from vrlive.levelling import level_if_told
from vrlive.nadir import NadirPatch, nadir_patch
from vrlive.output import check_output, in_place
from vrlive.projection.outputs import Output
from vrlive.projection.rig import Lens, Rig, rotation
from vrlive.rigs import read_rig, rig_pictures
from vrlive.show.scene import Scene, read_scene
from vrlive.showing import EYES_M, Showing, own_size, stereo_of
from vrlive.sound.ambisonics import TO_STEREO, turned
from vrlive.stitch import GainSolver, Mosaic, plan_output
from vrlive.tuning import gathers_fast
from vrlive.units import Size

PICTURES: Final = (".png", ".jpg", ".jpeg")
MOVIES: Final = (".mp4",)
LARGEST_PICTURE: Final = Size(16384, 8192)
LARGEST_MOVIE: Final = Size(8192, 4096)  # Rec. ITU-T H.264, table A-1: level 6.2
GAINS_EVERY_S: Final = 0.25

Progress = Callable[[int, int], None]


def stitch_files(
    rig_file: Path,
    inputs: Sequence[Path],
    out: Path,
    *,
    showing: Showing,
    progress: Progress,
    level: bool | None = None,
    nadir: NadirConfig | None = None,
    scene: str | None = None,
    ambisonics: bool = False,
) -> str:
    """Stitch files into a picture or, if any of them is footage, a video.

    Parameters
    ----------
    rig_file
        A rig.toml or .pto file.
    inputs
        One file for each input of the rig; none: the pictures that a .pto names.
    out
        What to write. It appears, or takes the place of an older one, when it is complete.
    showing
        What to show of the sphere, and how. A rig with lenses for two eyes makes a picture for each, one above the other.
    progress
        Told how many frames of how many are done.
    level
        Whether to level the horizon by the cameras' telemetry; None: if an input has any that can be used.
    nadir
        What to lay over the tripod.
    scene
        Garments to stand into the picture: a scene.toml, or the name of a showroom that ships.
    ambisonics
        Whether the sound is, though its file may not say so: see `vrlive.capture.sound`.

    Returns
    -------
    str
        What was written, in words.

    Raises
    ------
    UserError
        If a file cannot be read or written, or does not fit the rig.
    RenderUnavailable
        If there is no usable OpenGL to draw garments with.
    """
    if scene is not None and showing.projection != "equirect":
        raise UserError("--scene: garments stand in equirect pictures; leave --projection away")
    garments = read_scene(scene) if scene is not None else None
    files = list(inputs) or list(rig_pictures(rig_file))
    rig = read_rig(rig_file, files)
    stills = all(map(is_still, files))
    check_output(out, PICTURES if stills else MOVIES, "pictures become" if stills else "footage becomes", files)
    largest = LARGEST_PICTURE if stills else LARGEST_MOVIE
    showing.eyes(rig, largest)
    patch = nadir_patch(nadir, own_size(rig, "equirect", largest)) if nadir else None
    upright = level_if_told(rig, files, wanted=level)
    with in_place(out) as unfinished:
        if stills:
            written = _stitch_stills(upright.rig, files, unfinished, showing, patch, garments, progress)
        else:
            written = _stitch_footage(upright.rig, files, unfinished, showing, patch, garments, progress, ambisonics=ambisonics)
    return "; ".join(filter(None, (written, upright.words)))


class OfflineView:
    """Stitches the pictures of one instant after another; exposures are followed by the footage's own time."""

    def __init__(self, eyes: Sequence[tuple[Rig, Output]], patch: NadirPatch | None = None, scene: Scene | None = None) -> None:
        config = StitchConfig()
        self._patched = [patch.picture] if patch else []
        self._eyes = []
        for rig, output in eyes:
            shown = patch.added_to(rig) if patch else rig
            plans = plan_output(shown, output, feather_rad=radians(config.feather_deg), distance_m=config.distance_m or inf)
            mosaic = Mosaic(output, plans, gathering=gathers_fast())
            self._eyes.append((mosaic, GainSolver(mosaic.plan.rig, mosaic.plan.distance_m)))
        self._observed_s = -inf
        self.panorama = Picture.filled(eyes[0][1].size)
        self._garments: Compositor | None = None
        if scene:
            width, height = self.panorama.size
            self._garments = Compositor(scene, Size(width, height // len(eyes)), eyes_m=EYES_M if len(eyes) == 2 else 0.0, patient=True)

    def close(self) -> None:
        """Free what garments are drawn with."""
        if self._garments:
            self._garments.close()

    def run(self, pictures: Sequence[Picture], time_s: float) -> Picture:
        """What is shown of `pictures`, which have the rig's sizes; it is overwritten by the next."""
        pictures = [*pictures, *self._patched]
        observe = time_s - self._observed_s >= GAINS_EVERY_S
        self._observed_s = time_s if observe else self._observed_s
        for mosaic, solver in self._eyes:
            if observe:
                solver.observe(pictures, time_s)
            mosaic.gains_ev = solver.advance(time_s)
            mosaic.run(pictures, self.panorama)
        if self._garments:
            self._garments.run(self.panorama, time_s)
        return self.panorama


class Track:
    """What one input shows at any time, asked in rising order.

    Parameters
    ----------
    path
        The file, for messages.
    frames
        Its frames in rising order.
    period_s
        How long the last one is shown.

    Raises
    ------
    InputError
        If there is no frame. While following: if the file cannot be read on, or its pictures change their size.
    """

    def __init__(self, path: Path, frames: Iterator[Frame], period_s: float) -> None:
        self._path, self._frames, self._period_s = path, frames, period_s
        first = next(frames, None)
        if first is None:
            raise InputError(f"{path}: none of its pictures can be read")
        self._shown, self._next = first, next(frames, None)
        self.size = first.picture.size

    @property
    def time_s(self) -> float:
        """When what it shows now was taken."""
        return self._shown.captured_s

    def at(self, time_s: float) -> Picture | None:
        """The picture nearest to a time; None after the end."""
        while self._next and abs(self._next.captured_s - time_s) < abs(self.time_s - time_s):
            self._step(self._next)
        ended = self._next is None and time_s > self.time_s + self._period_s / 2
        return None if ended else self._shown.picture

    def advance(self) -> bool:
        """Show the next picture that is later than this one; whether there is one."""
        before_s = self.time_s
        while self._next and self.time_s <= before_s:
            self._step(self._next)
        return self.time_s > before_s

    def _step(self, frame: Frame) -> None:
        self._shown, self._next = frame, next(self._frames, None)
        if frame.picture.size != self.size:
            raise InputError(f"{self._path}: its pictures change from {self.size} to {frame.picture.size} after {frame.captured_s:.2f} s")


def _stitch_stills(
    rig: Rig, files: Sequence[Path], out: Path, showing: Showing, patch: NadirPatch | None, scene: Scene | None, progress: Progress
) -> str:
    steps = len(files) + 1
    pictures: list[Picture] = []
    for path in files:
        progress(len(pictures), steps)
        pictures.append(read_picture(path))
    progress(len(pictures), steps)
    rig = rig.scaled_to([picture.size for picture in pictures])
    with closing(OfflineView(showing.eyes(rig, LARGEST_PICTURE), patch, scene)) as view:
        write_picture(view.run(pictures, 0.0), out)
    progress(steps, steps)
    return f"{view.panorama.size}, 1 picture"


def _stitch_footage(
    rig: Rig,
    files: Sequence[Path],
    out: Path,
    showing: Showing,
    patch: NadirPatch | None,
    scene: Scene | None,
    progress: Progress,
    *,
    ambisonics: bool,
) -> str:
    with ExitStack() as opened:
        footage = [None if is_still(path) else opened.enter_context(closing(Footage(path))) for path in files]
        tracks = [_track(path, film) for path, film in zip(files, footage, strict=True)]
        films = [film for film in footage if film]
        sound = _first_sound(files, rig, showing, opened, ambisonics=ambisonics)
        rig = rig.scaled_to([track.size for track in tracks])
        view = opened.enter_context(closing(OfflineView(showing.eyes(rig, LARGEST_MOVIE), patch, scene)))
        movie = opened.enter_context(
            Movie(
                out,
                view.panorama.size,
                films[0].fps,
                sound=sound.form if sound else None,
                cameras=len(rig.lenses),
                mapping=showing.mapping,
                stereo=stereo_of(rig),
            )
        )
        expected = round(min(film.duration_s for film in films) * films[0].fps)
        done, period_s, end_s = 0, float(1 / films[0].fps), 0.0
        for time_s, pictures in _moments(tracks, tracks[footage.index(films[0])]):
            movie.write(view.run(pictures, time_s), time_s)
            done, end_s = done + 1, time_s + period_s
            for piece in sound.until(end_s) if sound else ():
                movie.write_sound(piece)
            progress(done, max(done, expected))
        movie.finish()
    heard = (" with ambisonics" if sound.form is AMBISONICS else " with sound") if sound else ""
    return f"{view.panorama.size}, {done} frames, {end_s:.1f} s{heard}"


def _track(path: Path, film: Footage | None) -> Track:
    """A film; or a still, which stands for ever."""
    if film is None:
        return Track(path, iter([Frame(read_picture(path), 0, Fraction(1), 0.0)]), inf)
    return Track(path, iter(film), float(1 / film.fps))


class FilmSound:
    """A film's sound as it goes with what is shown: ambisonics turned as the picture is, or heard by two microphones in a flat view.

    Attributes
    ----------
    form
        What it is in the end.
    """

    def __init__(self, track: Soundtrack, lens: Lens, showing: Showing) -> None:
        self._track = track
        flat = showing.projection == "rectilinear"
        self.form = AMBISONICS if track.ambisonics and not flat else STEREO
        looking = rotation(showing.yaw, showing.pitch, showing.roll) if flat else np.eye(3)
        turn = turned(looking.T @ lens.rotation)
        self._matrix = (TO_STEREO @ turn if flat else turn) if track.ambisonics else np.eye(2)

    def until(self, time_s: float) -> Iterator[Sound]:
        """See `Soundtrack`."""
        for piece in self._track.until(time_s):
            yield replace(piece, samples=piece.samples @ self._matrix.T.astype(np.float32))


def _first_sound(files: Sequence[Path], rig: Rig, showing: Showing, opened: ExitStack, *, ambisonics: bool) -> FilmSound | None:
    for index, path in enumerate(files):
        if not is_still(path):
            track = opened.enter_context(closing(Soundtrack(path, ambisonics=ambisonics)))
            if track.exists:
                return FilmSound(track, next(lens for lens in rig.lenses if lens.input == index), showing)
    return None


def _moments(tracks: Sequence[Track], clock: Track) -> Iterator[tuple[float, list[Picture]]]:
    """What all tracks show at each picture of `clock`, until the first of them ends."""
    more = True
    while more:
        pictures: list[Picture] = [picture for track in tracks if (picture := track.at(clock.time_s))]
        if len(pictures) < len(tracks):
            return
        yield clock.time_s, pictures
        more = clock.advance()
