"""Addresses and ports that viewers are told of."""

import re
import socket
from types import SimpleNamespace
from typing import Any

import aioice
import httpx
import pytest
from aioice.turn import TurnTransport

from streaming.ice import IceNetwork, bind, places_lacking
from streaming.rtp.endpoint import carrier_of
from streaming.turn import IceServers, time_limited, turn_secret
from streaming.whep import Whep
from tests.streaming.client import SDP, offer
from vrlive.errors import ServeError
from vrlive.server_config import IceConfig, NetworkConfig
from vrlive.units import Ports


def test_the_places_that_we_reach_into_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert places_lacking() == []
    monkeypatch.delattr(aioice.Connection, "get_component_candidates")
    with pytest.raises(ServeError, match=r"get_component_candidates.*requirements\.lock"):
        IceNetwork()


def test_a_range_of_ports_is_used_up_and_then_refused() -> None:
    taken = []
    try:
        while bound := bind("127.0.0.1", Ports(23_000, 23_003)):
            taken.append(bound)
        assert len(taken) >= 3, "a stranger may hold one of them"
        assert {each.getsockname()[1] for each in taken} <= set(range(23_000, 23_004))
    finally:
        for each in taken:
            each.close()


def test_an_address_that_has_gone_is_no_fault_of_the_ports() -> None:
    assert bind("198.51.100.77", Ports(23_000, 23_999)) is None


async def test_candidates_are_of_the_ports_and_interfaces_that_are_named(whep: Whep, http: httpx.AsyncClient) -> None:
    whep.network = IceNetwork(NetworkConfig(udp_ports=Ports(23_100, 23_199), interfaces=("127.0.0.1",)))
    found = candidates((await http.post("/whep/demo", content=await offer(), headers=SDP)).text)
    assert {address for address, _ in found} == {"127.0.0.1"}
    assert {int(port) for _, port in found} <= set(range(23_100, 23_200))


async def test_one_more_viewer_than_ports_is_told_why(whep: Whep, http: httpx.AsyncClient) -> None:
    whep.network = IceNetwork(NetworkConfig(udp_ports=Ports(23_200, 23_200), interfaces=("127.0.0.1",)))
    replies = [await http.post("/whep/demo", content=await offer(), headers=SDP) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [201, 503]
    assert "all UDP ports of 23200-23200 are in use" in replies[1].json()["error"]
    assert int(replies[1].headers["Retry-After"]) > 0
    await http.delete(replies[0].headers["Location"])
    assert (await http.post("/whep/demo", content=await offer(), headers=SDP)).status_code == 201, "who leaves gives the port back"


def test_an_interface_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ServeError, match=r"no “eth77”; it has .*lo \(127\.0\.0\.1\)"):
        IceNetwork(NetworkConfig(interfaces=("eth77",)))
    assert IceNetwork(NetworkConfig(interfaces=("lo",))).addresses()


async def test_announced_addresses_stand_for_those_of_their_family(monkeypatch: pytest.MonkeyPatch) -> None:
    network = IceNetwork(NetworkConfig(announce_ip=("203.0.113.7", "203.0.113.8")))
    monkeypatch.setattr(network, "addresses", lambda: ["127.0.0.1"])
    monkeypatch.setattr("streaming.ice.bind", lambda *_: bind("127.0.0.1", Ports(0, 0)))
    connection = aioice.Connection(ice_controlling=False)
    network.take_over(connection)
    await connection.gather_candidates()
    assert [each.host for each in connection.local_candidates] == ["127.0.0.1"], "loopback is not behind a NAT"
    await connection.close()
    connection = aioice.Connection(ice_controlling=False)
    monkeypatch.setattr(network, "addresses", lambda: ["192.168.0.7"])
    network.take_over(connection)
    await connection.gather_candidates()
    told = connection.local_candidates
    assert [each.host for each in told] == ["203.0.113.7", "203.0.113.8"]
    assert len({each.port for each in told}) == 1
    assert len({each.foundation for each in told}) == 2
    assert connection._protocols[0].local_candidate.host == "192.168.0.7", "checks go by the true address"
    await connection.close()


async def test_a_turn_server_that_is_away_does_not_keep_viewers_waiting(whep: Whep, http: httpx.AsyncClient) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        config = IceConfig(turn=(f"turn:127.0.0.1:{silent.getsockname()[1]}",), relay="also")
        whep.network = IceNetwork(servers=IceServers(config, "north of the wall"), loopback=True)
        reply = await http.post("/whep/demo", content=await offer(), headers=SDP, timeout=5)
    assert reply.status_code == 201
    assert candidates(reply.text)


def test_credentials_are_those_of_the_scheme() -> None:
    """As `echo -n 1700000000:ann | openssl dgst -binary -sha1 -hmac secret | base64` says."""
    assert time_limited("secret", 1_700_000_000.9, "ann") == ("1700000000:ann", "vQnWXBtsqkQms4Ddse1rYmcjgqM=")


def test_a_turn_server_needs_a_secret(tmp_path: object) -> None:
    config = IceConfig(turn=("turn:turn.example.org",))
    assert turn_secret(IceConfig(), None) == ""
    assert turn_secret(config, "north-of-the-wall") == "north-of-the-wall"
    with pytest.raises(ServeError, match=r"turn_secret_file.*VRLIVE_TURN_SECRET"):
        turn_secret(config, None)
    with pytest.raises(ServeError, match=r"cannot be read: No such file"):
        turn_secret(config.model_copy(update={"turn_secret_file": f"{tmp_path}/gone"}), None)


def test_a_host_is_relayed_by_the_first_server_that_it_can_use() -> None:
    turn = ("turn:[2001:db8::1]:3478", "turns:a.example?transport=udp", "turns:b.example:443?transport=tcp", "turn:c.example")
    [server] = IceServers(IceConfig(turn=turn, relay="also"), "north of the wall").own().iceServers or []
    assert server.urls == "turns:b.example:443?transport=tcp"
    assert server.username
    with pytest.raises(ServeError, match="can use none of"):
        IceServers(IceConfig(turn=turn[:2], relay="only"), "north of the wall")


def test_what_waits_for_a_turn_server_counts_as_unsent() -> None:
    """Of TURN over TCP: aioice hides the connection, and without it a viewer that takes nothing would fill our memory."""
    inner: Any = SimpleNamespace(transport=SimpleNamespace(get_write_buffer_size=lambda: 7))
    assert carrier_of(TurnTransport(inner)).get_write_buffer_size() == 7
    assert carrier_of(inner.transport).get_write_buffer_size() == 7


def candidates(answer: str) -> list[tuple[str, str]]:
    """Addresses and ports in an answer."""
    return re.findall(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", answer)
