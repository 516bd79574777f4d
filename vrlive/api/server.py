"""The HTTP application: pages, /api/v1, /metrics, /healthz, and whatever endpoints delivery adds."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import HTTPException, RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vrlive import __version__
from vrlive.api.control import Allowed, only_with, read_tuning
from vrlive.api.insight import Insight, Pictures, no_picture
from vrlive.api.limits import LimitRequests
from vrlive.api.metrics import exposition
from vrlive.api.models import (
    ChannelList,
    ChannelName,
    ChannelState,
    GarmentState,
    Health,
    Problem,
    ReloadReport,
    ServerState,
    SoundState,
    StitchState,
)
from vrlive.api.pages import Show, add_security_headers, serve_pages
from vrlive.config import SoundTuning, Tuning
from vrlive.errors import UserError
from vrlive.server_config import Limits
from vrlive.show.scene import GarmentTuning
from vrlive.toml import Section

ALLOWED = {
    "/api/v1/reload": "POST",
    "/api/v1/garments": "GET, HEAD, POST",
    "/api/v1/garments/[^/]+": "DELETE",
    "/api/v1/channels/[^/]+/(captions|insight)": "GET, HEAD, POST",
    "/api/v1/channels/[^/]+/stitch": "GET, HEAD, PATCH",
    "/api/v1/channels/[^/]+/(sound|garments|products)/[^/]+": "PATCH",
    "/api/v1/channels/[^/]+/(look|pins/[^/]+)": "PUT, DELETE",
}  # where it is more than GET and HEAD, for a 405 (RFC 9110, section 15.5.6)
REFUSED: dict[str, Any] = {"model": Problem, "description": "Refused."}


class Channel(Protocol):
    """What the API needs of a running channel."""

    name: str
    title: str
    embed_origins: tuple[str, ...]

    @property
    def show(self) -> Show:
        """Its programme and its products."""

    def state(self) -> ChannelState:
        """The channel as it is now."""

    @property
    def wishes(self) -> "Wishes":
        """What is wanted of it on air."""


class Wishes(Protocol):
    """What the API needs of a channel's wishes."""

    @property
    def stitch(self) -> Tuning:
        """What is wanted of its stitching."""

    def tune(self, tuning: Tuning) -> None:
        """Want something else."""

    def sound(self, camera: str) -> SoundTuning | None:
        """What is wanted of a camera's sound; None: it is not mixed."""

    def tune_sound(self, camera: str, tuning: SoundTuning) -> None:
        """Want something else of it."""

    def garment(self, name: str) -> GarmentTuning:
        """What is wanted of a garment; UserError: the scene has none of that name."""

    def tune_garment(self, name: str, tuning: GarmentTuning) -> None:
        """Want something else of it; UserError: it has no such variant."""


class Station(Protocol):
    """What the API needs of the server as a whole."""

    def state(self) -> ServerState:
        """How it is now."""

    async def reload(self) -> ReloadReport:
        """Read the channels' files again; UserError if one has a fault."""


def create_app(
    channels: Mapping[str, Channel],
    *,
    control_token: str,
    routers: Sequence[APIRouter] = (),
    authority: Path | None = None,
    limits: Limits | None = None,
    station: Station | None = None,
    public: bool = True,
    picture: Pictures = no_picture,
) -> FastAPI:
    """Build the application.

    Parameters
    ----------
    channels
        By name, in the order of the list; the first is the one at ``/``.
    control_token
        Who knows it may change a show.
    routers
        Further endpoints, such as WHEP.
    authority
        Certificate of the local authority that viewers may download and trust, when there is one.
    limits
        How many requests an address may make.
    station
        The server as a whole, where it can be asked and told to reload.
    public
        Whether everybody may watch.
    picture
        A channel's poster, to lay the heat map over.
    """
    app = FastAPI(
        title="vrlive", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json", responses={"4XX": REFUSED}
    )
    app.middleware("http")(add_security_headers)
    app.add_middleware(_AnswerHead)
    app.add_middleware(LimitRequests, limits=limits or Limits())
    app.exception_handler(StarletteHTTPException)(_refuse)
    app.exception_handler(RequestValidationError)(_refuse_values)
    insight = Insight(channels, only_with(control_token), picture)
    for router in (*routers, insight.router, _api(channels), _controls(channels, only_with(control_token)), _operations(channels, station)):
        app.include_router(router)
    if station:
        app.include_router(_server(station, only_with(control_token)))
    serve_pages(app, channels, authority, public=public)
    return app


