"""Viewers that reach nothing but a TURN server (coturn, set up as docs/how-to/network.md says), by UDP or by TCP."""

import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.checkout import ROOT
from tests.e2e.conftest import CHROMIUM
from tests.e2e.netns import Net, Space
from tests.e2e.show import END_S, PATIENCE_S
from tests.e2e.test_networks import channel, net, serve, watch
from tests.e2e.visit import visiting, wait_for_words
from tests.e2e.visit import watch as see

__all__ = ["channel", "net"]

SHOW, TURN, SECRET = "203.0.113.7", "203.0.113.20", "a secret-for-two".replace(" ", "-")
HOW_TO = (ROOT / "docs" / "how-to" / "network.md").read_text("utf-8")


def no_way_out_but(*rules: str) -> str:
    """A viewer's network: HTTP to the show, and something to the TURN server."""
    return f"""
table inet filter {{
  chain output {{
    type filter hook output priority 0; policy drop;
    oif lo accept
    ip daddr {SHOW} tcp dport 8360 accept
    {"; ".join(f"ip daddr {TURN} {rule} accept" for rule in rules)}
  }}
}}
"""


@pytest.fixture
def hosts(net: Net) -> tuple[Space, Space, Space]:
    """The show, the TURN server, which is the router, too, and a viewer behind it."""
    show, turn, viewer = net.space(), net.space(), net.space()
    net.wire(show, f"{SHOW}/24", turn, f"{TURN}/24")
    net.wire(viewer, "198.51.100.2/24", turn, "198.51.100.1/24")
    turn.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    show.route(TURN)
    viewer.route("198.51.100.1")
    return show, turn, viewer


@contextmanager
def coturn(inside: Space, folder: Path, extra: str = "") -> Iterator[Path]:
    """A coturn with the how-to's configuration; gives its log."""
    if not shutil.which("turnserver"):
        pytest.skip("coturn is not installed (apt-get install coturn)")
    found = re.search(r"```conf\n(.*?)```", HOW_TO, re.DOTALL)
    assert found
    log = folder / "turn.log"
    own = f"log-file={log}\nsimple-log\npidfile={folder / 'turn.pid'}\nuserdb={folder / 'turn.db'}\nno-tls\nno-dtls\n"
    (folder / "turn.conf").write_text(found[1].replace("THE-SECRET", SECRET) + own + extra, "utf-8")
    with subprocess.Popen(
        inside.command("turnserver", "-c", str(folder / "turn.conf")), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            ends_s = time.monotonic() + PATIENCE_S
            while inside.fails("bash", "-c", f"exec 3<>/dev/tcp/{TURN}/3478"):
                assert process.poll() is None
                assert time.monotonic() < ends_s
                time.sleep(0.05)
            yield log
        finally:
            process.terminate()
            process.wait(END_S)


def settings(folder: Path, transport: str, more: str = "") -> str:
    """server.toml of a show with this TURN server."""
    (folder / "turn.secret").write_text(f"{SECRET}\n", "utf-8")
    return f'[ice]\nturn = ["turn:{TURN}:3478?transport={transport}"]\nturn_secret_file = "turn.secret"\n{more}'


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_viewer_that_reaches_only_the_turn_server_watches(
    hosts: tuple[Space, Space, Space], channel: Path, transport: str, tmp_path: Path
) -> None:
    show, turn, viewer = hosts
    viewer.firewall(no_way_out_but(f"{transport} dport 3478"))
    with coturn(turn, tmp_path), serve(channel, show, settings(tmp_path, transport)):
        assert_relayed(watch(viewer, SHOW, "--relay"))


def assert_relayed(seen: dict[str, Any]) -> None:
    assert seen["pictures"] >= 10
    assert seen["local"] == "relay"
    assert seen["remote"][0] == SHOW


def test_credentials_under_another_secret_are_worth_nothing(hosts: tuple[Space, Space, Space], channel: Path, tmp_path: Path) -> None:
    show, turn, viewer = hosts
    viewer.firewall(no_way_out_but("udp dport 3478"))
    own = settings(tmp_path, "udp")
    (tmp_path / "turn.secret").write_text("another-secret", "utf-8")
    with coturn(turn, tmp_path) as log, serve(channel, show, own):
        assert watch(viewer, SHOW, "--relay")["pictures"] == 0
    assert "Cannot find credentials" in log.read_text("utf-8")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_show_that_opens_no_port_is_reached_through_the_turn_server(
    hosts: tuple[Space, Space, Space], channel: Path, tmp_path: Path, transport: str
) -> None:
    show, turn, viewer = hosts
    show.firewall("""
        table inet filter {
          chain input { type filter hook input priority 0; policy drop; tcp dport 8360 accept; ct state established accept; }
        }
    """)
    own = settings(tmp_path, transport, 'relay = "only"\n')
    with coturn(turn, tmp_path, "allowed-peer-ip=198.51.100.2\n"), serve(channel, show, own):
        seen = watch(viewer, SHOW)
    assert [candidate.split()[::2] for candidate in seen["candidates"]] == [[TURN, "typ"]]
    assert seen["pictures"] >= 10
    assert seen["remote"][0] == TURN


def test_chromium_watches_through_turn_by_a_link_that_holds_a_token(
    browser: Browser, hosts: tuple[Space, Space, Space], channel: Path, tmp_path: Path
) -> None:
    show, turn, viewer = hosts
    viewer.firewall(no_way_out_but("tcp dport 3478"))
    (tmp_path / "access.secret").write_text("a secret of thirty-two characters".replace(" ", "-"), "utf-8")
    own = settings(tmp_path, "tcp", '[access]\nwatch = "token"\nsecret_file = "access.secret"\n')
    page_of_the_show = f"http://{SHOW}:8360/watch/demo"
    with coturn(turn, tmp_path), serve(channel, show, own), chromium(browser, viewer, tmp_path) as chrome:
        stranger = chrome.new_page()
        stranger.goto(page_of_the_show)
        wait_for_words(stranger, "It cannot play here")
        assert "needs a token" in stranger.inner_text("#detail")
        stranger.close()
        with visiting(chrome) as page:
            see(page, f"{page_of_the_show}#token={token(tmp_path / 'server.toml')}")
            assert page.evaluate("window.vrlive.stats().then((stats) => stats.framesDecoded)") > 0


@contextmanager
def chromium(browser: Browser, inside: Space, folder: Path) -> Iterator[Browser]:
    """Another Chromium, in another network."""
    starter = folder / "chromium"
    starter.write_text(f'#!/bin/sh\nexec {shlex.join(inside.command(str(CHROMIUM)))} "$@"\n', "utf-8")
    starter.chmod(0o755)
    chrome = browser.browser_type.launch(executable_path=starter, args=["--no-sandbox", "--disable-dev-shm-usage"])
    try:
        yield chrome
    finally:
        chrome.close()


def token(server: Path) -> str:
    """What `vrlive token` prints."""
    command = [sys.executable, "-m", "vrlive", "token", "demo", "--valid", "5m", "--server", str(server)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE_S).stdout.strip()
