"""The film that is sent: a drawn world that turns, with a camera's noise, as x264 encodes it on air, and a tone."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from streaming.access_unit import AccessUnit
from streaming.encoder import VideoEncoder
from streaming.opus import OpusEncoder
from vrlive.bench.works import NOISE_CODES, world
from vrlive.clock import now_s
from vrlive.config import EncodeConfig
from vrlive.frames import SOUND_RATE_HZ, Frame, Picture, Sound
from vrlive.projection.outputs import Face
from vrlive.projection.rig import Array
from vrlive.units import Size

SIZE, FPS, LASTS_S = Size(2048, 1024), 30, 10
ENCODE = EncodeConfig(bitrate_kbps=5850)  # of which x264 uses 5600
PACKETS_OF_SOUND_S: Final = 50
STEP_PX: Final = 4  # that the world turns from picture to picture; chroma wants an even number
LOUDNESS, TONE_HZ = 0.2, 400


@dataclass(frozen=True, slots=True)
class Film:
    """Access units of `LASTS_S` seconds that begin with a keyframe, so that they may be repeated for ever."""

    pictures: tuple[AccessUnit, ...]
    sound: tuple[bytes, ...]

    @property
    def mbit_s(self) -> float:
        """Rate of the pictures."""
        return sum(len(unit.data) for unit in self.pictures) * 8e-6 * FPS / len(self.pictures)

    def save(self, path: Path) -> None:
        """Write it for other processes."""
        parts = [*(unit.data for unit in self.pictures), *self.sound]
        np.savez(
            path, data=np.frombuffer(b"".join(parts), np.uint8), ends=np.cumsum([len(part) for part in parts]),
            keyframes=[unit.keyframe for unit in self.pictures],
        )  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> "Film":
        """Read what `save` wrote."""
        with np.load(path) as stored:
            data, keyframes = stored["data"].tobytes(), stored["keyframes"]
            parts = [data[start:end] for start, end in pairwise([0, *stored["ends"].tolist()])]
        pictures = [AccessUnit("video", part, 0, bool(key), 0.0) for part, key in zip(parts, keyframes, strict=False)]
        return cls(tuple(pictures), tuple(parts[len(keyframes) :]))


def shoot(pictures: int = FPS * LASTS_S) -> Film:
    """Draw and encode it: seconds."""
    encoder, opus = VideoEncoder(SIZE, FPS, ENCODE), OpusEncoder()
    units = []
    for n in range(pictures):
        unit = encoder.encode(Frame(drawn(n), n, Fraction(1, FPS), n / FPS))
        assert unit is not None
        units.append(unit)
    encoder.close()
    time_s = np.arange(pictures * SOUND_RATE_HZ // FPS) / SOUND_RATE_HZ
    tone = (LOUDNESS * np.sin(2 * np.pi * TONE_HZ * time_s)).astype(np.float32)
    sound = opus.encode(Sound(tone[:, None].repeat(2, axis=1), 0.0))
    return Film(tuple(units), tuple(packet.data for packet in sound))


def drawn(n: int) -> Picture:
    """Picture `n`, before it is encoded."""
    y, u, v = (np.roll(plane, n * STEP_PX // (1 if index == 0 else 2), axis=1) for index, plane in enumerate(_background()))
    noise = np.roll(_noise(), n * 2371)  # a shift that looks like new noise
    return Picture(np.clip(y + noise, 16, 235).astype(np.uint8), u, v)


def psnr_db(film: Film) -> NDArray[np.float64]:
    """Luma of each picture, decoded, against what was drawn: (pictures,)."""
    decoder = av.CodecContext.create("h264", "r")
    frames = [frame for unit in film.pictures for frame in decoder.decode(av.Packet(unit.data))] + decoder.decode(None)
    errors = [_mean_square(frame, n) for n, frame in enumerate(frames)]
    return 10 * np.log10(255.0**2 / np.array(errors))


async def play(film: Film, picture: Callable[[AccessUnit], None], sound: Callable[[AccessUnit], None], began_s: float) -> None:
    """Hand over each access unit when it is due, again and again, until cancelled; its ``pts`` and ``captured_s`` say when."""
    pictures = packets = 0
    while True:
        due_s, sound_due_s = pictures / FPS, packets / PACKETS_OF_SOUND_S
        await asyncio.sleep(max(0.0, began_s + min(due_s, sound_due_s) - now_s()))
        if due_s <= sound_due_s:
            unit = film.pictures[pictures % len(film.pictures)]
            picture(AccessUnit("video", unit.data, pictures * 90_000 // FPS, unit.keyframe, began_s + due_s))
            pictures += 1
        else:
            data = film.sound[packets % len(film.sound)]
            sound(AccessUnit("audio", data, packets * SOUND_RATE_HZ // PACKETS_OF_SOUND_S, True, began_s + sound_due_s))
            packets += 1


@lru_cache(maxsize=1)
def _background() -> tuple[NDArray[np.uint8], ...]:
    luma, chroma = (world(_looking(size)) for size in (SIZE, Size(SIZE.width // 2, SIZE.height // 2)))
    planes = 16 + 219 * luma[..., 0], 16 + 224 * chroma[..., 1], 16 + 224 * chroma[..., 2]
    return tuple(np.rint(np.clip(plane, 16, 235)).astype(np.uint8) for plane in planes)


def _looking(size: Size) -> Array:
    """Where each pixel looks: (height, width, 3)."""
    return Face(size).looking(np.arange(size.width)[None, :] + 0.5, np.arange(size.height)[:, None] + 0.5)


@lru_cache(maxsize=1)
def _noise() -> NDArray[np.int16]:
    chance = np.random.default_rng(5)
    return np.rint(chance.normal(0, NOISE_CODES, (SIZE.height, SIZE.width))).astype(np.int16)


def _mean_square(frame: av.VideoFrame, n: int) -> float:
    plane = frame.planes[0]
    luma = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: SIZE.height, : SIZE.width]
    return float(np.square(luma.astype(np.float32) - drawn(n).y).mean())
