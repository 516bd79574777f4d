"""A file of fragments that can be played whatever happens while it is written: a kill, a full disk, a power cut."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

KIND: Final = slice(4, 8)  # of a box, after its size
UNSEEN: Final = b"free"  # what players skip (ISO/IEC 14496-12, 8.1.2)


class FragmentFile:
    """A new file that begins with `index`.

    FFmpeg refuses a whole file for a moof that is cut off at its end (measured). So a fragment's first box is called ``free`` until all of
    the fragment is on the disk; then four bytes make it seen.

    Raises
    ------
    OSError
        If it is there already, or cannot be written. While writing: what was written of a fragment is taken back.
    """

    def __init__(self, path: Path, index: bytes) -> None:
        self.path, self.size = path, 0
        self._index_size = len(index)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        try:
            self._append(index)
        except OSError:
            self.close()
            raise

    def append(self, fragment: bytes) -> None:
        """Write a fragment (moof and mdat)."""
        start = self.size
        self._append(fragment[: KIND.start] + UNSEEN + fragment[KIND.stop :])
        os.pwrite(self._file, fragment[KIND], start + KIND.start)

    def cut(self, size: int) -> None:
        """Take back what lies beyond so many bytes: whole fragments."""
        os.ftruncate(self._file, size)
        self.size = size

    def close(self) -> None:
        """Close it; one without a fragment is removed."""
        os.close(self._file)
        if self.size <= self._index_size:
            self.path.unlink(missing_ok=True)

    def _append(self, piece: bytes) -> None:
        try:
            at, left = self.size, memoryview(piece)
            while left:
                written = os.pwrite(self._file, left, at)
                at, left = at + written, left[written:]
            os.fdatasync(self._file)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, self.size)
            raise
        self.size += len(piece)
