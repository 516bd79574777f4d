import numpy as np
import pytest
from numpy.typing import NDArray

from vrlive.frames import SOUND_RATE_HZ
from vrlive.sound.limiter import AHEAD, THRESHOLD, Limiter

BLOCK = 960


def tone(level: float, seconds: float = 1.0, hz: float = 300) -> NDArray[np.float32]:
    mono = level * np.sin(2 * np.pi * hz * np.arange(round(seconds * SOUND_RATE_HZ)) / SOUND_RATE_HZ)
    return np.stack([mono, 0.3 * mono], -1).astype(np.float32)


def limited(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    limiter = Limiter(sound.shape[1])
    return np.concatenate([limiter.run(piece) for piece in sound.reshape(-1, BLOCK, sound.shape[1])])


def test_what_is_not_too_loud_is_only_late() -> None:
    sound = tone(0.85)
    assert np.array_equal(limited(sound)[AHEAD:], sound[:-AHEAD])


@pytest.mark.parametrize("sound", [tone(4.0), np.random.default_rng(1).normal(0, 1, (BLOCK * 50, 4)).astype(np.float32)])
def test_nothing_is_louder_than_the_threshold(sound: NDArray[np.float32]) -> None:
    assert np.abs(limited(sound)).max() <= THRESHOLD * 1.00001


def test_a_click_alone_is_turned_down_before_it_comes_and_slowly_up_again() -> None:
    sound = tone(0.5)
    sound[24_000] = 2.0
    gain = limited(sound)[AHEAD:, 0] / np.where(np.abs(sound[:-AHEAD, 0]) > 0.02, sound[:-AHEAD, 0], np.nan)
    before = gain[: 24_000 - AHEAD]
    assert before[~np.isnan(before)] == pytest.approx(1)
    assert np.nanmax(np.abs(np.diff(gain))) < 1.5 * (1 - THRESHOLD / 2) / AHEAD, "it falls in a straight line"
    assert gain[24_000] == pytest.approx(THRESHOLD / 2, rel=1e-3)
    assert np.nanmax(gain[24_000:26_400]) < 0.6
    assert np.nanmax(gain[-2000:]) > 0.8


def test_both_sides_are_turned_down_alike() -> None:
    out = limited(tone(3.0))[4800:]
    assert out[:, 1] == pytest.approx(0.3 * out[:, 0], abs=1e-6)


def test_a_loud_tone_is_turned_down_not_cut_off() -> None:
    """Clipping would fill the spectrum with harmonics."""
    spectrum = np.abs(np.fft.rfft(limited(tone(2.0))[24_000:, 0] * np.hanning(24_000)))
    assert spectrum[3 * 150 - 4 :].max() < 0.02 * spectrum.max()


def test_it_says_how_much_it_does() -> None:
    limiter = Limiter(2)
    limiter.run(tone(0.5)[:BLOCK])
    assert limiter.gain == 1
    limiter.run(tone(2.0)[:BLOCK])
    assert limiter.gain == pytest.approx(THRESHOLD / 2, rel=0.01)
