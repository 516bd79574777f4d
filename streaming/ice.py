"""Which of this host's addresses and ports viewers may reach: the one place where aioice's gathering is taken over.

aioice binds a free port on each interface. Operators open a range of ports, on some interfaces, perhaps behind a NAT. So each connection's
`get_component_candidates` is ours for addresses of the host; relayed candidates stay aioice's matter.
"""

import asyncio
import copy
import inspect
import logging
import random
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final

import aioice.ice
import ifaddr
from aiortc import RTCPeerConnection, RTCSessionDescription

from streaming.turn import IceServers
from vrlive.errors import ServeError
from vrlive.server_config import NetworkConfig
from vrlive.units import Ports

LOOPBACK: Final = "127.0.0.1"
RECEIVE_BUFFER_BYTES: Final = 256 * 1024  # as aioice has it
RELAY_S: Final = 2.0  # a TURN server that has not answered by then does not hold up the viewer
ANY_PORT: Final = Ports(0, 0)

NO_ADDRESS = (
    "this host has no network address but 127.0.0.1, which WebRTC does not use: connect it to a network, "
    "or allow loopback to watch from this host alone"
)

log = logging.getLogger("streaming.ice")


@dataclass(frozen=True, slots=True)
class Interface:
    """An address of this host, and the interface that has it."""

    name: str
    address: str


class IceNetwork:
    """What of this host is offered to viewers.

    Parameters
    ----------
    config
        Ports, addresses to announce, interfaces.
    servers
        STUN and TURN servers that viewers are told of; one of them may relay this host, too.
    loopback
        Offer 127.0.0.1, too: for viewers on this host.

    Raises
    ------
    ServeError
        If an interface that is named is not there, or this build of aioice has no place for us.
    """

    def __init__(self, config: NetworkConfig | None = None, servers: IceServers | None = None, *, loopback: bool = False) -> None:
        self._config, self.servers, self._loopback = config or NetworkConfig(), servers or IceServers(), loopback
        if lacking := places_lacking():
            raise ServeError(f"this build of aioice has no place for our ports: {', '.join(lacking)}; install what requirements.lock names")
        known = _interfaces()
        for named in self._config.interfaces:
            if not any(_is_named(each, named) for each in known):
                there = ", ".join(f"{each.name} ({each.address})" for each in known)
                raise ServeError(f"network.interfaces: this host has no “{named}”; it has {there or 'none'}")

    def addresses(self) -> list[str]:
        """Addresses to listen on, now: interfaces come and go. IPv6 first (RFC 8421)."""
        named = self._config.interfaces
        found = [each for each in _interfaces() if _is_wanted(each, named)]
        if named:  # in the order that somebody thought of
            found.sort(key=lambda each: next(at for at, name in enumerate(named) if _is_named(each, name)))
        addresses = [each.address for each in found]
        return addresses if not self._loopback or LOOPBACK in addresses else [*addresses, LOOPBACK]

    def take_over(self, connection: Any) -> None:
        """Gather the host candidates of one of aioice's connections, from now on."""
        stock = aioice.Connection.get_component_candidates.__get__(connection)

        async def gather(component: int, addresses: list[str], timeout: float = RELAY_S) -> list[aioice.Candidate]:  # noqa: ARG001, ASYNC109  (aioice's own signature)
            hosts = [] if self.servers.relay_only else await self._host_candidates(connection, component)
            return [*hosts, *await stock(component=component, addresses=[], timeout=RELAY_S)]

        vars(connection).update(get_component_candidates=gather)

    def why_none(self) -> str:
        """What to say when there was no candidate at all."""
        if self.servers.relay_only:
            return "the TURN server, through which alone this host may be reached (ice.relay), gives no address"
        if not self.addresses():
            return NO_ADDRESS
        if self._config.udp_ports:
            return f"all UDP ports of {self._config.udp_ports} are in use: widen network.udp_ports"
        return f"no UDP port can be had on {', '.join(self.addresses())}"

    async def _host_candidates(self, connection: Any, component: int) -> list[aioice.Candidate]:
        found: list[aioice.Candidate] = []
        for rank, address in enumerate(self.addresses()):
            bound = bind(address, self._config.udp_ports or ANY_PORT)
            if bound is None:
                continue
            _, protocol = await asyncio.get_running_loop().create_datagram_endpoint(lambda: aioice.ice.StunProtocol(connection), sock=bound)
            protocol.local_candidate = _candidate(component, address, bound.getsockname()[1], rank)
            connection._protocols.append(protocol)
            found += self._announced(protocol.local_candidate)
        return found

    def _announced(self, real: aioice.Candidate) -> Iterator[aioice.Candidate]:
        """A candidate as viewers are told of it: behind a 1:1 NAT under the public addresses of its family."""
        own = ip_address(real.host)
        public = [each for each in self._config.announce_ip if ip_address(each).version == own.version]
        for address in public if public and not own.is_loopback else [real.host]:
            told = copy.copy(real)
            told.host = address
            told.foundation = aioice.candidate.candidate_foundation("host", "udp", address)
            yield told


