"""A viewer's side of WHEP over HTTP."""

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
