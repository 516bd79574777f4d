"""SDP offers of viewers and cameras: read with suspicion, and cut down to what aiortc shall see."""

import ipaddress
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from aiortc import RTCRtpSender, sdp
from aiortc.rtcrtpparameters import RTCRtpCodecCapability

from streaming import multiopus
from streaming.h264 import CONSTRAINED_BASELINE

MEDIA_LIMIT = 8  # sections; a viewer needs three
CANDIDATE_LIMIT = 16  # of a session: we probe each one, and nobody shall make us probe somebody's whole network
PLAYABLE = (f"{CONSTRAINED_BASELINE}1f", "42001f")  # aiortc's names for constrained baseline and baseline; the first that is offered

_DIRECTION = re.compile(r"^a=(sendrecv|recvonly|sendonly|inactive)\r?$", re.MULTILINE)
_CANDIDATE = re.compile(  # RFC 8839, section 5.1, without the extensions after the type
    r"a=candidate:\S{1,32} (?P<component>\d{1,3}) (?P<transport>\S+) \d{1,10} (?P<address>\S+) (?P<port>\d{1,5}) typ \w+", re.ASCII
)
_HOST_NAME = re.compile(r"[\w.-]*\.[a-z][\w-]*", re.ASCII | re.IGNORECASE)

log = logging.getLogger("streaming.offer")


class MalformedOffer(ValueError):
    """What was sent is no SDP offer: 400."""


class UnplayableOffer(ValueError):
    """A sound offer of what we cannot send, or cannot take: 422."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer that can be answered.

    Attributes
    ----------
    sdp
        The offer for aiortc: the same, without candidates that we do not probe.
    video, audio
        What to prefer in ``setCodecPreferences``: the codec, and RTX. `audio` is empty when the other side has no use for ours.
    ufrags
        The other side's ICE user name fragments: one, when all is bundled.
    mid
        The section whose transport all others share (RFC 9143): where its candidates belong.
    candidates
        How many it holds that we probe.
    parameters
        Of a camera's H.264, as it offered them (RFC 6184, section 8.1): payload type and text.
    multiopus
        Payload type at which a viewer is sent the sphere of sound; None: it is sent stereo.
    """

    sdp: str
    video: list[RTCRtpCodecCapability]
    audio: list[RTCRtpCodecCapability]
    ufrags: frozenset[str]
    mid: str
    candidates: int
    parameters: tuple[int, str] = (0, "")
    multiopus: int | None = None


Description = sdp.SessionDescription
Choice = Callable[[Description], list[RTCRtpCodecCapability]]


def read_viewers_offer(text: str, *, ambisonics: bool = False) -> Offer:
    """Check a WHEP offer to a channel that has the sphere of sound, or has stereo alone.

    Raises
    ------
    MalformedOffer
        If it is not SDP, or aiortc could not make sense of it.
    UnplayableOffer
        If it has no place for our video, or more than one.
    """
    offer = _read(text, _watched_video, lambda description: _opus(description, "recvonly"))
    return _with_sphere(offer) if ambisonics else offer


def read_cameras_offer(text: str) -> Offer:
    """Check a WHIP offer.

    Raises
    ------
    MalformedOffer
        If it is not SDP, or aiortc could not make sense of it.
    UnplayableOffer
        If it has no video that we take, or more than one.
    """
    offer = _read(text, _published_video, lambda description: _opus(description, "sendonly"))
    return _with_known_parameters(offer)


def _read(text: str, video: Choice, audio: Choice) -> Offer:
    _check_text(text)
    text, candidates = _with_few_candidates(text)
    text = _with_directions(text)
    try:
        description = Description.parse(text)
    except Exception as fault:  # aiortc's parser raises whatever comes: assertions, missing keys, StopIteration
        log.debug("an offer cannot be read: %r", fault)
        raise MalformedOffer("the body is not an SDP offer: one of its lines cannot be read (RFC 8866)") from fault
    _check_sections(description)
    _check_bundle(description)
    ufrags = frozenset(media.ice.usernameFragment for media in description.media if media.ice and media.ice.usernameFragment)
    return Offer(text, video(description), audio(description), ufrags, _first_bundled(description), candidates)


