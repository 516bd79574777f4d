"""The mix: every input at its gain and delay, turned to where it belongs, in blocks of 20 ms on one grid of capture times.

::

    pieces ──► line ──► matrix (gain, turn) ──┬──► stereo ──► limiter ──►
    (of each camera)                          └──► sphere ──► limiter ──►     if the channel has one

It never stalls: an input is waited for as long as it has lately been late, within a bound; what has not come by then is silence.
"""

from dataclasses import dataclass, field
from math import floor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vrlive.config import SoundTuning
from vrlive.frames import AMBISONIC_CHANNELS, SOUND_RATE_HZ, Sound
from vrlive.sound.ambisonics import FROM_STEREO, TO_STEREO, Matrix, turned
from vrlive.sound.limiter import AHEAD as LIMITER_AHEAD
from vrlive.sound.limiter import Limiter
from vrlive.sound.line import AHEAD as LINE_AHEAD
from vrlive.sound.line import Line
from vrlive.sound.resample import read

BLOCK: Final = SOUND_RATE_HZ // 50  # samples
BLOCK_S: Final = BLOCK / SOUND_RATE_HZ
LIMITER_S: Final = LIMITER_AHEAD / SOUND_RATE_HZ
WAIT_S: Final = 0.5  # the longest that the mix waits for an input
MARGIN_S: Final = 0.01  # waited more than an input was late
FORGET: Final = 0.01  # seconds a second by which an input's lateness is forgotten
SILENT_S: Final = 1.0  # an input that sent nothing for so long is not waited for
FUTURE_S: Final = 1.0  # what claims to be captured so much later than now is not believed
BEHIND_S: Final = 2.0  # blocks that are overdue by so much are left out: this machine slept
METER_S: Final = 0.3  # over which the level is taken
QUIETEST: Final = 1e-5  # −100 dB: less is none

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Programme:
    """One block of the mix.

    Attributes
    ----------
    captured_s
        Instant of its first sample.
    stereo
        (BLOCK, 2).
    sphere
        (BLOCK, 4), ambisonics; None when the channel has none.
    """

    captured_s: float
    stereo: Samples
    sphere: Samples | None


@dataclass(frozen=True, slots=True)
class Heard:
    """How an input is doing.

    Attributes
    ----------
    tuning
        What is in force.
    channels
        2: stereo, 4: ambisonics; 0 before its first sound.
    level_db
        Root mean square of its loudest channel before gain, below full scale; None: silence, or nothing comes.
    offset_s
        How far its capture times have lately been from where it is played.
    drift
        How much slower than this machine's its clock runs: 1e-4 for 100 ppm.
    missed
        Blocks in which some of its sound was missing, since it began to deliver.
    """

    tuning: SoundTuning
    channels: int
    level_db: float | None
    offset_s: float
    drift: float
    missed: int


@dataclass(slots=True)
class _Input:
    """An input and what is done with it. `stereo` and `sphere` are the matrices of the last block."""

    tuning: SoundTuning
    rotation: Matrix = field(default_factory=lambda: np.eye(3))
    line: Line | None = None
    came_s: float = 0.0
    late_s: float = 0.0
    power: float = 0.0
    missed: int = 0
    stereo: Matrix | None = None
    sphere: Matrix | None = None

    @property
    def delay_s(self) -> float:
        return self.tuning.delay_ms / 1e3

    @property
    def gain(self) -> float:
        return 0.0 if self.tuning.mute else float(10 ** (self.tuning.gain_db / 20))

    def is_awaited(self, now_s: float) -> bool:
        return self.line is not None and not self.tuning.mute and now_s - self.came_s < SILENT_S


