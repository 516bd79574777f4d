"""The `vrlive` command."""

import logging
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from vrlive.errors import UserError, VrliveError
from vrlive.progress import progress

if TYPE_CHECKING:
    from vrlive.app import ServeOptions
    from vrlive.bench.report import Report
    from vrlive.config import ChannelConfig, NadirConfig

app = typer.Typer(
    help="Live 360° and VR broadcast: camera feeds in, a stitched, dressed showroom out to headsets and browsers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
rig = typer.Typer(help="Look at rig files and convert them.", no_args_is_help=True)
record = typer.Typer(help="Look at recordings and export them. A channel is recorded by [record] in its file.", no_args_is_help=True)
bench = typer.Typer(help="Measure, on this machine, what we claim.", no_args_is_help=True)
scene = typer.Typer(help="Look at showrooms: what is wrong with their file, and how they look.", no_args_is_help=True)
garment = typer.Typer(help="Look at garments' models, and take them into the library.", no_args_is_help=True)
app.add_typer(rig, name="rig")
app.add_typer(garment, name="garment")
app.add_typer(scene, name="scene")
app.add_typer(record, name="record")
app.add_typer(bench, name="bench")

err = Console(stderr=True)
out = Console()

Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets the local network in.")]
Port = Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)]
Tls = Annotated[str, typer.Option(help="“auto” (a certificate of our own, with this machine's addresses) or “CERT,KEY” (two PEM files).")]
Server = Annotated[str, typer.Option(help="Where the show is on air.")]
For = Annotated[float | None, typer.Option("--for", help="End by itself after so many seconds.", min=0)]
ServerFile = Annotated[
    Path | None,
    typer.Option("--server", metavar="SERVER.toml", help="Ports, addresses, TURN, access and limits of the server.", show_default=False),
]
RigFile = Annotated[
    Path, typer.Argument(metavar="RIG", help="A rig.toml, .pto, .ptv, GoPro Fusion .txt, or OpenCV calibration (.yaml, .json).")
]
CHANNEL = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
Quick = Annotated[bool, typer.Option("--quick", help="A shorter run, under a minute.")]


