"""Ten minutes of a camera whose clocks disagree, in passed-in time: what flashes and clicks at once is seen and heard at once.

The camera's own clock, by which pictures and sound are stamped, and its sound's clock, which counts the samples, both drift against this
machine's; packets arrive with jitter, stamps are rounded to milliseconds as RTMP rounds them.
"""

from dataclasses import dataclass
from heapq import merge
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from vrlive.capture_clock import CaptureClock
from vrlive.config import SoundTuning
from vrlive.frames import SOUND_RATE_HZ, Sound
from vrlive.sound import BLOCK, Mix

PERIOD_S, FPS, PIECE, TONE_HZ = 2.0, 25, 1024, 440.0


@dataclass
class Camera:
    """Flashes and clicks each `PERIOD_S`; a tone sounds all the time on the right. Drifts are what its clocks run slower than ours."""

    sound_drift: float
    own_drift: float = 0.0
    jitter_s: float = 0.02
    seconds: float = 600.0

    def stamp(self, true_s: float) -> float:
        return round(true_s / (1 + self.own_drift), 3) + 77.0

    def sound_at(self, first: int) -> tuple[float, NDArray[np.float32]]:
        """True time of a sample, and a piece from there on."""
        true_s = (first + np.arange(PIECE)) * (1 + self.sound_drift) / SOUND_RATE_HZ
        since_s = true_s % PERIOD_S
        click = np.where(since_s < 0.005, 0.8 * np.sin(2 * np.pi * 3000 * since_s) * np.exp(-since_s / 0.001), 0)
        return float(true_s[0]), np.stack([click, 0.5 * np.sin(2 * np.pi * TONE_HZ * true_s)], -1).astype(np.float32)

    def packets(self) -> list[tuple[float, str, int]]:
        """When each picture and each piece of sound arrives."""
        chance = np.random.default_rng(11)
        delays = iter(chance.uniform(0.03, 0.03 + self.jitter_s, 100_000))
        pictures, pieces, arrived = [], [], 0.0
        for n in range(int(self.seconds * FPS)):
            arrived = max(arrived, n / FPS + next(delays))
            pictures.append((arrived, "picture", n))
        arrived = 0.0
        for n in range(int(self.seconds * SOUND_RATE_HZ / PIECE)):
            arrived = max(arrived, (n + 1) * PIECE * (1 + self.sound_drift) / SOUND_RATE_HZ + next(delays))
            pieces.append((arrived, "sound", n * PIECE))
        return list(merge(pictures, pieces))


def show(camera: Camera) -> tuple[dict[int, float], float, NDArray[np.float32]]:
    """Capture times of the pictures with a flash, by number of the flash; start and samples of the mix."""
    clock, mix = CaptureClock(), Mix([SoundTuning()], 0.0)
    flashes: dict[int, float] = {}
    blocks: list[Any] = []
    for arrived_s, kind, n in camera.packets():
        blocks += mix.take(arrived_s)
        if kind == "picture":
            captured_s = clock.instant(camera.stamp(n / FPS), arrived_s)
            if n % int(PERIOD_S * FPS) == 0:
                flashes[n // int(PERIOD_S * FPS)] = captured_s
        else:
            true_s, samples = camera.sound_at(n)
            known_s = clock.known_instant(camera.stamp(true_s))
            if known_s is not None:
                mix.push(0, Sound(samples, known_s), arrived_s)
    starts = np.array([block.captured_s for block in blocks])
    assert np.diff(starts) == pytest.approx(BLOCK / SOUND_RATE_HZ), "one block follows the other"
    return flashes, float(starts[0]), np.concatenate([block.stereo for block in blocks])


def out_of_step_s(flashes: dict[int, float], start_s: float, heard: NDArray[np.float32]) -> NDArray[np.float64]:
    """By how much each click comes after its flash."""
    found = []
    for flash_s in list(flashes.values())[1:-1]:
        first = round((flash_s - start_s - 0.5) * SOUND_RATE_HZ)
        near = np.abs(heard[first : first + SOUND_RATE_HZ, 0])
        assert near.max() > 0.3, "there is a click"
        found.append((near > 0.1).argmax() / SOUND_RATE_HZ - 0.5)
    return np.array(found)


@pytest.mark.parametrize(("sound_drift", "own_drift"), [(1e-4, 0.0), (-1e-4, 5e-5)])
def test_flash_and_click_stay_together_for_ten_minutes(sound_drift: float, own_drift: float) -> None:
    """Without a servo a drift of 100 ppm is 60 ms by then."""
    flashes, start_s, heard = show(Camera(sound_drift, own_drift))
    apart_s = out_of_step_s(flashes, start_s, heard)
    assert len(apart_s) > 290
    assert np.abs(apart_s).max() < 0.04
    assert np.abs(apart_s[30:]).max() < 0.005, "and far less once it has settled"


def test_the_sound_is_whole_and_its_pitch_steady() -> None:
    """A pure tone has no crack: what its neighbours foretell of each sample is right, and its frequency is within 3.5 cents."""
    _, _, heard = show(Camera(1e-4, seconds=120))
    tone = heard[2 * SOUND_RATE_HZ : -SOUND_RATE_HZ, 1].astype(np.float64)
    foretold = 2 * np.cos(2 * np.pi * TONE_HZ / SOUND_RATE_HZ) * tone[1:-1] - tone[:-2]
    assert np.abs(foretold - tone[2:]).max() < 2e-4
    tenths = tone[: len(tone) // 4800 * 4800].reshape(-1, 4800)
    phases = np.angle((tenths * np.exp(-2j * np.pi * TONE_HZ * np.arange(4800) / SOUND_RATE_HZ)).sum(axis=1))
    cents = 1200 * np.log2(1 + np.diff(np.unwrap(phases)) / (2 * np.pi * TONE_HZ * 0.1))
    assert np.abs(cents).max() < 3.5
