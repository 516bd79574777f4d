"""The encoder of sound, judged by FFmpeg's decoders."""

from collections.abc import Iterable

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from streaming.access_unit import AccessUnit
from streaming.opus import OPUS_SAMPLES, OpusEncoder
from streaming.rtp.ring import PAYLOAD_BYTES
from streaming.sound_format import AMBISONICS, FORMATS, STEREO, SoundFormat
from vrlive.frames import SOUND_RATE_HZ, Sound

HZ = (440, 620, 800, 980)  # of each channel's tone


def tones(form: SoundFormat, samples: int, captured_s: float = 0.0) -> Sound:
    """A tone of its own in each channel, that goes on from piece to piece."""
    at_s = captured_s + np.arange(samples) / SOUND_RATE_HZ
    return Sound(np.stack([0.4 * np.sin(2 * np.pi * hz * at_s) for hz in HZ[: form.channels]], -1).astype(np.float32), captured_s)


def hear(units: Iterable[AccessUnit | bytes], form: SoundFormat = STEREO) -> NDArray[np.float32]:
    """What libopus makes of the packets, told only what `form` says of them, (n, channels)."""
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout = SOUND_RATE_HZ, form.layout
    box = form.configuration()  # as in an MP4; libopus wants the same with another head (RFC 7845, section 5.1)
    decoder.extradata = b"OpusHead\x01" + box[1:2] + box[2:4][::-1] + box[4:8][::-1] + box[8:10][::-1] + box[10:]
    packets = [unit if isinstance(unit, bytes) else unit.data for unit in units]
    heard = [frame.to_ndarray() for packet in packets for frame in decoder.decode(av.Packet(packet))]
    return np.asarray(np.concatenate([piece.reshape(-1, form.channels) for piece in heard]) / 32768, np.float32)


@pytest.mark.parametrize("form", FORMATS)
def test_every_channel_arrives_as_itself(form: SoundFormat) -> None:
    opus = OpusEncoder(form)
    units = [unit for n in range(25) for unit in opus.encode(tones(form, 2 * OPUS_SAMPLES, n / 25))]
    assert [unit.rendition for unit in units] == [FORMATS.index(form)] * 50
    assert [unit.pts for unit in units] == [n * OPUS_SAMPLES for n in range(50)]
    heard = hear(units, form)[9600:38400]
    loudest = np.abs(np.fft.rfft(heard, axis=0)).argmax(axis=0) * SOUND_RATE_HZ / len(heard)
    assert loudest == pytest.approx(HZ[: form.channels], abs=2)
    assert np.sqrt(np.mean(heard**2, axis=0)) == pytest.approx(0.4 / np.sqrt(2), rel=0.05)


@pytest.mark.parametrize("form", FORMATS)
def test_a_packet_says_when_what_it_decodes_to_was_captured(form: SoundFormat) -> None:
    """A click at 10.1 s is heard 0.1 s after 10.0 s, though the codec delays it."""
    samples = np.zeros((OPUS_SAMPLES * 10, form.channels), np.float32)
    samples[4800:4830] = 0.8
    units = OpusEncoder(form).encode(Sound(samples, 10.0))
    heard = np.abs(hear(units, form)).max(axis=1)
    assert units[0].captured_s + (heard > 0.2).argmax() / SOUND_RATE_HZ == pytest.approx(10.1, abs=0.001)


@pytest.mark.parametrize("form", FORMATS)
def test_silence_without_an_encoder_is_20_ms_of_nothing(form: SoundFormat) -> None:
    heard = hear([form.silence] * 3, form)
    assert heard.shape == (3 * OPUS_SAMPLES, form.channels)
    assert not heard.any()


def test_the_loudest_noise_in_four_channels_fits_into_datagrams() -> None:
    noise = np.random.default_rng(7).uniform(-1, 1, (OPUS_SAMPLES * 100, 4)).astype(np.float32)
    noise[: OPUS_SAMPLES * 50] = 0
    units = OpusEncoder(AMBISONICS).encode(Sound(noise, 0.0))
    assert max(len(unit.data) for unit in units) <= PAYLOAD_BYTES


def test_after_a_pause_the_time_line_jumps() -> None:
    opus = OpusEncoder()
    before, after = opus.encode(tones(STEREO, OPUS_SAMPLES, 10.0)), opus.encode(tones(STEREO, OPUS_SAMPLES, 70.0))
    assert after[0].pts - before[0].pts == 60 * SOUND_RATE_HZ
    assert after[0].captured_s - before[0].captured_s == pytest.approx(60)
