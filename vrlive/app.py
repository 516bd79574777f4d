"""`vrlive serve`: delivery and its engines, wired together and ended cleanly.

Delivery is this process: HTTP, WebRTC, the state of the show. Each channel has an engine, a child process that may die without
taking a viewer with it.
"""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import uvicorn

from streaming.access import Access
from streaming.hls import Hls
from streaming.hub import Channel
from streaming.ice import NO_ADDRESS, IceNetwork
from streaming.poster import Posters
from streaming.rtp.fanout import Fanout
from streaming.rtp.selfcheck import find_way
from streaming.turn import VARIABLE as TURN_VARIABLE
from streaming.turn import IceServers, turn_secret
from streaming.whep import Whep
from streaming.whip import Whip
from vrlive import resources
from vrlive.api.certificates import Certificate, given_certificate, own_certificate
from vrlive.api.connections import limited
from vrlive.api.control import VARIABLE, control_token, only_with
from vrlive.api.garments import Garments
from vrlive.api.server import create_app
from vrlive.api.show import Shows
from vrlive.clicks import VARIABLE as CLICKS_VARIABLE
from vrlive.clicks import ClickSecret, click_secret
from vrlive.config import ChannelConfig
from vrlive.errors import ServeError, UserError
from vrlive.invitation import invitation
from vrlive.lineup import Lineup
from vrlive.network import host_names, is_loopback, lan_addresses, listen, trusted_hosts
from vrlive.records import FILE as STATE_FILE
from vrlive.records import Records
from vrlive.server_config import Limits, ServerConfig
from vrlive.service import Service
from vrlive.station import Station
from vrlive.strays import Strays
from vrlive.tokens import VARIABLE as ACCESS_VARIABLE
from vrlive.tokens import access_secret

log = logging.getLogger("vrlive.app")

ENDING = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """How to serve: where to listen, which certificate (``auto``, ``CERT,KEY`` or none), for how long (None: for good), server.toml."""

    host: str = "127.0.0.1"
    port: int = 8360
    tls: str = ""
    seconds: float | None = None
    server: ServerConfig = field(default_factory=ServerConfig)


@dataclass(frozen=True, slots=True)
class _Doors:
    """Who gets in, and how: what of the options has been looked at before anything starts."""

    control_token: str
    network: IceNetwork
    access: Access
    clicks: ClickSecret


def serve(
    read: Callable[[], Sequence[ChannelConfig]],
    options: ServeOptions,
    announce: Callable[[str], None],
    prepare: Callable[[Sequence[ChannelConfig]], None] = lambda _: None,
) -> None:
    """Serve channels until Ctrl-C, SIGTERM, the end of its terminal or of the time given; read them again on SIGHUP.

    Parameters
    ----------
    read
        Gives the channels in the order of the list; the first is the one at ``/``.
    options
        Where, how and for how long.
    announce
        Told once how to get there.
    prepare
        What takes long and must be done before engines start; called when address and certificate are known to be good.

    Raises
    ------
    UserError
        If a channel's file has a fault, or the address, the certificate, an interface or a secret cannot be used.
    """
    channels = read()
    hung_up = end_of_terminal()
    for each in ENDING:  # before the event loop, too, and when a shell started this in the background, where it ignores SIGINT
        signal.signal(each, signal.default_int_handler)
    with listen(options.host, options.port) as listening, contextlib.suppress(KeyboardInterrupt):
        certificate = _certificate(options.tls)
        doors = _doors(options)
        prepare(channels)
        with contextlib.closing(Records(_state_file(options.server))) as records:
            asyncio.run(_serve(channels, read, options, listening, certificate, doors, records, announce, hung_up))


async def _serve(
    channels: Sequence[ChannelConfig],
    read: Callable[[], Sequence[ChannelConfig]],
    options: ServeOptions,
    listening: socket.socket,
    certificate: Certificate | None,
    doors: _Doors,
    records: Records,
    announce: Callable[[str], None],
    hung_up: Callable[[], bool],
) -> None:
    asyncio.get_running_loop().set_exception_handler(Strays().take)
    gc.freeze()  # all that was imported stays: the collector shall not walk through it again and again, nor at the end
    way = find_way()
    log.info("viewers are sent to by the way that is %s", way.words)
    fanout = Fanout(fast=way.fast)
    lineup, service, limits = Lineup(channels, read, fanout.wake, records), Service(), options.server.limits
    whep = Whep(lineup.hubs, fanout, limits=limits, network=doors.network, access=doors.access)
    whip = Whip(lineup.intakes, network=doors.network, access=doors.access)
    lineup.farewell = partial(_farewell, whep, whip)
    station = Station(lineup, fanout, way, service)
    authority = certificate.authority if certificate else None
    posters = Posters(lineup.hubs, doors.access)
    shows = Shows(lineup, doors.access, only_with(doors.control_token), doors.clicks)
    garments = Garments(only_with(doors.control_token), lineup.shows)
    routers = [whep.router, whip.router, Hls(lineup.hls, doors.access).router, posters.router, shows.router, garments.router]
    app = create_app(
        lineup,
        control_token=doors.control_token,
        routers=routers,
        authority=authority,
        limits=limits,
        station=station,
        public=options.server.access.watch == "open",
        picture=posters.still,
    )
    server = _Server(_uvicorn_config(app, certificate, trusted_hosts(options.server.network.trusted_proxies), limits), service.ready)
    async with contextlib.AsyncExitStack() as on_air:
        fanout.start()
        on_air.push_async_callback(fanout.close)
        await on_air.enter_async_context(lineup)
        on_air.push_async_callback(whip.close)
        on_air.push_async_callback(whep.close)  # before the engines end: what viewers keep seeing is the show, not the slate
        telling = asyncio.create_task(service.keep(station.alive, lineup.words))
        on_air.callback(telling.cancel)
        on_air.callback(service.stopping)
        _end_on_signals(server, options.seconds)
        _reload_on_hangup(server, station, hung_up)
        announce(invitation(listening.getsockname(), secure=certificate is not None))
        await server.serve(sockets=[listening])


