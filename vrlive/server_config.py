"""The model of server.toml: what is the same for all channels of one `vrlive serve`. Nobody needs the file; each key has a default.

The keys are a public format, described with units and allowed values in docs/reference/server.md. Secrets never stand in it.
"""

import re
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from vrlive.errors import ConfigError
from vrlive.toml import Section, read_toml
from vrlive.units import Ports

FILE: Final = "server.toml"

_ICE_URL = re.compile(  # RFC 7064, RFC 7065
    r"(?:stun|turn)s?:(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*)|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:\?transport=(?:udp|tcp))?", re.ASCII
)


def _ports(value: Any) -> Any:
    return Ports.parse(value) if isinstance(value, str) else value


def _address(text: str) -> str:
    try:
        found = ip_address(text)
    except ValueError:
        raise ValueError(f"“{text}” is no IP address, such as 203.0.113.7") from None
    if found.is_unspecified or found.is_multicast or found.is_loopback:
        raise ValueError(f"{text} is no address that viewers can reach")
    return str(found)


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError:
        raise ValueError(f"“{text}” is no IP address or network, such as 127.0.0.1 or 10.0.0.0/8") from None


def _ice_url(text: str) -> str:
    if not _ICE_URL.fullmatch(text) or (text.startswith("stun") and "?" in text):
        raise ValueError(f"“{text}” is no address of a STUN or TURN server; write it as turn:turn.example.org:3478?transport=udp")
    return text


def _list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


