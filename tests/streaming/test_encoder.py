"""The encoder of pictures, judged by FFmpeg's decoder."""

from collections.abc import Iterable
from fractions import Fraction

import av
import numpy as np
import pytest

from streaming.access_unit import AccessUnit
from streaming.encoder import VideoEncoder
from vrlive.config import EncodeConfig
from vrlive.errors import EncodeError
from vrlive.frames import Frame, Picture
from vrlive.units import Size

SIZE, FPS = Size(642, 322), 25  # neither side is whole macroblocks, nor a multiple of the encoder's alignment


def frame(n: int, picture: Picture | None = None) -> Frame:
    return Frame(picture or moving(n), n, Fraction(1, FPS), 100 + n / FPS)


def moving(n: int) -> Picture:
    """Smooth detail that moves 2 px a picture, in planes whose rows are padded."""
    rows, columns = np.mgrid[: SIZE.height, : SIZE.width + 14]
    y = (118 + 50 * np.sin((columns - 2 * n) / 9) * np.cos(rows / 7)).astype(np.uint8)
    u, v = (np.full((SIZE.height // 2, SIZE.width // 2 + 10), code, np.uint8) for code in (90, 170))
    return Picture(y[:, :-14], u[:, :-10], v[:, :-10])


def encode(encoder: VideoEncoder, frames: Iterable[Frame]) -> list[AccessUnit]:
    units = [encoder.encode(each) for each in frames]
    assert all(units), "the encoder kept a frame back"
    return [unit for unit in units if unit]


def decode(units: Iterable[AccessUnit]) -> list[av.VideoFrame]:
    decoder = av.CodecContext.create("h264", "r")
    frames = [shown for unit in units for shown in decoder.decode(av.Packet(unit.data))]
    return frames + decoder.decode(None)


@pytest.fixture
def encoder() -> VideoEncoder:
    return VideoEncoder(SIZE, FPS, EncodeConfig(bitrate_kbps=4000))


def test_a_decoder_gets_every_picture_back(encoder: VideoEncoder) -> None:
    shown = decode(encode(encoder, map(frame, range(30))))
    assert len(shown) == 30
    for n, each in enumerate(shown[5:], 5):
        y = np.frombuffer(memoryview(each.planes[0]), np.uint8).reshape(-1, each.planes[0].line_size)[: SIZE.height, : SIZE.width]
        error = y.astype(float) - moving(n).y
        assert 10 * np.log10(255**2 / np.mean(error**2)) > 38
        assert abs(int(memoryview(each.planes[1])[0]) - 90) <= 1


def test_the_stream_says_bt709_and_limited_range(encoder: VideoEncoder) -> None:
    [shown] = decode(encode(encoder, [frame(0)]))
    assert (shown.width, shown.height) == SIZE
    assert (shown.color_range, shown.colorspace, shown.color_primaries, shown.color_trc) == (1, 1, 1, 1)


def test_the_stream_is_constrained_baseline_of_the_level_it_says(encoder: VideoEncoder) -> None:
    [unit] = encode(encoder, [frame(0)])
    profile, constraints, level = unit.data[unit.data.index(b"\x00\x00\x01\x67") + 4 :][:3]
    assert profile == 66
    assert constraints & 0x40, "constraint_set1: what main decoders can decode too"
    assert level == encoder.level.idc == 31


def test_every_keyframe_can_be_the_first(encoder: VideoEncoder) -> None:
    units = encode(encoder, (frame(n) for n in range(120)))
    keys = [n for n, unit in enumerate(units) if unit.keyframe]
    assert keys == [0, 50, 100]
    for key in keys:
        assert len(decode(units[key : key + 5])) == 5


def test_a_keyframe_comes_on_request(encoder: VideoEncoder) -> None:
    encode(encoder, map(frame, range(20)))
    encoder.request_keyframe()
    assert [unit.keyframe for unit in encode(encoder, map(frame, range(20, 23)))] == [True, False, False]


def test_keyframes_on_request_keep_half_a_second_apart(encoder: VideoEncoder) -> None:
    units = [encoder.encode(frame(n), keyframe=True) for n in range(30)]
    assert [n for n, unit in enumerate(units) if unit and unit.keyframe] == [0, 13, 26]


def test_times_go_through_the_encoder(encoder: VideoEncoder) -> None:
    units = encode(encoder, map(frame, range(3)))
    assert [unit.pts for unit in units] == [0, 3600, 7200]
    assert [unit.captured_s for unit in units] == [100, 100.04, 100.08]


def test_the_caller_may_reuse_its_picture_at_once(encoder: VideoEncoder) -> None:
    picture = moving(0)
    first = encoder.encode(frame(0, picture))
    picture.y[:] = 16
    second = encoder.encode(frame(1, picture))
    assert first
    assert second
    bright, dark = decode([first, second])
    assert np.frombuffer(memoryview(bright.planes[0]), np.uint8).max() > 150
    assert np.frombuffer(memoryview(dark.planes[0]), np.uint8)[: SIZE.width].max() < 40


def test_the_rate_is_kept(encoder: VideoEncoder) -> None:
    noise = np.random.default_rng(1).integers(16, 236, (SIZE.height, SIZE.width), np.uint8)
    flat = Picture.filled(SIZE)
    units = encode(encoder, (frame(n, Picture(np.roll(noise, n, 1), flat.u, flat.v)) for n in range(100)))
    kbps = sum(len(unit.data) for unit in units) * 8 / 1000 / (100 / FPS)
    assert 2500 < kbps < 4200


def test_a_picture_of_another_size_is_refused(encoder: VideoEncoder) -> None:
    with pytest.raises(EncodeError, match="320x160 was given to an encoder for 642x322"):
        encoder.encode(Frame(Picture.filled(Size(320, 160)), 0, Fraction(1, FPS), 0.0))


def test_a_size_beyond_all_levels_is_refused() -> None:
    with pytest.raises(EncodeError, match=r"no H.264 level allows 20000x10000"):
        VideoEncoder(Size(20_000, 10_000), FPS, EncodeConfig())