@app.callback()
def configure(verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more while working.")] = False) -> None:
    """Set up logging: one line an event, on standard error."""
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(asctime)s %(name)s: %(message)s", stream=sys.stderr)
    for ours in ("vrlive", "streaming.recorder"):  # other parts of streaming tell of each viewer
        logging.getLogger(ours).setLevel(logging.DEBUG if verbose else logging.INFO)


@app.command()
def demo(host: Host = "127.0.0.1", port: Port = 8360, tls: Tls = "", seconds: For = None, server: ServerFile = None) -> None:
    """Put the demo showroom on air: six synthetic cameras, stitched live, with a garment in it."""
    from vrlive.app import ServeOptions
    from vrlive.channels import demo_channel
    from vrlive.server_config import read_server

    _put_on_air(lambda: [demo_channel()], ServeOptions(host, port, tls, seconds, read_server(server)))


@app.command("serve")
def serve_command(
    channels: Annotated[
        list[Path],
        typer.Argument(metavar="CHANNEL.toml|FOLDER…", help="One file a channel, or a folder of them; the first is the one at /."),
    ],
    host: Host = "127.0.0.1",
    port: Port = 8360,
    tls: Tls = "",
    seconds: For = None,
    server: ServerFile = None,
) -> None:
    """Put channels on air. A server.toml beside their files is read, too; SIGHUP, or `vrlive reload`, has the channels read again."""
    from vrlive.app import ServeOptions
    from vrlive.channels import read_channels
    from vrlive.server_config import read_server

    settings = read_server(server, channels)

    def read() -> "Sequence[ChannelConfig]":
        if read_server(server, channels) != settings:
            raise UserError("server.toml was changed; ports, addresses, access and limits are taken up by a restart of the server alone")
        return read_channels(channels)

    _put_on_air(read, ServeOptions(host, port, tls, seconds, settings))


@app.command("token")
def token_command(
    channel: Annotated[str, typer.Argument(help="The channel's name.")],
    *,
    to: Annotated[str, typer.Option("--for", metavar="watch|publish", help="What it allows.")] = "watch",
    valid: Annotated[str, typer.Option(help="For how long, such as 30m, 2h or 7d.")] = "2h",
    server: ServerFile = None,
) -> None:
    """Print a token that allows to watch or publish a channel for a while. It is signed by this machine's secret, or server.toml's."""
    import os
    import time

    from vrlive import resources, tokens
    from vrlive.server_config import read_server

    if to not in ("watch", "publish"):
        raise UserError(f"--for {to}: a token is for “watch” or for “publish”")
    if not CHANNEL.fullmatch(channel):
        raise UserError(f"“{channel}” is no name of a channel; those are of a–z, 0–9 and -")
    try:
        seconds = tokens.parse_duration_s(valid)
    except ValueError as fault:
        raise UserError(f"--valid: {fault}") from None
    secret = tokens.access_secret(resources.state(), os.environ.get(tokens.VARIABLE), read_server(server).access.secret_file)
    typer.echo(tokens.make_token(secret, channel, "watch" if to == "watch" else "publish", time.time() + seconds))


@app.command()
def stitch(
    rig_file: RigFile,
    inputs: Annotated[
        list[Path] | None, typer.Argument(metavar="INPUT…", help="One picture or video for each input of the rig, in order.")
    ] = None,
    *,
    to: Annotated[Path, typer.Option("--out", help="A .png or .jpg for stills, an .mp4 for footage.")],
    projection: Annotated[
        str, typer.Option(help="equirect (all of the sphere), vr180, cubemap, eac, or rectilinear (a view of a part).")
    ] = "equirect",
    size: Annotated[
        str | None, typer.Option(help="Size of the picture, such as 3840x1920; the rig's own resolution when not given.")
    ] = None,
    view: Annotated[str | None, typer.Option(metavar="YAW,PITCH[,ROLL]", help="Where a rectilinear view looks, in degrees.")] = None,
    fov: Annotated[float | None, typer.Option(help="How wide a rectilinear view is, in degrees.", show_default="90")] = None,
    level: Annotated[
        bool | None,
        typer.Option(
            "--level/--no-level", help="Level the horizon by a GoPro's telemetry. When not given: if an input has any.", show_default=False
        ),
    ] = None,
    nadir: Annotated[
        str | None, typer.Option(metavar="PICTURE|#RRGGBB", help="A logo, or a disc of one colour, to lay over the tripod.")
    ] = None,
    nadir_deg: Annotated[float, typer.Option(help="Angle that it takes in.", min=1, max=120)] = 40.0,
    scene: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="Garments to stand into it: a showroom that ships, or a scene.toml.")
    ] = None,
    ambisonics: Annotated[
        bool, typer.Option("--ambisonics", help="Sound of four channels is ambisonics (ACN, SN3D), though its file does not say so.")
    ] = False,
) -> None:
    """Stitch pictures or footage into one 360° picture or video, or a view of it."""
    from vrlive.offline import stitch_files
    from vrlive.showing import Showing

    showing = Showing.parse(projection, size, view, fov)
    patch = _nadir(nadir, nadir_deg) if nadir else None
    with progress("Stitching", err) as bar:
        written = stitch_files(
            rig_file, inputs or [], to, showing=showing, progress=bar, level=level, nadir=patch, scene=scene, ambisonics=ambisonics
        )
    _say(f"wrote {to}, {written}")


@app.command()
def score(
    rig_file: RigFile,
    inputs: Annotated[
        list[Path] | None, typer.Argument(metavar="INPUT…", help="One picture or video for each input of the rig, in order.")
    ] = None,
    *,
    truth: Annotated[Path | None, typer.Option(help="The true panorama, a picture or video of any size.")] = None,
    size: Annotated[
        str | None, typer.Option(help="Size of the panorama to measure; the rig's own, at most 2048x1024, when not given.")
    ] = None,
    distance: Annotated[str, typer.Option(metavar="METRES|far", help="How far the scene is.")] = "far",
    eye: Annotated[str | None, typer.Option(metavar="left|right", help="Which eye's panorama, of a stereo rig.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write all numbers as .json.")] = None,
    picture: Annotated[
        Path | None, typer.Option("--out", metavar="PICTURE", help="Draw where seams and errors lie, as a .png or .jpg.")
    ] = None,
) -> None:
    """Say how well a rig's lenses agree, and how good the panorama is that they make."""
    from vrlive.scoring import check_outputs, draw, report, score_files, write

    check_outputs(rig_file, inputs or [], truth, json_file, picture)
    with progress("Scoring", err) as bar:
        scores, maps = score_files(
            rig_file, inputs or [], progress=bar, size=size, truth=truth, distance_m=_distance(distance)["distance_m"], eye=eye
        )
    out.print(report(scores), highlight=False)
    if json_file:
        write(scores, json_file)
    if picture:
        draw(maps, picture)


