"""The two forms in which a programme's sound goes out: stereo for everybody, and the sphere of sound for who asks.

Engine, delivery and whoever writes files agree on them here: an `AccessUnit` of sound says by its `rendition` which of `FORMATS` it is of.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """How Opus carries some channels (RFC 7845, section 5.1.1).

    Attributes
    ----------
    name
        In words, for people.
    channels
        How many there are.
    layout
        FFmpeg's name for them.
    mapping_family
        0: mono or stereo in one stream; 2: ambisonics, ACN order, SN3D (RFC 8486, section 3.1).
    streams, coupled
        Opus streams in a packet, and how many of them are of two channels.
    bps
        What the encoder aims at.
    silence
        A packet of 20 ms of nothing, of the CELT mode (RFC 6716, section 3.1); all but the last of several streams say their length
        (appendix B).
    """

    name: str
    channels: int
    layout: str
    mapping_family: int
    streams: int
    coupled: int
    bps: int
    silence: bytes

    @property
    def sdp_parameters(self) -> str:
        """What decoders of ``multiopus`` are told in SDP, as libwebrtc writes it: channel n comes out of stream n."""
        mapping = ",".join(map(str, range(self.channels)))
        return f"channel_mapping={mapping};coupled_streams={self.coupled};num_streams={self.streams}"

    def configuration(self, pre_skip: int = 0) -> bytes:
        """The ``dOps`` box's content (“Encapsulation of Opus in ISO Base Media File Format”, section 4.3.2).

        Parameters
        ----------
        pre_skip
            Samples to leave out at the start. Units of ours say when what they decode to was captured, so there are none.
        """
        head = bytes([0, self.channels, *pre_skip.to_bytes(2, "big"), *(48_000).to_bytes(4, "big"), 0, 0, self.mapping_family])
        return head + (bytes([self.streams, self.coupled, *range(self.channels)]) if self.mapping_family else b"")


STEREO: Final = SoundFormat("stereo", 2, "stereo", 0, 1, 1, 128_000, b"\xfc\xff\xfe")
AMBISONICS: Final = SoundFormat("ambisonics", 4, "ambisonic 1", 2, 4, 0, 256_000, b"\xf8\x02\xff\xfe" * 3 + b"\xf8\xff\xfe")
FORMATS: Final = (STEREO, AMBISONICS)
