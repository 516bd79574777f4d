"""What pages tell of their visits, and what the operator may read of it: sums, and the heat map of the sphere.

Reports come from strangers: their sizes, values and rates are bounded, and nobody can add more seconds than have passed.
"""

import asyncio
import io
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal, Protocol

import numpy as np
from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import HTTPException
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vrlive import clock
from vrlive.allowance import Allowances, party_of
from vrlive.api.control import Allowed
from vrlive.api.models import ChannelState, HistogramState, Problem
from vrlive.show.audience import ACTIONS, FEWEST, Audience, Spread
from vrlive.show.gaze import BINS, COLUMNS, ROWS, density
from vrlive.units import Size

MAX_BODY_BYTES: Final = 8192  # a report of all bins has 4000
REPORTS_A_SECOND, REPORTS_AT_ONCE = 2.0, 60.0  # of one address: four a minute come from each visitor behind it
LONGEST_S: Final = 60.0  # between reports; what a browser that slept adds up is not a visit
VISITS_KEPT: Final = 20_000
PRODUCTS_COUNTED: Final = 1000  # names beyond are counted together: strangers invent names
MAP_SIZE: Final = Size(1024, 512)
MAP: Final = Size(256, 128)  # it is smooth

Seconds = Annotated[float, Field(ge=0, le=LONGEST_S, allow_inf_nan=False)]
Told = Annotated[str, Field(max_length=64)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Action(_Strict):
    """Something that was done, under its name in Google Analytics 4."""

    name: Literal[ACTIONS]  # type: ignore[valid-type]  # as the tuple says
    product: Told = ""


class Report(_Strict):
    """What a page tells every quarter of a minute, and when it is left."""

    visit: Annotated[str, Field(pattern=r"^[0-9a-f]{16,64}$", description="Made up by the page for this visit; forgotten within a minute.")]
    start_s: Annotated[float | None, Field(ge=0, le=600, description="Until the first picture; once.")] = None
    played_s: Seconds = 0.0
    stalled_s: Seconds = 0.0
    stalls: Annotated[int, Field(ge=0, le=100)] = 0
    latency_s: Annotated[float | None, Field(ge=0, le=600, allow_inf_nan=False)] = None
    rendition: Told = ""
    consent: Annotated[bool, Field(description="Whether the visitor agreed; without, the two below must be empty.")] = False
    gaze_s: Annotated[dict[Annotated[int, Field(ge=0, lt=BINS)], Seconds], Field(max_length=BINS, description="Seconds by bin.")] = {}
    actions: Annotated[list[Action], Field(max_length=50)] = []


class GazeState(BaseModel):
    """Where heads were turned."""

    columns: Annotated[int, Field(description="Of yaw, from −180°.")] = COLUMNS
    rows: Annotated[int, Field(description="Of the sine of pitch, from straight up: all bins have one area.")] = ROWS
    seconds: Annotated[list[float], Field(description="Row by row.")]


class ActionCount(BaseModel):
    """How often something was done."""

    name: str
    product: str
    count: int


class AudienceState(BaseModel):
    """Sums over a channel's audience since the server started."""

    start: HistogramState
    latency: HistogramState
    played_s: float
    stalled_s: float
    stalls: int
    watched_s: Annotated[dict[str, float], Field(description="By rendition.")]
    consents: Annotated[int, Field(description="Visits whose visitors agreed to be counted.")]
    fewest: Annotated[int, Field(description="Below so many consents, gaze and actions are kept back: they would tell of single people.")]
    gaze: GazeState | None
    actions: list[ActionCount] | None


Pictures = Callable[[str], Awaitable[bytes | None]]
"""Gives a channel's poster, a file of a picture, or None where there is none."""


class Channel(Protocol):
    """What is asked of a channel."""

    def state(self) -> ChannelState:
        """As it is now."""


async def no_picture(_: str) -> None:
    """Nothing under the map."""


@dataclass(slots=True)
class _Visit:
    heard_s: float
    consented: bool = False
    left_s: float = field(default=LONGEST_S)


class Insight:
    """Audiences by channel.

    Parameters
    ----------
    channels
        By name.
    allowed
        Who may read.
    picture
        What the heat map lies over.
    now
        The clock.
    """

    def __init__(
        self, channels: Mapping[str, Channel], allowed: Allowed, picture: Pictures = no_picture, now: Callable[[], float] = clock.now_s
    ) -> None:
        self.audiences: dict[str, Audience] = {}
        self._channels, self._picture, self._now = channels, picture, now
        self._visits: OrderedDict[str, _Visit] = OrderedDict()
        self._reports = Allowances(REPORTS_A_SECOND, REPORTS_AT_ONCE)
        self.router = self._router(allowed)

    def take(self, channel: str, report: Report) -> None:
        """Add a report to the sums of its channel; time that cannot have passed since the visit's last one is left out."""
        audience = self.audiences.setdefault(channel, Audience())
        visit = self._visit(channel, report.visit)
        passed_s = max(report.played_s + report.stalled_s, sum(report.gaze_s.values()))
        share = min(1.0, visit.left_s / passed_s) if passed_s > 0 else 1.0
        quality = audience.quality
        quality.played_s += share * report.played_s
        quality.stalled_s += share * report.stalled_s
        quality.stalls += report.stalls
        if report.rendition:
            name = _bounded(report.rendition, quality.watched_s)
            quality.watched_s[name] = quality.watched_s.get(name, 0.0) + share * report.played_s
        if report.start_s is not None:
            quality.start.add(report.start_s)
        if report.latency_s is not None:
            quality.latency.add(report.latency_s)
        if not report.consent:
            return
        audience.consents += not visit.consented
        visit.consented = True
        audience.look({number: share * seconds for number, seconds in report.gaze_s.items()})
        known = {product for _, product in audience.actions}
        for action in report.actions:
            audience.act(action.name, _bounded(action.product, known))

    def state(self, channel: str) -> AudienceState:
        """What may be read."""
        audience = self.audiences.get(channel, Audience())
        quality, shown = audience.quality, audience.enough
        counts = [ActionCount(name=name, product=product, count=count) for (name, product), count in audience.actions.most_common()]
        return AudienceState(
            start=_histogram(quality.start),
            latency=_histogram(quality.latency),
            played_s=quality.played_s,
            stalled_s=quality.stalled_s,
            stalls=quality.stalls,
            watched_s=dict(quality.watched_s),
            consents=audience.consents,
            fewest=FEWEST,
            gaze=GazeState(seconds=[round(each, 1) for each in audience.gaze_s]) if shown else None,
            actions=counts if shown else None,
        )

    async def heatmap(self, channel: str) -> bytes:
        """The heat map over the channel's picture, as PNG."""
        heat = self.audiences[channel].gaze_s.copy()
        layout = self._channels[channel].state().layout
        poster = await self._picture(channel) if layout.projection == "equirect" else None  # the map is equirectangular
        return await asyncio.to_thread(lambda: painted(density(heat, MAP), poster, stereo=layout.stereo == "top-bottom"))

    def _visit(self, channel: str, name: str) -> _Visit:
        key, now_s = f"{channel}/{name}", self._now()
        visit = self._visits.get(key)
        if visit is None:
            visit = self._visits[key] = _Visit(now_s)
        else:
            visit.left_s, visit.heard_s = min(LONGEST_S, now_s - visit.heard_s), now_s
        self._visits.move_to_end(key)
        if len(self._visits) > VISITS_KEPT:
            self._visits.popitem(last=False)
        return visit

    def _router(self, allowed: Allowed) -> APIRouter:
        router = APIRouter(prefix="/api/v1/channels/{channel}/insight", tags=["insight"])
        unknown: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "No such channel."}}
        closed = {401: {"model": Problem, "description": "Without the control token, or with a wrong one."}, **unknown}
        body = {"content": {"application/json": {"schema": Report.model_json_schema()}}, "required": True}
        bearer: dict[str, Any] = {"security": [{"control": []}]}

        @router.post("", status_code=204, responses=unknown, openapi_extra={"requestBody": body})
        async def report(channel: str, request: Request) -> Response:
            """What a page tells of its visit. Where somebody looked, and what they did, only with their consent."""
            self._find(channel)
            client = request.client
            if not self._reports.take(party_of(client.host if client else ""), self._now()):
                raise HTTPException(429, "more reports come from your address than its visitors can send", {"Retry-After": "30"})
            self.take(channel, await _read(request))
            return Response(status_code=204)

        @router.get("", dependencies=[Depends(allowed)], responses=closed, openapi_extra=bearer)
        def insight(channel: str, response: Response) -> AudienceState:
            """Sums over a channel's audience. Needs the control token, as a bearer token."""
            self._find(channel)
            response.headers["Cache-Control"] = "no-store"
            return self.state(channel)

        png = {"description": "An equirectangular picture.", "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}

        @router.get(
            "/heatmap.png",
            dependencies=[Depends(allowed)],
            response_class=Response,
            responses={200: png, **closed, 409: {"model": Problem, "description": "Too few agreed so far."}},
            openapi_extra=bearer,
        )
        async def heatmap(channel: str) -> Response:
            """Where the audience looked, over the picture of this moment. Needs the control token, as a bearer token."""
            self._find(channel)
            audience = self.audiences.get(channel, Audience())
            if not audience.enough:
                raise HTTPException(409, f"{audience.consents} visitors agreed to be counted; a map is drawn from {FEWEST} on")
            return Response(await self.heatmap(channel), media_type="image/png", headers={"Cache-Control": "no-store"})

        return router

    def _find(self, channel: str) -> None:
        if channel not in self._channels:
            raise HTTPException(404, f"there is no channel “{channel}”; there is {', '.join(self._channels) or 'none'}")


def painted(heat: NDArray[np.float64], picture: bytes | None, *, stereo: bool = False) -> bytes:
    """A map in colours over a darkened picture: blue where few looked, through green and yellow to red where most did.

    Parameters
    ----------
    heat
        (height, width), 0 to 1.
    picture
        A file of one; None: dark grey.
    stereo
        Whether it holds two eyes' pictures, the left above.
    """
    under = Image.new("RGB", (MAP_SIZE.width, MAP_SIZE.height), (40, 40, 44)) if picture is None else Image.open(io.BytesIO(picture))
    if stereo:
        under = under.crop((0, 0, under.width, under.height // 2))
    under = under.convert("L").convert("RGB").resize((MAP_SIZE.width, MAP_SIZE.height), Image.Resampling.BOX)
    levels = Image.fromarray(np.round(heat * 255).astype(np.uint8)).resize(under.size, Image.Resampling.BICUBIC)
    share = np.asarray(levels, np.float64)[..., None] / 255
    colour = np.stack([np.interp(share[..., 0], _STEPS, channel) for channel in _COLOURS], axis=-1)
    cover = np.clip(share * 4, 0, 1) * 0.75
    mixed = np.asarray(under, np.float64) * 0.6 * (1 - cover) + colour * cover
    written = io.BytesIO()
    Image.fromarray(np.round(mixed).astype(np.uint8)).save(written, "PNG")
    return written.getvalue()


_STEPS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_COLOURS: Final = ((20, 0, 60, 250, 220), (30, 150, 200, 200, 30), (120, 220, 90, 40, 30))  # red, green, blue at the steps


async def _read(request: Request) -> Report:
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > MAX_BODY_BYTES:
            raise HTTPException(413, f"a report has at most {MAX_BODY_BYTES} bytes")
    try:
        report = Report.model_validate_json(bytes(data))
    except ValidationError as fault:
        first = fault.errors()[0]
        raise HTTPException(422, f"{'.'.join(str(part) for part in first['loc']) or 'the report'}: {first['msg']}") from None
    if not report.consent and (report.gaze_s or report.actions):
        raise HTTPException(422, "consent: without it neither gaze_s nor actions may be sent")
    return report


def _bounded(name: str, known: Any) -> str:
    return name if not name or name in known or len(known) < PRODUCTS_COUNTED else "…"


def _histogram(spread: Spread) -> HistogramState:
    return HistogramState(bounds=list(spread.bounds), counts=list(spread.counts), sum=spread.sum)
