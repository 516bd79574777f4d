"""The show over HTTP: what stands where, what can be bought, and the files for it; pins, prices and stock for who directs it."""

import os
import time
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final, Protocol

import fastapi
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import HTTPException
from fastapi.responses import FileResponse
from pydantic import BaseModel

from streaming.access import Access, Denied
from vrlive.api.control import Allowed, read_body
from vrlive.api.models import Problem
from vrlive.api.show_models import Caption, CaptionList, Look, Looking, Pins, ProductChange, SaidCaption, ShowProduct, ShowState
from vrlive.clicks import NONCE_BYTES, ClickSecret
from vrlive.clock import now_s
from vrlive.errors import StateError, UserError
from vrlive.exhibits import File, Mask

YEAR_S: Final = 31536000
NEWEST: Final = "no-cache"  # kept, and asked for anew each time

Token = Annotated[str | None, Query(description="Where watching needs a token, for what cannot send it as Authorization: Bearer …")]
Header = Annotated[str | None, fastapi.Header(include_in_schema=False)]

_UNKNOWN: Final[dict[int | str, dict[str, Any]]] = {404: {"model": Problem, "description": "No such channel, or nothing of that name."}}
_WATCHING: Final = {
    401: {"model": Problem, "description": "Watching this channel needs a token."},
    403: {"model": Problem, "description": "The token is for something else."},
    **_UNKNOWN,
}
_DIRECTING: Final = {
    401: {"model": Problem, "description": "Without the control token, or with a wrong one."},
    503: {"model": Problem, "description": "The change cannot be kept, and was not made."},
    **_UNKNOWN,
}
_CAPTIONING: Final[dict[int | str, dict[str, Any]]] = {
    401: _DIRECTING[401],
    429: {"model": Problem, "description": "They come faster than anybody reads."},
    **_UNKNOWN,
}
_CONTROL: Final[dict[str, Any]] = {"security": [{"control": []}]}


class Spoken(Protocol):
    """What the API needs of what is said in a show; see `vrlive.captions.Captions`."""

    @property
    def revision(self) -> int:
        """Grows with every change."""

    @property
    def said(self) -> list[SaidCaption]:
        """What was said lately, the newest last."""

    def show(self, wanted: Caption, now_s: float) -> list[SaidCaption]:
        """Show a caption; the newest of each language."""


class Show(Protocol):
    """What the API needs of a channel's show; see `vrlive.showcase.Showcase`."""

    @property
    def etag(self) -> str:
        """Of its state."""

    @property
    def captions(self) -> Spoken:
        """What is said in it, to be read."""

    def state(self) -> ShowState:
        """How it is now."""

    def product(self, product: str) -> ShowProduct | None:
        """One of its products."""

    async def pin(self, product: str) -> None:
        """Pin a product."""

    async def unpin(self, product: str) -> None:
        """End that."""

    def look(self, wanted: Look | None) -> None:
        """Tell viewers where the host looks."""

    async def adjust(self, product: str, change: ProductChange) -> None:
        """Change price and stock."""

    def model(self, garment: str) -> File | None:
        """The file of a garment's model."""

    def delivers(self, garment: str) -> bool:
        """Whether viewers may have it."""

    def image(self, name: str) -> File | None:
        """A picture of the catalogue."""

    def mask(self, name: str) -> Mask | None:
        """Where something of the room hides garments."""


class Channel(Protocol):
    """A channel that has one."""

    @property
    def show(self) -> Show:
        """It."""


