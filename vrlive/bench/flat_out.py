"""The stages of a channel as fast as they can: each alone, then together on decoded frames, then with decoding."""

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from fractions import Fraction
from itertools import cycle
from typing import TypeVar

from streaming.encoder import VideoEncoder
from vrlive.bench.report import Row
from vrlive.bench.stopwatch import Stopwatch
from vrlive.capture.normalise import Normaliser
from vrlive.capture.opening import open_input
from vrlive.capture.playback import DuePicture, Playback
from vrlive.channels import camera_url
from vrlive.config import CameraConfig, ChannelConfig
from vrlive.frames import Frame, Picture
from vrlive.pipeline import open_compositor
from vrlive.view import View

KEPT = 25  # instants held in memory

Reel = Generator[Picture, None, None]
Pictures = Sequence[Picture]
Item = TypeVar("Item")


def flat_out_rows(channel: ChannelConfig, lasts_s: float) -> Iterator[Row]:
    """Time the stages of a channel, `lasts_s` seconds each. Its cameras are looped files, read without waiting for when they are due."""
    alone, together = f"{channel.size}, alone", f"{channel.size}, flat out"
    with ExitStack() as used:
        reels = [used.enter_context(closing(_reel(camera))) for camera in channel.camera]
        desk = used.enter_context(closing(Desk(channel)))
        decode = Stopwatch(lasts_s)
        moments = _decode(reels, decode)
        yield decode.row(alone, "decode")
        yield from desk.rows(alone, moments, lasts_s)
        yield _row(together, "stitch to encode", desk.run, to_and_fro(moments), lasts_s)
        pool = used.enter_context(ThreadPoolExecutor(len(reels), "decode"))
        yield _row(together, "decode to encode", desk.run, _ahead(pool, reels), lasts_s)


class Desk:
    """A channel's stages from stitch to encode, on a time line of their own."""

    def __init__(self, channel: ChannelConfig) -> None:
        self._period = 1 / Fraction(channel.fps).limit_denominator(1001)
        self._number = 0
        self._view = View(channel)
        self._compositor, _ = open_compositor(channel)
        self._encoder = VideoEncoder(channel.size, channel.fps, channel.encode)
        self._programme = Picture.filled(channel.size)

    def close(self) -> None:
        """Free what the stages hold."""
        self._view.close()
        self._encoder.close()
        if self._compositor:
            self._compositor.close()

    def run(self, pictures: Pictures) -> None:
        """Make one frame of the programme."""
        self._number += 1
        self._stitch(pictures)
        self._composite()
        self._encode()

    def rows(self, work: str, moments: Sequence[Pictures], lasts_s: float) -> Iterator[Row]:
        """Time one stage after the other, so that none has to share the processors."""
        stitch, composite, encode = Stopwatch(lasts_s), Stopwatch(lasts_s), Stopwatch(lasts_s)
        shown = to_and_fro(moments)
        while not stitch.enough:
            pictures = next(shown)
            self._number += 1
            with stitch.frame():
                self._stitch(pictures)
        yield stitch.row(work, "stitch")
        stitched = to_and_fro([self._stitched(pictures) for pictures in moments])
        while not encode.enough:
            self._number += 1
            self._programme.copy_from(next(stitched))
            with composite.frame():
                self._composite()
            with encode.frame():
                self._encode()
        if self._compositor:
            yield composite.row(work, "composite")
        yield encode.row(work, "encode")

    def _stitched(self, pictures: Pictures) -> Picture:
        self._stitch(pictures)
        kept = Picture.filled(self._programme.size)
        kept.copy_from(self._programme)
        return kept

    def _stitch(self, pictures: Pictures) -> None:
        self._view.run(pictures, self._programme, float(self._number * self._period))

    def _composite(self) -> None:
        if self._compositor:
            self._compositor.run(self._programme)

    def _encode(self) -> None:
        self._encoder.encode(Frame(self._programme, self._number, self._period, float(self._number * self._period)))


def to_and_fro(items: Sequence[Item]) -> Iterator[Item]:
    """The items forwards and backwards for ever: neighbours stay neighbours, so that a film never jumps."""
    return cycle([*items, *items[-2:0:-1]])


def _row(work: str, stage: str, run: Callable[[Pictures], None], moments: Iterator[Pictures], lasts_s: float) -> Row:
    """Time from one finished frame to the next."""
    whole = Stopwatch(lasts_s)
    while not whole.enough:
        with whole.frame():
            run(next(moments))
    return whole.row(work, stage)


def _decode(reels: Sequence[Reel], decode: Stopwatch) -> list[Pictures]:
    """Time the decoding of all cameras, one after the other; keep the first instants."""
    moments: list[Pictures] = []
    while len(moments) < KEPT or not decode.enough:
        with decode.frame():
            pictures = [next(reel) for reel in reels]
        if len(moments) < KEPT:
            moments.append(pictures)
    return moments


def _ahead(pool: ThreadPoolExecutor, reels: Sequence[Reel]) -> Iterator[Pictures]:
    """What the cameras saw, decoded on threads of their own, one instant ahead."""
    coming = [pool.submit(next, reel) for reel in reels]
    while True:
        pictures = [picture.result() for picture in coming]
        coming = [pool.submit(next, reel) for reel in reels]
        yield pictures


def _reel(camera: CameraConfig) -> Reel:
    """The pictures of a looped file for ever, as fast as they are asked for."""
    normaliser = Normaliser()
    with open_input(camera_url(camera), camera.open_timeout_s, camera.read_timeout_s) as source:
        for due in Playback(source, 0.0, loop=True).items(0.0):
            if isinstance(due, DuePicture):
                yield normaliser.run(due.frame)
