"""`vrlive record …`."""

from pathlib import Path
from typing import Annotated

import typer

from vrlive.cli.console import err, out, say
from vrlive.progress import progress

record = typer.Typer(help="Look at recordings and export them. A channel is recorded by [record] in its file.", no_args_is_help=True)


@record.command("list")
def record_list(
    where: Annotated[
        Path, typer.Argument(metavar="FOLDER|CHANNEL.toml", help="Where recordings lie, or a channel that is recorded.")
    ] = Path("recordings"),
) -> None:
    """Print the recordings, with when they began and how long they are."""
    from vrlive.recorded import list_recordings

    out.print(list_recordings(where), highlight=False)


@record.command("export")
def record_export(
    recording: Annotated[Path, typer.Argument(metavar="RECORDING", help="A recording; it may still be going on.")],
    *,
    to: Annotated[Path, typer.Option("--out", help="The .mp4 to write; nothing is overwritten.")],
    begin: Annotated[str | None, typer.Option("--from", metavar="TIME", help="Begin here: seconds, MM:SS or HH:MM:SS.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="End here.")] = None,
) -> None:
    """Turn a recording, or a part of it, into a plain MP4 for editors and uploads; nothing is encoded anew."""
    from vrlive.recorded import export_recording

    with progress("Exporting", err) as bar:
        written = export_recording(recording, to, begin, end, bar)
    say(f"wrote {to}, {written}")
