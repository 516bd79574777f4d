"""Which of this host's addresses viewers may reach."""

from collections.abc import Callable
from dataclasses import dataclass

import aioice.ice

LOOPBACK = "127.0.0.1"

NO_ADDRESS = (
    "this host has no network address but 127.0.0.1, which WebRTC does not use: connect it to a network, "
    "or allow loopback to watch from this host alone"
)


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server that viewers are told of.

    Attributes
    ----------
    url
        ``stun:…``, ``turn:…`` or ``turns:…`` (RFC 7064, RFC 7065).
    username, credential
        For TURN.
    """

    url: str
    username: str = ""
    credential: str = ""

    def link(self) -> str:
        """Value of the ``Link`` header (RFC 9725, section 4.6)."""
        login = f'; username="{self.username}"; credential="{self.credential}"; credential-type="password"' if self.username else ""
        return f'<{self.url}>; rel="ice-server"{login}'


def allow_loopback() -> None:
    """Make aioice offer 127.0.0.1 too, for all connections of this process, for good: it leaves it out on its own.

    For tests, and for hosts without any network.
    """
    stock: Callable[..., list[str]] = aioice.ice.get_host_addresses

    def with_loopback(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        found = stock(use_ipv4, use_ipv6)
        return found if LOOPBACK in found else [*found, LOOPBACK]

    aioice.ice.get_host_addresses = with_loopback
