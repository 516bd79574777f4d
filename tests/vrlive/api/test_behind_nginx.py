"""nginx in front, set up as docs/how-to/network.md says: viewers are told apart by the addresses that it saw."""

import asyncio
import re
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.checkout import ROOT
from tests.vrlive.api.test_limits import serving
from tests.waiting import until

HOW_TO = (ROOT / "docs" / "how-to" / "network.md").read_text("utf-8")
SETTINGS = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;
events {{ }}
http {{
  access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port}; {location} }}
}}
"""


@pytest.fixture
async def nginx(tmp_path: Path) -> AsyncIterator[int]:
    """Its port."""
    if not shutil.which("nginx"):
        pytest.skip("nginx is not installed (apt-get install nginx)")
    found = re.search(r"```nginx\n(.*?)```", HOW_TO, re.DOTALL)
    assert found
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with serving("127.0.0.1", ["127.0.0.1"]) as behind:
        location = found[1].replace("127.0.0.1:8360", f"127.0.0.1:{behind}")
        (tmp_path / "conf").write_text(SETTINGS.format(folder=tmp_path, port=port, location=location), "utf-8")
        command = ["nginx", "-c", str(tmp_path / "conf"), "-e", str(tmp_path / "log")]
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        await until(lambda: process.returncode is not None or answers(port))
        assert process.returncode is None, (tmp_path / "log").read_text("utf-8")
        yield port
        process.terminate()
        await process.wait()


def answers(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


async def test_viewers_keep_their_own_addresses(nginx: int) -> None:
    found = {}
    for viewer in ("127.0.0.2", "127.0.0.3"):
        async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(local_address=viewer)) as client:
            lies = {"X-Forwarded-For": "192.0.2.1"}
            found[viewer] = [(await client.get(f"http://127.0.0.1:{nginx}/api/v1/channels", headers=lies)).status_code for _ in range(3)]
    assert found == {"127.0.0.2": [200, 200, 429], "127.0.0.3": [200, 200, 429]}
