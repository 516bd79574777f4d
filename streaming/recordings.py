"""The recordings in a folder: how they are called, how long they are, how much room they take."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import av

from vrlive.errors import InputError

NAME = re.compile(r"(?P<channel>[a-z0-9][a-z0-9-]*)_(?P<began>\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d)Z(-(?P<number>\d{1,6}))?\.mp4")
BEGAN = "%Y-%m-%d_%H-%M-%S"


@dataclass(frozen=True, slots=True)
class Recording:
    """A file that was recorded, or still is."""

    path: Path
    channel: str
    began: datetime
    number: int  # of those that began in that second
    size_bytes: int

    def duration_s(self) -> float:
        """How long it is.

        Raises
        ------
        InputError
            If it cannot be read.
        """
        try:
            with av.open(str(self.path)) as source:
                return (source.duration or 0) / av.time_base
        except (av.error.FFmpegError, OSError) as fault:
            raise InputError(f"{self.path}: cannot be read: {fault.strerror or fault}") from fault


def recordings(folder: Path, channel: str | None = None) -> list[Recording]:
    """What was recorded into a folder, of one channel or of all, the oldest first; other files are passed over."""
    found = [each for each in _all(folder) if channel in (None, each.channel)]
    return sorted(found, key=lambda each: (each.began, each.channel, each.number))


def new_path(folder: Path, channel: str, unix_s: float) -> Path:
    """A name that nothing in the folder has, of a recording that begins now: channel, date and time in UTC."""
    stem = f"{channel}_{datetime.fromtimestamp(unix_s, UTC):{BEGAN}}Z"
    number, path = 1, folder / f"{stem}.mp4"
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.mp4"
    return path


def _all(folder: Path) -> Iterator[Recording]:
    for path in folder.iterdir() if folder.is_dir() else ():
        named = NAME.fullmatch(path.name)
        try:
            status = path.stat()
            began = datetime.strptime(named["began"], BEGAN).replace(tzinfo=UTC) if named else None
        except (OSError, ValueError):  # it has just gone, or its digits are no date
            continue
        if named and began and path.is_file():
            yield Recording(path, named["channel"], began, int(named["number"] or 1), status.st_size)