async def _farewell(whep: Whep, whip: Whip, hub: Channel) -> None:
    """A channel leaves the air: its viewers and its cameras hear of it."""
    await asyncio.gather(whep.end_channel(hub), whip.end_channel(hub.name))


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: delivery ends its children first. It says when it is `ready`."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None] = lambda: None) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _doors(options: ServeOptions) -> _Doors:
    server, state = options.server, resources.state()
    token = control_token(state, os.environ.get(VARIABLE))
    servers = IceServers(server.ice, turn_secret(server.ice, os.environ.get(TURN_VARIABLE)))
    network = IceNetwork(server.network, servers, loopback=is_loopback(options.host))
    if not network.addresses() and not servers.relay_only:
        log.warning("nobody will be able to watch: %s", NO_ADDRESS)
    if (ports := server.network.udp_ports) and ports.size < server.limits.sessions:
        log.warning("each viewer takes a UDP port: %s are %d, for up to %d viewers", ports, ports.size, server.limits.sessions)
    needed = "token" in (server.access.watch, server.access.publish)
    secret = access_secret(state, os.environ.get(ACCESS_VARIABLE), server.access.secret_file) if needed else ""
    clicks = ClickSecret(click_secret(state, os.environ.get(CLICKS_VARIABLE)))
    return _Doors(token, network, Access(server.access, secret), clicks)


def _state_file(server: ServerConfig) -> Path:
    return Path(server.state.file) if server.state.file is not None else resources.state() / STATE_FILE


def _uvicorn_config(app: object, certificate: Certificate | None, proxies: list[str], limits: Limits | None = None) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # uvicorn's own alias of ASGI types refuses FastAPI
        http=limited(limits or Limits(), proxies),
        lifespan="off",
        log_level="warning",
        server_header=False,
        proxy_headers=bool(proxies),  # uvicorn's own default believes whoever speaks from this host
        forwarded_allow_ips=proxies,
        timeout_graceful_shutdown=2,
        h11_max_incomplete_event_size=64 * 1024,  # more headers than this is an attack
        ssl_certfile=certificate.chain if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )


def _end_on_signals(server: uvicorn.Server, seconds: float | None) -> None:
    loop = asyncio.get_running_loop()

    def end() -> None:
        server.should_exit = True

    for each in ENDING:
        loop.add_signal_handler(each, end)
    if seconds is not None:
        loop.call_later(seconds, end)


def _reload_on_hangup(server: uvicorn.Server, station: Station, hung_up: Callable[[], bool]) -> None:
    """SIGHUP asks for the files to be read again; but if the terminal is gone that this was started from, it is the end."""
    reloads = set[asyncio.Task[None]]()

    async def reload() -> None:
        with contextlib.suppress(UserError):  # the log says it, and the server's state
            await station.reload()

    def act() -> None:
        if hung_up():
            server.should_exit = True
            return
        reloads.add(task := asyncio.get_running_loop().create_task(reload()))
        task.add_done_callback(reloads.discard)

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, act)


def end_of_terminal() -> Callable[[], bool]:
    """Says whether the terminal is gone that this process has now; never, if it has none, or SIGHUP is ignored (nohup)."""
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN or not _has_terminal():
        return lambda: False
    return lambda: not _has_terminal()


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _certificate(tls: str) -> Certificate | None:
    if not tls:
        return None
    if tls == "auto":
        return own_certificate(resources.state() / "tls", [*lan_addresses(), "127.0.0.1", "::1"], host_names())
    parts = [Path(part) for part in tls.split(",")]
    if len(parts) != 2:
        raise ServeError(f"--tls {tls}: give “auto”, or two PEM files as CERT,KEY")
    return given_certificate(*parts)
