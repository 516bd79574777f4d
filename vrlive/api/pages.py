"""The web pages, each at its address; those of a channel say in their heads what it is, for who does not run their scripts."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.exceptions import HTTPException
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse

from vrlive import resources
from vrlive.api.models import ChannelState, Problem
from vrlive.api.packed import PackedFiles
from vrlive.api.sharing import Billing, announced, channel_at, oembed
from vrlive.api.show_models import ShowState

EMBED_SCRIPT: Final = "embed.js"
FOREIGN: Final = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}  # of what other sites load
_POLICY: Final = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors "
)
HEADERS: Final = {
    "Content-Security-Policy": f"{_POLICY}'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Show(Protocol):
    """What the pages need of a channel's show."""

    def state(self) -> ShowState:
        """How it is now."""


class Channel(Protocol):
    """What the pages need of a running channel."""

    embed_origins: tuple[str, ...]

    @property
    def show(self) -> Show:
        """Its programme and its products."""

    def state(self) -> ChannelState:
        """The channel as it is now."""


def serve_pages(app: FastAPI, channels: Mapping[str, Channel], authority: Path | None, *, public: bool) -> None:
    """Add all pages, and the files that they load.

    Parameters
    ----------
    public
        Whether everybody may watch, and so may read what is sold.
    authority
        Certificate of the local authority, offered for download; None: there is none.
    """
    pages = resources.pages()

    def channel_page(request: Request, channel: Channel | None, status: int = 200) -> Response:
        """The viewer's page, with the head of a channel; without one, it says by itself which channels there are."""
        if channel is None:
            page = _page(pages / "index.html")
            page.status_code = status
            return page
        text = announced(_text(pages / "index.html"), _billing(channel, public=public), _site(request))
        return HTMLResponse(text, status, {"Cache-Control": "no-cache"})

    @app.get("/", include_in_schema=False)
    def front_page(request: Request) -> Response:
        first = next(iter(channels.values()), None)
        return channel_page(request, first)

    @app.get("/watch/{channel}", include_in_schema=False)
    def watch_page(request: Request, channel: str) -> Response:
        return channel_page(request, channels.get(channel), 200 if channel in channels else 404)

    @app.get("/embed/{channel}", include_in_schema=False)
    def embedded_page(request: Request, channel: str) -> Response:
        found = channels.get(channel)
        page = channel_page(request, found, 200 if found else 404)
        page.headers["Content-Security-Policy"] = _POLICY + " ".join(found.embed_origins or ("'none'",) if found else ("'self'",))
        return page

    @app.get("/publish/{channel}/{camera}", include_in_schema=False)
    def publish_page() -> Response:  # for any address: which cameras there are is for those to know who have the token
        return _page(pages / "publish.html")

    @app.get("/api/docs", include_in_schema=False)
    def documentation() -> Response:
        return _page(pages / "docs.html")

    @app.get("/authority.pem", include_in_schema=False)
    def authority_certificate() -> Response:
        if authority is None:
            raise HTTPException(404, "this server has no certificate authority of its own; start it with --tls auto")
        return FileResponse(authority, media_type="application/x-x509-ca-cert", filename="vrlive-authority.pem")

    app.include_router(_sharing(channels, public=public))
    _serve_files(app, pages)


def _serve_files(app: FastAPI, pages: Path) -> None:
    """What the pages load, and the script that pages of others load."""

    @app.get(f"/{EMBED_SCRIPT}", include_in_schema=False)
    def embed_script() -> Response:
        script = _page(pages / EMBED_SCRIPT)
        script.headers.update(FOREIGN)
        return script

    for path in pages.iterdir() if pages.is_dir() else ():  # none at / for all of them: it would answer for addresses that there are not
        if path.is_dir():
            app.mount(f"/{path.name}", PackedFiles(directory=path))
        elif path.name != EMBED_SCRIPT:
            app.add_api_route(f"/{path.name}", partial(_page, path), include_in_schema=False)


async def add_security_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Middleware: whatever does not say otherwise loads from here only, and is framed by nobody else."""
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _sharing(channels: Mapping[str, Channel], *, public: bool) -> APIRouter:
    router = APIRouter(tags=["sharing"])
    refusals: dict[int | str, dict[str, Any]] = {
        404: {"model": Problem, "description": "The address shows no channel of ours."},
        501: {"model": Problem, "description": "Only JSON is spoken."},
    }

    @router.get("/oembed", responses=refusals)
    def how_to_embed(
        request: Request,
        url: str,
        maxwidth: int | None = Query(None, ge=1),
        maxheight: int | None = Query(None, ge=1),
        format: str = "json",  # noqa: A002 - oEmbed's own name
    ) -> JSONResponse:
        """How another site embeds the channel at `url` (oEmbed 1.0)."""
        if format != "json":
            raise HTTPException(501, f"oEmbed answers come as JSON only, not as “{format}”")
        site = _site(request)
        name = channel_at(url, site)
        found = next(iter(channels), None) if name == "" else name
        if found is None or found not in channels:
            raise HTTPException(404, f"“{url}” shows no channel of ours; the address of one is {site}/watch/<channel>")
        answer = oembed(_billing(channels[found], public=public), site, maxwidth, maxheight)
        return JSONResponse(answer, headers={**FOREIGN, "Cache-Control": "public, max-age=300"})

    return router


def _billing(channel: Channel, *, public: bool) -> Billing:
    state, show = channel.state(), channel.show.state()
    return Billing(
        name=state.name,
        title=state.title,
        description=show.description,
        host=show.host,
        brand=show.brand,
        image=f"/api/v1/channels/{state.name}/poster.jpg" if public else None,
        starts_unix_s=show.starts_unix_s,
        ends_unix_s=show.ends_unix_s,
        live=state.state in ("live", "degraded"),
        products=tuple(show.products) if public else (),
    )


def _site(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _page(path: Path) -> Response:
    _text(path)
    return FileResponse(path, headers={"Cache-Control": "no-cache"})


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise HTTPException(503, "the web pages are not built; run “make web” in the checkout") from None
