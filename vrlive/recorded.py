"""``vrlive record``: what was recorded, and how it becomes a file for editors and uploads."""

import re
from pathlib import Path
from typing import Final

from rich.table import Table

from streaming.export import END, Progress, export
from streaming.recordings import Recording, recordings
from vrlive.config import ChannelConfig, RecordConfig
from vrlive.errors import InputError, UserError
from vrlive.output import check_output, in_place
from vrlive.toml import read_toml

TIME: Final = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,4}):)?(\d{1,6}(?:\.\d{1,3})?)")
MB: Final = 1e6


def list_recordings(where: Path) -> Table:
    """What a folder holds, or the recordings folder of a channel.toml, the oldest first.

    Raises
    ------
    UserError
        If there is no such folder or file.
    """
    folder, channel = _folder(where)
    table = Table("file", "began (UTC)", "length", "MB", box=None)
    for each in recordings(folder, channel):
        table.add_row(each.path.name, f"{each.began:%Y-%m-%d %H:%M:%S}", _length(each), f"{each.size_bytes / MB:.1f}")
    table.title = f"{folder}{': no recordings' * (table.row_count == 0)}"
    return table


def export_recording(recording: Path, out: Path, from_text: str | None, to_text: str | None, progress: Progress) -> str:
    """Write a recording, or what lies between two times of it, as a plain MP4; what was written, in words.

    Raises
    ------
    UserError
        If a time cannot be read, the recording neither, or something is at `out`.
    """
    from_s = parse_time("--from", from_text) if from_text is not None else 0.0
    to_s = parse_time("--to", to_text) if to_text is not None else END
    if to_s <= from_s:
        raise UserError(f"--to {to_text}: must be later than --from")
    if not recording.is_file():
        raise InputError(f"{recording}: there is no such recording")
    check_output(out, (".mp4",), "a recording becomes", [recording])
    if out.exists():
        raise InputError(f"{out}: is there already; give another name, or remove it")
    with in_place(out) as unfinished:
        written_s = export(recording, unfinished, from_s=from_s, to_s=to_s, progress=progress)
    return f"{_clock(written_s)}, {out.stat().st_size / MB:.1f} MB"


def parse_time(option: str, text: str) -> float:
    """Seconds of ``SS``, ``MM:SS`` or ``HH:MM:SS``, each with ``.mmm`` if wanted.

    Raises
    ------
    UserError
        If it has another form.
    """
    found = TIME.fullmatch(text.strip())
    if not found:
        raise UserError(f"{option} {text}: is not a time in the recording; write seconds, MM:SS or HH:MM:SS, such as 1:02:30.5")
    hours, minutes, seconds = found.groups(default="0")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _folder(where: Path) -> tuple[Path, str | None]:
    """The folder, and whose recordings in it are meant."""
    if where.suffix == ".toml":
        config = read_toml(where, ChannelConfig)
        return where.parent / config.record.folder, config.name
    if not where.is_dir():
        default = RecordConfig().folder
        raise UserError(
            f"{where}: there is no such folder; give one with recordings, or a channel.toml (its own is “{default}” unless it says so)"
        )
    return where, None


def _length(recording: Recording) -> str:
    try:
        return _clock(recording.duration_s())
    except InputError:
        return "cannot be read"


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
