"""One camera that is published: a peer connection whose packets become access units for the engine."""

import re
from collections.abc import Callable

from streaming.access_unit import AccessUnit
from streaming.ice import IceNetwork
from streaming.intake import Intake
from streaming.offer import Offer
from streaming.rtp.depacketise import Depacketiser, parameter_sets
from streaming.rtp.jitter import Packet
from streaming.rtp.receiver import MediaReceiver
from streaming.session import Session
from vrlive import clock
from vrlive.frames import SOUND_RATE_HZ
from vrlive.units import VIDEO_CLOCK_HZ

KNOWN = "packetization-mode=1"
START_RATE = "x-google-start-bitrate=2000"  # kbit/s: browsers begin with 300, and take half a minute to make a good picture of it
LONGEST_OPUS_BYTES = 7662  # 120 ms (RFC 6716, section 3.4)


class Publisher(Session):
    """A session. It becomes the camera when its connection stands: who cannot connect takes no one's place.

    Parameters
    ----------
    intake, camera
        Which camera of which channel.
    network
        How it reaches us.
    host
        Whose it is: the address that its offer came from.
    on_end
        Called when the connection has failed or was closed.
    on_connect
        Called when it has become the camera.
    """

    def __init__(
        self, intake: Intake, camera: str, network: IceNetwork, host: str, on_end: Callable[[], None], on_connect: Callable[[], None]
    ) -> None:
        super().__init__(f"{intake.name}: camera {camera}", network, host, on_end)
        self.intake, self.camera = intake, camera
        self._on_connect = on_connect
        self._video: MediaReceiver | None = None
        self._audio: MediaReceiver | None = None
        self._pictures = Depacketiser()

    async def answer(self, offer: Offer) -> str:
        """Answer the offer; all of our candidates are in the answer.

        Raises
        ------
        MalformedOffer
            If aiortc refuses the offer.
        """
        kind, offered = offer.parameters
        self._pictures = Depacketiser(parameter_sets(offered))
        video = self._peer.addTransceiver("video", direction="recvonly")
        video.setCodecPreferences(offer.video)
        self._video = MediaReceiver(video, VIDEO_CLOCK_HZ, self._take_picture, repairs=True)
        if offer.audio:
            audio = self._peer.addTransceiver("audio", direction="recvonly")
            audio.setCodecPreferences(offer.audio)
            self._audio = MediaReceiver(audio, SOUND_RATE_HZ, self._take_sound, repairs=False)
        answer = await self._agree(offer)
        accepted = [each for each in offered.split(";") if each and not each.strip().startswith("sprop-")]
        line = ";".join([*(accepted or [KNOWN]), START_RATE])
        return re.sub(rf"a=fmtp:{kind} \S*", lambda _: f"a=fmtp:{kind} {line}", answer)

    async def close(self) -> None:
        """End the session."""
        self.intake.disconnect(self.camera, self._ask_keyframe)
        await super().close()

    def _on_state(self) -> None:
        if self.state == "connected" and not self.intake.is_publisher(self.camera, self._ask_keyframe):
            self.intake.connect(self.camera, self._ask_keyframe)
            self._ask_keyframe()
            self._on_connect()
        super()._on_state()

    def _ask_keyframe(self) -> None:
        if self._video:
            self._video.want_keyframe()

    def _take_picture(self, packet: Packet, broken: bool) -> None:
        assert self._video
        for picture in self._pictures.push(packet, broken=broken):
            captured_s = self._video.capture_clock.instant(picture.stamp, picture.arrived_s, clock.wall_offset_s())
            if picture.keyframe:
                self._video.want_keyframe(wanted=False)
            self._push(AccessUnit("video", picture.data, picture.stamp, picture.keyframe, captured_s))
        if self._pictures.needs_keyframe:
            self._video.want_keyframe()

    def _take_sound(self, packet: Packet, _: bool) -> None:
        assert self._audio
        assert self._video
        if 0 < len(packet.payload) <= LONGEST_OPUS_BYTES:
            correction_s = self._video.capture_clock.correction_s
            captured_s = self._audio.capture_clock.instant(packet.stamp, packet.arrived_s, clock.wall_offset_s(), correction_s)
            self._push(AccessUnit("audio", packet.payload, packet.stamp, True, captured_s))

    def _push(self, unit: AccessUnit) -> None:
        if not self.intake.cameras.get(self.camera):  # the channel's file says otherwise now
            self._on_end()
        elif self.intake.is_publisher(self.camera, self._ask_keyframe):
            self.intake.push(self.camera, unit)
