"""Decoded sound of any rate and layout into a house format: float32 at 48 kHz, stereo or ambisonics of the first order."""

import av
import numpy as np
from numpy.typing import NDArray

from vrlive.frames import AMBISONIC_CHANNELS, SOUND_RATE_HZ

Samples = NDArray[np.float32]


class SoundNormaliser:
    """Brings one camera's sound into a house format. Used on one thread; a new one is needed after a jump in time.

    Parameters
    ----------
    ambisonics
        Whether four channels and more are ambisonics though the stream does not say so. The first four of any order are the first order.
    """

    def __init__(self, *, ambisonics: bool = False) -> None:
        self._ambisonics = ambisonics
        self._resampler: av.AudioResampler | None = None
        self._sphere = False

    def run(self, frame: av.AudioFrame) -> list[tuple[float, Samples]]:
        """Pieces of sound: the time stamp of the first sample in seconds of the stream, and samples as in `vrlive.frames.Sound`."""
        if self._resampler is None:
            many = frame.layout.nb_channels >= AMBISONIC_CHANNELS
            self._sphere = many and (self._ambisonics or frame.layout.name.startswith("ambisonic"))
            layout = frame.layout.name if self._sphere else "stereo"
            self._resampler = av.AudioResampler(format="flt", layout=layout, rate=SOUND_RATE_HZ)
        return [
            (float(piece.pts * piece.time_base), self._samples(piece))
            for piece in self._resampler.resample(frame)
            if piece.pts is not None and piece.time_base is not None
        ]

    def _samples(self, piece: av.AudioFrame) -> Samples:
        samples = np.asarray(piece.to_ndarray(), np.float32).reshape(-1, piece.layout.nb_channels)
        return np.ascontiguousarray(samples[:, :AMBISONIC_CHANNELS]) if self._sphere else samples
