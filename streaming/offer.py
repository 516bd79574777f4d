"""A viewer's SDP offer: read with suspicion, and cut down to what aiortc shall see."""

import re
from dataclasses import dataclass

from aiortc import RTCRtpSender, sdp
from aiortc.rtcrtpparameters import RTCRtpCodecCapability

from streaming.h264 import CONSTRAINED_BASELINE

MEDIA_LIMIT = 8  # sections; a viewer needs three
CANDIDATE_LIMIT = 16  # we probe each one: an offer must not make us probe somebody's whole network
PLAYABLE = (f"{CONSTRAINED_BASELINE}1f", "42001f")  # aiortc's names for constrained baseline and baseline; the first that is offered

_DIRECTION = re.compile(r"^a=(sendrecv|recvonly|sendonly|inactive)\r?$", re.MULTILINE)


class MalformedOffer(ValueError):
    """What was sent is no SDP offer: 400."""


class UnplayableOffer(ValueError):
    """A sound offer of what we cannot send: 422."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer that can be answered.

    Attributes
    ----------
    sdp
        The offer for aiortc: the same, without candidates that we do not probe.
    video, audio
        What to prefer in ``setCodecPreferences``: the codec, and RTX. `audio` is empty when the viewer takes none of ours.
    ufrags
        The viewer's ICE user name fragments: one, when all is bundled.
    mid
        The section whose transport all others share (RFC 9143): where its candidates belong.
    """

    sdp: str
    video: list[RTCRtpCodecCapability]
    audio: list[RTCRtpCodecCapability]
    ufrags: frozenset[str]
    mid: str


def read_offer(text: str) -> Offer:
    """Check a WHEP offer.

    Raises
    ------
    MalformedOffer
        If it is not SDP, or aiortc could not make sense of it.
    UnplayableOffer
        If it has no place for our video, or more than one.
    """
    if not text.startswith("v=0"):
        raise MalformedOffer("the body is not an SDP offer: it does not begin with v=0")
    text = _with_directions(_with_few_candidates(text))
    try:
        description = sdp.SessionDescription.parse(text)
    except Exception as fault:  # aiortc's parser raises whatever comes: assertions, missing keys, StopIteration
        raise MalformedOffer(f"the body is not an SDP offer: {fault or type(fault).__name__}") from fault
    _check_sections(description)
    ufrags = frozenset(media.ice.usernameFragment for media in description.media if media.ice and media.ice.usernameFragment)
    return Offer(text, _video(description), _audio(description), ufrags, _first_bundled(description))


def read_candidates(fragment: str) -> tuple[str | None, list[str]]:
    """The ``ice-ufrag`` and the candidates that an SDP fragment (RFC 8840) names, without those that we do not probe.

    Raises
    ------
    MalformedOffer
        If there is neither.
    """
    fragment = _with_few_candidates(fragment)
    found = re.search(r"^a=ice-ufrag:(\S+)", fragment, re.MULTILINE)
    candidates = re.findall(r"^a=candidate:(.+?)\r?$", fragment, re.MULTILINE)
    if not found and not candidates:
        raise MalformedOffer("the body is not an SDP fragment: it has neither a=ice-ufrag nor a=candidate")
    return (found[1] if found else None), candidates


def _with_few_candidates(text: str) -> str:
    """Drop what needs name resolution (mDNS names; their owner finds us), TCP, and all beyond the limit.

    The end of candidates goes too: a viewer of which we know no address may still reach ours.
    """
    kept, count = [], 0
    for line in text.splitlines():
        if line.startswith("a=end-of-candidates"):
            continue
        if line.startswith("a=candidate:"):
            fields = line.split()
            probed = len(fields) > 4 and fields[2].lower() == "udp" and re.fullmatch(r"[0-9.]+|[0-9a-fA-F:]+", fields[4])
            count += 1
            if not probed or count > CANDIDATE_LIMIT:
                continue
        kept.append(line)
    return "\r\n".join(kept) + "\r\n"


def _with_directions(text: str) -> str:
    """Write out the default direction, sendrecv (RFC 8866, section 6.7), which aiortc does not know."""
    session, *sections = re.split(r"(?m)^(?=m=)", text)
    return session + "".join(section if _DIRECTION.search(section) else f"{section}a=sendrecv\r\n" for section in sections)


def _check_sections(description: sdp.SessionDescription) -> None:
    kinds = [media.kind for media in description.media]
    mids = [media.rtp.muxId for media in description.media]
    if len(kinds) > MEDIA_LIMIT:
        raise UnplayableOffer(f"the offer has {len(kinds)} media sections; {MEDIA_LIMIT} are enough")
    if len(set(mids)) < len(mids):
        raise MalformedOffer("two media sections of the offer have the same a=mid")
    unknown = set(kinds) - {"audio", "video", "application"}
    if unknown:
        raise UnplayableOffer(f"the offer has a section of kind {min(unknown)}")
    for kind in ("audio", "video", "application"):
        if kinds.count(kind) > 1:
            raise UnplayableOffer(f"the offer has {kinds.count(kind)} {kind} sections; a viewer gets one stream (draft-ietf-wish-whep)")
    for media in description.media:
        if media.dtls is None or not media.dtls.fingerprints:
            raise MalformedOffer("a media section lacks a=setup or a=fingerprint")


def _first_bundled(description: sdp.SessionDescription) -> str:
    bundle = next((group.items for group in description.group if group.semantic == "BUNDLE"), [])
    return str(bundle[0] if bundle else description.media[0].rtp.muxId)


def _video(description: sdp.SessionDescription) -> list[RTCRtpCodecCapability]:
    media = next((media for media in description.media if media.kind == "video"), None)
    if media is None:
        raise UnplayableOffer("the offer has no video section")
    if media.direction not in ("recvonly", "sendrecv"):
        raise UnplayableOffer(f"the offer's video is {media.direction}; a viewer offers recvonly")
    offered = {_h264_profile(codec.parameters) for codec in media.rtp.codecs if codec.mimeType.lower() == "video/h264"}
    name = next((name for name in PLAYABLE if sdp.parse_h264_profile_level_id(name)[0] in offered), None)
    if name is None:
        raise UnplayableOffer("the offer lacks H.264 baseline with packetization-mode=1, which every WebRTC viewer must take (RFC 7742)")
    return [
        codec
        for codec in RTCRtpSender.getCapabilities("video").codecs
        if codec.mimeType == "video/rtx" or codec.parameters.get("profile-level-id") == name
    ]


def _h264_profile(parameters: dict[str, int | str | None]) -> sdp.H264Profile | None:
    """The profile of an offered H.264 in packetization mode 1; None in another mode, or of a profile unknown."""
    if str(parameters.get("packetization-mode", "0")) != "1":
        return None
    try:
        profile: sdp.H264Profile = sdp.parse_h264_profile_level_id(str(parameters.get("profile-level-id", "42E01F")))[0]
    except ValueError:
        return None
    return profile


def _audio(description: sdp.SessionDescription) -> list[RTCRtpCodecCapability]:
    media = next((media for media in description.media if media.kind == "audio"), None)
    if media is None or media.direction not in ("recvonly", "sendrecv"):
        return []
    if not any(codec.mimeType.lower() == "audio/opus" for codec in media.rtp.codecs):
        return []
    return [codec for codec in RTCRtpSender.getCapabilities("audio").codecs if codec.mimeType == "audio/opus"]