UdpPorts = Annotated[
    Ports,
    BeforeValidator(_ports),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(-\d+)?$", "examples": ["50000-50999"]}),
]
Addresses = Annotated[
    tuple[Annotated[str, AfterValidator(_address)], ...],
    BeforeValidator(_list),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Networks = tuple[Annotated[str, AfterValidator(_network)], ...]
StunUrl = Annotated[str, AfterValidator(_ice_url), Field(pattern=r"^stuns?:")]
TurnUrl = Annotated[str, AfterValidator(_ice_url), Field(pattern=r"^turns?:")]


class NetworkConfig(Section):
    """``[network]``: how viewers reach this host."""

    udp_ports: Annotated[UdpPorts | None, Field(description="Media goes through these ports only. None: any that is free.")] = None
    announce_ip: Annotated[
        Addresses, Field(max_length=8, description="Public addresses of this host behind a 1:1 NAT, told to viewers in place of its own.")
    ] = ()
    interfaces: Annotated[
        tuple[str, ...], Field(max_length=32, description="Names or addresses of the interfaces to use. Empty: all but loopback.")
    ] = ()
    trusted_proxies: Annotated[
        Networks, Field(max_length=64, description="Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.")
    ] = ()


class IceConfig(Section):
    """``[ice]``: STUN and TURN servers that viewers are told of."""

    stun: Annotated[tuple[StunUrl, ...], Field(max_length=8, description="stun:host[:port].")] = ()
    turn: Annotated[tuple[TurnUrl, ...], Field(max_length=8, description="turn:host[:port][?transport=udp|tcp] or turns:….")] = ()
    turn_secret_file: Annotated[
        str | None, Field(description="File with the secret shared with the TURN server. None: VRLIVE_TURN_SECRET.")
    ] = None
    valid_h: Annotated[float, Field(gt=0, le=720, description="How long credentials for the TURN server are good.")] = 24.0
    relay: Annotated[Literal["never", "also", "only"], Field(description="Whether this host, too, is reached through the TURN server.")] = (
        "never"
    )

    @model_validator(mode="after")
    def _has_a_server_to_relay(self) -> Self:
        if self.relay != "never" and not self.turn:
            raise ValueError(f"relay = “{self.relay}” needs a TURN server: name one in turn")
        return self


class AccessConfig(Section):
    """``[access]``: who may watch and publish."""

    watch: Annotated[Literal["open", "token"], Field(description="Whether viewers need a token.")] = "open"
    publish: Annotated[Literal["open", "token"], Field(description="Whether cameras that publish need a token.")] = "token"
    secret_file: Annotated[
        str | None, Field(description="File with the secret that signs tokens. None: VRLIVE_ACCESS_SECRET, or one made at the first start.")
    ] = None


class Limits(Section):
    """``[limits]``: what one delivery process lends to strangers."""

    sessions: Annotated[int, Field(ge=1, le=100_000, description="Viewers at once: about what two cores can encrypt for at 6 Mbit/s.")] = (
        200
    )
    sessions_of_one: Annotated[
        int,
        Field(
            ge=1, le=100_000, description="Of these, from one address (of IPv6, one /64): a company behind one NAT, not the whole house."
        ),
    ] = 100
    connecting: Annotated[
        int,
        Field(ge=1, le=100_000, description="Viewers not connected yet: it takes 1 s or 2, and who never connects keeps no one out."),
    ] = 100
    connecting_of_one: Annotated[int, Field(ge=1, le=100_000, description="Of these, from one address.")] = 20
    joins_per_s: Annotated[
        float, Field(gt=0, le=10_000, description="Offers a second from one address, each about 10 ms of work; twenty times that at once.")
    ] = 5.0
    requests_per_s: Annotated[
        float,
        Field(gt=0, le=100_000, description="HTTP requests a second from one address: a page asks once in 2 s; ten times that at once."),
    ] = 100.0
    connections: Annotated[
        int, Field(ge=1, le=100_000, description="HTTP connections at once: each takes a file descriptor, as each viewer takes some.")
    ] = 1000
    connections_of_one: Annotated[
        int,
        Field(
            ge=1,
            le=100_000,
            description="Of these, from one address: a browser opens six while it loads the page. Trusted proxies are exempt.",
        ),
    ] = 300
    request_s: Annotated[
        float, Field(gt=0, le=300, description="A request whose head is not here by then is given up, and its connection closed.")
    ] = 10.0
    body_bytes: Annotated[int, Field(ge=1024, le=1_000_000, description="Longest offer: Chromium's longest are 8 kB.")] = 64 * 1024
    body_s: Annotated[float, Field(gt=0, le=300, description="A body that is not here by then is given up.")] = 10.0
    connect_s: Annotated[float, Field(gt=0, le=300, description="Who is not connected by then is let go: ICE over TURN takes 10 s.")] = 30.0
    retry_after_s: Annotated[int, Field(ge=1, le=3600, description="What a refused viewer is told to wait.")] = 10


class StateConfig(Section):
    """``[state]``: what outlives a restart."""

    file: Annotated[
        str | None,
        Field(description="SQLite file with pins, prices and stock as they were changed on air. None: in the user's state folder."),
    ] = None


class ServerConfig(Section):
    """All of server.toml."""

    network: NetworkConfig = NetworkConfig()
    ice: IceConfig = IceConfig()
    access: AccessConfig = AccessConfig()
    limits: Limits = Limits()
    state: StateConfig = StateConfig()


def read_server(named: Path | None, channels: Sequence[Path] = ()) -> ServerConfig:
    """Read server.toml: the one named, or the one that lies beside the channels' files, or none. Its paths become whole.

    Raises
    ------
    ConfigError
        If it cannot be read, does not fit the model, or there is one beside several channels.
    """
    path = named or _beside(channels)
    if path is None:
        return ServerConfig()
    config = read_toml(path, ServerConfig)
    ice, access = config.ice, config.access
    return config.model_copy(
        update={
            "ice": ice.model_copy(update={"turn_secret_file": _whole(ice.turn_secret_file, path)}),
            "access": access.model_copy(update={"secret_file": _whole(access.secret_file, path)}),
            "state": config.state.model_copy(update={"file": _whole(config.state.file, path)}),
        }
    )


def _beside(channels: Sequence[Path]) -> Path | None:
    folders = dict.fromkeys(path if path.is_dir() else path.parent for path in channels)
    found = [folder / FILE for folder in folders if (folder / FILE).is_file()]
    if len(found) > 1:
        raise ConfigError(found[1], "", f"there is {found[0]} as well; say which with --server")
    return found[0] if found else None


def _whole(name: str | None, beside: Path) -> str | None:
    return str(beside.parent / name) if name is not None else None
