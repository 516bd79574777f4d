"""A viewer made of aiortc, as a process of its own: `python -m tests.e2e.watcher URL [--relay]` prints what it saw as JSON.

It uses the STUN and TURN servers that the server names; with `--relay` nothing but relayed addresses. It ends when pictures have come, or
after 10 s.
"""

import asyncio
import json
import re
import sys
from typing import Any

import httpx
from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.rtcconfiguration import RTCIceTransportPolicy

PICTURES, PATIENCE_S = 10, 10.0
LINK = re.compile(r'<([^>]+)>; rel="ice-server"(?:; username="([^"]+)"; credential="([^"]+)")?')


async def watch(url: str, relay: bool) -> dict[str, Any]:
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as http:
        links = (await http.options(url)).headers.get_list("Link")
        servers = [RTCIceServer(*found.groups()) for link in links if (found := LINK.match(link))]
        policy = RTCIceTransportPolicy.RELAY if relay else RTCIceTransportPolicy.ALL
        peer = RTCPeerConnection(RTCConfiguration(servers, policy))
        stamps: set[int] = set()
        receiver: Any = peer.addTransceiver("video", direction="recvonly").receiver
        stock = receiver._handle_rtp_packet

        async def keep(packet: Any, *rest: Any, **more: Any) -> None:
            stamps.add(packet.timestamp)
            await stock(packet, *rest, **more)

        receiver._handle_rtp_packet = keep
        await peer.setLocalDescription(await peer.createOffer())
        reply = await http.post(url, content=peer.localDescription.sdp, headers={"Content-Type": "application/sdp"})
        seen: dict[str, Any] = {"status": reply.status_code, "candidates": re.findall(r"a=candidate:.*? (\S+ \d+ typ \w+)", reply.text)}
        if reply.status_code != 201:
            return seen | {"error": reply.json()["error"]}
        answer = re.sub(r"profile-level-id=\w+", "profile-level-id=42e01f", reply.text)
        await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        ends_s = asyncio.get_running_loop().time() + PATIENCE_S
        while len(stamps) < PICTURES and asyncio.get_running_loop().time() < ends_s:
            await asyncio.sleep(0.02)
        pair = receiver.transport.transport._connection._nominated.get(1)
        if pair:
            seen |= {"local": pair.local_candidate.type, "remote": list(pair.remote_addr)}
        await http.delete(httpx.URL(url).join(reply.headers["Location"]))
        await peer.close()
        return seen | {"pictures": len(stamps)}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(watch(sys.argv[1], "--relay" in sys.argv))))
