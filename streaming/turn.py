"""STUN and TURN servers that viewers are told of, with credentials that are good for a while.

The scheme is that of TURN servers' REST interface (draft-uberti-behave-turn-rest-00; coturn's ``use-auth-secret``): the user name is the
time of expiry and a name, the credential its HMAC-SHA1 under a secret that both servers share. Nobody has to ask anybody.
"""

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiortc import RTCConfiguration, RTCIceServer
from aiortc.rtcconfiguration import RTCIceTransportPolicy
from aiortc.rtcicetransport import connection_kwargs

from vrlive.errors import ServeError
from vrlive.secret import given_secret, read_secret
from vrlive.server_config import IceConfig

SHORTEST: Final = 8  # characters of the secret; it is the TURN server's, whose operator chose it
NAME_BYTES: Final = 6  # of a user's name: it tells sessions apart in the TURN server's log, and says nothing else
VARIABLE: Final = "VRLIVE_TURN_SECRET"


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server.

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


class IceServers:
    """The servers of one configuration.

    Parameters
    ----------
    config
        Which there are, and how long credentials are good.
    secret
        What the TURN servers know, too; empty when there are none.

    Raises
    ------
    ServeError
        If this host shall be relayed, and can use none of the servers.
    """

    def __init__(self, config: IceConfig | None = None, secret: str = "") -> None:
        self._config, self._secret = config or IceConfig(), secret
        if self._config.relay != "never":
            self._relay = next((url for url in self._config.turn if _is_usable(url)), None)
            if self._relay is None:
                raise ServeError(
                    f"ice.relay: this host itself can use none of {', '.join(self._config.turn)}: give one by name or IPv4 address"
                )

    @property
    def relay_only(self) -> bool:
        """Whether this host may be reached through the TURN server alone."""
        return self._config.relay == "only"

    def now(self) -> list[IceServer]:
        """All of them, with fresh credentials."""
        username, credential = time_limited(self._secret, time.time() + self._config.valid_h * 3600, secrets.token_hex(NAME_BYTES))
        return [
            *(IceServer(url) for url in self._config.stun),
            *(IceServer(url, username, credential) for url in self._config.turn),
        ]

    def own(self) -> RTCConfiguration:
        """What our end of a connection uses: nothing, unless it is to be relayed; then the first TURN server that aioice can use."""
        if self._config.relay == "never":
            return RTCConfiguration(iceServers=[])  # None would ask a public STUN server
        relays = [RTCIceServer(each.url, each.username, each.credential) for each in self.now() if each.url == self._relay]
        return RTCConfiguration(relays, RTCIceTransportPolicy.RELAY if self.relay_only else RTCIceTransportPolicy.ALL)


def _is_usable(url: str) -> bool:
    """Whether aiortc takes it: it knows no IPv6 literals, and TLS over TCP only."""
    try:
        return "turn_server" in connection_kwargs([RTCIceServer(url, "", "")])
    except ValueError:
        return False


def turn_secret(config: IceConfig, given: str | None) -> str:
    """The secret that the TURN servers know, too; empty when there are none.

    Parameters
    ----------
    config
        May name a file that holds it.
    given
        What the environment says; None: nothing.

    Raises
    ------
    ServeError
        If there are TURN servers, but no sound secret.
    """
    if not config.turn:
        return ""
    if config.turn_secret_file is not None:
        return read_secret(Path(config.turn_secret_file), SHORTEST)
    if given is None:
        raise ServeError(f"ice.turn names a TURN server, which asks for a secret: name its file in turn_secret_file, or set {VARIABLE}")
    return given_secret(VARIABLE, given, SHORTEST)


def time_limited(secret: str, expires_unix_s: float, name: str) -> tuple[str, str]:
    """User name and credential that a TURN server with this secret takes until then."""
    username = f"{int(expires_unix_s)}:{name}"
    return username, base64.b64encode(hmac.digest(secret.encode(), username.encode(), hashlib.sha1)).decode()
