"""An MP4 for keeping: H.264 for quality rather than for speed, AAC (Opus for the sphere of sound), marked as a sphere.

Nobody waits for these pictures, so x264 may look ahead and use B-frames, which the live encoder must not.
"""

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from numpy.typing import NDArray

from streaming.encoder import tag_colours
from streaming.opus import continued
from streaming.sound_format import AMBISONICS, SoundFormat
from streaming.spherical import Mapping, Stereo, write_spherical
from vrlive.errors import EncodeError
from vrlive.frames import SOUND_RATE_HZ, Picture, Sound
from vrlive.units import VIDEO_CLOCK_HZ, Size

CRF: Final = 18  # close to what the eye takes for lossless
PRESET: Final = "fast"
KEYFRAME_S: Final = 2.0  # players can jump to each
AAC_BPS: Final = 192_000


class Movie:
    """Pictures and sound into an MP4 that is complete once `finish` was called.

    Parameters
    ----------
    path
        The file to write. While it is not finished, the media lie beside it in a file whose name ends in ``.media``.
    size, fps
        Size of every picture, and the nominal frame rate; pictures may come at other times.
    sound
        What its sound will be; None: it is silent.
    cameras
        How many made the picture, for its description.
    mapping, stereo
        How the sphere is laid over the frame (None: it is not marked), and how the eyes share it.

    Raises
    ------
    EncodeError
        If x264 refuses the size. Also while writing, if it or the disk fails.
    """

    def __init__(
        self,
        path: Path,
        size: Size,
        fps: Fraction,
        *,
        sound: SoundFormat | None,
        cameras: int,
        mapping: Mapping | None = Mapping.EQUIRECT,
        stereo: Stereo = Stereo.MONO,
    ) -> None:
        self._path, self._media, self._cameras = path, path.with_name(f"{path.name}.media"), cameras
        self._mapping, self._stereo, self._sound = mapping, stereo, sound
        self._out = av.open(str(self._media.absolute()), "w", format="mp4")
        self._video = self._add_video(size, fps)
        self._audio = self._add_audio(sound) if sound else None
        self._samples = 0  # of sound, written so far

    def write(self, picture: Picture, time_s: float) -> None:
        """Write a picture, shown from `time_s` on, later than the one before."""
        frame = av.VideoFrame.from_numpy_buffer(picture.packed(), "yuv420p")
        frame.pts, frame.time_base = round(time_s * VIDEO_CLOCK_HZ), Fraction(1, VIDEO_CLOCK_HZ)
        self._mux(self._video, frame)

    def write_sound(self, sound: Sound) -> None:
        """Write sound where it belongs: a gap before it is filled with silence, an overlap is cut off."""
        assert self._audio, "this movie was announced without sound"
        assert self._sound
        samples = continued(sound.samples, sound.captured_s - self._samples / SOUND_RATE_HZ)
        if len(samples):
            self._mux(self._audio, _audio_frame(samples, self._samples, self._sound))
            self._samples += len(samples)

    def finish(self) -> None:
        """Write what the encoders still hold, and the index."""
        for stream in (self._video, self._audio):
            if stream:
                self._mux(stream, None)
        self.close()
        write_spherical(
            self._media,
            self._path,
            stereo=self._stereo,
            cameras=self._cameras,
            mapping=self._mapping,
            ambisonics=self._sound is AMBISONICS,
        )

    def close(self) -> None:
        """Free the encoders; a movie that is not finished cannot be played."""
        self._out.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
        self._media.unlink(missing_ok=True)

    def _add_video(self, size: Size, fps: Fraction) -> VideoStream:
        options = {"preset": PRESET, "crf": str(CRF)}
        video = self._out.add_stream("libx264", rate=fps, options=options)
        video.width, video.height, video.pix_fmt = size.width, size.height, "yuv420p"
        codec = video.codec_context
        codec.time_base = Fraction(1, VIDEO_CLOCK_HZ)
        codec.gop_size = max(1, round(KEYFRAME_S * fps))
        tag_colours(codec)
        try:
            codec.open()
        except (av.error.FFmpegError, ValueError) as fault:
            self._out.close()
            raise EncodeError(f"x264 refused {size} at {float(fps):g} frames a second: {fault}") from fault
        return video

    def _add_audio(self, sound: SoundFormat) -> AudioStream:
        """AAC has no ambisonics: its four channels are front, left, right and back, and players set them in another order."""
        codec, options = ("libopus", {"mapping_family": str(sound.mapping_family)}) if sound is AMBISONICS else ("aac", {})
        audio = self._out.add_stream(codec, rate=SOUND_RATE_HZ, layout=sound.layout, options=options)
        assert isinstance(audio, AudioStream)
        audio.codec_context.bit_rate = sound.bps if sound is AMBISONICS else AAC_BPS
        return audio

    def _mux(self, stream: Any, frame: av.VideoFrame | av.AudioFrame | None) -> None:
        try:
            self._out.mux(stream.encode(frame))
        except (av.error.FFmpegError, OSError) as fault:
            raise EncodeError(f"{self._path.name} cannot be written on: {fault.strerror or fault}") from fault


def _audio_frame(samples: NDArray[np.float32], pts: int, form: SoundFormat) -> av.AudioFrame:
    packed = form is AMBISONICS  # as its encoder takes them
    shaped = samples.reshape(1, -1) if packed else samples.T
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(shaped), "flt" if packed else "fltp", form.layout)
    frame.rate, frame.pts, frame.time_base = SOUND_RATE_HZ, pts, Fraction(1, SOUND_RATE_HZ)
    return frame
