"""A way between a viewer and a server on which datagrams are lost, by a seed: both are told its addresses, not each other's."""

import asyncio
import random
import re
import socket
from typing import Self, cast

HERE = "127.0.0.1"
SO_RCVBUFFORCE, BUFFER_BYTES = 33, 4 << 20
CANDIDATE = re.compile(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host[^\r\n]*\r\n", re.IGNORECASE)

Address = tuple[str, int]


class Relay:
    """One viewer's way. It loses a share of all that passes, both ways: media, reports, and what connects the two.

    Parameters
    ----------
    loss
        Share of datagrams that are lost.
    seed
        Of the chance that chooses them.
    """

    def __init__(self, loss: float, seed: int) -> None:
        self._loss, self._chance = loss, random.Random(seed)
        self.passed = self.lost = 0
        self._to_viewer, self._to_server = _End(self), _End(self)
        self._to_viewer.other, self._to_server.other = self._to_server, self._to_viewer

    async def open(self) -> Self:
        loop = asyncio.get_running_loop()
        for end in (self._to_viewer, self._to_server):
            await loop.create_datagram_endpoint(lambda end=end: end, local_addr=(HERE, 0))  # type: ignore[misc]  # mypy sees no default
        return self

    def close(self) -> None:
        for end in (self._to_viewer, self._to_server):
            end.transport.close()

    def offer(self, sdp: str) -> str:
        """The viewer's offer, as the server shall see it."""
        sdp, self._to_viewer.peer = _with_candidate(sdp, self._to_server.address)
        return sdp

    def answer(self, sdp: str) -> str:
        """The server's answer, as the viewer shall see it."""
        sdp, self._to_server.peer = _with_candidate(sdp, self._to_viewer.address)
        return sdp

    def loses(self) -> bool:
        """Whether the next datagram is lost."""
        lost = self._chance.random() < self._loss
        self.lost += lost
        self.passed += not lost
        return lost


class _End(asyncio.DatagramProtocol):
    """One of its two sockets."""

    other: "_End"
    transport: asyncio.DatagramTransport

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self.peer: Address | None = None

    @property
    def address(self) -> Address:
        address: Address = self.transport.get_extra_info("sockname")
        return address

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)
        widen(self.transport)

    def datagram_received(self, data: bytes, address: Address) -> None:
        if address == self.peer and self.other.peer and not self._relay.loses():
            self.other.transport.sendto(data, self.other.peer)


def widen(transport: asyncio.DatagramTransport) -> None:
    """Let a socket hold what comes while a busy event loop looks elsewhere: only the relay shall lose anything."""
    udp = transport.get_extra_info("socket")
    try:
        udp.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
    except OSError:  # for root only
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)


def _with_candidate(sdp: str, instead: Address) -> tuple[str, Address]:
    """The description with this host candidate alone, in each section; and the loopback candidate that it had."""
    [port] = {int(port) for host, port in CANDIDATE.findall(sdp) if host == HERE}
    candidate = f"a=candidate:1 1 udp 2130706431 {instead[0]} {instead[1]} typ host\r\n"
    return CANDIDATE.sub(lambda found: candidate if found[1] == HERE else "", sdp), (HERE, port)
