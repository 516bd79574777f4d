"""A still of what is on air, for who waits for the picture: the newest keyframe as a JPEG (``/api/v1/channels/<channel>/poster.jpg``)."""

import asyncio
import hashlib
import io
from collections.abc import Mapping
from typing import Annotated, Final

import av
import fastapi
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from PIL import Image

from streaming.access import Access, Denied
from streaming.access_unit import AccessUnit
from streaming.hub import Channel
from vrlive import clock

MEDIA: Final = "image/jpeg"
FRESH_S: Final = 5.0  # made anew no sooner: a crowd costs one picture
WIDTH: Final = 1280  # 100 kB
QUALITY: Final = 70

Token = Annotated[str | None, Query(description="For what cannot send it as Authorization: Bearer … (RFC 6750, section 2.3).")]
Header = Annotated[str | None, fastapi.Header(include_in_schema=False)]


class Posters:
    """The stills of all channels.

    Parameters
    ----------
    channels
        By name.
    access
        Who may watch may see them.
    """

    def __init__(self, channels: Mapping[str, Channel], access: Access) -> None:
        self._channels, self._access = channels, access
        self._made: dict[str, tuple[float, AccessUnit, bytes]] = {}  # when, of which keyframe, the picture
        self._making = asyncio.Lock()

    @property
    def router(self) -> APIRouter:
        """The endpoint, for a FastAPI application."""
        router = APIRouter(prefix="/api/v1", tags=["channels"], default_response_class=Response)
        responses: dict[int | str, dict[str, object]] = {
            200: {"content": {MEDIA: {"schema": {"type": "string", "format": "binary"}}}},
            204: {"description": "There is no picture yet."},
            304: {"description": "The same as before."},
        }
        router.add_api_route(
            "/channels/{channel}/poster.jpg", self._poster, methods=["GET"], summary="A still of the show", responses=responses
        )
        return router

    async def _poster(
        self, channel: str, access_token: Token = None, authorization: Header = None, if_none_match: Header = None
    ) -> Response:
        if channel not in self._channels:
            return _refuse(404, f"there is no channel “{channel}”; there is {', '.join(self._channels) or 'none'}")
        try:
            self._access.check("watch", channel, f"Bearer {access_token}" if access_token else authorization)
        except Denied as fault:
            return _refuse(fault.status, str(fault), {"WWW-Authenticate": fault.challenge})
        picture = await self.still(channel)
        if picture is None:
            return Response(status_code=204, headers={"Cache-Control": "no-store"})  # no fault: it has shown no picture yet
        whose = "private" if access_token or authorization else "public"
        headers = {"Cache-Control": f"{whose}, max-age={FRESH_S:.0f}", "ETag": f'"{hashlib.sha256(picture).hexdigest()[:20]}"'}
        if if_none_match == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(picture, headers=headers, media_type=MEDIA)

    async def still(self, channel: str) -> bytes | None:
        """A channel's poster, a JPEG some seconds old at most; None: it has shown no picture yet."""
        async with self._making:  # one at a time, whoever asks
            keyframe = self._channels[channel].streams[0].newest_keyframe
            if keyframe is None:
                return None
            made = self._made.get(channel)
            if made and (made[1] is keyframe or clock.now_s() - made[0] < FRESH_S):
                return made[2]
            picture = await asyncio.to_thread(still, keyframe)
            self._made[channel] = clock.now_s(), keyframe, picture
            return picture


def still(keyframe: AccessUnit) -> bytes:
    """Decode a keyframe (Annex B, with its parameter sets) and make a JPEG of it, `WIDTH` wide or less.

    Raises
    ------
    av.error.FFmpegError
        If it cannot be decoded.
    """
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    frames: list[VideoFrame] = [*decoder.decode(av.Packet(keyframe.data)), *decoder.decode(None)]
    image, written = Image.fromarray(frames[0].to_ndarray(format="rgb24")), io.BytesIO()
    image.thumbnail((WIDTH, WIDTH))
    image.save(written, "JPEG", quality=QUALITY, progressive=True)
    return written.getvalue()


def _refuse(status: int, problem: str, headers: Mapping[str, str] = {}) -> Response:
    return JSONResponse({"error": problem}, status, {"Cache-Control": "no-store", **headers})
