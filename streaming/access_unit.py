"""The unit of delivery: one encoded picture, or 20 ms of encoded sound."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["video", "audio"]


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """What the encoder makes once and all viewers share.

    Attributes
    ----------
    kind
        ``video``: H.264 Annex B (Rec. ITU-T H.264, annex B), parameter sets before each keyframe. ``audio``: one Opus packet.
    data
        The encoded bytes.
    pts
        Presentation time in ticks of the codec's RTP clock: 90 kHz for video, 48 kHz for sound.
    keyframe
        Whether decoding may start here. Every Opus packet is one.
    captured_s
        When the light (or the first sample that it decodes to) was captured: seconds of `vrlive.clock.now_s`, the same in all processes
        of a host.
    rendition
        Of video: which of the channel's renditions it is of, 0 for the largest. Of sound: which of `streaming.sound_format.FORMATS`.
    slate
        Whether it stands in for the show, whose engine or cameras are away.
    """

    kind: Kind
    data: bytes
    pts: int
    keyframe: bool
    captured_s: float
    rendition: int = 0
    slate: bool = False