class Shows:
    """The routes to the shows of all channels.

    Parameters
    ----------
    channels
        By name.
    access
        Who may watch, and so may have what is shown.
    allowed
        Who may direct.
    clicks
        Signs the links to shops.
    """

    def __init__(self, channels: Mapping[str, Channel], access: Access, allowed: Allowed, clicks: ClickSecret) -> None:
        self._channels, self._access, self._allowed, self._clicks = channels, access, allowed, clicks

    @property
    def router(self) -> APIRouter:
        """The endpoints, for a FastAPI application."""
        router = APIRouter(prefix="/api/v1/channels/{channel}", tags=["show"])
        binary = {"schema": {"type": "string", "format": "binary"}}
        glb: dict[int | str, dict[str, Any]] = {200: {"description": "The model.", "content": {"model/gltf-binary": binary}}}
        pictures = dict.fromkeys(("image/png", "image/jpeg", "image/webp"), binary)
        picture: dict[int | str, dict[str, Any]] = {200: {"description": "The picture.", "content": pictures}}
        mask: dict[int | str, dict[str, Any]] = {200: {"description": "The mask.", "content": {"image/png": binary}}}
        same: dict[int | str, dict[str, Any]] = {304: {"description": "It has not changed since the ETag in If-None-Match."}}
        watches: dict[int | str, dict[str, Any]] = {**same, **_WATCHING}
        add = router.add_api_route
        add("/show", self._show, methods=["GET"], response_model=ShowState, responses=watches)
        add("/models/{garment}.glb", self._model, methods=["GET"], response_class=Response, responses={**glb, **watches})
        add("/captions", self._captions, methods=["GET"], response_model=CaptionList, responses=_WATCHING)
        add("/images/{name}", self._image, methods=["GET"], response_class=Response, responses={**picture, **watches})
        add("/masks/{name}", self._mask, methods=["GET"], response_class=Response, responses={**mask, **watches})
        directs = partial(add, dependencies=[Depends(self._allowed)], responses=_DIRECTING)
        directs("/pins/{product}", self._pin, methods=["PUT"], openapi_extra=_CONTROL)
        directs("/pins/{product}", self._unpin, methods=["DELETE"], openapi_extra=_CONTROL)
        directs("/look", self._look, methods=["PUT"], openapi_extra=_taking(Look))
        directs("/look", self._look_away, methods=["DELETE"], openapi_extra=_CONTROL)
        directs("/captions", self._caption, methods=["POST"], responses=_CAPTIONING, openapi_extra=_taking(Caption))
        directs("/products/{product}", self._adjust, methods=["PATCH"], openapi_extra=_taking(ProductChange))
        return router

    async def _show(self, request: Request, channel: str, access_token: Token = None, authorization: Header = None) -> Response:
        """The show of a channel: its programme, its scene, what can be bought, and what is pinned.

        `show_revision` in the channel's state says when it is another, and so does a message on viewers' data channel:
        `{"type": "show", "revision": …}`.
        """
        show = self._find(channel)
        headers = {"Cache-Control": f"{self._admit(channel, access_token, authorization)}{NEWEST}", "ETag": f'"{show.etag}"'}
        if _has(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        told = show.state()
        products = [each.model_copy(update={"link": self._link(channel, each)}) for each in told.products]
        body = told.model_copy(update={"products": products}).model_dump_json()
        return Response(body, headers=headers, media_type="application/json")

    async def _model(
        self, request: Request, channel: str, garment: str, v: str = "", access_token: Token = None, authorization: Header = None
    ) -> Response:
        """The model of a garment, where the scene lets viewers have it. Its address is in the show."""
        show = self._find(channel)
        scope = self._admit(channel, access_token, authorization)
        file = show.model(garment)
        if file is None:
            raise HTTPException(404, f"{channel} shows no garment “{garment}”; see /api/v1/channels/{channel}/show")
        if not show.delivers(garment):
            raise HTTPException(403, f"the model of {garment} is not given away: it is shown in the picture alone")
        return _file(request, file, scope, for_ever=v == file.digest)

    async def _image(self, request: Request, channel: str, name: str, access_token: Token = None, authorization: Header = None) -> Response:
        """A picture of a product. Its address is in the show."""
        show = self._find(channel)
        scope = self._admit(channel, access_token, authorization)
        file = show.image(name)
        if file is None:
            raise HTTPException(404, f"{channel} has no picture “{name}”; see /api/v1/channels/{channel}/show")
        return _file(request, file, scope, for_ever=True)

    async def _mask(self, request: Request, channel: str, name: str, access_token: Token = None, authorization: Header = None) -> Response:
        """Where something of the room hides garments that are farther away, white in the panorama. Its address is in the show."""
        show = self._find(channel)
        scope = self._admit(channel, access_token, authorization)
        mask = show.mask(name)
        if mask is None:
            raise HTTPException(404, f"{channel} has no mask “{name}”; see /api/v1/channels/{channel}/show")
        headers = _kept_as(mask.digest, scope, for_ever=True)
        return _unchanged(request, headers) or Response(mask.png, headers=headers, media_type="image/png")

    async def _pin(self, channel: str, product: str) -> Pins:
        """Show a product to all viewers, before those that are pinned already. Needs the control token, as a bearer token."""
        show = self._find_with(channel, product)
        await _kept(show.pin(product))
        return _pins(show)

    async def _unpin(self, channel: str, product: str) -> Pins:
        """End that. Needs the control token, as a bearer token."""
        show = self._find_with(channel, product)
        await _kept(show.unpin(product))
        return _pins(show)

    async def _look(self, channel: str, request: Request) -> Looking:
        """Have the pages of all who follow the host turn there; of who comes later, too. Needs the control token, as a bearer token."""
        show, wanted = self._find(channel), await read_body(request, Look)
        show.look(wanted)
        return Looking(look=wanted)

    async def _look_away(self, channel: str) -> Looking:
        """End that: who comes later looks ahead. Needs the control token, as a bearer token."""
        self._find(channel).look(None)
        return Looking(look=None)

    async def _caption(self, channel: str, request: Request) -> CaptionList:
        """Have viewers read what is said now, in place of the caption before in its language. Needs the control token, as a bearer token.

        Viewers hear of it on the data channel: `{"type": "caption", …}`. The answer has the newest of each language.
        """
        spoken, wanted = self._find(channel).captions, await read_body(request, Caption)
        try:
            shown = spoken.show(wanted, now_s())
        except UserError as fault:
            raise HTTPException(429, str(fault), {"Retry-After": "1"}) from fault
        return CaptionList(revision=spoken.revision, captions=shown)

    async def _captions(self, channel: str, access_token: Token = None, authorization: Header = None) -> Response:
        """What was said lately, the newest last: for who looks back, or has no data channel.

        `caption_revision` in the channel's state says when there is more.
        """
        spoken = self._find(channel).captions
        headers = {"Cache-Control": f"{self._admit(channel, access_token, authorization)}{NEWEST}"}
        body = CaptionList(revision=spoken.revision, captions=spoken.said).model_dump_json()
        return Response(body, headers=headers, media_type="application/json")

    async def _adjust(self, channel: str, product: str, request: Request) -> ShowProduct:
        """Change a product's price and stock on air; what is left out stays. Needs the control token, as a bearer token."""
        show = self._find_with(channel, product)
        change = await read_body(request, ProductChange)
        try:
            await _kept(show.adjust(product, change))
        except UserError as fault:
            raise HTTPException(422, str(fault)) from fault
        return self._product(show, channel, product)

    def _find(self, channel: str) -> Show:
        if channel not in self._channels:
            raise HTTPException(404, f"there is no channel “{channel}”; there is {', '.join(self._channels) or 'none'}")
        return self._channels[channel].show

    def _find_with(self, channel: str, product: str) -> Show:
        show = self._find(channel)
        self._product(show, channel, product)
        return show

    def _product(self, show: Show, channel: str, product: str) -> ShowProduct:
        found = show.product(product)
        if found is None:
            known = ", ".join(each.id for each in show.state().products)
            raise HTTPException(404, f"{channel} sells no “{product}”; it sells {known or 'nothing'}")
        return found

    def _admit(self, channel: str, token: str | None, authorization: str | None) -> str:
        """Let those in who may watch; how the answer's Cache-Control begins."""
        try:
            self._access.check("watch", channel, f"Bearer {token}" if token else authorization)
        except Denied as fault:
            raise HTTPException(fault.status, str(fault), {"WWW-Authenticate": fault.challenge}) from fault
        return "private, " if token or authorization else ""

    def _link(self, channel: str, product: ShowProduct) -> str | None:
        return self._clicks.link(product.link, channel, product.id, time.time(), os.urandom(NONCE_BYTES)) if product.link else None


async def _kept(change: Any) -> None:
    try:
        await change
    except StateError as fault:
        raise HTTPException(503, str(fault)) from fault


def _pins(show: Show) -> Pins:
    state = show.state()
    return Pins(revision=state.revision, pins=state.pins)


def _file(request: Request, file: File, scope: str, *, for_ever: bool) -> Response:
    """A file that is known by its content; one that was changed since it was read is not what its address says."""
    if not file.unchanged:
        raise HTTPException(404, f"{file.path.name} was changed or taken away; the channel shows it when its files are read again")
    headers = _kept_as(file.digest, scope, for_ever=for_ever)
    return _unchanged(request, headers) or FileResponse(file.path, headers=headers, media_type=file.media_type)


def _kept_as(digest: str, scope: str, *, for_ever: bool) -> dict[str, str]:
    """How long an answer is kept, and by what mark it is known."""
    caching = f"max-age={YEAR_S}, immutable" if for_ever else NEWEST
    return {"Cache-Control": f"{scope or ('public, ' if for_ever else '')}{caching}", "ETag": f'"{digest}"'}


def _unchanged(request: Request, headers: dict[str, str]) -> Response | None:
    """The answer to who has it already."""
    return Response(status_code=304, headers=headers) if _has(request, headers["ETag"]) else None


def _has(request: Request, etag: str) -> bool:
    """Whether the sender has this already (RFC 9110, section 13.1.2)."""
    sent = [each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")]
    return etag in sent or sent == ["*"]


def _taking(model: type[BaseModel]) -> dict[str, Any]:
    """How OpenAPI describes an operation with the control token and such a body."""
    body = {"content": {"application/json": {"schema": _inlined(model.model_json_schema())}}, "required": True}
    return {**_CONTROL, "requestBody": body}


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without definitions of its own: OpenAPI would look for them elsewhere."""
    definitions = schema.pop("$defs", {})

    def resolved(value: Any) -> Any:
        if isinstance(value, dict):
            named = str(value.get("$ref", "")).rpartition("/")[2]
            return resolved(definitions[named]) if named else {key: resolved(each) for key, each in value.items()}
        return [resolved(each) for each in value] if isinstance(value, list) else value

    found: dict[str, Any] = resolved(schema)
    return found
