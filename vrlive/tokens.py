"""Signed tokens that say who may watch or publish which channel, and until when.

They are JSON Web Tokens (RFC 7519) signed with HMAC-SHA256 (HS256, RFC 7518, section 3.2), so that other systems can make them with a
library of their language. Claims: ``sub`` (the channel), ``scope`` (``watch``, ``publish``, or both with a blank between; RFC 8693,
section 4.2), ``exp`` (Unix time), and ``nbf`` if wanted. There is one algorithm: what a token's header asks for chooses nothing.
"""

import base64
import binascii
import hashlib
import hmac
import json
import math
import re
from pathlib import Path
from typing import Any, Final, Literal

from vrlive.secret import given_secret, kept_secret, read_secret

Scope = Literal["watch", "publish"]

VARIABLE: Final = "VRLIVE_ACCESS_SECRET"
SHORTEST: Final = 32  # characters: as long as the hash (RFC 7518, section 3.2)
LONGEST: Final = 4096  # a token of ours has 150 characters
HEADER: Final = {"alg": "HS256", "typ": "JWT"}

_UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class BadToken(ValueError):
    """A token that is none, is not ours, or is not good now; the message may be shown to whoever sent it."""


class WrongScope(BadToken):
    """A sound token, for something else."""


def access_secret(folder: Path, given: str | None, file: str | None) -> str:
    """The secret that signs tokens.

    Parameters
    ----------
    folder
        Where our own is kept, made when there is none.
    given, file
        What the environment says, and which file server.toml names; None: nothing. The file comes first.

    Raises
    ------
    ServeError
        If it is too short, or a file cannot be read or written.
    """
    if file is not None:
        return read_secret(Path(file), SHORTEST)
    if given is not None:
        return given_secret(VARIABLE, given, SHORTEST)
    return kept_secret(folder / "access.secret", SHORTEST, "secret that signs tokens", VARIABLE)


def make_token(secret: str, channel: str, scope: Scope, expires_unix_s: float) -> str:
    """A token for one channel."""
    claims = {"sub": channel, "scope": scope, "exp": math.floor(expires_unix_s)}
    signed = f"{_packed(_compact(HEADER))}.{_packed(_compact(claims))}"
    return f"{signed}.{_packed(_signature(secret, signed))}"


def check_token(secret: str, token: str, channel: str, scope: Scope, now_unix_s: float) -> None:
    """See whether a token allows something.

    Raises
    ------
    WrongScope
        If it is sound, but for another channel, or for something else.
    BadToken
        If it is no token, is not signed by this secret, has expired or is not good yet.
    """
    claims = _claims(secret, token)
    expires, begins = _time(claims, "exp"), _time(claims, "nbf")
    if expires is None:
        raise BadToken("the token says no time at which it expires")
    if now_unix_s >= expires:
        raise BadToken("the token has expired")
    if begins is not None and now_unix_s < begins:
        raise BadToken("the token is not good yet")
    if claims.get("sub") != channel:
        raise WrongScope("the token is for another channel")
    if scope not in str(claims.get("scope", "")).split():
        raise WrongScope(f"the token does not allow to {scope}")


def parse_duration_s(text: str) -> float:
    """Read a time such as ``90s``, ``30m``, ``2h`` or ``7d``.

    Raises
    ------
    ValueError
        If it is none, or longer than ten years.
    """
    found = re.fullmatch(r"(\d{1,9})([smhd])", text.strip(), re.ASCII)
    seconds = int(found[1]) * _UNITS_S[found[2]] if found else 0
    if not 0 < seconds <= 3653 * 86400:
        raise ValueError(f"“{text}” is no time; write it as a number and s, m, h or d, such as 2h")
    return float(seconds)


def _claims(secret: str, token: str) -> dict[str, Any]:
    signed, _, signature = token.rpartition(".")
    header, _, claims = signed.partition(".")
    if len(token) > LONGEST or not re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", token, re.ASCII):
        raise BadToken("this is no token")
    if not hmac.compare_digest(_unpacked(signature), _signature(secret, signed)):
        raise BadToken("the token is not one of this server's")
    asked, found = _object(header), _object(claims)
    if asked.get("alg") != HEADER["alg"] or "crit" in asked:  # RFC 7515, section 4.1.11
        raise BadToken("the token is not signed by HS256")
    return found


def _signature(secret: str, signed: str) -> bytes:
    return hmac.digest(secret.encode(), signed.encode(), hashlib.sha256)


def _time(claims: dict[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadToken(f"the token's {name} is no time")
    return float(value)


def _object(packed: str) -> dict[str, Any]:
    try:
        found = json.loads(_unpacked(packed))
    except (ValueError, RecursionError):
        raise BadToken("this is no token") from None
    if not isinstance(found, dict):
        raise BadToken("this is no token")
    return found


def _compact(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _packed(data: bytes) -> str:
    """As RFC 7515, section 2: base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unpacked(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise BadToken("this is no token") from None
