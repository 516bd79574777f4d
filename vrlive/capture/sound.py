"""Decoded sound of any rate and layout into the house format: stereo float32 at 48 kHz."""

import av
import numpy as np
from numpy.typing import NDArray

from vrlive.frames import SOUND_RATE_HZ

Samples = NDArray[np.float32]


class SoundNormaliser:
    """Brings one camera's sound into the house format. Used on one thread; a new one is needed after a jump in time."""

    def __init__(self) -> None:
        self._resampler = av.AudioResampler(format="fltp", layout="stereo", rate=SOUND_RATE_HZ)

    def run(self, frame: av.AudioFrame) -> list[tuple[float, Samples]]:
        """Pieces of sound: the time stamp of the first sample in seconds of the stream, and samples as (n, 2) float32."""
        return [
            (float(piece.pts * piece.time_base), np.ascontiguousarray(piece.to_ndarray().T))
            for piece in self._resampler.resample(frame)
            if piece.pts is not None and piece.time_base is not None
        ]
