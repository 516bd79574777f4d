"""Where a show is served: on a port of its own, and by TLS on this machine's own address, as headsets and phones ask for."""

import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from tests.e2e.show import PATIENCE_S, Show, running
from tests.e2e.visit import visiting, watch
from vrlive.network import lan_addresses


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Show]:
    """The demo for the local network, with an authority made for this test."""
    if not lan_addresses():
        pytest.skip("this machine has no address but loopback")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with running("demo", "--host", "0.0.0.0", "--port", "0", "--tls", "auto") as show:
        yield show


def test_the_page_on_the_machines_own_address_is_a_secure_context(secure: Show, browser: Browser, tmp_path: Path) -> None:
    address = lan_addresses()[0]
    assert secure.url.startswith(f"https://{address}:")
    trusted = ssl.create_default_context(cafile=str(tmp_path / "vrlive" / "tls" / "authority.pem"))
    assert httpx.get(secure.url, verify=trusted, trust_env=False).status_code == 200
    assert "BEGIN CERTIFICATE" in httpx.get(f"{secure.url}authority.pem", verify=trusted, trust_env=False).text
    with visiting(browser) as page:
        watch(page, secure.url)
        assert page.evaluate("isSecureContext")


def test_a_port_in_use_is_refused(demo: Show) -> None:
    port = demo.url.rstrip("/").rpartition(":")[2]
    command = [sys.executable, "-m", "vrlive", "demo", "--port", port]
    second = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert second.returncode == 2
    assert f"port {port} is in use" in second.stderr
