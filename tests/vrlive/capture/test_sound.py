"""Decoded sound of any layout into a house format."""

from fractions import Fraction

import av
import numpy as np
import pytest

from vrlive.capture.sound import SoundNormaliser


def decoded(layout: str, rate: int = 48_000) -> av.AudioFrame:
    """Ten milliseconds in which channel n is n + 1 hundredths all the time, as a decoder hands them out."""
    channels = av.AudioLayout(layout).nb_channels
    frame = av.AudioFrame("flt", layout, rate // 100)
    samples = np.tile(np.arange(1, channels + 1, dtype=np.float32) / 100, (rate // 100, 1))
    frame.planes[0].update(samples.tobytes())
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    return frame


@pytest.mark.parametrize(
    ("layout", "declared", "heard"),
    [
        ("mono", False, [0.01 * 2**-0.5] * 2),
        ("stereo", False, [0.01, 0.02]),
        ("stereo", True, [0.01, 0.02]),
        ("quad", True, [0.01, 0.02, 0.03, 0.04]),
        ("4.0", True, [0.01, 0.02, 0.03, 0.04]),
        ("4 channels", True, [0.01, 0.02, 0.03, 0.04]),
        ("ambisonic 1", False, [0.01, 0.02, 0.03, 0.04]),
        ("ambisonic 3", False, [0.01, 0.02, 0.03, 0.04]),
        ("7.1", True, [0.01, 0.02, 0.03, 0.04]),
    ],
)
def test_channels_are_kept_or_mixed_down(layout: str, declared: bool, heard: list[float]) -> None:
    [(pts_s, samples)] = SoundNormaliser(ambisonics=declared).run(decoded(layout))
    assert pts_s == 0
    assert samples.shape == (480, len(heard))
    assert samples[100] == pytest.approx(heard, abs=1e-4)


def test_surround_that_is_no_ambisonics_becomes_stereo() -> None:
    [(_, samples)] = SoundNormaliser().run(decoded("quad"))
    assert samples.shape == (480, 2)


@pytest.mark.parametrize("layout", ["stereo", "ambisonic 1"])
def test_any_rate_becomes_ours(layout: str) -> None:
    normaliser = SoundNormaliser()
    pieces = [piece for n in range(20) for piece in normaliser.run(_at(decoded(layout, 44_100), n * 441))]
    assert sum(len(samples) for _, samples in pieces) == pytest.approx(9600, abs=100)
    assert pieces[-1][1][-1][:2] == pytest.approx([0.01, 0.02], abs=1e-3)


def _at(frame: av.AudioFrame, pts: int) -> av.AudioFrame:
    frame.pts = pts
    return frame