class PeerConnection(RTCPeerConnection):
    """A peer connection that is reached as an `IceNetwork` says."""

    def __init__(self, network: IceNetwork) -> None:
        super().__init__(network.servers.own())
        self._network = network

    async def setLocalDescription(self, description: RTCSessionDescription | None = None) -> None:  # noqa: N802  (aiortc's name)
        """Gather as we want it: this is when aiortc does, and by now the offer has said which transports there are."""
        transports = [transceiver.sender.transport for transceiver in self.getTransceivers()]
        for transport in {*transports, *([self.sctp.transport] if self.sctp else [])}:
            self._network.take_over(transport.transport._connection)
        await super().setLocalDescription(description)


def bind(address: str, ports: Ports) -> socket.socket | None:
    """A UDP socket on a free port of the range; None when there is none, or the address has gone."""
    bound = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    bound.setblocking(False)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    first = random.randrange(ports.size)  # noqa: S311  # spreads the ports, keeps no secret
    for turn in range(ports.size):
        try:
            bound.bind((address, ports.first + (first + turn) % ports.size))
        except OSError as fault:
            log.debug("%s: %s", address, fault)
        else:
            return bound
    bound.close()
    return None


def places_lacking() -> list[str]:
    """Those places inside aioice and aiortc that we reach into and that are not there."""
    lacking = []
    gather = getattr(aioice.Connection, "get_component_candidates", None)
    if gather is None or list(inspect.signature(gather).parameters) != ["self", "component", "addresses", "timeout"]:
        lacking.append("Connection.get_component_candidates(component, addresses, timeout)")
    if not isinstance(vars(aioice.Connection(ice_controlling=False)).get("_protocols"), list):
        lacking.append("Connection._protocols")
    if list(inspect.signature(getattr(aioice.ice, "StunProtocol", print)).parameters) != ["receiver"]:
        lacking.append("StunProtocol(receiver)")
    return lacking


def _candidate(component: int, address: str, port: int, rank: int) -> aioice.Candidate:
    return aioice.Candidate(
        foundation=aioice.candidate.candidate_foundation("host", "udp", address),
        component=component,
        transport="udp",
        priority=aioice.candidate.candidate_priority(component, "host", 65535 - rank),  # RFC 8445, section 5.1.2.1: each its own
        host=address,
        port=port,
        type="host",
    )


def _interfaces() -> list[Interface]:
    """All addresses that WebRTC could use, IPv6 first; of IPv6 none that is of one link only."""
    found = [
        Interface(adapter.nice_name, str(ip.ip if ip.is_IPv4 else ip.ip[0]))
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
        if not ip_address(str(ip.ip if ip.is_IPv4 else ip.ip[0])).is_link_local
    ]
    return sorted(found, key=lambda each: -ip_address(each.address).version)


def _is_named(each: Interface, name: str) -> bool:
    return name in (each.name, each.address)


def _is_wanted(each: Interface, named: tuple[str, ...]) -> bool:
    return any(_is_named(each, name) for name in named) if named else not ip_address(each.address).is_loopback


def offer_only(address: str) -> None:
    """Make aioice offer one address of this host and no other, for all connections of this process, for good.

    For measurements: one socket a connection.
    """
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [address]  # noqa: ARG005 - aioice names them
