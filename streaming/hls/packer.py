"""Cuts what is on air into segments, all renditions at the same pictures; the `Work` of a sink's thread.

Players change between renditions without a gap because playlists agree on what they hold, on numbers and on discontinuities (RFC 8216,
section 6.2.4). So a segment ends where all renditions have a keyframe, in all of them or in none.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass

from streaming.access_unit import AccessUnit
from streaming.fragments import FragmentMuxer
from streaming.h264 import split_parameter_sets
from streaming.hls.shift import Shift
from streaming.hls.window import Cuts, Window
from streaming.sound_format import STEREO, SoundFormat
from streaming.spherical import Marks
from vrlive.clock import wall_offset_s
from vrlive.units import VIDEO_CLOCK_HZ


@dataclass(slots=True)
class Place:
    """In all playlists: the number of the next segment, and how many discontinuities came before."""

    number: int
    jumps: int = -1  # the first run follows none


class Packer:
    """Pictures and sound into the segments of windows.

    A segment that would last too long, because the engine is away or the machine too slow, is ended early, and a discontinuity comes after.

    Parameters
    ----------
    windows
        Where they go, of each rendition.
    fps
        Nominal frame rate.
    marks, sound
        What to say of pictures and sound, and what the sound is.
    members
        The renditions that are cut now. What is shown of others is left out.
    first_number
        Of the first segment. Players remember numbers: a server that starts anew must begin above those it had.
    """

    def __init__(
        self,
        windows: Mapping[int, Window],
        fps: float,
        marks: Marks,
        members: Callable[[], Set[int]],
        first_number: int = 0,
        sound: SoundFormat = STEREO,
    ) -> None:
        self._windows, self._fps, self._marks, self._members, self._sound = windows, fps, marks, members, sound
        self._place = Place(first_number)
        self._run: _Run | None = None
        self._first: list[AccessUnit] = []  # keyframes of one picture, until all members have one; and the sound between them

    def take(self, unit: AccessUnit) -> None:
        """Write it, and add the segments that are complete."""
        if unit.kind == "video" and unit.rendition not in self._members():
            return
        if self._run and unit.kind == "video" and not self._run.fits(unit):
            self.close()
        if self._run:
            self._run.write(unit)
        else:
            self._wait(unit)

    def close(self) -> None:
        """End the last segment."""
        self._first = []
        run, self._run = self._run, None
        if run:
            run.finish()

    def _wait(self, unit: AccessUnit) -> None:
        """Begin as soon as all members have a keyframe of the same picture."""
        if unit.kind == "video":
            if self._first and unit.pts != self._first[0].pts:
                self._first = []
            if not unit.keyframe:
                return
        elif not self._first:
            return
        self._first.append(unit)
        keyframes = {each.rendition: each for each in self._first if each.kind == "video"}
        if keyframes.keys() >= self._members():
            first, self._first = self._first, []
            tracks = {n: _Track(self._windows[n], FragmentMuxer(each, self._marks, self._sound)) for n, each in keyframes.items()}
            self._run = _Run(self._place, tracks, next(iter(keyframes.values())), self._fps)
            for each in first:
                self._run.write(each)


class _Run:
    """Segments that follow each other without a jump, from a picture on."""

    def __init__(self, place: Place, tracks: Mapping[int, "_Track"], first: AccessUnit, fps: float) -> None:
        self._place, self._tracks, self._frame = place, tracks, round(VIDEO_CLOCK_HZ / fps)
        self._epoch_unix_s = first.captured_s + wall_offset_s() - first.pts / VIDEO_CLOCK_HZ
        self._longest = min(round(track.window.longest_s * VIDEO_CLOCK_HZ) for track in tracks.values()) - 1
        self._cuts = Cuts(fps)
        self._begins = deque[int]()  # of the segment that is added to, and of those after it
        self._shown = first.pts  # the newest picture
        self._jumped = True  # no segment has come yet

    def fits(self, picture: AccessUnit) -> bool:
        """Whether the segment may go on up to this picture, the index describes it, and its rendition is among those that are cut."""
        track = self._tracks.get(picture.rendition)
        if track is None:
            return not picture.keyframe
        if picture.keyframe and split_parameter_sets(picture.data)[0] != track.parameter_sets:
            return False
        lasts = 0 if picture.keyframe else self._frame  # at least, if it is the segment's last
        return picture.pts + lasts - self._begins[-1] <= self._longest

    def write(self, unit: AccessUnit) -> None:
        """Write one picture or packet of sound."""
        if unit.kind == "audio":
            for each in self._tracks.values():
                each.write(unit)
        elif track := self._tracks.get(unit.rendition):
            self._shown = max(self._shown, unit.pts)
            if unit.keyframe and self._cuts.begins(unit.pts / VIDEO_CLOCK_HZ, unit.rendition, self._tracks.keys()):
                self._begins.append(unit.pts)
            track.write(unit)
        while len(self._begins) > 1 and all(each.whole_until(self._begins[1]) for each in self._tracks.values()):
            self._add_segment(self._begins[1])

    def finish(self) -> None:
        """End it: the last picture is shown as long as any."""
        for track in self._tracks.values():
            track.finish()
        for end in [*self._begins][1:]:
            self._add_segment(end)
        self._add_segment(min(self._shown + self._frame, self._begins[0] + self._longest), last=True)

    def _add_segment(self, end: int, *, last: bool = False) -> None:
        began, place = self._begins.popleft(), self._place
        place.jumps, self._jumped = place.jumps + self._jumped, False
        began_unix_s, duration_s = self._epoch_unix_s + began / VIDEO_CLOCK_HZ, (end - began) / VIDEO_CLOCK_HZ
        for track in self._tracks.values():
            data = track.take(None if last else end)
            track.window.add(place.number, place.jumps, track.index, began_unix_s, duration_s, data)
        place.number += 1


class _Track:
    """One rendition's fragments, moved from where its muxer has them to the channel's time line."""

    def __init__(self, window: Window, muxer: FragmentMuxer) -> None:
        self.window, self._muxer = window, muxer
        self.index, self.parameter_sets = window.new_index(muxer.index), muxer.parameter_sets
        self.begun = deque[int]()  # fragments that are in no segment yet, by their first pictures
        self._shift = Shift(muxer.index, muxer.start_s)
        self._whole = deque[bytes]()  # the first of them

    def write(self, unit: AccessUnit) -> None:
        """Write one picture or packet of sound."""
        if unit.kind == "video" and unit.keyframe:
            self.begun.append(unit.pts)
        self._add(self._muxer.write(unit))

    def finish(self) -> None:
        """Complete the last fragment."""
        self._add(self._muxer.finish())

    def whole_until(self, end: int) -> bool:
        """Whether all fragments that begin before are complete."""
        return sum(each < end for each in self.begun) <= len(self._whole)

    def take(self, end: int | None) -> bytes:
        """The fragments that begin before, or all."""
        taken = []
        while self._whole and (end is None or self.begun[0] < end):
            self.begun.popleft()
            taken.append(self._whole.popleft())
        return b"".join(taken)

    def _add(self, fragments: Iterable[bytes]) -> None:
        self._whole.extend(self._shift.run(each) for each in fragments)
