"""Addresses of the host, and the socket to serve on."""

import errno
import socket
from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import ifaddr

from vrlive.errors import ServeError


def listen(host: str, port: int) -> socket.socket:
    """Bind and listen on `host` and `port` (0: a free one).

    Raises
    ------
    ServeError
        If the port is in use, may not be used, or the host is not an address of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except socket.gaierror as fault:
        raise ServeError(f"--host {host}: is no address or name that this machine knows ({fault.strerror})") from fault
    except UnicodeError as fault:  # so Python says of “a..b”
        raise ServeError(f"--host {host}: is no address or name, such as 127.0.0.1 or studio.local") from fault
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)  # “::” lets IPv4 in too, however the system is set
        listening.bind(address)
        listening.listen(128)
    except OSError as fault:
        listening.close()
        raise ServeError(_why_not(host, port, fault)) from fault
    return listening


def lan_addresses() -> list[str]:
    """Addresses of this machine on its networks, IPv4 first; without loopback and link-local ones."""
    found = [ip_address(str(ip.ip if ip.is_IPv4 else ip.ip[0])) for adapter in ifaddr.get_adapters() for ip in adapter.ips]
    usable = [address for address in found if not (address.is_loopback or address.is_link_local)]
    return [str(address) for address in sorted(usable, key=lambda address: (address.version, int(address)))]


def is_loopback(host: str) -> bool:
    """Whether `host` can be reached from this machine only."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def host_names() -> list[str]:
    """Names under which this machine is found: its own, its mDNS name, and localhost."""
    name = socket.gethostname().split(".")[0].lower()
    return [name, f"{name}.local", "localhost"]


def trusted_hosts(proxies: Sequence[str]) -> list[str]:
    """Addresses and networks, and how a socket on “::” sees those of IPv4: mapped into IPv6 (RFC 4291, section 2.5.5.2)."""
    found = [ip_network(each) for each in proxies]
    mapped = [f"::ffff:{each.network_address}/{96 + each.prefixlen}" for each in found if each.version == 4]
    return [*map(str, found), *mapped]


def _why_not(host: str, port: int, fault: OSError) -> str:
    if fault.errno == errno.EADDRINUSE:
        return f"port {port} is in use on {host}; end what listens there, or choose another with --port"
    if fault.errno == errno.EACCES:
        return f"port {port} is reserved for the system; choose one above 1023 with --port"
    if fault.errno == errno.EADDRNOTAVAIL:
        return f"--host {host}: this machine has no such address; it has {', '.join(['127.0.0.1', *lan_addresses()])}"
    return f"cannot listen on {host}:{port}: {fault.strerror}"
