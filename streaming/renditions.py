"""The encode stage: one encoder for each rendition that somebody watches, within what this machine can encode.

The largest with garments is always encoded: it is what recordings and whoever joins begin with. The others are only while they are wanted;
clean ones, without garments, before these are laid over the picture, so that nothing is copied for them.
"""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, Literal

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from streaming.access_unit import AccessUnit
from streaming.encoder import VideoEncoder
from streaming.ladder import FEEDS, Feed, Rung
from vrlive.config import EncodeConfig
from vrlive.errors import EncodeError
from vrlive.frames import Frame, Picture
from vrlive.units import Size

SHARE: Final = 0.6  # of the encoder's time on this machine: the stages before it need the rest
TRIAL_SIZE, TRIAL_FRAMES = Size(1280, 640), 6
MEASURE_EVERY_S = 10.0  # while any is refused

State = Literal["encoding", "idle", "refused"]

log = logging.getLogger("streaming.renditions")


@dataclass(frozen=True, slots=True)
class RenditionStatus:
    """How a rendition is doing, and why it is refused if it is."""

    rung: Rung
    state: State
    reason: str = ""


class Renditions:
    """The encoders of a show. One thread encodes; any thread may call `want` and `request_keyframe`.

    Parameters
    ----------
    rungs
        The renditions, the largest first.
    fps
        Nominal frame rate of the show.
    config
        Keyframe distance and preset of all of them.
    speed_mpix_s
        What this machine encodes, in megapixels a second; see `encoding_speed`.

    Raises
    ------
    EncodeError
        If the largest rendition cannot be encoded.
    """

    def __init__(self, rungs: Sequence[Rung], fps: Fraction | float, config: EncodeConfig, speed_mpix_s: float) -> None:
        self.rungs, self._fps, self._config = tuple(rungs), fps, config
        self._refused = refusals(self.rungs, float(fps), speed_mpix_s)
        for index, reason in self._refused.items():
            log.warning("rendition %s is refused: %s", self.rungs[index].name, reason)
        self._lock, self._wanted, self._asked, self._together = threading.Lock(), {0}, set[int](), set[int]()
        self._encoders = {0: self._open(0)}
        self._scalers = {size: _Scaler(size) for size in {rung.size for rung in self.rungs} - {self.rungs[0].size}}

    @property
    def status(self) -> list[RenditionStatus]:
        """How each is doing."""
        encoding = set(self._encoders)
        return [
            RenditionStatus(rung, "refused" if index in self._refused else "encoding" if index in encoding else "idle", reason)
            for index, rung in enumerate(self.rungs)
            for reason in [self._refused.get(index, "")]
        ]

    def keep_measuring(self, stop: threading.Event) -> None:
        """Measure again while any is refused, for this machine may have been busy with something else; until `stop` is set."""
        while self._refused and not stop.wait(MEASURE_EVERY_S):
            self.note_speed(encoding_speed(self._config))

    def note_speed(self, speed_mpix_s: float) -> None:
        """Take what fits into a larger budget. Nothing that was taken is refused for that: somebody watches it."""
        refused = refusals(self.rungs, float(self._fps), speed_mpix_s)
        with self._lock:
            taken = self._refused.keys() - refused.keys()
            if taken and refused.keys() <= self._refused.keys():
                self._refused = refused
                log.info("renditions that were refused are offered now: %s", ", ".join(self.rungs[index].name for index in sorted(taken)))

    def want(self, wanted: Sequence[int]) -> None:
        """Encode these from the next frame on, besides the largest; those that are refused stay so."""
        with self._lock:
            self._wanted = {0} | {index for index in wanted if 0 < index < len(self.rungs) and index not in self._refused}

    def request_keyframe(self, *indices: int) -> None:
        """Make the next frame of one rendition a keyframe, as soon as its encoder allows; of several, the next that all encode, at once."""
        with self._lock:
            (self._together if len(indices) > 1 else self._asked).update(indices)

    def encode(self, frame: Frame, feed: Feed = "burned") -> Iterator[AccessUnit]:
        """Encode one frame in all renditions of a feed that are wanted, the largest first.

        Its pixels may be overwritten when this is exhausted.

        Raises
        ------
        EncodeError
            If x264 fails.
        """
        with self._lock:
            wanted = [index for index in sorted(self._wanted) if self.rungs[index].feed == feed]
            asked = self._asked.intersection(wanted)
            together = self._together.intersection(wanted)
            self._asked -= asked | together
            self._together -= together
        for index in set(self._encoders) - set(wanted):
            if self.rungs[index].feed == feed:
                self._encoders.pop(index).close()
        for index in wanted:
            if index not in self._encoders:
                self._encoders[index] = self._open(index)
            scaler = self._scalers.get(self.rungs[index].size)
            scaled = replace(frame, picture=scaler.run(frame.picture)) if scaler else frame
            unit = self._encoders[index].encode(scaled, keyframe=index in asked, at_once=index in together)
            if unit:
                yield replace(unit, rendition=index)

    def close(self) -> None:
        """Free all encoders."""
        while self._encoders:
            self._encoders.popitem()[1].close()

    def _open(self, index: int) -> VideoEncoder:
        rung = self.rungs[index]
        return VideoEncoder(rung.size, self._fps, self._config.model_copy(update={"bitrate_kbps": rung.bitrate_kbps}))


