"""Records a show into fragmented MP4: whatever happens, what is on the disk can be played, up to the last second.

All of it runs on the thread of a `streaming.sink.Sink`. A show begins with its first picture and ends with its last: the slate is recorded
where it comes between, and not where nothing follows it. When there is no room it says so once, and drops the oldest recordings if it is
told to, or stops; the show goes on, and so does the recording as soon as there is room again.
"""

import errno
import logging
import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from streaming.access_unit import AccessUnit
from streaming.fragment_file import FragmentFile
from streaming.fragments import FragmentMuxer
from streaming.h264 import split_parameter_sets
from streaming.recordings import Recording, new_path, recordings
from streaming.sound_format import STEREO, SoundFormat
from streaming.spherical import Marks
from vrlive.clock import now_s
from vrlive.config import RecordConfig
from vrlive.errors import EncodeError

FRAGMENT_S: Final = 1.0  # what a kill may cost
RETRY_S: Final = 10.0
LATEST_S: Final = 3.0  # pictures wait so long at most for the sound that belongs beside them in the file
SLATE_S: Final = 600.0  # whatever comes after so much of it is another show
SPARE: Final = 0.05  # when it was full, it goes on once so much more of what it needs is free
SHARE_OF_QUOTA: Final = 8  # while the oldest are dropped a file takes no more than such a part, so that there is one to drop
GB: Final = 1_000_000_000
FULL: Final = {errno.ENOSPC, errno.EDQUOT}

RecordPhase = Literal["off", "waiting", "recording", "full", "failed"]

log = logging.getLogger("streaming.recorder")


class _NoRoom(Exception):
    """The message says which limit is reached."""


@dataclass(frozen=True, slots=True)
class RecordStatus:
    """How a recording is doing."""

    phase: RecordPhase = "off"
    file: str = ""
    duration_s: float = 0.0  # of the file
    bytes_written: int = 0  # since start, into all files
    fault: str = ""  # viewers read it: it names no folder of this machine


