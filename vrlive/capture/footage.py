"""A video file frame by frame, as fast as it can be read: for stitching footage that was shot before."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av

from vrlive.capture.normalise import Normaliser
from vrlive.capture.opening import decoded, open_file
from vrlive.capture.playback import frame_count
from vrlive.errors import InputError
from vrlive.frames import Frame


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
        self._source = open_file(path)
        self._video = self._source.streams.video[0]
        self._video.codec_context.thread_type = "AUTO"
        self._video.codec_context.thread_count = 0  # nothing waits for these frames: as many threads as there are cores
        self.fps: Fraction = self._video.average_rate or self._video.guessed_rate or Fraction(25)
        self.duration_s = float(frame_count(self._source, self.fps) / self.fps)

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