@app.command()
def tune(
    channel: Annotated[str, typer.Argument(help="The channel's name.")],
    *,
    yaw: Annotated[float | None, typer.Option(help="Turn the whole picture right, in degrees.")] = None,
    pitch: Annotated[float | None, typer.Option(help="Turn it up, in degrees.")] = None,
    roll: Annotated[float | None, typer.Option(help="Turn it clockwise, in degrees.")] = None,
    distance: Annotated[str | None, typer.Option(metavar="METRES|far", help="How far the scene is.")] = None,
    server: Server = "http://127.0.0.1:8360",
) -> None:
    """Level the horizon of a show on air, or change its stitch distance; without options, say how it is."""
    from vrlive import remote, resources

    given = {"yaw_deg": yaw, "pitch_deg": pitch, "roll_deg": roll}
    changes = {key: value for key, value in given.items() if value is not None} | _distance(distance)
    authority = resources.state() / "tls" / "authority.pem"
    if changes:
        found = remote.tune(server, channel, changes, remote.known_token(resources.state()), authority)
    else:
        found = remote.stitching(server, channel, authority)
    away = "far away" if found.distance_m is None else f"{found.distance_m:g} m away"
    waiting = "" if found.in_force else "; that is wanted, but not in force yet: the engine shows no picture, or is still at it"
    _say(f"{channel}: yaw {found.yaw_deg:g}°, pitch {found.pitch_deg:g}°, roll {found.roll_deg:g}°, scene {away}{waiting}")


@app.command()
def reload(server: Server = "http://127.0.0.1:8360") -> None:
    """Have a running server read its channels' files again, while viewers watch; SIGHUP does the same, but says nothing."""
    from vrlive import remote, resources

    found = remote.reload(server, remote.known_token(resources.state()), resources.state() / "tls" / "authority.pem")
    for what, names in found:
        if names:
            _say(f"{what}: {', '.join(names)}")


@app.command()
def top(
    server: Server = "http://127.0.0.1:8360",
    *,
    once: Annotated[bool, typer.Option("--once", help="Look once, then end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, one line a look.")] = False,
    every: Annotated[float, typer.Option("--every", help="Seconds from look to look.", min=0.2, max=3600)] = 1.0,
) -> None:
    """Follow a running server: its channels, viewers, renditions and cameras, and what they take."""
    from vrlive import resources
    from vrlive import top as looking

    authority = resources.state() / "tls" / "authority.pem"
    console = out if out.is_terminal else Console(width=looking.WIDE)
    if not (once or as_json):
        looking.watch(server, authority, every, console)
    for look in looking.follow(server, authority, every):
        if as_json:
            typer.echo(look.model_dump_json())
        else:
            console.print(looking.picture(look))
        if once:
            return


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
    _say(f"wrote {to}{'; its cameras all look the same way: if they do not, give each its yaw_deg, pitch_deg, roll_deg' * alike}")


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
    _say(f"wrote {to}" + (f"; put the pictures beside it as {', '.join(missing)}" if missing else ""))


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
            _say(f"{key}: {each.summary} (--size {each.size}{view})")
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
    _say(f"wrote {to}, of {found.inputs} input{'s' * (found.inputs != 1)} of {found.lenses[0].frame}")


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
    _say(f"wrote {to}; {found.words}")


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
        _say(line)
    _say(f'imported to {taken.path.parent}; a scene names it by model = "{taken.path.parent.name}"')


@garment.command("show")
def garment_show(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A model's file, or the name of an imported garment.")],
    *,
    to: Annotated[Path | None, typer.Option("--out", metavar="PICTURE", help="Draw it from eight sides, as a .png or .jpg.")] = None,
    variant: Annotated[str | None, typer.Option(help="Which of its variants to draw.", show_default=False)] = None,
) -> None:
    """Print what a model is like and what is wrong with it; draw it from all sides. Exit code 2 if it would be refused."""
    from vrlive.garments import describe, draw, examine
    from vrlive.output import check_output

    if to:
        check_output(to, (".png", ".jpg"), "a turntable becomes", [file])
    examined = examine(file)
    for line in describe(examined):
        _say(line)
    if to:
        draw(examined, to, variant)
        _say(f"wrote {to}")
    if any(finding.refused for finding in examined.findings):
        raise typer.Exit(2)


