import socket

import pytest

from vrlive.errors import ServeError
from vrlive.network import host_names, lan_addresses, listen


def test_a_free_port_is_taken_when_none_is_named() -> None:
    with listen("127.0.0.1", 0) as listening:
        assert listening.getsockname()[1] > 0


def test_a_port_in_use_is_refused_with_the_way_out() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(ServeError, match=f"port {port} is in use.*--port"):
            listen("127.0.0.1", port)


def test_a_foreign_address_and_an_unknown_name_are_refused() -> None:
    with pytest.raises(ServeError, match="no such address"):
        listen("192.0.2.1", 0)  # TEST-NET-1, RFC 5737
    with pytest.raises(ServeError, match="no address or name"):
        listen("no.such.host.invalid", 0)
    with pytest.raises(ServeError, match=r"a\.\.b: is no address or name"):
        listen("a..b", 0)


def test_lan_addresses_can_be_parsed_and_hold_no_loopback() -> None:
    for address in lan_addresses():
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        socket.inet_pton(family, address)
        assert not address.startswith("127.")
    assert "localhost" in host_names()
