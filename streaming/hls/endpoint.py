"""HLS over HTTP: playlists that are never old, segments that never change, for players and caches anywhere."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from streaming.fragments import AAC_BPS
from streaming.h264 import profile_level_id
from streaming.hls.channel import HlsChannel
from streaming.hls.window import VERSION

PLAYLIST, MEDIA = "application/vnd.apple.mpegurl", "video/mp4"
CORS: Final = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Content-Length, Date"}
PREFLIGHT: Final = {"Access-Control-Allow-Methods": "GET, HEAD, OPTIONS", "Access-Control-Allow-Headers": "Range"}
NEWEST = {"Cache-Control": "max-age=0, s-maxage=1"}  # a cache asks once a second, however many players ask it
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
NEVER = {"Cache-Control": "no-store"}
PEAK = 1.5  # of a segment's rate: a second, and what the encoder's rate buffer holds
RETRY_AFTER_S = 2

_BINARY: dict[str, Any] = {"content": {MEDIA: {"schema": {"type": "string", "format": "binary"}}}}
_TEXT: dict[str, Any] = {"content": {PLAYLIST: {"schema": {"type": "string"}}}}


class Hls:
    """The routes to the playlists and segments of all channels.

    Parameters
    ----------
    channels
        By name.
    """

    def __init__(self, channels: Mapping[str, HlsChannel]) -> None:
        self._channels = channels

    @property
    def router(self) -> APIRouter:
        """The endpoints, for a FastAPI application."""
        router = APIRouter(prefix="/hls", tags=["HLS"], default_response_class=Response)
        add = router.add_api_route
        add("/{channel}/index.m3u8", self._index, methods=["GET"], summary="Play: the multivariant playlist", responses={200: _TEXT})
        add("/{channel}/{rendition}/media.m3u8", self._media, methods=["GET"], summary="The newest segments", responses={200: _TEXT})
        add("/{channel}/{rendition}/{run}/init-{number}.mp4", self._init, methods=["GET"], summary="Index", responses={200: _BINARY})
        add("/{channel}/{rendition}/{run}/{number}.m4s", self._segment, methods=["GET"], summary="Segment", responses={200: _BINARY})
        add("/{path:path}", self._preflight, methods=["OPTIONS"], include_in_schema=False)
        add("/{path:path}", self._nothing, methods=["GET"], include_in_schema=False)
        return router

    async def _index(self, channel: str) -> Response:
        hls = self._channels.get(channel)
        if hls is None:
            return self._unknown(channel)
        rung, level = hls.channel.streams[0].rung, hls.channel.level
        average = rung.bitrate_kbps * 1000 + AAC_BPS
        variant = ",".join([
            f"BANDWIDTH={round(average * PEAK)}",
            f"AVERAGE-BANDWIDTH={average}",
            f'CODECS="avc1.{profile_level_id(level)},mp4a.40.2"',
            f"RESOLUTION={rung.size}",
            f"FRAME-RATE={hls.fps:.3f}",
        ])  # fmt: skip
        lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS", f"#EXT-X-STREAM-INF:{variant}"]
        return Response("\n".join([*lines, f"{rung.name}/media.m3u8", ""]), headers=CORS | NEWEST, media_type=PLAYLIST)

    async def _media(self, channel: str, rendition: str) -> Response:
        hls = self._channels.get(channel)
        if hls is None:
            return self._unknown(channel)
        if rendition != hls.name:
            return _refuse(404, f"there is no rendition “{rendition}” of {channel}; there is {hls.name}")
        if not await hls.ready():
            problem = f"{channel} shows no picture yet; try again in {RETRY_AFTER_S} s"
            return _refuse(503, problem, {"Retry-After": str(RETRY_AFTER_S)})
        return Response(hls.window.playlist(hls.run_name), headers=CORS | NEWEST, media_type=PLAYLIST)

    async def _init(self, channel: str, rendition: str, run: str, number: str) -> Response:
        return self._piece(channel, rendition, run, number, index=True)

    async def _segment(self, channel: str, rendition: str, run: str, number: str) -> Response:
        return self._piece(channel, rendition, run, number, index=False)

    def _piece(self, channel: str, rendition: str, run: str, number: str, *, index: bool) -> Response:
        hls = self._channels.get(channel)
        if hls is None:
            return self._unknown(channel)
        found = None
        if (rendition, run) == (hls.name, hls.run_name) and number.isascii() and number.isdigit() and len(number) < 12:
            hls.ask()
            found = hls.window.index(int(number)) if index else hls.window.segment(int(number))
        if found is None:
            return _refuse(404, f"this piece of {channel} is not kept any more; /hls/{channel}/index.m3u8 leads to those that are")
        hls.bytes_sent += len(found)
        return Response(found, headers=CORS | FOR_EVER, media_type=MEDIA)

    async def _preflight(self) -> Response:
        return Response(status_code=204, headers=CORS | PREFLIGHT | {"Allow": "GET, HEAD, OPTIONS"})

    async def _nothing(self, request: Request) -> Response:
        return _refuse(404, f"there is nothing at {request.url.path}; HLS is at /hls/CHANNEL/index.m3u8")

    def _unknown(self, channel: str) -> Response:
        return _refuse(404, f"there is no HLS of a channel “{channel}”; there is of {', '.join(self._channels) or 'none'}")


def _refuse(status: int, problem: str, headers: Mapping[str, str] = {}) -> Response:
    return JSONResponse({"error": problem}, status, CORS | NEVER | dict(headers))
