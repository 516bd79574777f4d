"""The demo's cameras as video files: rendered once, kept in the user's cache, played like any other footage.

The folder is named by what the clips were made from: a changed room is filmed anew, and an older one is thrown away.
"""

import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from vrlive import colour, resources
from vrlive.capture.demo.layout import CAMERAS, DEMO_FPS, DEMO_SECONDS, FLASH_PERIOD_S
from vrlive.capture.demo.light import lit_room
from vrlive.capture.demo.views import camera_view
from vrlive.errors import InputError
from vrlive.frames import SOUND_RATE_HZ, Picture

DEMO_FRAMES: Final = DEMO_FPS * DEMO_SECONDS
SIZE_PX: Final = 1080
RADIUS_M: Final = 0.05
QUALITY: Final = {"preset": "veryfast", "tune": "fastdecode", "crf": "14", "g": str(DEMO_FPS), "bf": "0"}

CLICK_HZ: Final = 1_800.0
CLICK_FADE_S: Final = 0.012
CLICK_LEVEL: Final = 0.35

MAKING: Final = "demo-making-"
ABANDONED_S: Final = 86_400.0

Progress = Callable[[int, int], None]
"""Told how much is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Clips:
    """The cameras' files, in the order of the rig's inputs. The first one has the sound."""

    paths: tuple[Path, ...]


def demo_clips(progress: Progress | None = None) -> Clips:
    """The demo's clips, filmed now if they were not before.

    Parameters
    ----------
    progress
        Told of frames done and all frames, while filming; never called when there is nothing to do.

    Raises
    ------
    InputError
        If the cache cannot be written.
    """
    folder = resources.cache() / f"demo-{_fingerprint()}"
    if not folder.is_dir():
        with _in_words(folder.parent):
            _film(folder, progress or (lambda _done, _total: None))
    return Clips(tuple(_clip(folder, index) for index in range(CAMERAS)))


def write_clip(path: Path, pictures: Iterator[Picture], sound: NDArray[np.float32] | None = None) -> None:
    """Encode pictures as the demo's clips are: H.264 in MP4, BT.709, limited range.

    Parameters
    ----------
    path
        The file to write.
    pictures
        Square ones of one size, `DEMO_FPS` a second; each may be overwritten when the next is taken.
    sound
        (n,) samples at 48 kHz in −1…1, as long as the pictures or longer.
    """
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as out:
        first = next(pictures)
        video = out.add_stream("libx264", rate=DEMO_FPS, options=QUALITY)
        video.width, video.height = first.size
        video.pix_fmt = "yuv420p"
        context = video.codec_context
        context.colorspace, context.color_primaries, context.color_trc, context.color_range = 1, 1, 1, 1  # BT.709, limited (H.273)
        context.thread_count = 1  # cameras are filmed side by side
        heard = None if sound is None else out.add_stream("flac", rate=SOUND_RATE_HZ, layout="mono", format="s16")
        for number, picture in enumerate(chain([first], pictures)):
            out.mux(video.encode(_frame(picture, number)))
            if heard is not None and sound is not None:  # what is heard lies beside what is seen
                out.mux(heard.encode(_piece(sound, number)))
        for stream in (video, heard):
            if stream is not None:
                out.mux(stream.encode(None))


def sound_track() -> NDArray[np.float32]:
    """What the demo sounds like, (n,) at 48 kHz: a click with each flash of the lamp."""
    sound = np.zeros(DEMO_SECONDS * SOUND_RATE_HZ, np.float32)
    time_s = np.arange(round(6 * CLICK_FADE_S * SOUND_RATE_HZ)) / SOUND_RATE_HZ
    click = CLICK_LEVEL * np.sin(2 * np.pi * CLICK_HZ * time_s) * np.exp(-time_s / CLICK_FADE_S)
    for flash_s in np.arange(0, DEMO_SECONDS, FLASH_PERIOD_S):
        start = round(flash_s * SOUND_RATE_HZ)
        sound[start : start + len(click)] += click.astype(np.float32)
    return sound


def _clip(folder: Path, index: int) -> Path:
    return folder / f"camera-{index}.mp4"


def _film(folder: Path, progress: Progress) -> None:
    """Film all cameras beside the folder's place, then put it there: nobody ever sees half of it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(mkdtemp(prefix=MAKING, dir=folder.parent))
    try:
        count = _Count(progress, CAMERAS * DEMO_FRAMES)
        lit_room()
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as crew:
            filming = [crew.submit(_film_camera, _clip(making, index), index, count) for index in range(CAMERAS)]
            try:
                for done in as_completed(filming):
                    done.result()
            except BaseException:
                count.broken_off = True
                crew.shutdown(wait=False, cancel_futures=True)
                raise
        _throw_away_older(folder)
        try:
            making.rename(folder)
        except OSError:
            if not folder.is_dir():  # otherwise another process was faster
                raise
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _film_camera(path: Path, index: int, count: "_Count") -> None:
    view = camera_view(index, radius_m=RADIUS_M, size_px=SIZE_PX)

    def pictures() -> Iterator[Picture]:
        for number in range(DEMO_FRAMES):
            yield view.picture(number / DEMO_FPS)
            count.one()

    write_clip(path, pictures(), sound_track() if index == 0 else None)


class _Count:
    """Counts the frames of all cameras, each filmed on a thread of its own."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.broken_off = False
        self._progress, self._done, self._total = progress, 0, total
        self._one_at_a_time = threading.Lock()
        progress(0, total)

    def one(self) -> None:
        if self.broken_off:
            raise CancelledError
        with self._one_at_a_time:
            self._done += 1
            self._progress(self._done, self._total)


def _frame(picture: Picture, number: int) -> av.VideoFrame:
    frame = av.VideoFrame.from_numpy_buffer(picture.packed(), "yuv420p")
    frame.pts, frame.time_base = number, Fraction(1, DEMO_FPS)
    return frame


def _piece(sound: NDArray[np.float32], number: int) -> av.AudioFrame:
    """What is heard during a frame."""
    long = SOUND_RATE_HZ // DEMO_FPS
    samples = np.rint(sound[number * long : (number + 1) * long] * 32767).astype(np.int16)[np.newaxis]
    piece = av.AudioFrame.from_ndarray(samples, "s16", "mono")
    piece.rate, piece.pts, piece.time_base = SOUND_RATE_HZ, number * long, Fraction(1, SOUND_RATE_HZ)
    return piece


def _fingerprint() -> str:
    """A name for what the clips are made from: the room's source, how it is filmed, and how that is encoded."""
    digest = hashlib.sha256(f"{SIZE_PX} {RADIUS_M} {QUALITY} {CLICK_HZ} {CLICK_FADE_S} {CLICK_LEVEL}".encode())
    room = sorted(path for path in Path(__file__).parent.glob("*.py") if path.name != Path(__file__).name)
    for source in [*room, Path(colour.__file__)]:
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def _throw_away_older(folder: Path) -> None:
    """Remove older rooms, and what a filming left behind that was killed long ago."""
    for older in folder.parent.glob("demo-*"):
        in_the_making = older.name.startswith(MAKING) and time.time() - older.stat().st_mtime < ABANDONED_S
        if older != folder and not in_the_making:
            shutil.rmtree(older, ignore_errors=True)


@contextmanager
def _in_words(cache: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, av.error.FFmpegError) as fault:
        problem = fault.strerror or "failed"
        raise InputError(
            f"{cache}: the demo's clips cannot be written: {problem}; set XDG_CACHE_HOME to a folder with room for them"
        ) from fault
