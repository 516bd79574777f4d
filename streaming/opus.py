"""The one encode that all viewers share: sound, by Opus."""

from fractions import Fraction

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.codec.context import CodecContext
from numpy.typing import NDArray

from streaming.access_unit import AccessUnit
from vrlive.errors import EncodeError
from vrlive.frames import SOUND_RATE_HZ, Sound

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
        late_s = sound.captured_s - (self._start_s + len(self._pending) / SOUND_RATE_HZ)
        if abs(late_s) > LONGEST_GAP_S:
            self._jump(sound.captured_s)
            late_s = 0.0
        self._pending = np.concatenate([self._pending, continued(sound.samples, late_s)])

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


def continued(samples: NDArray[np.float32], late_s: float) -> NDArray[np.float32]:
    """Samples (n, channels) as they carry on sound that ended `late_s` before them: a gap is filled with silence, an overlap is cut off."""
    if late_s > GAP_S:
        return np.concatenate([np.zeros((round(late_s * SOUND_RATE_HZ), samples.shape[1]), np.float32), samples])
    return samples[round(-late_s * SOUND_RATE_HZ) :] if late_s < -GAP_S else samples


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
