"""Films the demo room with all its cameras: ``python -m vrlive.capture.demo.filming FOLDER SIZE_PX FRAMES``.

It is a process of its own, for it takes much memory and time, and ends at once when it is killed. It writes a line for each frame done,
and says on standard error what went wrong.
"""

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from vrlive.capture.demo.layout import CAMERAS, DEMO_FPS, DEMO_SECONDS, FLASH_PERIOD_S
from vrlive.capture.demo.light import lit_room
from vrlive.capture.demo.views import camera_view
from vrlive.frames import SOUND_RATE_HZ, Picture

RADIUS_M: Final = 0.05
QUALITY: Final = {"preset": "veryfast", "tune": "fastdecode", "crf": "14", "g": str(DEMO_FPS), "bf": "0"}

CLICK_HZ: Final = 1_800.0
CLICK_FADE_S: Final = 0.012
CLICK_LEVEL: Final = 0.35


def main() -> None:
    """Film into the folder that the command line names."""
    folder, size_px, frames = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    try:
        film(folder, size_px, frames, lambda: os.write(sys.stdout.fileno(), b"\n"))
    except (OSError, av.error.FFmpegError) as fault:
        sys.exit(fault.strerror or type(fault).__name__)


def film(folder: Path, size_px: int, frames: int, on_frame: Callable[[], object]) -> None:
    """Film with all cameras side by side; `on_frame` is called on their threads."""
    lit_room()

    def film_camera(index: int) -> None:
        view = camera_view(index, radius_m=RADIUS_M, size_px=size_px)

        def pictures() -> Iterator[Picture]:
            for number in range(frames):
                yield view.picture(number / DEMO_FPS)
                on_frame()

        write_clip(clip(folder, index), pictures(), sound_track() if index == 0 else None)

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as crew:
        list(crew.map(film_camera, range(CAMERAS)))


def clip(folder: Path, index: int) -> Path:
    """The file of camera `index`."""
    return folder / f"camera-{index}.mp4"


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


if __name__ == "__main__":
    main()
