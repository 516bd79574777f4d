"""A video file frame by frame, as fast as it can be read: for stitching footage that was shot before."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from math import floor, inf
from pathlib import Path
from typing import Final

import av

from vrlive.capture.normalise import Normaliser
from vrlive.capture.opening import decoded, open_file
from vrlive.capture.playback import frame_count
from vrlive.errors import InputError
from vrlive.frames import Frame

RUN_UPS_S: Final = (2.0, 20.0)  # how long before a time decoding may begin: a keyframe is likely, then nearly sure, to lie between


class Footage:
    """An opened video file.

    Attributes
    ----------
    fps
        Frames a second.
    duration_s
        Length in seconds; 0 when the file does not say.

    Raises
    ------
    InputError
        If it cannot be read; the file and the fault are named. Also while iterating.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open()
        self.fps: Fraction = self._video.average_rate or self._video.guessed_rate or Fraction(25)
        self.duration_s = float(frame_count(self._source, self.fps) / self.fps)

    def __iter__(self) -> Iterator[Frame]:
        """All frames in the house format from the first on, `captured_s` counted from it."""
        return self._frames(-inf)

    def after(self, time_s: float) -> Iterator[Frame]:
        """The same from the frame nearest to a time on; what lies before is skipped where the file can be sought."""
        half_s = float(1 / self.fps) / 2
        for run_up_s in RUN_UPS_S:
            if time_s > run_up_s and self._seek(time_s - run_up_s):
                frames = self._frames(time_s - half_s)
                first = next(frames, None)
                if first and first.captured_s <= time_s + half_s:  # else it landed behind a keyframe, as an MPEG transport stream does
                    return chain([first], frames)
                self.close()
                self._open()
        return self._frames(time_s - half_s)

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def _open(self) -> None:
        self._source = open_file(self._path)
        self._video = self._source.streams.video[0]
        self._video.codec_context.thread_type = "AUTO"
        self._video.codec_context.thread_count = 0  # nothing waits for these frames: as many threads as there are cores

    def _seek(self, time_s: float) -> bool:
        time_base = self._video.time_base or 1 / self.fps
        try:
            self._source.seek((self._video.start_time or 0) + floor(time_s / time_base), stream=self._video)
        except (av.error.FFmpegError, OSError):
            return False
        return True

    def _frames(self, earliest_s: float) -> Iterator[Frame]:
        normaliser = Normaliser()
        time_base = self._video.time_base or 1 / self.fps
        start = self._video.start_time or 0
        try:
            for packet in self._source.demux(self._video):
                for frame in decoded(packet):
                    pts = (frame.pts or 0) - start if isinstance(frame, av.VideoFrame) else 0
                    if isinstance(frame, av.VideoFrame) and pts * time_base >= earliest_s:
                        yield Frame(normaliser.run(frame), pts, time_base, float(pts * time_base))
        except (av.error.FFmpegError, OSError) as fault:
            raise InputError(f"{self._path}: cannot be read on: {fault.strerror or 'damaged'}") from fault
