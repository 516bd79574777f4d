"""The one encode that all viewers share: pictures, by x264.

x264 runs ultrafast to veryfast with ``zerolatency``: a picture goes in, its access unit comes out. The stream is constrained baseline
(what every WebRTC decoder must take, RFC 7742 section 6.2) with parameter sets before each keyframe. Steady encode times matter more than
short ones, for a browser's jitter buffer grows with their spread: hence sliced threads, and no lookahead.
"""

import os
from fractions import Fraction

import av
import numpy as np
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from streaming.access_unit import AccessUnit
from streaming.h264 import Level, level_for
from vrlive.config import EncodeConfig
from vrlive.errors import EncodeError
from vrlive.frames import Frame, Plane
from vrlive.units import VIDEO_CLOCK_HZ, Size

KEYFRAME_PAUSE_S = 0.5  # a keyframe is as large as twenty others: viewers who lose packets must not ask for a stream of them
VBV_S = 0.5  # rate buffer: long enough that a keyframe keeps its quality, short enough that it does not clog a viewer's link
ENCODER_THREADS = 2  # slices of one picture; more would steal the stitcher's cores and cost compression

_BT709, _LIMITED = 1, 1  # ISO/IEC 23091-4 code point; AVCOL_RANGE_MPEG


class VideoEncoder:
    """H.264 by x264. One thread encodes; any thread may call `request_keyframe`.

    Parameters
    ----------
    size
        Size of every picture.
    fps
        Nominal frame rate: it steers the rate control; frames may come at other times.
    config
        Bit rate, keyframe distance and preset.

    Raises
    ------
    EncodeError
        If no H.264 level allows the size and rate, or x264 refuses them.
    """

    def __init__(self, size: Size, fps: Fraction | float, config: EncodeConfig) -> None:
        rate = Fraction(fps).limit_denominator(1001)
        level = level_for(size, rate, config.bitrate_kbps)
        if level is None:
            raise EncodeError(f"no H.264 level allows {size} at {float(rate):g} frames a second")
        self.size, self.level = size, level
        self.keyframes = 0
        self._keyframe_asked = False
        self._last_keyframe_s = -np.inf
        self._frame = VideoFrame(size.width, size.height, "yuv420p")
        self._planes = tuple(_writable(self._frame, index) for index in range(3))
        self._codec = _open_x264(size, rate, level, config)

    def request_keyframe(self) -> None:
        """Make the next frame a keyframe, or the first one `KEYFRAME_PAUSE_S` after the last keyframe."""
        self._keyframe_asked = True

    def encode(self, frame: Frame, keyframe: bool = False, *, at_once: bool = False) -> AccessUnit | None:
        """Encode one frame; its pixels may be overwritten as soon as this returns.

        Parameters
        ----------
        frame
            A picture of this encoder's size, later than the one before.
        keyframe
            The same as `request_keyframe` just before.
        at_once
            Make it a keyframe, however short a time ago the last one was.

        Returns
        -------
        The access unit; None when x264 kept the frame back, which it does not do with these settings.

        Raises
        ------
        EncodeError
            If the picture has another size or x264 fails.
        """
        if frame.picture.size != self.size:
            raise EncodeError(f"a picture of {frame.picture.size} was given to an encoder for {self.size}")
        self._keyframe_asked |= keyframe
        self._load(frame, at_once=at_once)
        try:
            packets = self._codec.encode(self._frame)
        except av.error.FFmpegError as fault:
            raise EncodeError(f"x264 failed: {fault}") from fault
        if not packets:
            return None
        packet = packets[0]
        if packet.is_keyframe:
            self._keyframe_asked = False  # whoever asked has got it
            self.keyframes += 1
            self._last_keyframe_s = frame.captured_s
        return AccessUnit("video", bytes(packet), self._frame.pts or 0, packet.is_keyframe, frame.captured_s)

    def close(self) -> None:
        """Free x264's threads and memory."""
        del self._codec

    def _load(self, frame: Frame, *, at_once: bool) -> None:
        for mine, theirs in zip(self._planes, frame.picture.planes, strict=True):
            np.copyto(mine, theirs)
        self._frame.pts = round(frame.pts * frame.time_base * VIDEO_CLOCK_HZ)
        self._frame.time_base = Fraction(1, VIDEO_CLOCK_HZ)
        now = at_once or (self._keyframe_asked and frame.captured_s - self._last_keyframe_s >= KEYFRAME_PAUSE_S)
        if now:
            self._keyframe_asked = False
        self._frame.pict_type = PictureType.I if now else PictureType.NONE


def tag_colours(codec: VideoCodecContext) -> None:
    """Say in the stream that its colours are the house's: BT.709, limited range."""
    codec.color_range, codec.colorspace, codec.color_primaries, codec.color_trc = _LIMITED, _BT709, _BT709, _BT709


def _writable(frame: VideoFrame, index: int) -> Plane:
    """The plane's own memory as an array without its padding, (height, width) uint8."""
    plane = frame.planes[index]
    rows: Plane = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def _open_x264(size: Size, fps: Fraction, level: Level, config: EncodeConfig) -> VideoCodecContext:
    codec = CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = size.width, size.height, "yuv420p"
    codec.framerate, codec.time_base = fps, Fraction(1, VIDEO_CLOCK_HZ)
    tag_colours(codec)
    codec.bit_rate = config.bitrate_kbps * 1000
    codec.gop_size = max(1, round(config.keyframe_s * fps))
    codec.thread_count = min(ENCODER_THREADS, os.cpu_count() or 1)
    settings = {
        "annexb": 1,
        "force-cfr": 1,  # rate control by `fps`, for frames may be late or missing
        "level": level,
        "repeat-headers": 1,
        "scenecut": 0,  # a cut makes no keyframe of its own: their distance stays known
        "sliced-threads": int(codec.thread_count > 1),
        "vbv-bufsize": max(1, round(config.bitrate_kbps * VBV_S)),
        "vbv-maxrate": config.bitrate_kbps,
    }
    codec.options = {
        "preset": config.preset,
        "tune": "zerolatency",
        "profile": "baseline",
        "forced-idr": "1",
        "x264-params": ":".join(f"{key}={value}" for key, value in settings.items()),
    }
    try:
        codec.open()
    except (av.error.FFmpegError, ValueError) as fault:
        raise EncodeError(f"x264 refused {size} at {float(fps):g} frames a second: {fault}") from fault
    return codec
