"""The one encode that all viewers share: sound, by Opus."""

from fractions import Fraction

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.codec.context import CodecContext
from numpy.typing import NDArray

from streaming.access_unit import AccessUnit
from streaming.sound_format import FORMATS, STEREO, SoundFormat
from vrlive.errors import EncodeError
from vrlive.frames import SOUND_RATE_HZ, Sound

OPUS_SAMPLES = SOUND_RATE_HZ // 50  # 20 ms a packet (RFC 7587, section 4.2)
GAP_S = 0.02  # sound that comes later than this leaves a gap, which is filled with silence


class OpusEncoder:
    """Whole packets of sound in, each piece following the one before; Opus packets of 20 ms out.

    The times of a packet are those of what decoding it gives, which is some milliseconds older than what was put in (RFC 6716, section 2).

    Raises
    ------
    EncodeError
        If there is no Opus in this FFmpeg.
    """

    def __init__(self, form: SoundFormat = STEREO) -> None:
        self._codec = _open_opus(form)
        self._rendition = FORMATS.index(form)
        self._delay_s = int.from_bytes((self._codec.extradata or b"")[10:12], "little") / SOUND_RATE_HZ  # RFC 7845, section 5.1: pre-skip
        self._frame = AudioFrame("flt", form.layout, OPUS_SAMPLES)
        self._frame.sample_rate = SOUND_RATE_HZ
        self._frame.time_base = Fraction(1, SOUND_RATE_HZ)
        self._first_s: float | None = None
        self._count = 0

    def encode(self, sound: Sound) -> list[AccessUnit]:
        """Encode n · `OPUS_SAMPLES` samples.

        Raises
        ------
        EncodeError
            If Opus fails.
        """
        assert len(sound.samples) % OPUS_SAMPLES == 0, "Opus is fed whole packets"
        units = []
        for first in range(0, len(sound.samples), OPUS_SAMPLES):
            units += self._encode_one(sound.samples[first : first + OPUS_SAMPLES], sound.captured_s + first / SOUND_RATE_HZ)
        return units

    def close(self) -> None:
        """Free the encoder."""
        del self._codec

    def _encode_one(self, samples: NDArray[np.float32], captured_s: float) -> list[AccessUnit]:
        if self._first_s is None:
            self._first_s = captured_s
        pts = round((captured_s - self._first_s) * SOUND_RATE_HZ)
        self._frame.planes[0].update(np.ascontiguousarray(samples).tobytes())
        self._frame.pts, self._count = self._count, self._count + OPUS_SAMPLES
        try:
            packets = self._codec.encode(self._frame)
        except av.error.FFmpegError as fault:
            raise EncodeError(f"Opus failed: {fault}") from fault
        return [AccessUnit("audio", bytes(packet), pts, True, captured_s - self._delay_s, self._rendition) for packet in packets]


def continued(samples: NDArray[np.float32], late_s: float) -> NDArray[np.float32]:
    """Samples (n, channels) as they carry on sound that ended `late_s` before them: a gap becomes silence, an overlap is cut off."""
    if late_s > GAP_S:
        return np.concatenate([np.zeros((round(late_s * SOUND_RATE_HZ), samples.shape[1]), np.float32), samples])
    return samples[round(-late_s * SOUND_RATE_HZ) :] if late_s < -GAP_S else samples


def _open_opus(form: SoundFormat) -> AudioCodecContext:
    codec = CodecContext.create("libopus", "w")
    codec.format, codec.layout, codec.sample_rate = "flt", form.layout, SOUND_RATE_HZ
    codec.bit_rate, codec.time_base = form.bps, Fraction(1, SOUND_RATE_HZ)
    codec.options = {"application": "audio", "frame_duration": "20", "vbr": "on"}
    if form.mapping_family:
        codec.options |= {"mapping_family": str(form.mapping_family), "vbr": "constrained"}  # each packet fits into a datagram
    try:
        codec.open()
    except (av.error.FFmpegError, ValueError) as fault:
        raise EncodeError(f"Opus cannot be opened: {fault}") from fault
    return codec
