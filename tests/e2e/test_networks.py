"""A real show on hosts of their own: behind firewalls, behind a NAT, on IPv6 alone, and watched from another host."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.e2e.netns import Net, Space, network
from tests.e2e.show import PATIENCE_S, running

CHANNEL = """
name = "demo"
size = "256x128"
rig = "equirect"
rendition = []
camera = [{ name = "still", url = "still.png", loop = true }]
"""
PORTS = range(20_000, 20_010)  # below those that systems give away by themselves
ONLY_THE_PORTS = f"""
table inet filter {{
  chain input {{
    type filter hook input priority 0; policy drop;
    iif lo accept
    icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert }} accept
    tcp dport 8360 accept
    udp dport {PORTS[0]}-{PORTS[-1]} accept
  }}
}}
"""
NOTHING_UNASKED = """
table inet filter {
  chain input { type filter hook input priority 0; policy drop; iif lo accept; ct state established accept; }
}
"""


@pytest.fixture
def net() -> Iterator[Net]:
    with network() as net:
        yield net


@pytest.fixture
def channel(tmp_path: Path) -> Path:
    Image.new("RGB", (256, 128), (90, 140, 60)).save(tmp_path / "still.png")
    path = tmp_path / "channel.toml"
    path.write_text(CHANNEL, "utf-8")
    return path


def serve(channel: Path, inside: Space, server: str = "", host: str = "0.0.0.0") -> Any:
    """A show with this server.toml, beside its channel."""
    (channel.parent / "server.toml").write_text(server, "utf-8")
    return running("serve", channel, "--host", host, "--port", "8360", inside=inside)


def watch(inside: Space, address: str, *options: str) -> dict[str, Any]:
    """What a viewer on another host sees."""
    command = inside.command(sys.executable, "-m", "tests.e2e.watcher", f"http://{address}:8360/whep/demo", *options)
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def pair_of_hosts(net: Net, one: str = "192.0.2.1/24", other: str = "192.0.2.2/24") -> tuple[Space, Space]:
    server, viewer = net.space(), net.space()
    net.wire(server, one, viewer, other)
    return server, viewer


def test_a_firewall_that_lets_the_ports_through_is_enough(net: Net, channel: Path) -> None:
    server, viewer = pair_of_hosts(net)
    server.firewall(ONLY_THE_PORTS)
    with serve(channel, server, f'[network]\nudp_ports = "{PORTS[0]}-{PORTS[-1]}"\n[limits]\nsessions = 10\n'):
        seen = watch(viewer, "192.0.2.1")
    assert seen["pictures"] >= 10
    assert seen["remote"][0] == "192.0.2.1"
    assert seen["remote"][1] in PORTS


def test_the_same_firewall_stops_ports_that_the_system_chose(net: Net, channel: Path) -> None:
    server, viewer = pair_of_hosts(net)
    server.firewall(ONLY_THE_PORTS)
    with serve(channel, server):
        assert watch(viewer, "192.0.2.1")["pictures"] == 0


def test_ipv6_alone_is_enough(net: Net, channel: Path) -> None:
    server, viewer = pair_of_hosts(net, "2001:db8::1/64", "2001:db8::2/64")
    with serve(channel, server, host="::"):
        seen = watch(viewer, "[2001:db8::1]")
    assert seen["pictures"] >= 10
    assert seen["remote"][0] == "2001:db8::1"


def behind_nat(net: Net) -> tuple[Space, Space]:
    """A server with a private address, known to the world by 203.0.113.7, and a viewer that hears nobody whom it has not called."""
    server, router, viewer = net.space(), net.space(), net.space()
    net.wire(server, "10.0.0.2/24", router, "10.0.0.1/24")
    net.wire(viewer, "203.0.113.9/24", router, "203.0.113.7/24")
    server.route("10.0.0.1")
    router.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    router.firewall("""
        table ip nat {
          chain to { type nat hook prerouting priority -100; ip daddr 203.0.113.7 dnat to 10.0.0.2; }
          chain from { type nat hook postrouting priority 100; ip saddr 10.0.0.2 snat to 203.0.113.7; }
        }
    """)
    viewer.firewall(NOTHING_UNASKED)
    return server, viewer


def test_behind_a_nat_the_public_address_is_told(net: Net, channel: Path) -> None:
    server, viewer = behind_nat(net)
    with serve(channel, server, '[network]\nannounce_ip = "203.0.113.7"\n'):
        seen = watch(viewer, "203.0.113.7")
    assert {candidate.split()[0] for candidate in seen["candidates"]} == {"203.0.113.7"}
    assert seen["pictures"] >= 10


def test_behind_a_nat_a_private_address_is_not_enough(net: Net, channel: Path) -> None:
    server, viewer = behind_nat(net)
    with serve(channel, server):
        assert watch(viewer, "203.0.113.7")["pictures"] == 0


def test_only_the_interfaces_that_are_named_are_used(net: Net, channel: Path) -> None:
    server, viewer = pair_of_hosts(net)
    net.wire(server, "198.51.100.1/24", net.space(), "198.51.100.2/24")
    with serve(channel, server, '[network]\ninterfaces = ["192.0.2.1"]\n'):
        seen = watch(viewer, "192.0.2.1")
    assert {candidate.split()[0] for candidate in seen["candidates"]} == {"192.0.2.1"}
    assert seen["pictures"] >= 10


def test_a_host_with_loopback_alone_says_so_at_once_and_to_viewers(net: Net, channel: Path, capfd: pytest.CaptureFixture[str]) -> None:
    host = net.space()
    with serve(channel, host):
        seen = watch(host, "127.0.0.1")
    assert seen["status"] == 503
    assert "no network address but 127.0.0.1" in seen["error"]
    assert "nobody will be able to watch: this host has no network address but 127.0.0.1" in capfd.readouterr().err
