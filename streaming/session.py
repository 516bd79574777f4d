"""What viewers and cameras have in common: a peer connection that began with an offer, and its ICE."""

import asyncio
import logging
from collections.abc import Callable

from aiortc import RTCSessionDescription
from aiortc.sdp import candidate_from_sdp

from streaming.ending import Ending
from streaming.ice import IceNetwork, PeerConnection
from streaming.offer import CANDIDATE_LIMIT, MalformedOffer, Offer

CLOSE_TIMEOUT_S = 5.0

log = logging.getLogger("streaming.session")


class Session:
    """One peer connection of a stranger's.

    Parameters
    ----------
    name
        Whose it is, for the log: ``demo: a viewer``.
    network
        How it reaches us.
    host
        The address that its offer came from.
    on_end
        Called when the connection has failed or was closed.
    """

    def __init__(self, name: str, network: IceNetwork, host: str, on_end: Callable[[], None]) -> None:
        self.name, self.host = name, host
        self._on_end = on_end
        self._peer = PeerConnection(network)
        self._peer.on("connectionstatechange", self._on_state)
        self.joined = False  # it was connected once
        self._ufrags: frozenset[str] = frozenset()
        self._mid = ""
        self._candidates = 0

    @property
    def state(self) -> str:
        """As in WebRTC: new, connecting, connected, failed, closed."""
        return str(self._peer.connectionState)

    async def answer(self, offer: Offer) -> str:
        """Answer the offer; all of our candidates are in the answer.

        Raises
        ------
        MalformedOffer
            If aiortc refuses the offer.
        """
        return await self._agree(offer)

    def restarts_ice(self, ufrag: str | None) -> bool:
        """Whether a fragment with this ``ice-ufrag`` belongs to another ICE session than the offer's."""
        return ufrag is not None and ufrag not in self._ufrags

    async def add_candidate(self, line: str) -> None:
        """Take a candidate that was found late, as `read_candidates` gives it; more than the limit, the offer's included, are ignored."""
        self._candidates += 1
        if self._candidates > CANDIDATE_LIMIT or self.state not in ("new", "connecting"):
            return
        candidate = candidate_from_sdp(line)
        candidate.sdpMid = self._mid
        await self._peer.addIceCandidate(candidate)

    async def close(self) -> None:
        """End the session."""
        closing = asyncio.ensure_future(self._peer.close())  # never cancelled: aiortc may be closing on its own, and would trip
        closing.add_done_callback(self._note_end)
        done, _ = await asyncio.wait({closing}, timeout=CLOSE_TIMEOUT_S)
        if not done:
            log.warning("%s: the connection did not close in %.0f s", self.name, CLOSE_TIMEOUT_S)

    async def _agree(self, offer: Offer) -> str:
        self._ufrags, self._mid, self._candidates = offer.ufrags, offer.mid, offer.candidates
        try:
            ours = self._peer.getTransceivers()
            await self._peer.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
            for transceiver in self._peer.getTransceivers():
                if transceiver not in ours:  # made for a section that is of no use to us: aiortc would decode what comes
                    transceiver.direction = "inactive"
            await self._peer.setLocalDescription(await self._peer.createAnswer())
        except Exception as fault:  # whatever aiortc raises here comes from the offer, which a stranger wrote
            log.info("%s: an offer cannot be answered: %r", self.name, fault)
            raise MalformedOffer("the offer cannot be answered: its sections contradict each other") from fault
        return str(self._peer.localDescription.sdp)

    def note_ending(self, why: Ending) -> None:
        """It ends, and why: for who counts."""

    @property
    def gone(self) -> Ending:
        """Why it ended, when that was not our doing."""
        if not self.joined:
            return "never connected"
        return "failed" if self.state == "failed" else "closed"

    def _on_state(self) -> None:
        self.joined = self.joined or self.state == "connected"
        if self.state in ("failed", "closed"):
            self._on_end()

    def _note_end(self, closing: "asyncio.Future[None]") -> None:
        if not closing.cancelled() and (fault := closing.exception()):
            log.warning("%s: the connection closed badly: %r", self.name, fault)
