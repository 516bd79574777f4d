"""How many connections one address may hold open, and how long a request may take to come: idle ones cost a file descriptor each.

uvicorn closes a connection that is idle after a request, but waits for the first request, and for the rest of one, as long as it takes.
"""

import asyncio
from collections import Counter
from collections.abc import Collection
from ipaddress import ip_address, ip_network
from typing import ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

from vrlive.allowance import party_of
from vrlive.server_config import Limits


class _Door:
    """Who holds how many."""

    def __init__(self, limits: Limits, proxies: Collection[str]) -> None:
        self.limits, self._proxies = limits, [ip_network(each) for each in proxies]
        self._held = Counter[str]()

    def let_in(self, address: str) -> str | None:
        """Count one more; whose it is, or None if it is one too many."""
        party = party_of(address)
        by_proxy = any(ip_address(address) in each for each in self._proxies)
        if self._held.total() >= self.limits.connections or (self._held[party] >= self.limits.connections_of_one and not by_proxy):
            return None
        self._held[party] += 1
        return party

    def let_out(self, party: str) -> None:
        self._held[party] -= 1
        if not self._held[party]:
            del self._held[party]


def limited(limits: Limits, proxies: Collection[str] = ()) -> type[H11Protocol]:
    """The protocol of uvicorn with these limits, counted over all its connections.

    Parameters
    ----------
    limits
        `connections`, `connections_of_one` and `request_s` of them.
    proxies
        Addresses or networks that speak for many: no limit of their own.
    """
    return type("LimitedProtocol", (_LimitedProtocol,), {"door": _Door(limits, proxies)})


class _LimitedProtocol(H11Protocol):
    """One connection."""

    door: ClassVar[_Door]
    party: str | None = None  # whose it is; None: it was not let in
    late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        self.party = self.door.let_in(str(transport.get_extra_info("peername")[0]))
        if self.party is None:
            transport.abort()  # an answer would cost more than the connection
            return
        super().connection_made(transport)
        self._expect_request()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._expect_request()
        elif self.late:
            self.late.cancel()
            self.late = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self.party is None:
            return
        self.door.let_out(self.party)
        if self.late:
            self.late.cancel()
        super().connection_lost(exc)

    def _expect_request(self) -> None:
        """Hang up if it does not come in time, which counts from the first that was missing of it."""
        if self.late is None:
            self.late = self.loop.call_later(self.door.limits.request_s, self._hang_up)

    def _hang_up(self) -> None:
        self.late = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()
