"""A video file frame by frame, as fast as it can be read: for stitching footage that was shot before."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av

from vrlive.capture.normalise import Normaliser
from vrlive.capture.opening import decoded, open_input
from vrlive.capture.playback import frame_count
from vrlive.errors import CaptureError, InputError
from vrlive.frames import Frame
from vrlive.units import Size

PATIENCE_S = 10.0  # a file that does not answer for so long lies on a dead network drive


class Footage:
    """An opened video file.

    Attributes
    ----------
    fps
        Frames a second.
    frames
        How many there are, for a progress bar; 0 when the file does not say.
    duration_s
        Length in seconds; 0 when the file does not say.
    size
        Width and height, made even.

    Raises
    ------
    InputError
        If it cannot be read; the file and the fault are named. Also while iterating.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._source = open_input(str(path.absolute()), PATIENCE_S, PATIENCE_S)
        except CaptureError as fault:
            raise InputError(str(fault)) from fault
        self._video = self._source.streams.video[0]
        self._video.codec_context.thread_type = "AUTO"
        self._video.codec_context.thread_count = 0  # nothing waits for these frames: as many threads as there are cores
        self.fps: Fraction = self._video.average_rate or self._video.guessed_rate or Fraction(25)
        self.frames = frame_count(self._source, self.fps)
        self.duration_s = float(self.frames / self.fps)
        self.size = Size(self._video.width // 2 * 2, self._video.height // 2 * 2)

    def __iter__(self) -> Iterator[Frame]:
        """All frames in the house format from the first on, `captured_s` counted from it."""
        normaliser = Normaliser()
        time_base = self._video.time_base or 1 / self.fps
        start = self._video.start_time or 0
        try:
            for packet in self._source.demux(self._video):
                for frame in decoded(packet):
                    if isinstance(frame, av.VideoFrame):
                        pts = (frame.pts or 0) - start
                        yield Frame(normaliser.run(frame), pts, time_base, float(pts * time_base))
        except (av.error.FFmpegError, OSError) as fault:
            raise InputError(f"{self._path}: cannot be read on: {fault.strerror or 'damaged'}") from fault

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
