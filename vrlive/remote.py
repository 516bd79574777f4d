"""Speaks with a server of ours from the command line."""

import json
import os
import ssl
import time
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, quote, urlsplit
from urllib.request import HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

from pydantic import BaseModel, ValidationError

from vrlive.api.models import ReloadReport, StitchState
from vrlive.api.show_models import CaptionList, Look, Looking, Pins, ShowState
from vrlive.errors import UserError
from vrlive.network import is_loopback

PATIENCE_S = 10.0
IN_FORCE_S, ASK_EVERY_S = 5.0, 0.2  # an engine reports twice a second; large tables on a busy machine take a second
RELOAD_S = 300.0  # engines end and rigs are read; the demo room may have to be filmed
LARGEST_ANSWER = 1_000_000
VARIABLE = "VRLIVE_CONTROL_TOKEN"

ModelT = TypeVar("ModelT", bound=BaseModel)


def known_token(folder: Path) -> str:
    """The control token: of the environment, or that of a server which this user runs on this machine.

    Raises
    ------
    UserError
        If there is neither, or it cannot be one.
    """
    token = os.environ.get(VARIABLE, "")
    path = folder / "control.token"
    try:
        token = token or path.read_text("ascii").strip()
    except (OSError, UnicodeError):
        raise UserError(f"there is no control token: {path} cannot be read, and {VARIABLE} is not set") from None
    if not token.isascii() or not token.isprintable():
        raise UserError(f"{VARIABLE} holds characters that no control token has")
    return token


def stitching(server: str, channel: str, authority: Path | None) -> StitchState:
    """How a channel's picture is turned, and how far its scene is taken to be.

    Parameters
    ----------
    server
        Its address, such as ``http://127.0.0.1:8360``.
    channel
        The channel's name.
    authority
        A certificate authority to trust besides the system's, where there is such a file.

    Raises
    ------
    UserError
        If there is no server, or it refuses.
    """
    return ask(server, _stitch(channel), StitchState, authority)


def tune(server: str, channel: str, changes: dict[str, float | None], token: str, authority: Path | None) -> StitchState:
    """Change some of it, and wait a little until that is in force.

    Parameters
    ----------
    server, channel, authority
        As for `stitching`.
    changes
        Any of yaw_deg, pitch_deg, roll_deg, distance_m.
    token
        The control token.

    Raises
    ------
    UserError
        If there is no server, or it refuses.
    """
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    change = Request(_address(server, _stitch(channel)), json.dumps(changes).encode(), headers, method="PATCH")  # noqa: S310 - looked at
    found = _answer(server, change, StitchState, authority)
    given_up_s = time.monotonic() + IN_FORCE_S
    while not found.in_force and time.monotonic() < given_up_s:
        time.sleep(ASK_EVERY_S)
        found = stitching(server, channel, authority)
    return found


def reload(server: str, token: str, authority: Path | None) -> ReloadReport:
    """Have the channels' files read again.

    Parameters
    ----------
    server, token, authority
        As for `tune`.

    Raises
    ------
    UserError
        If there is no server, or it refuses: a file has a fault, and nothing is changed.
    """
    headers = {"Authorization": f"Bearer {token}"}
    asked = Request(_address(server, "reload"), b"", headers, method="POST")  # noqa: S310 - the scheme was looked at
    return _answer(server, asked, ReloadReport, authority, RELOAD_S)


def show(server: str, channel: str, authority: Path | None) -> ShowState:
    """What a channel shows and sells.

    Parameters
    ----------
    server, channel, authority
        As for `stitching`.

    Raises
    ------
    UserError
        If there is no server, or it refuses.
    """
    return ask(server, f"channels/{quote(channel, safe='')}/show", ShowState, authority)


