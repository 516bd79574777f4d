"""What systemd is told, by a real socket of its kind."""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_S, until
from vrlive.service import Service


class Systemd:
    """The other end of NOTIFY_SOCKET; reads at once, as systemd does."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._socket.settimeout(0.05)
        self.heard: list[str] = []
        self._closed = False
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def listen(self, at_least: int = 0) -> list[str]:
        """All that was said, one item a datagram."""
        ends_s = time.monotonic() + PATIENCE_S
        while len(self.heard) < at_least and time.monotonic() < ends_s:
            time.sleep(0.005)
        return self.heard

    def close(self) -> None:
        self._closed = True
        self._reader.join()
        self._socket.close()

    def _read(self) -> None:
        while not self._closed:
            with suppress(TimeoutError):
                self.heard.append(self._socket.recv(4096).decode())


@pytest.fixture(params=["a path", "an abstract name"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "notify") if request.param == "a path" else f"@vrlive-test-{os.getpid()}-{time.monotonic_ns()}"


@pytest.fixture
def systemd(address: str) -> Iterator[Systemd]:
    systemd = Systemd(address)
    yield systemd
    systemd.close()


def test_it_is_told_of_each_step(systemd: Systemd, address: str) -> None:
    service = Service({"NOTIFY_SOCKET": address})
    before_us = time.monotonic_ns() // 1000
    service.ready()
    service.status("demo live;\n3 viewers")
    service.status("demo live; 3 viewers")
    service.reloading()
    service.stopping()
    ready, status, reloading, stopping = systemd.listen(at_least=4)
    assert (ready, status, stopping) == ("READY=1", "STATUS=demo live; 3 viewers", "STOPPING=1")
    first, second = reloading.split("\n")
    assert first == "RELOADING=1"
    assert before_us <= int(second.removeprefix("MONOTONIC_USEC=")) <= time.monotonic_ns() // 1000


async def test_the_watchdog_is_fed_while_all_lives_and_not_a_moment_longer(systemd: Systemd, address: str) -> None:
    service, lives = Service({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "60000"}), True
    keeping = asyncio.create_task(service.keep(lambda: lives, lambda: "well"))
    await until(lambda: systemd.listen().count("WATCHDOG=1") > 3)
    assert systemd.heard.count("STATUS=well") == 1
    lives = False
    await asyncio.sleep(0.03)
    fed = systemd.listen().count("WATCHDOG=1")
    await asyncio.sleep(0.1)
    assert systemd.listen().count("WATCHDOG=1") == fed
    keeping.cancel()


@pytest.mark.parametrize("more", [{}, {"WATCHDOG_USEC": "60000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "0"}])
async def test_a_watchdog_that_is_not_for_us_is_not_fed(systemd: Systemd, address: str, more: dict[str, str]) -> None:
    keeping = asyncio.create_task(Service({"NOTIFY_SOCKET": address, **more}).keep(lambda: True, lambda: "well"))
    await until(systemd.listen)
    await asyncio.sleep(0.1)
    assert systemd.listen() == ["STATUS=well"]
    keeping.cancel()


async def test_without_systemd_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    service = Service({})
    service.ready()
    await service.keep(lambda: True, lambda: "well")  # ends at once
    assert not caplog.records


def test_a_socket_that_is_gone_costs_a_line_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    service = Service({"NOTIFY_SOCKET": str(tmp_path / "gone")})
    service.ready()
    service.stopping()
    assert [record.getMessage() for record in caplog.records] == ["systemd cannot be told READY=1: No such file or directory"]


def test_a_status_that_systemd_had_no_time_for_is_said_again(tmp_path: Path) -> None:
    busy = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    busy.bind(str(tmp_path / "busy"))
    service, full = Service({"NOTIFY_SOCKET": str(tmp_path / "busy")}), 0
    with closing(busy):
        while service._say("WATCHDOG=1"):
            full += 1
        service.status("demo live")
        said = [busy.recv(4096).decode() for _ in range(full)]
        service.status("demo live")
        assert busy.recv(4096) == b"STATUS=demo live"
    assert said == full * ["WATCHDOG=1"]
