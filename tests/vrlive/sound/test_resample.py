"""The resampler, held against SciPy's, which knows the whole signal, and against pure tones."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import resample

from vrlive.frames import SOUND_RATE_HZ
from vrlive.sound.resample import HALF, read

LENGTH = 1 << 14
MIDDLE = slice(1000, LENGTH - 1000)


def ring_of(samples: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.stack([samples, -samples], -1).astype(np.float32)


def read_all(ring: NDArray[np.float32], place: float, step: float, count: int) -> NDArray[np.float32]:
    out = np.empty((count, 2), np.float32)
    read(ring, 0, len(ring), place, step, out)
    return out


def decibels(error: NDArray[np.floating], signal: NDArray[np.floating]) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(error**2)) / np.sqrt(np.mean(signal**2))))


@pytest.mark.parametrize("hz", [20, 440, 1000, 5000, 10_000, 16_000])
@pytest.mark.parametrize("step", [1.0, 1.0001, 0.998])
def test_a_tone_stays_pure(hz: float, step: float) -> None:
    """Distortion and noise together; 16 bits have −98 dB."""
    ring = ring_of(0.5 * np.sin(2 * np.pi * hz * np.arange(LENGTH) / SOUND_RATE_HZ))
    places = 100.3 + step * np.arange(LENGTH - 300)
    true = 0.5 * np.sin(2 * np.pi * hz * places / SOUND_RATE_HZ)
    heard = read_all(ring, 100.3, step, LENGTH - 300)[:, 0]
    assert decibels((heard - true)[MIDDLE], true) < -85


def test_it_hears_what_scipy_hears() -> None:
    """Noise up to 18 kHz, read between its samples at thrice the rate, where SciPy's transform of the whole is exact."""
    spectrum = np.fft.rfft(np.random.default_rng(3).normal(0, 0.1, LENGTH))
    spectrum[int(18_000 / SOUND_RATE_HZ * LENGTH) :] = 0
    noise = np.fft.irfft(spectrum, LENGTH)
    theirs = resample(noise, 3 * LENGTH)
    ours = read_all(ring_of(noise), 0.0, 1 / 3, 3 * LENGTH)[:, 0]
    inner = slice(3000, -3000)
    assert decibels((ours - theirs)[inner], theirs[inner]) < -70


def test_pieces_read_one_after_the_other_are_one() -> None:
    ring = ring_of(np.random.default_rng(4).normal(0, 0.1, LENGTH))
    step = 1.0003
    whole = read_all(ring, 200.5, step, 1920)
    halves = [read_all(ring, 200.5, step, 960), read_all(ring, 200.5 + 960 * step, step, 960)]
    assert np.concatenate(halves) == pytest.approx(whole, abs=1e-5)


def test_what_is_not_there_is_silence() -> None:
    ring = np.ones((256, 2), np.float32)
    out = np.empty((400, 2), np.float32)
    read(ring, 100, 200, 0.0, 1.0, out)
    assert not out[: 100 - HALF].any()
    assert out[100 + HALF : 200 - HALF] == pytest.approx(1, abs=1e-5)
    assert not out[200 + HALF :].any()


def test_a_ring_is_read_over_its_end() -> None:
    samples = np.random.default_rng(5).normal(0, 0.1, 256)
    ring = ring_of(np.roll(samples, 100))  # sample n of a stream that began at 1124 = 4 · 256 + 100 lies in row n modulo 256
    out, straight = np.empty((100, 2), np.float32), np.empty((100, 2), np.float32)
    read(ring, 1124, 1380, 1124 + 70.25, 1.0, out)
    read(ring_of(samples), 0, 256, 70.25, 1.0, straight)
    assert np.array_equal(out, straight)
