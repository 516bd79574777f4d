"""A viewer's side of WHEP over HTTP."""

import aioice.ice
import httpx
from aiortc import RTCPeerConnection
from fastapi import FastAPI

SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}


async def offer(video: bool = True, audio: bool = True, direction: str = "recvonly") -> str:
    """An offer that a real client wrote."""
    peer = RTCPeerConnection()
    if audio:
        peer.addTransceiver("audio", direction=direction)
    if video:
        peer.addTransceiver("video", direction=direction)
    peer.createDataChannel("clock")
    await peer.setLocalDescription(await peer.createOffer())
    text = str(peer.localDescription.sdp)
    await peer.close()
    return text


def client_at(address: str, app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(address, 50_000)), base_url="http://vrlive")


def use_loopback() -> None:
    """Make aioice use 127.0.0.1 for connections that are not ours, for good: it leaves it out on its own."""
    stock = aioice.ice.get_host_addresses

    def with_loopback(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        found = stock(use_ipv4, use_ipv6)
        return found if "127.0.0.1" in found else [*found, "127.0.0.1"]

    aioice.ice.get_host_addresses = with_loopback
