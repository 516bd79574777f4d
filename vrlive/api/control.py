"""Who may change a show: whoever knows the control token.

The token comes from ``VRLIVE_CONTROL_TOKEN``, or is made once and kept where only its owner can read it. It is sent as a bearer token (RFC
6750) in a header, never in an address, and compared in constant time; it stands in no log and on no page.
"""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from fastapi import Request
from fastapi.exceptions import HTTPException
from pydantic import ValidationError

from vrlive.secret import given_secret, kept_secret
from vrlive.toml import Section

VARIABLE: Final = "VRLIVE_CONTROL_TOKEN"
SHORTEST: Final = 16  # characters: a shorter one could be tried out
MAX_BODY_BYTES: Final = 4096  # the largest sensible request has a hundred

Allowed = Callable[[Request], None]
TuningT = TypeVar("TuningT", bound=Section)


def control_token(folder: Path, given: str | None) -> str:
    """The token that allows to change shows.

    Parameters
    ----------
    folder
        Where it is kept, in a file that only the owner can read; made when there is none.
    given
        What the environment says; None: nothing.

    Raises
    ------
    ServeError
        If the given one is too short, or the file cannot be read or written.
    """
    if given is not None:
        return given_secret(VARIABLE, given, SHORTEST)
    return kept_secret(folder / "control.token", SHORTEST, "control token", VARIABLE)


def only_with(token: str) -> Allowed:
    """A check that refuses requests without this token."""

    def check(request: Request) -> None:
        scheme, _, sent = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise HTTPException(401, "changing a show needs the control token: Authorization: Bearer …", {"WWW-Authenticate": "Bearer"})
        if not secrets.compare_digest(sent.strip().encode(), token.encode()):
            raise HTTPException(401, "this is not the control token", {"WWW-Authenticate": 'Bearer error="invalid_token"'})

    return check


async def read_tuning(request: Request, now: TuningT) -> TuningT:
    """What a request changes of what is wanted now; HTTPException as `read_body`."""
    changed = await read_body(request, type(now))
    return now.model_copy(update={key: getattr(changed, key) for key in changed.model_fields_set})


async def read_body(request: Request, model: type[TuningT]) -> TuningT:
    """The JSON object that a request brings.

    Raises
    ------
    HTTPException
        413 or 422, if the body is too large, is no JSON object, or a key or value is wrong.
    """
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413, f"the body is larger than {MAX_BODY_BYTES} bytes")
    try:
        return model.model_validate_json(body)
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(map(str, first["loc"]))
        known = ", ".join(model.model_fields)
        hint = f"; known are {known}" if first["type"] == "extra_forbidden" else ""
        raise HTTPException(
            422, f"{place}: {first['msg']}{hint}" if place else f"{first['msg']}; send an object with any of {known}"
        ) from None
