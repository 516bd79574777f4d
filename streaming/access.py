"""Who may watch and publish, in terms of HTTP: bearer tokens (RFC 6750), as WHIP and WHEP use them (RFC 9725, section 4.7)."""

import time

from vrlive.server_config import AccessConfig
from vrlive.tokens import BadToken, Scope, WrongScope, check_token

MISSING = {
    "watch": "watching this channel needs a token: ask for a link that holds one",
    "publish": "publishing to this channel needs a token: Authorization: Bearer …",
}


class Denied(Exception):
    """A request without the right token.

    Attributes
    ----------
    status
        401, or 403 for a token that is for something else.
    challenge
        For the header ``WWW-Authenticate``.
    """

    def __init__(self, status: int, problem: str, challenge: str) -> None:
        super().__init__(problem)
        self.status, self.challenge = status, challenge


class Access:
    """The rules of one server.

    Parameters
    ----------
    config
        Who needs a token at all.
    secret
        What signs tokens. Empty: no token is good.
    """

    def __init__(self, config: AccessConfig | None = None, secret: str = "") -> None:
        self._config, self._secret = config or AccessConfig(), secret

    def check(self, scope: Scope, channel: str, authorization: str | None) -> None:
        """Let a request go on, or not.

        Parameters
        ----------
        scope, channel
            What it wants, of which channel.
        authorization
            The header of that name.

        Raises
        ------
        Denied
            If it has to have a token, and has none or a wrong one.
        """
        if (self._config.watch if scope == "watch" else self._config.publish) == "open":
            return
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Denied(401, MISSING[scope], 'Bearer realm="vrlive"')
        try:
            if not self._secret:
                raise BadToken("this server has no secret to know a token by")
            check_token(self._secret, token.strip(), channel, scope, time.time())
        except WrongScope as fault:
            raise Denied(403, str(fault), f'Bearer realm="vrlive", error="insufficient_scope", scope="{scope}"') from fault
        except BadToken as fault:
            raise Denied(401, str(fault), f'Bearer realm="vrlive", error="invalid_token", error_description="{fault}"') from fault
