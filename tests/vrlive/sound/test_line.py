"""One input: what is lost, late, doubled or drifting, and how it is heard."""

import numpy as np
import pytest
from numpy.typing import NDArray

from vrlive.frames import SOUND_RATE_HZ, Sound
from vrlive.sound.line import Line

BLOCK = 960
Samples = NDArray[np.float32]


def tone(at_s: float, samples: int, drift: float = 0.0) -> Samples:
    time_s = at_s + np.arange(samples) * (1 + drift) / SOUND_RATE_HZ
    return (0.5 * np.sin(2 * np.pi * 440 * time_s))[:, None].repeat(2, 1).astype(np.float32)


def read(line: Line, from_s: float, blocks: int) -> Samples:
    out = np.empty((blocks * BLOCK, 2), np.float32)
    for n in range(blocks):
        line.read(from_s + n * BLOCK / SOUND_RATE_HZ, from_s + (n + 1) * BLOCK / SOUND_RATE_HZ, out[n * BLOCK : (n + 1) * BLOCK])
    return out


def pushed(*pieces: tuple[float, int]) -> Line:
    """A line with pieces of the tone: when they were captured, and how long they are."""
    line = Line(2)
    for at_s, samples in pieces:
        line.push(Sound(tone(at_s, samples), at_s))
    return line


def test_what_goes_in_comes_out_at_its_time() -> None:
    line = pushed(*((1 + n * 1024 / SOUND_RATE_HZ, 1024) for n in range(50)))
    heard = read(line, 1.1, 40)
    assert heard == pytest.approx(tone(1.1, len(heard)), abs=1e-3)


def test_a_long_gap_is_silent_and_what_follows_is_in_its_place() -> None:
    line = pushed((1.0, 9600), (1.3, 9600))
    heard = read(line, 1.0, 25)
    assert np.abs(heard[10_000:14_000]).max() < 1e-4
    assert heard[15_000:20_000] == pytest.approx(tone(1.0 + 15_000 / SOUND_RATE_HZ, 5000), abs=2e-3)
    assert np.abs(np.diff(heard, axis=0)).max() < 0.05, "it dies away, and comes up"


def test_what_was_heard_already_is_cut_off() -> None:
    line = pushed((1.0, 9600), (1.1, 9600))
    heard = read(line, 1.0, 14)
    assert heard[2000:12_000] == pytest.approx(tone(1.0 + 2000 / SOUND_RATE_HZ, 10_000), abs=0.5)
    assert heard[10_200:13_000] == pytest.approx(tone(1.0 + 10_200 / SOUND_RATE_HZ, 2800), abs=2e-3)
    assert np.abs(np.diff(heard, axis=0)).max() < 0.05


def test_a_piece_wholly_known_is_left_out() -> None:
    line = pushed((1.0, 48_000), (1.1, 960), (2.0, 9600))
    assert read(line, 1.9, 10) == pytest.approx(tone(1.9, 9600), abs=2e-3)


def test_a_small_jump_is_slid_over_not_stepped() -> None:
    """Sound that is 20 ms late from some moment on is brought back without a break, by no more than 3.5 cents."""
    line, heard = Line(2), []
    for n in range(2500):
        at_s = n * BLOCK / SOUND_RATE_HZ
        line.push(Sound(tone(at_s, BLOCK), at_s + (0.02 if n > 100 else 0.0)))
        if n > 10:
            heard.append(read(line, at_s - 0.1, 1)[:, 0])
    swing = np.exp(-2j * np.pi * 440 * np.arange(len(heard) * BLOCK) / SOUND_RATE_HZ).reshape(-1, BLOCK)
    turns = np.diff(np.unwrap(np.angle((np.array(heard) * swing).sum(axis=1)))) / (2 * np.pi * 440 * BLOCK / SOUND_RATE_HZ)
    assert np.abs(turns[20:]).max() < 0.0021
    assert turns.sum() * BLOCK / SOUND_RATE_HZ == pytest.approx(-0.02, abs=0.006), "and it is brought back"


def test_an_underrun_dies_away_and_late_sound_comes_up_in_its_place() -> None:
    line = pushed((1.0, 9600))
    first = read(line, 1.1, 8)
    assert np.abs(first[-2000:]).max() < 1e-4
    line.push(Sound(tone(1.2, 9600), 1.2))
    then = read(line, 1.1 + 8 * 0.02, 5)
    whole = np.concatenate([first, then])
    assert np.abs(np.diff(whole, axis=0)).max() < 0.05
    assert whole[8500:12_000] == pytest.approx(tone(1.1 + 8500 / SOUND_RATE_HZ, 3500), abs=2e-3)


def test_after_a_long_break_it_begins_anew_and_remembers_its_clock() -> None:
    line = Line(2)
    for n in range(3000):
        at_s = n * BLOCK * 1.0002 / SOUND_RATE_HZ
        line.push(Sound(tone(at_s, BLOCK, 2e-4), at_s))
    assert line.servo
    drift = line.servo.drift
    assert drift == pytest.approx(2e-4, abs=1e-5)
    line.push(Sound(tone(500.0, 9600, 2e-4), 500.0))
    assert line.servo.drift == drift
    assert read(line, 500.0, 8)[2000:] == pytest.approx(tone(500 + 2000 / SOUND_RATE_HZ, 8 * BLOCK - 2000), abs=3e-3)


def test_a_piece_longer_than_memory_leaves_its_end() -> None:
    line = Line(2)
    line.push(Sound(tone(0.0, 300_000), 0.0))
    from_s = 5.5
    assert read(line, from_s, 10)[1000:] == pytest.approx(tone(from_s + 1000 / SOUND_RATE_HZ, 8600), abs=2e-3)