class _Scaler:
    """Makes a picture smaller, by swscale."""

    def __init__(self, size: Size) -> None:
        self._size, self._reformatter = size, VideoReformatter()
        self._picture = Picture.filled(size)

    def run(self, picture: Picture) -> Picture:
        """The smaller picture; overwritten by the next."""
        frame = VideoFrame.from_numpy_buffer(picture.packed(), "yuv420p")
        small = self._reformatter.reformat(frame, self._size.width, self._size.height, interpolation="AREA")
        for mine, plane in zip(self._picture.planes, small.planes, strict=True):
            rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            np.copyto(mine, rows[: plane.height, : plane.width])
        return self._picture


def refusals(rungs: Sequence[Rung], fps: float, speed_mpix_s: float) -> dict[int, str]:
    """Which renditions do not fit into the encode budget, and why.

    The largest is never refused. Of the others, the smallest is needed most, by thin lines: so they are taken from the smallest up, until
    one does not fit. Clean ones come after all that are burned, the largest first, for headsets want it sharp; each is taken that fits.
    """
    budget = SHARE * speed_mpix_s
    left = budget - _load(rungs[0], fps)
    burned, clean = ([index for index, rung in enumerate(rungs) if index and rung.feed == feed] for feed in FEEDS)
    refused: dict[int, str] = {}
    for index in (*reversed(burned), *clean):
        need = _load(rungs[index], fps)
        if need > left or (index in burned and refused):
            refused[index] = (
                f"it needs {need:.0f} megapixels a second; of the {budget:.0f} that are spent on encoding here, {max(left, 0):.0f} are left"
            )
        else:
            left -= need
    return refused


def encoding_speed(config: EncodeConfig) -> float:
    """Measure how many megapixels a second this machine encodes, in some tenths of a second.

    Raises
    ------
    EncodeError
        If x264 cannot be opened.
    """
    chance = np.random.default_rng(0)
    encoder = VideoEncoder(TRIAL_SIZE, 30, config)
    picture = Picture.filled(TRIAL_SIZE)
    coarse = chance.integers(16, 236, (TRIAL_SIZE.height // 8, TRIAL_SIZE.width // 8), dtype=np.uint8)
    ground = np.kron(coarse, np.ones((8, 8), np.uint8)).astype(np.int16)
    took_s = []
    for n in range(TRIAL_FRAMES + 1):
        picture.y[:] = np.clip(np.roll(ground, 3 * n, 1) + chance.integers(-4, 5, ground.shape), 16, 235)
        began_s = time.perf_counter()
        if encoder.encode(Frame(picture, n, Fraction(1, 30), n / 30)) is None:
            raise EncodeError("x264 keeps frames back")
        took_s.append(time.perf_counter() - began_s)
    encoder.close()
    return TRIAL_SIZE.width * TRIAL_SIZE.height / 1e6 / min(took_s[1:])  # not the first, a keyframe; the least disturbed of the others


def _load(rung: Rung, fps: float) -> float:
    return rung.size.width * rung.size.height * fps / 1e6
