"""Cuts what is on air into segments; the `Work` of a sink's thread."""

from collections import deque
from collections.abc import Iterable

from streaming.access_unit import AccessUnit
from streaming.fragments import FragmentMuxer
from streaming.h264 import split_parameter_sets
from streaming.hls.shift import Shift
from streaming.hls.window import Cuts, Window
from streaming.sound_format import STEREO, SoundFormat
from streaming.spherical import Marks
from vrlive.clock import wall_offset_s
from vrlive.units import VIDEO_CLOCK_HZ


class Packer:
    """Pictures and sound into a window's segments.

    A segment that would last too long, because the engine is away or the machine too slow, is ended early, and a discontinuity comes after.

    Parameters
    ----------
    window
        Where they go.
    fps
        Nominal frame rate.
    marks, sound
        What to say of pictures and sound, and what the sound is.
    """

    def __init__(self, window: Window, fps: float, marks: Marks, sound: SoundFormat = STEREO) -> None:
        self._window, self._fps, self._marks, self._sound = window, fps, marks, sound
        self._run: _Run | None = None

    def take(self, unit: AccessUnit) -> None:
        """Write it, and add the segments that are complete."""
        if self._run and unit.kind == "video" and not self._run.fits(unit):
            self.close()
        if self._run is None and unit.kind == "video" and unit.keyframe:
            muxer = FragmentMuxer(unit, self._marks, self._sound)
            self._run = _Run(self._window, self._fps, muxer, unit.pts / VIDEO_CLOCK_HZ, unit.captured_s + wall_offset_s())
        if self._run:
            self._run.write(unit)

    def close(self) -> None:
        """End the last segment."""
        run, self._run = self._run, None
        if run:
            run.finish()


class _Run:
    """Segments with one index, from `origin_s` of the channel's time line on, which was at `epoch_unix_s`."""

    def __init__(self, window: Window, fps: float, muxer: FragmentMuxer, origin_s: float, epoch_unix_s: float) -> None:
        self._window, self._frame_s, self._muxer, self._epoch_unix_s = window, 1 / fps, muxer, epoch_unix_s
        self._index = window.new_index(muxer.index)
        self._shift = Shift(muxer.index, origin_s)
        self._cuts = Cuts(fps)
        self._shown_s = 0.0  # the newest picture
        self._keyframes_s: deque[float] = deque()  # each begins a fragment; of those that are not complete
        self._begins_s: deque[float] = deque()  # of the segment that fragments are added to, and of those after it
        self._fragments: list[bytes] = []

    def fits(self, picture: AccessUnit) -> bool:
        """Whether the segment may go on up to this picture, and the index describes it."""
        if picture.keyframe and split_parameter_sets(picture.data)[0] != self._muxer.parameter_sets:
            return False
        shown_s = 0 if picture.keyframe else self._frame_s  # at least, if it is the segment's last
        return self._muxer.time_s(picture) + shown_s - self._begins_s[-1] < self._window.longest_s

    def write(self, unit: AccessUnit) -> None:
        """Write one picture or packet of sound."""
        if unit.kind == "video":
            self._shown_s = self._muxer.time_s(unit)
            if unit.keyframe:
                self._keyframes_s.append(self._shown_s)
                if self._cuts.begins(self._shown_s):
                    self._begins_s.append(self._shown_s)
        self._add(self._muxer.write(unit))

    def finish(self) -> None:
        """End it: the last picture is shown as long as any."""
        self._add(self._muxer.finish())
        self._add_segment(self._shown_s + self._frame_s)

    def _add(self, fragments: Iterable[bytes]) -> None:
        for fragment in fragments:
            self._fragments.append(self._shift.run(fragment))
            self._keyframes_s.popleft()
            if self._keyframes_s and len(self._begins_s) > 1 and self._keyframes_s[0] >= self._begins_s[1]:
                self._add_segment(self._begins_s[1])

    def _add_segment(self, end_s: float) -> None:
        began_s = self._begins_s.popleft()
        self._window.add(self._index, self._epoch_unix_s + began_s, end_s - began_s, b"".join(self._fragments))
        self._fragments = []
