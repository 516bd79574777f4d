"""Fragmented MP4 (ISO/IEC 14496-12, 8.8) of what is on air: pictures as they were encoded, sound as AAC, which every player knows.

Each fragment can be played with the index alone, so that a file ends well wherever it is cut off between two, and caches can hold them.
"""

import io
import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.codec.context import CodecContext
from av.video.stream import VideoStream
from numpy.typing import NDArray

from streaming.access_unit import AccessUnit
from streaming.h264 import split_parameter_sets
from streaming.opus import OPUS_SAMPLES, continued
from streaming.sound_format import AMBISONICS, STEREO, SoundFormat
from streaming.spherical import Marks, mark_index
from vrlive.errors import EncodeError
from vrlive.frames import SOUND_RATE_HZ
from vrlive.units import VIDEO_CLOCK_HZ

AAC_BPS: Final = 160_000
AAC_SAMPLES: Final = 1024  # in a frame of AAC LC (ISO/IEC 14496-3)
LONGEST_SILENCE_S: Final = 10.0  # a longer gap in the sound is left open
MOVFLAGS: Final = "frag_keyframe+empty_moov+default_base_moof+skip_trailer"
INDEX: Final = {b"ftyp", b"moov"}


class FragmentMuxer:
    """Access units into fragments. It is made for a keyframe, and holds as long as the parameter sets do.

    Parameters
    ----------
    keyframe
        The first picture, which is still to be written. Times in the file begin with it.
    marks
        What to say of pictures and sound.
    sound
        What the sound is.
    longest_s
        A fragment is ended after so long, be the next picture a keyframe or not; None: at keyframes only.

    Raises
    ------
    EncodeError
        If the keyframe has no parameter sets that can be read. While writing: if FFmpeg refuses.

    Attributes
    ----------
    index
        What comes before the first fragment: ftyp and moov.
    parameter_sets
        That it was made for.
    """

    def __init__(self, keyframe: AccessUnit, marks: Marks, sound: SoundFormat = STEREO, longest_s: float | None = None) -> None:
        self.parameter_sets, _ = split_parameter_sets(keyframe.data)
        self._start = keyframe.pts
        self._as_it_is = sound is AMBISONICS
        self._out = _Boxes()
        options = {"movflags": MOVFLAGS, "flush_packets": "1"} | ({"frag_duration": str(round(longest_s * 1e6))} if longest_s else {})
        try:
            self._container = av.open(self._out, "w", format="mp4", options=options)
            self._video = self._add_video(keyframe)
            self._audio = self._add_audio(sound)
            self._container.start_encoding()
        except (av.error.FFmpegError, ValueError, IndexError) as fault:
            raise EncodeError(f"the pictures cannot be put into an MP4: {fault}") from fault
        self._sound_start = keyframe.pts * SOUND_RATE_HZ // VIDEO_CLOCK_HZ
        self._sound = _SoundLine(self._sound_start, sound)
        self._moof = b""
        self.index = mark_index(b"".join(box for kind, box in self._out.take() if kind in INDEX), marks)

    @property
    def start_s(self) -> float:
        """Where on the channel's time line the first picture is."""
        return self._start / VIDEO_CLOCK_HZ

    def time_s(self, unit: AccessUnit) -> float:
        """When a picture is shown, from the first one on."""
        return (unit.pts - self._start) / VIDEO_CLOCK_HZ

    def write(self, unit: AccessUnit) -> Iterator[bytes]:
        """Write one picture or packet of sound; the fragments that are complete now."""
        try:
            if unit.kind == "video":
                self._container.mux(self._picture(unit))
            elif self._as_it_is:
                self._container.mux(self._packet(unit))
            else:
                for frame in self._sound.run(unit):
                    self._mux_sound(frame)
        except (av.error.FFmpegError, ValueError) as fault:
            raise EncodeError(f"the MP4 cannot be written on: {fault}") from fault
        yield from self._fragments()

    def finish(self) -> Iterator[bytes]:
        """End the file; what was still to come of it."""
        try:
            if not self._as_it_is:
                self._mux_sound(None)
            self._container.close()
        except (av.error.FFmpegError, ValueError) as fault:
            raise EncodeError(f"the MP4 cannot be ended: {fault}") from fault
        yield from self._fragments()

    def _picture(self, unit: AccessUnit) -> "av.Packet[Any]":
        packet = av.Packet(split_parameter_sets(unit.data)[1] if unit.keyframe else unit.data)
        packet.stream, packet.time_base = self._video, Fraction(1, VIDEO_CLOCK_HZ)
        packet.pts = packet.dts = unit.pts - self._start
        packet.is_keyframe = unit.keyframe
        return packet

    def _packet(self, unit: AccessUnit) -> "list[av.Packet[Any]]":
        """A packet of Opus as it was encoded; none before the first picture."""
        packet = av.Packet(unit.data)
        packet.stream, packet.time_base = self._audio, Fraction(1, SOUND_RATE_HZ)
        packet.pts = packet.dts = unit.pts - self._sound_start
        packet.duration = OPUS_SAMPLES
        return [packet] if packet.pts >= 0 else []

    def _mux_sound(self, frame: av.AudioFrame | None) -> None:
        for packet in self._audio.encode(frame):
            if packet.pts is not None and packet.pts >= 0:  # before that lies what AAC needs to begin: no file begins before its pictures
                self._container.mux(packet)

    def _fragments(self) -> Iterator[bytes]:
        for kind, box in self._out.take():
            if kind == b"moof":
                self._moof = box
            elif kind == b"mdat":
                yield self._moof + box

    def _add_video(self, keyframe: AccessUnit) -> VideoStream:
        """As FFmpeg reads the stream itself: size, colours, parameter sets."""
        with av.open(io.BytesIO(keyframe.data), format="h264") as source:
            video = self._container.add_stream_from_template(source.streams.video[0])
        video.time_base = Fraction(1, VIDEO_CLOCK_HZ)
        return video

    def _add_audio(self, sound: SoundFormat) -> AudioStream:
        """AAC, which every player knows; but it has no ambisonics, and Opus has."""
        if sound is AMBISONICS:
            options = {"mapping_family": str(sound.mapping_family)}
            audio = self._container.add_stream("libopus", rate=SOUND_RATE_HZ, layout=sound.layout, options=options)
            assert isinstance(audio, AudioStream)
            return audio
        audio = self._container.add_stream("aac", rate=SOUND_RATE_HZ, layout=sound.layout)
        audio.codec_context.bit_rate = AAC_BPS
        return audio


