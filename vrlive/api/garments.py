"""The garment library over HTTP: models sent to the server, looked at by a child that can do no harm, and kept if they are sound."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import HTTPException
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from renderer.gltf.lint import MAX_IMPORTED, Facts
from renderer.gltf.read import MAX_BYTES
from vrlive import resources
from vrlive.api.control import Allowed
from vrlive.api.models import Problem
from vrlive.errors import InputError
from vrlive.garments import LARGEST_SCALE, NAME, Entry, Examined, known, library, remove, take

UPLOADS: Final = 32  # at once: two gigabytes on the disk
READERS: Final = 2  # at once: each may take a core and gigabytes of memory
UPLOAD_S: Final = 600.0  # for the largest file, a line of 1 Mbit/s
RETRY_AFTER_S: Final = 10
MEDIA_TYPE: Final = "model/gltf-binary"
_TYPES: Final = ("", MEDIA_TYPE, "application/octet-stream")
_PIECE: Final = 1 << 20


class GarmentFinding(BaseModel):
    """What is doubtful about a model, and what to do."""

    text: str


class GarmentFacts(BaseModel):
    """What a model is like."""

    bytes: int
    size_m: Annotated[tuple[float, float, float], Field(description="Width, height and depth.")]
    origin_m: Annotated[tuple[float, float, float], Field(description="Where its origin lies from the middle of its bottom.")]
    triangles: int
    vertices: int
    textures: Annotated[list[tuple[int, int]], Field(description="Width and height of each, in pixels.")]
    materials: list[str]
    variants: list[str]
    animations: Annotated[list[tuple[str, float]], Field(description="Name and seconds of each.")]
    joints: int
    morph_targets: int


class LibraryGarment(BaseModel):
    """A garment of the library."""

    name: Annotated[str, Field(description="What scenes call it.")]
    source: Annotated[str, Field(description="What it was imported from.")]
    facts: GarmentFacts | None


class ImportedGarment(LibraryGarment):
    """A garment that was just taken into the library."""

    findings: Annotated[list[GarmentFinding], Field(description="Warnings, as `vrlive garment import` prints them.")]


class Library(BaseModel):
    """All garments of the library."""

    garments: list[LibraryGarment]


class Garments:
    """The routes to the garment library.

    Parameters
    ----------
    allowed
        Who may use them.
    shown_by
        Says which channel shows the model of a path; None: none does.
    """

    def __init__(self, allowed: Allowed, shown_by: Callable[[Path], str | None] = lambda _: None) -> None:
        self._allowed, self._shown_by = allowed, shown_by
        self._coming: set[str] = set()  # names
        self._readers = asyncio.Semaphore(READERS)

    @property
    def router(self) -> APIRouter:
        """The endpoints, for a FastAPI application."""

        def refusals(**why: str) -> dict[int | str, dict[str, Any]]:
            told = {"_401": "Without the control token, or with a wrong one.", **why}
            return {int(status[1:]): {"model": Problem, "description": text} for status, text in told.items()}

        router = APIRouter(prefix="/api/v1/garments", tags=["garments"], dependencies=[Depends(self._allowed)])
        control: dict[str, Any] = {"security": [{"control": []}]}
        body = {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}, "required": True}
        router.add_api_route("", self._list, methods=["GET"], openapi_extra=control, responses=refusals())
        router.add_api_route(
            "",
            self._import,
            methods=["POST"],
            status_code=201,
            openapi_extra={**control, "requestBody": body},
            responses=refusals(
                _408="It took too long.",
                _409="There is a garment of that name.",
                _413="The file is too large.",
                _415="The body is no GLB file.",
                _422="The name or the scale makes no sense, or the model cannot be read or drawn.",
                _503="Too many are being sent; try again.",
                _507="There is no room for it.",
            ),
        )
        gone = refusals(_404="There is no such garment.", _409="A channel shows it.")
        router.add_api_route(
            "/{name}", self._remove, methods=["DELETE"], status_code=204, response_class=Response, openapi_extra=control, responses=gone
        )
        return router

    async def _list(self, response: Response) -> Library:
        """What is in the garment library. Needs the control token, as a bearer token."""
        response.headers["Cache-Control"] = "no-store"
        return Library(garments=[_described(each) for each in await asyncio.to_thread(library)])

    async def _import(
        self,
        request: Request,
        response: Response,
        name: Annotated[str, Query(description="What scenes call it: a–z, 0–9 and -, up to 63.")],
        scale: Annotated[float, Query(description="How many times as large it becomes: 0.01 for one exported in centimetres.")] = 1.0,
        replace: Annotated[bool, Query(description="Whether a garment of that name may be overwritten.")] = False,
    ) -> ImportedGarment:
        """Take a model into the garment library: the body is a GLB file. Needs the control token, as a bearer token.

        It is read by a process of its own with limits before anything of it is kept, and judged as `vrlive garment import` does.
        """
        _check_request(request, name, scale)
        async with self._place(name, replace=replace) as file:
            await _receive(request, file)
            async with self._readers:
                examined = await asyncio.to_thread(_take, file, name, scale)
        response.headers["Location"] = f"/api/v1/garments/{name}"
        return ImportedGarment(
            name=name,
            source=_SOURCE,
            facts=_facts(examined.facts),
            findings=[GarmentFinding(text=each.text) for each in examined.findings],
        )

    async def _remove(self, name: str) -> None:
        """Take a garment out of the library, unless a channel shows it. Needs the control token, as a bearer token."""
        if not NAME.fullmatch(name) or not await asyncio.to_thread(known, name):
            raise HTTPException(404, f"there is no garment “{name[:63]}” in the library; GET /api/v1/garments lists those there are")
        if channel := self._shown_by(resources.garments() / name / resources.GARMENT):
            raise HTTPException(409, f"the channel {channel} shows {name}; take it out of its scene first")
        try:
            await asyncio.to_thread(remove, name)
        except InputError as fault:
            raise HTTPException(409, str(fault)) from fault

    @asynccontextmanager
    async def _place(self, name: str, *, replace: bool) -> AsyncIterator[IO[bytes]]:
        """A file without a name for what is sent; nobody else can import the same meanwhile."""
        if len(self._coming) >= UPLOADS:
            wait = {"Retry-After": str(RETRY_AFTER_S)}
            raise HTTPException(503, f"{UPLOADS} garments are being sent at the moment; try again in {RETRY_AFTER_S} s", wait)
        if name in self._coming:
            raise HTTPException(409, f"“{name}” is being imported at this moment")
        self._coming.add(name)
        try:
            if not replace and await asyncio.to_thread(known, name):
                raise HTTPException(409, f"there is a garment “{name}” already; give another name, or replace=true")
            with await asyncio.to_thread(_temporary) as file:
                yield file
        except OSError as fault:
            raise HTTPException(507, f"the library cannot take it: {fault.strerror or fault}") from fault
        except InputError as fault:
            raise HTTPException(422, str(fault)) from fault
        finally:
            self._coming.discard(name)


_SOURCE: Final = "API"


def _check_request(request: Request, name: str, scale: float) -> None:
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in _TYPES:
        raise HTTPException(415, f"the body must be a GLB file, {MEDIA_TYPE}, not {kind[:80]}")
    if not NAME.fullmatch(name):
        raise HTTPException(422, f"name: “{name[:63]}” is none; names are of a–z, 0–9 and -, up to 63")
    if not 1 / LARGEST_SCALE <= scale <= LARGEST_SCALE:
        raise HTTPException(422, f"scale: {scale:g} is not between {1 / LARGEST_SCALE:g} and {LARGEST_SCALE:g}")
    length = request.headers.get("Content-Length", "0")
    if length.isdecimal() and int(length[:20]) > MAX_BYTES:
        raise _too_large()


def _too_large() -> HTTPException:
    problem = f"the file is larger than {MAX_BYTES >> 20} MiB, and at most {MAX_IMPORTED // 10**6} MB are kept: viewers would wait for it"
    return HTTPException(413, problem, {"Connection": "close"})


def _temporary() -> IO[bytes]:
    folder = resources.garments()
    folder.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=folder)


async def _receive(request: Request, file: IO[bytes]) -> None:
    """Write the body to the file as it comes."""
    size, waiting = 0, bytearray()
    try:
        async with asyncio.timeout(UPLOAD_S):
            async for piece in request.stream():
                size += len(piece)
                if size > MAX_BYTES:
                    raise _too_large()
                waiting += piece
                if len(waiting) >= _PIECE:
                    await asyncio.to_thread(file.write, bytes(waiting))
                    waiting.clear()
            await asyncio.to_thread(file.write, bytes(waiting))
    except TimeoutError as fault:
        raise HTTPException(408, f"the file did not come within {UPLOAD_S:g} s", {"Connection": "close"}) from fault
    except ClientDisconnect as fault:
        raise HTTPException(400, "the file ended early") from fault  # nobody hears it


def _take(file: IO[bytes], name: str, scale: float) -> Examined:
    file.seek(0, os.SEEK_SET)
    return take(file.read(), ".glb", name, source=_SOURCE, scale=scale)


def _described(entry: Entry) -> LibraryGarment:
    return LibraryGarment(name=entry.name, source=entry.source, facts=_facts(entry.facts) if entry.facts else None)


def _facts(facts: Facts) -> GarmentFacts:
    return GarmentFacts.model_validate(asdict(facts))
