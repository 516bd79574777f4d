"""The encoder of sound, judged by FFmpeg's decoder."""

from collections.abc import Iterable

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from streaming.access_unit import AccessUnit
from streaming.opus import OPUS_SAMPLES, OpusEncoder
from vrlive.frames import SOUND_RATE_HZ, Sound


def tone(samples: int, captured_s: float) -> Sound:
    at = captured_s * SOUND_RATE_HZ + np.arange(samples)
    return Sound(np.repeat(0.5 * np.sin(at * 2 * np.pi * 440 / SOUND_RATE_HZ), 2).reshape(-1, 2).astype(np.float32), captured_s)


def hear(units: Iterable[AccessUnit]) -> NDArray[np.float32]:
    """What FFmpeg's own Opus decoder makes of the packets, (n, 2)."""
    decoder = av.CodecContext.create("opus", "r")
    decoder.sample_rate, decoder.layout = SOUND_RATE_HZ, "stereo"
    return np.concatenate([each.to_ndarray().T for unit in units for each in decoder.decode(av.Packet(unit.data))])


def test_sound_of_any_length_becomes_packets_of_20_ms() -> None:
    opus = OpusEncoder()
    units = [unit for n in range(50) for unit in opus.encode(tone(1024, n * 1024 / SOUND_RATE_HZ))]
    assert len(units) == 50 * 1024 // OPUS_SAMPLES
    assert [unit.pts for unit in units] == [n * OPUS_SAMPLES for n in range(len(units))]
    assert [unit.captured_s for unit in units] == pytest.approx([n / 50 for n in range(len(units))])
    assert np.sqrt(np.mean(hear(units)[4800:] ** 2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)


def test_a_gap_is_filled_with_silence() -> None:
    opus = OpusEncoder()
    units = opus.encode(tone(9600, 0.0)) + opus.encode(tone(9600, 0.4))
    assert [unit.pts for unit in units] == [n * OPUS_SAMPLES for n in range(30)]
    heard = hear(units)
    assert np.abs(heard[12_000:18_000]).max() < 0.02
    assert np.abs(heard[22_000:26_000]).max() > 0.4


def test_what_was_heard_already_is_cut_off() -> None:
    opus = OpusEncoder()
    units = opus.encode(tone(9600, 0.0)) + opus.encode(tone(9600, 0.1))
    assert [unit.pts for unit in units] == [n * OPUS_SAMPLES for n in range(15)]


def test_after_a_long_gap_the_time_line_jumps() -> None:
    opus = OpusEncoder()
    before, after = opus.encode(tone(960, 10.0)), opus.encode(tone(960, 70.0))
    assert [unit.captured_s for unit in before + after] == pytest.approx([10, 70])
    assert after[0].pts - before[0].pts == pytest.approx(60 * SOUND_RATE_HZ, abs=OPUS_SAMPLES)
