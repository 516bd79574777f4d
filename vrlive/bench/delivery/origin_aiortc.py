"""The peer that ours grew out of: aiortc as it comes. One film for all, an `av.Packet` for each picture, sent by aiortc's own sender.

``python -m vrlive.bench.delivery.origin_aiortc FILM``
"""

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import uvicorn
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription

from streaming.access_unit import AccessUnit
from streaming.ice import offer_only
from streaming.offer import PLAYABLE
from vrlive.bench.delivery.film import Film, play
from vrlive.bench.delivery.talk import Message, answer, one_address
from vrlive.clock import now_s
from vrlive.frames import SOUND_RATE_HZ
from vrlive.units import VIDEO_CLOCK_HZ

WAITING: Final = 150  # pictures or packets of sound for a viewer that is behind; more are lost

Asgi = Callable[[Any], Awaitable[Any]]


class Track(MediaStreamTrack):
    """What one viewer is sent of pictures or sound."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.waiting = asyncio.Queue[Any](WAITING)

    async def recv(self) -> Any:
        """What comes next."""
        return await self.waiting.get()


class Origin:
    """All viewers, and what they are sent."""

    def __init__(self) -> None:
        self.peers: list[RTCPeerConnection] = []
        self.tracks: dict[str, list[Track]] = {"video": [], "audio": []}

    async def serve(self, scope: dict[str, Any], receive: Asgi, send: Asgi) -> None:
        """An ASGI application: every request is an offer, and is answered."""
        assert scope["type"] == "http"
        body, more = b"", True
        while more:
            message = await receive()  # type: ignore[call-arg]  # ASGI's two callables differ in this alone
            body, more = body + message.get("body", b""), message.get("more_body", False)
        sdp = await self._watch(body.decode())
        await send({"type": "http.response.start", "status": 201, "headers": [(b"content-type", b"application/sdp")]})
        await send({"type": "http.response.body", "body": sdp.encode()})

    def pass_on(self, unit: AccessUnit) -> None:
        """Give an access unit to everybody."""
        packet = av.Packet(unit.data)
        packet.pts, packet.time_base = unit.pts, Fraction(1, VIDEO_CLOCK_HZ if unit.kind == "video" else SOUND_RATE_HZ)
        for track in self.tracks[unit.kind]:
            if not track.waiting.full():
                track.waiting.put_nowait(packet)

    async def close(self) -> None:
        """End all sessions."""
        await asyncio.gather(*(peer.close() for peer in self.peers))

    async def _watch(self, offer: str) -> str:
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.peers.append(peer)
        for kind in ("video", "audio"):
            transceiver, track = peer.addTransceiver(kind, direction="sendonly"), Track(kind)
            transceiver.setCodecPreferences([codec for codec in RTCRtpSender.getCapabilities(kind).codecs if _is_wanted(codec)])
            transceiver.sender.replaceTrack(track)
            self.tracks[kind].append(track)
        await peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        return str(peer.localDescription.sdp)


def _is_wanted(codec: Any) -> bool:
    kind = codec.mimeType.lower()
    return kind in ("video/rtx", "audio/opus") or (kind == "video/h264" and codec.parameters["profile-level-id"] == PLAYABLE[0])


async def _run(path: Path) -> None:
    offer_only(one_address())
    film, origin = Film.load(path), Origin()
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listening:
        server = uvicorn.Server(uvicorn.Config(origin.serve, lifespan="off", interface="asgi3", log_level="warning"))
        began_s = now_s()

        async def where() -> Message:
            return {"url": f"http://127.0.0.1:{listening.getsockname()[1]}/", "began_s": began_s}

        tasks = [asyncio.create_task(work) for work in (server.serve([listening]), play(film, origin.pass_on, origin.pass_on, began_s))]
        await answer({"where": where})
        await origin.close()
        server.should_exit = True
        await tasks[0]
        tasks[1].cancel()
        await asyncio.gather(*tasks[1:], return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1])))