@scene.command("check")
def scene_check(
    name: Annotated[str, typer.Argument(metavar="SCENE", help="A scene.toml, or the name of a showroom that ships.")],
) -> None:
    """Print what a showroom holds and what is wrong with it: all of it. Exit code 2 if it cannot go on air."""
    from vrlive.scenery import examine_scene

    examined = examine_scene(name)
    for line in examined.facts:
        _say(line)
    for warning in examined.warnings:
        _say(f"warning     {warning}")
    for fault in examined.faults:
        _say(f"fault       {fault}")
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
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
) -> None:
    """Draw a showroom into a 360° picture or a flat view, lit by a room."""
    from vrlive.scenery import render_scene

    with progress("Drawing", err) as bar:
        written = render_scene(name, to, room=room, size=size, view=view, force=force, progress=bar)
    _say(f"wrote {to}, {written}")


@app.command("preview")
def preview_command(
    target: Annotated[
        str, typer.Argument(metavar="CHANNEL.toml|SCENE", help="A channel, a scene.toml, or the name of a showroom that ships.")
    ],
    *,
    room: Annotated[
        str | None,
        typer.Option(metavar="PANORAMA|demo|studio", help="What a scene stands in: a 360° picture, or one of ours.", show_default="demo"),
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--out", metavar="SCENE.toml", help="Where Ctrl+S saves to; the scene's own file when not given.")
    ] = None,
) -> None:
    """Look around in a showroom, in a window; move and turn its garments, and save the scene."""
    from vrlive.preview import preview

    with progress("Preparing", err) as bar:
        preview(target, room=room, to=to, progress=bar)


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
    _say(f"wrote {to}, {written}")


@app.command()
def check() -> None:
    """Say what this machine can do, and what to install for what it cannot."""
    from vrlive.selfcheck import run_checks

    findings = run_checks()
    for finding in findings:
        out.print(
            f"[{'green' if finding.good else 'red'}]{'✓' if finding.good else '✗'}[/] {finding.subject}: {finding.text}", highlight=False
        )
    if any(finding.needed and not finding.good for finding in findings):
        raise typer.Exit(1)


@bench.command("live")
def bench_live(to: Annotated[Path | None, typer.Option("--out", help="Write the rows as JSON.")] = None, quick: Quick = False) -> None:
    """Time each stage of the live pipeline with the demo room's cameras."""
    from vrlive.bench.live import measure
    from vrlive.bench.report import show, write
    from vrlive.output import check_output

    if to:
        check_output(to, (".json",), "a report becomes")
    with progress("Filming the demo room, once", err) as bar:
        report = measure(quick=quick, progress=bar, say=err.print)
    show(report, out)
    if to:
        write(report, to)


@bench.command("fanout")
def bench_fanout(
    viewers: Annotated[int, typer.Option(help="How many watch.", min=1, max=250)] = 60,
    lasts_s: Annotated[float, typer.Option("--for", help="Seconds that each contestant is measured.", min=1)] = 10.0,
    to: Annotated[Path | None, typer.Option("--out", help="Write the rows as JSON.")] = None,
) -> None:
    """Measure what a viewer costs, ours beside aiortc's own sender and Janus; exit code 1 if a bar is missed."""
    from vrlive.bench.delivery.fanout import measure, verdicts

    _measure_delivery(lambda: measure(viewers=viewers, lasts_s=lasts_s, say=err.print), verdicts, to)


@bench.command("join")
def bench_join(
    joins: Annotated[int, typer.Option(help="How many join, in ten seconds.", min=1, max=200)] = 50,
    to: Annotated[Path | None, typer.Option("--out", help="Write the rows as JSON.")] = None,
) -> None:
    """Measure how soon who joins has a picture, and what a keyframe costs; exit code 1 if a bar is missed."""
    from vrlive.bench.delivery.join import measure, verdicts

    _measure_delivery(lambda: measure(joins=joins, say=err.print), verdicts, to)


@bench.command("quality")
def bench_quality(to: Annotated[Path | None, typer.Option("--out", help="Write the rows as JSON.")] = None) -> None:
    """Stitch scenes whose truth is known, with ours, OpenCV's and Hugin's blenders, and say how close each comes."""
    from vrlive.bench.quality import measure, verdicts
    from vrlive.bench.report import show, write
    from vrlive.output import check_output

    if to:
        check_output(to, (".json",), "a report becomes")
    report = measure(say=err.print)
    show(report, out)
    for verdict in verdicts(report):
        out.print(verdict, highlight=False)
    if to:
        write(report, to)