def read_candidates(fragment: str) -> tuple[str | None, list[str]]:
    """The ``ice-ufrag`` and the candidates that an SDP fragment (RFC 8840) names, without those that we do not probe.

    Raises
    ------
    MalformedOffer
        If there is neither, or a candidate that is none.
    """
    lines = fragment.splitlines()
    given = [line for line in lines if line.startswith("a=candidate:")]
    ufrag = next((line.removeprefix("a=ice-ufrag:") for line in lines if line.startswith("a=ice-ufrag:")), None)
    if not ufrag and not given:
        raise MalformedOffer("the body is not an SDP fragment: it has neither a=ice-ufrag nor a=candidate")
    return ufrag, [probed.removeprefix("a=candidate:") for line in given if (probed := _probed(line))]


def _check_text(text: str) -> None:
    if not re.match(r"v=0\r?\n", text):
        raise MalformedOffer("the body is not an SDP offer: its first line is not v=0")
    if not re.search(r"^o=", text, re.MULTILINE):
        raise MalformedOffer("the body is not an SDP offer: it lacks the line o= (RFC 8866, section 5.2)")
    if "\0" in text:
        raise MalformedOffer("the body is not an SDP offer: it holds a zero byte (RFC 8866, section 5)")


def _with_few_candidates(text: str) -> tuple[str, int]:
    """Drop the candidates that are none, that we do not probe, and all beyond the limit; say how many are left.

    The end of candidates goes too: a viewer of which we know no address may still reach ours.
    """
    kept, count = [], 0
    for line in text.splitlines():
        if line.startswith("a=end-of-candidates"):
            continue
        if line.startswith("a=candidate:"):
            probed = _probed_or_none(line) if count < CANDIDATE_LIMIT else None
            kept += [probed] if probed else []
            count += probed is not None
        else:
            kept.append(line)
    return "\r\n".join(kept) + "\r\n", count


def _probed(line: str) -> str | None:
    """A candidate as we probe it: without extensions. None of a sound one that we do not probe.

    Those need name resolution (mDNS names; their owner finds us), or TCP, or are for RTCP alone.
    """
    found = _CANDIDATE.match(line)
    if not found:
        raise MalformedOffer(f"“{line[:200]}” is not an ICE candidate (RFC 8839, section 5.1)")
    if found["transport"].lower() != "udp" or found["component"] != "1" or _HOST_NAME.fullmatch(found["address"]):
        return None
    if not 1 <= int(found["port"]) <= 65535 or not _is_of_one_host(found["address"]):
        raise MalformedOffer(f"“{line[:200]}” cannot be reached: a candidate has the address of one host and a port of 1 to 65535")
    return found[0]


def _probed_or_none(line: str) -> str | None:
    try:
        return _probed(line)
    except MalformedOffer:
        return None


