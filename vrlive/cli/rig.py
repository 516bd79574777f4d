"""`vrlive rig …`."""

from pathlib import Path
from typing import Annotated

import typer

from vrlive.cli.console import out, say
from vrlive.cli.options import RigFile
from vrlive.errors import UserError

rig = typer.Typer(help="Look at rig files and convert them.", no_args_is_help=True)


@rig.command("show")
def rig_show(path: RigFile) -> None:
    """Print a rig's lenses, its overlaps, and how much of the sphere it covers."""
    from vrlive.rigs import describe_rig

    out.print(describe_rig(path))


@rig.command("import")
def rig_import(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A .pto, .ptv, GoPro Fusion .txt, or OpenCV calibration (.yaml, .json).")],
    others: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="OTHERS…", help="Of calibrations: more of them. Else: the pictures, which must be as many as the rig's inputs."
        ),
    ] = None,
    *,
    to: Annotated[Path, typer.Option("--out", help="The rig.toml to write.")],
) -> None:
    """Turn a rig file of another program, or the calibrations of several cameras, into rig.toml."""
    from vrlive.output import check_output
    from vrlive.rigs import import_rig, write_rig

    check_output(to, (".toml",), "a rig becomes", [path, *(others or ())])
    found = import_rig(path, others or ())
    write_rig(found, to)
    alike = len(found.lenses) > 1 and len({(lens.yaw, lens.pitch, lens.roll) for lens in found.lenses}) == 1
    say(f"wrote {to}{'; its cameras all look the same way: if they do not, give each its yaw_deg, pitch_deg, roll_deg' * alike}")


@rig.command("export")
def rig_export(
    path: RigFile,
    inputs: Annotated[
        list[Path] | None, typer.Argument(metavar="INPUT…", help="Its pictures, one for each input of the rig, in order.")
    ] = None,
    *,
    to: Annotated[Path, typer.Option("--out", help="The .pto to write.")],
) -> None:
    """Turn a rig into a .pto project for Hugin."""
    from vrlive.output import check_output
    from vrlive.rigs import export_rig

    check_output(to, (".pto",), "a rig becomes", [path, *(inputs or ())])
    missing = export_rig(path, inputs or (), to)
    say(f"wrote {to}" + (f"; put the pictures beside it as {', '.join(missing)}" if missing else ""))


@rig.command("preset")
def rig_preset(
    name: Annotated[str | None, typer.Argument(help="Which; without one, they are listed.")] = None,
    *,
    size: Annotated[str | None, typer.Option(help="Size of the camera's frames, such as 2560x1280.")] = None,
    fov: Annotated[float | None, typer.Option(help="Field of view of each fisheye, in degrees.")] = None,
    to: Annotated[Path | None, typer.Option("--out", help="The rig.toml to write.")] = None,
) -> None:
    """Write the rig of a common kind of camera, which is not calibrated: dual fisheyes, cubemaps, GoPro MAX."""
    from vrlive.output import check_output
    from vrlive.rigs import PRESETS, preset_rig, write_rig
    from vrlive.units import Size

    if name is None:
        for key, each in PRESETS.items():
            view = f", --fov {each.fov_deg:g}" if each.fov_deg else ""
            say(f"{key}: {each.summary} (--size {each.size}{view})")
        return
    if to is None:
        raise UserError(f"--out: name the rig.toml to write, such as --out {name}.toml")
    check_output(to, (".toml",), "a rig becomes")
    try:
        frame = Size.parse(size) if size is not None else None
    except ValueError as fault:
        raise UserError(f"--size: {fault}") from None
    found = preset_rig(name, frame, fov)
    write_rig(found, to)
    say(f"wrote {to}, of {found.inputs} input{'s' * (found.inputs != 1)} of {found.lenses[0].frame}")


@rig.command("level")
def rig_level(
    path: RigFile,
    inputs: Annotated[
        list[Path], typer.Argument(metavar="INPUT…", help="One file for each input of the rig, in order; a GoPro's own film among them.")
    ],
    *,
    to: Annotated[Path, typer.Option("--out", help="The rig.toml to write.")],
) -> None:
    """Level a rig that stands askew, by what GoPro cameras write about gravity."""
    from vrlive.levelling import level_if_told
    from vrlive.output import check_output
    from vrlive.rigs import read_rig, write_rig

    check_output(to, (".toml",), "a rig becomes", [path, *inputs])
    found = level_if_told(read_rig(path, inputs), inputs, wanted=True)
    write_rig(found.rig, to)
    say(f"wrote {to}; {found.words}")