def _api(channels: Mapping[str, Channel]) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["channels"])

    @router.get("/channels")
    def list_channels() -> ChannelList:
        """All channels; the first is the one at `/`."""
        return ChannelList(channels=[ChannelName(name=each.name, title=each.title) for each in channels.values()])

    @router.get("/channels/{channel}", responses={404: {"model": Problem, "description": "No such channel."}})
    def channel_state(channel: str, response: Response) -> ChannelState:
        """State of a channel's cameras, stages, garments and loop."""
        response.headers["Cache-Control"] = "no-store"
        return _find(channels, channel).state()

    return router


def _controls(channels: Mapping[str, Channel], allowed: Allowed) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["control"])
    unknown: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "No such channel."}}
    refused = {401: {"model": Problem, "description": "Without the control token, or with a wrong one."}, **unknown}

    @router.get("/channels/{channel}/stitch", responses=unknown)
    def stitching(channel: str, response: Response) -> StitchState:
        """How a channel's picture is turned, and how far its scene is taken to be."""
        response.headers["Cache-Control"] = "no-store"
        return _find(channels, channel).state().stitch

    @router.patch(
        "/channels/{channel}/stitch",
        dependencies=[Depends(allowed)],
        responses=refused,
        openapi_extra=_takes(Tuning),
    )
    async def tune(channel: str, request: Request, response: Response) -> StitchState:
        """Change some of it while the show is on air; what is left out stays. Needs the control token, as a bearer token."""
        response.headers["Cache-Control"] = "no-store"
        found = _find(channels, channel)
        found.wishes.tune(await read_tuning(request, found.wishes.stitch))
        return found.state().stitch

    @router.get("/channels/{channel}/sound", responses=unknown)
    def sound(channel: str, response: Response) -> SoundState:
        """Whose sound is mixed, how loud it comes, and how."""
        response.headers["Cache-Control"] = "no-store"
        return _find(channels, channel).state().sound

    @router.patch(
        "/channels/{channel}/sound/{camera}",
        dependencies=[Depends(allowed)],
        responses={**refused, 404: {"model": Problem, "description": "No such channel, or no such camera in its mix."}},
        openapi_extra=_takes(SoundTuning),
    )
    async def tune_sound(channel: str, camera: str, request: Request, response: Response) -> SoundState:
        """Change a camera's gain, delay or mute on air; what is left out stays. Needs the control token, as a bearer token."""
        response.headers["Cache-Control"] = "no-store"
        found = _find(channels, channel)
        now = found.wishes.sound(camera)
        if now is None:
            raise HTTPException(404, f"the sound of “{camera}” is not mixed; see /api/v1/channels/{channel}/sound")
        found.wishes.tune_sound(camera, await read_tuning(request, now))
        return found.state().sound

    @router.patch(
        "/channels/{channel}/garments/{garment}",
        dependencies=[Depends(allowed)],
        responses={**refused, 404: {"model": Problem, "description": "No such channel, or no such garment in its scene."}},
        openapi_extra=_takes(GarmentTuning),
    )
    async def tune_garment(channel: str, garment: str, request: Request, response: Response) -> list[GarmentState]:
        """Change what a garment wears, where it stands or whether it is shown, on air, and see all garments as they are wanted then.

        What is left out stays, and null means as in the scene. Until a change is drawn, garments are shown as they were. Needs the control
        token, as a bearer token.
        """
        response.headers["Cache-Control"] = "no-store"
        found = _find(channels, channel)
        try:
            now = found.wishes.garment(garment)
        except UserError as fault:
            raise HTTPException(404, str(fault)) from None
        try:
            found.wishes.tune_garment(garment, await read_tuning(request, now))
        except UserError as fault:
            raise HTTPException(422, str(fault)) from None
        return found.state().garments

    return router


