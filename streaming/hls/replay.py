"""A show that is over, or so far, from its recording: a playlist with an end over the files as they lie on the disk (RFC 8216, 4.3.2.2)."""

import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from pathlib import Path
from typing import BinaryIO, Final

from streaming.hls.shift import boxes
from streaming.hls.window import VERSION, date_time
from streaming.recordings import Recording, recordings
from vrlive import clock

FRESH_S: Final = 5.0  # the folder is looked at no more often
APART_S: Final = 120.0  # files with more than that between them are of two shows
SYNC_SAMPLE: Final = 0x0001_0000  # of a sample's flags: it is none (ISO/IEC 14496-12, 8.8.3.1)


@dataclass(slots=True)
class _Segment:
    """Some fragments, of which the first begins with a keyframe."""

    at: int
    size: int
    began_s: float
    ends_s: float


class Replay:
    """The newest show among a channel's recordings. Any thread may ask.

    Parameters
    ----------
    channel, folder
        Whose recordings, and where they lie.
    """

    def __init__(self, channel: str, folder: Path) -> None:
        self._channel, self._folder = channel, folder
        self._films: dict[Path, _Film] = {}
        self._newest: list[_Film] = []
        self._looked_s = float("-inf")
        self._lock = threading.Lock()

    @property
    def duration_s(self) -> float:
        """How long it is; 0: there is none."""
        return sum(film.duration_s for film in self._look())

    def file(self, name: str) -> Path | None:
        """The file of this name, if it is one of the show's."""
        return next((film.recording.path for film in self._look() if film.recording.path.name == name), None)

    def playlist(self, query: str = "") -> str | None:
        """The media playlist, its addresses with a `query`; None: there is no recording."""
        films = self._look()
        if not films:
            return None
        longest_s = max(each.ends_s - each.began_s for film in films for each in film.segments)
        lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", f"#EXT-X-TARGETDURATION:{max(1, ceil(longest_s - 0.5))}"]
        lines += ["#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-INDEPENDENT-SEGMENTS"]
        for n, film in enumerate(films):
            lines += ["#EXT-X-DISCONTINUITY"] * (n > 0) + film.lines(query)
        return "\n".join([*lines, "#EXT-X-ENDLIST", ""])

    def _look(self) -> list["_Film"]:
        """The files of the newest show, the oldest first."""
        with self._lock:
            if clock.now_s() - self._looked_s >= FRESH_S:
                self._looked_s = clock.now_s()
                found = recordings(self._folder, self._channel)
                self._films = {each.path: self._films.get(each.path) or _Film(each) for each in found}
                for film in self._films.values():
                    film.follow()
                self._newest = _of_one_show([film for film in self._films.values() if film.segments])
            return self._newest


