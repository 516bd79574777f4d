"""What is printed when the show is on air."""

import re
import socket

import pytest

from vrlive.errors import ServeError
from vrlive.invitation import invitation
from vrlive.network import listen


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::", "::1"])
def test_every_address_that_is_printed_answers(host: str) -> None:
    try:
        listening = listen(host, 0)
    except ServeError:
        pytest.skip(f"this machine has no {host}")
    with listening:
        said = re.findall(r"http://\[?([\w.:]+?)\]?:(\d+)/", invitation(listening.getsockname(), secure=False))
        assert said
        for address, port in said:
            socket.create_connection((address, int(port)), timeout=5).close()


def test_a_socket_for_ipv4_is_announced_by_ipv4_addresses_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vrlive.invitation.lan_addresses", lambda: ["192.0.2.7", "fd00::2"])
    assert "fd00" not in invitation(("0.0.0.0", 8360), secure=False)
    assert "fd00" in invitation(("::", 8360, 0, 0), secure=False)