def _takes(model: type[Section]) -> dict[str, Any]:
    """What OpenAPI says of a request with the control token and a body of this model."""
    body = {"content": {"application/json": {"schema": model.model_json_schema()}}, "required": True}
    return {"requestBody": body, "security": [{"control": []}]}


def _server(station: Station, allowed: Allowed) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["operations"])

    @router.get("/server")
    def server_state(response: Response) -> ServerState:
        """The server as a whole: what it takes, how it sends, and what became of the last reload."""
        response.headers["Cache-Control"] = "no-store"
        return station.state()

    @router.post(
        "/reload",
        dependencies=[Depends(allowed)],
        responses={
            401: {"model": Problem, "description": "Without the control token, or with a wrong one."},
            422: {"model": Problem, "description": "A file has a fault; nothing is changed."},
        },
        openapi_extra={"security": [{"control": []}]},
    )
    async def reload() -> ReloadReport:
        """Read the channels' files again and become what they say, while viewers watch. Needs the control token, as a bearer token."""
        try:
            return await station.reload()
        except UserError as fault:
            raise HTTPException(422, f"nothing is changed: {fault}") from fault

    return router


def _operations(channels: Mapping[str, Channel], station: Station | None) -> APIRouter:
    router = APIRouter(tags=["operations"])

    text = {"description": "A page for Prometheus.", "content": {"text/plain": {"schema": {"type": "string"}}}}

    @router.get("/metrics", response_class=Response, responses={200: text})
    def metrics() -> Response:
        """Counters and gauges in Prometheus' text format."""
        page = exposition([each.state() for each in channels.values()], station.state() if station else None)
        return Response(page, media_type="text/plain; version=0.0.4; charset=utf-8")

    @router.get("/healthz", responses={503: {"model": Problem, "description": "Channels that are not on air."}})
    def health() -> Health:
        """200 while every channel is on air, be it with its slate alone; 503 with the names of those that never were, or have ended."""
        phases = {each.name: each.state().state for each in channels.values()}
        off = [name for name, phase in phases.items() if phase in ("connecting", "offline")]
        if off:
            raise HTTPException(503, f"not on air: {', '.join(off)}")
        return Health(status="on air", slate=[name for name, phase in phases.items() if phase == "slate"])

    return router


def _find(channels: Mapping[str, Channel], name: str) -> Channel:
    if name not in channels:
        raise HTTPException(404, f"there is no channel “{name}”; there is {', '.join(channels) or 'none'}")
    return channels[name]


class _AnswerHead:
    """Answers HEAD as GET without the body, at every address (RFC 9110, section 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_head(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        if scope["type"] == "http" and scope["method"] == "HEAD":
            await self._app({**scope, "method": "GET"}, receive, send_head)
        else:
            await self._app(scope, receive, send)


async def _refuse(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, StarletteHTTPException)
    headers, problem = dict(fault.headers or {}), fault.detail
    if fault.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = _allowed(request.url.path)
        problem = f"{request.method} means nothing here; allowed are {headers['Allow']}"
    elif problem == HTTPStatus.NOT_FOUND.phrase:
        problem = f"there is nothing at {request.url.path}; /api/docs lists what there is"
    elif fault.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.setdefault("Retry-After", str(Limits().retry_after_s))
    return JSONResponse({"error": problem}, fault.status_code, headers=headers)


def _allowed(path: str) -> str:
    """All that is served at an address, but for WHEP, which refuses by itself."""
    return next((methods for place, methods in ALLOWED.items() if re.fullmatch(place, path)), "GET, HEAD")


async def _refuse_values(_: Request, fault: Exception) -> Response:
    assert isinstance(fault, RequestValidationError)
    first = fault.errors()[0]
    return JSONResponse({"error": f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"}, 422)