class Recorder:
    """The `Work` of a sink.

    Parameters
    ----------
    channel
        The channel's name.
    config
        Where to, and how much.
    marks, sound
        What to say of pictures and sound, and what the sound is.
    free_bytes
        How much is free on the disk that a folder lies on.
    """

    def __init__(
        self,
        channel: str,
        config: RecordConfig,
        marks: Marks,
        sound: SoundFormat = STEREO,
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._channel, self._config, self._marks, self._sound = channel, config, marks, sound
        self._folder, self._free_bytes = Path(config.folder), free_bytes
        self._current: _Take | None = None
        self._bytes_written = self._largest = 0  # of fragments
        self._retry_at_s, self._told = 0.0, ""
        self.status = RecordStatus("waiting")

    def take(self, unit: AccessUnit) -> None:
        """Write it; or begin, if it is time to and this is a keyframe."""
        if unit.slate and self._rests_before(unit):
            return
        begins = unit.kind == "video" and unit.keyframe and not unit.slate
        try:
            if begins and (self._current is None or self._current.must_end_before(unit)):
                self._begin(unit)
            if self._current:
                self._write(self._current, unit)
        except _NoRoom as fault:
            self._stop("full", str(fault))
        except OSError as fault:
            self._stop("full" if fault.errno in FULL else "failed", f"the disk says: {os.strerror(fault.errno) if fault.errno else fault}")
        except EncodeError as fault:
            self._stop("failed", str(fault))

    def close(self) -> None:
        """End the file."""
        self._end()
        self.status = RecordStatus(bytes_written=self._bytes_written)

    def _rests_before(self, slate: AccessUnit) -> bool:
        """Whether nothing is recorded until there is a picture again."""
        current = self._current
        if current and (current.slate_s(slate) > SLATE_S or not current.describes(slate)):
            log.info("%s: recording to %s has ended: there is no picture any more", self._channel, current.file.path.name)
            self.close()
            self.status = replace(self.status, phase="waiting")
        return self._current is None

    def _begin(self, keyframe: AccessUnit) -> None:
        if now_s() < self._retry_at_s:
            return
        self._end()
        self._folder.mkdir(parents=True, exist_ok=True)
        muxer = FragmentMuxer(keyframe, self._marks, self._sound, longest_s=FRAGMENT_S)
        spare = SPARE if self.status.phase == "full" else 0.0
        self._make_room(len(muxer.index) + self._largest, None, spare)
        self._current = _Take(new_path(self._folder, self._channel, time.time()), muxer, self._split_bytes(), self._config.split_min * 60)
        log.info("%s: recording to %s%s", self._channel, self._current.file.path, " again" if spare else "")

    def _write(self, take: "_Take", unit: AccessUnit) -> None:
        for fragment in take.muxer.write(unit):
            self._append(take, fragment)
        take.note(unit)
        if unit.kind == "video":
            self.status = RecordStatus("recording", take.file.path.name, take.muxer.time_s(unit), self._bytes_written)

    def _append(self, take: "_Take", fragment: bytes) -> None:
        self._largest = max(self._largest, len(fragment))
        self._make_room(len(fragment), take.file)
        take.file.append(fragment)
        self._bytes_written += len(fragment)
        self._told = ""

    def _stop(self, phase: RecordPhase, why: str) -> None:
        self._retry_at_s = now_s() + RETRY_S
        if phase != self._told:
            what = "not recording" if self._current is None else f"recording to {self._current.file.path.name} has ended"
            log.warning("%s: %s in %s: %s; the show goes on", self._channel, what, self._folder, why)
            self._told = phase
        if self._current:
            with suppress(OSError):  # the disk has just failed: the slate stays in, and all else is whole
                self._current.cut_slate()
            self._current.file.close()
            self._current = None
        self.status = RecordStatus(phase, bytes_written=self._bytes_written, fault=why)

    def _end(self) -> None:
        """End the file with what the muxer still holds."""
        take, self._current = self._current, None
        if take is None:
            return
        try:
            for fragment in take.muxer.finish():
                self._append(take, fragment)
            take.cut_slate()
        except (_NoRoom, OSError, EncodeError) as fault:
            log.warning("%s: the last second of %s is missing: %s", self._channel, take.file.path.name, fault)
        finally:
            take.file.close()

    def _split_bytes(self) -> float:
        quota = self._config.quota_gb
        return quota * GB / SHARE_OF_QUOTA if quota and self._config.when_full == "drop-oldest" else float("inf")

    def _make_room(self, more: int, written: FragmentFile | None, spare: float = 0.0) -> None:
        """See that so many bytes more fit, into the file that is being written; drop the oldest others for it, where that is wanted.

        Raises
        ------
        _NoRoom
            If they do not.
        """
        others = [each for each in recordings(self._folder, self._channel) if not written or each.path != written.path]
        own = written.size if written else 0
        while full := self._missing(others, own, more, spare):
            if self._config.when_full != "drop-oldest" or not others:
                raise _NoRoom(full)
            oldest = others.pop(0)
            oldest.path.unlink(missing_ok=True)
            log.info("%s: dropped %s, the oldest recording, to make room", self._channel, oldest.path.name)

    def _missing(self, others: list[Recording], own: int, more: int, spare: float) -> str:
        """Which limit is passed, in words; empty if none is."""
        quota, keep = self._config.quota_gb, self._config.keep_free_gb
        if quota and sum(each.size_bytes for each in others) + own + more > quota * (1 - spare) * GB:
            return f"the recordings of this channel have reached their quota of {quota:g} GB"
        if self._free_bytes(self._folder) - more < keep * (1 + spare) * GB:
            return f"less than {keep:g} GB are free on the disk"
        return ""


class _Take:
    """A recording that is being written."""

    def __init__(self, path: Path, muxer: FragmentMuxer, split_bytes: float, split_s: float) -> None:
        self.muxer, self.file = muxer, FragmentFile(path, muxer.index)
        self._split_bytes, self._split_s = split_bytes, split_s
        self._slate_began_s: float | None = None  # since when there is nothing but the slate
        self._written = 0  # bytes of the file when it had lasted a little
        self._shown_bytes: int | None = None  # of the file, with the last fragment of the show

    def note(self, unit: AccessUnit) -> None:
        """See whether it shows the show, once it was written."""
        if unit.kind != "video":
            return
        if not unit.slate:
            self._slate_began_s = self._shown_bytes = None
            return
        if self._slate_began_s is None:
            self._slate_began_s = unit.captured_s
        if self.slate_s(unit) < LATEST_S:
            self._written = self.file.size
        elif self._shown_bytes is None and self.file.size > self._written:
            self._shown_bytes = self.file.size

    def slate_s(self, slate: AccessUnit) -> float:
        """How long there has been nothing but the slate."""
        return slate.captured_s - self._slate_began_s if self._slate_began_s is not None else 0.0

    def cut_slate(self) -> None:
        """Take the slate at the end off."""
        if self._shown_bytes is not None:
            self.file.cut(self._shown_bytes)

    def must_end_before(self, keyframe: AccessUnit) -> bool:
        """Whether another file begins with this picture: this one is long enough, or its index does not describe it."""
        full = self.file.size >= self._split_bytes or self.muxer.time_s(keyframe) >= self._split_s
        return full or not self.describes(keyframe)

    def describes(self, unit: AccessUnit) -> bool:
        """Whether its index does; of what is no keyframe of a picture, it does."""
        return unit.kind != "video" or not unit.keyframe or split_parameter_sets(unit.data)[0] == self.muxer.parameter_sets
