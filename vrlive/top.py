"""`vrlive top`: how a running server is, as a table that follows it, or as JSON."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import quote

from pydantic import BaseModel, Field
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from vrlive.api.models import CameraState, ChannelState, ProcessState, RenditionState, ServerState
from vrlive.errors import UserError
from vrlive.remote import ask

WIDE: Final = 160  # characters, where nobody says how wide it is: a file, or another program
TONES: Final = {
    **dict.fromkeys(("live", "running", "encoding"), "green"),
    **dict.fromkeys(("connecting", "degraded", "slate", "starting", "restarting"), "yellow"),
    **dict.fromkeys(("stalled", "failed", "offline", "stopped", "refused"), "red"),
}


class ChannelLook(BaseModel):
    """A channel, over the time between two looks at it."""

    name: str
    state: str
    viewers: int
    behind: Annotated[int, Field(description="Of the viewers.")]
    fps: Annotated[float, Field(description="Pictures a second of the largest rendition, as they reach delivery.")]
    delay_ms: Annotated[float, Field(description="From capture to delivery.")]
    sent_bps: Annotated[float, Field(description="Bits a second to all viewers, without what RTP adds.")]
    resent_per_s: Annotated[float, Field(description="Packets sent again, a second.")]
    dropped: Annotated[int, Field(description="Pictures and packets of sound that viewers were too slow for, since start.")]
    engine: str
    restarts: int
    cpu_cores: float | None
    resident_bytes: int | None
    cameras: list[CameraState]
    renditions: list[RenditionState]


class Look(BaseModel):
    """A server, over the time between two looks at it."""

    server: str
    version: str
    uptime_s: float
    viewers: int
    cpu_cores: Annotated[float | None, Field(description="Of delivery, without the engines.")]
    resident_bytes: int | None
    way: str
    reload_fault: str
    channels: list[ChannelLook]


Seen = tuple[ServerState, dict[str, ChannelState]]


def follow(server: str, authority: Path | None, every_s: float) -> Iterator[Look]:
    """Look at a server again and again; the first is there after `every_s`.

    Parameters
    ----------
    server, authority
        As of `vrlive.remote.stitching`.
    every_s
        Pause between two looks.

    Raises
    ------
    UserError
        If there is no server, or it refuses.
    """
    before = _see(server, authority)
    while True:
        time.sleep(every_s)
        after = _see(server, authority)
        yield compare(server, before, after)
        before = after


def watch(server: str, authority: Path | None, every_s: float, console: Console) -> None:
    """Show a server until Ctrl-C: in place on a terminal, else one look below the other. It may go away meanwhile, and come back."""
    shown = next(looks := follow(server, authority, every_s))
    with Live(picture(shown), console=console, screen=console.is_terminal, auto_refresh=False, transient=True) as live:
        while True:
            try:
                shown = next(looks, None) or next(looks := follow(server, authority, every_s))
                view = picture(shown)
            except UserError as fault:
                view = Group(_clean(str(fault), "red"), picture(shown))
                time.sleep(every_s)
            if console.is_terminal:
                live.update(view, refresh=True)
            else:
                console.print(view)


def compare(server: str, before: Seen, after: Seen) -> Look:
    """What was seen of the server, and what happened in between."""
    (then, channels_then), (now, channels_now) = before, after
    lasted_s = max(now.now_unix_s - then.now_unix_s, 1e-3)
    return Look(
        server=server,
        version=now.version,
        uptime_s=now.uptime_s,
        viewers=now.viewers,
        cpu_cores=_cores(then.process if then.pid == now.pid else None, now.process, lasted_s),
        resident_bytes=now.process.resident_bytes if now.process else None,
        way=now.fanout.words,
        reload_fault=now.reloads.fault,
        channels=[_channel(channels_then.get(name, state), state) for name, state in channels_now.items()],
    )


def picture(look: Look) -> RenderableType:
    """A look as people read it."""
    up, one = timedelta(seconds=round(look.uptime_s)), look.viewers == 1
    head = f"vrlive {look.version} at {look.server}, up {up}: {look.viewers} viewer{'' if one else 's'}; delivery takes {_load(look)}"
    parts: list[RenderableType] = [_clean(head), _clean(f"sent by the way that is {look.way}", "dim")]
    if look.reload_fault:
        parts.append(_clean(f"the last reload was refused: {look.reload_fault}", "red"))
    return Group(*parts, _channels(look), _renditions(look), _cameras(look))


def _see(server: str, authority: Path | None) -> Seen:
    state = ask(server, "server", ServerState, authority)
    return state, {name: ask(server, f"channels/{quote(name, safe='')}", ChannelState, authority) for name in state.channels}


def _channel(then: ChannelState, now: ChannelState) -> ChannelLook:
    lasted_s = max(now.now_unix_s - then.now_unix_s, 1e-3)

    def rate(before: int, after: int) -> float:
        return max(after - before, 0) / lasted_s  # less than before: the server is another

    engine, same = now.engine, then.engine.pid == now.engine.pid
    return ChannelLook(
        name=now.name,
        state=now.state,
        viewers=now.viewers,
        behind=now.delivery.late,
        fps=rate(then.renditions[0].pictures, now.renditions[0].pictures),
        delay_ms=now.delivery.delay_ms,
        sent_bps=rate(then.delivery.bytes_sent, now.delivery.bytes_sent) * 8,
        resent_per_s=rate(then.delivery.resent, now.delivery.resent),
        dropped=now.delivery.dropped,
        engine=engine.state,
        restarts=engine.restarts,
        cpu_cores=_cores(then.engine.process if same else None, engine.process, lasted_s),
        resident_bytes=engine.process.resident_bytes if engine.process else None,
        cameras=now.cameras,
        renditions=now.renditions,
    )


def _cores(then: ProcessState | None, now: ProcessState | None, lasted_s: float) -> float | None:
    return max(now.cpu_s - then.cpu_s, 0.0) / lasted_s if then and now else None


def _channels(look: Look) -> Table:
    table = _table(
        "channel", "state", ">viewers", ">behind", ">fps", ">delay", ">Mbit/s", ">resent/s", ">dropped", "engine", ">takes", ">restarts"
    )
    for each in look.channels:
        _add(
            table, each.name, _toned(each.state), str(each.viewers), str(each.behind), f"{each.fps:.1f}", f"{each.delay_ms:.0f} ms",
            f"{each.sent_bps / 1e6:.2f}", f"{each.resent_per_s:.1f}", str(each.dropped),
            _toned(each.engine), _load(each), str(each.restarts),
        )  # fmt: skip
    return table


def _renditions(look: Look) -> Table:
    table = _table("channel", "rendition", "state", ">viewers", ">kbit/s at most", ">keyframes", "why")
    for channel in look.channels:
        for each in channel.renditions:
            _add(
                table,
                channel.name,
                each.name if each.feed == "burned" else f"{each.name} {each.feed}",
                _toned(each.state),
                str(each.viewers),
                str(each.bitrate_kbps),
                str(each.keyframes),
                _clean(each.reason),
            )
    return table


def _cameras(look: Look) -> Table:
    table = _table("channel", "camera", "state", "size", ">fps", ">dropped", ">opened again", "why")
    for channel in look.channels:
        for each in channel.cameras:
            why = each.fault if each.state != "live" else ""
            _add(
                table,
                channel.name,
                each.name,
                _toned(each.state),
                each.size,
                f"{each.fps:.1f}",
                str(each.dropped),
                str(each.reconnects),
                why,
            )
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", expand=False)
    for column in columns:
        table.add_column(column.removeprefix(">"), justify="right" if column.startswith(">") else "left")
    return table


def _add(table: Table, *cells: str | Text) -> None:
    table.add_row(*(_clean(cell) if isinstance(cell, str) else cell for cell in cells))


def _load(of: Look | ChannelLook) -> str:
    cores = "–" if of.cpu_cores is None else f"{of.cpu_cores:.2f} cores"
    return cores if of.resident_bytes is None else f"{cores}, {of.resident_bytes / 2**20:.0f} MiB"


def _toned(state: str) -> Text:
    return Text(state, TONES.get(state, ""))


def _clean(text: str, style: str = "") -> Text:
    """No more than text, on one line: what a terminal would obey may come from a camera."""
    return Text("".join(each if each.isprintable() else " " for each in text), style)