def _is_of_one_host(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (found.is_multicast or found.is_unspecified or (found.is_reserved and not found.is_loopback))


def _with_directions(text: str) -> str:
    """Write out the default direction, sendrecv (RFC 8866, section 6.7), which aiortc does not know."""
    session, *sections = re.split(r"(?m)^(?=m=)", text)
    return session + "".join(section if _DIRECTION.search(section) else f"{section}a=sendrecv\r\n" for section in sections)


def _check_sections(description: Description) -> None:
    kinds = [media.kind for media in description.media]
    mids = [media.rtp.muxId for media in description.media]
    if len(kinds) > MEDIA_LIMIT:
        raise UnplayableOffer(f"the offer has {len(kinds)} media sections; {MEDIA_LIMIT} are enough")
    if None in mids:
        raise MalformedOffer("a media section of the offer has an a=mid without a name")
    if len(set(mids)) < len(mids):
        raise MalformedOffer("two media sections of the offer have the same a=mid")
    unknown = set(kinds) - {"audio", "video", "application"}
    if unknown:
        raise UnplayableOffer(f"the offer has a section of kind {min(unknown)}")
    for kind in ("audio", "video", "application"):
        if kinds.count(kind) > 1:
            raise UnplayableOffer(f"the offer has {kinds.count(kind)} {kind} sections; one is enough")
    for media in description.media:
        if media.dtls is None or not media.dtls.fingerprints:
            raise MalformedOffer("a media section lacks a=setup or a=fingerprint")
        if not (media.ice and media.ice.usernameFragment and media.ice.password):
            raise MalformedOffer("a media section lacks a=ice-ufrag or a=ice-pwd")
        if media.kind != "application" and not media.rtcp_mux:
            raise MalformedOffer("a media section lacks a=rtcp-mux (RFC 9429, section 4.1.1)")


def _check_bundle(description: Description) -> None:
    """A group that names a section that is not there, or one twice, would leave aiortc without a transport."""
    bundled, mids = _bundled(description), [media.rtp.muxId for media in description.media]
    if len(set(bundled)) < len(bundled) or not set(bundled) <= set(mids):
        raise MalformedOffer(f"a=group:BUNDLE must name sections of the offer, each once; they are {' '.join(mids)}")


def _bundled(description: Description) -> list[str]:
    return next(([str(mid) for mid in group.items] for group in description.group if group.semantic == "BUNDLE"), [])


def _first_bundled(description: Description) -> str:
    return (_bundled(description) or [str(description.media[0].rtp.muxId)])[0]


def _watched_video(description: Description) -> list[RTCRtpCodecCapability]:
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


def _opus(description: Description, direction: str) -> list[RTCRtpCodecCapability]:
    media = next((media for media in description.media if media.kind == "audio"), None)
    if media is None or media.direction not in (direction, "sendrecv"):
        return []
    if not any(codec.mimeType.lower() == "audio/opus" for codec in media.rtp.codecs):
        return []
    return [codec for codec in RTCRtpSender.getCapabilities("audio").codecs if codec.mimeType == "audio/opus"]


def _published_video(description: Description) -> list[RTCRtpCodecCapability]:
    media = next((media for media in description.media if media.kind == "video"), None)
    if media is None:
        raise UnplayableOffer("the offer has no video section")
    if media.direction not in ("sendonly", "sendrecv"):
        raise UnplayableOffer(f"the offer's video is {media.direction}; a camera offers sendonly (RFC 9725, section 4.2)")
    if not any(codec.mimeType.lower() == "video/h264" for codec in media.rtp.codecs):
        raise UnplayableOffer("the offer lacks H.264, which every WebRTC client must have (RFC 7742); cameras are taken in no other codec")
    return [
        codec
        for codec in RTCRtpSender.getCapabilities("video").codecs
        if codec.mimeType == "video/rtx" or codec.parameters.get("profile-level-id") == PLAYABLE[0]
    ]


def _with_sphere(offer: Offer) -> Offer:
    """The offer as aiortc can answer it, if it asks for the sphere of sound."""
    asked = multiopus.asked_for(Description.parse(offer.sdp))
    if asked is None:
        return offer
    text = multiopus.as_plain(offer.sdp, asked)
    return replace(offer, sdp=text, audio=_opus(Description.parse(text), "recvonly"), multiopus=asked)


def _with_known_parameters(offer: Offer) -> Offer:
    """The offer with one H.264 as aiortc knows it. The profile matters to decoders only, and ours takes any; baseline is preferred."""
    media = next(media for media in Description.parse(offer.sdp).media if media.kind == "video")
    offered = [codec for codec in media.rtp.codecs if codec.mimeType.lower() == "video/h264"]
    baseline = [sdp.parse_h264_profile_level_id(name)[0] for name in PLAYABLE]
    in_mode = [codec for codec in offered if str(codec.parameters.get("packetization-mode", "0")) == "1"] or offered
    chosen = next((codec for codec in in_mode if _h264_profile(codec.parameters) in baseline), in_mode[0]).payloadType or 0
    line = re.compile(rf"^a=fmtp:{chosen} (.*?)\r?$", re.MULTILINE)
    said = line.search(offer.sdp)
    known = f"a=fmtp:{chosen} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={PLAYABLE[0]}"
    text = line.sub("", offer.sdp)
    text = re.sub(rf"^(a=rtpmap:{chosen} .*?)\r?$", rf"\1\r\n{known}\r", text, count=1, flags=re.MULTILINE)
    return replace(offer, sdp=re.sub(r"(\r?\n)+", "\r\n", text), parameters=(chosen, said[1] if said else ""))
