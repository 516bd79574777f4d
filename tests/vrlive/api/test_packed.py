"""Files of the pages as they travel."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from vrlive.api.packed import PackedFiles, accepts_gzip

SCRIPT = "export const room = 'all around you';\n" * 200


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    (tmp_path / "room.js").write_text(SCRIPT, "utf-8")
    (tmp_path / "room.png").write_bytes(b"\x89PNG" * 100)
    app = FastAPI()
    app.mount("/assets", PackedFiles(directory=tmp_path))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test/assets/") as client:
        yield client


async def raw(http: httpx.AsyncClient, name: str, **headers: str) -> tuple[httpx.Response, bytes]:
    async with http.stream("GET", name, headers={each.replace("_", "-"): value for each, value in headers.items()}) as answer:
        return answer, b"".join([piece async for piece in answer.aiter_raw()])


async def test_a_script_travels_packed_and_is_kept_for_ever(http: httpx.AsyncClient) -> None:
    answer, body = await raw(http, "room.js", accept_encoding="gzip, br")
    assert (answer.status_code, answer.headers["content-encoding"], answer.headers["vary"]) == (200, "gzip", "Accept-Encoding")
    assert gzip.decompress(body).decode() == SCRIPT
    assert int(answer.headers["content-length"]) == len(body) < len(SCRIPT) / 10
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    again, nothing = await raw(http, "room.js", accept_encoding="gzip", if_none_match=answer.headers["etag"])
    assert (again.status_code, nothing) == (304, b"")


async def test_who_cannot_unpack_it_or_wants_a_part_has_it_as_it_is(http: httpx.AsyncClient) -> None:
    answer, body = await raw(http, "room.js", accept_encoding="identity")
    assert body.decode() == SCRIPT
    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "Accept-Encoding"
    part, first = await raw(http, "room.js", accept_encoding="gzip", range="bytes=0-5")
    assert (part.status_code, first) == (206, b"export")


async def test_pictures_are_packed_already_and_what_is_not_there_is_not_found(http: httpx.AsyncClient) -> None:
    answer, _ = await raw(http, "room.png", accept_encoding="gzip")
    assert "content-encoding" not in answer.headers
    assert (await http.get("gone.js")).status_code == 404


async def test_a_file_that_has_changed_is_packed_anew(http: httpx.AsyncClient, tmp_path: Path) -> None:
    await http.get("room.js")
    (tmp_path / "room.js").write_text("anew", "utf-8")
    assert (await http.get("room.js")).text == "anew"


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [("gzip", True), ("br, GZIP;q=0.5", True), ("*", True), ("gzip;q=0", False), ("gzip; q=0.000, br", False), ("br", False), ("", False)],
)
def test_what_a_browser_accepts_is_read_as_it_is_meant(accepted: str, taken: bool) -> None:
    assert accepts_gzip(accepted) is taken