def pin(server: str, channel: str, product: str, token: str, authority: Path | None, *, pinned: bool = True) -> Pins:
    """Pin a product, or end its pin.

    Parameters
    ----------
    server, channel, token, authority
        As for `tune`.
    product
        Its id.

    Raises
    ------
    UserError
        If there is no server, or it refuses.
    """
    place = f"channels/{quote(channel, safe='')}/pins/{quote(product, safe='')}"
    headers = {"Authorization": f"Bearer {token}"}
    change = Request(_address(server, place), headers=headers, method="PUT" if pinned else "DELETE")  # noqa: S310 - looked at
    return _answer(server, change, Pins, authority)


def look(server: str, channel: str, wanted: Look | None, token: str, authority: Path | None) -> Looking:
    """Have viewers who follow the host look somewhere; None: nowhere in particular any more.

    Parameters
    ----------
    server, channel, token, authority
        As for `tune`.

    Raises
    ------
    UserError
        If there is no server, or it refuses.
    """
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = wanted.model_dump_json().encode() if wanted else None
    place = _address(server, f"channels/{quote(channel, safe='')}/look")
    return _answer(server, Request(place, body, headers, method="PUT" if wanted else "DELETE"), Looking, authority)  # noqa: S310 - looked at


def caption(server: str, channel: str, wanted: Mapping[str, str | float], token: str, authority: Path | None) -> CaptionList:
    """Have viewers read what is said.

    Parameters
    ----------
    server, channel, token, authority
        As for `tune`.
    wanted
        As `vrlive.api.show_models.Caption`, which the server judges.

    Raises
    ------
    UserError
        If there is no server, or it refuses.
    """
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    place = _address(server, f"channels/{quote(channel, safe='')}/captions")
    said = Request(place, json.dumps(wanted).encode(), headers, method="POST")  # noqa: S310 - looked at
    return _answer(server, said, CaptionList, authority)


def ask(server: str, path: str, model: type[ModelT], authority: Path | None) -> ModelT:
    """What the server says below ``/api/v1/``.

    Raises
    ------
    UserError
        If there is no server, or it refuses.
    """
    return _answer(server, Request(_address(server, path)), model, authority)  # noqa: S310 - the scheme was looked at


def _stitch(channel: str) -> str:
    return f"channels/{quote(channel, safe='')}/stitch"


def _address(server: str, path: str) -> str:
    _parts(server)
    return f"{server.rstrip('/')}/api/v1/{path}"


def _parts(server: str) -> SplitResult:
    try:
        parts = urlsplit(server)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and not (parts.query or parts.fragment)
    except ValueError:  # a port that is no number, brackets that do not close
        usable = False
    if not usable:
        raise UserError(f"--server {server}: give an address such as http://127.0.0.1:8360")
    return parts


def _answer(server: str, request: Request, model: type[ModelT], authority: Path | None, patience_s: float = PATIENCE_S) -> ModelT:
    opener = _opener(server, authority)
    try:
        with opener.open(request, timeout=patience_s) as answer:
            return model.model_validate_json(answer.read(LARGEST_ANSWER))
    except HTTPError as refusal:
        raise UserError(f"{server} refuses: {_reason(refusal)}") from None
    except ValidationError:
        raise UserError(f"{server} answers, but not as vrlive does") from None
    except (URLError, OSError, HTTPException, UnicodeError) as fault:
        reason = getattr(fault, "reason", fault)
        raise UserError(f"{server} cannot be reached: {getattr(reason, 'strerror', None) or reason}; is vrlive on air there?") from None


def _opener(server: str, authority: Path | None) -> OpenerDirector:
    """Trusts our own authority too, and asks no proxy for what is on this machine."""
    context = ssl.create_default_context()
    try:
        if authority and authority.is_file():
            context.load_verify_locations(authority)
    except OSError as fault:  # ssl's errors are among them
        raise UserError(f"{authority} cannot be used as a certificate authority: {fault.strerror or fault}") from None
    around = [ProxyHandler({})] if is_loopback(_parts(server).hostname or "") else []
    return build_opener(HTTPSHandler(context=context), *around)


def _reason(refusal: HTTPError) -> str:
    try:
        return str(json.loads(refusal.read(LARGEST_ANSWER))["error"])
    except (ValueError, KeyError, TypeError):
        return f"{refusal.code} {refusal.reason}"
