"""Where the packets of one viewer go: through which socket, to which address, encrypted under which keys.

SRTP keeps state for each SSRC (RFC 3711, section 3.2.3) and must not be used by two threads at once. So a path has sessions of its own,
made from the keys that DTLS agreed on: one for the thread that sends streams, one for retransmissions, which the event loop sends. Reports
stay with aiortc's own session. No SSRC is ever sent through two of them.
"""

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pylibsrtp import Policy, Session

UNSENT_BYTES: Final = 256 * 1024  # what may wait in this process for a socket, or a TURN server, that takes no more
WINDOW: Final = 1024


@dataclass(frozen=True, slots=True)
class Keys:
    """Master key and salt for what is sent, and the profile they are for (RFC 5764, section 4.2)."""

    profile: int
    master: bytes

    def session(self) -> Session:
        """A session of its own, for SSRCs that no other session sends."""
        policy = Policy(key=self.master, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=self.profile)
        policy.window_size = WINDOW
        return Session(policy)


@dataclass(slots=True, eq=False)
class Path:
    """The way to one viewer. ICE may choose another while it is in use; its keys stay.

    Attributes
    ----------
    keys
        Of its DTLS connection.
    send
        Hands a datagram to the event loop's transport; to be called there.
    unsent
        How many bytes wait in that transport.
    socket
        The UDP socket itself, for who sends past the event loop; None where a TURN server is in between.
    address
        The viewer's, for that socket.
    """

    keys: Keys
    send: Callable[[bytes], None]
    unsent: Callable[[], int]
    socket: socket.socket | None
    address: tuple[str, int]

    def take_over(self, other: "Path") -> None:
        """Go the way of another path from now on."""
        self.send, self.unsent, self.socket, self.address = other.send, other.unsent, other.socket, other.address

    @property
    def full(self) -> bool:
        """Whether more would only wait."""
        return self.unsent() > UNSENT_BYTES

    def sockaddr(self) -> bytes:
        """The address as the system takes it: struct sockaddr_in or sockaddr_in6."""
        assert self.socket is not None
        host, port = self.address
        if self.socket.family == socket.AF_INET6:
            host, _, zone = host.partition("%")
            scope = socket.if_nametoindex(zone) if zone else self.socket.getsockname()[3]
            packed = struct.pack("=H", socket.AF_INET6) + struct.pack("!HI", port, 0) + socket.inet_pton(socket.AF_INET6, host)
            return packed + struct.pack("=I", scope)
        return struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + socket.inet_aton(host) + bytes(8)
