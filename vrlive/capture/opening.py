"""Opening what a camera's URL names: options, limits and time-outs for each kind, and faults in words that hide passwords."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import av
from av.container import InputContainer

from vrlive.clock import now_s
from vrlive.config import CameraConfig
from vrlive.errors import CaptureError, InputError

LARGEST_PX = 8192 * 8192  # larger frames are refused before memory is taken for them
MOST_STREAMS = 32
FILE_PATIENCE_S = 10.0  # a file that does not answer for so long lies on a dead network drive
PX_A_THREAD = 4_000_000  # up to this size one thread decodes a camera: more only wait for each other

_LIVE: Final = {"analyzeduration": "500000", "probesize": "200000", "fflags": "nobuffer"}  # RTMP opens in 0.7 s instead of 5.4 s
_NETWORK: Final = "tcp,udp,rtp,tls,crypto"
_OPTIONS: Final[dict[str, dict[str, str]]] = {  # `protocol_whitelist`: a playlist from outside must not open this machine's files
    "file": {"protocol_whitelist": "file"},
    "v4l2": _LIVE,
    "rtsp": _LIVE | {"rtsp_transport": "tcp", "protocol_whitelist": _NETWORK},
    "rtsps": _LIVE | {"rtsp_transport": "tcp", "protocol_whitelist": _NETWORK},
    "rtmp": _LIVE | {"rtmp_live": "live", "protocol_whitelist": "rtmp,tcp"},
    "rtmps": _LIVE | {"rtmp_live": "live", "protocol_whitelist": "rtmps,rtmp,tls,tcp,crypto"},
    "http": _LIVE | {"protocol_whitelist": "http,https,tls,tcp,crypto"},
    "https": _LIVE | {"protocol_whitelist": "http,https,tls,tcp,crypto"},
    "udp": _LIVE | {"protocol_whitelist": "udp"},
    "rtp": _LIVE | {"protocol_whitelist": "rtp,udp"},
}


def scheme(url: str) -> str:
    """``rtsp`` of ``rtsp://…``, ``v4l2`` of ``v4l2:/dev/video0``, ``whip`` of ``whip:``; ``file`` of a path."""
    found = re.match(r"(v4l2|whip):|([a-z][a-z0-9+.-]*)://", url, re.IGNORECASE)
    return (found[1] or found[2]).lower() if found else "file"


def redacted(url: str) -> str:
    """The URL as it may be logged: of an address the kind and the host only, for cameras take their keys in all the rest."""
    kind = scheme(url)
    if kind in ("file", "v4l2", "whip"):
        return url
    authority, *rest = re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)
    host = authority.rpartition("@")[2]
    return f"{kind}://…" if "@" in "".join(rest) else f"{kind}://{host}/…"  # a password with “/” in it ends the host too early


def device_options(camera: CameraConfig) -> dict[str, str]:
    """What a v4l2 device is asked for, in FFmpeg's names."""
    asked = {"video_size": camera.input_size, "framerate": camera.input_fps, "input_format": camera.input_format}
    return {name: str(value) for name, value in asked.items() if value is not None}


def open_input(url: str, open_timeout_s: float, read_timeout_s: float, wanted: Mapping[str, str] | None = None) -> InputContainer:
    """Open a file, device or stream for reading; `wanted` are further options of FFmpeg.

    Raises
    ------
    CaptureError
        If it cannot be opened in time or holds no picture.
    """
    kind = scheme(url)
    if kind not in _OPTIONS:
        raise CaptureError(f"{redacted(url)}: “{kind}” is not a kind of address a camera can have; known are {', '.join(_OPTIONS)}")
    options = {"max_streams": str(MOST_STREAMS), "max_pixels": str(LARGEST_PX)} | _OPTIONS[kind] | dict(wanted or {})
    name = url[len("v4l2:") :] if kind == "v4l2" else _plain_path(url) if kind == "file" else url
    with in_words(url, open_timeout_s):
        source = av.open(name, "r", "v4l2" if kind == "v4l2" else None, options, timeout=(open_timeout_s, read_timeout_s))
    if not source.streams.video:
        source.close()
        raise CaptureError(f"{redacted(url)}: holds no picture")
    _set_up_decoder(source)
    return source


def open_file(path: Path) -> InputContainer:
    """Open a video file that somebody gave by its path.

    Raises
    ------
    InputError
        If it cannot be opened or holds no picture; the file and the fault are named.
    """
    try:
        return open_input(str(path.absolute()), FILE_PATIENCE_S, FILE_PATIENCE_S)
    except CaptureError as fault:
        raise InputError(str(fault)) from fault


@contextmanager
def in_words(url: str, patience_s: float) -> Iterator[None]:
    """Turn what FFmpeg raises into a `CaptureError` that a person understands; FFmpeg's own messages hold the whole URL."""
    began_s = now_s()
    try:
        yield
    except av.error.HTTPUnauthorizedError as fault:
        raise CaptureError(f"{redacted(url)}: wants another user name or password") from fault
    except (av.error.ExitError, av.error.TimeoutError) as fault:
        raise CaptureError(f"{redacted(url)}: no answer within {patience_s:g} s") from fault
    except av.error.InvalidDataError as fault:
        cut_off = scheme(url) != "file" and now_s() - began_s >= patience_s  # RTSP says so when it was interrupted
        problem = f"no answer within {patience_s:g} s" if cut_off else "is not video that can be read"
        raise CaptureError(f"{redacted(url)}: {problem}") from fault
    except (av.error.FFmpegError, OSError) as fault:
        raise CaptureError(f"{redacted(url)}: {fault.strerror or 'failed'}") from fault


def decoded(packet: "av.Packet[Any]") -> Sequence[object]:
    """The frames of a packet: none of one that is damaged, for the next keyframe mends it."""
    try:
        return packet.decode()
    except av.error.InvalidDataError:
        return ()


def _plain_path(path: str) -> str:
    """A path that FFmpeg cannot take for one of its protocols, such as ``concat:``."""
    return path if path.startswith("/") else f"file:{path.removeprefix('file://')}"


def _set_up_decoder(source: InputContainer) -> None:
    context = source.streams.video[0].codec_context
    pixels = context.width * context.height
    context.thread_count = min(4, 1 + pixels // PX_A_THREAD)
    context.thread_type = "AUTO" if context.thread_count > 1 else "NONE"
    context.options = {"max_pixels": str(LARGEST_PX)}