class _SoundLine:
    """Opus packets on the channel's time line into frames for AAC, without a gap from `start` (ticks) on."""

    def __init__(self, start: int, sound: SoundFormat) -> None:
        self._start, self._layout = start, sound.layout
        self._decoder = CodecContext.create("opus", "r")
        assert isinstance(self._decoder, AudioCodecContext)
        self._decoder.sample_rate, self._decoder.layout = SOUND_RATE_HZ, sound.layout
        self._pending: NDArray[np.float32] | None = None
        self._taken = 0  # samples since start that went out as frames or were left out

    def run(self, unit: AccessUnit) -> Iterator[av.AudioFrame]:
        """The frames that are complete now; what comes before the start is left out."""
        for decoded in self._decoder.decode(av.Packet(unit.data)):
            self._append(decoded.to_ndarray().T.astype(np.float32, copy=False), unit.pts - self._start)
        while self._pending is not None and len(self._pending) >= AAC_SAMPLES:
            yield self._frame(self._pending[:AAC_SAMPLES])
            self._pending = self._pending[AAC_SAMPLES:]
            self._taken += AAC_SAMPLES

    def _append(
        self,
        samples: NDArray[np.float32],  # (n, channels)
        at: int,
    ) -> None:
        pending = samples[:0] if self._pending is None else self._pending
        late_s = (at - self._taken - len(pending)) / SOUND_RATE_HZ
        if late_s > LONGEST_SILENCE_S:
            pending, self._taken, late_s = samples[:0], at, 0.0
        self._pending = np.concatenate([pending, continued(samples, late_s)])

    def _frame(self, samples: NDArray[np.float32]) -> av.AudioFrame:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), "fltp", self._layout)
        frame.rate, frame.pts, frame.time_base = SOUND_RATE_HZ, self._taken, Fraction(1, SOUND_RATE_HZ)
        return frame


class _Boxes:
    """What a muxer writes to: gives it back box by box."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Called by the muxer."""
        self._written.append(bytes(data))
        return len(data)

    def take(self) -> Iterator[tuple[bytes, bytes]]:
        """Kind and all bytes of each box that is complete."""
        if not self._written:
            return
        data, at = b"".join(self._written), 0
        boxes = []
        while at + 8 <= len(data):
            size, kind = struct.unpack_from(">I4s", data, at)
            if at + size > len(data):
                break
            boxes.append((kind, data[at : at + size]))
            at += size
        self._written = [data[at:]] if at < len(data) else []
        yield from boxes
