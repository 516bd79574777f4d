"""Speaks with a server of ours from the command line."""

import json
import os
import ssl
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from vrlive.errors import UserError

PATIENCE_S = 10.0
LARGEST_ANSWER = 1_000_000
VARIABLE = "VRLIVE_CONTROL_TOKEN"


def known_token(folder: Path) -> str:
    """The control token: of the environment, or that of a server which this user runs on this machine.

    Raises
    ------
    UserError
        If there is neither.
    """
    if given := os.environ.get(VARIABLE):
        return given
    path = folder / "control.token"
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeError):
        raise UserError(f"there is no control token: {path} cannot be read, and {VARIABLE} is not set") from None


def tune(server: str, channel: str, changes: dict[str, float | None], token: str, authority: Path | None) -> dict[str, Any]:
    """Change a channel's stitching, or with no changes ask for it.

    Parameters
    ----------
    server
        Its address, such as ``http://127.0.0.1:8360``.
    channel
        The channel's name.
    changes
        Any of yaw_deg, pitch_deg, roll_deg, distance_m.
    token
        The control token.
    authority
        A certificate authority to trust besides the system's, where there is such a file.

    Returns
    -------
    dict
        What the API's StitchState holds.

    Raises
    ------
    UserError
        If there is no server, or it refuses.
    """
    if urlsplit(server).scheme not in {"http", "https"}:
        raise UserError(f"--server {server}: give an address such as http://127.0.0.1:8360")
    url = f"{server.rstrip('/')}/api/v1/channels/{quote(channel, safe='')}/stitch"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps(changes).encode() if changes else None
    request = Request(url, body, headers, method="PATCH" if changes else "GET")  # noqa: S310 - the scheme was looked at
    try:
        with urlopen(request, timeout=PATIENCE_S, context=_trust(authority)) as answer:  # noqa: S310 - the scheme was looked at
            return dict(json.loads(answer.read(LARGEST_ANSWER)))
    except HTTPError as refusal:
        raise UserError(f"{server} refuses: {_reason(refusal)}") from None
    except (URLError, OSError, HTTPException) as fault:
        raise UserError(f"{server} cannot be reached: {getattr(fault, 'reason', fault)}; is vrlive on air there?") from None
    except ValueError:
        raise UserError(f"{server} answers, but not as vrlive does") from None


def _trust(authority: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if authority and authority.is_file():
        context.load_verify_locations(authority)
    return context


def _reason(refusal: HTTPError) -> str:
    try:
        return str(json.loads(refusal.read(LARGEST_ANSWER))["error"])
    except (ValueError, KeyError, TypeError):
        return f"{refusal.code} {refusal.reason}"
