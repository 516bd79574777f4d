"""Cameras that are published: access units in, frames in the house format out."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
import pytest
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext

from tests.vrlive.capture.conftest import FPS, PATIENCE_S, SMALL, luma
from vrlive.capture.camera import Camera, CameraState
from vrlive.capture.published import MOST_UNITS, Mailbox
from vrlive.clock import now_s
from vrlive.config import CameraConfig
from vrlive.frames import Frame, Picture, Sound
from vrlive.units import Size


@dataclass(frozen=True)
class Unit:
    kind: str
    data: bytes
    keyframe: bool
    captured_s: float


class Encoder:
    """Makes pictures that tell their number, a keyframe each ten, from the instant 0 on."""

    def __init__(self, size: Size = SMALL) -> None:
        self._size = size
        codec = av.CodecContext.create("libx264", "w")
        assert isinstance(codec, VideoCodecContext)
        codec.width, codec.height, codec.pix_fmt, codec.time_base = size.width, size.height, "yuv420p", Fraction(1, FPS)
        codec.options = {"preset": "ultrafast", "tune": "zerolatency", "g": "10", "forced-idr": "1"}
        self._codec = codec

    def encode(self, number: int, captured_s: float) -> Unit:
        pixels = np.full((self._size.height * 3 // 2, self._size.width), 128, np.uint8)
        pixels[: self._size.height] = luma(number)
        frame = av.VideoFrame.from_ndarray(pixels, "yuv420p")
        frame.pts = number
        [packet] = self._codec.encode(frame)
        return Unit("video", bytes(packet), packet.is_keyframe, captured_s)


def opus(count: int) -> list[bytes]:
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format = 48_000, "stereo", "flt"
    packets = []
    for n in range(count):
        tone = np.sin(2 * np.pi * 440 * np.arange(n * 960, (n + 1) * 960) / 48_000).astype(np.float32) / 2
        frame = av.AudioFrame.from_ndarray(tone.repeat(2)[None], "flt", "stereo")
        frame.sample_rate, frame.pts = 48_000, n * 960
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return packets


class Published:
    """A camera that is published, and what it delivered."""

    def __init__(self, **config: float) -> None:
        self.asked = 0
        self.frames: list[Frame] = []
        self.sounds: list[Sound] = []
        self.mailbox = Mailbox(self._ask)
        self.camera = Camera(
            CameraConfig.model_validate({"name": "front", "url": "whip:", **config}),
            epoch_s=0.0,
            on_frame=self.frames.append,
            on_sound=self.sounds.append,
            mailbox=self.mailbox,
        )
        self.camera.start()
        self.wait(lambda: self.asked)

    def _ask(self) -> None:
        self.asked += 1

    def wait(self, holds: Callable[[], object]) -> None:
        ends_s = now_s() + PATIENCE_S
        while not holds():
            assert now_s() < ends_s, f"waited in vain: {self.camera.status}"
            threading.Event().wait(0.005)

    def put(self, *units: Unit) -> None:
        """One after the other, each when those before it are decoded."""
        for unit in units:
            self.mailbox.put(unit)
            self.wait(lambda: not self.mailbox._units)


@pytest.fixture
def front() -> Iterator[Published]:
    published = Published()
    yield published
    published.camera.close()


def test_pictures_keep_their_order_and_the_times_of_their_capture(front: Published, number_shown: Callable[[Picture], int]) -> None:
    encoder = Encoder()
    front.put(*(encoder.encode(n, 1000 + n / FPS) for n in range(25)))
    front.wait(lambda: len(front.frames) == 25)
    assert [number_shown(frame.picture) for frame in front.frames] == list(range(25))
    assert [frame.captured_s for frame in front.frames] == pytest.approx([1000 + n / FPS for n in range(25)], abs=1e-5)
    assert front.camera.status.state is CameraState.LIVE
    assert front.camera.status.size == SMALL


def test_sound_is_decoded_and_keeps_its_time(front: Published) -> None:
    for n, data in enumerate(opus(20)):
        front.put(Unit("audio", data, True, 500 + n / 50))
    front.wait(lambda: len(front.sounds) == 20)
    assert [sound.captured_s for sound in front.sounds] == pytest.approx([500 + n / 50 for n in range(20)], abs=1e-3)
    samples = np.concatenate([sound.samples for sound in front.sounds])
    assert samples.shape == (20 * 960, 2)
    spectrum = np.abs(np.fft.rfft(samples[960:, 0]))
    assert np.argmax(spectrum) / (len(samples) - 960) * 48_000 == pytest.approx(440, abs=5)


def test_pictures_before_a_keyframe_are_not_decoded_and_one_is_asked_for(front: Published, number_shown: Callable[[Picture], int]) -> None:
    encoder = Encoder()
    units = [encoder.encode(n, n / FPS) for n in range(15)]
    asked = front.asked
    front.put(*units[3:])
    front.wait(lambda: len(front.frames) == 5)
    assert number_shown(front.frames[0].picture) == 10
    assert front.asked == asked + 7
    assert front.camera.status.dropped == 7


def test_a_phone_that_is_turned_sends_another_size(front: Published) -> None:
    for size in (SMALL, Size(SMALL.height, SMALL.width)):
        encoder = Encoder(size)
        front.put(*(encoder.encode(n, n / FPS) for n in range(5)))
        front.wait(lambda size=size: front.camera.status.size == size)  # type: ignore[misc]  # mypy sees no default


def test_nobody_publishes_then_somebody_does_falls_silent_and_comes_back() -> None:
    front = Published(open_timeout_s=0.3, read_timeout_s=0.3)
    try:
        front.wait(lambda: front.camera.state is CameraState.FAILED)
        assert "nobody publishes it: /whip/<channel>/front" in front.camera.status.last_fault
        for _ in range(2):
            seen, encoder = len(front.frames), Encoder()
            units = [encoder.encode(n, now_s()) for n in range(5)]
            front.wait(lambda: front.camera.state is not CameraState.LIVE)
            front.mailbox.put(units[0])
            front.wait(lambda: front.camera.status.reconnects > 0)
            front.put(*units)
            front.wait(lambda seen=seen: len(front.frames) > seen)  # type: ignore[misc]  # mypy sees no default
            front.wait(lambda: front.camera.state is CameraState.STALLED)
    finally:
        front.camera.close()


def test_what_is_no_video_is_said_so() -> None:
    front = Published(open_timeout_s=0.3)
    try:
        ends_s = now_s() + PATIENCE_S
        while front.camera.state is not CameraState.FAILED:
            assert now_s() < ends_s
            front.put(Unit("video", b"\0\0\0\1\x65" + bytes(range(200)), True, now_s()))
        assert "not video that can be read" in front.camera.status.last_fault
    finally:
        front.camera.close()


def test_a_decoder_that_is_too_slow_loses_pictures_not_memory() -> None:
    mailbox = Mailbox(lambda: None)
    encoder = Encoder()
    for n in range(3 * MOST_UNITS):
        mailbox.put(encoder.encode(n, n / FPS))
        assert len(mailbox._units) <= MOST_UNITS
    first = mailbox.take(0)
    assert first is not None
    assert first.keyframe
    assert mailbox.dropped > MOST_UNITS


def test_closing_does_not_wait_for_a_publisher() -> None:
    front = Published(open_timeout_s=0.1)
    front.wait(lambda: front.camera.state is CameraState.FAILED)
    began_s = now_s()
    front.camera.close()
    assert now_s() - began_s < 0.9
