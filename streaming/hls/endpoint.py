"""HLS over HTTP: playlists that are never old, segments that never change, for players and caches anywhere."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import fastapi
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse, StreamingResponse

from streaming.access import Access, Denied
from streaming.fragments import AAC_BPS
from streaming.h264 import level_for, profile_level_id
from streaming.hls.channel import HlsChannel, HlsRendition
from streaming.hls.replay import Replay
from streaming.hls.window import VERSION

PLAYLIST, MEDIA = "application/vnd.apple.mpegurl", "video/mp4"
CORS: Final = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Content-Length, Date, WWW-Authenticate, Retry-After"}
PREFLIGHT: Final = {"Access-Control-Allow-Methods": "GET, HEAD, OPTIONS", "Access-Control-Allow-Headers": "Authorization, Range"}
NEWEST = {"Cache-Control": "max-age=0, s-maxage=1"}  # a cache asks once a second, however many players ask it
PRIVATE = {"Cache-Control": "private, max-age=0"}  # RFC 6750, section 2.3
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
NEVER = {"Cache-Control": "no-store"}
PIECE_BYTES = 256 * 1024  # of a file, at once
PEAK = 1.5  # of a segment's rate: a second, and what the encoder's rate buffer holds
RETRY_AFTER_S = 2

Token = Annotated[str | None, Query(description="For players that cannot send it as Authorization: Bearer … (RFC 6750, section 2.3).")]
Header = Annotated[str | None, fastapi.Header(include_in_schema=False)]

_BINARY: dict[str, Any] = {"content": {MEDIA: {"schema": {"type": "string", "format": "binary"}}}}
_TEXT: dict[str, Any] = {"content": {PLAYLIST: {"schema": {"type": "string"}}}}


class Hls:
    """The routes to the playlists and segments of all channels.

    Where viewers need a token, playlists ask for it. Segments do not, so that caches may keep them: only playlists tell their names.

    Parameters
    ----------
    channels
        By name.
    access
        Who is let in.
    """

    def __init__(self, channels: Mapping[str, HlsChannel], access: Access) -> None:
        self._channels, self._access = channels, access

    @property
    def router(self) -> APIRouter:
        """The endpoints, for a FastAPI application."""
        router = APIRouter(prefix="/hls", tags=["HLS"], default_response_class=Response)
        add = router.add_api_route
        add("/{channel}/index.m3u8", self._index, methods=["GET"], summary="Play: the multivariant playlist", responses={200: _TEXT})
        add("/{channel}/replay/index.m3u8", self._replay, methods=["GET"], summary="The newest show's recording", responses={200: _TEXT})
        add("/{channel}/replay/{file}", self._film, methods=["GET"], summary="A file of it", responses={200: _BINARY})
        add("/{channel}/{rendition}/media.m3u8", self._media, methods=["GET"], summary="The newest segments", responses={200: _TEXT})
        add("/{channel}/{rendition}/{piece}", self._piece, methods=["GET"], summary="Index or segment", responses={200: _BINARY})
        add("/{path:path}", self._preflight, methods=["OPTIONS"], include_in_schema=False)
        add("/{path:path}", self._nothing, methods=["GET"], include_in_schema=False)
        return router

    async def _index(self, channel: str, access_token: Token = None, authorization: Header = None) -> Response:
        try:
            hls = self._find(channel)
            caching = self._admit(channel, access_token, authorization)
        except _Refusal as refusal:
            return refusal.response
        lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
        for each in hls.renditions:
            lines += _variant(hls, each, f"?{urlencode({'access_token': access_token})}" if access_token else "")
        return Response("\n".join([*lines, ""]), headers=CORS | caching, media_type=PLAYLIST)

    async def _media(self, channel: str, rendition: str, access_token: Token = None, authorization: Header = None) -> Response:
        try:
            hls, found = self._rendition(channel, rendition)
            caching = self._admit(channel, access_token, authorization)
            if not await hls.ready(found):
                problem = f"{channel} shows no picture yet; try again in {RETRY_AFTER_S} s"
                raise _Refusal(503, problem, {"Retry-After": str(RETRY_AFTER_S)})
        except _Refusal as refusal:
            return refusal.response
        return Response(found.window.playlist(), headers=CORS | caching, media_type=PLAYLIST)

    async def _piece(self, channel: str, rendition: str, piece: str) -> Response:
        try:
            hls, cut = self._rendition(channel, rendition)
            found = cut.window.piece(piece)
            if found is None:
                raise _Refusal(404, f"this piece of {channel} is not kept any more; /hls/{channel}/index.m3u8 leads to those that are")
        except _Refusal as refusal:
            return refusal.response
        hls.ask()
        hls.bytes_sent += len(found)
        return Response(found, headers=CORS | FOR_EVER, media_type=MEDIA)

    async def _replay(self, channel: str, access_token: Token = None, authorization: Header = None) -> Response:
        try:
            replay = self._recorded(channel)
            caching = self._admit(channel, access_token, authorization)
            query = f"?{urlencode({'access_token': access_token})}" if access_token else ""
            playlist = await asyncio.to_thread(replay.playlist, query)
            if playlist is None:
                raise _Refusal(404, f"nothing of {channel} is recorded yet")
        except _Refusal as refusal:
            return refusal.response
        return Response(playlist, headers=CORS | caching, media_type=PLAYLIST)

    async def _film(self, request: Request, channel: str, file: str, access_token: Token = None, authorization: Header = None) -> Response:
        try:
            replay = self._recorded(channel)
            self._admit(channel, access_token, authorization)
            path = await asyncio.to_thread(replay.file, file)
            if path is None:
                raise _Refusal(404, f"this recording of {channel} is not kept any more; see /hls/{channel}/replay/index.m3u8")
        except _Refusal as refusal:
            return refusal.response
        # it may still grow: a cache with one part of it would ask for another only of the file as it was (If-Range), and get all of it
        if "range" in request.headers and "if-range" not in request.headers:
            return FileResponse(path, headers=CORS | NEVER, media_type=MEDIA)
        size = (await asyncio.to_thread(path.stat)).st_size
        return StreamingResponse(so_far(path, size), headers=CORS | NEVER | {"Content-Length": str(size)}, media_type=MEDIA)

    def _recorded(self, channel: str) -> Replay:
        replay = self._find(channel).replay
        if replay is None:
            raise _Refusal(404, f"recordings of {channel} are not for viewers; its file would say replay = true under [record]")
        return replay

    def _find(self, channel: str) -> HlsChannel:
        hls = self._channels.get(channel)
        if hls is None:
            raise _Refusal(404, f"there is no HLS of a channel “{channel}”; there is of {', '.join(self._channels) or 'none'}")
        return hls

    def _rendition(self, channel: str, name: str) -> tuple[HlsChannel, HlsRendition]:
        hls = self._find(channel)
        found = hls.find(name)
        if found is None:
            raise _Refusal(404, f"there is no rendition “{name}” of {channel}; there is {', '.join(each.name for each in hls.renditions)}")
        return hls, found

    def _admit(self, channel: str, token: str | None, authorization: str | None) -> dict[str, str]:
        """Let those in who may watch; how the answer may be cached."""
        try:
            self._access.check("watch", channel, f"Bearer {token}" if token else authorization)
        except Denied as fault:
            raise _Refusal(fault.status, str(fault), {"WWW-Authenticate": fault.challenge}) from fault
        return PRIVATE if token or authorization else NEWEST

    async def _preflight(self) -> Response:
        return Response(status_code=204, headers=CORS | PREFLIGHT | {"Allow": "GET, HEAD, OPTIONS"})

    async def _nothing(self, request: Request) -> Response:
        return _Refusal(404, f"there is nothing at {request.url.path}; HLS is at /hls/CHANNEL/index.m3u8").response


def so_far(path: Path, size: int) -> Iterator[bytes]:
    """The first `size` bytes of a file, whatever is written to it meanwhile."""
    with path.open("rb") as file:
        while size > 0 and (piece := file.read(min(size, PIECE_BYTES))):
            size -= len(piece)
            yield piece


def _variant(hls: HlsChannel, rendition: HlsRendition, query: str) -> list[str]:
    """A rendition's lines in the multivariant playlist (RFC 8216, section 4.3.4.2)."""
    rung = rendition.stream.rung
    level = level_for(rung.size, hls.fps, rung.bitrate_kbps) or hls.channel.level
    average = rung.bitrate_kbps * 1000 + AAC_BPS
    said = ",".join([
        f"BANDWIDTH={round(average * PEAK)}",
        f"AVERAGE-BANDWIDTH={average}",
        f'CODECS="avc1.{profile_level_id(level)},mp4a.40.2"',
        f"RESOLUTION={rung.size}",
        f"FRAME-RATE={hls.fps:.3f}",
    ])  # fmt: skip
    return [f"#EXT-X-STREAM-INF:{said}", f"{rung.name}/media.m3u8{query}"]


class _Refusal(Exception):
    """An answer of 4xx or 5xx."""

    def __init__(self, status: int, problem: str, headers: Mapping[str, str] = {}) -> None:
        super().__init__(problem)
        self.response = JSONResponse({"error": problem}, status, CORS | NEVER | dict(headers))
