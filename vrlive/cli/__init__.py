"""The `vrlive` command."""

import logging
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from vrlive.cli.bench import bench
from vrlive.cli.console import complain, err, out, say
from vrlive.cli.garment import garment
from vrlive.cli.options import RigFile, Server
from vrlive.cli.record import record
from vrlive.cli.rig import rig
from vrlive.cli.scene import scene
from vrlive.cli.show import show
from vrlive.errors import UserError, VrliveError
from vrlive.progress import progress

if TYPE_CHECKING:
    from vrlive.app import ServeOptions
    from vrlive.config import ChannelConfig, NadirConfig

app = typer.Typer(
    help="Live 360° and VR broadcast: camera feeds in, a stitched, dressed showroom out to headsets and browsers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(rig, name="rig")
app.add_typer(garment, name="garment")
app.add_typer(scene, name="scene")
app.add_typer(show, name="show")
app.add_typer(record, name="record")
app.add_typer(bench, name="bench")

Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets the local network in.")]
Port = Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)]
Tls = Annotated[str, typer.Option(help="“auto” (a certificate of our own, with this machine's addresses) or “CERT,KEY” (two PEM files).")]
For = Annotated[float | None, typer.Option("--for", help="End by itself after so many seconds.", min=0)]
ServerFile = Annotated[
    Path | None,
    typer.Option("--server", metavar="SERVER.toml", help="Ports, addresses, TURN, access and limits of the server.", show_default=False),
]
CHANNEL = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


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
    say(f"wrote {to}, {written}")


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
    say(f"{channel}: yaw {found.yaw_deg:g}°, pitch {found.pitch_deg:g}°, roll {found.roll_deg:g}°, scene {away}{waiting}")


@app.command()
def reload(server: Server = "http://127.0.0.1:8360") -> None:
    """Have a running server read its channels' files again, while viewers watch; SIGHUP does the same, but says nothing."""
    from vrlive import remote, resources

    found = remote.reload(server, remote.known_token(resources.state()), resources.state() / "tls" / "authority.pem")
    for what, names in found:
        if names:
            say(f"{what}: {', '.join(names)}")


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

    serve(read, options, announce=say, prepare=film)


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
        complain(fault)
        sys.exit(2)
    except VrliveError as fault:
        complain(fault)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
