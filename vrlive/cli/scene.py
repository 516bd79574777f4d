"""`vrlive scene …`."""

from pathlib import Path
from typing import Annotated

import typer

from vrlive.cli.console import err, say
from vrlive.progress import progress

scene = typer.Typer(help="Look at showrooms: what is wrong with their file, and how they look.", no_args_is_help=True)


@scene.command("check")
def scene_check(
    name: Annotated[str, typer.Argument(metavar="SCENE", help="A scene.toml, or the name of a showroom that ships.")],
) -> None:
    """Print what a showroom holds and what is wrong with it: all of it. Exit code 2 if it cannot go on air."""
    from vrlive.scenery import examine_scene

    examined = examine_scene(name)
    for line in examined.facts:
        say(line)
    for warning in examined.warnings:
        say(f"warning     {warning}")
    for fault in examined.faults:
        say(f"fault       {fault}")
    if examined.faults:
        raise typer.Exit(2)


@scene.command("render")
def scene_render(
    name: Annotated[str, typer.Argument(metavar="SCENE", help="A scene.toml, or the name of a showroom that ships.")],
    *,
    to: Annotated[Path, typer.Option("--out", metavar="PICTURE", help="The .png or .jpg to write.")],
    room: Annotated[
        str, typer.Option(metavar="PANORAMA|demo|studio", help="What it stands in and is lit by: a 360° picture, or one of ours.")
    ] = "demo",
    size: Annotated[str | None, typer.Option(help="Size of the picture; 3840x1920, or 1920x1080 of a view, when not given.")] = None,
    view: Annotated[
        str | None, typer.Option(metavar="YAW,PITCH,FOV", help="Draw a flat view that looks there and is so wide, in degrees.")
    ] = None,
    time_s: Annotated[float, typer.Option("--at", metavar="SECONDS", help="Draw garments that move as they are then.")] = 0.0,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
) -> None:
    """Draw a showroom into a 360° picture or a flat view, lit by a room."""
    from vrlive.scenery import render_scene

    with progress("Drawing", err) as bar:
        written = render_scene(name, to, room=room, size=size, view=view, force=force, progress=bar, time_s=time_s)
    say(f"wrote {to}, {written}")
