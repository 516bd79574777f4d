"""WHEP: a viewer posts an SDP offer and gets an answer (draft-ietf-wish-whep-03; what WHEP shares with WHIP is RFC 9725)."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from fastapi import APIRouter, Request, Response

from streaming.access import Access
from streaming.hub import Channel
from streaming.ice import IceNetwork
from streaming.offer import read_viewers_offer
from streaming.rtp.fanout import Fanout
from streaming.signalling import Endpoint, Refusal
from streaming.signalling_openapi import END, TRICKLE, WATCH
from streaming.viewer import Viewer
from vrlive.server_config import Limits

FAREWELL_S: Final = 0.2  # so long the last word to a viewer has to leave before its connection ends


class Whep(Endpoint[Viewer]):
    """The viewers of all channels, and the routes to them.

    Parameters
    ----------
    channels
        By name; looked up at each request, so channels may come and go.
    fanout
        Who sends to the viewers; started and closed by its owner.
    limits, network, access
        See `Endpoint`.
    """

    who = "viewers"

    def __init__(
        self,
        channels: Mapping[str, Channel],
        fanout: Fanout,
        *,
        limits: Limits | None = None,
        network: IceNetwork | None = None,
        access: Access | None = None,
    ) -> None:
        super().__init__(limits=limits or Limits(), network=network or IceNetwork(), access=access or Access())
        self.channels, self.fanout = channels, fanout

    @property
    def router(self) -> APIRouter:
        """The endpoints, for a FastAPI application."""
        router = APIRouter(tags=["WHEP"], default_response_class=Response)
        router.add_api_route("/whep/{channel}", self._endpoint, methods=["POST"], **WATCH)
        rest = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"]
        router.add_api_route("/whep/{channel}", self._endpoint, methods=rest, include_in_schema=False)
        session = "/whep/{channel}/{token}"
        router.add_api_route(session, self._session, methods=["PATCH"], **TRICKLE)
        router.add_api_route(session, self._session, methods=["DELETE"], **END)
        router.add_api_route(session, self._session, methods=["GET", "HEAD", "OPTIONS", "PUT", "POST"], include_in_schema=False)
        return router

    async def end_channel(self, channel: Channel) -> None:
        """Tell the viewers of a channel that it has ended, and end their sessions."""
        channel.publish({"type": "state", "state": "ended"})
        await asyncio.sleep(FAREWELL_S)
        await asyncio.gather(*(self._end(token, "channel ended") for token, each in list(self.sessions.items()) if each.channel is channel))

    async def _endpoint(self, request: Request, channel: str) -> Response:
        try:
            found = self._find(channel)
            if request.method == "POST":
                self._admit(request, "watch", channel)
                read = partial(read_viewers_offer, ambisonics=found.ambisonics)
                return await self._open(request, f"/whep/{channel}", read, lambda *told: self._begin(found, *told))
            return self._discover(request, "watch", channel)
        except Refusal as refusal:
            if request.method == "POST" and channel in self.channels:
                self.channels[channel].refused += 1
            return refusal.response

    async def _session(self, request: Request, channel: str, token: str) -> Response:
        try:
            self._find(channel)
            return await self._use(request, token)
        except Refusal as refusal:
            return refusal.response

    def _begin(self, channel: Channel, host: str, on_end: Callable[[], None]) -> Viewer:
        return Viewer(channel, self.fanout, self.network, host, on_end)

    def _find(self, name: str) -> Channel:
        if name not in self.channels:
            raise Refusal(404, f"there is no channel “{name}”; there is {', '.join(self.channels) or 'none'}")
        return self.channels[name]
