"""Secrets: where they come from, and nothing else: they stand in no log and in no message."""

import fcntl
import os
import secrets
from pathlib import Path

from vrlive.errors import ServeError


def given_secret(source: str, text: str, shortest: int) -> str:
    """A secret as somebody wrote it, if it is a sound one.

    Raises
    ------
    ServeError
        If it is too short, or could not be typed into another program's configuration; the message names `source`, not the secret.
    """
    if len(text) < shortest or not text.isascii() or not text.isprintable() or " " in text:
        raise ServeError(f"{source} must be {shortest} or more printable ASCII characters without blanks; try: openssl rand -hex 32")
    return text


def read_secret(path: Path, shortest: int) -> str:
    """The secret in a file that somebody else wrote: its first line.

    Raises
    ------
    ServeError
        If the file cannot be read, or holds no sound secret.
    """
    try:
        with path.open(encoding="ascii") as file:
            first = file.readline(4096)
    except (OSError, UnicodeError) as fault:
        raise ServeError(f"{path}: the secret cannot be read: {_why(fault)}") from fault
    return given_secret(f"{path}: the first line", first.strip(), shortest)


def kept_secret(path: Path, shortest: int, what: str, variable: str) -> str:
    """A secret of our own, in a file that only its owner can read; made when there is none.

    Parameters
    ----------
    path
        The file; its folder is made, too.
    shortest
        Characters; a shorter one is replaced.
    what, variable
        What it is called in a message, and the environment variable that is the way out.

    Raises
    ------
    ServeError
        If the file cannot be read or written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # two servers that start at once keep one
            kept = file.read().strip()
            if len(kept) < shortest:
                kept = secrets.token_urlsafe(32)
                file.seek(0)
                file.write(kept + "\n")
        path.chmod(0o600)
    except (OSError, UnicodeError) as fault:
        raise ServeError(f"the {what} cannot be kept in {path}: {_why(fault)}; give one in {variable} instead") from fault
    return kept


def _why(fault: Exception) -> str:
    return getattr(fault, "strerror", None) or "it is not ASCII text"
