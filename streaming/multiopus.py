"""Opus of more than two channels in SDP, as libwebrtc knows it: ``multiopus/48000/4``. No RFC describes it.

Browsers take it but do not offer it: whoever wants the sphere of sound writes it into the offer. aiortc does not know it. So for aiortc
such an offer is one of plain Opus at that payload type, and what its answer says of it is put right.
"""

import re
from typing import Final

from aiortc import sdp
from aiortc.rtp import DYNAMIC_PAYLOAD_TYPES

from streaming.sound_format import AMBISONICS

NAME: Final = f"multiopus/48000/{AMBISONICS.channels}"
PLAIN: Final = "opus/48000/2"  # RFC 7587, section 7
PARAMETERS: Final = dict(pair.split("=") for pair in AMBISONICS.sdp_parameters.split(";"))
_LINE: Final = re.compile(r"a=(rtpmap|fmtp|rtcp-fb):(\d+) ", re.ASCII)


def asked_for(description: sdp.SessionDescription) -> int | None:
    """The payload type at which an offer asks for the sphere of sound; None if it does not, or wants it put together in another way.

    Payload types are 96 to 127: aiortc answers no others.
    """
    for media in description.media:
        for codec in media.rtp.codecs if media.kind == "audio" else ():
            named = f"{codec.name}/{codec.clockRate}/{codec.channels}".lower() == NAME and codec.payloadType in DYNAMIC_PAYLOAD_TYPES
            if named and all(str(codec.parameters.get(key)) == value for key, value in PARAMETERS.items()):
                return codec.payloadType
    return None


def as_plain(offer: str, payload_type: int) -> str:
    """The offer as if its sound were plain Opus at this payload type, and nothing else."""
    session, *sections = re.split(r"(?m)^(?=m=)", offer)
    return session + "".join(_plain(section, payload_type) if section.startswith("m=audio") else section for section in sections)


def as_asked(answer: str, payload_type: int) -> str:
    """The answer to such an offer, as the viewer shall read it."""
    line = f"a=rtpmap:{payload_type} {{}}\r\n"
    return answer.replace(line.format(PLAIN), f"{line.format(NAME)}a=fmtp:{payload_type} {AMBISONICS.sdp_parameters}\r\n")


def _plain(section: str, payload_type: int) -> str:
    kept = []
    for line in section.splitlines():
        found = _LINE.match(line)
        if not found:
            kept.append(line)
        elif int(found[2]) == payload_type and found[1] == "rtpmap":
            kept.append(f"a=rtpmap:{payload_type} {PLAIN}")
    return "\r\n".join(kept) + "\r\n"
