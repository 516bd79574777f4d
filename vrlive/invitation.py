"""What is printed when the show is on air: where to watch it, and the same as a QR code for phones and headsets."""

import io
from typing import Any

import segno

from vrlive.network import lan_addresses

EVERYWHERE_IPV4, EVERYWHERE = "0.0.0.0", "::"  # noqa: S104  (compared with, not bound to)


def invitation(listening_on: tuple[Any, ...], *, secure: bool) -> str:
    """Addresses for viewers, the best one first.

    Parameters
    ----------
    listening_on
        The socket's own address: host and port first.
    secure
        Whether TLS is on; then the first address of the network comes with a QR code.
    """
    host, port = str(listening_on[0]), int(listening_on[1])
    hosts = _reachable(host)
    scheme = "https" if secure else "http"
    urls = [f"{scheme}://{f'[{each}]' if ':' in each else each}:{port}/" for each in hosts]
    lines = [f"On air at {urls[0]}", *(f"      and {url}" for url in urls[1:])]
    if secure:
        lines += ["", _qr(urls[0]), f"Headsets and phones can learn to trust it from {urls[0]}authority.pem"]
    return "\n".join([*lines, "Ctrl-C ends it."])


def _reachable(host: str) -> list[str]:
    """Addresses at which a socket bound to `host` answers."""
    if host not in (EVERYWHERE_IPV4, EVERYWHERE):
        return [host]
    addresses = [*lan_addresses(), "127.0.0.1"]
    return addresses if host == EVERYWHERE else [each for each in addresses if ":" not in each]


def _qr(url: str) -> str:
    drawn = io.StringIO()
    segno.make(url, micro=False).terminal(drawn, compact=True)
    return drawn.getvalue()
