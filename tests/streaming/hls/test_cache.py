"""HLS behind somebody else's cache, as the how-to sets it up: nginx."""

import asyncio
import shutil
import socket
import subprocess
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from tests.checkout import ROOT
from tests.streaming.hls.conftest import OnAir
from tests.waiting import until

NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  {cache}
  server {{ listen 127.0.0.1:{port}; {location} }}
}}
"""
PLAYERS = 12


def as_documented(folder: Path, origin: str) -> tuple[str, str]:
    """The two parts of nginx's configuration in the how-to."""
    text = (ROOT / "docs" / "how-to" / "play-by-hls.md").read_text("utf-8").partition("```nginx\n")[2].partition("```")[0]
    text = text.replace("/var/cache/nginx/hls", str(folder / "cache")).replace("http://127.0.0.1:8360", origin)
    cache, brace, location = text.partition("location")
    return cache, brace + location


@pytest.fixture
async def cache(on_air: OnAir, tmp_path: Path) -> AsyncIterator[str]:
    """nginx before the show; its address of the show's playlist."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed (apt-get install nginx)")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    parts = as_documented(tmp_path, "http://" + urlsplit(on_air.url).netloc)
    (tmp_path / "nginx.conf").write_text(NGINX.format(folder=tmp_path, port=port, cache=parts[0], location=parts[1]), "utf-8")
    server = await asyncio.create_subprocess_exec(nginx, "-p", str(tmp_path), "-c", "nginx.conf", stderr=subprocess.DEVNULL)
    try:
        await until(lambda: accepts(port))
        yield f"http://127.0.0.1:{port}{urlsplit(on_air.url).path}"
    finally:
        server.terminate()
        await server.wait()


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def test_a_segment_is_fetched_once_however_many_play(cache: str, on_air: OnAir) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
        fetched = Counter[str]()

        async def play() -> None:
            media = urljoin(cache, (await http.get(cache)).text.splitlines()[-1])
            for _ in range(6):
                playlist = (await http.get(media)).raise_for_status().text
                for line in playlist.splitlines():
                    if line.endswith(".m4s") and line not in seen:
                        seen.add(line)
                        await asyncio.gather(*(fetch(urljoin(media, line)) for _ in range(PLAYERS)))
                await asyncio.sleep(0.5)

        async def fetch(address: str) -> None:
            answer = (await http.get(address)).raise_for_status()
            fetched[address] += len(answer.content)

        seen = set[str]()
        await play()
    assert len(fetched) >= 3
    assert sum(fetched.values()) == PLAYERS * on_air.hls.bytes_sent
