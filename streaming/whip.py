"""WHIP: a phone, an encoder or a browser posts an SDP offer and becomes a camera (RFC 9725).

The newest publisher is the camera. A phone that lost its network comes back with a new session while the old one has yet to time out:
to refuse it would keep the camera's own owner out. Both know the token; the newer one is taken to know best.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from fastapi import APIRouter, Request, Response

from streaming.access import Access
from streaming.ice import IceNetwork
from streaming.intake import Intake
from streaming.offer import read_cameras_offer
from streaming.publisher import Publisher
from streaming.rtp.receiver import check_aiortc
from streaming.signalling import Endpoint, Refusal
from streaming.signalling_openapi import END, PUBLISH, TRICKLE
from vrlive.server_config import Limits

LIMITS: Final = Limits(sessions=64, sessions_of_one=64, connecting=32, connecting_of_one=8)  # two for each camera: it may come anew


class Whip(Endpoint[Publisher]):
    """The published cameras of all channels, and the routes to them.

    Parameters
    ----------
    channels
        By name; looked up at each request, so channels may come and go.
    limits, network, access
        See `Endpoint`. A token is asked for with offers only: the address of a session is a secret of its own.
    """

    who = "cameras"

    def __init__(
        self,
        channels: Mapping[str, Intake],
        *,
        limits: Limits = LIMITS,
        network: IceNetwork | None = None,
        access: Access | None = None,
    ) -> None:
        super().__init__(limits=limits, network=network or IceNetwork(), access=access or Access())
        self.channels = channels
        check_aiortc()

    @property
    def router(self) -> APIRouter:
        """The endpoints, for a FastAPI application."""
        router = APIRouter(tags=["WHIP"], default_response_class=Response)
        endpoint = "/whip/{channel}/{camera}"
        router.add_api_route(endpoint, self._endpoint, methods=["POST"], **PUBLISH)
        rest = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"]
        router.add_api_route(endpoint, self._endpoint, methods=rest, include_in_schema=False)
        session = "/whip/{channel}/{camera}/{token}"
        router.add_api_route(session, self._session, methods=["PATCH"], **TRICKLE)
        router.add_api_route(session, self._session, methods=["DELETE"], **END)
        router.add_api_route(session, self._session, methods=["GET", "HEAD", "OPTIONS", "PUT", "POST"], include_in_schema=False)
        return router

    async def end_channel(self, name: str) -> None:
        """Hang up on all cameras of a channel that has ended."""
        await asyncio.gather(*(self._end(token) for token, each in list(self.sessions.items()) if each.intake.name == name))

    async def _endpoint(self, request: Request, channel: str, camera: str) -> Response:
        try:
            if request.method != "POST":
                self._find(channel, camera)
                return self._discover(request, "publish", channel)
            self._admit(request, "publish", channel)
            intake = self._find(channel, camera)
            if not intake.cameras[camera]:
                raise Refusal(409, f'camera “{camera}” is opened by its own address; give it url = "whip:" to publish it')
            place = f"/whip/{channel}/{camera}"
            return await self._open(request, place, read_cameras_offer, lambda *told: self._begin(intake, camera, *told))
        except Refusal as refusal:
            if request.method == "POST" and channel in self.channels:
                self.channels[channel].refused += 1
            return refusal.response

    async def _session(self, request: Request, channel: str, camera: str, token: str) -> Response:
        try:
            self._find(channel, camera)
            return await self._use(request, token)
        except Refusal as refusal:
            return refusal.response

    def _find(self, channel: str, camera: str) -> Intake:
        if channel not in self.channels:
            raise Refusal(404, f"there is no channel “{channel}”; there is {', '.join(self.channels) or 'none'}")
        found = self.channels[channel]
        if camera not in found.cameras:
            raise Refusal(404, f"channel “{channel}” has no camera “{camera}”; it has {', '.join(found.cameras)}")
        return found

    def _begin(self, intake: Intake, camera: str, host: str, on_end: Callable[[], None]) -> Publisher:
        publisher = Publisher(intake, camera, self.network, host, on_end, lambda: self._end_others(publisher))
        return publisher

    def _end_others(self, publisher: Publisher) -> None:
        """Hang up on who published this camera before."""
        for token, other in list(self.sessions.items()):
            same = (other.intake, other.camera) == (publisher.intake, publisher.camera)
            if same and other is not publisher and other.state == "connected":
                self._end_soon(token)
