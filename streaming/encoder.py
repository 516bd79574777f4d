"""The one encode that all viewers share: x264 for pictures, Opus for sound.

x264 runs ultrafast to veryfast with ``zerolatency``: a picture goes in, its access unit comes out. The stream is constrained baseline
(what every WebRTC decoder must take, RFC 7742 section 6.2) with parameter sets before each keyframe. Steady encode times matter more than
short ones, for a browser's jitter buffer grows with their spread: hence sliced threads, and no lookahead.
"""

import os
from fractions import Fraction

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from numpy.typing import NDArray

from streaming.access_unit import AccessUnit
from streaming.h264 import Level, level_for
from vrlive.config import EncodeConfig
from vrlive.errors import EncodeError
from vrlive.frames import SOUND_RATE_HZ, Frame, Plane, Sound
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

    def encode(self, frame: Frame, keyframe: bool = False) -> AccessUnit | None:
        """Encode one frame; its pixels may be overwritten as soon as this returns.

        Parameters
        ----------
        frame
            A picture of this encoder's size, later than the one before.
        keyframe
            The same as `request_keyframe` just before.

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
        self._load(frame)
        try:
            packets = self._codec.encode(self._frame)
        except av.error.FFmpegError as fault:
            raise EncodeError(f"x264 failed: {fault}") from fault
        if not packets:
            return None
        packet = packets[0]
        if packet.is_keyframe:
            self.keyframes += 1
            self._last_keyframe_s = frame.captured_s
        return AccessUnit("video", bytes(packet), self._frame.pts or 0, packet.is_keyframe, frame.captured_s)

    def close(self) -> None:
        """Free x264's threads and memory."""
        del self._codec

    def _load(self, frame: Frame) -> None:
        for mine, theirs in zip(self._planes, frame.picture.planes, strict=True):
            np.copyto(mine, theirs)
        self._frame.pts = round(frame.pts * frame.time_base * VIDEO_CLOCK_HZ)
        self._frame.time_base = Fraction(1, VIDEO_CLOCK_HZ)
        now = self._keyframe_asked and frame.captured_s - self._last_keyframe_s >= KEYFRAME_PAUSE_S
        if now:
            self._keyframe_asked = False
        self._frame.pict_type = PictureType.I if now else PictureType.NONE


def _writable(frame: VideoFrame, index: int) -> Plane:
    """The plane's own memory as an array without its padding, (height, width) uint8."""
    plane = frame.planes[index]
    rows: Plane = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def _open_x264(size: Size, fps: Fraction, level: Level, config: EncodeConfig) -> VideoCodecContext:
    codec = CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = size.width, size.height, "yuv420p"
    codec.framerate, codec.time_base = fps, Fraction(1, VIDEO_CLOCK_HZ)
    codec.color_range, codec.colorspace, codec.color_primaries, codec.color_trc = _LIMITED, _BT709, _BT709, _BT709
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


OPUS_SAMPLES = SOUND_RATE_HZ // 50  # 20 ms a packet (RFC 7587, section 4.2)
OPUS_BPS = 128_000
GAP_S = 0.02  # sound that comes later than this leaves a gap, which is filled with silence
LONGEST_GAP_S = 1.0  # a longer gap is a jump: the time line jumps with it


class OpusEncoder:
    """Sound of any length in, Opus packets of 20 ms out, on one unbroken time line.

    ``pts`` follows the capture time: a gap is filled with silence, an overlap is cut off.
    """

    def __init__(self) -> None:
        self._codec = _open_opus()
        self._pending: NDArray[np.float32] = np.zeros((0, 2), np.float32)
        self._start_s = 0.0  # instant of the first pending sample
        self._frame = AudioFrame("flt", "stereo", OPUS_SAMPLES)
        self._frame.sample_rate = SOUND_RATE_HZ
        self._frame.time_base = Fraction(1, SOUND_RATE_HZ)
        self._pts = 0

    def encode(self, sound: Sound) -> list[AccessUnit]:
        """Encode what is complete; up to 20 ms wait for the next call.

        Raises
        ------
        EncodeError
            If Opus fails.
        """
        self._append(sound)
        units = []
        while len(self._pending) >= OPUS_SAMPLES:
            units += self._encode_one(self._pending[:OPUS_SAMPLES])
            self._pending = self._pending[OPUS_SAMPLES:]
        return units

    def close(self) -> None:
        """Free the encoder."""
        del self._codec

    def _append(self, sound: Sound) -> None:
        samples = np.asarray(sound.samples, np.float32)
        late_s = sound.captured_s - (self._start_s + len(self._pending) / SOUND_RATE_HZ)
        if abs(late_s) > LONGEST_GAP_S:
            self._jump(sound.captured_s)
        elif late_s > GAP_S:
            silence = np.zeros((round(late_s * SOUND_RATE_HZ), 2), np.float32)
            samples = np.concatenate([silence, samples])
        elif late_s < -GAP_S:
            samples = samples[round(-late_s * SOUND_RATE_HZ) :]
        self._pending = np.concatenate([self._pending, samples])

    def _jump(self, captured_s: float) -> None:
        """Start anew at `captured_s`; ``pts`` goes on, forward only."""
        self._pts += max(0, round((captured_s - self._start_s) * SOUND_RATE_HZ)) if self._pts else 0
        self._pending, self._start_s = self._pending[:0], captured_s

    def _encode_one(self, samples: NDArray[np.float32]) -> list[AccessUnit]:
        start_s, pts = self._start_s, self._pts
        self._frame.planes[0].update(np.ascontiguousarray(samples).tobytes())
        self._frame.pts = self._pts
        self._start_s += OPUS_SAMPLES / SOUND_RATE_HZ
        self._pts += OPUS_SAMPLES
        try:
            return [AccessUnit("audio", bytes(packet), pts, True, start_s) for packet in self._codec.encode(self._frame)]
        except av.error.FFmpegError as fault:
            raise EncodeError(f"Opus failed: {fault}") from fault


def _open_opus() -> AudioCodecContext:
    codec = CodecContext.create("libopus", "w")
    codec.format, codec.layout, codec.sample_rate = "flt", "stereo", SOUND_RATE_HZ
    codec.bit_rate, codec.time_base = OPUS_BPS, Fraction(1, SOUND_RATE_HZ)
    codec.options = {"application": "audio", "frame_duration": "20", "vbr": "on"}
    try:
        codec.open()
    except (av.error.FFmpegError, ValueError) as fault:
        raise EncodeError(f"Opus cannot be opened: {fault}") from fault
    return codec
