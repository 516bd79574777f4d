"""What `vrlive tune` says to a server, and what it makes of the answers."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import uvicorn

from tests.vrlive.api.test_server import Booth
from vrlive.api.server import create_app
from vrlive.config import Tuning
from vrlive.errors import UserError
from vrlive.remote import VARIABLE, known_token, stitching, tune

TOKEN = "a-token-for-these-tests"


@dataclass
class OnAir:
    """A server with one channel."""

    url: str
    booth: Booth


@pytest.fixture
def on_air() -> Iterator[OnAir]:
    booth = Booth("boutique", tuning=Tuning(yaw_deg=10, distance_m=3))
    config = uvicorn.Config(create_app({booth.name: booth}, control_token=TOKEN), lifespan="off", log_level="warning")
    server = uvicorn.Server(config)
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        serving = threading.Thread(target=server.run, args=([listening],))
        serving.start()
        yield OnAir(f"http://127.0.0.1:{listening.getsockname()[1]}", booth)
        server.should_exit = True
        serving.join()


@pytest.fixture
def stranger() -> Iterator[str]:
    """A server that is not ours, and writes down what it is told."""

    class Stranger(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert "Authorization" not in self.headers
            body = b"[1]" if "odd" in self.path else b"<html>"
            self.send_response(404 if "none" in self.path else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        serving.join()


def test_a_change_comes_back_as_it_is_in_force(on_air: OnAir) -> None:
    found = tune(on_air.url, "boutique", {"roll_deg": -2.0, "distance_m": None}, TOKEN, None)
    assert (found.yaw_deg, found.roll_deg, found.distance_m, found.in_force) == (10, -2, None, True)
    assert on_air.booth.tuning == Tuning(yaw_deg=10, roll_deg=-2)


def test_how_it_is_may_be_asked_without_a_token(on_air: OnAir) -> None:
    assert stitching(f"{on_air.url}/", "boutique", None).distance_m == 3


def test_no_proxy_is_told_what_is_said_on_this_machine(on_air: OnAir, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert tune(on_air.url, "boutique", {"yaw_deg": 1.0}, TOKEN, None).yaw_deg == 1


def test_what_the_server_refuses_is_said_in_its_words(on_air: OnAir) -> None:
    for channel, changes, token, problem in (
        ("boutique", {"yaw_deg": 1.0}, "a-token-of-somebody-else", "this is not the control token"),
        ("boutique", {"yaw_deg": 1e4}, TOKEN, "yaw_deg: Input should be less than or equal to 360"),
        ("boutique", {"distance_m": float("nan")}, TOKEN, "distance_m"),
        ("butik", {"yaw_deg": 1.0}, TOKEN, "there is no channel “butik”; there is boutique"),
        ("../boutique", {"yaw_deg": 1.0}, TOKEN, "refuses"),
    ):
        with pytest.raises(UserError, match=problem):
            tune(on_air.url, channel, dict(changes), token, None)
    assert on_air.booth.tuning.yaw_deg == 10


def test_a_server_that_is_not_ours_is_told_apart(stranger: str) -> None:
    for path in ("", "/odd"):
        with pytest.raises(UserError, match="answers, but not as vrlive does"):
            stitching(stranger + path, "boutique", None)
    with pytest.raises(UserError, match="refuses: 404 Not Found"):
        stitching(f"{stranger}/none", "boutique", None)


@pytest.mark.parametrize(
    "server",
    ["", "127.0.0.1:8360", "ftp://127.0.0.1", "http://", "http://[::1", "http://127.0.0.1:port", "file:///etc/passwd", "http://a?b"],
)
def test_what_is_no_address_is_refused(server: str) -> None:
    with pytest.raises(UserError, match="give an address such as http://"):
        stitching(server, "boutique", None)


@pytest.mark.parametrize("server", ["http://127.0.0.1:9", "http://a..b", "http://user name@127.0.0.1:9"])
def test_where_nobody_listens_that_is_said(server: str) -> None:
    with pytest.raises(UserError, match="cannot be reached"):
        stitching(server, "boutique", None)


def test_an_authority_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "authority.pem").write_text("no certificate")
    with pytest.raises(UserError, match=r"authority\.pem cannot be used"):
        stitching("https://127.0.0.1:9", "boutique", tmp_path / "authority.pem")


def test_the_token_is_the_environments_or_else_the_kept_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(UserError, match="there is no control token"):
        known_token(tmp_path)
    (tmp_path / "control.token").write_text("kept-by-the-server\n")
    assert known_token(tmp_path) == "kept-by-the-server"
    monkeypatch.setenv(VARIABLE, TOKEN)
    assert known_token(tmp_path) == TOKEN
    monkeypatch.setenv(VARIABLE, "two\nlines")
    with pytest.raises(UserError, match="VRLIVE_CONTROL_TOKEN holds characters"):
        known_token(tmp_path)
