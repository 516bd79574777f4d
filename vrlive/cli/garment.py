"""`vrlive garment …`."""

from pathlib import Path
from typing import Annotated

import typer

from vrlive.cli.console import say

garment = typer.Typer(help="Look at garments' models, and take them into the library.", no_args_is_help=True)


@garment.command("import")
def garment_import(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .glb; or an .obj, .ply or .stl, which carry a shape alone.")],
    *,
    name: Annotated[str | None, typer.Option(help="What scenes call it; the file's own name when not given.", show_default=False)] = None,
    scale: Annotated[float, typer.Option(help="How many times as large it becomes: 0.01 for one exported in centimetres.")] = 1.0,
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite the garment of that name.")] = False,
) -> None:
    """Check a model and take it into the garment library, where scenes find it by name."""
    from vrlive.garments import describe, import_garment

    taken = import_garment(file, name, scale=scale, replace=replace)
    for line in describe(taken):
        say(line)
    say(f'imported to {taken.path.parent}; a scene names it by model = "{taken.path.parent.name}"')


@garment.command("show")
def garment_show(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A model's file, or the name of an imported garment.")],
    *,
    to: Annotated[Path | None, typer.Option("--out", metavar="PICTURE", help="Draw it from eight sides, as a .png or .jpg.")] = None,
    variant: Annotated[str | None, typer.Option(help="Which of its variants to draw.", show_default=False)] = None,
    clip: Annotated[
        str | None, typer.Option(metavar="ANIMATION", help="Draw eight moments of this animation instead.", show_default=False)
    ] = None,
) -> None:
    """Print what a model is like and what is wrong with it; draw it from all sides. Exit code 2 if it would be refused."""
    from vrlive.garments import describe, draw, examine
    from vrlive.output import check_output

    if to:
        check_output(to, (".png", ".jpg"), "a turntable becomes", [file])
    examined = examine(file)
    for line in describe(examined):
        say(line)
    if to:
        draw(examined, to, variant, clip)
        say(f"wrote {to}")
    if any(finding.refused for finding in examined.findings):
        raise typer.Exit(2)
