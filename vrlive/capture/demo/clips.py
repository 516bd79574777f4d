"""The demo's cameras as video files: filmed once, kept in the user's cache, played like any other footage.

The folder is named by what the clips were made from: a changed room is filmed anew, and an older one is thrown away.
"""

import hashlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from vrlive import colour, resources
from vrlive.capture.demo import filming
from vrlive.capture.demo.layout import CAMERAS, DEMO_FPS, DEMO_SECONDS
from vrlive.errors import InputError

DEMO_FRAMES: Final = DEMO_FPS * DEMO_SECONDS
SIZE_PX: Final = 1080

MAKING: Final = "demo-making-"
ABANDONED_S: Final = 86_400.0

Progress = Callable[[int, int], None]
"""Told how much is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Clips:
    """The cameras' files, in the order of the rig's inputs. The first one has the sound."""

    paths: tuple[Path, ...]


def demo_clips(progress: Progress | None = None, *, size_px: int = SIZE_PX, frames: int = DEMO_FRAMES) -> Clips:
    """The demo's clips, filmed now if they were not before.

    Parameters
    ----------
    progress
        Told of frames done and all frames, while filming; never called when there is nothing to do.
    size_px, frames
        Side of each camera's picture, and how many there are; smaller ones are for tests.

    Raises
    ------
    InputError
        If the cache cannot be written.
    """
    folder = resources.cache() / f"demo-{fingerprint(size_px, frames)}"
    if not folder.is_dir():
        try:
            _film(folder, size_px, frames, progress or (lambda _done, _total: None))
        except OSError as fault:
            advice = "set XDG_CACHE_HOME to a folder with room for them"
            raise InputError(f"{folder.parent}: the demo's clips cannot be written: {fault.strerror}; {advice}") from fault
    return Clips(tuple(filming.clip(folder, index) for index in range(CAMERAS)))


def _film(folder: Path, size_px: int, frames: int, progress: Progress) -> None:
    """Film beside the folder's place, then put it there: nobody ever sees half of it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(mkdtemp(prefix=MAKING, dir=folder.parent))
    try:
        _run_filming([str(making), str(size_px), str(frames)], CAMERAS * frames, progress)
        _throw_away_older(folder)
        try:
            making.rename(folder)
        except OSError:
            if not folder.is_dir():  # otherwise another process was faster
                raise
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _run_filming(arguments: list[str], total: int, progress: Progress) -> None:
    """Run the process that films and follow it; it does not outlive this call."""
    command = [sys.executable, "-m", filming.__name__, *arguments]
    quiet, pipe = subprocess.DEVNULL, subprocess.PIPE
    with subprocess.Popen(
        command,
        stdin=quiet,
        stdout=pipe,
        stderr=pipe,
        text=True,
        start_new_session=True,  # Ctrl-C comes to us, and we end it
    ) as crew:
        assert crew.stdout
        assert crew.stderr
        try:
            progress(0, total)
            for done, _ in enumerate(crew.stdout, 1):
                progress(done, total)
            problem = crew.stderr.read().strip()
        except BaseException:
            crew.kill()
            raise
    if crew.returncode:
        raise OSError(0, problem.rpartition("\n")[2] or f"filming ended with exit code {crew.returncode}")


def fingerprint(size_px: int, frames: int) -> str:
    """A name for what the clips are made from: the room's source, how it is filmed, and how that is encoded."""
    film = filming
    digest = hashlib.sha256(f"{size_px} {film.RADIUS_M} {film.QUALITY} {film.CLICK_HZ} {film.CLICK_FADE_S} {film.CLICK_LEVEL}".encode())
    if frames != DEMO_FRAMES:
        digest.update(str(frames).encode())
    room = sorted(path for path in Path(__file__).parent.glob("*.py") if path not in (Path(__file__), Path(filming.__file__)))
    for source in [*room, Path(colour.__file__)]:
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def _throw_away_older(folder: Path) -> None:
    """Remove older rooms, and what a filming left behind that was killed long ago."""
    for older in folder.parent.glob("demo-*"):
        in_the_making = older.name.startswith(MAKING) and time.time() - older.stat().st_mtime < ABANDONED_S
        if older != folder and not in_the_making:
            shutil.rmtree(older, ignore_errors=True)
