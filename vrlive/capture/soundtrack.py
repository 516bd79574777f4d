"""The sound of a video file, piece by piece, in step with its pictures."""

from collections.abc import Iterator
from pathlib import Path

import av

from vrlive.capture.opening import decoded, open_file
from vrlive.capture.sound import SoundNormaliser
from vrlive.frames import AMBISONIC_CHANNELS, SOUND_RATE_HZ, Sound


class Soundtrack:
    """The first sound of an opened video file.

    Parameters
    ----------
    path
        The file.
    ambisonics
        Whether its sound is, though it may not say so: see `vrlive.capture.sound`.

    Attributes
    ----------
    exists
        Whether the file has any.
    ambisonics
        Whether it is ambisonics: four channels; else two.

    Raises
    ------
    InputError
        If the file cannot be read.
    """

    def __init__(self, path: Path, *, ambisonics: bool = False) -> None:
        self._declared = ambisonics
        self._source = open_file(path)
        video = self._source.streams.video[0]
        self._first_picture_s = float((video.start_time or 0) * (video.time_base or 1))
        self._audio = self._source.streams.audio[0] if self._source.streams.audio else None
        self.exists = self._audio is not None
        self._sounds = self._all()
        self._next = next(self._sounds, None)
        self.ambisonics = self._next is not None and self._next.samples.shape[1] == AMBISONIC_CHANNELS

    def until(self, time_s: float) -> Iterator[Sound]:
        """What was not given yet and begins before `time_s`; `captured_s` counts from the first picture."""
        while self._next is not None and self._next.captured_s < time_s:
            yield self._next
            self._next = next(self._sounds, None)

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def _all(self) -> Iterator[Sound]:
        """Sound from the first picture on."""
        if self._audio is None:
            return
        normaliser = SoundNormaliser(ambisonics=self._declared)
        for packet in self._source.demux(self._audio):
            for frame in decoded(packet):
                assert isinstance(frame, av.AudioFrame)
                for pts_s, samples in normaliser.run(frame):
                    early = max(0, round((self._first_picture_s - pts_s) * SOUND_RATE_HZ))
                    if early < len(samples):
                        yield Sound(samples[early:], pts_s - self._first_picture_s + early / SOUND_RATE_HZ)