class _Film:
    """A recording, as far as it is written."""

    def __init__(self, recording: Recording) -> None:
        self.recording, self.segments = recording, list[_Segment]()
        self._index_size, self._read = 0, 0
        self._video, self._scale = 0, 1  # track, and ticks a second

    @property
    def duration_s(self) -> float:
        return self.segments[-1].ends_s if self.segments else 0.0

    def lines(self, query: str) -> list[str]:
        name = self.recording.path.name + query
        lines = [f'#EXT-X-MAP:URI="{name}",BYTERANGE="{self._index_size}@0"']
        for each in self.segments:
            began = self.recording.began + timedelta(seconds=each.began_s)
            lines += [f"#EXT-X-PROGRAM-DATE-TIME:{date_time(began.timestamp())}", f"#EXTINF:{each.ends_s - each.began_s:.5f},"]
            lines += [f"#EXT-X-BYTERANGE:{each.size}@{each.at}", name]
        return lines

    def follow(self) -> None:
        """Read what was written since."""
        try:
            with self.recording.path.open("rb") as file:
                size = file.seek(0, 2)
                if size < self._read:  # its end was cut off
                    self.segments, self._read = [], 0
                while self._read + 8 <= size and (box := self._box(file, size)):
                    self._read += box
        except OSError:
            return  # it has just gone

    def _box(self, file: BinaryIO, size: int) -> int:
        """Take the next box, or moof with its mdat; how long it is, 0 if it is not whole yet."""
        file.seek(self._read)
        length, kind = struct.unpack(">I4s", file.read(8))
        if length < 8 or self._read + length > size:
            return 0
        if kind == b"moov":
            file.seek(self._read)
            self._take_index(file.read(length))
            self._index_size = self._read + length
        if kind != b"moof":
            return int(length)
        file.seek(self._read)
        moof, head = file.read(length), file.read(8)
        if len(head) < 8 or self._read + length + (mdat := struct.unpack(">I", head[:4])[0]) > size:
            return 0
        self._take_fragment(moof, length + mdat)
        return int(length + mdat)

    def _take_index(self, moov: bytes) -> None:
        track = scale = 0
        for kind, at in boxes(moov, 0, len(moov)):
            if kind == b"tkhd":
                track = struct.unpack_from(">I", moov, at + (20 if moov[at] else 12))[0]
            elif kind == b"mdhd":
                scale = struct.unpack_from(">I", moov, at + (20 if moov[at] else 12))[0]
            elif kind == b"hdlr" and moov[at + 8 : at + 12] == b"vide":
                self._video, self._scale = track, scale

    def _take_fragment(self, moof: bytes, size: int) -> None:
        """Note its pictures: when they are shown, and whether they begin with a keyframe."""
        track, time, usual, flags = 0, 0, 0, 0
        for kind, at in boxes(moof, 0, len(moof)):
            if kind == b"tfhd":
                track, usual, flags = _track_header(moof, at)
            elif kind == b"tfdt":
                time = struct.unpack_from(">Q" if moof[at] else ">I", moof, at + 4)[0]
            elif kind == b"trun" and track == self._video:
                ticks, first = _track_run(moof, at, usual, flags)
                self._append(size, time / self._scale, (time + ticks) / self._scale, keyframe=not first & SYNC_SAMPLE)

    def _append(self, size: int, began_s: float, ends_s: float, *, keyframe: bool) -> None:
        if keyframe:
            if self.segments:  # one reaches to the next, with sound that is alone at its end, and where no picture came for long
                last = self.segments[-1]
                last.size, last.ends_s = self._read - last.at, began_s
            self.segments.append(_Segment(self._read, size, began_s, ends_s))
        elif self.segments:
            last = self.segments[-1]
            last.size, last.ends_s = self._read + size - last.at, ends_s


def _track_header(moof: bytes, at: int) -> tuple[int, int, int]:
    """Track, usual duration and usual flags of a sample (8.8.7)."""
    given, track = struct.unpack_from(">II", moof, at)
    at += 8 + 8 * bool(given & 1) + 4 * bool(given & 2)
    usual = struct.unpack_from(">I", moof, at)[0] if given & 8 else 0
    at += 4 * bool(given & 8) + 4 * bool(given & 0x10)
    return track, usual, struct.unpack_from(">I", moof, at)[0] if given & 0x20 else 0


def _track_run(moof: bytes, at: int, usual: int, flags: int) -> tuple[int, int]:
    """How long its samples last together, and the flags of the first (8.8.8)."""
    given, count = struct.unpack_from(">II", moof, at)
    at += 8 + 4 * bool(given & 1)
    first = struct.unpack_from(">I", moof, at)[0] if given & 4 else None
    at += 4 * bool(given & 4)
    fields = [bool(given & bit) for bit in (0x100, 0x200, 0x400, 0x800)]
    stride = 4 * sum(fields)
    if first is None:
        first = struct.unpack_from(">I", moof, at + 4 * (fields[0] + fields[1]))[0] if fields[2] else flags
    if not fields[0]:
        return count * usual, first
    return sum(struct.unpack_from(">I", moof, at + n * stride)[0] for n in range(count)), first


def _of_one_show(films: Sequence[_Film]) -> list[_Film]:
    newest = list(films[-1:])
    for film in reversed(films[:-1]):
        gap = newest[0].recording.began - film.recording.began - timedelta(seconds=film.duration_s)
        if gap.total_seconds() > APART_S:
            break
        newest.insert(0, film)
    return newest