class Mix:
    """Not thread-safe: its owner holds a lock.

    Parameters
    ----------
    tunings
        Gain, delay and mute of each input.
    epoch_s
        An instant at which a block begins.
    sphere
        Whether to mix for the whole sphere besides stereo.
    """

    def __init__(self, tunings: list[SoundTuning], epoch_s: float, *, sphere: bool = False) -> None:
        self._inputs = [_Input(tuning) for tuning in tunings]
        self._epoch_s, self._next = epoch_s, 0
        self._begun = False
        self._stereo, self._sphere = Limiter(2), Limiter(AMBISONIC_CHANNELS) if sphere else None
        _warm()

    def push(self, index: int, sound: Sound, now_s: float) -> None:
        """Add a piece of an input's sound: two channels, or four of ambisonics."""
        if sound.captured_s > now_s + FUTURE_S or not len(sound.samples):
            return
        each = self._inputs[index]
        if each.line is None or each.line.channels != sound.samples.shape[1]:
            each.line = Line(sound.samples.shape[1])
            each.stereo = each.sphere = None
        each.line.push(sound)
        late_s = now_s - sound.captured_s
        each.late_s = max(late_s, each.late_s - FORGET * min(now_s - each.came_s, 1 / FORGET)) if each.came_s else late_s
        each.came_s = now_s
        if not self._begun:
            self._begun, self._next = True, floor((sound.captured_s - self._epoch_s) / BLOCK_S)

    def tune(self, index: int, tuning: SoundTuning) -> None:
        """Change an input's gain, delay or mute, without a click."""
        self._inputs[index].tuning = tuning

    def turn(self, index: int, rotation: Matrix) -> None:
        """Turn an input's ambisonics by a rotation (3, 3) in our axes: from its microphone's to the programme's."""
        self._inputs[index].rotation = rotation

    def due_s(self, now_s: float) -> float | None:
        """When the next block leaves at the latest; None while no input has ever delivered."""
        if not self._begun:
            return None
        waits = [min(max(each.late_s, 0.0) + MARGIN_S - min(each.delay_s, 0.0), WAIT_S) for each in self._inputs if each.is_awaited(now_s)]
        return self._end_s + LINE_AHEAD / SOUND_RATE_HZ + max(waits, default=MARGIN_S)

    def take(self, now_s: float) -> list[Programme]:
        """The blocks that are complete, or wait for nobody any more."""
        blocks = []
        while (due_s := self.due_s(now_s)) is not None and (now_s >= due_s or self._is_complete(now_s)):
            if now_s - due_s > BEHIND_S:
                self._next += floor((now_s - due_s) / BLOCK_S)
            blocks.append(self._mixed(now_s))
            self._next += 1
        return blocks

    def heard(self, index: int, now_s: float) -> Heard:
        """How an input is doing."""
        each = self._inputs[index]
        servo = each.line.servo if each.line else None
        level = each.power**0.5 if now_s - each.came_s < SILENT_S else 0.0
        return Heard(
            tuning=each.tuning,
            channels=each.line.channels if each.line else 0,
            level_db=float(20 * np.log10(level)) if level > QUIETEST else None,
            offset_s=servo.offset_s if servo else 0.0,
            drift=servo.drift if servo else 0.0,
            missed=each.missed,
        )

    @property
    def limited_db(self) -> float:
        """How much the limiter turns the stereo mix down at the moment: 0 or less."""
        return float(20 * np.log10(self._stereo.gain))

    @property
    def _start_s(self) -> float:
        return self._epoch_s + self._next * BLOCK_S

    @property
    def _end_s(self) -> float:
        return self._epoch_s + (self._next + 1) * BLOCK_S

    def _is_complete(self, now_s: float) -> bool:
        awaited = [each for each in self._inputs if each.is_awaited(now_s)]
        return bool(awaited) and all(each.line and each.line.reaches(self._end_s - each.delay_s) for each in awaited)

    def _mixed(self, now_s: float) -> Programme:
        stereo, sphere = np.zeros((BLOCK, 2), np.float32), np.zeros((BLOCK, AMBISONIC_CHANNELS), np.float32)
        for each in self._inputs:
            if each.line is None:
                continue
            block = np.empty((BLOCK, each.line.channels), np.float32)
            each.missed += each.is_awaited(now_s) and not each.line.reaches(self._end_s - each.delay_s)
            each.line.read(self._start_s - each.delay_s, self._end_s - each.delay_s, block)
            each.power += min(1.0, BLOCK_S / METER_S) * (float(np.square(block).mean(axis=0).max()) - each.power)
            to_stereo_now, to_sphere_now = _matrices(each)
            stereo += _through(block, each.stereo, to_stereo_now)
            if self._sphere:
                sphere += _through(block, each.sphere, to_sphere_now)
            each.stereo, each.sphere = to_stereo_now, to_sphere_now
        out = self._sphere.run(sphere) if self._sphere else None
        return Programme(self._start_s - LIMITER_S, self._stereo.run(stereo), out)


def _warm() -> None:
    """Compile, or load, the kernels before there is anything to mix."""
    loud = np.full((BLOCK, 2), 2.0, np.float32)
    read(loud, 0, BLOCK, 0.0, 1.0, np.empty((1, 2), np.float32))
    Limiter(2).run(loud)


def _matrices(each: _Input) -> tuple[Matrix, Matrix]:
    """How an input's channels get into the two of stereo, and into the four of the sphere."""
    assert each.line
    if each.line.channels == AMBISONIC_CHANNELS:
        sphere = each.gain * turned(each.rotation)
        return TO_STEREO @ sphere, sphere
    return each.gain * np.eye(2), each.gain * FROM_STEREO


def _through(block: Samples, before: Matrix | None, now: Matrix) -> Samples:
    """A block (n, in) through a matrix (out, in) that changes from what it was before."""
    through = block @ now.T.astype(np.float32)
    if before is None or np.array_equal(before, now):
        return np.asarray(through, np.float32)
    share = np.linspace(0, 1, len(block), dtype=np.float32)[:, None]
    return np.asarray(share * through + (1 - share) * (block @ before.T.astype(np.float32)), np.float32)