@bench.command("render")
def bench_render(to: Annotated[Path | None, typer.Option("--out", help="Write the rows as JSON.")] = None, quick: Quick = False) -> None:
    """Time garments: drawn straight into the sphere and by way of a cube, laid over frames, lit anew."""
    from vrlive.bench.render import measure, verdicts
    from vrlive.bench.report import show, write
    from vrlive.output import check_output

    if to:
        check_output(to, (".json",), "a report becomes")
    report = measure(quick=quick, say=err.print)
    show(report, out)
    for verdict in verdicts(report):
        out.print(verdict, highlight=False)
    if to:
        write(report, to)


@bench.command("stitch")
def bench_stitch(
    to: Annotated[Path | None, typer.Option("--out", help="Write the rows as JSON.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw time over size as an .svg or .png.")] = None,
    quick: Quick = False,
) -> None:
    """Time our stitcher beside OpenCV, FFmpeg and Hugin at the same work, each with its error; exit code 1 if ours is not exact."""
    from vrlive.bench.plot import check_drawing, draw
    from vrlive.bench.report import show, write
    from vrlive.bench.stitch import growth, is_exact, measure
    from vrlive.output import check_output

    for path, suffixes in ((to, (".json",)), (plot, (".svg", ".png"))):
        if path:
            check_output(path, suffixes, "a report becomes")
    if plot:
        check_drawing()
    report = measure(quick=quick, say=err.print)
    show(report, out, without=("cores", "p95_ms", "fps", "frames", "megapixels"))
    for line in growth(report):
        out.print(line, highlight=False)
    if to:
        write(report, to)
    if plot:
        draw(report, plot)
    if not is_exact(report):
        _say("not exact: times of rows with more than 1 code of error or less than 58.5 dB count for nothing")
        raise typer.Exit(1)


def _measure_delivery(measure: "Callable[[], Report]", verdicts: "Callable[[Report], Iterable[tuple[bool, str]]]", to: Path | None) -> None:
    from vrlive.bench.report import show, write
    from vrlive.output import check_output

    if to:
        check_output(to, (".json",), "a report becomes")
    report = measure()
    show(report, out, without=("cores", "frames", "fps"))
    if to:
        write(report, to)
    passed = True
    for met, words in verdicts(report):
        passed &= met
        out.print(f"{words}: {'met' if met else 'missed'}", highlight=False)
    if not passed:
        raise typer.Exit(1)


def _distance(text: str | None) -> dict[str, float | None]:
    if text is None:
        return {}
    if text == "far":
        return {"distance_m": None}
    try:
        return {"distance_m": float(text)}
    except ValueError:
        raise UserError(f"--distance: “{text}” is neither a number of metres nor “far”") from None


def _put_on_air(read: "Callable[[], Sequence[ChannelConfig]]", options: "ServeOptions") -> None:
    from vrlive.app import serve
    from vrlive.channels import prepare

    def film(channels: "Sequence[ChannelConfig]") -> None:
        with progress("Filming the demo room, once", err) as bar:
            prepare(channels, bar)

    serve(read, options, announce=_say, prepare=film)


def _nadir(shown: str, diameter_deg: float) -> "NadirConfig":
    from vrlive.config import NadirConfig

    if not shown.startswith("#"):
        return NadirConfig(picture=shown, diameter_deg=diameter_deg)
    if not COLOUR.fullmatch(shown):
        raise UserError(f"--nadir: “{shown}” is no colour; a colour is #rrggbb, such as #202020 (and ./{shown} a file)")
    return NadirConfig(colour=shown, diameter_deg=diameter_deg)


def main() -> None:
    """Run the command; a user's mistake is one sentence and exit code 2."""
    try:
        app()
    except UserError as fault:
        _complain(fault)
        sys.exit(2)
    except VrliveError as fault:
        _complain(fault)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _say(text: str) -> None:
    """Print as it is: an IPv6 address in brackets is no markup, and an address is not broken over two lines."""
    out.print(text, markup=False, highlight=False, soft_wrap=True)


def _complain(fault: VrliveError) -> None:
    err.print("[red bold]vrlive:[/]", escape(str(fault)), highlight=False, soft_wrap=True)
