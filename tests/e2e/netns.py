"""Networks for tests: namespaces of Linux joined by veth pairs, each with its own addresses, routes and firewall (ip-netns(8), nft(8))."""

import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

_count = itertools.count()


@dataclass
class Space:
    """A network namespace: a host with a network of its own."""

    name: str

    def command(self, *command: str) -> list[str]:
        """The command that runs another inside."""
        return ["ip", "netns", "exec", self.name, *command]

    def run(self, *command: str, given: str | None = None) -> None:
        """Run a command inside."""
        done = subprocess.run(self.command(*command), check=False, input=given, text=True, capture_output=True, timeout=10)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"

    def fails(self, *command: str) -> bool:
        """Whether a command fails inside."""
        return subprocess.run(self.command(*command), check=False, capture_output=True, timeout=10).returncode != 0

    def firewall(self, rules: str) -> None:
        """Load rules of nft."""
        self.run("nft", "-f", "-", given=rules)

    def limit(self, interface: str, kbps: int) -> None:
        """Let no more out there, as a router does before a thin line: what waits longer than a fifth of a second is dropped (tc-tbf(8))."""
        rate = ["rate", f"{kbps}kbit", "burst", "10kb", "latency", "200ms"]
        self.run("tc", "qdisc", "replace", "dev", interface, "root", "tbf", *rate)

    def widen(self, interface: str) -> None:
        """Take the limit away."""
        self.run("tc", "qdisc", "del", "dev", interface, "root")

    def route(self, via: str) -> None:
        """Send what is not local there."""
        self.run("ip", "route", "add", "default", "via", via)


@dataclass
class Net:
    """Some hosts, and the wires between them."""

    spaces: list[Space] = field(default_factory=list)

    def space(self) -> Space:
        """One more host, with loopback alone."""
        space = Space(f"vrlive-{os.getpid()}-{next(_count)}")
        _ip("netns", "add", space.name)
        self.spaces.append(space)
        space.run("ip", "link", "set", "lo", "up")
        return space

    def wire(self, one: Space, address: str, other: Space, others: str) -> str:
        """Join two hosts; addresses with the length of their prefix, of either family. The name of the first one's interface is given."""
        number = next(_count)
        names = [f"v{number}a{os.getpid()}", f"v{number}b{os.getpid()}"]
        _ip("link", "add", names[0], "netns", one.name, "type", "veth", "peer", "name", names[1], "netns", other.name)
        for space, name, given in zip((one, other), names, (address, others), strict=True):
            space.run("ip", "address", "add", given, "dev", name, *(["nodad"] if ":" in given else []))
            space.run("ip", "link", "set", name, "up")
        return names[0]

    def close(self) -> None:
        """Take it all down; interfaces go with their namespaces."""
        for space in self.spaces:
            subprocess.run(["ip", "netns", "delete", space.name], check=False, timeout=10)


@contextmanager
def network() -> Iterator[Net]:
    """A network that is empty at first; skips the test where none can be made."""
    if missing := [tool for tool in ("ip", "nft") if not shutil.which(tool)]:
        pytest.skip(f"{' and '.join(missing)} not installed (apt-get install iproute2 nftables)")
    net = Net()
    try:
        try:
            net.space().firewall("table inet probe { }")
        except (AssertionError, subprocess.SubprocessError) as fault:
            pytest.skip(f"network namespaces cannot be made here: {fault}")
        yield net
    finally:
        net.close()


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], check=False, capture_output=True, text=True, timeout=10)
    assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr}"
