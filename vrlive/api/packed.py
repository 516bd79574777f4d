"""Files of the pages, packed for their way through the network: each once, when it is first asked for."""

import asyncio
import gzip
from functools import lru_cache
from pathlib import Path
from typing import Final

from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

FOR_EVER: Final = "public, max-age=31536000, immutable"
TEXTS: Final = frozenset({".css", ".html", ".js", ".json", ".svg"})
KEPT: Final = 256  # files


class PackedFiles(StaticFiles):
    """A folder of files whose names change with what is in them, so that caches may keep them for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, by gzip where that is accepted (RFC 9110, section 8.4.1)."""
        response = await super().get_response(path, scope)
        if not isinstance(response, FileResponse):
            return response
        response.headers["Cache-Control"] = FOR_EVER
        file, asked, tag = Path(response.path), Headers(scope=scope), response.headers["etag"]
        if file.suffix not in TEXTS:
            return response
        response.headers["Vary"] = "Accept-Encoding"
        if "range" in asked or not accepts_gzip(asked.get("accept-encoding", "")):
            return response
        body = await asyncio.to_thread(_packed, file, tag)
        kept = {name: response.headers[name] for name in ("cache-control", "content-type", "last-modified", "vary")}
        return Response(body, headers={**kept, "Content-Encoding": "gzip", "ETag": f"W/{tag}"})


def accepts_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding (RFC 9110, section 12.5.3) has room for it."""
    for each in accepted.lower().split(","):
        coding, _, weight = each.replace(" ", "").partition(";q=")
        if coding in ("gzip", "*"):
            return weight.strip("0.") != "" or weight == ""
    return False


@lru_cache(KEPT)
def _packed(file: Path, _tag: str) -> bytes:
    return gzip.compress(file.read_bytes(), 9)
